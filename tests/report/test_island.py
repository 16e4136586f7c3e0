import base64
import json
import math
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grpolog.report.charts.axis import value_axis
from grpolog.report.charts.frame import BOTTOM, HEIGHT, TOP
from grpolog.report.curves import EXACT, Floats, series
from grpolog.report.island import Island, Scale, island, scale_of
from grpolog.report.model import Curve, Panel, Series


@dataclass(frozen=True)
class Decoded:
    """A curve as the script of the page reads it."""

    x: Floats
    y: Floats
    low: Floats
    high: Floats


def decoded(made: Island) -> list[list[list[Decoded]]]:
    """Curves by series by panel."""
    head: dict[str, Any] = json.loads(json.dumps(made.head))
    raw = np.frombuffer(zlib.decompress(base64.b64decode(made.body), -15), np.uint8)
    at, steps = 0, []
    for n, first, unit in head["x"]:
        planes = raw[at : at + 4 * n].reshape(4, n).astype(np.float64)
        steps.append(first + unit * np.cumsum(planes.T @ (1, 256, 65536, 16777216)))
        at += 4 * n
    low_bytes, high_bytes = raw[at:].reshape(2, -1).astype(np.uint16)
    words, taken = low_bytes | high_bytes << 8, 0

    def read(curve: dict[str, Any]) -> Decoded:
        nonlocal taken
        x = steps[curve["x"]]
        n = len(x)
        rows = words[taken : taken + n * (3 if curve["band"] else 1)].reshape(-1, n)
        taken += rows.size
        zigzag = rows[0].astype(np.int64)
        y = (np.cumsum((zigzag >> 1) ^ -(zigzag & 1)) & 65535).astype(np.uint16)
        levels = [y, y - rows[1], y + rows[2]] if curve["band"] else [y, y, y]
        scale = Scale(*curve["scale"])
        values = np.concatenate([np.where(y == 0, np.nan, scale.values(row)) for row in levels])
        for place, value in curve["exact"]:
            values[place] = value
        return Decoded(x, *values.reshape(3, n))

    return [[[read(curve) for curve in line["curves"]] for line in panel["series"]] for panel in head["panels"]]


def line(values: list[float], **more: Any) -> Series:
    x = np.arange(1.0, len(values) + 1)
    return series("a", "a", x, np.array(values, dtype=float), **more)


def panel(*lines: Series, **more: Any) -> Panel:
    return Panel("panel-x", "Title", "About.", "unit", lines, **more)


def only(*lines: Series) -> Decoded:
    (((found, *_), *_),) = decoded(island([panel(*lines)]))
    return found


def check_close(curve: Curve, found: Decoded) -> None:
    """Half a pixel of the whole drawing, and 0.5 % of value, distance from the middle or width of the central 96 %."""
    y = np.array(curve.y)
    known = np.isfinite(y)
    assert (np.isnan(found.y) == ~known).all()
    if not known.any():
        return
    rows = [row[known] for row in (y, np.array(curve.low or y), np.array(curve.high or y))]
    axis = value_axis(np.concatenate(rows))
    pixel = (axis.high - axis.low) / (HEIGHT - TOP - BOTTOM)
    left, right = np.quantile(rows[0], 0.02, method="higher"), np.quantile(rows[0], 0.98, method="lower")
    if len(rows[0]) < 32:
        left, right = min(rows[1]), max(rows[2])
    middle = np.median(rows[0])
    for true, read in zip(rows, (found.y, found.low, found.high), strict=True):
        error = np.abs(read[known] - true)
        shown = (true >= axis.low) & (true <= axis.high)
        assert (error[shown] < 0.5 * pixel + 1e-12 * np.abs(true[shown])).all()
        sizes = np.maximum(np.maximum(np.abs(true - middle), right - left), np.abs(true))
        assert (error <= 0.005 * sizes).all()


NUMBERS = st.floats(-1e9, 1e9).map(lambda value: 0.0 if abs(value) < 1e-9 else value)


