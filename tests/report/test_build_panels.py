import math
import re
from pathlib import Path

import pytest
from built import Log, labels, panels, report_of
from recorded import typical

from grpolog.events import AlertEvent, PerfEvent, QualityEvent, RewardEvent, StepEvent
from grpolog.metrics import METRICS
from grpolog.report.build.alerts import MARKS
from grpolog.report.build.layout import BESIDE
from grpolog.report.build.others import PANELS
from grpolog.report.model import Mark, Question, Report


def missing(report: Report) -> dict[str, tuple[str, ...]]:
    return {question.key: question.missing for question in report.questions}


def others(report: Report) -> Question:
    return next(question for question in report.questions if question.key == "others")


def rewarded(means: dict[str, list[float]], **fields: object) -> Log:
    """Rewards by function, one value a step."""
    log = Log(reward_functions=list(means), **fields)
    for name, values in means.items():
        for step, mean in enumerate(values, start=1):
            log.add(RewardEvent, step, name=name, n=8, mean=mean, std=0.5, min=mean - 0.1, max=mean + 1)
    return log


def test_the_total_has_a_band_of_one_deviation_and_evaluations_as_points(tmp_path: Path) -> None:
    log = rewarded({"total": [1.0, 2.0]})
    log.add(RewardEvent, 2, name="total", n=8, mean=1.5, mode="eval")
    training, evaluation = panels(report_of(tmp_path, log))["panel-reward"].series
    assert (training.label, training.band, training.curve.low, training.curve.high) == (
        "training", "std", (0.5, 1.5), (1.5, 2.5),
    )  # fmt: skip
    assert (evaluation.label, evaluation.metric, evaluation.sparse) == ("evaluation", "eval_reward", True)
    assert (evaluation.curve.x, evaluation.curve.y) == ((2.0,), (1.5,))


def test_intervals_of_several_evaluations_are_drawn_and_the_band_of_training_is_not(tmp_path: Path) -> None:
    log = rewarded(
        {"accuracy": [1.0, 2.0], "format": [1.0, 2.0]}, primary="accuracy", reward_range={"accuracy": (0, 3)}
    )
    for name in ("easy", "hard"):
        log.add(RewardEvent, 2, name="accuracy", n=4, mean=1.5, std=1.0, mode="eval", eval_name=name)
    panel = panels(report_of(tmp_path, log))["panel-primary"]
    assert (panel.bands, panel.about) == (True, "Mean reward; the bands of evaluations are 95 % intervals.")
    assert [(line.label, line.curve.low) for line in panel.series] == [
        ("training", ()), ("evaluation on easy", (0.52,)), ("evaluation on hard", (0.52,)), ("ceiling", ()),
    ]  # fmt: skip


def test_the_band_of_the_task_does_not_pass_the_rewards_that_were_given(tmp_path: Path) -> None:
    log = rewarded({"accuracy": [1.0], "format": [1.0]}, primary="accuracy")
    training = panels(report_of(tmp_path, log))["panel-primary"].series[0]
    assert (training.curve.low, training.curve.high) == ((0.9,), (1.5,))


def test_a_single_function_needs_no_panel_as_the_task(tmp_path: Path) -> None:
    found = panels(report_of(tmp_path, rewarded({"accuracy": [1.0], "total": [1.0]}, primary="accuracy")))
    assert "panel-primary" not in found
    assert labels(found["panel-functions"]) == ["accuracy"]


def test_a_band_without_a_known_deviation_is_as_thin_as_the_line(tmp_path: Path) -> None:
    log = Log()
    for step, std in ((1, 0.5), (2, None), (3, math.nan)):
        log.add(RewardEvent, step, name="total", n=8, mean=1.0, std=std)
    curve = panels(report_of(tmp_path, log))["panel-reward"].series[0].curve
    assert (curve.low, curve.high) == ((0.5, 1.0, 1.0), (1.5, 1.0, 1.0))


def test_functions_of_another_size_have_a_panel_of_their_own(tmp_path: Path) -> None:
    log = rewarded({"a": [0.5], "length": [-200.0], "b": [1.0], "zero": [0.0]})
    found = panels(report_of(tmp_path, log))
    assert labels(found["panel-functions"]) == ["a", "b", "zero"]
    assert labels(found["panel-functions-2"]) == ["length"]


def test_of_many_functions_eighteen_are_drawn_and_forty_listed(tmp_path: Path) -> None:
    report = report_of(tmp_path, rewarded({f"f{number}": [1.0] for number in range(50)}))
    found = panels(report)
    drawn = [label for key, panel in found.items() if key.startswith("panel-functions") for label in labels(panel)]
    assert drawn == [f"f{number}" for number in range(18)]
    assert found["panel-functions-3"].notes == ("32 more functions are in the log.",)
    assert (len(report.functions), report.functions_left_out) == (40, 10)
    assert "10 more functions in the log" in report.to_html()
    assert "10 more functions in the log" in report.to_markdown()


