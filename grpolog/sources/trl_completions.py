"""TRL's dumps of completions, `completions_00010.parquet`, joined with the trainer state beside them.

TRL keeps the newest completions, at most one generation of them, and writes what it has with each row that it logs
(`log_completions=True`). So a file may begin with rows of the one before, an evaluation overwrites the file of its
step, and with `logging_steps` above 1 the other generations of the window are lost.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from grpolog.errors import LogError
from grpolog.generation.batch import Text
from grpolog.sources import hf_state
from grpolog.sources.dumped import Dump, generations_of, groups_of, recognised, weights_of
from grpolog.sources.items import Closing, Item, Opening, Row
from grpolog.sources.sample import Format, Note, Sample

_NEEDED = {"step", "prompt", "completion"}
_OTHERS = {"advantage", "image", "images"}


def recognises(sample: Sample) -> bool:
    """Whether this is one dump, a folder of them, or an output folder that holds such a folder."""
    if sample.is_folder:
        return bool(dumps_in(sample.path))
    return sample.head.startswith(b"PAR1") and _is_dump(sample.path)


def dumps_in(folder: Path) -> list[Path]:
    """The dumps of a folder, or of its folder `completions`, in the order of the steps that their names say."""
    for place in (folder, folder / "completions"):
        files = sorted(place.glob("*.parquet"), key=_numbered)
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
        yield from generations_of(dump, weights, "eval" if _is_evaluation(dump, rows, weights) else "train")
    if not read_any and not rows:
        raise LogError("holds no completion that could be read", path)
    while row is not None:
        yield row
        row = next(ahead, None)
    if closing is not None:
        yield closing


def _fresh(files: list[Path], functions: list[str], note: Note) -> Iterator[Dump]:
    """The dumps in the order of their steps, each without what the one before holds too."""
    before: list[int] = []
    for file in files:
        dump = _dump(file, functions, note)
        if dump is None:
            continue
        digests = _digests(dump)
        known = _repeated(digests, before, len(groups_of(dump)[0]))
        before = digests
        if known:
            what = f"{known} of {len(dump)} completions stand in the dump before, too"
            note("repeated row", dump.path, None, what, key="completions that stand in the dump before, too")
        if known < len(dump):
            yield dump.rows(range(known, len(dump)))


def _weights(files: list[Path], functions: list[str], rows: list[Row]) -> dict[str, float] | None:
    """The weights that make the logged totals of the first dumps of training; None where they cannot be told."""
    evaluated = {row.step for row in rows if hf_state.is_eval(row)}
    totals = {row.step: row.values["reward"] for row in rows if isinstance(row.values.get("reward"), (int, float))}
    pairs = []
    for file in files[: max(20, 4 * len(functions))]:
        dump = _dump(file, functions, _silent)
        if dump is not None and dump.step in totals and dump.step not in evaluated:
            pairs.append((dump, float(totals[dump.step])))
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
    columns = [dump.prompts, dump.completions, *dump.rewards.values(), *([dump.advantages] if dump.advantages else [])]
    return [hash(repr(row)) for row in zip(*columns, strict=True)]


def _dump(file: Path, functions: list[str], note: Note) -> Dump | None:
    """The completions of a file; None, and noted, where it cannot be read."""
    try:
        table = pl.read_parquet(file)
    except (pl.exceptions.PolarsError, OSError) as error:
        note("cut-off part", file, None, f"cannot be read: {str(error).splitlines()[0][:200]}")
        return None
    if table.is_empty() or not set(table.columns) >= _NEEDED:
        note("invalid line", file, None, "holds no completions")
        return None
    columns = [name for name in table.columns if name not in _NEEDED | _OTHERS]
    paid = [name for name in columns if name in functions] or [c for c in columns if table[c].dtype.is_float()]
    dump = Dump(
        path=file,
        step=int(float(table["step"][0] or 0)),  # text in W&B's tables of TRL up to 0.27
        prompts=[_text(prompt) for prompt in table["prompt"]],
        completions=[_text(completion) for completion in table["completion"]],
        rewards={name: table[name].cast(pl.Float64, strict=False).fill_nan(None).to_list() for name in paid},
        extra={name: table[name].to_list() for name in columns if name not in paid},
        advantages=table["advantage"].cast(pl.Float64).fill_null(0.0).to_list()
        if "advantage" in table.columns
        else None,
    )
    return dump if functions else _told_apart(dump)


def _told_apart(dump: Dump) -> Dump:
    """Where no state names the reward functions: as many of the first numbers as make the advantages.

    Reward functions stand before what they logged besides (`log_extra`), which may be numbers too.
    """
    names = list(dump.rewards)
    for count in range(len(names), 0, -1):
        rest = names[count:]
        tried = Dump(
            path=dump.path,
            step=dump.step,
            prompts=dump.prompts,
            completions=dump.completions,
            rewards={name: dump.rewards[name] for name in names[:count]},
            extra={**{name: dump.rewards[name] for name in rest}, **dump.extra},
            advantages=dump.advantages,
        )
        if all(recognised(found.batch, found.scoring) for found in generations_of(tried)):
            return tried
    return dump


def _is_evaluation(dump: Dump, rows: list[Row], weights: Mapping[str, float]) -> bool:
    """Whether the completions are those of the evaluation at their step, by the mean reward that was logged."""
    logged = {hf_state.is_eval(row): row.values for row in rows if row.step == dump.step}
    if True not in logged:
        return False
    known = [(weights.get(name, 1.0), values) for name, values in dump.rewards.items()]
    totals = [sum(weight * (values[i] or 0.0) for weight, values in known) for i in range(len(dump))]
    mean = sum(totals) / len(totals)
    evaluated, trained = logged[True].get("eval_reward"), logged.get(False, {}).get("reward")
    if not isinstance(evaluated, (int, float)) or not isinstance(trained, (int, float)):
        return True
    return abs(mean - evaluated) < abs(mean - trained)


def _text(value: Any) -> Text:
    """A prompt or completion: text, or messages without the keys that only other rows fill."""
    if isinstance(value, str):
        return value
    messages = value.to_list() if isinstance(value, pl.Series) else value
    return [{key: entry for key, entry in message.items() if entry is not None} for message in messages or []]


def _is_dump(file: Path) -> bool:
    try:
        return set(pl.read_parquet_schema(file)) >= _NEEDED
    except (pl.exceptions.PolarsError, OSError):
        return False


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
