import numpy as np

from grpolog.trends import Table

ROWS = [(5, {"a": 1.0}), (6, {"a": 2.0, "b": 3.0}), (4, {}), (6, {"b": 4.0})]


def as_rows(table: Table) -> list[tuple[int, dict[str, float]]]:
    rows: list[tuple[int, dict[str, float]]] = [(int(step), {}) for step in table.steps]
    for name, column in table.columns.items():
        for row, value in zip(column.rows, column.values, strict=True):
            rows[row][1][name] = float(value)
    return rows


def test_a_table_holds_its_rows() -> None:
    assert as_rows(Table.of(ROWS)) == ROWS
    assert len(Table.of(ROWS)) == 4
    assert as_rows(Table.of([])) == []


def test_values_that_are_no_numbers_are_left_out() -> None:
    assert as_rows(Table.of([(1, {"a": None, "b": "x", "c": True, "d": 2})])) == [(1, {"d": 2.0})]


def test_the_rows_up_to_a_step_keep_their_order() -> None:
    assert as_rows(Table.of(ROWS).up_to(5)) == [ROWS[0], ROWS[2]]
    assert Table.of(ROWS).up_to(5).columns.keys() == {"a"}


def test_a_metric_along_rows_is_nan_where_it_is_missing() -> None:
    table = Table.of(ROWS)
    np.testing.assert_array_equal(table.along("b", np.array([0, 1, 3])), [np.nan, 3.0, 4.0])
    np.testing.assert_array_equal(table.along("c", np.array([0, 1])), [np.nan, np.nan])
