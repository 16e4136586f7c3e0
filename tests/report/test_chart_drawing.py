import math
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from hostile import CORPUS

from grpolog.report.charts import blocks, chart, sparkline, swatch, table
from grpolog.report.charts.palette import LIGHT, dash, hue
from grpolog.report.curves import series
from grpolog.report.model import Mark, Panel, Series

SVG = "{http://www.w3.org/2000/svg}"


def line(values: list[float], label: str = "a", **more: object) -> Series:
    x = np.arange(1.0, len(values) + 1)
    return series(label, label, x, np.array(values, dtype=float), **more)  # type: ignore[arg-type]


def panel(*lines: Series, **more: object) -> Panel:
    return Panel("panel-x", "Title", "About.", "unit", lines, **more)  # type: ignore[arg-type]


def drawn(*lines: Series, **more: object) -> ET.Element:
    text = str(chart(panel(*lines, **more)))
    return ET.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def paths(svg: ET.Element, name: str) -> list[str]:
    return [path.attrib["d"] for path in svg.iter(f"{SVG}path") if path.attrib.get("class") == name]


def points(svg: ET.Element) -> list[tuple[float, float]]:
    """All points of the first line, from its relative path."""
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", paths(svg, "s0")[0])]
    steps = list(zip(numbers[::2], numbers[1::2], strict=True))
    return [(sum(x for x, _ in steps[: i + 1]), sum(y for _, y in steps[: i + 1])) for i in range(len(steps))]


def dots(svg: ET.Element) -> list[tuple[float, float]]:
    """Where the first line has dots: pieces of no length with round ends."""
    return [(float(x), float(y)) for x, y in re.findall(r"M([\d.]+) ([\d.]+)h0", paths(svg, "s0")[1])]


@pytest.mark.parametrize(
    "values",
    [
        [0.5], [0.5, 0.7], [0.0] * 9, [1e9] * 9, [-3.0, -2.0, -1.0], [1e-9, 2e-9, 3e-9], [1e9, 2e9], [math.nan, 1.0],
        [math.nan] * 3, [1.0, math.inf, 2.0], list(range(5000)), [0.1] * 500 + [1e6],
    ],
)  # fmt: skip
def test_every_point_lies_inside_the_drawing(values: list[float]) -> None:
    svg = drawn(line(values))
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    assert all(0 <= x <= width and 0 <= y <= height for x, y in (*points(svg), *dots(svg)))
    assert "nan" not in ET.tostring(svg, "unicode").replace("is not finite", "").lower()


def test_a_rising_series_rises_on_the_page() -> None:
    placed = points(drawn(line([0.1, 0.2, 0.4, 0.8])))
    assert all(a[0] < b[0] and a[1] > b[1] for a, b in pairwise(placed))


def test_a_panel_without_values_draws_nothing() -> None:
    assert chart(panel()) == ""
    assert chart(panel(line([]))) == ""


def test_a_gap_splits_the_line_and_a_cross_marks_it() -> None:
    svg = drawn(line([1.0, 2.0, math.nan, 2.0, 1.0]))
    assert paths(svg, "s0")[0].count("M") == 2
    titles = [title.text for title in svg.iter(f"{SVG}title")]
    assert "a is not finite at step 3" in titles


def test_a_hole_in_the_steps_is_left_open() -> None:
    x = np.array([*range(1, 20), *range(200, 220)], dtype=float)
    svg = drawn(series("a", "a", x, np.ones(len(x))))
    assert paths(svg, "s0")[0].count("M") == 2


def test_sparse_points_are_joined_and_dotted() -> None:
    x = np.array([0.0, 1.0, 2.0, 300.0])
    svg = drawn(series("a", "a", x, np.ones(4), sparse=True))
    assert paths(svg, "s0")[0].count("M") == 1
    assert len(dots(svg)) == 4


def test_a_lone_point_between_gaps_is_a_dot() -> None:
    values = [1.0] * 40
    values[19] = values[21] = math.nan
    svg = drawn(line(values))
    assert len(dots(svg)) == 1


def test_a_value_off_the_scale_gets_an_arrow() -> None:
    svg = drawn(line([*np.linspace(0, 1, 40), 500.0]))
    assert len(paths(svg, "ink")) == 1
    assert "500" in [title.text for title in svg.iter(f"{SVG}title")][-1]


def test_a_long_series_is_drawn_with_at_most_180_points_and_a_band_of_90() -> None:
    svg = drawn(line([float(i % 7) for i in range(100_000)]))
    assert paths(svg, "s0")[0].count("l") < 180
    assert paths(svg, "f0")[0].count("l") < 180


def test_ghosts_are_drawn_beside_the_line_that_replaced_them() -> None:
    ghost = (np.array([2.0, 3.0]), np.array([5.0, 6.0]))
    svg = drawn(line([1.0, 2.0, 3.0], ghosts=(ghost,)))
    assert len(paths(svg, "ghost")) == 1


