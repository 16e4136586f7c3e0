"""Rules as a user wants them: thresholds and facts from a TOML file or the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from grpolog import trends
from grpolog.analysis.post import ENDINGS, POST, PostRule
from grpolog.analysis.post.ending import Hung
from grpolog.errors import UsageError
from grpolog.events import RunEvent
from grpolog.trends import CATALOGUE, Setting
from grpolog.trends.rules import Rule

EVERY: Final[tuple[Rule | PostRule, ...]] = (CATALOGUE[0], *ENDINGS, *CATALOGUE[1:], *POST[len(ENDINGS) :])
"""All rules, the gravest matters first; numbers that are none before the exception that they led to."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The rules in force, and what is known of the run better than its log says."""

    rules: tuple[Rule, ...] = CATALOGUE
    """Those that judge row by row."""

    post: tuple[PostRule, ...] = POST
    """Those that judge the log as a whole."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `Setting`."""

    def start(self, opening: RunEvent | None) -> trends.State:
        """The state before the first row of an attempt that `opening` describes: what that tells, with the facts given
        here in its place.
        """
        return trends.start(replace(Setting.of(opening), **self.facts), self.rules)


def ruling(
    file: Path | None = None, primary: str | None = None, ranges: Sequence[str] = (), silence: float | None = None
) -> Ruling:
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
        silence: seconds without a step after which a run without an end counts as hung.

    Raises:
        UsageError: an unreadable file, an unknown rule, threshold or fact, a value of another type.
    """
    content = _read(file) if file else {}
    for name in content.keys() - {"rules", "run"}:
        raise UsageError(f"{file}: unknown table [{name}]: use [rules.<name>] and [run]")
    live, post = _rules(content.get("rules", {}), file)
    facts = _facts(content.get("run", {}), file)
    if primary is not None:
        facts["primary"] = primary
    if ranges:
        facts["reward_range"] = {**facts.get("reward_range", {}), **dict(map(_range, ranges))}
    if silence is not None:
        post = tuple(replace(rule, after_seconds=silence) if isinstance(rule, Hung) else rule for rule in post)
    return Ruling(live, post, facts)


def _read(file: Path) -> dict[str, Any]:
    import tomllib  # here, as few ask for it

    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error


def _rules(tables: Mapping[str, Any], file: Path | None) -> tuple[tuple[Rule, ...], tuple[PostRule, ...]]:
    """The live and the post rules that are in force."""
    known: dict[str, Any] = {rule.name: rule for rule in EVERY}
    for name, table in tables.items():
        if name not in known:
            raise UsageError(f"{file}: {unknown('rule', name, known)}")
        if not isinstance(table, dict):
            raise UsageError(f"{file}: rules.{name} is a table of thresholds")
        if table.pop("off", False):
            del known[name]
            continue
        known[name] = replace(known[name], **_thresholds(known[name], table, file))
    live = tuple(known[rule.name] for rule in CATALOGUE if rule.name in known)
    return live, tuple(known[rule.name] for rule in POST if rule.name in known)


def thresholds(rule: Rule | PostRule) -> dict[str, Any]:
    """The thresholds of a rule by name."""
    return {f.name: getattr(rule, f.name) for f in fields(rule) if f.name != "name"}  # type: ignore[arg-type]


def _thresholds(rule: Rule | PostRule, table: Mapping[str, Any], file: Path | None) -> dict[str, Any]:
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
