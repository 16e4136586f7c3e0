"""Which log a path speaks of."""

import os
from pathlib import Path

import pytest
from small_logs import line, steps, write

from grpolog.analysis import read
from grpolog.analysis.location import Location, locate
from grpolog.errors import LogError

PARTS = ("exp1.0001.jsonl.zst", "exp1.0002.jsonl.gz", "exp1.0010.jsonl", "exp1.jsonl")
RANK_PARTS = ("exp1.rank1.0001.jsonl.zst", "exp1.rank1.jsonl")


def folder_of(folder: Path, *names: str) -> Path:
    """A folder with one-line logs of these names, each with the number of its place as step."""
    for number, name in enumerate(names, start=1):
        write(folder / name, line("step", number, seq=number - 1))
    return folder


def names(location: Location) -> dict[int, list[str]]:
    return {rank: [path.name for _, path in parts] for rank, parts in location.parts.items()}


@pytest.mark.parametrize("given", ["exp1.jsonl", "exp1", *PARTS, *RANK_PARTS, "."])
def test_a_log_is_found_by_its_name_by_any_part_and_by_its_folder(tmp_path: Path, given: str) -> None:
    folder_of(tmp_path, *PARTS, *RANK_PARTS)
    location = locate(tmp_path / given)
    assert location.log == tmp_path / "exp1.jsonl"
    assert location.name == "exp1"
    assert names(location) == {0: list(PARTS), 1: list(RANK_PARTS)}


def test_a_path_may_be_a_text_and_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(tmp_path, "exp1.jsonl")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert locate("~/exp1").log == tmp_path / "exp1.jsonl"
    assert locate("exp1").log == locate(".").log == Path("exp1.jsonl")


@pytest.mark.parametrize("ending", [".zst", ".gz"])
def test_a_live_part_may_be_compressed(tmp_path: Path, ending: str) -> None:
    folder_of(tmp_path, f"exp1.jsonl{ending}")
    for given in ("exp1.jsonl", "exp1", f"exp1.jsonl{ending}"):
        assert read(tmp_path / given).steps["step"].to_list() == [1]


def test_the_plain_part_wins_over_a_compressed_one(tmp_path: Path) -> None:
    folder_of(tmp_path, "exp1.0001.jsonl", "exp1.0001.jsonl.zst", "exp1.jsonl.zst", "exp1.jsonl")
    assert names(locate(tmp_path / "exp1.0001.jsonl.zst")) == {0: ["exp1.0001.jsonl", "exp1.jsonl"]}
    assert read(tmp_path / "exp1").steps["step"].to_list() == [1, 4]


def test_parts_of_other_logs_and_unfinished_files_are_left_alone(tmp_path: Path) -> None:
    others = ("exp10.jsonl", "exp1-2.jsonl", "exp1.0001.jsonl.zst.tmp", "exp1.jsonl.lock", "exp1.rankx.jsonl")
    folder_of(tmp_path, "exp1.jsonl", *others)
    assert names(locate(tmp_path / "exp1")) == {0: ["exp1.jsonl"]}


@pytest.mark.parametrize("name", ["train.log", "exp1.txt", "log", "exp1.zst"])
def test_a_log_under_a_foreign_name_is_that_file(tmp_path: Path, name: str) -> None:
    folder_of(tmp_path, name)
    assert names(locate(tmp_path / name)) == {0: [name]}
    assert read(tmp_path / name).steps["step"].to_list() == [1]


@pytest.mark.parametrize("name", ["run.2024.jsonl", "exp1.0003.jsonl", "exp1.rank0.jsonl", "exp1.00001.jsonl"])
def test_a_file_that_only_looks_like_a_part_is_a_log_of_its_own(tmp_path: Path, name: str) -> None:
    folder_of(tmp_path, name)
    location = locate(tmp_path / name)
    assert (location.log.name, names(location)) == (name, {0: [name]})
    assert read(tmp_path / name).steps["step"].to_list() == [1]


