from pathlib import Path

from built import Log, report_of
from recorded import typical

from grpolog import trends
from grpolog.events import AlertEvent, StepEvent
from grpolog.report.build.alerts import ROWS
from grpolog.report.model import AlertRow


def alert(log: Log, step: int, **fields: object) -> None:
    given = {"rule": "watch", "metric": "loss", "severity": "info", "incident": f"i{step}", "message": "m"} | fields
    log.add(AlertEvent, step, **given)


def test_alerts_that_recur_have_no_origin_to_be_named(tmp_path: Path) -> None:
    rows = report_of(tmp_path, typical(steps=200, resume_at=None)).alerts
    assert {row.origin for row in rows} == {""}
    assert {(row.step, row.severity, row.state) for row in rows} == {
        (97, "error", "opened"),
        (105, "error", "resolved"),
        (200, "info", "opened"),
    }
    first = next(row for row in rows if row.metric == "rewards/accuracy/mean")
    assert first.message.startswith("Trend Alert Step 200: accuracy ↗️ +")
    assert first.panel == "panel-primary"


def test_an_alert_of_a_rule_that_can_be_replayed_says_that_it_does_not_recur(tmp_path: Path) -> None:
    log = Log()
    alert(log, 1, rule="trend", metric="reward")
    report = report_of(tmp_path, log)
    assert [(row.rule, row.origin) for row in report.alerts] == [("trend", "only in the log")]
    assert report.audit[-1].startswith("Attempt 0: ")
    assert "only in the log" in report.to_html()


def test_an_alert_of_another_rule_is_taken_as_it_is(tmp_path: Path) -> None:
    log = Log()
    log.add(StepEvent, 1, loss=0.1)
    alert(log, 1, before=0.5, after=0.25)
    assert report_of(tmp_path, log).alerts == (
        AlertRow("alert-1", "info", "opened", 1, "watch", "loss", "m", 0.5, 0.25, "", "panel-loss"),
    )


def test_the_worst_come_first_and_then_the_steps(tmp_path: Path) -> None:
    log = Log()
    for step, severity in ((3, "info"), (2, "error"), (1, "warning"), (1, "error")):
        alert(log, step, severity=severity, incident=f"{severity}{step}")
    assert [(row.severity, row.step) for row in report_of(tmp_path, log).alerts] == [
        ("error", 1), ("error", 2), ("warning", 1), ("info", 3),
    ]  # fmt: skip


def test_superseded_alerts_are_shown_as_such(tmp_path: Path) -> None:
    log = Log()
    for step in (1, 2, 3):
        log.add(StepEvent, step, loss=0.1)
        alert(log, step)
    log.again(2)
    log.add(StepEvent, 3, loss=0.1)
    assert [(row.step, row.superseded) for row in report_of(tmp_path, log).alerts] == [
        (1, False), (2, False), (3, True),
    ]  # fmt: skip


def test_of_very_many_the_worst_and_newest_are_kept(tmp_path: Path) -> None:
    log = Log()
    for step in range(1, ROWS + 51):
        alert(log, step, severity="error" if step == 1 else "info")
    report = report_of(tmp_path, log)
    assert (len(report.alerts), report.alerts_left_out) == (ROWS, 50)
    assert [row.step for row in report.alerts[:2]] == [1, 52]
    assert "50 further alerts" in report.to_html()


def test_a_stall_shows_where_it_hung_with_the_end_of_each_stack(tmp_path: Path) -> None:
    log = Log()
    stack = "".join(f"line {number}\n" for number in range(2_000))
    alert(log, 5, rule="stall", details={"phase": "sampling", "stacks": {"MainThread (1)": stack}, "none": None})
    (row,) = report_of(tmp_path, log).alerts
    (phase, said), (thread, shown) = row.details
    assert (phase, said, thread) == ("phase", "sampling", "MainThread (1)")
    assert len(shown) < 6_100
    assert shown.endswith("line 1999\n")


def test_evidence_and_groups_to_read_stand_with_their_alert(tmp_path: Path) -> None:
    log = Log()
    group = {"step": 1200, "generation": 8, "group": 3, "prompt_id": "ab" * 8, "shows": "mean <accuracy> 0"}
    values = {"before": 0.5, "after": 0.01, "effect": 7.25, "window": 4}
    alert(log, 1201, groups=[group, {**group, "group": 4}], details={"flag": True}, **values)
    (row,) = report_of(tmp_path, log).alerts
    said = "step 1,200, group {}, prompt abababababababab: mean <accuracy> 0"
    assert row.details[0] == ("evidence", "0.01 against 0.5 before, mean of 4 cycles, 7.2 standard errors")
    assert row.details[1:] == (("groups to read", f"{said.format(3)}\n{said.format(4)}"), ("flag", "true"))


def test_details_of_any_shape_are_shown(tmp_path: Path) -> None:
    log = Log()
    alert(log, 1, details={"list": [1, None], "number": 0.5, "flag": True})
    assert report_of(tmp_path, log).alerts[0].details == (("list", "[1,null]"), ("number", "0.5"), ("flag", "true"))


def test_a_remedy_is_the_catalogues_or_the_logs_while_there_is_something_to_do(tmp_path: Path) -> None:
    log = Log()
    log.add(StepEvent, 1, loss=0.1)
    alert(log, 1, severity="warning", remedy="look at\nit", onset_step=1)
    alert(log, 2, severity="warning", remedy="look at it", state="resolved")
    alert(log, 3, remedy="a note needs none", rule="note")
    alert(log, 4, severity="error", rule="non_finite", remedy="an old text")
    rows = {row.step: row for row in report_of(tmp_path, log).alerts}
    assert [rows[step].remedy for step in (1, 2, 3)] == ["look at it", "", ""]
    (told,) = [rule.about.remedy for rule in trends.CATALOGUE if rule.name == "non_finite"]
    assert rows[4].remedy == told
    assert (rows[1].onset_step, rows[2].onset_step) == (1, None)
