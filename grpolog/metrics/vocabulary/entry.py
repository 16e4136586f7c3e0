"""One entry of the vocabulary, and how entries are made from the fields of events."""

from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel

from grpolog.events import GpuReading, PerfEvent, QualityEvent, RewardEvent, StepEvent
from grpolog.events.descriptions import descriptions

Better = Literal["up", "down", "none"]
Bounds = tuple[float | None, float | None]

SHARE: Final[Bounds] = (0.0, 1.0)
POSITIVE: Final[Bounds] = (0.0, None)
ANY: Final[Bounds] = (None, None)

COMPLETIONS: Final = "Over every completion of the step; several generations are weighted by their size."
POOLED: Final = "Over every completion of the step; several generations are pooled exactly."
IMPORTED: Final = " Where completions were not recorded: mean over the trainer's logging window."
EXTREME: Final = "Over every completion of the step."
GROUPS: Final = "Over the groups of the step; several generations are weighted by their size."
COUNT: Final = "Sum over the generations of the step."
WINDOW: Final = "Mean over the trainer's logging window."
LAST: Final = "The newest value of the trainer's logging window."
EXTREME_WINDOW: Final = "One per batch; the mean of these over the trainer's logging window."
READING: Final = "One reading per optimizer step, of the first rank."


@dataclass(frozen=True, slots=True)
class Metric:
    """A scalar series of a run."""

    name: str
    """Canonical name; `<f>` stands for a reward function, `<i>` for a GPU's number."""

    unit: str
    """Unit, empty for pure numbers."""

    better: Better
    """Direction in which a healthy run moves; none where that depends."""

    definition: str
    """What it is."""

    event: str
    """Event that carries it."""

    field: str
    """Field of that event; `map/<f>` for a key of an open map."""

    bounds: Bounds
    """Lowest and highest possible value; None for unbounded."""

    aggregation: str
    """How the values of one step, or of the trainer's logging window, become one."""

    worry: str = ""
    """When to worry, one sentence with its source; empty where nothing is known."""


def reward(
    name: str, field: str, better: Better, aggregation: str, *, definition: str = "", bounds: Bounds = ANY,
    worry: str = "",
) -> Metric:  # fmt: skip
    """A statistic of reward events."""
    told = definition or _told(RewardEvent, field)
    return Metric(name, "", better, told, "reward", field, bounds, aggregation, worry)


def quality(
    field: str, unit: str = "", better: Better = "none", bounds: Bounds = POSITIVE, *, name: str = "",
    definition: str = "", aggregation: str = COMPLETIONS, worry: str = "",
) -> Metric:  # fmt: skip
    """A statistic of quality events."""
    told = definition or _told(QualityEvent, field)
    return Metric(name or f"quality/{field}", unit, better, told, "quality", field, bounds, aggregation, worry)


def step(
    name: str, unit: str, better: Better = "none", bounds: Bounds = POSITIVE, *, definition: str = "",
    aggregation: str = WINDOW, worry: str = "",
) -> Metric:  # fmt: skip
    """A scalar of the trainer with a field of its own in step events."""
    field = name.replace("/", "_")
    return Metric(name, unit, better, definition or _told(StepEvent, field), "step", field, bounds, aggregation, worry)


def logged(
    name: str, unit: str, better: Better, definition: str, bounds: Bounds = POSITIVE, *,
    aggregation: str = WINDOW, worry: str = "",
) -> Metric:  # fmt: skip
    """A scalar of the trainer that step events keep in their open map."""
    return Metric(name, unit, better, definition, "step", f"metrics/{name}", bounds, aggregation, worry)


def perf(
    field: str, unit: str, better: Better = "none", bounds: Bounds = POSITIVE, *, definition: str = "",
    worry: str = "",
) -> Metric:  # fmt: skip
    """A reading of perf events."""
    told = definition or _told(PerfEvent, field)
    return Metric(f"perf/{field}", unit, better, told, "perf", field, bounds, READING, worry)


def gpu(field: str, worry: str = "") -> Metric:
    """A reading of one GPU."""
    told = _told(GpuReading, field)
    return Metric(f"perf/gpu<i>/{field}", "GiB", "none", told, "perf", f"gpus/{field}", POSITIVE, READING, worry)


def _told(model: type[BaseModel], field: str) -> str:
    return descriptions(model).get(field, "")
