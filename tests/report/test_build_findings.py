"""Findings as rows."""

from types import SimpleNamespace

import pytest

from grpolog.report.build.findings import window_of


@pytest.mark.parametrize(
    ("onset", "step", "over", "reach", "window"),
    [
        (100, 120, None, (1, 400), (80, 140)),
        (100, 120, 130, (1, 400), (70, 160)),
        (None, 120, None, (1, 1000), (70, 170)),
        (390, 395, None, (1, 400), (370, 400)),
        (5, 5, None, (1, 20), (3, 7)),
        (1, 1, None, (1, 1), None),
    ],
)
def test_the_window_holds_a_finding_with_room_on_both_sides_and_ends_with_the_run(
    onset: int | None, step: int, over: int | None, reach: tuple[int, int], window: tuple[int, int] | None
) -> None:
    finding = SimpleNamespace(step=step, onset_step=onset, resolved_step=over)
    assert window_of(finding, reach) == window  # type: ignore[arg-type]
