"""The chart that hosts of Markdown draw."""

import re
from pathlib import Path

import pytest
from built import Log, report_of
from hostile import CORPUS
from recorded import typical

from grpolog.events import RewardEvent, StepEvent
from grpolog.report.mermaid import LIMIT, POINTS, chart


def lines(text: str) -> dict[str, list[float]]:
    found = re.findall(r'^    line "([^"]*)" \[([^]]*)\]$', text, re.MULTILINE)
    return {name: [float(value) for value in values.split(", ")] for name, values in found}


def test_the_total_and_the_task_are_drawn_as_means_over_equal_spans(tmp_path: Path) -> None:
    text = chart(report_of(tmp_path, typical(steps=240, resume_at=None)))
    drawn = lines(text)
    assert {name: len(values) for name, values in drawn.items()} == {"total reward": POINTS, "accuracy": POINTS}
    assert '    title "total reward and accuracy by step"\n    x-axis "step" 6 --> 235\n' in text
    assert len(text) < LIMIT
    assert 0.2 < drawn["accuracy"][0] < 0.3
    assert 0.8 < drawn["accuracy"][-1] < 0.9


def test_a_mean_is_exact_and_stands_in_the_middle_of_its_span(tmp_path: Path) -> None:
    log = Log()
    for step in range(49):
        log.add(StepEvent, step, reward=float(step))
    text = chart(report_of(tmp_path, log))
    assert 'x-axis "step" 1 --> 47' in text
    assert lines(text)["total reward"] == [*(2 * n + 0.5 for n in range(23)), 47.0]


def test_there_are_so_few_points_that_none_is_empty(tmp_path: Path) -> None:
    log = Log()
    for step in (1, 2, 3, 11, 12, 21, 31, 40):
        log.add(StepEvent, step, reward=float("nan") if step == 2 else 1.0)
    drawn = lines(chart(report_of(tmp_path, log)))
    assert drawn == {"total reward": [1.0] * len(drawn["total reward"])}
    assert 2 <= len(drawn["total reward"]) <= 7


@pytest.mark.parametrize("rewards", [(), (0.5,), (float("nan"), float("nan"), float("nan"))])
def test_what_cannot_be_drawn_is_no_chart(tmp_path: Path, rewards: tuple[float, ...]) -> None:
    log = Log()
    for step, reward in enumerate(rewards, start=1):
        log.add(StepEvent, step, reward=reward)
    assert chart(report_of(tmp_path, log)) == ""


@pytest.mark.parametrize("name", CORPUS)
def test_a_name_cannot_leave_its_quotes(tmp_path: Path, name: str) -> None:
    log = Log(primary=name, reward_functions=[name, "other"])
    for step in range(1, 5):
        for function in ("total", name, "other"):
            log.add(RewardEvent, step, name=function, n=8, mean=step / 4)
    text = chart(report_of(tmp_path, log))
    assert re.fullmatch(
        r'---\n(?:  *\w+:.*\n|config:\n)+---\nxychart-beta\n    title "[\w .-]+"\n    x-axis "step" \d+ --> \d+\n'
        r'    y-axis "mean" \S+ --> \S+\n(?:    line "[\w .-]+" \[[\d., -]+\]\n){1,2}',
        text,
    )
