"""Which checkpoint to use: saved, still kept, and the earliest within error of the best."""

from pathlib import Path

from small_logs import line, numbered, run_of

from grpolog.analysis import Run
from grpolog.analysis.checkpoints import Advice, advise, kept_checkpoints
from grpolog.analysis.judgement import Finding
from grpolog.record.checkpoints import checkpoints_in

EVALUATED = {10: 0.30, 20: 0.58, 30: 0.60, 40: 0.41}


def trained(folder: Path, kept: int = 3) -> Run:
    """Forty steps with an evaluation and a save each ten, of which the newest few are kept."""
    lines = [line("run", 0, primary="a", primary_source="given", reward_functions=["a"])]
    paths: list[str] = []
    for step in range(1, 41):
        lines += [line("reward", step, name="a", mean=step / 50), line("step", step, reward=step / 50)]
        if step in EVALUATED:
            lines.append(line("reward", step, name="a", mean=EVALUATED[step], std=0.4, n=100, mode="eval"))
            paths = [*paths, f"out/checkpoint-{step}"][-kept:]
            lines.append(line("perf", step, checkpoints=paths))
    return run_of(folder, *numbered(*lines))


def finding(onset: int, *, state: str = "open", rule: str = "reward_drop") -> Finding:
    return Finding(rule, "reward", "error", onset + 3, onset, None, state, "fell", "", "", "", "i", 1.0, 0.0)  # type: ignore[arg-type]


def chosen(advice: Advice) -> tuple[int, str, float]:
    assert advice.checkpoint is not None
    return advice.checkpoint.step, advice.checkpoint.metric, advice.checkpoint.value


def test_only_what_the_newest_save_left_is_there(tmp_path: Path) -> None:
    assert kept_checkpoints(trained(tmp_path)) == {step: f"out/checkpoint-{step}" for step in (20, 30, 40)}


def test_the_earliest_within_one_standard_error_of_the_best_evaluation_is_used(tmp_path: Path) -> None:
    advice = advise(trained(tmp_path), ())
    assert chosen(advice) == (20, "eval_rewards/a/mean", 0.58)
    assert advice.reason == "the earliest within one standard error of the best, step 30"
    assert chosen(advise(trained(tmp_path, kept=2), ())) == (30, "eval_rewards/a/mean", 0.60)


def test_weights_from_the_onset_of_an_open_error_on_are_not_recommended(tmp_path: Path) -> None:
    run = trained(tmp_path, kept=4)
    assert chosen(advise(run, [finding(15)])) == (10, "eval_rewards/a/mean", 0.30)
    assert advise(run, [finding(15)]).reason == "the only one kept from before step 15"
    assert chosen(advise(run, [finding(15, state="resolved"), finding(15, rule="stall")]))[0] == 20
    none = advise(trained(tmp_path), [finding(15)])
    assert (none.checkpoint, none.reason) == (None, "all that are kept were saved after the trouble began at step 15")


def test_without_an_evaluation_the_reward_of_training_tells(tmp_path: Path) -> None:
    lines = [line("step", step, reward=min(step, 20) / 20) for step in range(1, 41)]
    lines += [line("perf", 40, checkpoints=["c/checkpoint-10", "c/checkpoint-30", "c/checkpoint-40"])]
    advice = advise(run_of(tmp_path, line("run", 0), *numbered(*lines, first=1)), ())
    assert chosen(advice) == (30, "reward", 1.0)


def test_a_log_without_checkpoints_says_so(tmp_path: Path) -> None:
    assert advise(run_of(tmp_path, line("step", 1)), ()) == Advice(None, "no checkpoint is recorded in this log", 0)


def test_folders_of_checkpoints_are_listed_by_step(tmp_path: Path) -> None:
    for name in ("checkpoint-100", "checkpoint-20", "checkpoint-x", "runs"):
        (tmp_path / name).mkdir()
    (tmp_path / "checkpoint-7").write_text("a file")
    assert [Path(path).name for path in checkpoints_in(tmp_path)] == ["checkpoint-20", "checkpoint-100"]
