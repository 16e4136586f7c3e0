"""A part as an open file that is known again, whatever others do to its name and to its descriptor."""

import contextlib
import os
from pathlib import Path

_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0)


class OpenPart:
    """A part that is open for appending.

    Args:
        path: its file.
        create: whether it is made if it is not there.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        self.fd = os.open(path, _FLAGS | (os.O_CREAT if create else 0), 0o666)
        self._identity = _identity(os.fstat(self.fd))

    @property
    def is_held(self) -> bool:
        """Whether the descriptor still is that of the file, and the file still has a name.

        A library that closes descriptors which are not its own may have given it to another file, into which nothing
        must be written.
        """
        try:
            now = os.fstat(self.fd)
        except OSError:
            return False
        return _identity(now) == self._identity and now.st_nlink > 0

    def is_whole(self, size: int) -> bool:
        """Whether it is held, stands at its path as far as can be told, and has at least `size` bytes."""
        return self.is_held and self._is_at_path() and os.fstat(self.fd).st_size >= size

    def sync(self) -> None:
        """Waits until what was written is on the disk."""
        os.fsync(self.fd)

    def close(self) -> None:
        """Closes the descriptor, unless it has become somebody else's."""
        with contextlib.suppress(OSError):
            if _identity(os.fstat(self.fd)) == self._identity:
                os.close(self.fd)

    def _is_at_path(self) -> bool:
        try:
            return _identity(self.path.stat()) == self._identity
        except PermissionError:
            return True  # the folder may have been closed to us
        except OSError:
            return False


def _identity(file: os.stat_result) -> tuple[int, int]:
    return file.st_dev, file.st_ino
