"""The events of a run as the monitor's rows: the same code while training and when a log is read line by line."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from grpolog.trends import naming
from grpolog.trends.merging import Fields, merged
from grpolog.trends.placement import GATHERED, Placement
from grpolog.trends.table import Row, number


class RowBuilder:
    """Builds rows from the events of rank 0, given in the order in which they were written."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._placement = Placement()
        self._clear()

    def _clear(self) -> None:
        self._scalars: dict[str, float] = {}
        self._generations: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        """Reward and quality events by (eval prefix, reward function or "" for quality)."""

    def add(self, record: Mapping[str, Any]) -> Row | None:
        """Take an event and return the row that it finished, if any.

        Args:
            record: the fields of the event by name: `event.__dict__` while training, the decoded line in replay.
                Events of other ranks, and types that carry no metric, are passed over.

        A `run` event that opens an attempt drops what is unfinished; one that closes an attempt returns what `flush`
        does.
        """
        event, step = record.get("event"), record.get("step")
        if record.get("rank", 0) != 0:
            return None
        if type(step) is not int:
            place = number(step)
            if place is None or not math.isfinite(place):
                return None
            step = int(place)
        if event == "run":
            if record.get("phase") == "start":
                self._reset()
            return self.flush() if record.get("phase") == "end" else None
        if event not in GATHERED:
            return None
        before, after = self._placement.place(event, step, evaluation=record.get("mode") == "eval")
        row = None if before is None else self._close(before)
        self._gather(event, record)
        return row if after is None else self._close(after)

    def flush(self) -> Row | None:
        """What is left when a run ends, such as the evaluation after its last step; None if nothing is.

        To be called when the `run` event that ends the attempt is written, and at no other time: a row that was
        cut short would not be the same in replay.
        """
        if not self._scalars and not self._generations:
            return None
        return self._close(self._placement.end())

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
            self._generations.setdefault((prefix, name), []).append(record)

    def _set(self, metric: str, value: Any) -> None:
        real = value if type(value) is float else number(value)
        if real is not None:
            self._scalars[metric] = real

    def _close(self, step: int) -> Row:
        """The gathered metrics as a row. Statistics of our own win over the trainer's means of its logging window."""
        metrics = self._scalars
        for (prefix, name), generations in self._generations.items():
            names = naming.reward(name) if name else naming.QUALITY
            if len(generations) == 1:
                fields = generations[0]
            else:
                fields = merged([_numbers(generation, ("n", *names)) for generation in generations])
            for field, metric in names.items():
                value = fields.get(field)
                real = value if type(value) is float else number(value)
                if real is not None:
                    metrics[prefix + metric] = real
        self._clear()
        return Row(step, metrics)


def _numbers(record: Mapping[str, Any], fields: Iterable[str]) -> Fields:
    return {field: real for field in fields if (real := number(record.get(field))) is not None}