def test_the_first_part_alone_belongs_to_its_log(tmp_path: Path) -> None:
    folder_of(tmp_path, "exp1.0001.jsonl.zst")
    assert locate(tmp_path / "exp1.0001.jsonl.zst").log == tmp_path / "exp1.jsonl"


def test_a_folder_may_hold_other_files_beside_its_log(tmp_path: Path) -> None:
    folder_of(tmp_path, "exp1.0001.jsonl.zst", "exp1.jsonl", "exp1.rank1.jsonl")
    (tmp_path / "data.jsonl").write_text('{"prompt": "2 + 2"}\n')
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "binary.jsonl").write_bytes(bytes(range(256)))
    (tmp_path / "broken.jsonl.zst").write_bytes(b"no zstd")
    (tmp_path / "folder.jsonl").mkdir()
    assert locate(tmp_path).log == tmp_path / "exp1.jsonl"


def test_a_log_whose_first_line_is_damaged_is_found_in_its_folder(tmp_path: Path) -> None:
    write(tmp_path / "exp1.jsonl", b"###\n", *steps(1))
    assert locate(tmp_path).log == tmp_path / "exp1.jsonl"


def test_an_output_folder_without_a_log_stands_for_the_log_beside_it(tmp_path: Path) -> None:
    folder_of(tmp_path, "exp1.jsonl")
    (tmp_path / "exp1").mkdir()
    assert locate(tmp_path / "exp1").log == tmp_path / "exp1.jsonl"


def message(path: Path) -> str:
    """The error for a path, without the folder of the test."""
    with pytest.raises(LogError) as caught:
        locate(path)
    folder = path if path.is_dir() else path.parent
    return str(caught.value).replace(f"{folder}/", "").replace(str(folder), "FOLDER")


def test_a_folder_without_a_log_is_an_error(tmp_path: Path) -> None:
    what = "FOLDER: holds no grpolog log (a file `*.jsonl` that grpolog wrote); give the log's own path"
    assert message(tmp_path) == what
    (tmp_path / "data.jsonl").write_text('{"prompt": "2 + 2"}\n')
    assert message(tmp_path) == what


def test_a_folder_with_several_logs_names_them(tmp_path: Path) -> None:
    folder_of(tmp_path, "b.jsonl", "a.0001.jsonl.zst", "a.jsonl")
    assert message(tmp_path) == "FOLDER: holds 2 logs; give one of them: a.jsonl, b.jsonl"
    folder_of(tmp_path, *(f"c{i}.jsonl" for i in range(5)))
    assert message(tmp_path).endswith(
        "holds 7 logs; give one of them: a.jsonl, b.jsonl, c0.jsonl, c1.jsonl, c2.jsonl, ..."
    )


def test_a_log_that_is_not_there_is_an_error_with_a_suggestion(tmp_path: Path) -> None:
    assert message(tmp_path / "exp1.jsonl") == "exp1.jsonl: no such log; the folder FOLDER holds no logs"
    folder_of(tmp_path, "exp1.0001.jsonl.zst", "exp1.jsonl", "other.jsonl")
    assert message(tmp_path / "epx1.jsonl") == "epx1.jsonl: no such log; did you mean exp1.jsonl?"
    assert message(tmp_path / "exp2") == "exp2: no such log; did you mean exp1.jsonl?"
    assert message(tmp_path / "zzzzz") == "zzzzz: no such log; the folder FOLDER holds exp1.jsonl, other.jsonl"
    assert message(tmp_path / "no" / "exp1") == "exp1: no such log; the folder FOLDER does not exist"


def test_a_folder_that_the_system_refuses_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> None:
        raise PermissionError(13, os.strerror(13), str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert message(tmp_path) == "FOLDER: cannot be read: Permission denied"
    assert message(tmp_path / "exp1") == "exp1: cannot be read: Permission denied"
