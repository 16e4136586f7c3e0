"""The folder of a run of Tinker's cookbook: its metrics and the summaries of its rollouts, which hold no texts."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final

import orjson

from grpolog import jsonl, progress
from grpolog.errors import LogError
from grpolog.events import Mode
from grpolog.sources import by_step
from grpolog.sources.dumped import Dump, generations_of
from grpolog.sources.items import Generation, Item, Opening
from grpolog.sources.joined import joined
from grpolog.sources.json_lines import first_objects, objects
from grpolog.sources.numbers import number, real
from grpolog.sources.sample import Format, Note, Sample
from grpolog.sources.settings import described

_FRAMEWORK: Final = "tinker"
_NEEDED: Final = {"iteration", "group_idx", "traj_idx", "total_reward", "steps"}
_ITERATION: Final = re.compile(r"iteration_(\d+)")


def recognises(sample: Sample) -> bool:
    """Whether this is a file of summaries, or a folder with some."""
    if sample.is_folder:
        return bool(_summaries(sample.path))
    found = first_objects(sample)
    return bool(found) and all(row.keys() >= _NEEDED for row in found)


def read(path: Path, note: Note, mapping: Mapping[str, str]) -> Iterator[Item]:
    """By iteration the rewards of the rollouts, and the rows of the metrics beside them."""
    files = [path] if path.is_file() else _summaries(path)
    metrics = by_step.metrics_file(path) if path.is_dir() else None
    rows: Iterator[Item] = iter(())
    if metrics is not None:
        rows = by_step.read_lines(metrics, note, mapping)
    opening = Opening(_FRAMEWORK, description=described(_config(path / "config.json")))
    read_any = False
    for item in joined(
        chain([opening], rows), ((_iteration_of(file), _generations(file, note)) for file in progress.each(files))
    ):
        if isinstance(item, Opening) and item is not opening:
            continue
        read_any = read_any or item is not opening
        yield item
    if not read_any:
        raise LogError("holds no rollout that could be read", path)


def _generations(file: Path, note: Note) -> Iterator[Generation]:
    """The rollouts of a file by split and iteration."""
    parts: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for line, row in objects(file, note):
        iteration = number(row.get("iteration"))
        if row.keys() >= _NEEDED and isinstance(row["steps"], list) and isinstance(iteration, int):
            parts.setdefault((str(row.get("split", "train")), iteration), []).append(row)
        else:
            note("invalid line", file, line, "no summary of a rollout")
    for (split, iteration), rows in parts.items():
        kind, _, name = split.partition("/")
        for generation in generations_of(_dump(file, split, iteration, rows)):
            mode: Mode = "train" if kind == "train" else "eval"
            yield Generation(
                generation.step, generation.batch, generation.scoring, mode, name or None, has_texts=False
            )  # fmt: skip


def _dump(file: Path, split: str, iteration: int, rows: list[Mapping[str, Any]]) -> Dump:
    """The rollouts of one iteration. What was asked is not told: each group counts as a prompt of its own."""
    tags = [row.get("tags") for row in rows]
    return Dump(
        path=file,
        step=iteration,
        prompts=[f"{split}, iteration {iteration}, group {row['group_idx']}" for row in rows],
        completions=["" for _ in rows],
        rewards={"reward": [real(row["total_reward"]) for row in rows]},
        extra={"source": ["/".join(map(str, tag)) if isinstance(tag, list) else None for tag in tags]},
        tokens=[sum(_length(step) for step in row["steps"]) for row in rows],
        keys=[str(row["group_idx"]) for row in rows],
    )


def _length(step: Any) -> int:
    length = step.get("ac_len") if isinstance(step, Mapping) else None
    return length if isinstance(length, int) and 0 <= length < 2**40 else 0


def _summaries(folder: Path) -> list[Path]:
    """The files of summaries by iteration, those of evaluations first."""
    files = [file for file in folder.glob("*/*.jsonl") if _ITERATION.fullmatch(file.parent.name) and file.is_file()]
    files = sorted(files, key=lambda file: (_iteration_of(file), file.name))
    return files if any(recognises(Sample(file)) for file in files[:20]) else []


def _iteration_of(file: Path) -> int:
    found = _ITERATION.fullmatch(file.parent.name)
    if found:
        return int(found[1])
    first = next(iter(first_objects(Sample(file), 1)), {}).get("iteration")
    return first if isinstance(first, int) else 0


def _config(file: Path) -> dict[str, Any]:
    try:
        content = orjson.loads(jsonl.whole(file))
    except (LogError, *jsonl.BROKEN, orjson.JSONDecodeError):
        return {}
    return content if isinstance(content, dict) else {}


FORMAT = Format(
    "tinker_run",
    "folder of a run of Tinker's cookbook: metrics.jsonl, iteration_*/*_rollout_summaries.jsonl, or such a file",
    recognises,
    read,
    maps=True,
)
