"""One training in a log, from its first row to what ended it."""

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from grpolog.metrics import framework_of
from grpolog.sources.stdout.bars import Bar
from grpolog.sources.stdout.clock import Clock
from grpolog.sources.stdout.endings import Ending, ending
from grpolog.sources.stdout.literals import read_dict, read_pairs
from grpolog.sources.stdout.rows import DictRow
from grpolog.sources.stdout.step_lines import StepLine, read_step_line
from grpolog.sources.stdout.steps import Steps, steps_of
from grpolog.sources.stdout.versions import model_in, versions_in

_EPOCH = re.compile(rb"epoch['\"]: ?['\"]?(\d+\.?\d*(?:e-\d+)?)")
_STATED = re.compile(rb"(?:max_steps|iteration)['\"]: ?['\"]\d{1,12}/(\d{1,12})['\"]")
_DIGITS = re.compile(rb": '?(-?\d+\.?\d*(?:e-?\d+)?)")
_CLEAR = re.compile(rb"\r {2,}\r")
_WIDEST: Final = 1000
"""Bytes before a row that may be a bar taken away."""

_MOST_BARS: Final = 4096
_ROUNDING: Final = 1e-3
"""Relative difference of epochs that are the same."""

_CONTINUES = re.compile(rb"(?i)(?:continuing training from|setting) global[ _]step:? (?:to )?(\d{1,12})")
"""transformers and verl say of which step they read the checkpoint."""

_FROM_SCRATCH = re.compile(rb"(?i)training from scratch|total optimization steps = ")
"""verl says that there is no checkpoint; transformers would name it behind its banner."""

_OF_HUGGING_FACE: Final = frozenset({"epoch", "learning_rate", "grad_norm"})
"""Keys that its trainers give their rows."""

_TELLING: Final = 5
"""First rows that tell the framework: a user may print some of his own between them."""

_BETWEEN: Final = 2**18
"""Bytes that are kept of the beginning of a text between rows, and of its end."""


class Banner(NamedTuple):
    """A trainer says that it begins, and how many steps it will make."""

    start: int
    total: int


@dataclass(frozen=True, slots=True)
class Run:
    """One training in a log."""

    rows: int
    """How many rows it has."""

    framework: str | None
    steps: Steps
    is_complete: bool
    """Whether the trainer printed its closing totals."""

    ending: Ending | None
    versions: dict[str, str]
    model: str | None
    continues_from: int | None
    """The step whose checkpoint was read, 0 for none; None where the log does not tell."""


@dataclass(slots=True)
class Between:
    """A text between two rows: all of a short one, beginning and end of a long one."""

    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)

    def add(self, text: bytes) -> None:
        """Append a piece of it."""
        room = max(0, _BETWEEN - len(self.head))
        self.head += text[:room]
        if len(text) > room:
            self.tail += text[max(room, len(text) - _BETWEEN) :]
            del self.tail[: max(0, len(self.tail) - _BETWEEN)]

    def whole(self) -> bytes:
        """What is kept of it."""
        return bytes(self.head + self.tail)


@dataclass(slots=True)
class OpenRun:
    """A run whose end has not been seen."""

    clock: Clock = field(default_factory=Clock)
    between: Between = field(default_factory=Between)
    _bars: deque[Bar] = field(default_factory=lambda: deque(maxlen=_MOST_BARS))
    _framework: str | None = None
    _opening: bytes = b""
    _lowest: dict[int, int] = field(default_factory=dict)
    """By total what its bar showed first above 0, before the first row."""

    _epoch: float = 0.0
    _is_complete: bool = False

    @classmethod
    def after(cls, other: "OpenRun") -> "OpenRun":
        """The run that follows another one; bars of another total behind the last row are its own."""
        run = cls()
        for bar in other._bars:
            if bar.total != other.clock.total:
                run.bar(bar)
        return run

    def bar(self, bar: Bar) -> None:
        """Take a bar."""
        self._bars.append(bar)
        self.clock.bar(bar)
        if bar.n and not len(self.clock):
            self._lowest.setdefault(bar.total, bar.n)

    def ends_before(self, event: Bar | Banner | DictRow | StepLine) -> bool:
        """Whether another run begins with this event."""
        if not len(self.clock):
            return False
        if isinstance(event, Bar):
            return self.clock.goes_back(event)
        if isinstance(event, DictRow):
            goes_back = _epoch_of(event.text, self._epoch) < self._epoch * (1 - _ROUNDING)
            return event.kind == "train" and (self._is_complete or goes_back)
        return isinstance(event, Banner)

    def row(self, row: DictRow | StepLine, text: bytes) -> None:
        """Take a row of the block `text`."""
        bare = _is_bare(text, row.start)
        own = row.text if isinstance(row, DictRow) else text[row.start : row.end]
        if not len(self.clock):
            self._opening = self.between.whole()
            stated = _STATED.search(own)
            if stated:
                self.clock.stated = int(stated[1])
        self.between = Between()
        self._bars.clear()
        if self._framework is None and len(self.clock) < _TELLING:
            self._framework = _framework(own)
        kind = row.kind if isinstance(row, DictRow) else "train"
        epoch = _epoch_of(own, self._epoch) if isinstance(row, DictRow) else row.step
        self.clock.row(kind, hash(own), [*_first_numbers(own), f"{epoch:.4g}"], bare)
        self._is_complete |= kind == "totals"
        self._epoch = epoch if kind == "train" else self._epoch

    def closed(self) -> Run:
        """The run, when its end has been seen."""
        return Run(
            rows=len(self.clock),
            framework=self._framework,
            steps=steps_of(self.clock),
            is_complete=self._is_complete,
            ending=self.ending(),
            versions=versions_in(self._opening),
            model=model_in(self._opening),
            continues_from=self._continues_from(),
        )

    def _continues_from(self) -> int | None:
        """What the text before the first row says, or the bar: one that goes to 1 began from scratch."""
        said = _CONTINUES.search(self._opening)
        if said:
            return int(said[1])
        began = self.clock.total is not None and self._lowest.get(self.clock.total) == 1
        return 0 if began or _FROM_SCRATCH.search(self._opening) else None

    def ending(self) -> Ending | None:
        """What ended it."""
        total = self.clock.total
        shown = self.clock.shown_at_last_row(total) if total is not None else 0
        return ending(self.between.whole(), total, shown)


def _is_bare(text: bytes, start: int) -> bool:
    """Whether a bar was taken away right before a place."""
    before = text[max(0, start - _WIDEST) : start]
    return _CLEAR.search(before, len(before.rstrip())) is not None


def _epoch_of(text: bytes, before: float) -> float:
    """The epoch that a row states, else that of the row before."""
    match = _EPOCH.search(text, max(0, text.rfind(b"epoch")))
    return float(match[1]) if match else before


def _first_numbers(text: bytes) -> list[str]:
    """The first numbers of a row as they are printed in short."""
    return [f"{float(digits):.4g}" for digits in _DIGITS.findall(text, 0, 120)[:2]]


def _framework(row: bytes) -> str | None:
    """Whose keys a row has. Other loops print lines like verl's, too, and dicts like those of Hugging Face."""
    if row.startswith(b"step:"):
        return framework_of(read_step_line(row)) or "verl"
    keys = (read_dict(row) or read_pairs(row)).keys()
    return framework_of(keys) or ("trl" if keys & _OF_HUGGING_FACE else None)