def test_several_eval_sets_are_drawn_side_by_side(tmp_path: Path) -> None:
    log = rewarded({"a": [1.0], "total": [1.0]})
    for number in range(6):
        for name in ("a", "total"):
            log.add(RewardEvent, 1, name=name, n=8, mean=0.5, mode="eval", eval_name=f"set{number}")
    found = panels(report_of(tmp_path, log))
    assert labels(found["panel-reward"]) == ["training", *(f"evaluation on set{number}" for number in range(4))]
    assert found["panel-reward"].notes == ("2 more eval sets are in the log.",)
    assert [p.title for key, p in found.items() if key.startswith("panel-eval")] == [
        f"Reward per function, evaluation on set{number}" for number in range(4)
    ]


def test_what_the_log_does_not_hold_is_named_and_not_drawn(tmp_path: Path) -> None:
    log = Log()
    log.add(StepEvent, 1, loss=0.1, entropy=0.5)
    report = report_of(tmp_path, log)
    assert set(panels(report)) == {"panel-loss", "panel-entropy"}
    assert missing(report) == {
        "overview": ("Total reward", "Learning signal", "Share of the advantage"),
        "learning": ("Reward per function",),
        "stable": ("Divergence from the reference model", "Gradient norm", "Clipped tokens", "Learning rate"),
        "gaming": (
            "Length of completions", "Cut off and empty", "Format", "Variety", "Reasoning indicators",
            "Length of the parts", "Spread of the total reward",
        ),
        "efficient": (
            "Seconds per step", "Tokens per second", "Completions per second", "Memory", "Load", "Cost of logging",
            "Tokens so far",
        ),
    }  # fmt: skip


def test_tools_that_are_never_called_have_no_panel(tmp_path: Path) -> None:
    log = Log()
    log.add(QualityEvent, 1, n=8, turns=1.0, tool_calls=0.0, tool_errors=0.0, tool_chars=0.0)
    assert "panel-tools" not in panels(report_of(tmp_path, log))
    log.add(QualityEvent, 2, n=8, turns=2.0, tool_calls=1.0, tool_errors=0.0, tool_chars=7.0)
    found = panels(report_of(tmp_path, log))
    assert labels(found["panel-tools"]) == ["assistant turns", "tool calls", "tool errors"]
    assert labels(found["panel-tool-output"]) == ["output"]


def test_functions_that_left_completions_unscored_are_drawn(tmp_path: Path) -> None:
    log = Log()
    for name, share in (("a", 0.0), ("b", 0.25)):
        log.add(RewardEvent, 1, name=name, n=6, mean=0.5, none_share=share)
    assert labels(panels(report_of(tmp_path, log))["panel-unscored"]) == ["b"]


def test_the_seconds_of_a_step_add_up(tmp_path: Path) -> None:
    log = Log()
    for step in (1, 2):
        log.add(
            PerfEvent, step, step_seconds=4.0, generation_seconds=2.5, update_seconds=1.0, reward_seconds={"a": 9.0}
        )
    panel = panels(report_of(tmp_path, log))["panel-step-time"]
    assert panel.stacked
    assert [(line.label, line.curve.y) for line in panel.series] == [
        ("sampling", (2.5, 2.5)), ("scoring", (0.5, 0.5)), ("update", (1.0, 1.0)),
    ]  # fmt: skip


def test_steps_whose_parts_are_not_known_are_one_line(tmp_path: Path) -> None:
    log = Log()
    log.add(PerfEvent, 1, step_seconds=4.0, generation_seconds=2.5, update_seconds=1.0)
    log.add(PerfEvent, 2, step_seconds=4.0)
    panel = panels(report_of(tmp_path, log))["panel-step-time"]
    assert (panel.stacked, labels(panel)) == (False, ["step"])


def test_the_trainers_own_step_time_serves_where_there_is_none_of_ours(tmp_path: Path) -> None:
    log = Log()
    log.add(StepEvent, 1, step_time=3.0)
    assert panels(report_of(tmp_path, log))["panel-step-time"].series[0].metric == "step_time"


def test_each_gpu_has_a_panel_up_to_four(tmp_path: Path) -> None:
    log = Log()
    log.add(PerfEvent, 1, gpus=[{"index": index, "used_gib": 1.0, "peak_gib": 2.0} for index in range(6)])
    found = {key: panel for key, panel in panels(report_of(tmp_path, log)).items() if key.startswith("panel-gpu")}
    assert list(found) == ["panel-gpu0", "panel-gpu1", "panel-gpu2", "panel-gpu3"]
    assert labels(found["panel-gpu3"]) == ["in use on the device", "peak"]
    assert found["panel-gpu3"].notes == ("2 more GPUs are in the log.",)


