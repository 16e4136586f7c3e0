"""`grpolog check` and `grpolog rules`: verdicts, exit codes, what CI reads."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.commands import ENVIRONMENT, grpolog, loaded

import grpolog as package
from grpolog.analysis import read
from grpolog.analysis.judgement import judge
from grpolog.analysis.post import POST
from grpolog.analysis.ruling import ruling
from grpolog.errors import UsageError
from grpolog.trends import CATALOGUE


def log(path: Path, rewards: list[float], *, end: bool = True, **more: list[float]) -> Path:
    """A trainer's rows, five steps each, as a metrics file that anyone might have."""
    rows: list[dict[str, Any]] = [
        {"step": 5 * i, "reward": reward, "reward_std": 0.2, **{k: v[i - 1] for k, v in more.items()}}
        for i, reward in enumerate(rewards, start=1)
    ]
    text = "".join(f"{row}\n" for row in rows) if path.suffix == ".log" else "\n".join(map(json.dumps, rows))
    path.write_text(text + ("" if end else "\ntorch.OutOfMemoryError: CUDA out of memory.\n"))
    return path


LEVELS = (0.8, 0.9, 0.85, 0.95, 0.9, 0.88, 0.92, 0.86)
COLLAPSE = [*LEVELS, *LEVELS, 0.5, 0.2, 0.05, *[0.0] * 12]
HEALTHY = [0.2 + 0.02 * i + 0.04 * (i % 3) for i in range(30)]


def checked(*arguments: object, code: int = 0) -> dict[str, Any]:
    found = json.loads(grpolog("check", *arguments, "--json", code=code).stdout)
    assert isinstance(found, dict)
    return found


def test_a_collapse_fails_with_its_step_its_onset_and_a_remedy(tmp_path: Path) -> None:
    found = checked(log(tmp_path / "m.jsonl", COLLAPSE), code=1)
    assert found["verdict"] == "error"
    alert = found["alerts"][0]
    assert (alert["rule"], alert["metric"], alert["severity"], alert["state"]) == (
        "reward_drop", "reward", "error", "open",
    )  # fmt: skip
    assert 80 <= alert["onset_step"] <= alert["step"] <= 100
    assert alert["resolved_step"] is None
    assert "go back to the checkpoint" in alert["remedy"]
    assert found["runs"][0]["last_step"] == 155
    assert found["runs"][0]["unjudged"]["eval_drop"] == "there was no evaluation: train reward only"
    assert list(found["audit"]) == [str(tmp_path / "m.jsonl")]


def test_a_healthy_run_passes_and_says_that_there_was_no_evaluation(tmp_path: Path) -> None:
    found = checked(log(tmp_path / "m.jsonl", HEALTHY))
    assert (found["verdict"], found["alerts"]) == ("ok", [])
    assert found["runs"][0]["sentence"].endswith("Train reward only: there was no evaluation.")


def test_the_groups_to_read_are_named(tmp_path: Path) -> None:
    with package.Recorder(tmp_path / "exp1.jsonl", console=0, stall_seconds=0, primary="accuracy") as recorder:
        for step in range(1, 41):
            rewards = [1.0, 1.0, 0.0, 1.0] if step <= 20 else [0.0] * 4
            recorder.log_batch(step, ["1 + 1"] * 2 + ["2 + 2"] * 2, ["4"] * 4, {"accuracy": rewards})
            recorder.log_step(step, {"loss": 0.1})
    alert = next(a for a in checked(tmp_path / "exp1.jsonl", code=1)["alerts"] if a["rule"] == "reward_drop")
    group = alert["groups"][0]
    assert (alert["attempt"], group["mode"], group["shows"]) == (0, "train", "mean total 0")
    assert group["step"] in range(21, alert["step"] + 1)
    said = grpolog("check", tmp_path / "exp1.jsonl", code=1).stdout
    where = f"step {group['step']} generation {group['step'] - 1} group {group['group']}"
    assert f"    Read: {where} (mean total 0); " in said
    values = f"{alert['after']:.3g} against {alert['before']:.3g} before"
    assert f"    Evidence: {values}, mean of {alert['window']} cycles" in said


def test_fail_on_sets_the_limit_and_the_worst_of_several_logs_counts(tmp_path: Path) -> None:
    good, bad = log(tmp_path / "a.jsonl", HEALTHY), log(tmp_path / "b.jsonl", COLLAPSE)
    assert checked(good, bad, code=1)["verdict"] == "error"
    assert [run["verdict"] for run in checked(good, bad, "--fail-on", "never")["runs"]] == ["ok", "error"]
    dip = log(tmp_path / "c.jsonl", [*LEVELS, *LEVELS, 0.1, 0.05, 0.1, *LEVELS, *LEVELS])
    found = checked(dip)
    assert found["verdict"] == "warning"
    assert found["alerts"][0]["state"] == "resolved"
    assert checked(dip, "--fail-on", "warning", code=1)["verdict"] == "warning"


