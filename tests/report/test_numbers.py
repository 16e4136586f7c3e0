import math

import pytest

from grpolog.report.numbers import duration, number, percent, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (math.nan, "NaN"), (math.inf, "∞"), (-math.inf, "−∞"), (0.0, "0"), (-0.0, "0"), (1.0, "1"),
        (0.75345, "0.753"), (0.0931, "0.0931"), (0.0045, "0.00450"), (3e-6, "3e−6"), (-1.5, "−1.500"),
        (62.34, "62.3"), (12345.6, "12,346"), (1.5e9, "1.5e9"), (64.0, "64"), (256, "256"),
    ],
)  # fmt: skip
def test_numbers_read_as_people_write_them(value: float | None, text: str) -> None:
    assert number(value) == text


def test_signs_and_percent() -> None:
    assert (signed(0.5), signed(-0.5), signed(0.0), signed(None)) == ("+0.500", "−0.500", "0", "–")
    assert (percent(0.55), percent(0.0214), percent(1.0), percent(-0.05), percent(None), percent(math.nan)) == (
        "55\u00a0%", "2.1\u00a0%", "100\u00a0%", "−5\u00a0%", "–", "NaN",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.004, "4 ms"), (3.24, "3.2 s"), (42.0, "42 s"), (59.7, "1 min 0 s"), (75.0, "1 min 15 s"),
        (7260.0, "2 h 1 min"), (200_000.0, "2 d 7 h"), (None, "–"), (math.nan, "NaN"),
    ],
)  # fmt: skip
def test_durations_have_their_two_largest_units(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text
