"""The recorder in a loop of its own."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
from logs import records

import grpolog
from grpolog.errors import LockedError, LogError, UsageError
from grpolog.record.options import Options

PROMPTS = ["2 + 2", "2 + 2", "1 + 1", "1 + 1"]
ANSWERS = ["4", "5", "2", "2"]
REWARDS = {"accuracy": [1.0, 0.0, 1.0, 1.0], "style": [0.5, None, 0.1, 0.2]}


def recorder(path, **options):
    return grpolog.Recorder(path, **{"console": 0, "stall_seconds": 0, **options})


def test_a_row_of_nothing_but_eval_names_is_an_evaluation_unless_it_is_said_what_it_is(tmp_path):
    log = tmp_path / "run.jsonl"
    with recorder(log) as run:
        run.log_step(1, {"eval_reward": 0.5, "epoch": 1.0})
        run.log_step(1, {"eval_reward": 0.5, "loss": 0.1})
        run.log_step(1, {"eval_reward": 0.5}, mode="train")
        run.log_step(2, {"epoch": 1.0, "loss": 0.1})
    told = [(step["mode"], step.get("reward"), step.get("metrics")) for step in records(log, "step")]
    kept = {"eval_reward": 0.5}
    assert told == [("eval", 0.5, None), ("train", None, kept), ("train", None, kept), ("train", None, None)]


def test_a_batch_and_a_row_become_the_events_of_their_step(tmp_path):
    log = tmp_path / "run.jsonl"
    with recorder(log) as run:
        run.log_batch(1, PROMPTS, ANSWERS, REWARDS)
        run.log_step(1, {"loss": 0.5, "my/own": 3, "rewards/accuracy/mean": 0.75})
        in_file = [event["event"] for event in records(log)]
    assert in_file == [
        "run", "reward", "reward", "reward", "group", "group", "quality", "example", "example", "example", "example",
        "perf", "step",
    ]  # fmt: skip
    (total,) = records(log, "reward", name="total")
    assert (total["n"], total["mean"]) == (4, pytest.approx((1.5 + 0 + 1.1 + 1.2) / 4))
    (step,) = records(log, "step")
    assert (step["loss"], step["metrics"]) == (0.5, {"my/own": 3, "rewards/accuracy/mean": 0.75})
    (start,) = records(log, "run", phase="start")
    assert (start["capture"], start["primary"], start["group_size"]) == ("manual", "accuracy", 2)
    assert start["pid"] == os.getpid()
    assert records(log, "run", phase="end")[0]["status"] == "finished"


def test_advantages_are_computed_unless_given(tmp_path):
    with recorder(tmp_path / "run.jsonl", examples="all") as run:
        run.log_batch(1, PROMPTS, ANSWERS, {"accuracy": [1.0, 0.0, 1.0, 1.0]})
        run.log_batch(2, PROMPTS, ANSWERS, {"accuracy": [1.0, 0.0, 1.0, 1.0]}, advantages=[3.0, -3.0, 0.0, 0.0])
    spread = np.std([1.0, 0.0], ddof=1) + 1e-4
    computed = [e["advantage"] for e in records(tmp_path / "run.jsonl", "example", step=1)]
    assert computed == pytest.approx([0.5 / spread, -0.5 / spread, 0, 0])
    assert [e["advantage"] for e in records(tmp_path / "run.jsonl", "example", step=2)] == [3.0, -3.0, 0.0, 0.0]


def test_rewards_of_the_wrong_length_cost_the_batch_and_one_warning(tmp_path):
    log = tmp_path / "run.jsonl"
    wrong = r"rewards\['accuracy'\] has 1 entries for 4 completions"
    with pytest.warns(RuntimeWarning, match=wrong) as caught, recorder(log) as run:
        run.log_batch(1, PROMPTS, ANSWERS, {"accuracy": [1.0]})
        run.log_batch(1, PROMPTS, ANSWERS, {"accuracy": [1.0]})
        run.log_step(1, {"loss": 0.5})
    assert len(caught) == 1
    assert records(log, "run", phase="end")[0]["lost"] == {"batch": 2}
    assert records(log, "step")


def test_a_statistic_that_fails_does_not_cost_the_others(tmp_path, monkeypatch):
    def broken(*args):
        raise RecursionError("a bug")

    monkeypatch.setattr("grpolog.generation.statistics.quality_event", broken)
    with pytest.warns(RuntimeWarning, match="quality: RecursionError: a bug"), recorder(tmp_path / "run.jsonl") as run:
        run.log_batch(1, PROMPTS, ANSWERS, REWARDS)
    kinds = [event["event"] for event in records(tmp_path / "run.jsonl")]
    assert kinds == ["run", *["reward"] * 3, *["group"] * 2, *["example"] * 4, "run"]
    assert records(tmp_path / "run.jsonl")[-1]["lost"] == {"quality": 1}


def test_nothing_is_raised_where_warnings_are_errors(tmp_path, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with recorder(tmp_path / "run.jsonl") as run:
            run.log_batch(1, PROMPTS, ANSWERS, {"accuracy": [1.0]})
    assert "grpolog could not record everything" in capsys.readouterr().err


def test_a_loop_may_count_its_steps_from_zero(tmp_path):
    log = tmp_path / "run.jsonl"
    with recorder(log) as run:
        for step in range(3):
            run.log_step(step, {"loss": 0.5})
    assert [event["step"] for event in records(log, "step")] == [0, 1, 2]
    assert records(log, "run", phase="start")[0]["resumed_from_step"] == 0
    assert records(log, "run", phase="end")[0].get("lost") is None


def test_an_event_that_gets_no_time_is_counted_and_missing_by_its_number(tmp_path):
    times = [1.0, 2.0, 3.0]
    with recorder(tmp_path / "run.jsonl", clock=lambda: times.pop(0)) as run:
        run.log_step(1, {"loss": 1.0})
        with pytest.warns(RuntimeWarning, match="event: IndexError"):
            run.log_step(2, {"loss": 1.0})
        times.append(9.0)
    everything = records(tmp_path / "run.jsonl")
    assert [event["seq"] for event in everything] == [0, 1, 2, 5]
    assert everything[-1]["lost"] == {"event": 2}


def test_numbers_of_any_kind_are_kept_and_others_counted(tmp_path):
    log = tmp_path / "run.jsonl"
    with recorder(log) as run:
        run.log_step(
            1,
            {
                "loss": float("nan"),
                "a": np.float32(0.5),
                "b": np.int64(3),
                "c": 2**80,
                "d": "text",
                "e": None,
                "f": float("inf"),
            },
        )
    (step,) = records(log, "step")
    assert step["loss"] is None
    assert step["metrics"] == {"a": 0.5, "b": 3, "c": float(2**80), "f": None}
    assert step["non_finite"] == {"/loss": "nan", "/metrics/f": "inf"}
    assert records(log, "run", phase="end")[0]["lost"] == {"not_a_number": 1, "huge_integers": 1}


def test_reopening_appends_an_attempt_that_continues_before_its_first_step(tmp_path):
    log = tmp_path / "run.jsonl"
    for steps in ((1, 2, 3), (3, 4)):
        with recorder(log) as run:
            for step in steps:
                run.log_step(step, {"loss": 1.0})
    starts = records(log, "run", phase="start")
    assert [(start["attempt"], start["resumed_from_step"]) for start in starts] == [(0, 0), (1, 2)]
    assert [event["seq"] for event in records(log, attempt=1)] == list(range(len(records(log, attempt=1))))


def test_a_torn_line_is_cut_back_and_kept_in_the_next_run_event(tmp_path):
    log = tmp_path / "run.jsonl"
    with recorder(log) as run:
        run.log_step(1, {"loss": 1.0})
    with log.open("ab") as file:
        file.write(b'{"v":1,"event":"st\xff')
    with recorder(log) as run:
        run.log_step(2, {"loss": 1.0})
    assert records(log, "run", phase="start", attempt=1)[0]["recovered_tail"] == '{"v":1,"event":"st\\xff'


def test_an_existing_log_can_be_refused_or_left_alone(tmp_path):
    log = tmp_path / "run.jsonl"
    with recorder(log) as run:
        run.log_step(1, {"loss": 1.0})
    before = log.read_bytes()
    with pytest.raises(LogError, match="exists already"):
        recorder(log, existing="error")
    with recorder(log, existing="new") as run:
        run.log_step(1, {"loss": 1.0})
    assert run.path == tmp_path / "run-2.jsonl"
    assert log.read_bytes() == before


@pytest.mark.parametrize("existing", ["error", "new"])
def test_other_ranks_do_not_take_the_log_of_rank_zero_for_an_old_one(tmp_path, existing):
    first = recorder(tmp_path / "run.jsonl", rank=0, existing=existing)
    second = recorder(tmp_path / "run.jsonl", rank=1, existing=existing)
    assert first.path == second.path == tmp_path / "run.jsonl"


def test_a_log_that_is_being_written_is_locked(tmp_path):
    with recorder(tmp_path / "run.jsonl") as run:
        run.log_step(1, {"loss": 1.0})
        with pytest.raises(LockedError):
            recorder(tmp_path / "run.jsonl")
    recorder(tmp_path / "run.jsonl").close()


def test_an_exception_in_the_loop_ends_the_log_as_failed(tmp_path):
    with pytest.raises(KeyError), recorder(tmp_path / "run.jsonl") as run:
        run.log_step(1, {"loss": 1.0})
        raise KeyError("lost")
    (end,) = records(tmp_path / "run.jsonl", "run", phase="end")
    assert (end["status"], end["error"]) == ("failed", "KeyError: 'lost'")


def test_a_rotated_log_opens_each_part_with_a_run_event_and_loses_nothing(tmp_path):
    log = tmp_path / "run.jsonl"
    with recorder(log, max_bytes=8192) as run:
        for step in range(1, 60):
            run.log_batch(step, PROMPTS, ANSWERS, REWARDS)
            run.log_step(step, {"loss": 0.5})
    closed = sorted(tmp_path.glob("run.0*.jsonl.zst"))
    assert len(closed) > 2
    everything = records(log)
    assert [event["seq"] for event in everything] == list(range(len(everything)))
    parts = [event for event in everything if event["event"] == "run" and event["phase"] == "part"]
    assert [part["previous_part"] for part in parts] == [f"run.{i:04d}.jsonl" for i in range(1, len(parts) + 1)]
    assert all(len(part["previous_part_sha256"]) == 64 for part in parts)


def test_alerts_follow_the_step_that_raised_them(tmp_path):
    log = tmp_path / "run.jsonl"
    with recorder(log, window_size=5) as run:
        for step in range(1, 11):
            run.log_batch(step, PROMPTS, ANSWERS, {"accuracy": [1.0, 0.0, 1.0, 1.0] if step > 5 else [1.0, 0, 0, 0]})
            run.log_step(step, {"loss": 0.5})
            if step == 10:
                (alert,) = records(log, "alert", metric="rewards/accuracy/mean")
    assert (alert["step"], alert["severity"], alert["before"], alert["after"]) == (10, "info", 0.25, 0.75)
    assert alert["message"] == "Trend Alert Step 10: accuracy ↗️ +200.0% (0.250 → 0.750)"


def test_a_forked_child_writes_nothing(tmp_path):
    log = tmp_path / "run.jsonl"
    with recorder(log) as run:
        run.log_step(1, {"loss": 1.0})
        child = os.fork()
        if child == 0:
            run.log_step(2, {"loss": 2.0})
            run.close()
            os._exit(0)
        os.waitpid(child, 0)
        run.log_step(3, {"loss": 3.0})
    assert [event["step"] for event in records(log, "step")] == [1, 3]
    assert [event["seq"] for event in records(log)] == list(range(len(records(log))))


def test_a_forked_child_tells_nobody_of_an_alert(tmp_path, capfd):
    alerts = []
    with recorder(tmp_path / "run.jsonl", console=1, on_alert=alerts.append) as run:
        run.log_step(1, {"loss": 1.0})
        capfd.readouterr()
        child = os.fork()
        if child == 0:
            for step in range(2, 12):
                run.log_step(step, {"loss": float("nan")})
            os._exit(len(alerts))
        assert os.waitpid(child, 0)[1] == 0
        assert capfd.readouterr().out == ""
        for step in range(2, 12):
            run.log_step(step, {"loss": float("nan")})
        assert [alert.rule for alert in alerts] == ["non_finite"]


@pytest.mark.parametrize("written", [False, True])
def test_after_an_interruption_numbers_go_on_where_the_file_ends(tmp_path, monkeypatch, written):
    real = os.write

    def interrupted(fd, data):
        if written:
            real(fd, data)
        raise KeyboardInterrupt

    with recorder(tmp_path / "run.jsonl") as run:
        run.log_step(1, {"loss": 1.0})
        with monkeypatch.context() as pressed:
            pressed.setattr(os, "write", interrupted)
            with pytest.raises(KeyboardInterrupt):
                run.log_step(2, {"loss": 2.0})
        run.log_step(3, {"loss": 3.0})
    everything = records(tmp_path / "run.jsonl")
    assert [event["seq"] for event in everything] == list(range(len(everything)))
    assert [event["step"] for event in everything if event["event"] == "perf"] == ([1, 2, 3] if written else [1, 3])
    assert everything[-1].get("lost") is None


def test_a_process_that_ends_without_closing_says_stopped(tmp_path):
    script = (
        "import grpolog\n"
        f"run = grpolog.Recorder({str(tmp_path / 'run.jsonl')!r}, console=0)\n"
        "run.log_step(1, {'loss': 1.0})\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert records(tmp_path / "run.jsonl", "run", phase="end")[0]["status"] == "stopped"


def test_a_recorder_that_nobody_holds_any_more_is_closed_when_the_process_ends(tmp_path):
    script = (
        f"import grpolog; grpolog.Recorder({str(tmp_path / 'run.jsonl')!r}, console=0).log_step(1, {{'loss': 1.0}})"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert records(tmp_path / "run.jsonl", "run", phase="end")[0]["status"] == "stopped"
    assert not (tmp_path / "run.jsonl.lock").exists()


def test_a_process_that_an_exception_ends_says_failed(tmp_path):
    script = (
        "import grpolog\n"
        f"run = grpolog.Recorder({str(tmp_path / 'run.jsonl')!r}, console=0)\n"
        "run.log_step(1, {'loss': 1.0})\n"
        "raise ValueError('api_key=sk-abcdefghijklmnopqrstuv1 was refused')\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    (end,) = records(tmp_path / "run.jsonl", "run", phase="end")
    assert (end["status"], end["error"]) == ("failed", "ValueError: api_key=*** was refused")


def test_a_log_that_was_removed_is_made_anew_and_says_what_it_lacks(tmp_path):
    run = recorder(tmp_path / "run.jsonl")
    run.log_step(1, {"loss": 1.0})
    (tmp_path / "run.jsonl").unlink()
    with pytest.warns(RuntimeWarning, match="removed, replaced or cut") as caught:
        run.log_step(2, {"loss": 1.0})
        run.log_step(3, {"loss": 1.0})
        run.close()
    assert len(caught) == 1
    assert [event["step"] for event in records(tmp_path / "run.jsonl", "step")] == [2, 3]
    part, end = records(tmp_path / "run.jsonl", "run")
    assert (part["phase"], part["seq"], part["lost"]) == ("part", 3, {"event": 3})
    assert (end["lost"], end["events_written"], end["seq"]) == ({"event": 3}, 6, 8)
    assert not (tmp_path / "run.jsonl.lock").exists()


def test_a_disk_that_fails_when_the_log_is_closed_is_warned_about_and_the_lock_released(tmp_path, monkeypatch):
    def broken(fd):
        raise OSError(5, "Input/output error")

    run = recorder(tmp_path / "run.jsonl")
    run.log_step(1, {"loss": 1.0})
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.warns(RuntimeWarning, match="Input/output error"):
        run.close()
    monkeypatch.undo()
    recorder(tmp_path / "run.jsonl").close()


def test_what_is_lost_while_closing_is_no_second_warning(tmp_path, monkeypatch):
    monkeypatch.setattr("grpolog.record.writer.jsonl.compress_part", lambda plain: 1 / 0)
    run = recorder(tmp_path / "run.jsonl", max_bytes=4096)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run.session.lose("batch", ValueError("a bad batch"))
        for step in range(1, 40):
            run.log_step(step, {"loss": 1.0})
        run.session._log.background.submit(lambda: 1 / 0)
        run.close()
    assert len(caught) == 1


def test_two_functions_of_one_name_and_one_named_total_are_told_apart(tmp_path):
    with recorder(tmp_path / "run.jsonl") as run:
        run.log_batch(1, PROMPTS, ANSWERS, {"total": [1.0, 0.0, 1.0, 1.0]})
    assert [e["name"] for e in records(tmp_path / "run.jsonl", "reward")] == ["total (function)", "total"]


@pytest.mark.parametrize(
    "options",
    [{"existing": "maybe"}, {"max_bytes": 1}, {"examples": "some"}, {"window_size": 1}, {"reward_range": {"a": (1, 0)}},
     {"think_tags": ("<t>", "")}, {"stall_seconds": -1}, {"group_size": 0}],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(UsageError):
        Options(**options)


@pytest.mark.parametrize("name", ["sweep.0001.jsonl", "sweep.0001", "sweep.rank3.jsonl", "sweep.12345.jsonl"])
def test_a_log_cannot_have_the_name_of_a_part(tmp_path, name):
    with pytest.raises(LogError, match="a part of another log"):
        recorder(tmp_path / name)
    recorder(tmp_path / "sweep.001.jsonl").close()


def test_an_end_event_that_begins_a_part_counts_the_event_that_opens_it(tmp_path):
    log = tmp_path / "run.jsonl"
    with recorder(log, max_bytes=4096) as run:
        run.log_step(1, {"loss": 0.5})
        run.log_step(2, {"x" * (3900 - log.stat().st_size - 700): 0.5})
        assert not log.with_name("run.0001.jsonl").exists()
    assert log.with_name("run.0001.jsonl.zst").exists()
    events = records(log)
    assert events[-1]["events_written"] == len(events) == events[-1]["seq"] + 1
