"""Damage of every kind is found and named; what a crash or a full disk leaves is none."""

import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_logs import change, content, copied, record
from small_logs import line, numbered, write

import grpolog
from grpolog.analysis.integrity import Verified, verify
from grpolog.errors import LogError
from grpolog.jsonl import Limits, limited

VOUCHED = "its bytes are not those that {} vouches for (SHA-256)"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("runs") / "exp1.jsonl")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("plain") / "exp1.jsonl", compress=False)


@pytest.fixture
def log(whole: Path, tmp_path: Path) -> Path:
    return copied(whole, tmp_path / "copy")


def damage(found: Verified) -> list[str]:
    """What is named, files without their folder."""
    return [f"{m.path.name}{f':{m.line}' if m.line else ''} {m.kind}: {m.what}" for m in found.damage]


def kinds(found: Verified) -> set[str]:
    return {mark.kind for mark in found.damage}


def notes(found: Verified) -> list[str]:
    return [f"{m.path.name}{f':{m.line}' if m.line else ''} {m.kind}" for m in found.notes]


def lines_of(path: Path) -> list[bytes]:
    return content(path).splitlines(keepends=True)


def rewrite(path: Path, lines: list[bytes]) -> None:
    change(path, lambda _: b"".join(lines))


def test_a_line_longer_than_is_read_is_named_and_its_part_is_not_called_changed(tmp_path: Path) -> None:
    log = tmp_path / "long.jsonl"
    with grpolog.Recorder(log, console=0, max_bytes=20_000, compress=False, examples="all") as recorder:
        for step in range(1, 20):
            recorder.log_batch(step, ["1 + 1"] * 2, ["2" * 5_000, "3"], {"accuracy": [1.0, 0.0]})
    assert verify(log).intact
    with limited(Limits(line=4_000)):
        found = verify(log)
    assert len(found.parts) > 3
    assert {m.what for m in found.damage} == {"is longer than 4 KB, left out (--allow line=SIZE)"}


def test_a_recorded_log_is_intact_and_its_closed_parts_have_checksums(whole: Path) -> None:
    found = verify(whole)
    assert (damage(found), notes(found), found.intact) == ([], [], True)
    assert {(part.rank, part.number is None): part.checksum for part in found.parts} == {
        (0, False): "matches",
        (0, True): "none",
        (1, False): "matches",
        (1, True): "none",
    }
    assert found.events == sum(len(lines_of(part.path)) for part in found.parts)


def test_the_shipped_recording_is_intact() -> None:
    assert verify(Path(grpolog.__file__).parent / "demo" / "recorded.jsonl.zst").intact


def test_a_changed_digit_is_found_by_the_checksum_alone(log: Path) -> None:
    change(log.with_name("exp1.0002.jsonl.zst"), lambda data: data.replace(b'"mean":0.', b'"mean":1.', 1))
    assert damage(verify(log)) == [f"exp1.0002.jsonl.zst changed part: {VOUCHED.format('exp1.0003.jsonl.zst:1')}"]


def test_a_removed_line_is_named_by_its_number(log: Path) -> None:
    part = log.with_name("exp1.rank1.0001.jsonl.zst")
    lines = lines_of(part)
    rewrite(part, lines[:5] + lines[6:])
    assert damage(verify(log)) == [
        f"exp1.rank1.0001.jsonl.zst changed part: {VOUCHED.format('exp1.rank1.0002.jsonl.zst:1')}",
        "exp1.rank1.0001.jsonl.zst:6 missing event: before this line number 5 of attempt 0 missing",
    ]


@pytest.mark.parametrize("start", [0, 3, 5])
def test_a_part_without_checksum_is_checked_by_its_numbers(tmp_path: Path, start: int) -> None:
    lines = numbered(line("run"), *(line("step", n) for n in range(1, 8)))
    log = write(tmp_path / "exp1.jsonl", *lines[:start], *lines[start + 1 :])
    assert damage(verify(log)) == [
        f"exp1.jsonl:{start + 1} missing event: before this line number {start} of attempt 0 missing"
    ]
    write(log, *lines[: start + 1], *lines[start:])
    assert damage(verify(log)) == [
        f"exp1.jsonl:{start + 2} repeated line: number {start} of attempt 0 stands here a second time"
    ]
    write(log, *lines[:start], lines[start + 1], lines[start], *lines[start + 2 :])
    assert [text.split(": ")[0] for text in damage(verify(log))] == [f"exp1.jsonl:{start + 1} unordered line"]


