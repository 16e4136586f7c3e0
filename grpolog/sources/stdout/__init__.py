"""What a training wrote to its terminal: dict rows of TRL and its kin, lines of verl, how it ended."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from grpolog import progress
from grpolog.errors import LogError
from grpolog.sources.items import Closing, Item, Opening, Row
from grpolog.sources.sample import Format, Note, silent
from grpolog.sources.stdout.blocks import Block, read_blocks
from grpolog.sources.stdout.literals import read_dict, read_pairs
from grpolog.sources.stdout.recognition import holds_rows, is_training_text, recognises
from grpolog.sources.stdout.rows import DictRow
from grpolog.sources.stdout.runs import Run
from grpolog.sources.stdout.step_lines import StepLine, read_step_line
from grpolog.sources.stdout.survey import rows_of, surveyed
from grpolog.sources.stdout.time_stamps import time_in
from grpolog.trends.naming import TOTALS

__all__ = ["FORMAT", "holds_rows", "is_training_text", "items_of"]

_STEP_KEYS: Final = frozenset(
    {"global_step/max_steps", "global_step", "train/global_step", "trainer/global_step", "training/global_step"}
    | {"step", "train/step", "training_step", "rollout/step", "iteration"}
)
_TEXTS: Final = frozenset({"percentage", "elapsed_time", "remaining_time"})
"""What ms-swift writes beside the numbers."""

_OF_WANDB: Final = ("_timestamp", "_runtime", "_step")
"""What it adds to an entry, which it prints where it drops it."""

_OF_TRAINING: Final = frozenset({"loss", "reward", "grad_norm", "learning_rate"})
_NOT_OF_TRAINING: Final = ("eval_", "epoch", *_STEP_KEYS)

_WIDEST: Final = 200
_ROUNDING: Final = 1e-3
"""Relative difference of numbers that were rounded to four digits, with room."""

_STEP_BEFORE = re.compile(rb"(?i)(?:global[ _]?step|step|iter(?:ation)?|rollout) ?[:=#]? ?(\d{1,12})(?:/\d+)?\W{0,4}$")


def read(path: Path, note: Note) -> Iterator[Item]:
    """The rows of a log, run by run.

    The file is read twice: what tells the step of a row may stand behind it.

    Raises:
        LogError: it holds no row, or cannot be opened.
    """
    progress.expect([path, path])
    yield from items_of(lambda note: read_blocks(path, note), path, note)


def items_of(blocks: Callable[[Note], Iterable[Block]], path: Path, note: Note) -> Iterator[Item]:
    """The rows of a text, run by run.

    Args:
        blocks: gives the text, each time from its beginning; its argument takes what cannot be read.
        path: where it is from.
        note: takes losses.

    Raises:
        LogError: it holds no row.
    """
    survey = surveyed(blocks(silent))
    if not survey.runs:
        end = f"; it ends with: {survey.ending.error}" if survey.ending else ""
        raise LogError(f"text of a training run without metric rows{end}", path)
    found = _rows(blocks(note), path, note, survey.kind)
    versions: dict[str, str] = {}
    description: dict[str, Any] = {}
    for run in survey.runs:  # what one run does not say holds as the run before said it
        versions |= run.versions
        description = {"model": run.model or description.get("model")}
        if run.steps.total is not None:
            description["max_steps"] = run.steps.total
        yield Opening(run.framework, dict(versions), description, run.continues_from)
        yield from _items_of(run, found, path, note)


def _items_of(run: Run, found: Iterator[Row], path: Path, note: Note) -> Iterator[Item]:
    totals: dict[str, float] = {}
    before = trained = Row({}, None)
    last, stated = 0, None
    for step, row in zip(run.steps.values, found, strict=False):
        stated = row.step if row.step is not None else stated
        counted = stated is None and run.steps.counted
        if counted:
            what = "no progress bar tells the optimizer step: rows are counted from 1"
            note("corrected value", path, row.line, what, key=what)
        if row.step is None:  # beside rows that state their step, it is that of the one before
            row = Row(row.values, stated if run.steps.counted and stated is not None else step, row.line, row.time)
        if "train_runtime" in row.values:
            totals = {key: value for key, value in row.values.items() if key in TOTALS}
            row = _of_totals(row, trained, counted)
        elif before.step == row.step and _is_twin(row.values, before.values):
            note("repeated row", path, row.line, "row is printed twice", key="rows that are printed twice")
            continue
        last = max(last, row.step or 0)
        before = row
        if not any(key.startswith("eval_") for key in row.values):
            trained = row
        yield row
    end = run.ending
    if run.is_complete and end is not None and not end.is_signal:
        yield Closing("failed", f"after the end of training: {end.error}", totals)
    elif end is not None and not run.is_complete:
        yield Closing(end.status, end.error)
    elif run.is_complete or (run.steps.total and last >= run.steps.total):
        yield Closing("finished", totals=totals or None)


def _of_totals(row: Row, before: Row, counted: bool) -> Row:
    """The row of the closing totals, so that what else it holds does not clash with the row before.

    It may hold the means of a last window, which is one row more where rows are counted; what the row before said of
    the same step is left out.
    """
    more = row.values.keys() - TOTALS - {"epoch"}
    if before.step is None or before.step != row.step or not more & before.values.keys():
        return row
    if counted:
        return Row(row.values, before.step + 1, row.line, row.time)
    values = {key: value for key, value in row.values.items() if key in TOTALS or key not in before.values}
    return Row(values, row.step, row.line, row.time)


def _is_twin(values: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    """Whether two rows are one, printed twice and rounded in different ways."""
    shared = values.keys() & others.keys()
    numbers = [(values[key], others[key]) for key in shared if isinstance(values[key], float | int)]
    return len(numbers) > 2 and 2 * len(shared) > len(others) and all(_is_near(a, b) for a, b in numbers)


def _is_near(a: float, b: Any) -> bool:
    if not isinstance(b, float | int):
        return False
    return a == b or abs(a - b) <= _ROUNDING * max(abs(a), abs(b)) or (a != a and b != b)


def _rows(blocks: Iterable[Block], path: Path, note: Note, kind: type[DictRow] | type[StepLine]) -> Iterator[Row]:
    """All rows of a log; of a damaged one the values that can be read."""
    for block in blocks:
        place, line = 0, block.line
        for found in rows_of(block, kind):
            line += block.text.count(b"\n", place, found.start)
            place = found.start
            before = _before(block, found.start)
            time = time_in(before) if before else None
            if isinstance(found, StepLine):
                yield Row(read_step_line(block.text[found.start : found.end]), found.step, line, time)
            else:
                values = _values(found, path, line, note)
                step = _given_step(values)
                match = _STEP_BEFORE.search(before) if step is None and before else None
                yield Row(values, int(match[1]) if match else step, line, time)


def _values(row: DictRow, path: Path, line: int, note: Note) -> dict[str, Any]:
    values = None if row.state == "torn" else read_dict(row.text)
    if values is None:
        values = read_pairs(row.text)
        note("torn line", path, line, f"the row is torn: {len(values)} of its values can be read")
    elif row.state == "mended":
        what = "rows that other output was written into were put together again"
        note("corrected line", path, line, what, key=what)
    values = {key: value for key, value in values.items() if key not in _TEXTS and not key.startswith(_OF_WANDB)}
    if row.kind == "eval" and not values.keys() & _OF_TRAINING:  # ms-swift adds its memory without a prefix
        return {key if key.startswith(_NOT_OF_TRAINING) else f"eval_{key}": value for key, value in values.items()}
    return values


def _given_step(values: dict[str, Any]) -> int | None:
    """The step that a row states itself; it is taken out."""
    step = None
    for key in _STEP_KEYS & values.keys():
        stated = re.match(r"(\d{1,12})(?:\.0)?(?:/\d+)?$", str(values.pop(key)))
        step = int(stated[1]) if stated else step
    return step


def _before(block: Block, start: int) -> bytes:
    """What stands before a row on its line."""
    text = block.text
    if start == 0 or text[start - 1] in b"\r\n":
        return b""
    begin = max(text.rfind(b"\n", max(0, start - _WIDEST), start), text.rfind(b"\r", max(0, start - _WIDEST), start))
    return text[max(begin + 1, start - _WIDEST) : start].strip()


FORMAT = Format(
    "stdout",
    "text of a training's terminal: dict rows of TRL, Unsloth, ms-swift, OpenRLHF, lines `step:3 - ...` of verl",
    recognises,
    read,
)