def test_a_run_that_is_too_short_or_has_no_reward_is_unknown(tmp_path: Path) -> None:
    short = checked(log(tmp_path / "a.jsonl", HEALTHY[:5]))
    assert (short["verdict"], "too few" in short["runs"][0]["sentence"]) == ("unknown", True)
    rows = [{"step": i, "loss": 0.1, "kl": 0.01, "entropy": 1.0} for i in range(1, 40)]
    (tmp_path / "b.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert checked(tmp_path / "b.jsonl")["runs"][0]["sentence"] == "Not judged: no reward was logged."


def test_an_exception_at_the_end_of_stdout_is_an_error(tmp_path: Path) -> None:
    found = checked(log(tmp_path / "train.log", HEALTHY, end=False), code=1)
    assert (found["alerts"][0]["rule"], found["runs"][0]["status"]) == ("crash", "failed")
    assert "CUDA out of memory" in found["alerts"][0]["message"]


def test_preferences_are_not_judged(tmp_path: Path) -> None:
    row = {
        "loss": 0.5,
        "rewards/chosen": 0.1,
        "rewards/rejected": -0.1,
        "rewards/margins": 0.2,
        "rewards/accuracies": 1,
    }
    (tmp_path / "dpo.jsonl").write_text("\n".join(json.dumps({"step": i, **row}) for i in range(1, 40)))
    found = checked(tmp_path / "dpo.jsonl")
    assert (found["verdict"], found["alerts"]) == ("unknown", [])
    assert "no GRPO run" in found["runs"][0]["sentence"]


def test_rules_can_be_changed_and_switched_off(tmp_path: Path) -> None:
    source, rules = log(tmp_path / "m.jsonl", COLLAPSE), tmp_path / "rules.toml"
    off = "\n".join(f"[rules.{rule.name}]\noff = true" for rule in CATALOGUE if rule.name != "stagnation")
    rules.write_text(off)
    assert checked(source, "--rules", rules)["alerts"] == []
    os.utime(source, (1000.0, 1000.0))  # it tells no times of its own
    assert checked(source, "--rules", rules, "--max-age", "1m", code=1)["runs"][0]["hung"] is True
    rules.write_text(f"{off}\n[rules.hung]\noff = true")
    assert checked(source, "--rules", rules, "--max-age", "1m")["runs"][0]["hung"] is False
    rules.write_text("[rules.reward_drop]\nshare = 2.0\n[rules.no_contrast]\noff = true\n[run]\nbeta = 0\n")
    found = checked(source, "--rules", rules)
    assert "error" not in {alert["severity"] for alert in found["alerts"]}
    assert found["runs"][0]["not_applicable"]["kl_blow_up"] == "beta is 0, no KL is measured"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[rules.truncaton]\noff = true", "unknown rule 'truncaton': did you mean 'truncation'?"),
        ("[rules.truncation]\nsome_ = 0.5", "unknown threshold 'some_': did you mean 'some'?"),
        ('[rules.truncation]\nsome = "0.5"', "rules.truncation.some is a number, got '0.5'"),
        ("[run]\nprimry = 1", "unknown fact 'primry': did you mean 'primary'?"),
        ("[run]\nreward_range = { a = 1 }", "run.reward_range is { function = [low, high] }"),
        ("[rule]\na = 1", "unknown table [rule]"),
        ("[rules", "cannot be read"),
    ],
)
def test_a_mistake_in_the_rules_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "rules.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        ruling(tmp_path / "rules.toml")
    assert said in str(caught.value)


def test_primary_and_range_may_be_given(tmp_path: Path) -> None:
    given = ruling(None, "accuracy", ["accuracy=0,1", "a=b=-1,2.5"])
    assert given.facts == {"primary": "accuracy", "reward_range": {"accuracy": (0.0, 1.0), "a=b": (-1.0, 2.5)}}
    for wrong in ("accuracy", "accuracy=1,0", "=0,1", "accuracy=0"):
        with pytest.raises(UsageError, match="--range is FUNCTION=LOW,HIGH"):
            ruling(None, None, [wrong])


def test_text_names_what_is_wrong_what_now_and_what_cannot_be_judged(tmp_path: Path) -> None:
    text = grpolog("check", log(tmp_path / "m.jsonl", COLLAPSE), code=1).stdout
    assert text.startswith("✖ error")
    for part in ("reward_drop on reward, since about step", "Likely: ", "What now: ", "Cannot be judged:"):
        assert part in text


