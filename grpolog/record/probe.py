"""Readings of memory and CPU, taken on the background thread because one costs a tenth of a millisecond and more."""

import sys
from typing import Any

import psutil

from grpolog.events import GpuReading
from grpolog.record.memory import memory_in_use

_GIB = 2.0**30


class Probe:
    """Takes readings of this process and its machine.

    To be sampled from one thread; `latest` can be read from any.
    """

    def __init__(self) -> None:
        self.latest: dict[str, Any] = {}
        """The fields of the perf event that the newest reading knows; empty before the first."""
        self._process = psutil.Process()
        self._sampled = False

    def sample(self) -> None:
        """Take a reading."""
        memory = memory_in_use()
        cpu = psutil.cpu_percent()
        self.latest = {
            "rss_gib": self._process.memory_info().rss / _GIB,
            "ram_used_gib": memory.used / _GIB,
            "ram_percent": 100.0 * memory.used / memory.total,
            "cpu_percent": cpu if self._sampled else None,  # the first call has nothing to compare with
            "gpus": gpu_readings(sys.modules.get("torch")),
        }
        self._sampled = True


def gpu_readings(torch: Any) -> list[GpuReading] | None:
    """Memory of each CUDA or ROCm device that the process holds memory on; None when there is none.

    A device without memory of ours is not asked: the question alone would make a context of some hundred MiB on it.

    Args:
        torch: the module; None when it is not loaded. It is never initialised here.
    """
    cuda = getattr(torch, "cuda", None)
    if cuda is None or not cuda.is_initialized():
        return None
    readings = []
    for index in range(cuda.device_count()):
        reserved = cuda.memory_reserved(index)
        if not reserved:
            continue
        free, total = cuda.mem_get_info(index)
        readings.append(
            GpuReading(
                index=index,
                allocated_gib=cuda.memory_allocated(index) / _GIB,
                reserved_gib=reserved / _GIB,
                peak_gib=cuda.max_memory_allocated(index) / _GIB,
                used_gib=(total - free) / _GIB,
                total_gib=total / _GIB,
            )
        )
    return readings or None
