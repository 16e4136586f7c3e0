"""Rows of foreign logs as a table, held against the table of their events."""

from math import inf, nan

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from grpolog import jsonl
from grpolog.analysis.columns import LINE
from grpolog.analysis.location import locate
from grpolog.analysis.step_rows import StepRows
from grpolog.analysis.tables import read_tables
from grpolog.sources.part import Part, Shape, StepRow

NAMES = ("loss", "kl", "reward", "epoch", "rewards/acc/mean", "own", "own/a~b")
NUMBERS = st.floats(width=64) | st.sampled_from([nan, inf, -inf, -0.0])


def part(mode="train", eval_name=None, **values):
    return Part(Shape(mode, eval_name, values), tuple(values.values()))


@st.composite
def rows(draw):
    found = []
    for seq in range(draw(st.integers(1, 8))):
        names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
        place = draw(st.sampled_from([("train", None), ("eval", None), ("eval", "math")]))
        values = tuple(draw(NUMBERS) for _ in names)
        time = draw(st.sampled_from([0.0, 1.7e9]))
        found.append(StepRow(Part(Shape(*place, names), values), seq // 2, draw(st.integers(0, 1)), seq, time))
    return found


@given(rows())
def test_rows_and_the_lines_of_their_events_give_one_table(tmp_path_factory: pytest.TempPathFactory, found) -> None:
    log = tmp_path_factory.mktemp("log") / "exp.jsonl"
    log.write_bytes(b"".join(jsonl.encode(row.event()) for row in found))
    written = (
        read_tables(locate(log))
        .events["step"]
        .with_columns(
            time=pl.when(pl.col("time") != 0).then("time")  # written as 0, unknown in a run made of the source
        )
    )
    kept = StepRows()
    for line, row in enumerate(found, start=1):
        kept.add(row, line)
    assert_frame_equal(kept.table(), written, check_column_order=False, check_exact=True)


def test_keys_have_columns_in_the_order_of_their_appearance() -> None:
    kept = StepRows()
    for line, values in enumerate(({"loss": 1.0, "b": 2.0}, {"c": 3.0, "b": 4.0}, {"b": 5.0, "loss": 6.0}), start=1):
        kept.add(StepRow(part(**values), line, 0, line, 0.0), line)
    table = kept.table()
    assert [name for name in table.columns if name.startswith("metrics/")] == ["metrics/b", "metrics/c"]
    assert table.select(LINE, "loss", "metrics/b").rows() == [(1, 1.0, 2.0), (2, None, 4.0), (3, 6.0, 5.0)]


def test_equal_numbers_have_one_digest_in_any_order_and_about_one_thing() -> None:
    def digest(row: Part) -> int:
        return row.shape.digest(row.values)

    assert digest(part(a=1.0, b=nan)) == digest(part(b=nan, a=1.0))
    others = [part(a=nan, b=1.0), part(a=1.0), part("eval", None, a=1.0, b=nan), part("eval", "math", a=1.0, b=nan)]
    assert len({digest(part(a=1.0, b=nan)), *map(digest, others)}) == 5
