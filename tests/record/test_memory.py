"""Memory of control groups, from trees of files as the kernel shows them."""

from pathlib import Path

import psutil
import pytest

from grpolog.record import memory
from grpolog.record.memory import Memory, group_memory, memory_in_use

GIB = 2**30


def version_2(folder: Path, limit: object, used: int, cache: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {cache}\n")


def version_1(folder: Path, limit: int, used: int, cache: int) -> None:
    folder.mkdir(parents=True)
    (folder / "memory.limit_in_bytes").write_text(f"{limit}\n")
    (folder / "memory.usage_in_bytes").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"inactive_file 1\ntotal_inactive_file {cache}\n")


def own(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "cgroup"
    path.write_text(text)
    return path


def test_the_tightest_group_above_the_process_counts_without_its_file_cache(tmp_path: Path) -> None:
    root = tmp_path / "fs"
    version_2(root / "job", 8 * GIB, 3 * GIB, cache=GIB)
    version_2(root / "job" / "task", "max", 2 * GIB)
    assert group_memory(own(tmp_path, "0::/job/task\n"), root) == Memory(2 * GIB, 8 * GIB)


def test_a_container_sees_its_group_as_the_root(tmp_path: Path) -> None:
    root = tmp_path / "fs"
    version_2(root, 4 * GIB, GIB)
    assert group_memory(own(tmp_path, "0::/docker/1234\n"), root) == Memory(GIB, 4 * GIB)


def test_groups_of_version_1_are_read(tmp_path: Path) -> None:
    root = tmp_path / "fs"
    version_1(root / "memory" / "job", 6 * GIB, 5 * GIB, cache=2 * GIB)
    text = "12:cpu,cpuacct:/job\n11:memory:/job\n1:name=systemd:/job\n"
    assert group_memory(own(tmp_path, text), root) == Memory(3 * GIB, 6 * GIB)


@pytest.mark.parametrize("limit", ["max", 2**63 - 4096])
def test_a_group_without_a_limit_is_none(tmp_path: Path, limit: object) -> None:
    root = tmp_path / "fs"
    version_2(root, limit, GIB)
    assert group_memory(own(tmp_path, "0::/\n"), root) is None


def test_a_system_without_groups_has_none(tmp_path: Path) -> None:
    assert group_memory(tmp_path / "absent", tmp_path) is None
    assert group_memory(own(tmp_path, "what is this\n"), tmp_path) is None


def test_a_group_with_less_than_the_machine_speaks_for_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    total = psutil.virtual_memory().total
    monkeypatch.setattr(memory, "group_memory", lambda: Memory(5, total - 1))
    assert memory_in_use() == Memory(5, total - 1)
    monkeypatch.setattr(memory, "group_memory", lambda: Memory(5, total + 1))
    assert memory_in_use().total == total
