"""Writing a report so that it is there whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from grpolog.errors import UsageError
from grpolog.report.model import Comparison, Report


def save(report: Report | Comparison, path: Path) -> Path:
    """Write `report` in the format of the name's ending; see `Report.save`."""
    formats: dict[str, Callable[[], str]] = {
        ".html": report.to_html,
        ".md": report.to_markdown,
        ".json": report.to_json,
    }
    render = formats.get(path.suffix.lower())
    if render is None:
        raise UsageError(f"a report ends in {', '.join(formats)}; this name does not", path)
    write(path, render().encode())
    return path


def write(path: Path, data: bytes) -> None:
    """Put `data` at `path`, making folders; the file appears whole, and nothing stays behind on failure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        # mkstemp makes files private; a report has the rights of any other file
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
