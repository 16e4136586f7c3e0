import time
from dataclasses import replace
from pathlib import Path

import pytest
from built import labels, panels, report_of, run_of, tile
from recorded import FUNCTIONS, typical

import grpolog
from grpolog.report import Report
from grpolog.report.model import KeyNumber


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report_of(tmp_path_factory.mktemp("typical"), typical())


def test_the_heading_says_what_was_trained_for_how_long(report: Report) -> None:
    assert (report.title, report.status) == ("demo", "finished")
    assert report.subtitle == (
        "GRPOTrainer", "Qwen/Qwen2.5-1.5B-Instruct", "300 steps", "20,032 completions", "17 min 15 s",
        "started 2026-09-21 14:13 UTC", "grpolog 0.1.0",
    )  # fmt: skip


def test_the_key_numbers_are_those_of_the_log(report: Report) -> None:
    assert [(n.label, n.text, n.change, n.panel) for n in report.numbers] == [
        ("Total reward", "2.997", "from 0.494 (+2.503)", "panel-reward"),
        ("accuracy (the task)", "0.831", "from 0.237 (+0.594)", "panel-primary"),
        ("Evaluation: accuracy", "0.880", "from 0.197, 7 evaluations", "panel-primary"),
        ("KL to the reference", "0.0924", "from 0.00663 (+0.0858)", "panel-kl"),
        ("Entropy", "0.271", "from 0.607 (−0.336)", "panel-entropy"),
        ("Tokens per completion", "180.4", "from 98.5 (+81.9); 2.2\xa0% cut off", "panel-length"),
        (
            "Completions with a signal", "55\xa0%", "from 91\xa0% (−36 points); 8.0\xa0% of groups all equal",
            "panel-signal",
        ),
        ("Time per step", "4.4 s", "from 3.4 s", "panel-step-time"),
    ]  # fmt: skip
    assert all(len(number.spark) in (7, 48) for number in report.numbers)


def test_a_value_is_the_mean_of_the_last_tenth_and_the_change_is_against_the_first(tmp_path: Path) -> None:
    run = run_of(tmp_path, typical())
    values = run.history("entropy")["value"]
    first, last = values.head(30).mean(), values.tail(30).mean()
    assert tile(grpolog.build_report(run), "Entropy").value == pytest.approx(last)
    assert panels(grpolog.build_report(run))["panel-entropy"].series[0].first == pytest.approx(first)


def test_without_kl_the_tile_says_that_none_is_measured(tmp_path: Path) -> None:
    assert tile(report_of(tmp_path, typical(beta=0.0, steps=20, resume_at=None)), "KL to the reference") == KeyNumber(
        "KL to the reference", None, "off", "beta = 0: none is measured"
    )


def test_every_question_has_its_panels(report: Report) -> None:
    assert {q.title: [p.title for p in q.panels] for q in report.questions} == {
        "At a glance": ["Total reward", "Learning signal", "Share of the advantage"],
        "Is it learning?": ["The task: accuracy", "Reward per function", "Reward per function, evaluation"],
        "Is it stable?": [
            "Divergence from the reference model", "Entropy", "Loss", "Gradient norm", "Clipped tokens",
            "Learning rate",
        ],
        "Is it gaming the reward?": [
            "Length of completions", "Cut off and empty", "Format", "Variety", "Reasoning indicators",
            "Length of the parts", "Spread of the total reward",
        ],
        "Is it efficient?": [
            "Seconds per step", "Tokens per second", "Completions per second", "Memory", "Load", "Cost of logging",
            "Tokens so far", "Seconds per reward function", "Memory of GPU 0",
        ],
    }  # fmt: skip
    assert [q.missing for q in report.questions] == [(), (), (), (), ()]


def test_keys_are_unique_and_fit_for_an_id(report: Report) -> None:
    keys = [
        *panels(report),
        *(q.key for q in report.questions),
        *(a.key for a in report.alerts),
        *(f.key for f in report.findings),
    ]
    keys += [group.key for group in report.groups]
    assert len(keys) == len(set(keys))
    assert all(key.replace("-", "").isalnum() for key in keys)


def test_the_functions_stand_in_the_trainers_order_the_task_first(report: Report) -> None:
    assert [row.name for row in report.functions] == list(FUNCTIONS)
    first = report.functions[0]
    assert (first.primary, first.weight, len(first.spark)) == (True, 1.0, 48)
    assert sum(row.advantage_share or 0.0 for row in report.functions) == pytest.approx(1.0)
    assert labels(panels(report)["panel-functions"]) == list(FUNCTIONS)


def test_the_environment_says_how_everything_was_chosen(report: Report) -> None:
    assert dict(report.environment) | {"Versions": "", "Command": ""} == {
        "Model": "Qwen/Qwen2.5-1.5B-Instruct",
        "Trainer": "trl GRPOTrainer",
        "Versions": "",
        "Reward functions": "accuracy × 1, format × 1, reasoning_steps × 1, cosine × 1, repetition_penalty × 1",
        "The task": "accuracy (guessed by its name)",
        "Advantage": "sum_then_normalize/group",
        "Completions per prompt": "8",
        "Longest completion": "256 tokens",
        "beta": "0.02",
        "Capture": "where the trainer scores completions, with its own advantages",
        "Ranks": "1",
        "Host": "node-7",
        "Command": "",
        "Git commit": "3f9c2e11aa",
        "Attempt 0": "2026-09-21 14:13 UTC, 8 min 59 s, steps 1 to 163: no end event, resumed later",
        "Attempt 1": "2026-09-21 15:22 UTC, 8 min 16 s, steps 151 to 300: finished",
    }


def test_the_configuration_is_flat_and_keeps_what_is_masked(report: Report) -> None:
    settings = dict(report.configuration)
    assert settings["hub_token"] == "***"
    assert settings["learning_rate"] == "1e-06"
    assert settings["reward_weights"] == "[1.0, 1.0, 1.0, 1.0, 1.0]"


def test_the_audit_says_that_nothing_is_lost_and_that_the_alerts_recur(report: Report) -> None:
    assert report.complete
    assert report.audit[0] == "The log is complete: every recorded event could be read."
    assert report.audit[-1] == "Alerts judged once more are the same as those recorded."


def test_the_same_log_gives_the_same_report_and_only_a_given_time_differs(tmp_path: Path) -> None:
    path = typical(steps=40, resume_at=None).write(tmp_path / "a.jsonl")
    one, two = (grpolog.build_report(grpolog.read(path)) for _ in range(2))
    assert one == two
    assert (one.to_html(), one.to_markdown(), one.to_json()) == (two.to_html(), two.to_markdown(), two.to_json())
    timed = grpolog.build_report(grpolog.read(path), generated_at="2026-09-21T15:00:00Z")
    assert replace(timed, generated_at=None, about=one.about) == one
    assert "2026-09-21T15:00:00Z" in timed.to_html()
    assert "2026-09-21T15:00:00Z" in timed.to_markdown()


def test_the_clock_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(tmp_path, typical(steps=20, resume_at=None))
    monkeypatch.setattr(time, "time", lambda: pytest.fail("asked for the time"))
    grpolog.build_report(run).to_html()


def test_the_files_of_the_log_are_named_with_their_hash(report: Report, tmp_path: Path) -> None:
    import hashlib

    path = typical(steps=20, resume_at=None).write(tmp_path / "exp1.jsonl")
    data = path.read_bytes()
    said = dict(grpolog.build_report(grpolog.read(path)).about)["exp1.jsonl"]
    assert said == f"{len(data):,} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}"
