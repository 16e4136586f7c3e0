"""The folder of a run of prime-rl: its metrics and its rollouts, `rollouts/step_N/train/all/traces.jsonl`."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

from grpolog import progress
from grpolog.errors import LogError
from grpolog.events import Mode
from grpolog.generation.batch import Message
from grpolog.sources import by_step
from grpolog.sources.dumped import Dump, generations_of
from grpolog.sources.items import Generation, Item, Opening
from grpolog.sources.joined import joined
from grpolog.sources.json_lines import first_objects, objects
from grpolog.sources.numbers import number, real
from grpolog.sources.sample import Format, Note, Sample

_FRAMEWORK: Final = "prime-rl"
_STEP: Final = re.compile(r"step_(\d+)")
_CUT: Final = frozenset({"max_turns", "max_input_tokens", "max_output_tokens", "max_total_tokens", "compaction_failed"})
"""Reasons to stop a conversation that cut it off."""

Trace = Mapping[str, Any]


def recognises(sample: Sample) -> bool:
    """Whether this is a file of episodes with their traces, or a folder with some."""
    if sample.is_folder:
        return bool(_steps_in(sample.path))
    found = first_objects(sample)
    return bool(found) and all(isinstance(row.get("traces"), list) and "task" in row for row in found)


def read(path: Path, note: Note, mapping: Mapping[str, str]) -> Iterator[Item]:
    """By step the completions of all episodes, and the rows of the metrics beside them."""
    files = {_step_of(path): [path]} if path.is_file() else _steps_in(path)
    metrics = by_step.metrics_file(path) if path.is_dir() else None
    rows: Iterator[Item] = iter(())
    if metrics is not None:
        rows = (item for item in by_step.read_lines(metrics, note, mapping) if not isinstance(item, Opening))
    progress.expect([*filter(None, [metrics]), *(file for step in sorted(files) for file in files[step])])
    read_any = False
    generations = ((step, _generations(step, files[step], note)) for step in sorted(files))
    for item in joined(chain([Opening(_FRAMEWORK)], rows), generations):
        read_any = read_any or not isinstance(item, Opening)
        yield item
    if not read_any:
        raise LogError("holds no rollout that could be read", path)


def _generations(step: int, files: Sequence[Path], note: Note) -> Iterator[Generation]:
    """The completions of one step, apart for training and each environment that is evaluated.

    The files of episodes as they arrived are complete; those that were trained on know the advantages.
    """
    advantages: dict[str, float] = {}
    for file in files:
        if file.parent.name == "effective":
            advantages |= {i: value for _, _, trace in _traces(file, note) for i, value in _advantage(trace)}
    complete = [file for file in files if file.parent.name != "effective"]
    found: dict[tuple[Mode, str | None], list[tuple[str, Trace]]] = {}
    for file in complete or files:
        for episode, group, trace in _traces(file, note):
            place = _place(file, episode)
            found.setdefault(place, []).append((group, trace))
    names = {name for mode, name in found if mode == "eval"}
    for (mode, name), traces in found.items():
        dump, weights = _dump(files[0], step, traces, advantages)
        yield from (
            Generation(g.step, g.batch, g.scoring, mode, name if len(names) > 1 else None)
            for g in generations_of(dump, weights)
        )


def _traces(file: Path, note: Note) -> Iterator[tuple[Trace, str, Trace]]:
    """Episode, group and trace of each completion that trains, or of all where none does."""
    for line, episode in objects(file, note):
        traces = [trace for trace in _listed(episode.get("traces")) if _listed(trace.get("nodes"))]
        if not traces:
            if not isinstance(episode.get("traces"), list):
                note("invalid line", file, line, "no episode with traces")
            continue
        trained = [trace for trace in traces if _inside(trace, "agent").get("trainable", True)]
        for trace in trained or traces:
            task = _inside(episode, "task")
            key = _inside(episode, "group").get("id") or task.get("key") or task.get("hash") or episode.get("id")
            yield episode, f"{key}/{_inside(trace, 'agent').get('name', '')}", trace


def _place(file: Path, episode: Trace) -> tuple[Mode, str | None]:
    work = _inside(_inside(episode, "run"), "work").get("type")
    mode: Mode = "eval" if "eval" in (work, file.parent.parent.name) else "train"
    env = _inside(episode, "env")
    return mode, str(env.get("name") or env.get("id") or "") or None if mode == "eval" else None


def _dump(
    file: Path, step: int, traces: Sequence[tuple[str, Trace]], advantages: Mapping[str, float]
) -> tuple[Dump, dict[str, float]]:
    names = list(dict.fromkeys(name for _, trace in traces for name in _inside(trace, "rewards")))
    weights = {
        name: 1.0 if (weight := real(reward.get("weight"))) is None else weight
        for _, trace in traces
        for name, reward in _inside(trace, "rewards").items()
        if isinstance(reward, Mapping)
    }
    texts = [_texts(_listed(trace["nodes"])) for _, trace in traces]
    known = [advantages.get(str(trace.get("id"))) for _, trace in traces]
    tokens = [number(trace.get("num_output_tokens")) for _, trace in traces]
    dump = Dump(
        path=file,
        step=step,
        prompts=[prompt for prompt, _ in texts],
        completions=[completion for _, completion in texts],
        rewards={name: [real(_inside(_inside(t, "rewards"), name).get("score")) for _, t in traces] for name in names},
        advantages=[value for value in known if value is not None] if None not in known else None,
        tokens=[int(n) for n in tokens if n is not None] if None not in tokens else None,
        truncated=[trace.get("stop_condition") in _CUT or _ran_out(trace) for _, trace in traces],
        keys=[group for group, _ in traces],
    )
    return dump, weights


def _texts(nodes: Sequence[Trace]) -> tuple[list[Message], list[Message]]:
    """Prompt and completion: the messages on the way to the newest one, cut before the first that was sampled."""
    way: list[Trace] = []
    place: Any = len(nodes) - 1
    while isinstance(place, int) and 0 <= place < len(nodes) and len(way) < len(nodes):
        way.insert(0, nodes[place])
        place = nodes[place].get("parent")
    sampled = next((n for n, node in enumerate(way) if node.get("sampled")), len(way))
    messages = [{k: v for k, v in _inside(node, "message").items() if v is not None} for node in way]
    return messages[:sampled], messages[sampled:]


def _advantage(trace: Trace) -> Iterable[tuple[str, float]]:
    """Id and advantage of a completion whose tokens share one."""
    values = {
        value
        for node in _listed(trace.get("nodes"))
        if node.get("sampled") and isinstance(node.get("advantages"), list)
        for value in node["advantages"]
        if isinstance(value, (int, float))
    }
    return [(str(trace.get("id")), float(values.pop()))] if len(values) == 1 else []


def _ran_out(trace: Trace) -> bool:
    calls = [call for call in _listed(trace.get("calls")) if call.get("error") is None]
    return bool(calls) and calls[-1].get("finish_reason") == "length"


def _steps_in(folder: Path) -> dict[int, list[Path]]:
    """The files of episodes by step, of the folder of a run or its folder of rollouts."""
    for place in (folder / "rollouts", folder):
        files = [file for file in place.glob("step_*/*/*/*.jsonl") if file.is_file()]
        if any(recognises(Sample(file)) for file in files[:20]):
            found: dict[int, list[Path]] = {}
            for file in sorted(files):
                found.setdefault(_step_of(file), []).append(file)
            return found
    return {}


def _step_of(file: Path) -> int:
    """The step of a file, by the folder that it lies in or by its first episode."""
    named = next((found for part in file.parts if (found := _STEP.fullmatch(part))), None)
    if named:
        return int(named[1])
    first = next(iter(first_objects(Sample(file), 1)), {})
    step = _inside(_inside(first, "run"), "work").get("step")
    return step if isinstance(step, int) else 0


def _inside(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


FORMAT = Format(
    "prime_rl_run",
    "folder of a run of prime-rl: metrics.jsonl and rollouts/step_*/..., or one file of traces",
    recognises,
    read,
    maps=True,
)
