"""Items of a foreign log as events: attempts told apart, repeated rows left out, keys translated.

Where the steps of a source go back, training was started again: a further attempt begins, and what lies behind its
first step is superseded as in a log of ours. A row that stands there twice is left out and counted.
"""

import math
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

import grpolog
from grpolog import jsonl
from grpolog.events import Envelope, Event, ExampleEvent, Mode, QualityEvent, RunEvent
from grpolog.metrics import Meaning, translation
from grpolog.metrics.primary import primary_of
from grpolog.sources.bounds import Names
from grpolog.sources.course import Course, Place
from grpolog.sources.items import Closing, Generation, Item, Opening, Row
from grpolog.sources.numbers import number
from grpolog.sources.part import Part, StepRow
from grpolog.sources.renaming import Renaming
from grpolog.sources.sample import Note
from grpolog.sources.split import parts_of

if TYPE_CHECKING:
    from grpolog.generation.statistics import Statistics

_AHEAD = 20
"""Rows that are read ahead: a run event names the reward functions that the next ones speak of, and what tells another
run from a resume may stand there, too."""

_WEIGHT = 5
"""Rows for which the completions of a generation count then: they are large."""

_HIGHEST = 2**53
"""What is no step any more but another number."""


Record = Event | StepRow
"""An event, or a row of numbers that can be made one."""


def records_of(
    items: Iterable[Item], source: Path, form: str, note: Note, mapping: Mapping[str, str] | None = None
) -> Iterator[Record]:
    """The events of a source in the order of writing, with attempts and sequence numbers.

    Args:
        items: what the source holds.
        source: its path.
        form: name of its format.
        note: takes losses.
        mapping: our names by foreign keys, where the user says what these mean.
    """
    assembly = _Assembly(source, form, note, Renaming(mapping or {}))
    ahead: deque[Item] = deque()
    weight = 0
    rows = 0
    for item in items:
        rows += isinstance(item, Row)
        if rows > jsonl.limits().rows or assembly.attempts > jsonl.limits().attempts:
            what = "more rows or attempts than are read; the rest is left out (--allow rows=N, --allow attempts=N)"
            note("left out", source, getattr(item, "line", None), what)
            break
        ahead.append(item)
        weight += _weight(item)
        while weight > _AHEAD:
            weight -= _weight(ahead[0])
            yield from assembly.take(ahead)
    while ahead:
        yield from assembly.take(ahead)
    assembly.note_unused()


def events_of(records: Iterable[Record]) -> Iterator[Event]:
    """All records as events."""
    return (record.event() if isinstance(record, StepRow) else record for record in records)


def _weight(item: Item) -> int:
    return _WEIGHT if isinstance(item, Generation) else isinstance(item, Row)


