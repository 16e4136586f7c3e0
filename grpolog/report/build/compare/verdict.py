"""The verdict: whether arms differ, by what, by how much, and how sure that is."""

from collections.abc import Iterator, Sequence

from grpolog.analysis.compare import Differences, Effect, Incomparable, Interval, Result
from grpolog.report.build.compare.tracks import Tracks
from grpolog.report.build.compare.words import comparative, part_of, what_of
from grpolog.report.build.phrases import listed, name_of
from grpolog.report.model import Conclusion, Contender, Contrast, Tone
from grpolog.report.numbers import number, place, signed
from grpolog.report.text import one_line

_REASON = 240  # characters of what a state rests on

_TONES: tuple[Tone, ...] = ("neutral", "info", "warning", "error")


def contrasts_of(tracks: Tracks, result: Result | None) -> tuple[Contrast, ...]:
    """Every other arm against the baseline."""
    return tuple(_contrast(tracks, result, effect) for effect in result.effects) if result is not None else ()


def verdict_of(
    tracks: Tracks, result: Result | Incomparable, differences: Differences, contenders: Sequence[Contender]
) -> Conclusion:
    """The verdict in words.

    Args:
        tracks: the arms.
        result: how they fare.
        differences: in which settings they differ.
        contenders: their states.
    """
    states = tuple(_states(contenders))
    if isinstance(result, Incomparable):
        tried = (f"Not by {what_of(metric)}: {one_line(reason, _REASON)}." for metric, reason in result.passed_over[:3])
        said = (*tried, *states, *_settings(tracks, differences))
        return Conclusion("NOT COMPARABLE", "?", "warning", _nothing(tracks), said)
    if len(tracks.arms) == 1:
        return Conclusion("ONE CONFIGURATION", "●", "neutral", _alone(tracks, result), states)
    leading = _leading(result)
    others = [effect for effect in result.effects if effect is not leading]
    points = [
        *(_briefly(tracks, result, effect) for effect in others),
        *_left_out(tracks, result),
        *_course(tracks, result, leading),
        *states,
        *_limits(tracks, result),
        *(() if leading.twins else _settings(tracks, differences)),
    ]
    word, symbol, tone = _word(leading)
    sentence = _sentence(tracks, result, leading)
    ahead = contenders[leading.place if _good(result, leading) else leading.other]
    worst: Tone = max(tone, ahead.tone, key=_TONES.index) if leading.shown else tone
    if leading.shown and ahead.tone in ("warning", "error"):
        sentence += f" But {name_of(ahead.label)} is {ahead.word}: read that first."
    return Conclusion(word, symbol, worst, sentence, tuple(points))


def _word(effect: Effect) -> tuple[str, str, Tone]:
    """One run each can show that these two differ, and no more."""
    if effect.shown:
        return ("DIFFERENCE SHOWN" if effect.by_seeds else "THE RUNS DIFFER"), "≠", "info"
    if effect.twins:
        return "THE SAME VALUES", "=", "neutral"
    return "NO DIFFERENCE SHOWN", "≈", "neutral"


def _contrast(tracks: Tracks, result: Result, effect: Effect) -> Contrast:
    found = effect.interval
    return Contrast(
        label=tracks.arms[effect.place].label,
        other=tracks.arms[effect.other].label,
        mean=effect.mean,
        other_mean=effect.other_mean,
        difference=found.mean if found else effect.mean - effect.other_mean,
        low=found.low if found else None,
        high=found.high if found else None,
        shown=effect.shown,
        values=effect.values,
        seeds=effect.seeds,
        sentence=_sentence(tracks, result, effect),
    )


def _nothing(tracks: Tracks) -> str:
    """Why there is nothing that decides."""
    if not any(len(tracks.holding(name)) == len(tracks.arms) for name in tracks.names):
        return "The runs have no metric in common: nothing can be held against each other."
    return (
        "The runs have no reward in common that is the same measure and has values enough over a common part of the "
        "axis: what they share is drawn, and which of them is better is not said. --metric NAME compares by another."
    )


def _leading(result: Result) -> Effect:
    """The effect to begin with: the best arm that is shown to be better, else the worst one that is shown to be worse,
    else the one that is furthest from the baseline.
    """
    sign = -1.0 if result.outcome.better == "down" else 1.0
    shown = [effect for effect in result.effects if effect.shown]
    better = [effect for effect in shown if _good(result, effect)]
    if better:
        return max(better, key=lambda effect: sign * effect.mean)
    return max(shown or result.effects, key=lambda effect: abs(effect.mean - effect.other_mean))


def _good(result: Result, effect: Effect) -> bool:
    return (effect.mean > effect.other_mean) == (result.outcome.better != "down")


def _sentence(tracks: Tracks, result: Result, effect: Effect) -> str:
    one, other = (name_of(tracks.arms[number].label) for number in (effect.place, effect.other))
    what = what_of(result.outcome.metric)
    found = effect.interval
    difference = found.mean if found else effect.mean - effect.other_mean
    means = f"{number(effect.mean)} against {number(effect.other_mean)}"
    part = part_of(tracks.window(result), tracks.across)
    basis = f"{_basis(result, effect)}, {part}"
    if found is None:
        return f"Whether {one} and {other} differ on {what} cannot be told: {means} ({basis}, too few for an interval)."
    if effect.twins:
        return (
            f"{one} and {other} agree on {what} value by value ({basis}): one run twice, or a part that they share, as "
            "where one was resumed from the other."
        )
    sure = f"{_interval(found)}; {basis}"
    once = "" if effect.by_seeds else " One run each: whether other seeds would differ as well cannot be told."
    if found.excludes_zero:
        word = comparative(difference, result.outcome.better)
        return f"{one} is {word} than {other} on {what}: {means} ({signed(difference)}, {sure}).{once}"
    noise = "the noise between seeds" if effect.by_seeds else "the noise of one seed each"
    return (
        f"No difference between {one} and {other} can be shown on {what}: {means}, and the gap of "
        f"{_gap(difference, effect)} is inside {noise} ({sure})."
    )


