"""One-line builders of foreign logs, and what is read from them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from grpolog.analysis import Run, read
from grpolog.events import Event
from grpolog.sources.assemble import events_of, records_of
from grpolog.sources.items import Generation, Item, Row

REAL = Path(__file__).parents[3] / "shared" / "data" / "real-runs"
"""Files that nobody here wrote, beside the checkout."""


def lines(path: Path, *rows: Mapping[str, Any]) -> Path:
    """A file of JSON, an object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def text(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def noted(losses: list[tuple[Any, ...]]) -> Any:
    """A note that collects kind, line and words."""
    return lambda kind, path, line, what, key=None, count=1: losses.append((kind, line, what))


def silent(*_: Any, **__: Any) -> None:
    """A note that nobody reads."""


def items(form: Any, path: Path, *mapping: Mapping[str, str]) -> tuple[list[Item], list[tuple[Any, ...]]]:
    """The items of a path, and what was noted."""
    losses: list[tuple[Any, ...]] = []
    return list(form.read(path, noted(losses), *mapping)), losses


def rows_of(found: Iterable[Item]) -> list[tuple[int | None, dict[str, Any]]]:
    """Step and values of the rows among items."""
    return [(item.step, dict(item.values)) for item in found if isinstance(item, Row)]


def generations_of(found: Iterable[Item]) -> list[Generation]:
    return [item for item in found if isinstance(item, Generation)]


def assembled(*found: Item, mapping: Mapping[str, str] | None = None) -> tuple[list[Event], list[str]]:
    """The events of items, and the words of what was noted."""
    losses: list[tuple[Any, ...]] = []
    events = list(events_of(records_of(found, Path("run.log"), "test", noted(losses), mapping)))
    return events, [what for _, _, what in losses]


def series(path: Path, metric: str, mode: str = "train", **options: Any) -> list[tuple[int, float | None]]:
    """Step and value of a metric over the steps that count."""
    history = read(path, now=0.0, **options).history(metric, mode=mode)  # type: ignore[arg-type]
    return list(zip(history["step"].to_list(), history["value"].to_list(), strict=True))


def words(run: Run) -> list[str]:
    """What the audit says of losses, without the paths."""
    return [loss.what for loss in run.audit.losses]


def attempts(run: Run) -> list[int | None]:
    """Of each attempt the step that it continued from."""
    return [event.resumed_from_step for event in run.runs if event.phase == "start"]


def steps(run: Run) -> list[tuple[int, int, bool]]:
    """Attempt, step, and whether a later attempt replaced it, of the rows of training."""
    rows = run.steps.filter(pl.col("mode") == "train")
    return rows.select("attempt", "step", "superseded").rows()
