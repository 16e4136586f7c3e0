"""Runs to a comparison: what is said, what is drawn, what is left out."""

from pathlib import Path
from typing import Any

import pytest
from built import Log
from compared import answered, compared, rising, run_log

from grpolog.errors import UsageError
from grpolog.events import RunEvent, StepEvent
from grpolog.report import Comparison
from grpolog.report.model import Panel


def panels(comparison: Comparison) -> dict[str, Panel]:
    return {panel.title: panel for question in comparison.questions for panel in question.panels}


def figure(comparison: Comparison, title: str) -> list[tuple[str, str, bool, str]]:
    """A row of the leaderboard: text, delta, whether it is the best, note."""
    place = [column.title for column in comparison.columns].index(title)
    cells = [contender.cells[place] for contender in comparison.contenders]
    return [(cell.text, cell.delta, cell.best, cell.note) for cell in cells]


def better(folder: Path, **options: Any) -> Comparison:
    logs = {"base": run_log(rising(100, 0.5, 1)), "new": run_log(rising(100, 0.7, 2), config={"learning_rate": 2e-6})}
    return compared(folder, logs, **options)


def test_a_difference_is_told_with_interval_and_that_one_run_each_says_nothing_of_seeds(tmp_path: Path) -> None:
    found = better(tmp_path)
    said = found.verdict
    assert (said.word, said.symbol, said.tone) == ("THE RUNS DIFFER", "≠", "info")
    assert said.sentence.startswith("new is better than base on accuracy in training: 0.697 against 0.497")
    assert "95 % interval +0.189 to +0.210" in said.sentence
    assert said.sentence.endswith(
        "; 25 logged values, steps 76 to 100). One run each: whether other seeds would differ as well cannot be told."
    )
    assert said.points[0] == "new got to 0.497 3.1 times earlier: at step 10, base at step 31."
    assert any("takes several seeds of each" in point for point in said.points)
    (contrast,) = found.contrasts
    assert (contrast.label, contrast.other, contrast.shown, contrast.values) == ("new", "base", True, 25)
    assert contrast.low is not None
    assert contrast.low < contrast.difference == pytest.approx(0.2, abs=0.02)
    assert contrast.sentence == said.sentence


def test_no_difference_is_inside_the_noise_of_one_seed(tmp_path: Path) -> None:
    logs = {"a": run_log(rising(100, 0.5, 1)), "b": run_log(rising(100, 0.5, 2))}
    said = compared(tmp_path, logs).verdict
    assert said.word == "NO DIFFERENCE SHOWN"
    assert said.sentence.startswith("No difference between b and a can be shown on accuracy in training: 0.")
    assert "is inside the noise of one seed each (95 % interval −0.0" in said.sentence
    assert said.points[-1] == "Their configurations do not differ: a difference between them is chance."
    seeds = {name: run_log(rising(100, 0.5, seed), config={"seed": seed}) for seed, name in enumerate("ab")}
    assert compared(tmp_path, seeds).verdict.points[-1].startswith("Their configurations differ in nothing but seeds")


def test_one_run_twice_is_called_so(tmp_path: Path) -> None:
    log = run_log(rising(100, 0.5, 1))
    found = compared(tmp_path, {"a": log, "b": log})
    assert (found.verdict.word, found.verdict.points) == ("THE SAME VALUES", ())
    assert found.verdict.sentence.startswith("b and a agree on accuracy in training value by value (25 logged values")
    assert figure(found, "Compared: accuracy in training")[1][1:] == ("", False, "")


def test_a_run_that_ended_early_is_named_and_the_others_are_compared(tmp_path: Path) -> None:
    logs = {
        "base": run_log(rising(100, 0.5, 1)),
        "dead": run_log(rising(2, 0.5, 2)),
        "new": run_log(rising(100, 0.7, 3)),
    }
    found = compared(tmp_path, logs)
    assert found.verdict.sentence.startswith("new is better than base")
    assert found.verdict.points[0] == "dead is not compared: of accuracy in training it has only 2 values."
    assert figure(found, "Compared: accuracy in training")[1] == ("–", "", False, "")
    assert [contrast.label for contrast in found.contrasts] == ["new"]