def test_github_gets_annotations_and_a_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setitem(os.environ, "GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setattr("cli.commands.ENVIRONMENT", {**os.environ})
    source = log(tmp_path / "a,b.jsonl", COLLAPSE)
    text = grpolog("check", source, "--format", "github", code=1).stdout
    first = text.splitlines()[0]
    assert first.startswith("::error file=")
    assert "a%2Cb.jsonl,title=reward_drop%3A reward::Step " in first
    assert "### ✖ error" in summary.read_text("utf-8")
    assert "| error | reward_drop | reward |" in summary.read_text("utf-8")


def test_a_run_without_an_end_that_made_no_step_for_too_long_is_hung(tmp_path: Path) -> None:
    recorder = package.Recorder(tmp_path / "exp1.jsonl", console=False, clock=lambda: 1_000.0)
    for step in range(1, 20):
        recorder.log_step(step, {"reward": HEALTHY[step]})
    inside = recorder.session._log
    inside.description = None  # as kill -9 leaves it
    recorder.close()
    assert checked(tmp_path / "exp1.jsonl", "--max-age", "15m", code=1)["runs"][0]["hung"] is True
    assert checked(tmp_path / "exp1.jsonl")["runs"][0]["hung"] is False
    assert "a span of time is" in grpolog("check", tmp_path / "exp1.jsonl", "--max-age", "soon", code=2).stderr


def test_a_resumed_run_is_judged_without_what_the_resume_replaced(tmp_path: Path) -> None:
    path = tmp_path / "exp1.jsonl"
    with package.Recorder(path, console=False) as recorder:
        for step, reward in enumerate(COLLAPSE, start=1):
            recorder.log_step(step, {"reward": reward, "reward_std": 0.2})
    with package.Recorder(path, console=False, resumed_from_step=16) as recorder:
        for step, reward in enumerate([*LEVELS, *LEVELS], start=17):
            recorder.log_step(step, {"reward": reward, "reward_std": 0.2})
    judgement = judge(read(path))
    assert judgement.verdict == "ok"
    assert judgement.findings == ()


def test_the_rules_are_explained(tmp_path: Path) -> None:
    text = grpolog("rules").stdout
    assert [rule.name for rule in CATALOGUE if f"\n{rule.name} " not in f"\n{text}"] == []
    assert "\nstragglers " in text
    one = grpolog("rules", "truncation").stdout
    for part in ("Likely causes:", "What to do:", "Source:", "[rules.truncation]", "nearly_all = 0.9"):
        assert part in one
    (tmp_path / "rules.toml").write_text(one[one.index("[rules.truncation]") :])
    assert ruling(tmp_path / "rules.toml").rules == CATALOGUE
    assert "did you mean 'truncation'?" in grpolog("rules", "truncaton", code=2).stderr
    found = json.loads(grpolog("rules", "--json").stdout)
    assert {(rule["name"], rule["when"]) for rule in found} == {
        *((rule.name, "live") for rule in CATALOGUE), *((rule.name, "post") for rule in POST)
    }  # fmt: skip
    assert all(rule["looks_for"] and rule["remedy"] and rule["source"] for rule in found)


def test_a_run_worse_than_its_baseline_is_a_warning_and_one_as_good_is_none(tmp_path: Path) -> None:
    dice = np.random.default_rng(3)
    better = log(tmp_path / "a.jsonl", [*(0.5 + 0.05 * dice.normal(size=100))])
    worse = log(tmp_path / "b.jsonl", [*(0.4 + 0.05 * dice.normal(size=100))])
    equal = log(tmp_path / "c.jsonl", [*(0.5 + 0.05 * dice.normal(size=100))])
    found = checked(worse, "--baseline", better)
    assert (found["verdict"], found["alerts"][-1]["rule"]) == ("warning", "baseline")
    assert "one run each says nothing of other seeds" in found["alerts"][-1]["message"]
    assert "baseline" not in {alert["rule"] for alert in checked(equal, "--baseline", better)["alerts"]}
    assert "baseline" not in {alert["rule"] for alert in checked(better, "--baseline", worse)["alerts"]}
    short = log(tmp_path / "d.jsonl", [0.5] * 12)
    assert checked(short, "--baseline", better)["runs"][0]["unjudged"]["baseline"].startswith("fewer than 16 rows of")
    assert "baseline" in checked(better)["runs"][0]["not_applicable"]


def test_follow_tells_what_is_new_until_the_run_ends(tmp_path: Path) -> None:
    path = tmp_path / "exp1.jsonl"
    recorder = package.Recorder(path, console=False)
    for step, reward in enumerate(COLLAPSE[:10], start=1):
        recorder.log_step(step, {"reward": reward, "reward_std": 0.2})
    command = [sys.executable, "-m", "grpolog", "check", path, "--follow", "--interval", "0.2s"]
    follower = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    for step, reward in enumerate(COLLAPSE[10:], start=11):
        recorder.log_step(step, {"reward": reward, "reward_std": 0.2})
    recorder.close()
    out, err = follower.communicate(timeout=60)
    assert follower.returncode == 1
    assert "✖ reward_drop: Step " in err
    assert out.startswith("✖ error")


def test_an_interrupt_ends_follow_quietly_with_130(tmp_path: Path) -> None:
    recorder = package.Recorder(tmp_path / "exp1.jsonl", console=False)
    for step, reward in enumerate(COLLAPSE, start=1):
        recorder.log_step(step, {"reward": reward, "reward_std": 0.2})
    command = [sys.executable, "-m", "grpolog", "check", tmp_path / "exp1.jsonl", "--follow", "--interval", "1h"]
    follower = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert follower.stderr is not None
    assert follower.stderr.readline().startswith("✖ reward_drop: Step ")
    follower.send_signal(signal.SIGINT)
    out, err = follower.communicate(timeout=60)
    recorder.close()
    assert (follower.returncode, out, err.replace("\n", "")) == (130, "", "")


def test_follow_takes_one_log_and_a_webhook_that_is_a_url(tmp_path: Path) -> None:
    path = log(tmp_path / "m.jsonl", HEALTHY)
    assert "--follow takes one log" in grpolog("check", path, path, "--follow", code=2).stderr
    text = grpolog("check", path, "--follow", "--webhook", "hooks.slack.com/secret", code=2).stderr
    assert "--webhook is an http or https URL" in text
    assert "secret" not in text
    assert "no such log" in grpolog("check", tmp_path / "nothing.jsonl", "--follow", code=2).stderr


def state(folder: Path, rewards: list[float]) -> Path:
    rows = [{"step": 5 * i, "epoch": i / 9, "reward": r, "reward_std": 0.2} for i, r in enumerate(rewards, start=1)]
    path = folder / "trainer_state.json"
    path.write_text(json.dumps({"max_steps": 1000, "log_history": rows}))
    return path


def test_a_small_log_of_another_program_is_judged_without_loading_frames(tmp_path: Path) -> None:
    path = state(tmp_path, COLLAPSE)
    statement = f"from grpolog.cli import cli\ntry:\n    cli(['check', {str(path)!r}])\nexcept SystemExit: pass"
    assert loaded(statement) & {"polars", "psutil", "jinja2", "torch"} == set()


@pytest.mark.parametrize("rewards", [COLLAPSE, HEALTHY, HEALTHY[:5]])
def test_it_is_judged_as_it_is_with_them(tmp_path: Path, rewards: list[float]) -> None:
    from grpolog.cli.check import _checked, _checked_by_rows

    path = state(tmp_path, rewards)
    quick, whole = _checked_by_rows(path, None, {}), _checked(path, None, {}, None)
    assert quick is not None
    assert replace(quick, audit=whole.audit) == whole


def test_where_there_is_more_than_rows_the_log_is_read_whole(tmp_path: Path) -> None:
    from grpolog.cli.check import _checked_by_rows

    torn = log(tmp_path / "m.jsonl", HEALTHY)
    torn.write_text(torn.read_text() + '\n{"step": 9, "rew')
    assert _checked_by_rows(torn, None, {}) is None
    with package.Recorder(tmp_path / "exp1.jsonl", console=False) as recorder:
        recorder.log_step(1, {"reward": 0.5})
    assert _checked_by_rows(tmp_path / "exp1.jsonl", None, {}) is None
    assert "The log is not complete" in grpolog("check", torn).stdout


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_the_verdict_is_coloured_on_terminals_unless_told_otherwise(
    tmp_path: Path, variables: dict[str, str], coloured: bool
) -> None:
    healthy = log(tmp_path / "healthy.jsonl", [0.5] * 12)
    child = {k: v for k, v in ENVIRONMENT.items() if k != "NO_COLOR"} | {"TERM": "xterm"} | variables
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "grpolog", "check", str(healthy)]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, env=child):
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # Linux ends a terminal nobody holds with an error
            while chunk := os.read(ours, 65536):
                shown += chunk
    os.close(ours)
    assert (b"\x1b[" in shown) is coloured
    assert b"healthy.jsonl" in shown
