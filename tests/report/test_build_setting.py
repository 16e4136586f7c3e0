import json
from pathlib import Path

from built import Log, report_of, run_of
from recorded import LogBuilder

import grpolog
from grpolog.events import StepEvent
from grpolog.report.build.provenance import LOSSES
from grpolog.report.build.setting import SETTINGS, VALUE_CHARS


def test_nested_settings_have_dotted_names_and_python_values(tmp_path: Path) -> None:
    config = {"model": {"layers": 2, "empty": {}, "rope": {"theta": 1e-6}}, "bf16": True, "x": None, "l": [1, "a"]}
    assert report_of(tmp_path, Log(config=config)).configuration == (
        ("model.layers", "2"), ("model.empty", "{}"), ("model.rope.theta", "1e-06"), ("bf16", "True"), ("x", "None"),
        ("l", '[1, "a"]'),
    )  # fmt: skip


def test_very_deep_settings_end_as_json(tmp_path: Path) -> None:
    config = {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}
    assert report_of(tmp_path, Log(config=config)).configuration == (("a.b.c.d", '{"e": {"f": 1}}'),)


def test_many_and_long_settings_are_bounded_and_say_so(tmp_path: Path) -> None:
    config = {"long": "x" * 10_000} | {f"k{number}": number for number in range(1_000)}
    settings = report_of(tmp_path, Log(config=config)).configuration
    assert len(settings) == SETTINGS + 1
    assert settings[-1] == ("…", "601 more settings are in the log")
    assert settings[0][1].startswith("x" * VALUE_CHARS + " … (")


def test_what_is_not_known_of_the_environment_is_left_out(tmp_path: Path) -> None:
    report = report_of(tmp_path, Log().end(0))
    assert dict(report.environment) == {"The task": "unknown", "Attempt 0": "2026-09-21 14:13 UTC, 10 ms: finished"}
    assert report.configuration == ()
    assert "The log holds no trainer configuration." in report.to_html()


def test_a_log_without_a_run_event_has_no_environment(tmp_path: Path) -> None:
    log = LogBuilder()
    log.add(StepEvent, 1, loss=0.1)
    report = report_of(tmp_path, log)
    assert (report.title, report.environment, report.configuration) == ("exp1", (), ())


def test_how_completions_were_captured_is_told_with_what_is_missing(tmp_path: Path) -> None:
    facts = dict(
        report_of(tmp_path, Log(capture="callback", capture_note="no completions", git_commit="ab+")).environment
    )
    assert facts["Capture"] == "by a callback: the trainer's scalars only"
    assert facts["Not captured"] == "no completions"
    assert facts["Git commit"] == "ab with uncommitted changes"


def test_times_beyond_any_calendar_are_unknown(tmp_path: Path) -> None:
    log = Log()
    log.lines = [line.replace(b'"time":1790000000.0', b'"time":1e300') for line in log.lines]
    assert dict(report_of(tmp_path, log).environment)["Attempt 0"].startswith("unknown time")


def test_losses_are_named_with_their_place(tmp_path: Path) -> None:
    log = Log()
    log.lines.append(b"{broken\n")
    log.add(StepEvent, 1, loss=0.1)
    report = report_of(tmp_path, log.end(1))
    assert not report.complete
    assert report.audit[0] == "The log is not complete: invalid line (1)."
    assert any(f"{tmp_path / 'exp1.jsonl'}:2: " in sentence for sentence in report.audit)


def test_many_losses_are_named_up_to_a_number(tmp_path: Path) -> None:
    log = Log()
    log.lines += [b"{broken %d\n" % number for number in range(90)]
    report = report_of(tmp_path, log.end(1))
    assert sum(f"{tmp_path}" in sentence for sentence in report.audit) == LOSSES
    assert "30 more places are not named here, 90 losses in all." in report.audit


def test_a_sentence_that_lists_hundreds_of_metrics_is_cut(tmp_path: Path) -> None:
    log = Log()
    log.add(StepEvent, 1, metrics={f"metric{number}": float("nan") for number in range(500)})
    assert max(map(len, report_of(tmp_path, log).audit)) < 2_100


def test_the_log_may_be_gone_when_the_report_is_built(tmp_path: Path) -> None:
    run = run_of(tmp_path, Log().end(0))
    (tmp_path / "exp1.jsonl").unlink()
    assert "exp1.jsonl" not in dict(grpolog.build_report(run).about)


def test_the_report_says_how_to_read_on(tmp_path: Path) -> None:
    about = dict(report_of(tmp_path, Log()).about)
    assert about["Log format"] == "version 1, written by grpolog 0.1.0"
    assert about["Read it yourself"].startswith('grpolog.read("exp1.jsonl")')
    assert json.loads(report_of(tmp_path, Log()).to_json())["complete"] is True
