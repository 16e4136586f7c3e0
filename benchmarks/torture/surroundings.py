"""What can go wrong around a process that records: each begins between two steps, and is over some steps later."""

import contextlib
import os
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpolog
from benchmarks.torture import workload

NOBODY = 65534
"""User that owns nothing: root is refused nothing."""


@dataclass(slots=True)
class Scene:
    """A recording process while a fault is on."""

    recorder: grpolog.Recorder
    log: Path
    disk: Path | None
    """A small file system that holds the log, where one could be mounted."""

    clock: list[float] = field(default_factory=lambda: [time.time()])
    step: int = 0
    complaints: list[str] = field(default_factory=list)
    """What the fault itself found to be wrong."""


Fault = Callable[[Scene], contextlib.AbstractContextManager[None]]


@contextmanager
def disk_full(scene: Scene) -> Iterator[None]:
    """Nothing fits on the disk any more; where none can be mounted, the system's answer is made up."""
    if scene.disk is None:
        with _answer("write", OSError(28, "No space left on device")):
            yield
        return
    filler = scene.disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    yield
    filler.unlink()


@contextmanager
def size_limit(scene: Scene) -> Iterator[None]:
    """No file may grow beyond a few KB, as with `ulimit -f`."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500 + scene.step * 997 % 2000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def too_many_files(scene: Scene) -> Iterator[None]:
    """No file can be opened any more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def folder_removed(scene: Scene) -> Iterator[None]:
    """Somebody cleans up."""
    while scene.log.parent.exists():
        shutil.rmtree(scene.log.parent, ignore_errors=True)  # a part may be compressed meanwhile
    yield


@contextmanager
def log_emptied(scene: Scene) -> Iterator[None]:
    """Somebody overwrites the log."""
    os.truncate(scene.log, 0)
    time_passes(scene)
    yield


@contextmanager
def read_only(scene: Scene) -> Iterator[None]:
    """Nothing can be made or renamed in the folder."""
    scene.log.parent.chmod(0o555)
    yield
    scene.log.parent.chmod(0o755)


@contextmanager
def no_permission(scene: Scene) -> Iterator[None]:
    """Neither folder nor log can be opened any more."""
    scene.log.chmod(0)
    scene.log.parent.chmod(0)
    time_passes(scene)
    yield
    scene.log.parent.chmod(0o755)
    for part in scene.log.parent.iterdir():
        part.chmod(0o644)


@contextmanager
def removed_and_no_permission(scene: Scene) -> Iterator[None]:
    """The log is removed and cannot be made anew."""
    scene.log.unlink()
    scene.log.parent.chmod(0o555)
    yield
    scene.log.parent.chmod(0o755)


@contextmanager
def descriptor_closed(scene: Scene) -> Iterator[None]:
    """A library closes descriptors that are not its own, and opens a file of its own in their place."""
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if entry.samefile(scene.log):
                os.close(int(entry.name))
    other = scene.log.with_name("weights.bin").open("wb", buffering=0)
    yield
    if os.fstat(other.fileno()).st_size:
        scene.complaints.append("the log was written into a file of somebody else")
    other.close()


@contextmanager
def clock_backwards(scene: Scene) -> Iterator[None]:
    """The clock of the machine is set back by an hour."""
    scene.clock[0] -= 3600
    yield


@contextmanager
def forked(scene: Scene) -> Iterator[None]:
    """Workers of a data loader inherit the recorder; one of them even uses it."""
    for closes in (False, True):
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                for step in range(9001, 9006):
                    workload.record(scene.recorder, step)
                if closes:
                    scene.recorder.close()
            os._exit(0)
        os.waitpid(child, 0)
    yield


@contextmanager
def threads(scene: Scene) -> Iterator[None]:
    """Other threads record at the same time."""

    def work(first: int) -> None:
        for step in range(first, first + 8):
            workload.record(scene.recorder, step)

    running = [threading.Thread(target=work, args=(10_000 * n,)) for n in (1, 2, 3)]
    for thread in running:
        thread.start()
    yield
    for thread in running:
        thread.join()


def time_passes(scene: Scene) -> None:
    """What the background does every few seconds is done now."""
    scene.recorder.session._log.background.run_due(time.monotonic() + 60)


def small_disk(folder: Path) -> Path | None:
    """Mount a file system of 4 MB; None where that is not permitted. To be unmounted."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        return None
    return folder if done.returncode == 0 else None


@contextmanager
def _answer(call: str, error: OSError) -> Iterator[None]:
    """Has a call to the system fail."""

    def refuse(*_: object) -> int:
        raise error

    real = getattr(os, call)
    setattr(os, call, refuse)
    yield
    setattr(os, call, real)
