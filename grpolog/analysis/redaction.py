"""Runs and lines of a log without what is not to be shared: every number stays, texts and settings go.

Prompts, their rows in the dataset and their sources get numbers in the order of appearance, the same in every event, so
that statistics by prompt and by source remain; a hash of a short prompt would give the prompt away.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from grpolog.analysis.texts import TEXTS, bare, holds_texts
from grpolog.errors import UsageError
from grpolog.events import RunEvent

if TYPE_CHECKING:
    from grpolog.analysis.run import Run

KINDS: Final = ("prompts", "completions", "config")
"""What can be taken out."""

MARK: Final = "[redacted]"

_ALIASES: Final = {"prompt_id": "prompt", "row_id": "row", "source": "source"}
"""What a prompt is told by, and the word before its number."""

_SETTINGS: Final = ("config", "command", "model", "host", "pid", "git_commit")
"""Fields of the run event that say how and where training was started. What its statistics rest on stays: group size,
beta, longest completion, names and weights of the reward functions."""

_FOLDERS: Final = r"^.*[/\\]"
"""What stands before the last part of a path."""

_ENVELOPE: Final = frozenset({"v", "event", "step", "time", "attempt", "seq", "rank"})

_CLASS: Final = re.compile(r"\w[\w.]{0,100}(?=:|\Z)")
"""The class of an exception, before what it says."""


def parsed(text: str) -> tuple[str, ...]:
    """The kinds of `prompts,completions`.

    Raises:
        UsageError: there is no such kind.
    """
    kinds = tuple(dict.fromkeys(filter(None, map(str.strip, text.split(",")))))
    wrong = [kind for kind in kinds if kind not in KINDS]
    if wrong or not kinds:
        raise UsageError(f"{', '.join(wrong) or 'nothing'} cannot be redacted; what can is {', '.join(KINDS)}")
    return kinds


class Redaction:
    """Takes texts and settings out.

    Args:
        kinds: of KINDS.
    """

    def __init__(self, kinds: Iterable[str]) -> None:
        self.kinds = tuple(kind for kind in KINDS if kind in set(kinds))
        self._prompts, self._completions, self._config = (kind in self.kinds for kind in KINDS)
        self._numbers: dict[str, dict[str, str]] = {name: {} for name in _ALIASES}

    def __str__(self) -> str:
        """What was taken out, in words."""
        *first, last = self.kinds
        return f"{', '.join(first)} and {last}" if first else last

    def record(self, record: dict[str, Any]) -> dict[str, Any]:
        """The fields of one line of a log; unknown events lose all but what every event has."""
        event, record = record.get("event"), dict(record)
        if event == "run":
            return self._settings(record)
        if event == "example":
            for name in self._redacted_texts:
                content = record.get(name)
                messages = record.pop(f"{name}_messages", None)
                if content is not None or messages is not None:
                    record[name] = MARK
            if self._prompts or self._completions:
                record.pop("extra", None)
        elif event == "alert":
            record.pop("details", None)
            groups = record.get("groups")
            if isinstance(groups, list):
                record["groups"] = [self._renamed(group) for group in groups if isinstance(group, dict)]
        elif event == "perf" and self._config and isinstance(record.get("checkpoints"), list):
            record["checkpoints"] = [re.sub(_FOLDERS, "", str(path)) for path in record["checkpoints"]]
        elif event not in ("step", "reward", "group", "quality", "perf"):
            return {key: value for key, value in record.items() if key in _ENVELOPE}
        return self._renamed(record)

    def run(self, run: "Run") -> "Run":
        """A run as it may be shared; what it does not hold in memory is redacted when it is read."""
        tables = dict(run.tables)
        for event in ("group", "example"):
            tables[event] = self._aliased(tables[event])
        if holds_texts(tables["example"]):
            table = tables["example"]
            measures = bare(table)  # of the texts themselves
            tables["example"] = measures.with_columns(self.texts(table.select(TEXTS)))
        alerts = tables["alert"]
        groups = [row and [self._renamed(group) for group in row] for row in alerts["groups"].to_list()]
        tables["alert"] = alerts.with_columns(
            pl.Series("groups", groups, dtype=alerts.schema["groups"]), pl.lit(None, dtype=pl.String()).alias("details")
        )
        if self._config:
            paths = pl.col("checkpoints").list.eval(pl.element().str.replace(_FOLDERS, ""))
            tables["perf"] = tables["perf"].with_columns(paths)
        runs = tuple(RunEvent.model_construct(**self._settings(vars(event))) for event in run.runs)
        return replace(run, tables=tables, runs=runs, redaction=self)

    def texts(self, table: pl.DataFrame) -> pl.DataFrame:
        """The columns of TEXTS, redacted."""
        changed = []
        for name in self._redacted_texts:
            there = pl.col(name).is_not_null() | pl.col(f"{name}_messages").is_not_null()
            changed.append(pl.when(there).then(pl.lit(MARK)).alias(name))
            changed.append(pl.lit(None, dtype=pl.String()).alias(f"{name}_messages"))
        if self._prompts or self._completions:
            changed.append(pl.lit(None, dtype=pl.String()).alias("extra"))
        return table.with_columns(changed)

    @property
    def _redacted_texts(self) -> list[str]:
        return ["prompt"] * self._prompts + ["completion"] * self._completions

    def _settings(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Fields of a run event. Messages of errors and torn lines may quote anything."""
        fields = dict(fields)
        for name in ("error", "first_error"):
            if fields.get(name) is not None:
                found = _CLASS.match(str(fields[name]))
                fields[name] = f"{found[0]}: {MARK}" if found else MARK
        if fields.get("recovered_tail") is not None:
            fields["recovered_tail"] = MARK
        return {k: v for k, v in fields.items() if not (self._config and k in _SETTINGS)}

    def _renamed(self, fields: dict[str, Any]) -> dict[str, Any]:
        if not self._prompts:
            return fields
        return {k: self._number(k, v) if k in _ALIASES and v is not None else v for k, v in fields.items()}

    def _aliased(self, table: pl.DataFrame) -> pl.DataFrame:
        columns = [name for name in _ALIASES if name in table.columns] if self._prompts else []
        found = []
        for name in columns:
            values = table[name].drop_nulls().unique(maintain_order=True)
            numbers = {value: self._number(name, value) for value in values}
            found.append(pl.col(name).replace_strict(numbers, default=None, return_dtype=pl.String))
        return table.with_columns(found)

    def _number(self, name: str, value: Any) -> str:
        known = self._numbers[name]
        return known.setdefault(str(value), f"{_ALIASES[name]} {len(known) + 1}")