def _briefly(tracks: Tracks, result: Result, effect: Effect) -> str:
    """One more effect, beside the sentence on the leading one."""
    one, other = (name_of(tracks.arms[number].label) for number in (effect.place, effect.other))
    means = f"{one} against {other}: {number(effect.mean)} and {number(effect.other_mean)}"
    found = effect.interval
    if found is None:
        return f"{means}; {_basis(result, effect)}, too few to tell."
    word = comparative(found.mean, result.outcome.better) if found.excludes_zero else "no difference shown"
    if effect.twins:
        return f"{means}, alike value by value ({_basis(result, effect)})."
    return f"{means}, {word} ({_interval(found)}; {_basis(result, effect)})."


def _left_out(tracks: Tracks, result: Result) -> Iterator[str]:
    """Arms that have too few values."""
    what = what_of(result.outcome.metric)
    for left_out, held in result.left_out:
        arm = tracks.arms[left_out]
        who = "a run of it" if len(arm.runs) > 1 else "it"
        yield f"{name_of(arm.label)} is not compared: of {what} {who} has {held}."


def _interval(found: Interval) -> str:
    if found.low == found.high:
        return "the same difference each time"
    return f"95 % interval {signed(found.low)} to {signed(found.high)}"


def _basis(result: Result, effect: Effect) -> str:
    """What means are means of."""
    if effect.by_seeds:
        n, m = effect.seeds
        return (
            f"{n} and {m} seeds" if min(n, m) > 1 else f"{n} and {m} seeds, the spread of the several standing for both"
        )
    what = "evaluations" if result.outcome.metric.startswith("eval_") else "logged values"
    return f"{effect.values:,} {what}"


def _gap(difference: float, effect: Effect) -> str:
    """A difference without its sign; that of a rounding error is none."""
    return number(abs(difference) if abs(difference) > 1e-9 * abs(effect.mean) else 0.0)


def _alone(tracks: Tracks, result: Result) -> str:
    found, what = result.over_seeds[0], what_of(result.outcome.metric)
    arm = tracks.arms[0]
    part = part_of(tracks.window(result), tracks.across)
    said = f"{name_of(arm.label)} reaches {number(result.means[0])} on {what} (mean of {part})"
    if found is None:
        return f"{said}; one run says nothing of others."
    return f"{said}, 95 % interval {number(found.low)} to {number(found.high)} over {len(arm.runs)} seeds."


def _course(tracks: Tracks, result: Result, effect: Effect) -> Iterator[str]:
    """How much earlier the better one was where the other ended."""
    mine, theirs = effect.reached
    if not effect.shown or not _good(result, effect) or mine is None or theirs is None or mine >= theirs:
        return
    one, other = (name_of(tracks.arms[number].label) for number in (effect.place, effect.other))
    times = f"{theirs / mine:.1f} times " if mine > 0 else ""
    yield (
        f"{one} got to {number(effect.other_mean)} {times}earlier: at {place(mine / tracks.unit, tracks.across)}, "
        f"{other} at {place(theirs / tracks.unit, tracks.across)}."
    )


def _states(contenders: Sequence[Contender]) -> Iterator[str]:
    for contender in contenders:
        if contender.tone in ("warning", "error"):
            yield f"{name_of(contender.label)} is {contender.word}: {one_line(contender.reason, _REASON)}"


def _limits(tracks: Tracks, result: Result) -> Iterator[str]:
    """What the comparison cannot say, and why."""
    if result.outcome.passed_over:
        metric, reason = result.outcome.passed_over[0]
        yield f"They are not compared by {what_of(metric)}: {one_line(reason, _REASON)}."
    out = {place for place, _ in result.left_out}
    compared = (track for place, arm in enumerate(tracks.by_arm) if place not in out for track in arm)
    ends = [(tracks.end(track), track.name) for track in compared]
    shortest, longest = min(ends), max(ends)
    if longest[0] > 1.02 * shortest[0]:
        yield (
            f"They are compared up to {place(result.reach / tracks.unit, tracks.across)}: {name_of(shortest[1])} "
            f"ends at {place(shortest[0], tracks.across)}, {name_of(longest[1])} at {place(longest[0], tracks.across)}."
        )
    if any(effect.shown and not effect.by_seeds for effect in result.effects):
        yield (
            "To show what a setting does takes several seeds of each: take them together with --group-by KEY or "
            "--group-by-name PATTERN."
        )
    if len(result.effects) > 2:
        yield (
            f"{len(result.effects)} comparisons, each with an interval of its own: by chance alone, about one time in "
            f"{round(1 / (1 - 0.95 ** len(result.effects)))} one of them would show a difference."
        )


def _settings(tracks: Tracks, differences: Differences) -> Iterator[str]:
    if differences.only_seeds and len(tracks.arms) > 1:
        seeds = any(each.kind == "seed" for each in differences.found)
        yield (
            "Their configurations differ in nothing but seeds: a difference between them is what a seed makes."
            if seeds
            else "Their configurations do not differ: a difference between them is chance."
        )
    if differences.mixed:
        yield (
            f"Runs that are taken together differ in {listed([name_of(key) for key in differences.mixed[:4]])}: the "
            "spread between them is not that of seeds alone."
        )
