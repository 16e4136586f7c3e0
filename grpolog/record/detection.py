"""Detection while training: the events that are written are judged as they pass."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from grpolog import jsonl
from grpolog.events import AlertEvent, Envelope
from grpolog.trends import Monitor, RowBuilder, Setting
from grpolog.trends.alert import Alert
from grpolog.trends.replay import attempts, resumed_state


class Detection:
    """The monitor of one training run.

    Args:
        window_size: rows in a window of the trend rule.
    """

    def __init__(self, window_size: int) -> None:
        self.window_size = window_size
        self.begin(Setting())

    def begin(self, setting: Setting) -> None:
        """Start afresh."""
        self.monitor = Monitor(window_size=self.window_size, setting=setting)
        self._rows = RowBuilder()

    def restore(self, log: Path, attempt: int, step: int) -> None:
        """Take the state that the earlier attempts of `log` had at `step`; unreadable lines are passed over."""
        earlier = attempts(record for record in _records(log) if record.get("attempt", 0) < attempt)
        self.monitor.state = resumed_state(self.monitor.state, earlier, step)

    def judge(self, events: Iterable[Envelope]) -> list[AlertEvent]:
        """The alerts that `events`, given in the order of writing, bring about."""
        found: list[AlertEvent] = []
        for event in events:
            row = self._rows.add(event.__dict__)
            if row is not None:
                found += self._judged(*row)
        return found

    def finish(self) -> list[AlertEvent]:
        """The alerts of what is left when the run ends."""
        row = self._rows.flush()
        found = [] if row is None else self._judged(*row)
        return [*found, *map(_event, (*self.monitor.finish(), *self.monitor.changes()))]

    def _judged(self, step: int, metrics: Mapping[str, float]) -> list[AlertEvent]:
        opened = self.monitor.update(step, metrics)
        return [_event(alert) for alert in (*opened, *self.monitor.changes())]


def _event(alert: Alert) -> AlertEvent:
    return AlertEvent(**{name: getattr(alert, name) for name in Alert.__slots__})


def _records(log: Path) -> Iterator[dict[str, Any]]:
    """The readable lines of rank 0, in the order of writing."""
    for _, path in jsonl.find_parts(log).get(0, []):
        with jsonl.open_part(path) as part:
            for _, line in jsonl.lines(part):
                try:
                    yield jsonl.decode(line)[0]
                except ValueError:
                    continue  # the reading side names it; the monitor can only go on