@pytest.mark.parametrize(("source", "target"), [(2, 20), (20, 2), (1, 21)])
def test_a_line_moved_far_is_the_only_one_that_is_named(tmp_path: Path, source: int, target: int) -> None:
    lines = numbered(line("run"), *(line("step", n) for n in range(1, 25)), first=0)
    lines.insert(target, lines.pop(source))
    found = verify(write(tmp_path / "exp1.jsonl", *lines))
    assert [text.partition(" of attempt")[0] for text in damage(found)] == [
        f"exp1.jsonl:{target + 1} unordered line: number {source}"
    ]


def test_the_end_of_an_attempt_behind_the_next_one_is_out_of_order_and_not_repeated(tmp_path: Path) -> None:
    first = numbered(line("run"), *(line("step", n) for n in range(1, 5)))
    then = numbered(line("run", attempt=1), *(line("step", n, attempt=1) for n in range(1, 5)))
    found = verify(write(tmp_path / "exp1.jsonl", *first[:-1], *then[:3], first[-1], *then[3:]))
    assert damage(found) == [
        "exp1.jsonl:8 unordered line: number 4 of attempt 0 stands behind number 2: the order was changed"
    ]


def test_a_wrong_number_is_named_itself_and_not_what_follows(tmp_path: Path) -> None:
    lines = numbered(line("run"), *(line("step", n) for n in range(1, 25)))
    lines[7] = lines[7].replace(b'"seq":7', b'"seq":907')
    assert damage(verify(write(tmp_path / "exp1.jsonl", *lines))) == [
        "exp1.jsonl:8 wrong number: carries number 907 of attempt 0 where number 7 belongs"
    ]


def test_a_line_that_is_no_json_or_no_event_is_named_with_its_field(tmp_path: Path) -> None:
    lines = numbered(line("run"), *(line("step", n, loss=0.5) for n in range(1, 9)))
    lines[2] = lines[2].replace(b'"loss":0.5', b'"loss":NaN')
    lines[4] = lines[4].replace(b'"loss":0.5', b'"loss":"no"')
    lines[5] = lines[5].replace(b'"step":5', b'"step":-5')
    lines[6] = b"###" + lines[6]
    lines[8] = lines[8].replace(b'"rank":0', b'"rank":2')
    named = [text.split(": ", 1) for text in damage(verify(write(tmp_path / "exp1.jsonl", *lines)))]
    assert [place for place, _ in named] == [
        "exp1.jsonl:3 invalid line",
        "exp1.jsonl:5 invalid event",
        "exp1.jsonl:6 invalid event",
        "exp1.jsonl:7 invalid line",
        "exp1.jsonl:9 invalid event",
    ]
    assert named[1][1].startswith("step event: Input should be a valid number @ $.")
    assert named[1][1].endswith("loss")
    assert named[4][1] == "is of rank 2, in a part of rank 0"


def test_what_a_newer_version_may_have_added_is_a_note(tmp_path: Path) -> None:
    lines = numbered(line("run"), *(line("step", n) for n in range(1, 5)))
    lines[2] = lines[2].replace(b'"time"', b'"later":1,"time"')
    lines[3] = lines[3].replace(b'"event":"step"', b'"event":"later"')
    found = verify(write(tmp_path / "exp1.jsonl", *lines))
    assert (damage(found), notes(found)) == ([], ["exp1.jsonl:3 unknown", "exp1.jsonl:4 unknown"])


def test_a_line_nested_as_deep_as_the_recorder_writes_is_no_damage(tmp_path: Path) -> None:
    deep: dict[str, object] = {}
    for _ in range(240):
        deep = {"a": deep}
    found = verify(write(tmp_path / "exp1.jsonl", *numbered(line("run", config=deep), line("step"))))
    assert (damage(found), notes(found)) == ([], [])


