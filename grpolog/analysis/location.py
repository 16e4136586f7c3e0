"""Which log a path speaks of, and the files it consists of."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from grpolog import jsonl
from grpolog.errors import LogError

Parts = dict[int, list[tuple[int | None, Path]]]
"""By rank the parts in the order of writing, as `jsonl.find_parts` gives them."""

_NAME = re.compile(r"(?P<stem>.+?)(?P<rank>\.rank\d+)?(?P<number>\.\d{4,})?\.jsonl(?P<packed>\.zst|\.gz)?")


@dataclass(frozen=True, slots=True)
class Location:
    """A log on disk."""

    log: Path
    """Its first name, that of the live part of rank 0, whether or not that file is there."""

    parts: Parts

    @property
    def name(self) -> str:
        """The log's name without folder and ending."""
        return self.log.name.removesuffix(jsonl.SUFFIX)


def locate(path: str | Path) -> Location:
    """The log that `path` speaks of: its first name with or without `.jsonl`, one of its parts, or a folder that
    holds one log.

    Raises:
        LogError: there is no such log, or the folder holds none or several.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        return _in_folder(path)
    if path.is_file():
        return _of_file(path)
    location = _of_log(jsonl.log_path(path))
    if location.parts:
        return location
    raise LogError(f"no such log{_suggestion(path)}", path)


def _of_log(log: Path) -> Location:
    return Location(log, jsonl.find_parts(log))


def _of_file(path: Path) -> Location:
    match = _NAME.fullmatch(path.name)
    if match is None:  # a log under a foreign name, which cannot have other parts
        return Location(path, {0: [(None, path)]})
    own = path.with_name(path.name.removesuffix(match["packed"] or ""))
    if match["rank"] or match["number"]:
        location = _of_log(path.with_name(match["stem"] + jsonl.SUFFIX))
        files = [file for parts in location.parts.values() for _, file in parts]
        # `run.2024.jsonl` alone is a log named run.2024
        if len(files) > 1 or match["rank"] or int((match["number"] or ".0")[1:]) == 1:
            return location
    return _of_log(own)


def _in_folder(folder: Path) -> Location:
    logs = _logs_in(folder)
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


def _begins_as_log(file: Path) -> bool:
    try:
        with jsonl.open_part(file) as part:
            record, _ = jsonl.decode(part.readline(2**20))
    except (*jsonl.BROKEN, ValueError, LogError):
        return False
    return "v" in record and "event" in record


def _suggestion(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"; the folder {folder} does not exist"
    names = sorted({_of_file(f).log.name for f in folder.iterdir() if f.is_file() and _NAME.fullmatch(f.name)})
    near = difflib.get_close_matches(jsonl.log_path(path).name, names, n=3, cutoff=0.5)
    if near:
        return f"; did you mean {' or '.join(near)}?"
    return f"; the folder {folder} holds {', '.join(names[:5])}" if names else f"; the folder {folder} holds no logs"
