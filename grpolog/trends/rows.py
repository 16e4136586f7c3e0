"""The events of a run as the monitor's rows: the same code while training and in replay.

A row is what became known with one optimizer step. Rewards, quality and perf of the step are gathered until its
`step` event closes the row; where the trainer logs only every few steps, the first event of another step does.
Evaluations, and events of a step whose row is closed already, ride on the next row: that is when a monitor could
first know them.
"""

import math
from collections.abc import Mapping
from typing import Any

from grpolog.trends import naming
from grpolog.trends.merging import Fields, merged
from grpolog.trends.table import Row, number

_GATHERED = ("step", "reward", "quality", "perf")


class RowBuilder:
    """Builds rows from the events of rank 0, given in the order in which they were written."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._step: int | None = None
        """Step of the open row; None between two rows."""
        self._closed: int | None = None
        self._newest = 0
        self._clear()

    def _clear(self) -> None:
        self._scalars: dict[str, float] = {}
        self._generations: dict[tuple[str, str], list[Fields]] = {}
        """Numbers of reward and quality events by (eval prefix, reward function or "" for quality)."""

    def add(self, record: Mapping[str, Any]) -> Row | None:
        """Take an event and return the row that it finished, if any.

        Args:
            record: the fields of the event by name: `event.__dict__` while training, the decoded line in replay.
                Events of other ranks, and types that carry no metric, are passed over.

        A `step` event that closes the row of another step leaves its own open until the next event. A `run` event
        that opens an attempt drops what is unfinished; one that closes an attempt returns what `flush` does.
        """
        event, place = record.get("event"), number(record.get("step"))
        if record.get("rank", 0) != 0 or place is None or not math.isfinite(place):
            return None
        step = int(place)
        if event == "run":
            if record.get("phase") == "start":
                self._reset()
            return self.flush() if record.get("phase") == "end" else None
        if event not in _GATHERED:
            return None
        self._newest = step
        row = None
        if record.get("mode") != "eval" and step not in (self._step, self._closed):
            row = None if self._step is None else self._close(self._step)
            self._step = step
        self._gather(str(event), record)
        if event == "step" and step == self._step and row is None and record.get("mode") != "eval":
            row = self._close(step)
        return row

    def flush(self) -> Row | None:
        """What is left when a run ends, such as the evaluation after its last step; None if nothing is.

        To be called when the `run` event that ends the attempt is written, and at no other time: a row that was
        cut short would not be the same in replay.
        """
        if not self._scalars and not self._generations:
            return None
        return self._close(self._newest if self._step is None else self._step)

    def _gather(self, event: str, record: Mapping[str, Any]) -> None:
        prefix = naming.eval_prefix(record)
        if event == "step":
            for field, metric in naming.STEP.items():
                if (value := record.get(field)) is not None:
                    self._set(prefix + metric, value)
            for metric, value in naming.mapping(record.get("metrics")).items():
                self._set(f"{prefix}{metric}", value)
        elif event == "perf":
            for field, metric in naming.PERF.items():
                if (value := record.get(field)) is not None:
                    self._set(metric, value)
            for metric, value in naming.nested_perf(record):
                self._set(metric, value)
        else:
            name = str(record.get("name")) if event == "reward" else ""
            fields = naming.QUALITY if event == "quality" else ("n", *naming.reward(name))
            numbers: Fields = {}
            for field in fields:
                if (value := record.get(field)) is not None and (real := number(value)) is not None:
                    numbers[field] = real
            self._generations.setdefault((prefix, name), []).append(numbers)

    def _set(self, metric: str, value: Any) -> None:
        real = number(value)
        if real is not None:
            self._scalars[metric] = real

    def _close(self, step: int) -> Row:
        """The gathered metrics as a row. Statistics of our own win over the trainer's means of its logging window."""
        metrics = self._scalars
        for (prefix, name), generations in self._generations.items():
            names = naming.reward(name) if name else naming.QUALITY
            for field, value in merged(generations).items():
                if field in names:
                    metrics[prefix + names[field]] = value
        self._step, self._closed = None, step
        self._clear()
        return Row(step, metrics)
