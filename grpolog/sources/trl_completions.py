"""TRL's dumps of completions, `completions_00010.parquet`, joined with the trainer state beside them.

TRL keeps the newest completions, at most one generation of them, and writes what it has with each row that it logs
(`log_completions=True`). So a file may begin with rows of the one before, an evaluation overwrites the file of its
step, and with `logging_steps` above 1 the other generations of the window are lost.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from grpolog import progress
from grpolog.errors import LogError
from grpolog.events import Mode
from grpolog.generation.batch import Text
from grpolog.sources import hf_state
from grpolog.sources.dumped import Dump, generations_of, groups_of, weights_of
from grpolog.sources.items import Closing, Item, Opening, Row
from grpolog.sources.sample import Format, Note, Sample

_EVAL_SET = re.compile("eval_(.+)_runtime")
_EXACT = 1e-4
"""Largest difference between two means of the same rewards: trainers compute in float32."""


def recognises(sample: Sample) -> bool:
    """Whether this is one dump, a folder of them, or an output folder that holds such a folder."""
    if sample.is_folder:
        return bool(dumps_in(sample.path))
    return sample.head.startswith(b"PAR1") and _is_dump(sample.path)


def dumps_in(folder: Path) -> list[Path]:
    """The dumps of a folder, or of its folder `completions`, in the order of the steps that their names say."""
    for place in (folder, folder / "completions"):
        files = sorted(filter(Path.is_file, place.glob("*.parquet")), key=_numbered)
        if files and _is_dump(files[0]):
            return files
    return []


def read(path: Path, note: Note) -> Iterator[Item]:
    """By step the completions that were dumped, then the rows of the trainer state where one lies beside them."""
    files = [path] if path.is_file() else dumps_in(path)
    state = _state_beside(path)
    opening: Item = Opening(framework="trl")
    rows: list[Row] = []
    closing: Closing | None = None
    for item in hf_state.read(state, note) if state is not None else ():
        if isinstance(item, Row):
            rows.append(item)
        elif isinstance(item, Closing):
            closing = item
        else:
            opening = item
    yield opening
    functions = hf_state.reward_functions(rows)
    weights = _weights(files, functions, rows)
    if weights is None:
        what = "the weights of the reward functions are unknown and taken as 1: totals may differ from the trainer's"
        note("corrected value", path, None, what)
        weights = {}
    ahead = iter(rows)
    row = next(ahead, None)
    read_any = False
    for dump in _fresh(files, functions, note):
        while row is not None and (row.step or 0) < dump.step:
            yield row
            row = next(ahead, None)
        read_any = True
        for part, mode, eval_name in _told_by_mode(dump, rows, weights):
            for found in generations_of(part, weights):
                yield replace(found, mode=mode, eval_name=eval_name)
    if not read_any and not rows:
        raise LogError("holds no completion that could be read", path)
    while row is not None:
        yield row
        row = next(ahead, None)
    if closing is not None:
        yield closing


def _fresh(files: list[Path], functions: list[str], note: Note) -> Iterator[Dump]:
    """The dumps in the order of their steps, each without what the one before holds too."""
    from grpolog.sources.trl_files import dumps

    before: list[int] = []
    progress.expect(files)
    for dump in dumps(files, functions, note):
        digests = _digests(dump)
        known = _repeated(digests, before, len(groups_of(dump)[0]))
        before = digests
        if known:
            what = f"{known} of {len(dump)} completions stand in the dump before, too"
            note("repeated row", dump.path, None, what, key="completions that stand in the dump before, too")
        if known < len(dump):
            yield dump.rows(range(known, len(dump))) if known else dump


def _weights(files: list[Path], functions: list[str], rows: list[Row]) -> dict[str, float] | None:
    """The weights that make the logged totals of the first dumps of training; None where they cannot be told."""
    from grpolog.sources.trl_files import dumps

    evaluated = {row.step for row in rows if hf_state.is_eval(row)}
    totals = {row.step: row.values["reward"] for row in rows if isinstance(row.values.get("reward"), (int, float))}
    some = files[: max(20, 4 * len(functions))] if totals else []
    first = dumps(some, functions, _silent)
    pairs = [(dump, float(totals[dump.step])) for dump in first if dump.step in totals and dump.step not in evaluated]
    return weights_of(pairs, functions)


def _silent(*_: Any, **__: Any) -> None:
    """Notes are taken when the dumps are read for good."""


def _repeated(digests: list[int], before: list[int], size: int) -> int:
    """How many completions at the beginning end the dump before: all of them, or whole groups."""
    for known in range(min(len(digests), len(before)), 0, -1):
        if (known == len(digests) or known % size == 0) and digests[:known] == before[-known:]:
            return known
    return 0


def _digests(dump: Dump) -> list[int]:
    own: list[Any] = dump.advantages or [None] * len(dump)
    numbers = zip(*dump.rewards.values(), own, strict=True)
    texts = zip(map(_words, dump.prompts), map(_words, dump.completions), strict=True)
    return [hash((*words, repr(row))) for words, row in zip(texts, numbers, strict=True)]


def _words(text: Text) -> str:
    return text if isinstance(text, str) else repr(text)


def _told_by_mode(dump: Dump, rows: list[Row], weights: Mapping[str, float]) -> Iterator[tuple[Dump, Mode, str | None]]:
    """The completions of training and of the evaluation that overwrote the file of its step, if there was one.

    TRL keeps one generation of completions. Fewer ones of an evaluation stand behind the newest of training: as many
    as make the mean reward that was logged.
    """
    here = [row for row in rows if row.step == dump.step]
    evaluation = next((row for row in reversed(here) if hf_state.is_eval(row)), None)
    logged = [row.values["reward"] for row in here if "reward" in row.values]
    totals = _totals(dump, weights)
    if evaluation is None or any(_is_mean(totals, value) for value in logged):
        yield dump, "train", None
        return
    ends = list(accumulate(map(len, groups_of(dump)), initial=0))
    expected = evaluation.values.get("eval_reward")
    begin = next((place for place in ends[:-1] if _is_mean(totals[place:], expected)), 0)
    named = (match[1] for key in evaluation.values if (match := _EVAL_SET.fullmatch(key)))
    if begin:
        yield dump.rows(range(begin)), "train", None
    yield dump.rows(range(begin, len(dump))), "eval", next(named, None)


def _totals(dump: Dump, weights: Mapping[str, float]) -> list[float]:
    known = [(weights.get(name, 1.0), values) for name, values in dump.rewards.items()]
    return [sum(weight * (values[i] or 0.0) for weight, values in known) for i in range(len(dump))]


def _is_mean(values: list[float], logged: Any) -> bool:
    return isinstance(logged, (int, float)) and abs(sum(values) / len(values) - logged) < _EXACT


def _is_dump(file: Path) -> bool:
    from grpolog.sources.trl_files import is_dump  # here and above, as it needs polars, which takes long to load

    return is_dump(file)


def _numbered(file: Path) -> tuple[int, str]:
    digits = re.search(r"\d+", file.stem)
    return int(digits[0]) if digits else 0, file.name


def _state_beside(path: Path) -> Path | None:
    """The trainer state of the run whose completions lie at `path`."""
    folder = path if path.is_dir() else path.parent
    for place in (folder, folder.parent):
        state = hf_state.state_in(place)
        if state is not None:
            return state
    return None


FORMAT = Format(
    "trl_completions",
    "completions_*.parquet of TRL (log_completions=True), with the trainer_state.json beside them",
    recognises,
    read,
)
