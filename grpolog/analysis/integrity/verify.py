"""`verify`: from a path to what is wrong with the log that lies there.

Every line is read once, as a stream: held against JSON and the event models, its number against those of the lines
around it, and the bytes of each closed part against the checksum in the run event that begins the next one. The part
that is being written has no checksum yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from grpolog import progress
from grpolog.analysis.foreign import not_a_log
from grpolog.analysis.integrity.losses import note_declared, note_missing_events
from grpolog.analysis.integrity.marks import Damage, Mark, Marks, Note
from grpolog.analysis.integrity.presence import Lacking, note_attempts, note_checksums
from grpolog.analysis.integrity.rank import PartSum, Rank
from grpolog.analysis.location import Location, foreign_format, locate
from grpolog.errors import LogError


@dataclass(frozen=True, slots=True)
class Verified:
    """A log, and what is wrong with it."""

    location: Location
    marks: Marks
    ranks: Mapping[int, Rank]
    lacking: Lacking

    @property
    def intact(self) -> bool:
        """Whether nothing was changed, removed or added since it was recorded, as far as that can be told."""
        return not self.marks.damage

    @property
    def damage(self) -> list[Mark]:
        """What was found, by place; at most 100 of a kind are named."""
        return self._shown(self.marks.damage)

    @property
    def notes(self) -> list[Mark]:
        """What is to be known and is no damage."""
        return self._shown(self.marks.notes)

    @property
    def counts(self) -> dict[Damage | Note, int]:
        """How much of each kind, what is not named included."""
        return dict(self.marks.counts)

    @property
    def parts(self) -> list[PartSum]:
        """The parts, rank by rank in the order of writing."""
        return [part for rank in self.ranks.values() for part in rank.parts]

    @property
    def events(self) -> int:
        """Lines that are events."""
        return sum(rank.lines.total() for rank in self.ranks.values())

    def _shown(self, marks: list[Mark]) -> list[Mark]:
        return sorted((replace(mark, path=self.location.shown(mark.path)) for mark in marks), key=_place)


def verify(path: str | Path) -> Verified:
    """Look whether a log is as it was recorded.

    Args:
        path: as `read` takes it.

    Raises:
        LogError: there is no log of ours.
    """
    path = Path(path).expanduser()
    form = foreign_format(path)
    if form is not None:
        raise LogError(f"a log of another program ({form.name}), which has no numbers or checksums to verify", path)
    location = locate(path)
    for _ in range(3):
        verified = _verify(location)
        now = location.looked_up_again()
        if now.numbers == location.numbers:  # else a part was closed meanwhile
            break
        location = now
    if not verified.events and not verified.marks.counts["unknown"]:
        raise not_a_log(location.files[0])
    return verified


def _verify(location: Location) -> Verified:
    progress.expect(location.files)
    marks = Marks()
    for flaw in location.archive.flaws if location.archive is not None else ():
        marks.damaged("archive", flaw.path, flaw.line, flaw.what)
    ranks = {}
    for number, parts in location.parts.items():
        ranks[number] = rank = Rank(number, marks)
        for part, path in parts:
            rank.read(part, path)
        rank.numbering.finish()
        note_checksums(location.log, rank)
        note_missing_events(rank)
        note_declared(rank)
    lacking = note_attempts(location.log, ranks, marks)
    return Verified(location, marks, ranks, lacking)


def _place(mark: Mark) -> tuple[Path, int]:
    return mark.path, mark.line or 0