@settings(max_examples=150, deadline=None)
@given(
    values=st.lists(NUMBERS | st.just(math.nan), min_size=1, max_size=60),
    rounds=st.sampled_from((1, 1, 60)),
    spike=st.sampled_from((0.0, 1e3, -1e6)),
    noise=st.sampled_from((0.0, 1e-4, 1.0)),
)
def test_what_is_read_is_within_half_a_pixel_and_half_a_percent(
    values: list[float], rounds: int, spike: float, noise: float
) -> None:
    many = np.tile(values, rounds) + noise * np.random.default_rng(1).normal(size=rounds * len(values))
    many[len(many) // 2] += spike
    made = line(many.tolist())
    check_close(made.curve, only(made))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([0.001 + 0.0001 * (i % 7) for i in range(5000)] + [1000.0], id="one spike"),
        pytest.param([0.0] * 5000 + [1e-3, 1e3] * 3, id="zeros and spikes"),
        pytest.param([10.0 ** -(i / 500) for i in range(5000)], id="ten decades"),
        pytest.param([1e6 + 0.001 * (i % 9) for i in range(3000)] + [2e6], id="far from zero"),
        pytest.param([-(2.0**i) for i in range(300)], id="doubling downwards"),
    ],
)
def test_heavy_tails_flatten_nothing(values: list[float]) -> None:
    made = line(values)
    check_close(made.curve, only(made))


def test_the_ends_of_floats_are_read() -> None:
    assert only(line([1e300, -1e300, 0.0])).y.tolist() == pytest.approx([1e300, -1e300, 0.0], abs=1e298)


def test_a_linear_scale_has_12_bits() -> None:
    y = np.linspace(0, 1, 1000)
    assert scale_of(y, y, y) == Scale(0.0, 1 / 4094)


@pytest.mark.parametrize("values", [[], [2.0], [2.0] * 9, [math.nan] * 3])
def test_constants_and_nothing_are_read_as_they_are(values: list[float]) -> None:
    made = line(values)
    if not values:
        assert island([panel(made)]).head == {"x": [], "panels": []}
        return
    assert only(made).y.tolist() == pytest.approx(values, rel=0, abs=0, nan_ok=True)


def test_first_last_lowest_and_highest_are_exact() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=100_000).tolist()
    made = line(values)
    found = only(made)
    assert (found.y[0], found.y[-1]) == (made.curve.y[0], made.curve.y[-1])
    assert (found.low.min(), found.high.max()) == (min(values), max(values))


def test_steps_up_to_2048_are_exact_and_shared() -> None:
    few, more = line([1.0, 2.0]), line([0.1] * EXACT)
    made = island([panel(few, more), panel(more)])
    assert made.head["x"] == [[2, 1.0, 1.0], [EXACT, 1.0, 1.0]]
    (_, (second,)), ((third,),) = decoded(made)
    assert second.x.tolist() == third.x.tolist() == list(range(1, EXACT + 1))


def test_evaluations_have_steps_of_their_own() -> None:
    x = np.array([0.0, 100.0, 2.0**31])
    (((found,),),) = decoded(island([panel(series("a", "a", x, np.ones(3), sparse=True))]))
    assert found.x.tolist() == x.tolist()


def test_steps_of_buckets_are_read_within_a_millionth_of_their_range() -> None:
    made = line([0.0, 1.0] * 50_000)
    assert np.abs(only(made).x - np.array(made.curve.x)).max() < 0.1


def test_gaps_stay_gaps_and_superseded_tails_come_along() -> None:
    ghost = (np.array([2.0, 3.0]), np.array([5.0, math.nan]))
    ((main, tail),) = decoded(island([panel(line([1.0, math.nan, 3.0], ghosts=(ghost,)))]))[0]
    assert np.isnan(main.y).tolist() == [False, True, False]
    assert (tail.x.tolist(), tail.y[0], math.isnan(tail.y[1])) == ([2.0, 3.0], 5.0, True)


def test_names_and_bounds_are_told() -> None:
    (told,) = island([panel(line([1.0, math.nan]), line([]), bounds=(0.0, None))]).head["panels"]
    assert (told["key"], told["bounds"], told["stacked"]) == ("panel-x", (0.0, None), False)
    assert [(told["label"], told["metric"], told["logged"]) for told in told["series"]] == [("a", "a", 2)]


def test_the_bytes_depend_on_nothing_but_the_curves() -> None:
    made = [line([float(i % 11) for i in range(9000)])]
    assert island([panel(*made)]) == island([panel(*made)])


def test_a_curve_of_a_thousand_buckets_takes_less_than_6_kilobytes() -> None:
    rng = np.random.default_rng(1)
    t = np.arange(100_000) / 1e5
    lines = [line((0.2 + 0.6 * t + rng.normal(0, 0.05, len(t))).tolist()) for _ in range(4)]
    assert len(island([panel(*lines)]).body) / 4 < 6_000
