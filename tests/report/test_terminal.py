"""The report in a terminal."""

import re
from pathlib import Path

import pytest
from built import Log, report_of
from hostile import hostile_log
from recorded import typical

from grpolog.events import AlertEvent, StepEvent
from grpolog.report import Report, terminal
from grpolog.report.folding import columns
from grpolog.report.text import visible

STYLE = re.compile(r"\x1b\[[0-9;]+m")


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report_of(tmp_path_factory.mktemp("usual"), typical())


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report_of(tmp_path_factory.mktemp("hostile"), hostile_log())


def test_it_says_what_the_model_says(usual: Report) -> None:
    words = " ".join(terminal.render(usual).split())
    verdict = usual.verdict
    for said in (f"{verdict.symbol} {verdict.word} {usual.title}", verdict.sentence, *verdict.points, *usual.subtitle):
        assert said.replace("\u00a0", " ") in words
    for tile in usual.numbers:
        assert f"{tile.label} {tile.text}".replace("\u00a0", " ") in words
    assert [name for function in usual.functions if (name := function.name) not in words] == []


def test_a_number_stands_between_its_label_and_its_course(usual: Report) -> None:
    (line,) = [line for line in terminal.render(usual).splitlines() if line.startswith("Total reward")]
    assert re.fullmatch(r"Total reward +[\d.]+  [▁▂▃▄▅▆▇█]{16}  from [\d.]+ \([+−][\d.]+\)", line)


def test_columns_of_which_nothing_is_known_are_left_out(tmp_path: Path) -> None:
    log = Log()
    for step in range(1, 4):
        log.add(StepEvent, step, reward=0.5, metrics={"rewards/a/mean": step / 4})
    lines = terminal.render(report_of(tmp_path, log)).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("Reward function"))
    assert lines[at].split() == ["Reward", "function", "first", "→", "last"]
    assert lines[at + 1].split() == ["a", "(task)", "▁▅█", "0.250", "→", "0.750"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(hostile: Report, usual: Report, width: int) -> None:
    for report in (hostile, usual):
        assert max(map(columns, terminal.render(report, width=width).splitlines())) <= width


def test_hostile_text_cannot_move_the_cursor(hostile: Report) -> None:
    assert visible(terminal.render(hostile)) == terminal.render(hostile)
    painted = terminal.render(hostile, colour=True)
    assert visible(STYLE.sub("", painted)) == STYLE.sub("", painted) == terminal.render(hostile)


def test_a_text_of_the_log_cannot_begin_a_line_of_its_own(tmp_path: Path) -> None:
    log = Log(name="run\n✔ HEALTHY", model="m\n\n✔ HEALTHY")
    log.add(AlertEvent, 1, rule="r", metric="m", severity="error", incident="i", message="x\n✔ HEALTHY")
    log.end(1, "failed", error="no\n✔ HEALTHY")
    text = terminal.render(report_of(tmp_path, log))
    assert text.count("✔ HEALTHY") >= 4
    assert not re.search(r"^ *✔", text, re.MULTILINE)


def test_many_findings_and_functions_are_counted(tmp_path: Path) -> None:
    log = Log()
    for number in range(terminal.FUNCTIONS + 1):
        log.add(StepEvent, 1, metrics={f"rewards/f{n}/mean": 0.5 for n in range(number + 1)})
    for step in range(1, terminal.FINDINGS + 3):
        log.add(
            AlertEvent, step, rule=f"r{step}", metric="m", severity="info", incident=str(step), message=f"at {step}"
        )
    text = terminal.render(report_of(tmp_path, log.end(1)))
    assert "1 more function: see the report." in text
    assert "2 more findings: see the report." in text


def test_an_empty_log_is_told_in_a_few_lines(tmp_path: Path) -> None:
    assert len(terminal.render(report_of(tmp_path, Log())).splitlines()) < 30


def test_what_to_do_is_told_once_for_all_findings_of_a_rule(tmp_path: Path) -> None:
    log = Log()
    for step in (1, 2):
        given = {"rule": "r", "metric": f"m{step}", "severity": "warning", "incident": str(step)}
        log.add(AlertEvent, step, message=f"at {step}", remedy="Look at it", **given)
    lines = terminal.render(report_of(tmp_path, log.end(2))).splitlines()
    at = lines.index("▲ warning r on m1")
    assert lines[at : at + 5] == [
        "▲ warning r on m1", "  at 1", "  What now: Look at it", "▲ warning r on m2", "  at 2",
    ]  # fmt: skip
