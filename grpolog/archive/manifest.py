"""What an archive says it holds."""

import re
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, get_args

import orjson

from grpolog import jsonl

Role = Literal["part", "report", "schema"]

NAME: Final = "manifest.json"
"""The file that every archive begins with."""

FORMAT: Final = "grpolog archive"

VERSION: Final = 1
"""Of the manifest; a reader takes those up to its own.

1: first version.
"""

_PLAIN: Final = re.compile(r"[^/\\:\x00-\x1f]+")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Member:
    """A file."""

    name: str
    role: Role
    size: int
    """Bytes."""

    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All files of an archive."""

    log: str
    """First name of the log."""

    grpolog_version: str
    """Version that made it."""

    recorded_until: float
    """Time of the log's last event, Unix seconds: what the archive's times are."""

    members: tuple[Member, ...]
    """In the order in which they lie in the archive."""

    def to_json(self) -> bytes:
        """As it is written."""
        content: dict[str, Any] = {"format": FORMAT, "version": VERSION, **asdict(self)}
        return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"


def parse(data: bytes) -> Manifest:
    """A manifest of unknown origin.

    Raises:
        ValueError: it is none, or names something that could lead out of a folder.
    """
    content = orjson.loads(data)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError("its manifest is none of grpolog's")
    if content.get("version") != VERSION:
        raise ValueError(f"its manifest has version {content.get('version')}, and this grpolog reads {VERSION}")
    try:
        members = tuple(Member(**member) for member in content["members"])
        found = Manifest(content["log"], content["grpolog_version"], content["recorded_until"], members)
        whole = all(_is_sound(member) for member in members) and is_file_name(found.log)
    except (KeyError, TypeError) as error:
        raise ValueError(f"its manifest lacks what it ought to have: {error}") from error
    if not whole:
        raise ValueError("its manifest names files that are none of an archive")
    stem = found.log.removesuffix(jsonl.SUFFIX)
    if not any(member.role == "part" and member.name.startswith(f"{stem}.") for member in members):
        raise ValueError("its manifest names a log that none of its parts belongs to")
    if len({member.name for member in members}) < len(members):
        raise ValueError("its manifest names a file twice")
    return found


def is_file_name(name: str) -> bool:
    """Whether a name is that of a file in the same folder, on every system, and not a hidden one."""
    return _PLAIN.fullmatch(name) is not None and not name.startswith(".")


def leads_elsewhere(name: str) -> bool:
    """Whether a name could lead out of the folder that an archive is unpacked to."""
    return not name or not all(is_file_name(word) for word in name.split("/"))


def _is_sound(member: Member) -> bool:
    if member.role not in get_args(Role) or type(member.size) is not int or member.size < 0:
        return False
    named = is_file_name(member.name) if member.role == "part" else not leads_elsewhere(member.name)
    return named and _SHA256.fullmatch(member.sha256) is not None
