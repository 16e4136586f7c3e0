"""What was appended to a log since the last look: part after part, rank after rank, no byte twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from grpolog import jsonl
from grpolog.events import SCHEMA_VERSION

_SKIPPED: Final = tuple(f'{{"v":{SCHEMA_VERSION},"event":"{event}",'.encode() for event in ("group", "example"))
"""Lines that are most of a log's bytes, and that nothing is judged by."""


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
        self._log = log
        self._places: dict[int, _Place] = {}

    def records(self) -> list[dict[str, Any]] | None:
        """The records of the lines that came since the last call, rank by rank in the order of writing, without those
        of groups and examples. A last line without an end waits for it; damaged ones are passed over.

        Returns:
            None where the log is another one by now: shorter than what was read of it. The next call reads it whole.
        """
        while True:
            parts = jsonl.find_parts(self._log)
            places = {rank: _Place(place.number, place.offset) for rank, place in self._places.items()}
            found: list[dict[str, Any]] = []
            for rank, own in parts.items():
                live = max((number for number, _ in own if number is not None), default=0) + 1
                place = places.setdefault(rank, _Place(own[0][0] or live, 0))
                if place.number > live or (place.number == live and _size(own[-1][1]) < place.offset):
                    self._places.clear()
                    return None
                for number, path in own:
                    found += self._part(path, live if number is None else number, place)
            if _numbers(jsonl.find_parts(self._log)) == _numbers(parts):  # else the live part was closed meanwhile
                self._places = places
                return found

    def _part(self, path: Path, number: int, place: _Place) -> Iterator[dict[str, Any]]:
        """The new records of a part; `place` moves on."""
        if number < place.number:
            return
        if number > place.number:
            place.number, place.offset = number, 0
        try:
            with jsonl.open_part(path) as part:
                part.seek(place.offset)
                for line in part:
                    if not line.endswith(b"\n"):
                        return
                    place.offset += len(line)
                    record = _record(line)
                    if record is not None:
                        yield record
        except jsonl.BROKEN:
            return


def _record(line: bytes) -> dict[str, Any] | None:
    if line.startswith(_SKIPPED):
        return None
    try:
        record, _ = jsonl.decode(line)
    except ValueError:
        return None
    return record if record.get("v") == SCHEMA_VERSION else None


def _numbers(parts: dict[int, list[tuple[int | None, Path]]]) -> dict[int, list[int | None]]:
    return {rank: [number for number, _ in own] for rank, own in parts.items()}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
