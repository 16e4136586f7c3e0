"""Rules as a user wants them: thresholds and facts from a TOML file or the command line."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from grpolog.errors import UsageError
from grpolog.trends import CATALOGUE, Setting
from grpolog.trends.rules import Rule


@dataclass(frozen=True, slots=True)
class Ruling:
    """The rules in force, and what is known of the run better than its log says."""

    rules: tuple[Rule, ...] = CATALOGUE
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `Setting`."""

    def setting(self, told: Setting) -> Setting:
        """What the log tells, with the facts given here in its place."""
        return replace(told, **self.facts)


def ruling(file: Path | None = None, primary: str | None = None, ranges: Sequence[str] = ()) -> Ruling:
    """The ruling of a TOML file and of options, which win.

        [rules.truncation]
        nearly_all = 0.95
        [rules.slow_down]
        off = true
        [run]
        primary = "accuracy"
        reward_range = { accuracy = [0, 1] }

    Args:
        file: the TOML file.
        primary: the reward function that is the task.
        ranges: `function=low,high` each.

    Raises:
        UsageError: an unreadable file, an unknown rule, threshold or fact, a value of another type.
    """
    content = _read(file) if file else {}
    for name in content.keys() - {"rules", "run"}:
        raise UsageError(f"{file}: unknown table [{name}]: use [rules.<name>] and [run]")
    rules = _rules(content.get("rules", {}), file)
    facts = _facts(content.get("run", {}), file)
    if primary is not None:
        facts["primary"] = primary
    if ranges:
        facts["reward_range"] = {**facts.get("reward_range", {}), **dict(map(_range, ranges))}
    return Ruling(rules, facts)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error


def _rules(tables: Mapping[str, Any], file: Path | None) -> tuple[Rule, ...]:
    known = {rule.name: rule for rule in CATALOGUE}
    for name, table in tables.items():
        if name not in known:
            raise UsageError(f"{file}: {unknown('rule', name, known)}")
        if not isinstance(table, dict):
            raise UsageError(f"{file}: rules.{name} is a table of thresholds")
        if table.pop("off", False):
            del known[name]
            continue
        known[name] = replace(known[name], **_thresholds(known[name], table, file))  # type: ignore[type-var]
    return tuple(known.values())


def thresholds(rule: Rule) -> dict[str, Any]:
    """The thresholds of a rule by name."""
    return {f.name: getattr(rule, f.name) for f in fields(rule) if f.name != "name"}  # type: ignore[arg-type]


def _thresholds(rule: Rule, table: Mapping[str, Any], file: Path | None) -> dict[str, Any]:
    own = thresholds(rule)
    for name, value in table.items():
        if name not in own:
            raise UsageError(f"{file}: rules.{rule.name}: {unknown('threshold', name, own)}")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise UsageError(f"{file}: rules.{rule.name}.{name} is a number, got {value!r}")
    return {name: type(own[name])(value) for name, value in table.items()}


def _facts(table: Mapping[str, Any], file: Path | None) -> dict[str, Any]:
    known = {f.name for f in fields(Setting)}
    facts = dict(table)
    for name in facts:
        if name not in known:
            raise UsageError(f"{file}: run: {unknown('fact', name, known)}")
    if "reward_range" in facts:
        try:
            facts["reward_range"] = {
                name: (float(low), float(high)) for name, (low, high) in facts["reward_range"].items()
            }
        except (TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"{file}: run.reward_range is {{ function = [low, high] }}") from error
    return facts


def _range(text: str) -> tuple[str, tuple[float, float]]:
    name, _, bounds = text.rpartition("=")
    try:
        low, high = map(float, bounds.split(","))
    except ValueError as error:
        raise UsageError(f"--range is FUNCTION=LOW,HIGH, got {text!r}") from error
    if not name or not low < high:
        raise UsageError(f"--range is FUNCTION=LOW,HIGH, got {text!r}")
    return name, (low, high)


def unknown(what: str, name: str, known: Any) -> str:
    """One line about a name that is none, with the nearest or all that are."""
    near = get_close_matches(name, known)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"
    return f"unknown {what} {name!r}: {hint}"