def test_a_total_that_is_the_task_alone_is_told_once(tmp_path: Path) -> None:
    logs = {name: run_log(rising(100, 0.5, seed), reward_functions=["accuracy"], reward_weights=None)
            for seed, name in enumerate("ab")}  # fmt: skip
    found = compared(tmp_path, logs)
    titles = [panel.title for question in found.questions for panel in question.panels]
    assert "accuracy in training" in titles
    assert "Total reward" not in titles
    assert "Total reward, end" not in [column.title for column in found.columns]


def test_the_baseline_may_be_another(tmp_path: Path) -> None:
    found = better(tmp_path, baseline="new")
    assert found.baseline == 1
    assert found.verdict.sentence.startswith("base is worse than new on accuracy in training")
    assert figure(found, "accuracy in training, end")[1][1:] == ("", True, "")
    with pytest.raises(UsageError, match="no run or group is called 'nwe': did you mean 'new'"):
        better(tmp_path, baseline="nwe")


def test_a_better_run_that_failed_is_no_better_one_to_use(tmp_path: Path) -> None:
    broken = run_log(rising(100, 0.7, 2))
    broken.add(RunEvent, 100, phase="end", **broken.run | {"status": "failed", "error": "ValueError: no"})
    found = compared(tmp_path, {"base": run_log(rising(100, 0.5, 1)), "new": broken})
    assert (found.verdict.tone, found.contenders[1].word) == ("error", "FAILED")
    assert found.verdict.sentence.endswith(" But new is FAILED: read that first.")
    assert any(point.startswith("new is FAILED: ") for point in found.verdict.points)


def test_several_effects_are_listed_and_their_number_is_a_warning(tmp_path: Path) -> None:
    logs = {name: run_log(rising(100, end, seed)) for seed, (name, end) in
            enumerate({"base": 0.5, "same": 0.5, "best": 0.8, "good": 0.7}.items())}  # fmt: skip
    said = compared(tmp_path, logs).verdict
    assert said.sentence.startswith("best is better than base")
    assert said.points[0].startswith("same against base: 0.")
    assert "no difference shown" in said.points[0]
    assert "better (95 % interval +0.1" in said.points[1]
    assert any("about one time in 7" in point for point in said.points)


def test_shorter_runs_and_runs_without_evaluation_are_named(tmp_path: Path) -> None:
    logs = {
        "whole": run_log(rising(100, 0.5, 1), {20: 0.4, 40: 0.5, 60: 0.5, 80: 0.5, 100: 0.5}),
        "short": run_log(rising(60, 0.5, 2)),
    }
    points = compared(tmp_path, logs).verdict.points
    assert "They are not compared by accuracy in evaluation: short has none." in points
    assert "They are compared up to step 60: short ends at step 60, whole at step 100." in points


def test_seeds_are_one_line_with_a_band_and_the_noise_is_between_them(tmp_path: Path) -> None:
    logs = {f"{arm}_{seed}": run_log(rising(40, end, 3 * place + seed, noise=0.05), config={"lr": end, "seed": seed})
            for place, (arm, end) in enumerate((("low", 0.5), ("high", 0.9))) for seed in range(3)}  # fmt: skip
    found = compared(tmp_path, logs, group_by="lr")
    assert [contender.names for contender in found.contenders] == [
        ("low_0", "low_1", "low_2"), ("high_0", "high_1", "high_2"),
    ]  # fmt: skip
    assert found.verdict.sentence.startswith("lr 0.9 is better than lr 0.5 on accuracy in training: 0.8")
    assert found.verdict.sentence.endswith("; 3 and 3 seeds, steps 21 to 40).")
    (text, _, _, note), _ = figure(found, "accuracy in training, end")
    assert note.split(" to ")[0] < text < note.split(" to ")[1]
    low = panels(found)["accuracy in training"].series[0]
    assert (low.label, low.band, low.logged, len(low.curve.x)) == ("lr 0.5", "range", 120, 40)
    assert all(a <= y <= b for a, y, b in zip(low.curve.low, low.curve.y, low.curve.high, strict=True))
    assert [(row.key, row.values, row.kind) for row in found.settings] == [
        ("lr", ("0.5", "0.9"), "setting"), ("seed", ("0, 1, 2", "0, 1, 2"), "seed"),
    ]  # fmt: skip
    assert [lane.name for lane in found.lanes] == list(logs)