def test_bands_of_many_lines_are_drawn_where_the_panel_wants_them_and_those_of_one_not_where_it_does_not() -> None:
    lines = [line(list(range(k, k + 5000)), f"l{k}") for k in range(3)]
    areas = [[len(paths(drawn(*lines, bands=bands), f"f{k}")) for k in range(3)] for bands in (None, True, False)]
    assert areas == [[0, 0, 0], [1, 1, 1], [0, 0, 0]]
    assert paths(drawn(lines[0], bands=False), "f0") == []


@pytest.mark.parametrize(
    ("across", "title", "place"),
    [("step", "optimizer step", "step 4"), ("tokens", "tokens so far", "4 tokens"),
     ("minutes", "minutes of training", "4 minutes")],
)  # fmt: skip
def test_an_axis_says_what_it_shows(across: str, title: str, place: str) -> None:
    whole = panel(line([1.0, 2.0, math.nan, 8.0]), across=across)
    svg = drawn(*whole.series, across=across)
    words = [element.text or "" for element in svg.iter() if element.tag in (f"{SVG}text", f"{SVG}desc", f"{SVG}title")]
    assert title in words
    assert f"highest 8 at {place}." in " ".join(words)
    assert f"a is not finite at {place.replace('4', '3')}" in words
    assert table(whole).head[-1] == f"to {place}"


def test_twelve_series_differ_in_hue_or_dash_and_so_do_the_first_six_in_both() -> None:
    signs = [(hue(i), dash(i)) for i in range(12)]
    assert len(set(signs)) == 12
    assert len({h for h, _ in signs[:6]}) == len({d for _, d in signs[:6]}) == 6
    assert all(LIGHT[hue(i)] in swatch(i) for i in range(12))


def test_stacked_areas_reach_the_sum() -> None:
    svg = drawn(line([1.0, 1.0, 1.0], "a"), line([2.0, 2.0, 2.0], "b"), stacked=True)
    labels = [text.text for text in svg.iter(f"{SVG}text")]
    assert "3" in labels
    assert "0" in labels
    assert len(paths(svg, "f0")) == len(paths(svg, "f1")) == 1


def test_marks_say_what_happened() -> None:
    marks = (Mark(2, "resume", "resumed from step 2"), Mark(3, "error", "error at step 3: x", "alert-1", "a"))
    svg = drawn(line([1.0, 2.0, 3.0, 4.0]), marks=marks)
    titles = [title.text for title in svg.iter(f"{SVG}title")]
    assert titles[1:] == ["resumed from step 2", "error at step 3: x"]
    assert len(paths(svg, "error sign")) == 1


def test_the_drawing_needs_no_style_sheet() -> None:
    svg = drawn(line([1.0, 2.0, 3.0]), line([3.0, 2.0, 1.0], "b"))
    for path in svg.iter(f"{SVG}path"):
        assert "stroke" in path.attrib or "fill" in path.attrib
    assert not any("style" in element.attrib for element in svg.iter())
    assert svg.attrib["role"] == "img"


@pytest.mark.parametrize("text", [text for text in CORPUS if text])
def test_hostile_names_stay_text(text: str) -> None:
    hostile = Panel("panel-x", text, text, text, (line([1.0, math.nan, 2.0], text),), (Mark(2, "info", text, "k"),))
    svg = ET.fromstring(str(chart(hostile)).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))
    allowed = {"svg", "g", "path", "text", "title", "desc", "circle", "rect", "line"}
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} <= allowed


def test_the_table_says_the_course_in_eight_means() -> None:
    found = table(panel(line([float(v) for v in range(1, 81)])))
    assert found.head[5:] == tuple(f"to step {end:,.0f}" for end in np.linspace(1, 80, 9)[1:])
    assert found.rows[0][:5] == ("a", "80", "0", "1 at 1", "80 at 80")
    assert len(found.rows[0]) == len(found.head)


def test_the_table_leaves_out_what_is_not_known() -> None:
    found = table(panel(line([1.0, math.nan]), line([], "b")))
    assert [row[0] for row in found.rows] == ["a"]
    assert found.rows[0][-1] == "–"


def test_blocks_show_eight_heights_and_blanks() -> None:
    assert blocks([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert blocks([2.0, 2.0]) == "▄▄"
    assert blocks([0.1, (0.1 + 0.1 + 0.1) / 3, 0.1]) == "▄▄▄"  # means of a constant differ in their last bit
    assert blocks([0.0, math.nan, 1.0]) == "▁ █"
    assert blocks([]) == ""


def test_sparklines_of_few_values_are_drawn() -> None:
    assert "polyline" not in sparkline([1.0])
    assert "circle" in sparkline([1.0])
    assert "circle" not in sparkline([])
    assert "nan" not in sparkline([1.0, math.nan, 2.0])
