"""The history of a run in memory, as a callback hands it to its caller."""

from collections import defaultdict
from collections.abc import Sequence

from grpolog.events import TOTAL, Envelope, QualityEvent, RewardEvent, StepEvent

Series = dict[str, list[float | None]]


class History:
    """Series of the events of training.

    Attributes:
        rewards: mean of each reward function and of `total`, one value a generation; where completions are out of
            sight, one a logged row.
        quality: the numbers of the quality events, one value a generation; None where a generation had none.
    """

    def __init__(self) -> None:
        self.rewards: Series = defaultdict(list)
        self.quality: Series = defaultdict(list)
        self._generations = 0

    def add(self, events: Sequence[Envelope]) -> None:
        """Take the events of a generation or of a row."""
        for event in events:
            if isinstance(event, RewardEvent) and event.mode == "train":
                self.rewards[event.name].append(event.mean)
            elif isinstance(event, QualityEvent) and event.mode == "train":
                self._add_quality(event)
            elif isinstance(event, StepEvent) and event.mode == "train" and not self._generations:
                self._add_row(event)

    def _add_quality(self, event: QualityEvent) -> None:
        for name in QualityEvent.model_fields.keys() - Envelope.model_fields.keys():
            value = getattr(event, name)
            if isinstance(value, (int, float)) or name in self.quality:
                series = self.quality[name]
                series += [None] * (self._generations - len(series))
                series.append(value)
        self._generations += 1

    def _add_row(self, event: StepEvent) -> None:
        if event.reward is not None:
            self.rewards[TOTAL].append(event.reward)
        for key, value in (event.metrics or {}).items():
            name = key.removeprefix("rewards/").removesuffix("/mean")
            if key == f"rewards/{name}/mean":
                self.rewards[name].append(value)