def test_metrics_of_the_users_own_are_shown_by_prefix(tmp_path: Path) -> None:
    log = Log()
    log.add(StepEvent, 1, metrics={"words_mean": 3.0, "tool/x": 0.5, "tool/y": 0.6, "tool/bytes": 9e6})
    log.add(StepEvent, 1, mode="eval", metrics={"runtime": 3.0, "words_mean": 2.0})
    found = others(report_of(tmp_path, log)).panels
    assert [(panel.title, labels(panel), panel.series[0].sparse) for panel in found] == [
        ("tool/bytes", ["bytes"], False),
        ("tool/…", ["x", "y"], False),
        ("words_mean", ["words_mean"], False),
        ("eval_words_mean", ["eval_words_mean"], True),
        ("eval_runtime", ["eval_runtime"], True),
    ]


def test_of_many_metrics_twelve_panels_are_drawn_and_the_others_named(tmp_path: Path) -> None:
    log = Log()
    log.add(StepEvent, 1, metrics={f"m{number:03}": 1.0 for number in range(60)})
    found = others(report_of(tmp_path, log)).panels
    assert len(found) == PANELS
    note = found[-1].notes[0]
    assert note.startswith("Not drawn, but in the log: m012, m013,")
    assert note.endswith("m041 and 18 more.")


def test_what_a_resumed_attempt_replaced_stays_as_a_ghost_and_is_counted_nowhere(tmp_path: Path) -> None:
    log = Log()
    for step in range(1, 6):
        log.add(StepEvent, step, loss=float(step))
    log.again(3)
    for step in (4, 5):
        log.add(StepEvent, step, loss=0.5)
    panel = panels(report_of(tmp_path, log))["panel-loss"]
    (line,) = panel.series
    assert (line.curve.y, line.logged) == ((1.0, 2.0, 3.0, 0.5, 0.5), 5)
    assert [(ghost.x, ghost.y) for ghost in line.ghosts] == [((4.0, 5.0), (4.0, 5.0))]
    assert panel.marks == (Mark(3, "resume", "attempt 1 resumed from step 3"),)


def test_nan_is_counted_with_its_steps(tmp_path: Path) -> None:
    log = Log()
    for step, loss in ((1, 0.5), (2, math.nan), (3, -math.inf)):
        log.add(StepEvent, step, loss=loss)
    (line,) = panels(report_of(tmp_path, log))["panel-loss"].series
    assert (line.logged, line.non_finite, line.non_finite_steps) == (3, 2, (2, 3))


def test_findings_are_marked_on_every_chart_of_their_metric_the_worst_first(tmp_path: Path) -> None:
    log = rewarded({"a": [1.0] * 40, "b": [1.0] * 40}, primary="a")
    for step in range(1, 41):
        severity = "error" if step == 7 else "info"
        log.add(
            AlertEvent, step, rule=f"r{step}", metric="rewards/a/mean", severity=severity, incident=str(step),
            message="new",
        )  # fmt: skip
    report = report_of(tmp_path, log)
    found = panels(report)
    for key in ("panel-primary", "panel-functions"):
        marks = found[key].marks
        assert len(marks) == MARKS
        assert [mark.kind for mark in marks].count("error") == 1
        assert [mark.x for mark in marks] == [7, *range(18, 41)]
        assert found[key].notes == ("16 more findings are not marked.",)
    assert marks[0] == Mark(7, "error", "error: new", "finding-1", "rewards/a/mean")
    assert (report.findings[0].key, report.findings[0].panel) == ("finding-1", "panel-primary")


def test_bounds_are_those_of_the_vocabulary(tmp_path: Path) -> None:
    found = panels(report_of(tmp_path, typical(steps=20, resume_at=None)))
    assert found["panel-signal"].bounds == (0.0, 1.0)
    assert found["panel-entropy"].bounds == (0.0, None)
    assert found["panel-kl"].bounds == found["panel-advantage"].bounds == (None, None)
    assert (found["panel-signal"].unit, found["panel-entropy"].unit) == ("share", "nats per token")


@pytest.mark.parametrize("step", [1, 10**12])
def test_a_single_value_anywhere_makes_a_panel(tmp_path: Path, step: int) -> None:
    log = Log()
    log.add(StepEvent, step, loss=0.5)
    report = report_of(tmp_path, log.end(step))
    assert panels(report)["panel-loss"].series[0].curve.x == (float(step),)
    assert re.search(r'd="M[\d.]+ [\d.]+h0"', report.to_html())


def test_every_metric_of_the_vocabulary_has_a_panel_or_a_reason_to_have_none(tmp_path: Path) -> None:
    trained = [known.name for known in METRICS if known.event == "step"]
    log = Log()
    fields = {known.field: 0.5 for known in METRICS if known.event == "step" and known.field in StepEvent.model_fields}
    own = {name: 0.5 for name in trained if name.replace("/", "_") not in fields}
    log.add(StepEvent, 1, **fields, metrics=own | {"new/metric": 0.5})
    report = report_of(tmp_path, log)
    drawn = {line.metric for panel in panels(report).values() for line in panel.series}
    assert set(trained) - drawn <= BESIDE
    assert "new/metric" in drawn
