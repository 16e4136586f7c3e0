"""verl's own files: metrics of its file logger, dumps of rollouts and validations."""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from types import NoneType
from typing import Any, Final

from grpolog import progress
from grpolog.errors import LogError
from grpolog.events import Mode
from grpolog.generation.batch import Text
from grpolog.sources.dumped import Dump, generations_of
from grpolog.sources.items import Item, Opening, Row
from grpolog.sources.json_lines import first_objects, objects
from grpolog.sources.numbers import real
from grpolog.sources.sample import Format, Note, Sample

_SCORE: Final = "score"
_NEEDED: Final = {"input", "output", _SCORE}
_NAMES: Final = {"step", "uid", "request_id"}
_NOT_PAID: Final = {"gts", "gt", "ground_truth", "answer", "label", "target", "index", "idx", "num_turns"}
"""Numbers beside the score that no reward function gave."""

_UID: Final = re.compile(r"(.+)_\d+_\d+")
"""`{sample}_{rollout}_{output}`."""

_VALIDATION: Final = re.compile(r"(?<![a-z])(?:val|eval)", re.IGNORECASE)


def is_metrics(sample: Sample) -> bool:
    """Whether this is a file of the file logger: `{"step": N, "data": {...}}` a line."""
    found = first_objects(sample)
    return bool(found) and all(row.keys() == {"step", "data"} and isinstance(row["data"], dict) for row in found)


def read_metrics(path: Path, note: Note) -> Iterator[Item]:
    """One row a line."""
    yield Opening(framework="verl")
    for line, row in objects(path, note):
        data, step = row.get("data"), row.get("step")
        if isinstance(data, Mapping):
            yield Row(data, _step(step), line)
        else:
            note("invalid line", path, line, "an object without `data`")


def is_dump(sample: Sample) -> bool:
    """Whether this is a dump of rollouts, or a folder of them."""
    if sample.is_folder:
        files = _files(sample.path)
        return bool(files) and is_dump(Sample(files[0]))
    found = first_objects(sample)
    return bool(found) and all(row.keys() >= _NEEDED for row in found)


def read_dump(path: Path, note: Note) -> Iterator[Item]:
    """By step the completions that were dumped; those in a folder whose name says `val` or `eval` are validations."""
    files = [path] if path.is_file() else _files(path)
    folder = path.parent if path.is_file() else path
    mode: Mode = "eval" if _VALIDATION.search(folder.absolute().name) else "train"
    yield Opening(framework="verl")
    read_any = False
    for file in progress.each(files):
        named = re.fullmatch(r"\d{1,15}", file.stem)
        for step, together in groupby(_rows(file, note), key=lambda row: row.get("step")):
            told = _step(step)
            if told is None and named is None:
                note("corrected value", file, None, "neither the name nor the content says the step: taken as step 0")
            dump = _dump(file, told if told is not None else int(named[0]) if named else 0, list(together))
            read_any = True
            yield from generations_of(dump, _weights(dump), mode)
    if not read_any:
        raise LogError("holds no rollout that could be read", path)


def _rows(file: Path, note: Note) -> Iterator[dict[str, Any]]:
    for line, row in objects(file, note):
        if row.keys() >= _NEEDED:
            yield row
        else:
            note("invalid line", file, line, "an object without input, output and score")


def _dump(file: Path, step: int, rows: list[dict[str, Any]]) -> Dump:
    keys = list(dict.fromkeys(key for row in rows for key in row if key not in _NEEDED and key not in _NAMES))
    paid = [key for key in keys if key not in _NOT_PAID and _are_numbers([row.get(key) for row in rows])]
    return Dump(
        path=file,
        step=step,
        prompts=[_text(row["input"]) for row in rows],
        completions=[_text(row["output"]) for row in rows],
        rewards={key: [real(row.get(key)) for row in rows] for key in (_SCORE, *paid)},
        extra={key: [row.get(key) for row in rows] for key in keys if key not in paid},
        keys=[_group(row) for row in rows],
    )


def _weights(dump: Dump) -> dict[str, float]:
    """The score is what is learned from; what the reward function says besides is not."""
    return {name: float(name == _SCORE) for name in dump.rewards}


def _group(row: Mapping[str, Any]) -> str:
    """What the completions of one prompt share: the sample in the `uid`, or the prompt itself."""
    uid = row.get("uid")
    if isinstance(uid, (str, int)) and uid != "":
        match = _UID.fullmatch(str(uid))
        return match[1] if match else str(uid)
    return repr(row["input"])


def _text(value: Any) -> Text:
    """A prompt or completion: text, or messages."""
    if isinstance(value, list) and value and all(isinstance(message, dict) for message in value):
        return [{key: entry for key, entry in message.items() if entry is not None} for message in value]
    return value if isinstance(value, str) else repr(value)


def _are_numbers(values: list[Any]) -> bool:
    return any(value is not None for value in values) and all(isinstance(v, (int, float, NoneType)) for v in values)


def _step(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) and abs(value) < 2**53 else None


def _files(folder: Path) -> list[Path]:
    """The dumps of a folder by the step that their names say."""
    files = [file for file in folder.glob("*.jsonl") if re.fullmatch(r"\d{1,15}", file.stem)]
    return sorted(files, key=lambda file: int(file.stem))


METRICS = Format("verl_log", "metrics of verl's file logger, {step, data} a line", is_metrics, read_metrics)

DUMP = Format("verl_dump", "rollouts or validations dumped by verl: input, output, score a line", is_dump, read_dump)
