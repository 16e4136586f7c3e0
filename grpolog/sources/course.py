"""The course of one training, its resumes included: where another start goes on, or that it is a run of its own.

A start whose first row lies behind the first step may have read a checkpoint, or may be another training that logs less
often. Rewards tell nothing: a resumed training samples anew, too. What tells it are, in this order: what the source
says itself, the steps of its rows, the schedule.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from grpolog.sources.part import Part

_ROUNDING: Final = 1e-3
"""Relative difference of numbers that are the same, printed with four digits."""


class Place(NamedTuple):
    """What a row of training says of where it stands."""

    step: int
    epoch: float | None = None
    learning_rate: float | None = None

    @classmethod
    def of(cls, step: int, part: Part) -> "Place":
        """The place that a part of a row tells."""
        return cls(step, part.get("epoch"), part.get("learning_rate"))


@dataclass(slots=True)
class Course:
    """The rows of training so far."""

    last: int = 0
    """The newest step."""

    max_steps: int | None = None
    _places: dict[int, Place] = field(default_factory=dict)

    def take(self, place: Place) -> None:
        """Note a row, or completions; of several writers of a step the one that tells more."""
        self.last = max(self.last, place.step)
        if place.step not in self._places or place[1:] != (None, None):
            self._places[place.step] = place

    def began(self, step: int, ahead: Sequence[Place], stated: int | None, max_steps: int | None) -> int:
        """The step that another start continues from, 0 where it begins from scratch; it is taken up.

        Args:
            step: that of its first row.
            ahead: its first rows, as far as they are known.
            stated: the step that the source says it continues from, 0 for none; None where it says nothing.
            max_steps: its number of steps, where the source tells it.
        """
        is_first = not self._places or step <= min(self._places)
        if stated is not None and stated < step and self._places:
            resumed = stated
        elif is_first or self._is_another(step, ahead, max_steps):
            resumed = 0
        else:
            resumed = min(step - 1, self.last)
        self.last, self.max_steps = resumed, max_steps
        self._places = {place.step: place for place in self._places.values() if place.step <= resumed}
        return max(0, resumed)

    def _is_another(self, step: int, ahead: Sequence[Place], max_steps: int | None) -> bool:
        if step <= self.last and None not in (max_steps, self.max_steps) and max_steps != self.max_steps:
            return True
        return _counts_from_nothing(step, ahead) or self._is_other_schedule(ahead)

    def _is_other_schedule(self, ahead: Sequence[Place]) -> bool:
        """Whether epochs are not those of the same steps, or epoch or learning rate fell back."""
        known = [(self._places[place.step].epoch, place.epoch) for place in ahead if place.step in self._places]
        epochs = [(old, new) for old, new in known if old is not None and new is not None]
        if epochs:
            return not any(_is_near(old, new) for old, new in epochs)
        if not ahead:
            return False
        now, first = ahead[0], self._places[min(self._places)]
        before = self._places[max((step for step in self._places if step <= now.step), default=min(self._places))]
        if before.epoch is not None and now.epoch is not None:
            return now.epoch < before.epoch * (1 - _ROUNDING)
        if before.learning_rate is None or now.learning_rate is None:
            return False
        return now.learning_rate == first.learning_rate and not _is_near(now.learning_rate, before.learning_rate)


def _counts_from_nothing(step: int, ahead: Sequence[Place]) -> bool:
    """Whether the rows stand at multiples of the first step, as of a trainer that logs every so many steps.

    After a resume the first row is at such a multiple, too, but a later one.
    """
    steps = sorted({place.step for place in ahead})
    return step > 1 and len(steps) > 1 and steps == [step * n for n in range(1, len(steps) + 1)]


def _is_near(a: float, b: float) -> bool:
    return abs(a - b) <= _ROUNDING * max(abs(a), abs(b))
