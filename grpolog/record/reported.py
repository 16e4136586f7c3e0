"""A chosen few of our metrics on their way to the trainer's own reporters."""

from collections.abc import Iterable, Sequence

from grpolog.events import Envelope, Mode, QualityEvent, RewardEvent
from grpolog.trends import naming


class Reported:
    """Means of chosen metrics over the completions since the trainer last logged, for each mode.

    Args:
        names: canonical names of metrics of reward and quality events; others are never reported.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = frozenset(names)
        self._windows: dict[Mode, dict[str, tuple[int, float]]] = {}
        """By metric the completions of the window and their sum; a loop that never takes them must not fill memory."""

    def gather(self, mode: Mode, events: Iterable[Envelope]) -> None:
        """Take the events of a generation."""
        window = self._windows.setdefault(mode, {})
        for event in events:
            if isinstance(event, RewardEvent):
                metrics = naming.reward(event.name)
            elif isinstance(event, QualityEvent):
                metrics = naming.QUALITY
            else:
                continue
            for field, metric in metrics.items():
                value = getattr(event, field)
                if metric in self.names and value is not None:
                    n, total = window.get(metric, (0, 0.0))
                    window[metric] = (n + event.n, total + event.n * value)

    def take(self, mode: Mode) -> dict[str, float]:
        """The means of the window, which ends here; in an evaluation their keys begin with `eval_`."""
        prefix = "eval_" if mode == "eval" else ""
        return {prefix + metric: total / n for metric, (n, total) in self._windows.pop(mode, {}).items() if n}
