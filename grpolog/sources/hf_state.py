"""Hugging Face's `trainer_state.json`, and its `log_history` alone."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from grpolog import jsonl
from grpolog.errors import LogError
from grpolog.sources.items import Closing, Item, Opening, Row
from grpolog.sources.json_value import read_json, rows_of_columns, whole_objects
from grpolog.sources.model_card import versions_beside
from grpolog.sources.numbers import number
from grpolog.sources.sample import Format, Note, Sample
from grpolog.sources.tracked import taken_totals
from grpolog.trends.naming import TOTALS

STATE: Final = "trainer_state.json"
_LIST: Final = "log_history"
_HISTORY: Final = re.compile(r'"log_history"\s*:\s*[\[{]')
_ROWS: Final = re.compile(r'\s*\[\s*\{\s*"')
_COLUMNS: Final = re.compile(r'\s*\{\s*"[^"]*"\s*:\s*\[\s*(?:-?\d|null|NaN)')
_STEP: Final = re.compile(r'"step"\s*:')
_OWN: Final = re.compile(r'"(?:epoch|train_runtime)"\s*:')
"""Keys that Hugging Face's trainers give every row; other programs log `step`, `loss` and `reward`, too."""

_TRAINED: Final = ("loss", "reward", "learning_rate")
"""Keys of which each row of training has one."""

_PROGRESS: Final = frozenset({
    "epoch", "global_step", "total_flos", "num_input_tokens_seen", "best_metric", "best_global_step",
    "best_model_checkpoint", "is_hyper_param_search", "is_local_process_zero", "is_world_process_zero",
})  # fmt: skip
"""Of a state what says how far training got and where: no settings."""

_REWARD: Final = re.compile("rewards/(.+?)(?:/mean)?(?<!/std)")
_CHECKPOINT: Final = re.compile(r"checkpoint-(\d+)")
_DEEPEST: Final = 4


def recognises(sample: Sample) -> bool:
    """Whether this is a trainer state or a history, or a folder with one."""
    if sample.is_folder:
        return state_in(sample.path) is not None
    text = sample.text
    if text.lstrip()[:1] not in ("{", "["):
        return False
    if _HISTORY.search(text):
        return True
    is_history = bool(_ROWS.match(text) or _COLUMNS.match(text))
    return is_history and bool(_STEP.search(text)) and bool(_OWN.search(text))


def is_state(sample: Sample) -> bool:
    """Whether a file is a trainer state for certain: an object that names its history."""
    text = sample.text
    return text.lstrip()[:1] == "{" and bool(_HISTORY.search(text))


def state_in(folder: Path) -> Path | None:
    """The state of an output or checkpoint folder: that of the newest checkpoint where there are several.

    A state in the folder itself, which trainers write at the end, wins against a checkpoint of the same step. An empty
    one, of a checkpoint that was not written to its end, does not count.
    """
    files = [(_global_step(folder / STATE), folder / STATE)] if _is_there(folder / STATE) else []
    for path in sorted(folder.iterdir()):
        match = _CHECKPOINT.fullmatch(path.name)
        if match and _is_there(path / STATE):
            files.append((int(match[1]), path / STATE))
    return max(files, key=lambda entry: entry[0], default=(0, None))[1]


def read(path: Path, note: Note) -> Iterator[Item]:
    """The rows of the history in their order, and how the run ended if the state says so.

    Raises:
        LogError: the file cannot be opened, or holds no row.
    """
    file = path if path.is_file() else state_in(path)
    if file is None:
        raise LogError(f"holds no {STATE}", path)
    state, rows = _content(file, note)
    if not rows:
        raise LogError("holds no row of metrics", file)
    _note_nulls(rows, file, note)
    yield Opening("trl", versions_beside(file), _description(state))
    totals: dict[str, float] = {}
    for place, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            note("invalid line", file, place, f"entry {place} of the history is no object")
            continue
        step = number(row.get("step"))
        known = step is not None and abs(step) < 2**53
        values = {key: value for key, value in row.items() if key != "step"}
        if not known and values.keys() - TOTALS:
            what = "a row of the history without a step: such rows are counted from 1"
            note("corrected value", file, place, what, key=what)
        yield Row(values, int(step) if step is not None and known else None, line=place)
        if "train_runtime" in values:
            totals = taken_totals(dict(values))
    if totals or (state.get("max_steps") and state.get("global_step") == state["max_steps"]):
        yield Closing("finished", totals=totals or None)


def _note_nulls(rows: Iterable[Any], file: Path, note: Note) -> None:
    """Name the values that are null where most rows of training have a number: some write null for NaN."""
    trained = [
        (place, row)
        for place, row in enumerate(rows, start=1)
        if isinstance(row, Mapping) and any(row.get(key) is not None for key in _TRAINED)
    ]
    found: dict[str, list[int]] = {}
    for place, row in trained:
        for key, value in row.items():
            if value is None:
                found.setdefault(key, []).append(place)
    for key, places in found.items():
        if 2 * len(places) < len(trained):
            what = f"`{key}` is null in {len(places)} of {len(trained)} rows of training, as some write NaN"
            note("corrected value", file, places[0], what, count=len(places))


def is_eval(row: Row) -> bool:
    """Whether a row is that of an evaluation."""
    return any(key.startswith("eval_") for key in row.values)


def reward_functions(rows: Iterable[Row]) -> list[str]:
    """The reward functions that the rows speak of, in their order."""
    names: dict[str, None] = {}
    for row in rows:
        for key in row.values:
            match = _REWARD.fullmatch(key)
            if match:
                names[match[1]] = None
    return list(names)


def _content(file: Path, note: Note) -> tuple[Mapping[str, Any], list[Any]]:
    """The state, empty for a bare history, and the rows."""
    content = read_json(file, note, salvage=_salvaged)
    state = _holder(content)
    return state, _rows(state.get(_LIST, content))


def _holder(content: Any, depth: int = 0) -> Mapping[str, Any]:
    """The object that holds the history, wherever it lies in a value; empty where none does."""
    if not isinstance(content, Mapping) or depth > _DEEPEST:
        return {}
    if _LIST in content:
        return content
    return next((found for value in content.values() if (found := _holder(value, depth + 1))), {})


def _salvaged(text: str) -> list[Mapping[str, Any]]:
    """The whole rows of a history that is broken; no other object of the state is one."""
    found = whole_objects(text, _HISTORY) or whole_objects(text)
    return [value for value in found if "step" in value or "epoch" in value]


def _rows(history: Any) -> list[Any]:
    """The rows, whichever way they are held: as a list, or as a dict of lists."""
    if isinstance(history, list):
        return history
    return [*rows_of_columns(history)] if isinstance(history, Mapping) else []


def _description(state: Mapping[str, Any]) -> dict[str, Any]:
    """What the state says of the run besides its history."""
    config = {
        key: value
        for key, value in state.items()
        if isinstance(value, (int, float, str)) and value != "" and key not in _PROGRESS
    }
    steps = state.get("max_steps")
    known = isinstance(steps, int) and 0 < steps < 2**53
    return ({"config": config} if config else {}) | ({"max_steps": steps} if known else {})


def _is_there(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0


def _global_step(file: Path) -> int:
    match = re.search(rb'"global_step"\s*:\s*(\d{1,15})', jsonl.whole(file))
    return int(match[1]) if match else 0


FORMAT = Format(
    "trainer_state",
    "trainer_state.json of Hugging Face trainers (TRL, ...), its log_history, or a folder of checkpoints",
    recognises,
    read,
)