def test_seeds_of_one_configuration_alone_have_a_mean_and_an_interval(tmp_path: Path) -> None:
    logs = {f"x{seed}": run_log(rising(40, 0.5, seed)) for seed in range(3)}
    found = compared(tmp_path, logs, group_by_name="x")
    assert (found.verdict.word, found.contrasts) == ("ONE CONFIGURATION", ())
    assert found.verdict.sentence.startswith("x reaches 0.")
    assert found.verdict.sentence.endswith("over 3 seeds.")


def test_seeds_of_other_lengths_are_drawn_as_far_as_all_got(tmp_path: Path) -> None:
    logs = {"x1": run_log(rising(400, 0.5, 1)), "x2": run_log(rising(300, 0.5, 2)), "y": run_log(rising(400, 0.5, 3))}
    line = panels(compared(tmp_path, logs, group_by_name="[xy]"))["accuracy in training"].series[0]
    assert (len(line.curve.x), line.curve.x[-1] < 300) == (60, True)


def test_a_run_keeps_its_colour_where_another_lacks_the_metric(tmp_path: Path) -> None:
    logs = {name: run_log(rising(40, 0.5, seed)) for seed, name in enumerate("abc")}
    for name in "bc":
        for step in range(1, 41):
            logs[name].add(StepEvent, step, entropy=0.5)
    panel = panels(compared(tmp_path, logs))["Entropy"]
    assert [(line.label, line.logged) for line in panel.series] == [("a", 0), ("b", 40), ("c", 40)]
    assert panel.notes == ("Not in a.",)
    assert not panel.bands


def test_what_only_one_run_has_is_named_and_not_drawn(tmp_path: Path) -> None:
    logs = {name: run_log(rising(40, 0.5, seed)) for seed, name in enumerate("ab")}
    logs["a"].add(StepEvent, 40, entropy=0.5)
    found = compared(tmp_path, logs)
    stable = next(question for question in found.questions if question.key == "stable")
    assert "Entropy" not in panels(found)
    assert "Entropy (a)" in stable.missing


def test_other_estimators_are_named_on_the_chart_and_in_no_delta(tmp_path: Path) -> None:
    logs = {"grpo": run_log(rising(40, 0.5, 1)), "rloo": run_log(rising(40, 0.5, 2), trainer="RLOOTrainer")}
    found = compared(tmp_path, logs)
    panel = panels(found)["Divergence from the reference model"]
    assert panel.notes == ("▲ Not the same measure. grpo: the k3 estimator; rloo: the signed k1 estimator.",)
    assert [delta for _, delta, _, _ in figure(found, "KL")] == ["", ""]


def test_totals_of_other_weights_are_no_verdict_and_have_no_best(tmp_path: Path) -> None:
    weights = {"accuracy": 3.0, "style": 1.0}
    logs = {
        "a": run_log(rising(40, 0.5, 1), primary=None),
        "b": run_log(rising(40, 0.9, 2), primary=None, reward_weights=weights),
    }
    found = compared(tmp_path, logs)
    assert (found.verdict.word, found.metric, found.window) == ("NOT COMPARABLE", "", None)
    assert found.cautions[0].startswith("The total reward is not the same sum")
    assert [(delta, best) for _, delta, best, _ in figure(found, "Total reward, end")] == [("", False)] * 2


def test_runs_with_no_metric_in_common_say_so(tmp_path: Path) -> None:
    other = Log()
    other.add(StepEvent, 1, loss=0.1)
    found = compared(tmp_path, {"a": run_log({1: 0.5}), "b": other.end(1), "c": Log()})
    assert found.verdict.sentence == "The runs have no metric in common: nothing can be held against each other."
    assert found.to_html()
    assert found.to_markdown()


def test_only_settings_that_differ_are_listed_and_the_rest_is_counted(tmp_path: Path) -> None:
    found = better(tmp_path)
    assert [(row.key, row.values) for row in found.settings] == [
        ("learning_rate", ("1e-06", "2e-06")), ("seed", ("0", "")),
    ]  # fmt: skip
    assert found.settings_note == "6 settings are the same."