@pytest.mark.parametrize(
    ("gone", "named"),
    [
        ("exp1.0001.jsonl.zst", "exp1.0001.jsonl missing part: the part is missing"),
        ("exp1.rank1.0002.jsonl.zst", "exp1.rank1.0002.jsonl missing part: the part is missing"),
        (
            "exp1.jsonl",
            "exp1.jsonl missing part: the last part is missing",
        ),
    ],
)
def test_a_missing_part_is_named(log: Path, gone: str, named: str) -> None:
    log.with_name(gone).unlink()
    assert named in damage(verify(log))


def test_a_run_that_died_between_two_parts_is_intact(log: Path) -> None:
    log.unlink()
    newest = sorted(log.parent.glob("exp1.0*"))[-1]
    newest.with_suffix("").write_bytes(content(newest))  # it was not compressed yet
    newest.unlink()
    found = verify(log)
    assert (damage(found), notes(found)) == ([], [f"{newest.stem} no checksum", "exp1.jsonl no live part"])


def test_a_missing_rank_is_named_once_all_ranks_had_begun(tmp_path: Path) -> None:
    start = line("run", 0, world_size=3, capture="trainer")
    log = write(tmp_path / "exp1.jsonl", start)
    write(tmp_path / "exp1.rank1.jsonl", line("perf", rank=1))
    assert verify(log).intact
    write(log, *numbered(start, line("step")))
    assert damage(verify(log)) == ["exp1.rank2.jsonl missing rank: nothing of rank 2 is there"]


def test_a_missing_attempt_is_named(tmp_path: Path) -> None:
    log = write(tmp_path / "exp1.jsonl", line("run"), line("run", attempt=2), line("run", attempt=4))
    assert damage(verify(log)) == ["exp1.jsonl missing attempt: nothing of 2 attempts: 1, 3 is there"]


def test_a_torn_last_line_and_a_part_that_is_being_compressed_are_no_damage(plain: Path, tmp_path: Path) -> None:
    log = copied(plain, tmp_path / "copy")
    log.write_bytes(log.read_bytes()[:-10])
    log.with_name("exp1.0003.jsonl.zst.tmp").write_bytes(b"half")
    log.with_name("exp1.0003.jsonl.zst").write_bytes(b"(\xb5/\xfd")
    found = verify(log)
    assert (damage(found), [text.split(":")[0] for text in notes(found)]) == ([], ["exp1.jsonl"])
    log.write_bytes(b"")  # the process died between two parts
    found = verify(log)
    assert damage(found) == []
    newest = max(part.path.name for part in found.parts if part.rank == 0 and part.number is not None)
    assert notes(found) == [f"{newest} no checksum"]


def test_a_log_that_lost_events_and_says_so_is_intact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "exp1.jsonl"
    dice, real = random.Random(3), os.write

    def unlucky(fd: int, data: bytes) -> int:
        if dice.random() < 0.2:
            raise OSError(28, "No space left on device")
        return real(fd, data)

    with pytest.warns(RuntimeWarning), grpolog.Recorder(log, console=0, stall_seconds=0, max_bytes=4096) as run:
        run.log_step(1, {"loss": 1.0})
        monkeypatch.setattr("grpolog.record.writer.os.write", unlucky)
        for step in range(2, 120):
            run.log_step(step, {"loss": 1.0})
        monkeypatch.undo()
    found = verify(log)
    assert damage(found) == []
    assert ["missing" in mark.what for mark in found.notes] == [True, False]


def test_a_removed_line_beside_counted_losses_is_damage(tmp_path: Path) -> None:
    end = line("run", 8, phase="end", lost={"event": 2})
    lines = numbered(line("run"), *(line("step", n) for n in range(1, 9)), end)
    log = write(tmp_path / "exp1.jsonl", *lines[:3], *lines[5:])
    assert verify(log).intact
    write(log, *lines[:3], *lines[5:7], *lines[8:])
    known = "of attempt 0 missing (of 3 missing ones the log itself explains 2)"
    assert damage(verify(log)) == [
        f"exp1.jsonl:4 missing event: before this line numbers 3 to 4 {known}",
        f"exp1.jsonl:6 missing event: before this line number 7 {known}",
    ]


