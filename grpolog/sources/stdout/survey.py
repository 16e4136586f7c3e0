"""What a log holds, found before its rows are read: its runs, the steps of their rows, how each of them ended."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from grpolog.sources.stdout.bars import Bar, bars
from grpolog.sources.stdout.blocks import Block
from grpolog.sources.stdout.endings import Ending
from grpolog.sources.stdout.rows import DictRow, dict_rows
from grpolog.sources.stdout.runs import Banner, OpenRun, Run
from grpolog.sources.stdout.step_lines import StepLine, step_lines

_BANNER = re.compile(rb"Total (?:optimization )?steps = (\d[\d,]{0,12})")


@dataclass(frozen=True, slots=True)
class Survey:
    """The runs of a log."""

    runs: list[Run]
    kind: type[DictRow] | type[StepLine]
    """What their rows are."""

    ending: Ending | None
    """How a log without rows ended."""


def rows_of(block: Block, kind: type[DictRow] | type[StepLine] | None) -> list[DictRow | StepLine]:
    """The rows of a block in order, those of one kind where it is known; the first one decides."""
    dicts: Iterator[Any] = iter(()) if kind is StepLine else dict_rows(block.text, block.is_last)
    lines: Iterator[Any] = iter(()) if kind is DictRow else step_lines(block.text)
    found = sorted([*dicts, *lines], key=attrgetter("start"))
    return found if kind or not found else [row for row in found if isinstance(row, type(found[0]))]


def surveyed(blocks: Iterable[Block]) -> Survey:
    """Look through a log once; memory grows with its rows by some bytes each."""
    kind: type[DictRow] | type[StepLine] | None = None
    open_run = OpenRun()
    runs = []
    for block in blocks:
        rows = rows_of(block, kind)
        kind = type(rows[0]) if rows else kind
        place = 0
        marks = bars(block.text, [(row.start, row.end) for row in rows])
        for event in sorted([*rows, *marks, *_banners(block.text)], key=attrgetter("start")):
            if open_run.ends_before(event):
                open_run.between.add(block.text[place : event.start])
                place = event.start
                runs.append(open_run.closed())
                open_run = OpenRun.after(open_run)
            if isinstance(event, Bar):
                open_run.bar(event)
            elif isinstance(event, Banner):
                open_run.clock.stated = event.total
            else:
                open_run.between.add(block.text[place : event.start])
                place = event.end
                open_run.row(event, block.text)
        open_run.between.add(block.text[place:])
    if len(open_run.clock):
        runs.append(open_run.closed())
        return Survey(runs, kind or DictRow, None)
    return Survey(runs, kind or DictRow, open_run.ending())


def _banners(text: bytes) -> Iterator[Banner]:
    for match in _BANNER.finditer(text):
        yield Banner(match.start(), int(match[1].replace(b",", b"")))