class _Assembly:
    """The state of reading one source."""

    def __init__(self, source: Path, form: str, note: Note, renaming: Renaming) -> None:
        self._source, self._form, self._note, self._renaming = source, form, note, renaming
        self._attempt, self._seq = -1, 0
        self._opening = Opening()
        self._described: RunEvent | None = None
        self._course = Course()
        self._counted = 0
        self._generations = 0
        self._statistics: Statistics | None = None
        self._window: tuple[Mode, int] | None = None
        self._time = 0.0
        self._functions: list[str] = []
        self._seen: set[int] = set()
        """Digests of the rows of the attempt."""
        self._names = Names(source, note)
        self._newest: tuple[int, list[frozenset[str]]] = (0, [])
        """The newest step of training that rows spoke of, and their keys."""

    @property
    def attempts(self) -> int:
        """How many there are so far."""
        return self._attempt + 1

    def take(self, items: deque[Item]) -> Iterator[Record]:
        """The events of the first of the next items, which is taken away."""
        item = items[0]
        if isinstance(item, Opening):
            yield from self._end(None)
            self._opening = item if item.framework else _merged(self._opening, item)
            self._counted = 0
        elif isinstance(item, Row):
            yield from self._row(item, items)
        elif isinstance(item, Generation):
            yield from self._generation(item, items)
        else:
            yield from self._end(item)
        items.popleft()

    def note_unused(self) -> None:
        """Say which keys the user named although no row has them."""
        for key in sorted(self._renaming.unused):
            self._note("unknown field", self._source, None, f"no row has `{key}`, which was to be translated")

    def _row(self, row: Row, ahead: Iterable[Item]) -> Iterator[Record]:
        self._time = row.time if row.time is not None else self._time
        values, told = self._renaming.applied(row.values)
        place = number(told) if told is not None else row.step
        parts = parts_of(self._numbers(values, row.line), self._meaning())
        if place is None or not abs(place) < _HIGHEST:
            self._counted += any(part.shape.mode == "train" for part in parts)
            place = self._counted
        step = int(place)
        for part in parts:
            digest = hash((step, part.shape.digest(part.values)))
            if not self._is_new(part, step, digest, row.line):
                continue
            if self._described is None:
                yield self._start(step, ahead)
            self._seen.add(digest)
            if part.shape.mode == "train":
                self._course.take(Place.of(step, part))
                if self._newest[0] != step:
                    self._newest = step, []
                self._newest[1].append(part.shape.keys)
            yield StepRow(part, max(0, step), self._attempt, self._seq, self._time)
            self._seq += 1

    def _generation(self, given: Generation, ahead: Iterable[Item]) -> Iterator[Event]:
        step = given.step if 0 <= given.step < _HIGHEST else 0
        if self._described is not None and given.mode == "train" and step < self._course.last:
            self._described = None
        if self._described is None:
            yield self._start(step, ahead)
        if given.mode == "train":
            self._course.take(Place(step))
        if self._window != (given.mode, step):
            self._window = (given.mode, step)
            self._statistics_of_attempt().examples.end_window()
        where = {"step": step, "mode": given.mode, "eval_name": given.eval_name, "generation": self._generations}
        self._generations += 1
        for event in self._statistics_of(given, where):
            yield self._numbered(event)

    def _statistics_of(self, given: Generation, where: dict[str, Any]) -> list[Envelope]:
        """The events of completions: all of them, or what can be said without texts, or without rewards."""
        from grpolog.generation.examples import ExamplePicker  # here and below: most logs hold rows alone

        if not given.scoring.names:
            totals = np.full(given.batch.n, np.nan)
            return [*ExamplePicker("all").offer(given.batch, given.scoring, totals, where)]
        events = self._statistics_of_attempt().events(given.batch, given.scoring, where)
        return events if given.has_texts else [e for e in events if not isinstance(e, (QualityEvent, ExampleEvent))]

    def _statistics_of_attempt(self) -> "Statistics":
        from grpolog.generation.examples import ExamplePicker
        from grpolog.generation.statistics import Statistics
        from grpolog.generation.tags import Tags

        if self._statistics is None:
            self._statistics = Statistics(Tags.of(), ExamplePicker())
        return self._statistics

    def _numbers(self, values: Mapping[str, Any], line: int | None) -> Mapping[str, float]:
        """What is a number; anything else is noted, nested values are passed over."""
        if {*map(type, values.values())} == {float} and self._names.known(values):
            return values
        numbers: dict[str, float] = {}
        for key, value in values.items():
            real = number(value)
            if real is not None:
                numbers[key] = _float(real)
            elif value is not None and not isinstance(value, (list, dict)):
                what = f"`{key}` is not a number"
                self._note("invalid value", self._source, line, what, key=what)
        return self._names.kept(numbers, line)

    def _is_new(self, part: Part, step: int, digest: int, line: int | None) -> bool:
        """Whether a part is no repetition within the attempt; one that goes back ends the attempt.

        So does one that says again what the attempt has said of the newest step: two writers share a step, not keys.
        """
        if digest in self._seen:
            what = f"row of step {step} is there already"
            self._note("repeated row", self._source, line, what, key="rows that are there already")
            return False
        if part.shape.mode == "train" and self._described is not None:
            newest, told = self._newest
            clash = step == newest == self._course.last and not all(map(part.shape.keys.isdisjoint, told))
            if step < self._course.last or clash:
                self._described = None
        return True

    def _start(self, step: int, ahead: Iterable[Item]) -> Event:
        """The run event of a new attempt that begins before `step`."""
        own = list(takewhile(lambda item: not isinstance(item, (Opening, Closing)), ahead))
        opening = self._opening
        max_steps = opening.description.get("max_steps")
        resumed = self._course.began(step, self._places(own), opening.continues_from, max_steps)
        self._attempt, self._seq, self._generations = self._attempt + 1, 0, 0
        self._seen.clear()
        self._newest = (0, [])
        self._statistics = None
        self._window = None
        self._functions = _functions(own, self._meaning(), self._renaming) or self._functions
        primary, how = primary_of(self._functions, None)
        self._described = RunEvent(
            step=resumed,
            phase="start",
            status="running",
            run_id="",
            name=self._source.stem,
            grpolog_version=grpolog.__version__,
            framework=opening.framework,
            capture="imported",
            capture_note=f"imported as {self._form} from a log of another program: what that lacks cannot be judged",
            resumed_from_step=resumed if resumed > 0 or step > 0 else None,  # None replaces a step 0, too
            versions=dict(opening.versions) or None,
            reward_functions=list(self._functions) or None,
            primary=primary,
            primary_source=how,
            **_scored(own),
            **opening.description,
        )
        return self._numbered(self._described)

    def _end(self, closing: Closing | None) -> Iterator[Event]:
        if self._described is None:
            return
        described, self._described = self._described, None
        if closing is not None:
            update = {"phase": "end", "status": closing.status, "error": closing.error, "totals": closing.totals}
            yield self._numbered(described.model_copy(update=update | {"step": self._course.last}))

    def _places(self, items: Iterable[Item]) -> list[Place]:
        """Where the next rows of training stand, up to one that goes back."""
        found: list[Place] = []
        for item in items:
            if not isinstance(item, Row):
                continue
            values, told = self._renaming.applied(item.values)
            numbers = {key: _float(real) for key, value in values.items() if (real := number(value)) is not None}
            step = number(told) if told is not None else item.step
            train = [part for part in parts_of(numbers, self._meaning()) if part.shape.mode == "train"]
            if not train or step is None or not abs(step) < _HIGHEST:
                continue
            if found and step < found[-1].step:
                break
            found.append(Place.of(int(step), train[0]))
        return found

    def _numbered(self, event: Envelope) -> Event:
        vars(event).update(attempt=self._attempt, seq=self._seq, time=self._time)
        self._seq += 1
        return cast("Event", event)

    def _meaning(self) -> Callable[[str], Meaning]:
        return translation(self._opening.framework, self._opening.versions.get(self._opening.framework or ""))


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _merged(before: Opening, more: Opening) -> Opening:
    """What is known when a further opening does not name the framework again."""
    description = {**before.description, **more.description}
    return Opening(before.framework, {**before.versions, **more.versions}, description, more.continues_from)


def _scored(items: Iterable[Item]) -> dict[str, Any]:
    """What the next completions say of how they are scored, as fields of the run event."""
    found = next((item for item in items if isinstance(item, Generation) and item.mode == "train"), None)
    if found is None:
        return {}
    scoring = found.scoring
    return {
        "group_size": found.batch.group_size,
        "reward_weights": dict(zip(scoring.names, scoring.weights, strict=True)),
        "advantage_mode": scoring.mode if found.batch.advantages is not None else None,
    }


def _functions(items: Iterable[Item], meaning: Callable[[str], Meaning], renaming: Renaming) -> list[str]:
    """The reward functions that the next rows speak of, in the order of their appearance."""
    names: dict[str, None] = {}
    for item in items:
        if isinstance(item, Generation):
            names |= dict.fromkeys(item.scoring.names)
        for key in renaming.applied(item.values)[0] if isinstance(item, Row) else ():
            match = re.fullmatch("rewards/(.+)/mean", meaning(key).metric)
            if match:
                names[match[1]] = None
    return list(names)
