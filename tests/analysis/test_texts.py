"""Texts of examples: held, or read from the log again."""

from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal
from small_logs import line, numbered, write

from grpolog.analysis import read, texts
from grpolog.analysis.completions import matching, names_of
from grpolog.analysis.prompts import prompt_texts
from grpolog.analysis.reading import groups_to_read
from grpolog.analysis.where import condition
from grpolog.errors import LogError
from grpolog.trends import Alert

SAID = [
    {"completion": "a" * 40, "prompt": "1 + 1", "extra": {"gold": "2"}},
    {"completion": "a" * 40, "prompt": "1 + 1"},
    {"completion_messages": [{"role": "assistant", "content": "é \u2028 \\n"}], "prompt_messages": [{"content": "?"}]},
    {"completion": "", "prompt": "2 + 2"},
]


def lines(**more: Any) -> list[bytes]:
    """Three steps with examples of every kind, and other events between them."""
    fields: dict[str, Any] = {"total": 0.5, "rewards": {"a": 1.0}} | more
    return numbered(
        line("run"),
        *(
            written
            for step in (1, 2, 3)
            for index, said in enumerate(SAID)
            for written in (
                line("step", step),
                line("example", step, index=index, prompt_id=f"p{index}", **said, **fields),
            )
        ),
    )


@pytest.fixture
def none_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any text is held."""
    monkeypatch.setattr(texts, "HELD", 100)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "exp1.jsonl", *lines())


@pytest.mark.usefixtures("none_held")
def test_a_large_log_reads_as_a_small_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = read(path, now=0.0)
    monkeypatch.undo()
    whole = read(path, now=0.0)
    assert "completion" not in run.tables["example"].columns
    assert "completion" in whole.tables["example"].columns
    assert_frame_equal(run.examples, whole.examples)
    assert_frame_equal(run.kept, whole.kept, check_column_order=False)
    assert run.audit == whole.audit


@pytest.mark.usefixtures("none_held")
def test_the_texts_of_some_rows_come_in_their_order(path: Path) -> None:
    run = read(path, now=0.0)
    rows = run.kept.filter(index=0).sort("step", descending=True)
    assert run.with_texts(rows).select("step", "completion").rows() == [(3, "a" * 40), (2, "a" * 40), (1, "a" * 40)]
    assert run.with_texts(rows.clear()).height == 0


@pytest.mark.parametrize("held", [0, 10**9])
def test_what_is_known_without_texts_is_length_and_whether_completions_differ(
    path: Path, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr(texts, "HELD", held)
    kept = read(path, now=0.0).kept.filter(step=2)
    assert kept["length"].to_list()[:2] == [40, 40]
    assert kept["length"][3] == 0
    assert kept["fingerprint"].n_unique() == 3
    assert kept["place"].to_list() == [4, 5, 6, 7]


@pytest.mark.usefixtures("none_held")
def test_parts_that_were_closed_meanwhile_are_found(tmp_path: Path, path: Path) -> None:
    run = read(path, now=0.0)
    path.rename(tmp_path / "exp1.0001.jsonl")
    write(tmp_path / "exp1.0001.jsonl.zst", *lines())
    (tmp_path / "exp1.0001.jsonl").unlink()
    write(path, *numbered(line("step", 4), line("example", 4, completion="later"), first=1000))
    assert run.examples["completion"].to_list() == 3 * ["a" * 40, "a" * 40, None, ""]


@pytest.mark.usefixtures("none_held")
def test_lines_of_another_writer_are_found(tmp_path: Path) -> None:
    data = [written.replace(b'"attempt":0,', b'"attempt": 0, ') for written in lines()]
    run = read(write(tmp_path / "exp1.jsonl", *data), now=0.0)
    assert run.examples["prompt"].to_list() == 3 * ["1 + 1", "1 + 1", None, "2 + 2"]


@pytest.mark.usefixtures("none_held")
def test_what_is_no_longer_there_is_an_error(path: Path) -> None:
    run = read(path, now=0.0)
    write(path, *lines()[:4])
    with pytest.raises(LogError, match="11 completions that were read before are no longer there"):
        run.with_texts(run.kept)


@pytest.mark.usefixtures("none_held")
def test_all_that_reads_texts_reads_them_of_a_large_log_too(path: Path) -> None:
    run = read(path, now=0.0)
    where = condition('completion contains "é" and step > 1', names_of(run))
    assert matching(run, where).select("step", "index").rows() == [(2, 2), (3, 2)]
    assert prompt_texts(run, ["p0", "p2"]) == {"p0": "1 + 1", "p2": "user: ?"}
    alert = Alert(rule="mode_collapse", metric="quality/distinct_share", severity="warning", step=3, message="m")
    assert [group.shows for group in groups_to_read(run, 0, alert, None)] == 3 * ["3 of 4 answers differ"]


@pytest.mark.usefixtures("none_held")
def test_repeated_lines_of_a_large_log_are_left_out(tmp_path: Path) -> None:
    once = lines()
    run = read(write(tmp_path / "exp1.jsonl", *once, once[-1]), now=0.0)
    assert (run.kept.height, run.losses.counts["repeated line"]) == (12, 1)
