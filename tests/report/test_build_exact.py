from pathlib import Path

import pytest
from built import Log, panels, report_of

from grpolog.events import AlertEvent, StepEvent


@pytest.mark.parametrize(("steps", "exact"), [(3000, ((1000.0, 77.0),)), (2048, ())])
def test_a_curve_of_means_knows_its_values_where_something_happened(
    tmp_path: Path, steps: int, exact: tuple[tuple[float, float], ...]
) -> None:
    log = Log()
    for step in range(1, steps + 1):
        log.add(StepEvent, step, kl=77.0 if step == 1000 else 0.1 + step % 7 / 100)
    fields = {"rule": "own", "metric": "kl", "severity": "warning", "incident": "1", "message": "as it was logged"}
    log.add(AlertEvent, 1000, onset_step=1000, **fields)
    (line,) = panels(report_of(tmp_path, log))["panel-kl"].series
    assert [point for point in line.exact if point[0] == 1000] == list(exact)
