"""What can go wrong, and what could not be read.

Every error that a user can cause derives from `GrpologError`; the command line prints it in one line and exits
with 2. Anything else that escapes is a bug. A `Loss` is not an error: it is a piece of a log that could not be
read, counted and shown in the audit.
"""

from dataclasses import dataclass
from pathlib import Path


class GrpologError(Exception):
    """Base of all errors of this package.

    Args:
        what: what is wrong and what to do next, one line.
        path: the file it speaks of.
        line: its line number in that file, counted from 1.
    """

    def __init__(self, what: str, path: str | Path | None = None, line: int | None = None) -> None:
        self.what = what
        self.path = Path(path) if path is not None else None
        self.line = line
        super().__init__(what)

    def __str__(self) -> str:
        if self.path is None:
            return self.what
        place = f"{self.path}:{self.line}" if self.line is not None else f"{self.path}"
        return f"{place}: {self.what}"


class LogError(GrpologError):
    """A path that holds no readable log: missing, empty, binary, of a newer major version."""


class LockedError(GrpologError):
    """The log is being written by a live process."""


class TrainerError(GrpologError):
    """A trainer that cannot be recorded."""


class UsageError(GrpologError):
    """Arguments that contradict each other or the data, such as rewards of the wrong length."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A piece of a log that could not be read, or was read with a correction.

    `line` counts from 1 within `path`; it is None where the loss has no line, such as a missing part.
    """

    path: Path
    line: int | None
    what: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line is not None else f"{self.path}"
        return f"{place}: {self.what}"
