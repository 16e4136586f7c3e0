"""Reports of logs that a test writes."""

from pathlib import Path
from typing import Any

from recorded import START, LogBuilder

import grpolog
from grpolog.events import ExampleEvent, RunEvent
from grpolog.report import Report
from grpolog.report.model import Group, KeyNumber, Panel

LATER = START + 100_000.0


class Log(LogBuilder):
    """A log with a run event that says as little as it can, and what it is told."""

    def __init__(self, **fields: Any) -> None:
        super().__init__()
        least = {"run_id": "ab" * 8, "name": "exp1", "grpolog_version": "0.1.0", "resumed_from_step": 0}
        self.run: dict[str, Any] = least | {"status": "running"} | fields
        self.add(RunEvent, self.run["resumed_from_step"], phase="start", **self.run)

    def end(self, step: int, status: str = "finished", **fields: Any) -> "Log":
        self.add(RunEvent, step, phase="end", **self.run | {"status": status} | fields)
        return self

    def again(self, step: int) -> None:
        """The next attempt goes on from `step`."""
        self.resume()
        self.add(RunEvent, step, phase="start", **self.run | {"resumed_from_step": step})


def example(log: Log, step: int, group: int = 0, index: int = 0, **fields: Any) -> None:
    """A recorded completion."""
    given = {"prompt_id": f"p{group}", "kept": "best", "prompt": "?", "completion": "!", "total": 0.5} | fields
    log.add(ExampleEvent, step, group=group, index=index, **given)


def run_of(folder: Path, log: LogBuilder, now: float = LATER) -> grpolog.Run:
    """The log, written and read back, looked at long after unless told otherwise."""
    return grpolog.read(log.write(folder / "exp1.jsonl"), now=now)


def report_of(folder: Path, log: LogBuilder, now: float = LATER) -> Report:
    return grpolog.build_report(run_of(folder, log, now))


def panels(report: Report) -> dict[str, Panel]:
    return {panel.key: panel for question in report.questions for panel in question.panels}


def labels(panel: Panel) -> list[str]:
    return [line.label for line in panel.series]


def tile(report: Report, label: str) -> KeyNumber:
    return next(number for number in report.numbers if number.label == label)


def group(report: Report, title: str) -> Group:
    return next(group for group in report.groups if group.title == title)
