"""A damaged log has a clean copy, which says what it lacks; the original stays as it is."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_logs import change, content, copied, record
from small_logs import line, numbered, write

import grpolog
from grpolog import jsonl
from grpolog.analysis.integrity import repair, verify
from grpolog.errors import LogError, UsageError


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("runs") / "exp1.jsonl")


@pytest.fixture
def log(whole: Path, tmp_path: Path) -> Path:
    return copied(whole, tmp_path / "copy")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def identities(log: Path) -> set[tuple[int, int, int]]:
    """Attempt, rank and number of every line."""
    records = [json.loads(text) for part in verify(log).parts for text in content(part.path).splitlines()]
    return {(r["attempt"], r["rank"], r["seq"]) for r in records}


def test_a_whole_log_is_copied_line_by_line(whole: Path, tmp_path: Path) -> None:
    done = repair(whole, tmp_path / "clean")
    assert (done.log, dict(done.lost), done.after.intact) == (tmp_path / "clean.jsonl", {}, True)
    pairs = zip(done.before.parts, done.after.parts, strict=True)
    assert all(content(a.path) == content(b.path).replace(b"clean.", b"exp1.") for a, b in pairs if a.number == 1)
    assert identities(done.log) == identities(whole)


def test_what_is_damaged_is_left_out_counted_and_told_to_every_reader(log: Path, tmp_path: Path) -> None:
    change(log.with_name("exp1.0001.jsonl.zst"), lambda data: data.replace(b'"event":"quality"', b"{", 2))
    change(log.with_name("exp1.0003.jsonl.zst"), lambda data: data.replace(b'"event":"step"', b'"event":"s"', 1))
    before = files(log.parent)
    done = repair(log, tmp_path / "clean.jsonl")
    assert dict(done.lost) == {"damaged line": 2, "changed part": 2}
    assert files(log.parent) == before
    after = verify(done.log)
    assert after.intact
    assert [str(mark).partition(": ")[2] for mark in after.notes if mark.kind == "repaired"] == [
        "attempt 0, rank 0 was repaired; not saved: damaged line (2)",
        "attempt 1, rank 0 was repaired; not saved: changed part (2)",
    ]
    sentence = grpolog.read(done.log).audit.sentences()[0]
    assert sentence.startswith("The log is not complete")


def test_a_line_that_is_removed_from_a_repaired_copy_is_damage(log: Path, tmp_path: Path) -> None:
    change(log.with_name("exp1.0001.jsonl.zst"), lambda data: data.replace(b'"event":"quality"', b"{", 1))
    done = repair(log, tmp_path / "clean.jsonl")
    change(done.log, lambda data: b"".join(data.splitlines(keepends=True)[1:]))
    assert {mark.kind for mark in verify(done.log).damage} == {"missing event", "missing checksum"}


@pytest.mark.parametrize("gone", ["exp1.0001.jsonl.zst", "exp1.0004.jsonl.zst", "exp1.jsonl", "exp1.rank1.jsonl"])
def test_a_log_without_one_of_its_parts_is_repaired(log: Path, tmp_path: Path, gone: str) -> None:
    log.with_name(gone).unlink()
    done = repair(log, tmp_path / "clean.jsonl")
    assert identities(done.log) == identities(log)
    assert repair(done.log, tmp_path / "again.jsonl").lost == {}


def test_attempts_and_ranks_that_are_gone_are_told(tmp_path: Path) -> None:
    start = {"world_size": 3, "capture": "trainer"}
    lines = numbered(line("run", attempt=2, **start), line("step", attempt=2))
    log = write(tmp_path / "exp1.jsonl", *lines, b'{"torn')
    done = repair(log, tmp_path / "clean.jsonl")
    assert dict(done.lost) == {"missing attempt": 2, "missing rank": 2, "torn line": 1}
    assert verify(done.log).intact


def test_an_attempt_without_any_run_event_gets_one_that_tells_what_is_missing(tmp_path: Path) -> None:
    steps = numbered(*(line("step", n) for n in range(1, 9)), first=1)
    done = repair(write(tmp_path / "exp1.jsonl", b"###\n", *steps), tmp_path / "clean.jsonl")
    last = json.loads(done.log.read_bytes().splitlines()[-1])
    assert (last["event"], last["seq"], last["lost"]) == ("run", 9, {"damaged line": 1})
    assert grpolog.read(done.log).steps["step"].to_list() == list(range(1, 9))


def test_a_number_that_is_never_reached_is_not_the_lines_own(tmp_path: Path) -> None:
    lines = numbered(line("run"), *(line("step", n) for n in range(1, 9)))
    odd = lines[3].replace(b'"seq":3', b'"seq":903')
    log = write(tmp_path / "exp1.jsonl", *lines[:3], odd, *lines[4:6], odd, *lines[6:])
    done = repair(log, tmp_path / "clean.jsonl")
    assert (dict(done.lost), len(identities(done.log))) == ({"damaged line": 1}, 8)


def test_a_run_event_of_a_newer_format_begins_no_part_of_the_copy(log: Path, tmp_path: Path) -> None:
    change(log.with_name("exp1.0002.jsonl.zst"), lambda data: data.replace(b'{"v":1', b'{"v":3', 1))
    done = repair(log, tmp_path / "clean.jsonl")
    assert (done.after.intact, dict(done.lost)) == (True, {"changed part": 1})
    assert len(done.after.parts) == len(done.before.parts) - 1
    assert identities(done.log) == identities(log)


@pytest.mark.parametrize("name", ["exp1.jsonl", "exp1", "exp1.0002.jsonl", "exp1.rank7.jsonl", "exp1.rank1.0001"])
def test_a_copy_is_never_written_into_the_original(log: Path, name: str) -> None:
    before = files(log.parent)
    for source in (log, log.parent):
        with pytest.raises(UsageError, match="never touched"):
            repair(source, log.with_name(name))
    with pytest.raises(UsageError, match="never touched"):
        repair(log.parent, log.parent / "deep" / "clean.jsonl")
    assert files(log.parent) == before


def test_what_is_there_already_is_not_replaced(log: Path, tmp_path: Path) -> None:
    (tmp_path / "clean.jsonl").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        repair(log, tmp_path / "clean")
    assert (tmp_path / "clean.jsonl").read_text() == "mine"


def test_nothing_is_left_where_nothing_can_be_saved(tmp_path: Path) -> None:
    log = write(tmp_path / "exp1.jsonl", b'{"v":1,"event":"run",###\n')
    with pytest.raises(LogError):
        repair(log, tmp_path / "clean.jsonl")
    assert files(tmp_path).keys() == {"exp1.jsonl"}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_has_a_clean_copy(whole: Path, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = copied(whole, Path(folder) / "copy")
        for _ in range(data.draw(st.integers(1, 4))):
            part = data.draw(st.sampled_from(sorted(log.parent.glob("*.jsonl*"))))
            spoil(part, data)
        before = files(log.parent)
        done = repair(log, Path(folder) / "clean.jsonl")
        assert files(log.parent) == before
        assert verify(done.log).intact
        assert not list(Path(folder).glob(".*"))


def spoil(part: Path, data: st.DataObject) -> None:
    """Damage a part in one of many ways."""
    how = data.draw(st.sampled_from(["byte", "remove", "repeat", "move", "number", "cut", "gone", "packed"]))
    if how == "gone":
        part.unlink()
        return
    if how == "packed":
        raw = bytearray(part.read_bytes())
        raw[data.draw(st.integers(len(raw) // 2, len(raw) - 1))] ^= 255
        part.write_bytes(raw)
        return
    try:
        lines = content(part).splitlines(keepends=True)
    except jsonl.BROKEN:  # an earlier damage keeps it from being unpacked
        return
    if not lines:
        return
    place = data.draw(st.integers(0, len(lines) - 1))
    if how == "byte":
        text = bytearray(lines[place])
        text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
        lines[place] = bytes(text)
    elif how == "remove":
        del lines[place]
    elif how == "repeat":
        lines.insert(data.draw(st.integers(0, len(lines))), lines[place])
    elif how == "move":
        lines.insert(data.draw(st.integers(0, len(lines) - 1)), lines.pop(place))
    elif how == "number":
        lines[place] = lines[place].replace(b'"seq":', b'"seq":9', 1)
    else:
        lines[place:] = [lines[place][: len(lines[place]) // 2]]
    change(part, lambda _: b"".join(lines))
