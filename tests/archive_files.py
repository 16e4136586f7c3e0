"""Tars of any content for tests of archives."""

import hashlib
import io
import tarfile
from pathlib import Path

from grpolog.archive.manifest import Manifest, Member
from grpolog.jsonl.parts import zstd

LINE = b'{"v":1,"event":"step","step":1,"time":1.0,"attempt":0,"seq":0,"rank":0,"loss":0.5}\n'


Entry = tuple[tarfile.TarInfo, bytes]


def entry(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, **fields: object) -> Entry:
    """A file of a tar."""
    made = tarfile.TarInfo(name)
    made.type, made.size = kind, len(data)
    for key, value in fields.items():
        setattr(made, key, value)
    return made, data


def tar(path: Path, *entries: Entry) -> Path:
    """A compressed tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as made:
        for info, data in entries:
            made.addfile(info, io.BytesIO(data))
    path.write_bytes(zstd.compress(buffer.getvalue()))
    return path


def member(name: str, data: bytes = LINE, role: str = "part") -> Member:
    """What a manifest says of a file."""
    return Member(name, role, len(data), hashlib.sha256(data).hexdigest())  # type: ignore[arg-type]


def manifest(*members: Member, log: str = "exp1.jsonl") -> Entry:
    """The manifest as a file."""
    return entry("manifest.json", Manifest(log, "0.1.0", 1.0, members).to_json())
