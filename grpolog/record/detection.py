"""Detection while training: the events that are written are judged as they pass."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from grpolog import jsonl
from grpolog.events import AlertEvent, AlertGroup, Envelope
from grpolog.trends import Monitor, RowBuilder, Setting
from grpolog.trends.alert import Alert
from grpolog.trends.monitor import BATCH, LARGEST_BATCH
from grpolog.trends.replay import attempts, resumed_state
from grpolog.trends.telling import REMEMBERED, KeptGroup, kept_groups, telling

SLOW_SECONDS: Final = 1.0
"""Between two rows, from which on each is judged when it comes, which takes some 2 ms. Quicker ones wait for others, as
many as come in this time. What is found does not depend on it."""


class Detection:
    """The monitor of one training run.

    Args:
        window_size: rows in a window of the trend rule.
        clock: seconds that never run backwards.
    """

    def __init__(self, window_size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.window_size = window_size
        self._clock = clock
        self.begin(Setting())

    def begin(self, setting: Setting) -> None:
        """Start afresh."""
        self.monitor = Monitor(window_size=self.window_size, setting=setting)
        self._rows = RowBuilder()
        self._last = self._clock()
        self._kept: deque[KeptGroup] = deque(maxlen=REMEMBERED)
        self._onsets: dict[tuple[str, str], int] = {}
        """By rule and metric the estimated onset of the newest alert."""

    def restore(self, log: Path, attempt: int, step: int) -> None:
        """Take the state that the earlier attempts of `log` had at `step`; unreadable lines are passed over."""
        earlier = attempts(record for record in _records(log) if record.get("attempt", 0) < attempt)
        self.monitor.state = resumed_state(self.monitor.state, earlier, step)

    def judge(self, events: Sequence[Envelope]) -> list[AlertEvent]:
        """The alerts that `events`, given in the order of writing, bring about."""
        self._kept.extend(kept_groups(event.__dict__ for event in events if event.event == "example"))
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
        return [*found, *map(self._event, (*self.monitor.finish(), *self.monitor.changes()))]

    def _judged(self, step: int, metrics: Mapping[str, float]) -> list[AlertEvent]:
        before, self._last = self._last, self._clock()
        seconds = self._last - before
        self.monitor.batch = (
            LARGEST_BATCH if seconds <= 0 else max(BATCH, min(LARGEST_BATCH, int(SLOW_SECONDS / seconds)))
        )
        found = [*self.monitor.update(step, metrics), *self.monitor.changes()]
        if seconds >= SLOW_SECONDS:
            found += [*self.monitor.finish(), *self.monitor.changes()]
        return list(map(self._event, found))

    def _event(self, alert: Alert) -> AlertEvent:
        """An alert as an event, with the groups of its window that are there to be read."""
        fields = {name: getattr(alert, name) for name in Alert.__slots__}
        if alert.state == "resolved":
            return AlertEvent(**fields)
        if alert.onset_step is not None:
            self._onsets[alert.rule, alert.metric] = alert.onset_step
        found = telling(alert, self._onsets.get((alert.rule, alert.metric)), self._kept)
        return AlertEvent(**fields, groups=[AlertGroup(**asdict(group)) for group in found] or None)


def _records(log: Path) -> Iterator[dict[str, Any]]:
    """The readable lines of rank 0, in the order of writing."""
    for _, path in jsonl.find_parts(log).get(0, []):
        with jsonl.open_part(path) as part:
            for _, line in jsonl.lines(part):
                try:
                    yield jsonl.decode(line)[0]
                except ValueError:
                    continue  # the reading side names it; the monitor can only go on
