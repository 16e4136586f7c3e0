"""What was recorded since the trainer last logged, for the console to show with the next row."""

from collections.abc import Iterable

from grpolog.events import Envelope, ExampleEvent, PerfEvent, QualityEvent, RewardEvent


class Window:
    """The newest event of each kind, and the best and the worst completion."""

    def __init__(self) -> None:
        self._rewards: dict[str, RewardEvent] = {}
        self.quality: QualityEvent | None = None
        self.perf: PerfEvent | None = None
        self.best: ExampleEvent | None = None
        self.worst: ExampleEvent | None = None

    @property
    def rewards(self) -> list[RewardEvent]:
        """The newest event of each reward function and of the total."""
        return list(self._rewards.values())

    def add(self, events: Iterable[Envelope]) -> None:
        """Take events of training."""
        for event in events:
            if isinstance(event, RewardEvent):
                self._rewards[event.name] = event
            elif isinstance(event, QualityEvent):
                self.quality = event
            elif isinstance(event, PerfEvent):
                self.perf = event
            elif isinstance(event, ExampleEvent) and event.total is not None:
                if self.best is None or event.total > (self.best.total or 0.0):
                    self.best = event
                if self.worst is None or event.total < (self.worst.total or 0.0):
                    self.worst = event
