"""A chosen few of our metrics on their way to the trainer's own reporters."""

from collections import defaultdict
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
        self._windows: dict[Mode, dict[str, list[tuple[int, float]]]] = {}

    def gather(self, mode: Mode, events: Iterable[Envelope]) -> None:
        """Take the events of a generation."""
        window = self._windows.setdefault(mode, defaultdict(list))
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
                    window[metric].append((event.n, value))

    def take(self, mode: Mode) -> dict[str, float]:
        """The means of the window, which ends here; in an evaluation their keys begin with `eval_`."""
        prefix = "eval_" if mode == "eval" else ""
        means = {}
        for metric, values in self._windows.pop(mode, {}).items():
            weight = sum(n for n, _ in values)
            if weight:
                means[prefix + metric] = sum(n * value for n, value in values) / weight
        return means
