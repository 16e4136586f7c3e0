"""Readings of the process that runs the test, and of GPUs that are not there."""

from types import SimpleNamespace

from grpolog.events import GpuReading, PerfEvent
from grpolog.record.probe import Probe, gpu_readings

GIB = 2**30


class Cuda:
    """Two devices of 80 GiB, of which the process uses the second."""

    def __init__(self, initialized: bool = True) -> None:
        self.initialized = initialized
        self.asked: list[int] = []

    def is_initialized(self) -> bool:
        return self.initialized

    def device_count(self) -> int:
        return 2

    def memory_reserved(self, index: int) -> int:
        return (0, 8 * GIB)[index]

    def memory_allocated(self, index: int) -> int:
        return 6 * GIB

    def max_memory_allocated(self, index: int) -> int:
        return 7 * GIB

    def mem_get_info(self, index: int) -> tuple[int, int]:
        self.asked.append(index)
        return 60 * GIB, 80 * GIB


def test_a_reading_fills_fields_of_the_perf_event() -> None:
    probe = Probe()
    assert probe.latest == {}
    probe.sample()
    first = PerfEvent(step=1, **probe.latest)
    assert first.rss_gib is not None
    assert 0.001 < first.rss_gib < first.ram_used_gib * 2
    assert 0 < first.ram_percent < 100
    assert first.cpu_percent is None
    probe.sample()
    assert 0 <= probe.latest["cpu_percent"] <= 100


def test_only_devices_that_the_process_uses_are_read() -> None:
    cuda = Cuda()
    assert gpu_readings(SimpleNamespace(cuda=cuda)) == [
        GpuReading(index=1, allocated_gib=6, reserved_gib=8, peak_gib=7, used_gib=20, total_gib=80)
    ]
    assert cuda.asked == [1]


def test_without_torch_or_cuda_there_are_no_gpus_and_none_is_initialised() -> None:
    assert gpu_readings(None) is None
    assert gpu_readings(SimpleNamespace(cuda=Cuda(initialized=False))) is None
