"""In which settings runs differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from grpolog.analysis.run import Run
from grpolog.analysis.settings import flat

Kind = Literal["setting", "seed", "place"]
"""Something that may matter, a seed, or only where a run lies and what it is called."""

_PLACES: Final = frozenset({
    "output_dir", "logging_dir", "run_name", "hub_model_id", "resume_from_checkpoint", "save_dir", "log_dir",
    "experiment_name", "project_name", "default_local_dir", "trackio_space_id", "rollout_data_dir",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that is not the same everywhere."""

    key: str
    values: tuple[tuple[Any, ...], ...]
    """By arm the different values of its runs; none where its logs do not tell."""

    kind: Kind

    @property
    def told(self) -> int:
        """Arms whose logs tell a value."""
        return sum(1 for values in self.values if values)


@dataclass(frozen=True, slots=True)
class Differences:
    """How the settings of arms differ."""

    found: tuple[Difference, ...]
    """What may matter first, then seeds, then places; settings that some logs do not tell after those that all do."""

    alike: int
    """Settings that are the same in all runs."""

    silent: tuple[bool, ...]
    """By arm whether none of its logs has a configuration."""

    mixed: tuple[str, ...]
    """Settings, other than seeds and places, in which runs of one arm differ."""

    @property
    def only_seeds(self) -> bool:
        """Whether all logs tell their configuration, and nothing but seeds and places differs."""
        return not any(self.silent) and all(each.kind != "setting" for each in self.found)


def settings_of(run: Run) -> dict[str, Any]:
    """The settings of a run's newest attempt: the trainer's configuration, and what else made the run."""
    info = run.info
    if info is None:
        return {}
    facts: dict[str, Any] = {
        "model": info.model,
        "framework": info.framework,
        "trainer": info.trainer,
        "reward functions": sorted(info.reward_functions) if info.reward_functions else None,
        "completions per step": info.completions_per_step,
        "ranks": info.world_size,
        "git commit": info.git_commit,
    }
    facts |= {f"reward weight of {name}": weight for name, weight in (info.reward_weights or {}).items()}
    facts |= {f"version of {name}": version for name, version in (info.versions or {}).items()}
    if not info.config:  # else they stand there under the trainer's own names
        facts |= {
            "completions per prompt": info.group_size,
            "beta": info.beta,
            "longest completion": info.max_completion_length,
        }
    return {**{name: value for name, value in facts.items() if value is not None}, **dict(flat(info.config or {}))}


def differences(arms: Sequence[Sequence[Run]]) -> Differences:
    """In which settings the runs of these arms differ."""
    told = [[settings_of(run) for run in arm] for arm in arms]
    every = list(dict.fromkeys(name for arm in told for settings in arm for name in settings))
    found = []
    alike = 0
    for key in every:
        values = tuple(tuple(_distinct(arm, key)) for arm in told)
        if len(_unlike([value for arm in values for value in arm])) > 1 or not _alike(told, key):
            found.append(Difference(key, values, _kind(key)))
        else:
            alike += 1
    order = {"setting": 0, "seed": 1, "place": 2}
    found.sort(key=lambda each: (order[each.kind], each.told < len(arms)))
    mixed = tuple(each.key for each in found if each.kind == "setting" and any(len(v) > 1 for v in each.values))
    silent = tuple(not any(run.info and run.info.config for run in arm) for arm in arms)
    return Differences(tuple(found), alike, silent, mixed)


def same(one: Any, other: Any) -> bool:
    """Whether two values are one setting: 1 is 1.0, and True is not 1."""
    return _canonical(one) == _canonical(other)


def _distinct(arm: Sequence[Mapping[str, Any]], key: str) -> Iterator[Any]:
    yield from _unlike([settings[key] for settings in arm if settings.get(key) is not None])


def _unlike(values: Sequence[Any]) -> list[Any]:
    found: dict[tuple[str, Any], Any] = {}
    for value in values:
        found.setdefault(_canonical(value), value)
    return list(found.values())


def _alike(told: Sequence[Sequence[Mapping[str, Any]]], key: str) -> bool:
    """Whether all logs that tell their configuration tell this setting, or none does; None is no value."""
    there = [settings.get(key) is not None for arm in told for settings in arm if settings]
    return all(there) or not any(there)


def _canonical(value: Any) -> tuple[str, Any]:
    if isinstance(value, bool) or value is None:
        return "constant", value
    if isinstance(value, (int, float)):
        return "number", float(value)
    if isinstance(value, str):
        return "text", value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "names", tuple(sorted(value))  # such as target modules, which peft keeps as a set
    return "json", orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)


def _kind(key: str) -> Kind:
    last = key.rsplit(".", 1)[-1]
    return "place" if last in _PLACES else "seed" if last.endswith("seed") else "setting"
