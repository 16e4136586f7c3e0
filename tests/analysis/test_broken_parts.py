"""Parts that end early, are no archives, or hold no events, and blocks that end anywhere: the rest is read."""

from pathlib import Path

import pytest
from small_logs import line, losses, steps, write

from grpolog.analysis import read, tables
from grpolog.analysis.blocks import blocks


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_a_part_that_was_cut_off_is_read_up_to_there(tmp_path: Path, cut: float) -> None:
    many = [line("example", n, n - 1, completion=f"{hash(str(n)):x}" * 9) for n in range(1, 2001)]
    packed = write(tmp_path / "exp1.0001.jsonl.zst", *many)
    write(tmp_path / "exp1.jsonl", *steps(2001, first=2000))
    packed.write_bytes(packed.read_bytes()[: int(packed.stat().st_size * cut)])
    run = read(tmp_path / "exp1")
    kept = run.examples.height
    assert 0 < kept < 2000
    assert run.examples["step"].to_list() == list(range(1, kept + 1))
    assert run.audit.losses_by_kind["cut-off part"] == 1
    assert any(
        text.startswith("exp1.0001.jsonl.zst:") and "the compressed part ends early: Compressed file ended" in text
        for text in losses(run)
    )
    assert run.audit.gaps[0].first == kept
    assert run.steps["step"].to_list() == [2001]


def test_a_part_that_is_no_archive_leaves_the_others(tmp_path: Path) -> None:
    write(tmp_path / "exp1.0001.jsonl.zst", *steps(1)).write_bytes(b"garbage")
    write(tmp_path / "exp1.jsonl", *steps(2, first=1))
    run = read(tmp_path / "exp1")
    assert run.steps["step"].to_list() == [2]
    assert [text.split(": ")[:2] for text in losses(run)] == [
        ["exp1.0001.jsonl.zst:1", "the compressed part ends early"],
        ["exp1.jsonl:1", "before this line 1 of attempt 0, rank 0 missing (number 0)"],
    ]


def test_a_long_part_without_any_event_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "blocks", lambda path, **options: blocks(path, 100, **options))
    write(tmp_path / "exp1.0001.jsonl", *[b'{"text":"a b"}\n'] * 100)
    write(tmp_path / "exp1.jsonl", *steps(1))
    run = read(tmp_path / "exp1")
    assert run.audit.losses_by_kind == {"invalid line": 7}
    assert losses(run)[-1] == "exp1.0001.jsonl:6: no event up to here; the rest of the part is left out"


def test_lines_of_later_blocks_and_parts_keep_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "blocks", lambda path, **options: blocks(path, 200, **options))
    write(tmp_path / "exp1.0001.jsonl.zst", *steps(*range(1, 31)))
    write(tmp_path / "exp1.0002.jsonl")
    write(tmp_path / "exp1.jsonl", *steps(*range(31, 51), first=30), b"###\n", line("step", 52, 53))
    run = read(tmp_path / "exp1")
    assert run.steps["step"].to_list() == [*range(1, 51), 52]
    assert [text.split(": ")[0] for text in losses(run)] == ["exp1.jsonl:21", "exp1.jsonl:22"]
