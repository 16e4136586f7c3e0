"""Which log a path speaks of, and the files it consists of."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from grpolog import jsonl, sources
from grpolog.archive.recognition import is_archive
from grpolog.errors import LogError

if TYPE_CHECKING:
    from grpolog.archive.unpack import Unpacked

Parts = dict[int, list[tuple[int | None, Path]]]
"""By rank the parts in the order of writing, as `jsonl.find_parts` gives them."""

_NAME = re.compile(r"(?P<stem>.+?)(?P<rank>\.rank\d+)?(?P<number>\.\d{4,})?\.jsonl(?P<packed>\.zst|\.gz)?")


@dataclass(frozen=True, slots=True)
class Location:
    """A log on disk."""

    log: Path
    """Its first name, that of the live part of rank 0, whether or not that file is there."""

    parts: Parts

    archive: "Unpacked | None" = None
    """The archive that the log lies in; its parts are in a temporary folder for as long as this is held."""

    @property
    def source(self) -> Path:
        """What is to be named to people: the log's first name, or the archive."""
        return self.log if self.archive is None else self.archive.path

    def shown(self, path: Path) -> Path:
        """A part as it is to be named to people."""
        return path if self.archive is None else self.archive.shown(path)

    @property
    def name(self) -> str:
        """The log's name without folder and ending."""
        return self.log.name.removesuffix(jsonl.SUFFIX)

    @property
    def files(self) -> list[Path]:
        """Its parts, rank by rank in the order of writing."""
        return [path for parts in self.parts.values() for _, path in parts]

    @property
    def numbers(self) -> dict[int, list[int | None]]:
        """By rank the numbers of its parts."""
        return {rank: [number for number, _ in parts] for rank, parts in self.parts.items()}

    def looked_up_again(self) -> "Location":
        """The log as it lies on disk now; unchanged if its files have a foreign name."""
        parts = jsonl.find_parts(self.log)
        return replace(self, parts=parts) if parts else self


def locate(path: str | Path) -> Location:
    """The log that `path` speaks of: its first name with or without `.jsonl`, one of its parts, an archive, or a
    folder that holds one log.

    Raises:
        LogError: there is no such log, the folder holds none or several, the archive is not to be trusted, or the
            system refuses.
    """
    path = Path(path).expanduser()
    try:
        if path.is_dir():
            return _in_folder(path)
        if is_archive(path):
            return _of_archive(path)
        if path.is_file():
            return _of_file(path)
        location = _of_log(jsonl.log_path(path))
        if location.parts:
            return location
        raise LogError(f"no such log{_suggestion(path)}", path)
    except OSError as error:
        raise LogError(f"cannot be read: {error.strerror or error}", path) from error


def _of_log(log: Path) -> Location:
    return Location(log, jsonl.find_parts(log))


def _of_archive(path: Path) -> Location:
    from grpolog.archive.unpack import unpack

    opened = unpack(path)
    location = replace(_of_log(opened.log), archive=opened)
    if not location.parts:
        raise LogError(f"holds no part of a log{''.join(f'; {flaw.what}' for flaw in opened.flaws[:1])}", path)
    return location


def _of_file(path: Path) -> Location:
    match = _NAME.fullmatch(path.name)
    if match is None:  # a log under a foreign name, which cannot have other parts
        return Location(path, {0: [(None, path)]})
    own = _unpacked(path)
    if match["rank"] or match["number"]:
        location = _of_log(path.with_name(match["stem"] + jsonl.SUFFIX))
        files = set(map(_unpacked, location.files))
        # `run.2024.jsonl` alone is a log named run.2024
        if own in files and (len(files) > 1 or match["rank"] or int(match["number"][1:]) == 1):
            return location
    return _of_log(own)


def _in_folder(folder: Path) -> Location:
    logs = _logs_in(folder)
    if not logs and folder.name:  # an output folder may have the name of the log beside it
        beside = jsonl.log_path(folder)
        logs = [beside] if jsonl.find_parts(beside) else []
    if len(logs) == 1:
        return _of_log(logs[0])
    if not logs:
        raise LogError("holds no grpolog log (a file `*.jsonl` that grpolog wrote); give the log's own path", folder)
    names = ", ".join(log.name for log in logs[:5]) + (", ..." if len(logs) > 5 else "")
    raise LogError(f"holds {len(logs)} logs; give one of them: {names}", folder)


def _logs_in(folder: Path) -> list[Path]:
    logs: dict[Path, None] = {}
    for file in sorted(folder.iterdir()):
        if _NAME.fullmatch(file.name) and file.is_file() and _begins_as_log(file):
            logs[_of_file(file).log] = None
    return list(logs)


def holds_log(path: Path) -> bool:
    """Whether a file begins as a log of ours, or is an archive; or a folder holds a log."""
    return bool(_logs_in(path)) if path.is_dir() else is_archive(path) or _begins_as_log(path)


def foreign_format(path: Path, mapping: Mapping[str, str] | None = None) -> sources.Format | None:
    """The format of a log of another program; None where there is nothing, or a log of ours.

    Args:
        path: a file or folder.
        mapping: our names by foreign keys.

    Raises:
        LogError: the path cannot be opened.
    """
    if not path.exists() or holds_log(path):
        return None
    return sources.recognise(path, mapping)


def _begins_as_log(file: Path) -> bool:
    try:
        with jsonl.open_part(file) as part:
            return any(map(_is_event, islice(iter(lambda: part.readline(2**20), b""), 10)))
    except (*jsonl.BROKEN, LogError):
        return False


def _is_event(line: bytes) -> bool:
    try:
        record, _ = jsonl.decode(line)
    except ValueError:
        return False
    return "v" in record and "event" in record


def _unpacked(path: Path) -> Path:
    """The name of a part before it was compressed."""
    return path.with_name(path.name.removesuffix(".zst").removesuffix(".gz"))


def _suggestion(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"; the folder {folder} does not exist"
    names = sorted({_of_file(f).log.name for f in folder.iterdir() if f.is_file() and _NAME.fullmatch(f.name)})
    stems = {name.removesuffix(jsonl.SUFFIX): name for name in names}
    near = difflib.get_close_matches(path.name.removesuffix(jsonl.SUFFIX), stems, n=3)
    if near:
        return f"; did you mean {' or '.join(stems[stem] for stem in near)}?"
    return f"; the folder {folder} holds {', '.join(names[:5])}" if names else f"; the folder {folder} holds no logs"
