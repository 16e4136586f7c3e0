"""Where reports go: from `-o` and `--format` to the files to write, each of which appears whole or not at all."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from grpolog.errors import UsageError

Format = Literal["html", "md", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)
DEFAULT_FORMATS: tuple[Format, ...] = ("html", "md")


_ENDINGS = frozenset({".jsonl", ".json", ".csv", ".tsv", ".log", ".txt", ".parquet", ".wandb", ".out", ".md", ".html"})


@dataclass(frozen=True, slots=True)
class Output:
    """One rendering of one report: the file to write, or stdout where `path` is None."""

    format: Format
    path: Path | None


def parse_formats(text: str | None) -> tuple[Format, ...] | None:
    """The formats of `--format html,md,json` in the order given, or None when the option was not.

    Raises:
        UsageError: an unknown format, or none at all.
    """
    if text is None:
        return None
    names = list(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in FORMATS]
    if unknown or not names:
        raise UsageError(f"unknown format {', '.join(map(repr, unknown)) or repr(text)}: use {', '.join(FORMATS)}")
    return cast("tuple[Format, ...]", tuple(names))


def plan(
    logs: Sequence[Path], out: str | None, formats: tuple[Format, ...] | None, name: str | None = None
) -> list[tuple[Output, ...]]:
    """The outputs of each log's report.

    Args:
        logs: the live parts of the logs, which name the reports: `exp1.jsonl` gives `exp1.html`.
        out: a folder, a file with the ending of a format, `-` for stdout, or None for beside each log.
        formats: as asked for; None: what `out` ends in, else HTML and Markdown.
        name: file name of the reports without ending, instead of the log's.

    Raises:
        UsageError: `out` fits neither the formats nor the number of logs, or two reports would share a file.
    """
    if out == "-":
        if formats is None or len(formats) != 1 or len(logs) != 1:
            raise UsageError("-o - takes one log and one format: add --format html, md or json")
        return [(Output(formats[0], None),)]
    if out is not None and not Path(out).is_dir() and not out.endswith(("/", os.sep)):
        file = Path(out)
        ending = file.suffix.removeprefix(".").lower()
        if ending in FORMATS:
            return [(_single_file(file, ending, formats, len(logs)),)]
        if ending:
            raise UsageError(f"-o {out}: end a file in .html, .md or .json, and a new folder in /")
    folder = Path(out) if out is not None else None
    outputs = [
        tuple(
            Output(f, (folder if folder is not None else log.parent) / f"{name or _stem(log)}.{f}")
            for f in formats or DEFAULT_FORMATS
        )
        for log in logs
    ]
    _refuse_shared(logs, outputs)
    return outputs


def _single_file(file: Path, ending: str, formats: tuple[Format, ...] | None, logs: int) -> Output:
    if logs != 1:
        raise UsageError(f"-o {file} is one file, and there are {logs} logs: name a folder")
    if formats is not None and formats != (ending,):
        raise UsageError(f"-o {file} ends in .{ending}, and --format asks for {','.join(formats)}")
    return Output(cast("Format", ending), file)


def _refuse_shared(logs: Sequence[Path], outputs: Sequence[tuple[Output, ...]]) -> None:
    taken: dict[Path | None, Path] = {}
    for log, group in zip(logs, outputs, strict=True):
        path = group[0].path
        if any(output.path in logs for output in group):
            raise UsageError("the report would replace the log that it is about: name another place with -o", log)
        if path in taken:
            raise UsageError(f"the reports of {taken[path]} and {log} would both be {path}: report them one by one")
        taken[path] = log


def _stem(log: Path) -> str:
    """The name of a log without the ending of its format; other dots belong to the name."""
    return log.stem if log.suffix in _ENDINGS else log.name


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Name the place that the system refuses.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror or error}", path) from error


def write(path: Path, text: str) -> None:
    """Put `text` at `path`, making folders; the file appears whole, and nothing stays behind on failure.

    Raises:
        UsageError: the place cannot be written.
    """
    from grpolog.report import save

    with writing(path):
        save.write(path, text.encode())
