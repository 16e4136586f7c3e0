"""The options of a recorder, resolved once at the front door."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from grpolog.errors import UsageError
from grpolog.events import AlertEvent
from grpolog.trends import CATALOGUE

REPORTED = (
    "group/live_share",
    "group/equal_share",
    "quality/format_rate",
    "quality/repetition",
    "quality/distinct_share",
    "quality/empty_share",
    "quality/reasoning_indicators",
    "quality/eos_unrecognised_share",
)
"""Metrics of ours that reach the trainer's own reporters (W&B, TensorBoard, ...) unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a recorder can be told. Every option has a default that suits a real run.

    Raises:
        UsageError: a value that makes no sense.
    """

    name: str | None = None
    """Name of the run; default: the name of the log."""

    existing: Literal["append", "error", "new"] = "append"
    """What to do with a log that is there: append an attempt, refuse, or take the next free name (`exp1-2.jsonl`)."""

    max_bytes: int = 64 * 2**20
    """Size at which a part is closed and the next begins."""

    compress: bool = True
    """Whether closed parts are compressed with zstd in the background."""

    group_size: int | None = None
    """Completions per prompt; default: the trainer's, or runs of equal prompts."""

    reward_weights: dict[str, float] | None = None
    """Weight of each reward function in the total; default: the trainer's, or 1."""

    reward_range: dict[str, tuple[float, float]] | None = None
    """Lowest and highest possible value by function: makes best and worst groups and passes known."""

    primary: str | None = None
    """The reward function that is the task; default: the only one, or the one whose name says so."""

    aggregation: Literal["sum_then_normalize", "normalize_then_sum", "rloo"] = "sum_then_normalize"
    """How rewards become advantages, for loops that are not TRL's."""

    scale_rewards: Literal["group", "batch", "none"] = "group"
    """What advantages are divided by, for loops that are not TRL's."""

    max_completion_length: int | None = None
    """Longest completion allowed, tokens, for loops that are not TRL's."""

    think_tags: tuple[str, str] | None = None
    """Opening and closing tag of the thinking part; default: `<think>` if it is seen in the first completions."""

    answer_tags: tuple[str, str] | None = None
    """Opening and closing tag of the answer; default as `think_tags`."""

    indicators: Sequence[str] | None = None
    """Regular expressions of reasoning indicators; default: `Step 1`, `First,` and the like."""

    examples: Literal["groups", "all", "none"] | int = "groups"
    """Which completions are kept as text: whole groups of each logging window, all, or none (0)."""

    example_bytes: int = 256 * 1024
    """Text kept per logging window, bytes, unless all is kept."""

    text_limit: int = 16_384
    """Longest text kept, characters; longer ones are cut and say so."""

    seed: int = 0
    """Seed of the lot that draws groups to keep."""

    console: int | bool = 10
    """Print a block every so many steps; False or 0 for silence."""

    console_examples: int = 50
    """Print the best and the worst completion every so many steps; 0 for never."""

    window_size: int = 100
    """Rows in a window of the 10 % trend rule."""

    on_alert: Callable[[AlertEvent], object] | None = None
    """Is called on rank 0 with every alert of warning or error that opens, escalates or resolves. A stall is told from
    the watchdog's own thread. What it raises is counted as lost and goes no further."""

    webhook: str | None = field(default=None, repr=False)
    """URL that the same alerts are posted to from a background thread, as JSON that Slack and Discord take. Only its
    host is ever shown."""

    stop_on: Literal["error", "warning"] | str | Collection[str] | None = None
    """Stop training at an alert: at any error, at any warning or error, or at warnings and errors of the named rules.
    Only `non_finite` and `tool_failures` are sure enough of themselves to be left alone with that decision; the other
    rules can be right about a run that would have recovered. A trainer saves first; a loop of your own asks
    `recorder.stop_requested`."""

    report_metrics: Sequence[str] = REPORTED
    """Metrics of ours that are handed to the trainer's own reporters."""

    stall_seconds: float | None = None
    """Seconds without a step after which a stall is reported; default: ten times the median step, at least 600.
    0 switches the watchdog off."""

    sample_seconds: float = 2.0
    """Seconds between two readings of memory and CPU."""

    config: dict[str, Any] | None = None
    """Configuration to write into the run event; default: the trainer's arguments."""

    framework: str | None = None
    """Name of the training framework; default: `trl` with TRL."""

    @property
    def console_every(self) -> int:
        """Steps between two blocks on the console; 0 for silence."""
        return 10 if self.console is True else int(self.console)

    def __post_init__(self) -> None:
        problems = [
            (self.existing not in ("append", "error", "new"), "existing is 'append', 'error' or 'new'"),
            (self.max_bytes < 4096, "max_bytes is at least 4096"),
            (self.group_size is not None and self.group_size < 1, "group_size is at least 1"),
            (self.examples not in ("groups", "all", "none", 0), "examples is 'groups', 'all', 'none' or 0"),
            (self.window_size < 2, "window_size is at least 2"),
            (self.example_bytes < 0, "example_bytes is not negative"),
            (self.text_limit < 1, "text_limit is at least 1"),
            (self.sample_seconds <= 0, "sample_seconds is above 0"),
            (self.stall_seconds is not None and self.stall_seconds < 0, "stall_seconds is not negative"),
            (self.on_alert is not None and not callable(self.on_alert), "on_alert is a function of an alert"),
            (self.webhook is not None and not is_url(self.webhook), "webhook is an http or https URL"),
        ]
        for wrong, what in problems:
            if wrong:
                raise UsageError(f"option out of range: {what}")
        if self.stop_on not in (None, "error", "warning"):
            known = [rule.name for rule in CATALOGUE]
            several = isinstance(self.stop_on, Collection) and not isinstance(self.stop_on, str)
            for name in self.stop_on if several else (self.stop_on,):
                if name not in known:
                    what = "stop_on is 'error', 'warning' or names of rules"
                    raise UsageError(f"{what}, got {name!r}; the rules are {', '.join(known)}")
        for name, bounds in (self.reward_range or {}).items():
            if len(bounds) != 2 or not bounds[0] < bounds[1]:
                raise UsageError(f"reward_range[{name!r}] is (lowest, highest), got {bounds!r}")
        for tag in ("think_tags", "answer_tags"):
            pair = getattr(self, tag)
            if pair is not None and (len(pair) != 2 or not all(pair)):
                raise UsageError(f"{tag} is (opening tag, closing tag), got {pair!r}")


def is_url(text: str) -> bool:
    """Whether a text is an address that can be posted to."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except (AttributeError, TypeError, ValueError):  # no text at all, or a broken IPv6 address
        return False