@pytest.mark.parametrize(
    ("x", "across", "window"), [("tokens", "tokens", (75_250, 100_000)), ("time", "seconds", (755, 1004))]
)
def test_runs_may_be_aligned_by_tokens_or_time(tmp_path: Path, x: Any, across: str, window: tuple[int, int]) -> None:
    found = better(tmp_path, x=x)
    assert found.across == across
    assert found.window == pytest.approx(window, abs=3)
    panel = panels(found)["accuracy in training"]
    assert (panel.across, panel.series[0].curve.x[-1]) == (across, pytest.approx(window[1], abs=3))


def test_a_log_without_tokens_cannot_be_aligned_by_them(tmp_path: Path) -> None:
    other = Log()
    other.add(StepEvent, 1, loss=0.1)
    with pytest.raises(UsageError, match=r"b\.jsonl: the log does not tell tokens"):
        compared(tmp_path, {"a": run_log({1: 0.5}), "b": other}, x="tokens")


def test_findings_stand_on_the_lane_of_their_run(tmp_path: Path) -> None:
    fallen = {step: value if step < 60 else 0.0 for step, value in rising(100, 0.7, 2).items()}
    found = compared(tmp_path, {"fine": run_log(rising(100, 0.7, 1)), "fallen": run_log(fallen)})
    fine, other = found.lanes
    assert (fine.name, fine.place, fine.end, fine.spans) == ("fine", 0, 100.0, ())
    assert (other.name, other.place) == ("fallen", 1)
    drop = next(span for span in other.spans if "reward" in span.title)
    assert drop.severity == "error"
    assert (55 <= drop.begin <= 65, drop.end) == (True, 100.0)
    assert found.findings[0].name == "fallen"
    assert found.findings[0].severity == "error"


def test_a_resumed_run_says_where_it_went_on(tmp_path: Path) -> None:
    log = Log()
    for step in range(1, 21):
        log.add(StepEvent, step, loss=0.1, kl=0.1)
    log.again(15)
    for step in range(16, 31):
        log.add(StepEvent, step, loss=0.1, kl=0.1)
    found = compared(tmp_path, {"again": log, "other": run_log(rising(30, 0.5, 1))})
    assert (found.lanes[0].resumes, found.lanes[0].end) == ((15.0,), 30.0)
    assert panels(found)["Divergence from the reference model"].series[0].logged == 30


def test_prompts_that_several_runs_answered_stand_side_by_side(tmp_path: Path) -> None:
    logs = {name: run_log(rising(20, 0.5, seed)) for seed, name in enumerate(("a", "b", "c"))}
    for step in (10, 20):
        answered(logs["a"], step, "shared", [0.0, 1.0])
    answered(logs["b"], 10, "shared", [1.0, 1.0])
    answered(logs["b"], 15, "shared", [0.5, 0.5])
    answered(logs["c"], 20, "only mine", [1.0])
    found = compared(tmp_path, logs)
    (prompt,) = found.prompts
    assert found.prompts_note == "1 of 1 prompt that more than one run kept answers to."
    assert (prompt.prompt_id, prompt.where, prompt.prompt[0].text) == ("shared", "training", "What of shared?")
    sides = [(side.label, side.place, side.step, side.mean, [c.total for c in side.answers]) for side in prompt.sides]
    assert sides == [
        ("a", 0, 10, 0.5, [1.0, 0.0]), ("b", 1, 10, 1.0, [1.0]),
    ]  # fmt: skip


def test_prompts_of_nobody_else_are_none(tmp_path: Path) -> None:
    logs = {name: run_log(rising(20, 0.5, seed)) for seed, name in enumerate("ab")}
    for name in "ab":
        answered(logs[name], 20, name, [1.0])
    found = compared(tmp_path, logs)
    assert (found.prompts, found.prompts_note) == ((), "No prompt has recorded answers in more than one run.")


def test_long_runs_have_five_hundred_means_a_line(tmp_path: Path) -> None:
    logs = {name: run_log(rising(3000, 0.5, seed)) for seed, name in enumerate("ab")}
    curve = panels(compared(tmp_path, logs))["accuracy in training"].series[0].curve
    assert (len(curve.x) <= 500, curve.low, sum(curve.count)) == (True, (), 3000)


def test_the_same_logs_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = (better(tmp_path, generated_at="2026-11-25T12:00:00Z") for _ in range(2))
    assert (one.to_html(), one.to_markdown(), one.to_json()) == (other.to_html(), other.to_markdown(), other.to_json())
    assert "2026-11-25T12:00:00Z" in one.to_html()
