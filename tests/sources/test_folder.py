from pathlib import Path

from grpolog.sources.folder import files_below


def found(folder: Path) -> list[str]:
    return [str(file.relative_to(folder)) for file in files_below(folder, 1, lambda head: head == b"x")]


def put(path: Path, content: str = "x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def test_files_in_the_folder_itself_win_over_those_below(tmp_path: Path) -> None:
    put(tmp_path / "b/one")
    put(tmp_path / "a/two")
    put(tmp_path / "a/other", "y")
    assert found(tmp_path) == ["a/two", "b/one"]
    put(tmp_path / "three")
    assert found(tmp_path) == ["three"]


def test_hidden_entries_links_to_folders_and_what_lies_too_deep_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path / ".git/x")
    put(tmp_path / "1/2/3/4/5/x")
    put(tmp_path / "real/x")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real/empty").write_text("")
    assert found(tmp_path) == ["real/x"]


def test_links_that_cannot_be_followed_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "real/x")
    (tmp_path / "endless").symlink_to("endless")
    (tmp_path / "nowhere").symlink_to("x" * 300)  # a longer name than any system takes
    assert found(tmp_path) == ["real/x"]
