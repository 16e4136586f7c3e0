"""verl's own files: metrics of its file logger, dumps of rollouts and validations."""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from grpolog.errors import LogError
from grpolog.events import Mode
from grpolog.sources.dumped import Dump, generations_of
from grpolog.sources.items import Item, Opening, Row
from grpolog.sources.json_lines import first_objects, objects
from grpolog.sources.sample import Format, Note, Sample

_SCORE = "score"
_NEEDED = {"input", "output", _SCORE}
_NOT_NUMBERS = {"step", "uid", "request_id"}


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
            yield Row(data, int(step) if isinstance(step, (int, float)) else None, line)
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
    """By step the completions that were dumped. A folder whose name says `val` is taken to hold validations."""
    files = [path] if path.is_file() else _files(path)
    mode: Mode = "eval" if any("val" in part.lower() for part in path.parts[-2:]) else "train"
    yield Opening(framework="verl")
    read_any = False
    for file in files:
        named = re.fullmatch(r"\d+", file.stem)
        rows = ((row.get("step", int(named[0]) if named else 0), row) for _, row in objects(file, note))
        for step, together in groupby(rows, key=lambda pair: pair[0]):
            dump = _dump(file, step, [row for _, row in together if row.keys() >= _NEEDED])
            if len(dump):
                read_any = True
                yield from generations_of(dump, _weights(dump), mode)
    if not read_any:
        raise LogError("holds no rollout that could be read", path)


def _dump(file: Path, step: Any, rows: list[dict[str, Any]]) -> Dump:
    keys = list(dict.fromkeys(key for row in rows for key in row if key not in _NEEDED and key not in _NOT_NUMBERS))
    numbers = [key for key in keys if all(isinstance(row.get(key), (int, float, type(None))) for row in rows)]
    return Dump(
        path=file,
        step=int(step) if isinstance(step, (int, float)) else 0,
        prompts=[_text(row["input"]) for row in rows],
        completions=[_text(row["output"]) for row in rows],
        rewards={key: [_number(row.get(key)) for row in rows] for key in (_SCORE, *numbers)},
        extra={key: [row.get(key) for row in rows] for key in keys if key not in numbers},
        keys=[_group(row) for row in rows],
    )


def _weights(dump: Dump) -> dict[str, float]:
    """The score is what is learned from; what the reward function says besides is not."""
    return {name: float(name == _SCORE) for name in dump.rewards}


def _group(row: Mapping[str, Any]) -> Any:
    """What the completions of one prompt share: the sample in `{sample}_{rollout}_{output}`, or the prompt itself."""
    uid = row.get("uid")
    if isinstance(uid, str) and uid:
        return uid.rsplit("_", 2)[0]
    return uid if isinstance(uid, int) else _text(row["input"])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _files(folder: Path) -> list[Path]:
    """The dumps of a folder by the step that their names say."""
    files = [file for file in folder.glob("*.jsonl") if re.fullmatch(r"\d+", file.stem)]
    return sorted(files, key=lambda file: int(file.stem))


METRICS = Format("verl_log", "metrics of verl's file logger, {step, data} a line", is_metrics, read_metrics)

DUMP = Format("verl_dump", "rollouts or validations dumped by verl: input, output, score a line", is_dump, read_dump)
