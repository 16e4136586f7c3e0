"""Memory in use where the process runs: of its control group where that has a limit, else of the machine."""

from pathlib import Path, PurePosixPath
from typing import NamedTuple

import psutil

_UNLIMITED = 2**60
"""Version 1 writes an absent limit as the largest multiple of a page."""


class Memory(NamedTuple):
    """Memory in use and what there is of it, bytes. File caches that can be given up do not count as used."""

    used: int
    total: int


def memory_in_use() -> Memory:
    """Of the tightest control group above this process, or of the machine where none has a limit below that."""
    machine = psutil.virtual_memory()
    group = group_memory()
    if group is not None and group.total < machine.total:
        return group
    return Memory(machine.total - machine.available, machine.total)


def group_memory(own: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")) -> Memory | None:
    """The control group with the tightest memory limit, of both versions; None without one, as on other systems.

    Args:
        own: file that names the groups of the process, as in cgroups(7).
        root: where the groups are mounted.
    """
    try:
        entries = [line.split(":", 2) for line in own.read_text().splitlines()]
    except OSError:
        return None
    found: list[Memory] = []
    for _, controllers, path in (entry for entry in entries if len(entry) == 3):
        if not controllers:
            base, limit, usage, cache = root, "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            base, limit, usage = root / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
            cache = "total_inactive_file"
        else:
            continue
        inner = PurePosixPath(path.lstrip("/"))
        # a container sees its own group as the root, whatever its path says
        for folder in {base / inner, *(base / parent for parent in inner.parents), base}:
            memory = _read(folder, limit, usage, cache)
            if memory is not None:
                found.append(memory)
    return min(found, key=lambda memory: memory.total, default=None)


def _read(folder: Path, limit: str, usage: str, cache: str) -> Memory | None:
    try:
        total, used = int((folder / limit).read_text()), int((folder / usage).read_text())
        kept = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return Memory(max(0, used - int(kept.get(cache, 0))), total) if total < _UNLIMITED else None
    except (OSError, ValueError):  # no such group here, or its limit is `max`
        return None
