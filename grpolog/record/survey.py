"""What a part on disk holds, found by reading it once."""

import hashlib
from collections import deque
from dataclasses import dataclass
from typing import Any, BinaryIO

from grpolog import jsonl

FIRST_BYTES = b'{"v":'
"""What every line of a log begins with."""

_RECENT = 100
"""Lines searched, from the end, for the last event: what is unreadable for longer is no log."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A part up to its last newline, and what follows that."""

    head: bytes
    """The first bytes, as many as `FIRST_BYTES` has."""

    size: int
    """Bytes up to and with the last newline."""

    lines: int
    """Newlines in them."""

    hash: "hashlib._Hash"
    """Running SHA-256 of these bytes."""

    torn: bytes
    """What follows the last newline, of zeros at its end only the first."""

    last: dict[str, Any] | None
    """The last event that can be read."""

    @property
    def is_log(self) -> bool:
        """Whether this may be a part of a log: it is empty, holds an event or begins like one.

        Zeros are what a power cut leaves of bytes that did not reach the disk.
        """
        return self.last is not None or FIRST_BYTES.startswith(self.head.rstrip(b"\0"))


def survey(part: BinaryIO) -> Survey:
    """Reads an open part from its beginning to its end; raises `jsonl.BROKEN` if it is damaged."""
    head, size, lines, digest, torn = b"", 0, 0, hashlib.sha256(), b""
    recent: deque[bytes] = deque(maxlen=_RECENT)
    for line in part:
        head = head or line[: len(FIRST_BYTES)]
        if not line.endswith(b"\n"):
            torn = line
            break
        size += len(line)
        lines += 1
        digest.update(line)
        recent.append(line)
    last = next((event for line in reversed(recent) if (event := _event(line))), None)
    zeros = b"\0" if torn.endswith(b"\0") else b""
    torn = torn.rstrip(b"\0") + zeros
    return Survey(head, size, lines, digest, torn, last)


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        record, _ = jsonl.decode(line)
    except ValueError:
        return None
    return record if all(isinstance(record.get(key), int) for key in ("v", "attempt", "seq", "step")) else None
