"""The `perf` event: what one optimizer step cost on one rank."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from grpolog.events._envelope import Envelope


class GpuReading(BaseModel):
    """Memory of one GPU."""

    model_config = ConfigDict(extra="forbid")

    index: int
    """Number of the device as the process sees it."""

    allocated_gib: float | None = None
    """Memory held by tensors of this process, GiB."""

    reserved_gib: float | None = None
    """Memory held by the caching allocator of this process, GiB."""

    peak_gib: float | None = None
    """Largest allocation of this process so far, GiB."""

    used_gib: float | None = None
    """Memory in use on the device by all processes, GiB."""

    total_gib: float | None = None
    """Memory of the device, GiB."""


class PerfEvent(Envelope):
    """Time and memory of one optimizer step on one rank, evaluation and saving left out."""

    event: Literal["perf"] = "perf"
    """Type of the event."""

    step_seconds: float | None = None
    """Seconds from the start of the step's first micro-batch to the end of its update."""

    generation_seconds: float | None = None
    """Of these, seconds of sampling completions; 0 in a step that reuses completions."""

    reward_seconds: dict[str, float] | None = None
    """Of these, seconds inside each reward function. Async functions run side by side and may overlap."""

    update_seconds: float | None = None
    """Of these, seconds outside sampling and scoring: forward, backward, optimizer and data loading."""

    completions: int | None = None
    """Completions generated in the step, over all ranks."""

    samples_per_second: float | None = None
    """Completions generated per second of the step, over all ranks."""

    tokens_per_second: float | None = None
    """Completion tokens generated per second of the step, over all ranks."""

    rss_gib: float | None = None
    """Resident memory of the process, GiB."""

    ram_used_gib: float | None = None
    """Memory in use, GiB: of the control group where it has a limit, else of the machine."""

    ram_percent: float | None = None
    """The same in percent of the limit or of the machine's memory."""

    cpu_percent: float | None = None
    """CPU time of the machine in use since the reading before, percent of all cores."""

    gpus: list[GpuReading] | None = None
    """Memory of each GPU that the process uses; absent without a GPU."""

    logging_seconds: float | None = None
    """Seconds that grpolog cost on the training thread since the perf event before."""

    checkpoints: list[str] | None = None
    """Folders of the checkpoints that are kept after one was saved at this step, oldest first, in a perf event of its
    own; null where none was saved."""
