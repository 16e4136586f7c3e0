import subprocess
import sys
from pathlib import Path

import pytest

from grpolog.record.environment import command_line, git_commit, host, versions


def git(folder: Path, *arguments: str) -> str:
    name = ["-c", "user.name=a", "-c", "user.email=a@b"]
    done = subprocess.run(["git", *name, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("1")
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_the_commit_of_a_clean_repository(repository: Path) -> None:
    inside = repository / "inside"
    inside.mkdir()
    assert git_commit(inside) == git_commit(repository) == git(repository, "rev-parse", "HEAD")


def test_a_changed_file_appends_a_plus_and_an_untracked_one_does_not(repository: Path) -> None:
    commit = git_commit(repository)
    (repository / "log.jsonl").write_text("{}")
    assert git_commit(repository) == commit
    (repository / "a.py").write_text("2")
    assert git_commit(repository) == f"{commit}+"


def test_no_repository_no_commit_and_no_folder_give_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit(tmp_path) is None
    assert git_commit(tmp_path / "missing") is None
    git(tmp_path, "init", "-q")
    assert git_commit(tmp_path) is None


def test_without_git_the_commit_is_unknown(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_commit(repository) is None


def test_a_git_that_hangs_is_given_up(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("bin")
    slow = folder / "git"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr("grpolog.record.environment._GIT_SECONDS", 0.05)
    assert git_commit(repository) is None


def test_only_installed_packages_have_a_version() -> None:
    found = versions(["numpy", "no-such-package-1"])
    assert set(found) == {"python", "platform", "numpy"}
    assert found["python"].startswith("3.")


def test_the_command_line_can_be_pasted_and_holds_no_credentials() -> None:
    assert command_line(["python", "my train.py", "--hub_token", "x"]) == "python 'my train.py' --hub_token '***'"
    assert command_line() == command_line(sys.orig_argv)
    assert Path(sys.executable).name in command_line()


def test_the_host_has_a_name() -> None:
    assert host()