def test_a_log_of_another_program_cannot_be_verified(tmp_path: Path) -> None:
    state = tmp_path / "trainer_state.json"
    state.write_text(json.dumps({"log_history": [{"step": 1, "loss": 0.1}]}))
    with pytest.raises(LogError, match="another program"):
        verify(state)


def damaged(log: Path, part: Path, data: bytes) -> Verified:
    """What is found when a part holds other bytes; the log is as it was afterwards."""
    before = part.read_bytes()
    part.write_bytes(data)
    try:
        return verify(log)
    finally:
        part.write_bytes(before)


def closed_parts(log: Path) -> list[Path]:
    return sorted(log.parent.glob("*.0*.jsonl*"))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_byte_flipped_in_a_closed_part_is_found(plain: Path, data: st.DataObject) -> None:
    part = data.draw(st.sampled_from(closed_parts(plain)))
    flipped = bytearray(part.read_bytes())
    flipped[data.draw(st.integers(0, len(flipped) - 1))] ^= data.draw(st.integers(1, 255))
    assert part in {mark.path for mark in damaged(plain, part, flipped).damage}


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_byte_flipped_in_a_compressed_part_is_found_if_it_reads_otherwise(whole: Path, data: st.DataObject) -> None:
    part = data.draw(st.sampled_from(closed_parts(whole)))
    before, flipped = content(part), bytearray(part.read_bytes())
    flipped[data.draw(st.integers(0, len(flipped) - 1))] ^= data.draw(st.integers(1, 255))
    found = damaged(whole, part, flipped)
    if found.intact:  # a bit of the frame's header that means nothing here
        (part.parent.parent / "flipped.jsonl.zst").write_bytes(flipped)
        assert content(part.parent.parent / "flipped.jsonl.zst") == before
    else:
        assert part in {mark.path for mark in found.damage}


def after(log: Path, part: Path, place: int) -> bool:
    """Whether events of the same attempt follow a line of a part."""
    records = [json.loads(text) for path in sorted(log.parent.glob("*.jsonl*")) for text in lines_of(path)]
    own = json.loads(lines_of(part)[place])
    numbers = [r["seq"] for r in records if (r["attempt"], r["rank"]) == (own["attempt"], own["rank"])]
    return own["seq"] < max(numbers)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_line_removed_repeated_or_moved_is_named(plain: Path, data: st.DataObject) -> None:
    part = data.draw(st.sampled_from([*closed_parts(plain), plain, plain.with_name("exp1.rank1.jsonl")]))
    lines = lines_of(part)
    last = part in (plain, plain.with_name("exp1.rank1.jsonl"))
    how = data.draw(st.sampled_from(["removed", "repeated", "moved"]))
    source = data.draw(st.integers(0, len(lines) - 1))
    if how == "removed":
        del lines[source]
        if after(plain, part, source):
            expected = {"missing event"}
        else:  # of the last event of an attempt only the checksum can tell
            assert damaged(plain, part, b"".join(lines)).intact == last
            return
    elif how == "repeated":
        lines.insert(data.draw(st.integers(0, len(lines))), lines[source])
        expected = {"repeated line", "unordered line"}
    else:
        target = data.draw(st.integers(0, len(lines) - 1).filter(lambda n: n != source))
        lines.insert(target, lines.pop(source))
        expected = {"unordered line"}
    named = {mark.kind for mark in damaged(plain, part, b"".join(lines)).damage if mark.line is not None}
    assert named & expected
    assert named <= expected


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_log_cut_anywhere_in_its_live_part_is_intact(plain: Path, data: st.DataObject) -> None:
    size = data.draw(st.integers(0, plain.stat().st_size))
    assert damaged(plain, plain, plain.read_bytes()[:size]).intact
