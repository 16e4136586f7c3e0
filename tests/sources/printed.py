"""Texts of a terminal for tests, and how they are read."""

from pathlib import Path

from grpolog.sources import stdout
from grpolog.sources.items import Closing, Item, Opening, Row
from grpolog.sources.sample import Sample


def items(tmp_path: Path, text: str | bytes, name: str = "log.txt") -> tuple[list[Item], list[tuple[str, int | None]]]:
    """What a text holds, and the kinds and lines of what was noted."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    noted: list[tuple[str, int | None]] = []

    def note(kind, path, line, what, key=None, count=1):
        noted.append((kind, line))

    return list(stdout.FORMAT.read(path, note)), noted


def rows(tmp_path: Path, text: str | bytes) -> list[Row]:
    return [item for item in items(tmp_path, text)[0] if isinstance(item, Row)]


def values(tmp_path: Path, text: str | bytes) -> list[dict]:
    return [dict(row.values) for row in rows(tmp_path, text)]


def steps(tmp_path: Path, text: str | bytes) -> list[int | None]:
    return [row.step for row in rows(tmp_path, text)]


def openings(tmp_path: Path, text: str | bytes) -> list[Opening]:
    return [item for item in items(tmp_path, text)[0] if isinstance(item, Opening)]


def closings(tmp_path: Path, text: str | bytes) -> list[Closing]:
    return [item for item in items(tmp_path, text)[0] if isinstance(item, Closing)]


def is_recognised(tmp_path: Path, text: str | bytes) -> bool:
    path = tmp_path / "sample"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return stdout.FORMAT.recognises(Sample(path))


def row(n: float, **more: object) -> str:
    """A row of epoch n / 10, as transformers prints it."""
    return str({"loss": n, "reward": n / 4, **more, "epoch": n / 10})


def bar(n: int, total: int = 100) -> str:
    return f"\r{100 * n // total:3d}%|██▏       | {n}/{total} [00:39<49:30, 31.26s/it]"


def cleared(text: str, n: int, total: int = 100) -> str:
    """A row as a trainer prints it: the bar is taken away and drawn again behind it."""
    return f"\r{' ' * 48}\r{text}\n{bar(n, total)}"
