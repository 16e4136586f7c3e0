"""Numbers as people read them: four digits at most, thousands separators, one word for what is unknown."""

import math

UNKNOWN = "–"


def number(value: float | None) -> str:
    """Three or four significant digits; `–` for None, the word for NaN and infinities."""
    if value is None:
        return UNKNOWN
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e9 or size < 5e-4:
        return _scientific(value)
    decimals = 0 if size >= 1000 else 1 if size >= 10 else 3 if size >= 0.1 else 4 if size >= 0.01 else 5
    if float(value).is_integer():
        decimals = 0
    return minus(f"{value:,.{decimals}f}")


def signed(value: float | None) -> str:
    """As `number`, with its sign."""
    text = number(value)
    return f"+{text}" if value is not None and value > 0 else text


def placed(extreme: tuple[float, float] | None) -> str:
    """A step and the value there: `0.5 at step 12`."""
    return UNKNOWN if extreme is None else f"{number(extreme[1])} at step {extreme[0]:,.0f}"


def percent(share: float | None) -> str:
    """A share as percent."""
    if share is None or not math.isfinite(share):
        return number(share)
    value = 100 * share
    return minus(f"{value:.0f}\u00a0%" if abs(value) >= 10 or value == round(value) else f"{value:.1f}\u00a0%")


def points(difference: float) -> str:
    """A difference of two shares, with its sign."""
    value = 100 * difference
    text = minus(f"{value:+.0f}" if abs(value) >= 10 or value == round(value) else f"{value:+.1f}")
    return f"{text} points"


def duration(seconds: float | None) -> str:
    """A span of time in its two largest units."""
    if seconds is None or not math.isfinite(seconds):
        return number(seconds)
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if round(seconds) < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def whole(n: int | None) -> str:
    """A count; `–` for None."""
    return UNKNOWN if n is None else f"{n:,}"


def count(n: int, what: str, plural: str = "") -> str:
    """`1 step`, `2 steps`."""
    return f"{n:,} {what if n == 1 else plural or what + 's'}"


def place(x: float, across: str = "step") -> str:
    """A place on an x axis: `step 1,200`, `35 minutes`."""
    return f"step {x:,.0f}" if across == "step" else f"{x:,.0f} {across}"


def axis_title(across: str) -> str:
    """What an x axis is called."""
    return {"step": "optimizer step", "tokens": "tokens so far"}.get(across, f"{across} of training")


def minus(text: str) -> str:
    """`text` with the typographic minus sign, which is as wide as a plus."""
    return text.replace("-", "−")


def _scientific(value: float) -> str:
    mantissa, exponent = f"{value:.2e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return minus(f"{mantissa}e{int(exponent)}")
