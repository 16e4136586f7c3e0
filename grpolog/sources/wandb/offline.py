"""`.wandb` files: what a run logged on its own machine, with its configuration and how it ended."""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from grpolog import jsonl
from grpolog.masking import mask_arguments
from grpolog.sources.items import Closing, Item, Opening
from grpolog.sources.sample import Note, silent
from grpolog.sources.settings import described, versions_in
from grpolog.sources.stdout.endings import ending
from grpolog.sources.tracked import taken_totals
from grpolog.sources.wandb import framing
from grpolog.sources.wandb.history import Entry, History
from grpolog.sources.wandb.record import Exit, Output, Record, Setting, Summary, record
from grpolog.sources.wandb.record import History as Logged

_TEXT: Final = 2**18
"""Characters of the console's text that are kept to see how the run ended."""

_FIRST: Final = 20
"""Records among which the one that describes the run stands."""

_INTERRUPTED: Final = 255
"""Exit code that W&B writes for Ctrl-C."""


@dataclass(slots=True)
class _Told:
    """What the records between the entries of the history say."""

    config: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    totals: dict[str, float] = field(default_factory=dict)
    exit_code: int | None = None
    _text: deque[str] = field(default_factory=deque)
    _size: int = 0

    def take(self, content: Record) -> None:
        """Remember what a record says."""
        if isinstance(content, Setting):
            self.config |= content.config
            self.fields |= content.fields
            self.versions |= content.versions
            if content.command:
                self.fields["command"] = " ".join(mask_arguments(content.command))
        elif isinstance(content, Summary):
            self.totals |= taken_totals(dict(content.values))
        elif isinstance(content, Exit):
            self.exit_code = content.code
        elif isinstance(content, Output):
            self._text.append(content.text)
            self._size += len(content.text)
            while self._size > _TEXT:
                self._size -= len(self._text.popleft())
        elif len(content.values) > 0:
            self._text.clear()
            self._size = 0

    def opening(self, framework: str | None) -> Opening:
        """What is known of the run before its first row."""
        return Opening(framework, versions_in(self.config) | self.versions, described(self.config) | self.fields)

    def closing(self) -> Closing | None:
        """How the run ended, None when nothing says so."""
        totals = self.totals or None
        if self.exit_code == 0:
            return Closing("finished", totals=totals)
        told = ending("".join(self._text).encode("utf-8", "replace"), None, 0)
        if told is not None and (self.exit_code is not None or "train_runtime" not in self.totals):
            return Closing(told.status, told.error, totals)
        if self.exit_code == _INTERRUPTED:
            return Closing("stopped", f"interrupted from the keyboard (exit code {_INTERRUPTED})", totals)
        if self.exit_code is not None:
            return Closing("failed", f"exit code {self.exit_code}", totals)
        return Closing("finished", totals=totals) if "train_runtime" in self.totals else None


def read(path: Path, note: Note) -> Iterator[Item]:
    """The rows of a file, between what it says of the run and how the run ended.

    Raises:
        LogError: the file cannot be opened.
    """
    told, history = _Told(), History(path, note)
    rows = history.rows(_entries(path, told, note))
    yield told.opening(history.framework)
    yield from rows
    closing = told.closing()
    if closing is not None:
        yield closing


def run_of(path: Path) -> tuple[str, float]:
    """Identifier of the run and Unix time of its start; empty and 0 where the file does not say.

    Raises:
        LogError: the file cannot be opened.
    """
    with jsonl.open_part(path) as file:
        for _, data in islice(framing.records(file, path, silent), _FIRST):
            with suppress(ValueError):
                content = record(data)
                if isinstance(content, Setting) and content.run:
                    return content.run, content.started
    return "", 0.0


def _entries(path: Path, told: _Told, note: Note) -> Iterator[Entry]:
    with jsonl.open_part(path) as file:
        for number, data in framing.records(file, path, note):
            try:
                content = record(data)
            except ValueError as error:
                note("invalid line", path, number, f"a record that cannot be read was left out: {error}")
                continue
            if content is not None:
                told.take(content)
            if isinstance(content, Logged):
                yield Entry(number, content.values)
