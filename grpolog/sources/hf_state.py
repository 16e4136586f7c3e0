"""Hugging Face's `trainer_state.json`, and its `log_history` alone."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from grpolog.errors import LogError
from grpolog.sources.items import Closing, Item, Opening, Row
from grpolog.sources.sample import Format, Note, Sample, as_text

STATE = "trainer_state.json"
_HISTORY = re.compile(r'"log_history"\s*:\s*\[')
_OBJECTS = re.compile(r'\s*\[\s*\{\s*"')
_REWARD = re.compile("rewards/(.+?)(?:/mean)?(?<!/std)")
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_METRICS = re.compile(r'"(?:loss|reward|reward_std|learning_rate|epoch|step|rewards?/[^"]+|avg_reward)"\s*:')


def recognises(sample: Sample) -> bool:
    """Whether this is a trainer state or a history, or a folder with one."""
    if sample.is_folder:
        return state_in(sample.path) is not None
    text = sample.text
    if text.lstrip()[:1] == "{":
        return bool(_HISTORY.search(text)) or _is_columns(text)
    return bool(_OBJECTS.match(text)) and bool(_METRICS.search(text))


def state_in(folder: Path) -> Path | None:
    """The state of an output or checkpoint folder: that of the newest checkpoint where there are several."""
    found = [(int(match[1]), path / STATE) for path, match in _checkpoints(folder) if (path / STATE).is_file()]
    if (folder / STATE).is_file():
        found.append((_global_step(folder / STATE), folder / STATE))
    return max(found, key=lambda entry: entry[0], default=(0, None))[1]


def read(path: Path, note: Note) -> Iterator[Item]:
    """The rows of the history in their order; the last one says how the run ended if the state does."""
    file = path if path.is_file() else state_in(path)
    if file is None:
        raise LogError(f"holds no {STATE}", path)
    text = as_text(file.read_bytes())
    try:
        content = _parsed(text, file, note)
    except ValueError as error:
        content = {"log_history": list(_salvaged(text))}
        note("torn line", file, text.count("\n") + 1, f"the JSON is broken ({error}); rows up to there were read")
    state = content if isinstance(content, dict) else {}
    rows = _rows(content)
    if not rows:
        raise LogError("holds no row of metrics", file)
    yield Opening(framework="trl", description=_description(state))
    totals: dict[str, float] = {}
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            note("invalid line", file, number, f"entry {number} of the history is no object")
            continue
        step = row.get("step")
        values = {key: value for key, value in row.items() if key != "step"}
        yield Row(values, int(step) if isinstance(step, (int, float)) else None, line=number)
        totals |= {key: value for key, value in values.items() if key == "train_runtime"}
    if totals or (state.get("max_steps") and state.get("global_step") == state["max_steps"]):
        yield Closing("finished")


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


def _parsed(text: str, file: Path, note: Note) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        content = json.loads(text)  # NaN and Infinity, which Hugging Face writes
        note("corrected line", file, None, "NaN or Infinity literals, which JSON does not have", key="literal")
        return content


def _salvaged(text: str) -> Iterator[Any]:
    """The whole objects of a history that breaks off."""
    start = _HISTORY.search(text) or re.search(r"\[", text)
    place = start.end() if start else len(text)
    decoder = json.JSONDecoder()
    while True:
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1
        try:
            value, place = decoder.raw_decode(text, place)
        except ValueError:
            return
        yield value


def _rows(content: Any) -> list[Any]:
    """The rows, whichever way they are held: in a state, as a list, or as a dict of lists."""
    if isinstance(content, list):
        return content
    if not isinstance(content, dict):
        return []
    history = content.get("log_history", content)
    if isinstance(history, list):
        return history
    if isinstance(history, dict):
        columns = {key: values for key, values in history.items() if isinstance(values, list)}
        length = max(map(len, columns.values()), default=0)
        return [{key: values[i] for key, values in columns.items() if i < len(values)} for i in range(length)]
    return []


def _is_columns(text: str) -> bool:
    """Whether a whole small file is one object of lists of numbers."""
    try:
        content = json.loads(text)
    except ValueError:
        return False
    lists = [value for value in content.values() if isinstance(value, list)] if isinstance(content, dict) else []
    return bool(lists) and len(lists) * 2 > len(content) and bool(_METRICS.search(text)) and not _nested(lists)


def _nested(lists: list[list[Any]]) -> bool:
    return any(isinstance(value, (dict, list, str)) for values in lists for value in values[:3])


def _description(state: Mapping[str, Any]) -> dict[str, Any]:
    steps = state.get("max_steps")
    return {"max_steps": steps} if isinstance(steps, int) and steps > 0 else {}


def _checkpoints(folder: Path) -> list[tuple[Path, re.Match[str]]]:
    return [(path, match) for path in folder.iterdir() if (match := _CHECKPOINT.fullmatch(path.name))]


def _global_step(file: Path) -> int:
    match = re.search(rb'"global_step"\s*:\s*(\d+)', file.read_bytes())
    return int(match[1]) if match else 0


FORMAT = Format(
    "trainer_state",
    "trainer_state.json of Hugging Face trainers (TRL, ...), its log_history, or a folder of checkpoints",
    recognises,
    read,
)
