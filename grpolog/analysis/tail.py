"""What was appended to a log since the last look: part after part, rank after rank, no byte twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from grpolog import jsonl
from grpolog.events import SCHEMA_VERSION

_SKIPPED: Final = tuple(f'{{"v":{SCHEMA_VERSION},"event":"{event}",'.encode() for event in ("group", "example"))
"""Lines that are most of a log's bytes, and that nothing is judged by."""


_Parts = list[tuple[int | None, Path]]
"""Of one rank, as `jsonl.find_parts` gives them."""


@dataclass(slots=True)
class _Place:
    """Up to where a rank's log was read."""

    number: int
    """Of the part; of the live one the number that it will be closed under."""

    offset: int
    """Bytes of that part, uncompressed, that were read: whole lines."""


class Tail:
    """Reads a log as it grows.

    Args:
        log: its first name.
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self._places: dict[int, _Place] = {}

    @property
    def replaced(self) -> bool:
        """Whether the log is another one by now: shorter than what was read of it."""
        for rank, parts in jsonl.find_parts(self.log).items():
            place, live = self._places.get(rank), _live(parts)
            if place is not None and (
                place.number > live or (place.number == live and _size(parts[-1][1]) < place.offset)
            ):
                return True
        return False

    def records(self) -> Iterator[dict[str, Any]]:
        """The records of the lines that came since the last call, rank by rank in the order of writing, without those
        of groups and examples. A last line without an end waits for it; damaged ones are passed over.
        """
        for rank, parts in jsonl.find_parts(self.log).items():
            place = self._places.setdefault(rank, _Place(parts[0][0] or _live(parts), 0))
            yield from self._of_rank(rank, place, parts)

    def _of_rank(self, rank: int, place: _Place, parts: _Parts) -> Iterator[dict[str, Any]]:
        while True:
            for number, path in parts:
                if number is not None and number >= place.number:
                    yield from _of_closed(path, number, place)
            if parts[-1][0] is not None:  # between the closing of a part and the opening of the next one
                return
            live = _live(parts)
            offset = place.offset if place.number == live else 0
            lines = _new_lines(parts[-1][1], offset)
            parts = jsonl.find_parts(self.log).get(rank, parts)
            if _live(parts) == live:  # else it was closed meanwhile, and what was read may be of the next one
                break
        place.number, place.offset = live, offset
        for line in lines:
            place.offset += len(line)
            if (record := _record(line)) is not None:
                yield record


def _of_closed(path: Path, number: int, place: _Place) -> Iterator[dict[str, Any]]:
    """The new records of a part that does not grow any more; `place` moves on, behind it at the end."""
    if number > place.number:
        place.number, place.offset = number, 0
    try:
        with jsonl.open_part(path) as part:
            part.seek(place.offset)
            for line in part:
                place.offset += len(line)
                if (record := _record(line)) is not None:
                    yield record
    except jsonl.BROKEN:
        pass  # reading the log whole names it
    place.number, place.offset = number + 1, 0


def _new_lines(path: Path, offset: int) -> list[bytes]:
    """The whole lines of the live part from `offset` on."""
    try:
        with jsonl.open_part(path) as part:
            part.seek(offset)
            lines = part.readlines()
    except jsonl.BROKEN:
        return []
    return lines[:-1] if lines and not lines[-1].endswith(b"\n") else lines


def _record(line: bytes) -> dict[str, Any] | None:
    if line.startswith(_SKIPPED):
        return None
    try:
        record, _ = jsonl.decode(line)
    except ValueError:
        return None
    return record if record.get("v") == SCHEMA_VERSION else None


def _live(parts: _Parts) -> int:
    """The number that the live part will be closed under."""
    return max((number for number, _ in parts if number is not None), default=0) + 1


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
