"""The optimizer steps of a run's rows, from the progress bar where there is one.

A trainer that prints a row takes its bar away, prints, and draws the bar again at the step of the row. Standard output
may reach the file late and many rows at once, the bar never does: then the k-th row belongs to the k-th bar that was
drawn again. Without such traces, as some tools strip them, the bars before and behind a row bound its step.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from grpolog.sources.stdout.clock import Clock, Ints, Seen, ints


@dataclass(frozen=True, slots=True)
class Steps:
    """Optimizer steps, one for each row of a run."""

    values: Ints

    counted: bool
    """Whether no bar told them, so that rows were counted from 1."""

    total: int | None
    """Steps that the run was to make; None when unknown."""


def steps_of(clock: Clock) -> Steps:
    """The steps of all rows of a run."""
    total = clock.total
    if total is not None:
        seen = clock.seen(total)
        told = _told(seen, total)
        if told is not None and _rises(told, seen):
            return Steps(told, counted=False, total=total)
    return Steps(clock.counted(), counted=True, total=clock.stated)


def _told(seen: Seen, total: int) -> Ints | None:
    """The steps that the training bar tells; None where it tells none."""
    for repeats in (seen.repeats, seen.twins):
        if sum(not repeated for repeated in repeats) == len(seen.redrawn):
            return _in_turn(seen.redrawn, repeats)
    if _came_in_time(seen):
        return _beside(seen, total)
    rows = sum(not repeated for repeated in seen.repeats)
    return _in_turn(seen.redrawn, seen.repeats) if rows < len(seen.redrawn) else None


def _in_turn(steps: Ints, repeats: Ints) -> Ints:
    """The k-th step for the k-th row; one that repeats the row before stands at its step."""
    number = -1
    told = ints()
    for repeated in repeats:
        number += not repeated
        told.append(steps[number])
    return told


def _came_in_time(seen: Seen) -> bool:
    """Whether rows came when they were printed: then the bar moves between one and the next."""
    rows = _rows_of_training(seen)
    states = [(seen.shown[place], seen.redraws[place]) for place in rows]
    return 2 * sum(a != b for a, b in pairwise(states)) >= len(rows) - 1


def _beside(seen: Seen, total: int) -> Ints:
    """The steps of rows that came in time: the bar drawn again behind each, else the one before it.

    A bar lags behind where it was not drawn at each step; equal distances between rows that fit all bars are then
    nearer to the truth.
    """
    told = ints()
    is_certain = True
    following = [*seen.redraws[1:], len(seen.redrawn)]
    for place, bare in enumerate(seen.is_bare):
        number = max(0, seen.redraws[place])
        by_redraw = bool(bare) and number < following[place]
        is_certain &= by_redraw
        told.append(seen.redrawn[number] if by_redraw else max(0, seen.shown[place]))
    return told if is_certain else _spaced(seen, total, told) or told


def _spaced(seen: Seen, total: int, told: Ints) -> Ints | None:
    """Steps at equal distances, each between the bar before its row and the bar behind it; None where none fit."""
    rows = _rows_of_training(seen)
    lowest = [told[place] for place in rows]
    highest = [seen.behind[place] if seen.behind[place] >= 0 else total for place in rows]
    for skipped in (0, 1):  # a trainer may print the very first step as well
        found = _distance(lowest[skipped:], highest[skipped:])
        if found is not None:
            first, distance = found
            steps = range(first, first + distance * len(rows), distance)
            return _filled(seen, rows, iter([*lowest[:skipped], *steps]), told)
    return None


def _distance(lowest: Ints, highest: Ints) -> tuple[int, int] | None:
    """First step and distance of steps that are multiples of it and lie within bounds; None where none do."""
    if len(lowest) < 2:
        return None
    near = round((lowest[-1] - lowest[0]) / (len(lowest) - 1))
    for distance in sorted(range(max(1, near - 2), near + 3), key=lambda distance: abs(distance - near)):
        first = max(1, -(-lowest[0] // distance)) * distance
        steps = range(first, first + distance * len(lowest), distance)
        if all(low <= step <= high for low, step, high in zip(lowest, steps, highest, strict=True)):
            return first, distance
    return None


def _filled(seen: Seen, rows: Sequence[int], steps: Iterator[int], told: Ints) -> Ints:
    """All rows with the given steps for some; the others stand at the step before or at that of their bar."""
    filled, last, own = ints(), 0, set(rows)
    for place, step in enumerate(told):
        last = next(steps) if place in own else last if seen.twins[place] else max(last, step)
        filled.append(last)
    return filled


def _rises(told: Ints, seen: Seen) -> bool:
    """Whether each row of training stands behind the one before, as it must."""
    rows = [place for place, is_train in enumerate(seen.is_train) if is_train]
    return all(told[a] < told[b] or (told[a] == told[b] and seen.twins[b]) for a, b in pairwise(rows))


def _rows_of_training(seen: Seen) -> list[int]:
    """Places of the rows of training, each once."""
    return [place for place, twin in enumerate(seen.twins) if seen.is_train[place] and not twin]
