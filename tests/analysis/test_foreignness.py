"""What the audit says of a log of another program."""

import json
from pathlib import Path

from foreign_logs import lines, text
from small_logs import line, numbered, write

from grpolog.analysis import read
from grpolog.metrics import SHOWN_BY

TOLD = {"reward": 0.5, "loss": 0.1, "grad_norm": 1.0, "entropy": 0.4, "kl": 0.1, "frac_reward_zero_std": 0.0}


def state(folder: Path, *rows: dict[str, float]) -> Path:
    path = folder / "trainer_state.json"
    path.write_text(json.dumps({"log_history": rows}))
    return path


def test_its_origin_and_what_it_cannot_tell_are_said(tmp_path: Path) -> None:
    told = read(state(tmp_path, TOLD | {"step": 1}, TOLD | {"step": 2, "loss": 0.2})).audit
    assert told.foreign == (
        "Imported as trainer_state; trl, version unknown.",
        "No text of a completion was recorded: what the model writes cannot be judged.",
        "Not in this log, and so not judged: time, memory, evaluation.",
    )
    assert told.sentences()[-3:] == list(told.foreign)


def test_what_the_framework_always_logs_and_is_missing_is_named_with_what_it_would_tell(tmp_path: Path) -> None:
    told = read(state(tmp_path, TOLD | {"step": 1}, TOLD | {"step": 2, "loss": 0.2})).audit
    assert told.sentences()[-4] == (
        "Missing, though trl 0.20 to 1.16 always logs it: `learning_rate`, `epoch`, `reward_std`, `rewards/<f>/mean`; "
        "`completions/mean_length`, so the length of completions cannot be judged; `completions/min_length`, "
        "`completions/max_length`, `completions/mean_terminated_length`, `completions/min_terminated_length`, "
        "`completions/max_terminated_length`; `completions/clipped_ratio`, so truncation cannot be judged; "
        "`num_tokens`; `clip_ratio/low_mean`, `clip_ratio/low_min`, `clip_ratio/high_mean`, `clip_ratio/high_max`, "
        "`clip_ratio/region_mean` (unless it used the Liger kernel or a loss that clips in another way)."
    )


def test_what_the_rows_lack_is_missing_although_recorded_completions_tell_it(tmp_path: Path) -> None:
    versions = {"trl": "1.16.0"}
    run = line("run", step=0, framework="trl", versions=versions)
    row = line("step", reward=0.5, step_time=1.0, metrics={"rewards/f/mean": 0.5})
    whole = line("quality", truncated_share=0.0, response_tokens=3.0)
    log = write(tmp_path / "exp1.jsonl", *numbered(run, row, whole, line("reward", std=0.1)))
    missing = {key.metric: key.not_judged for key in read(log).audit.missing_keys}
    assert missing["completions/mean_length"] == missing["completions/clipped_ratio"] == ""
    assert missing["entropy"] == "the entropy of the policy"
    assert "reward_std" in missing
    assert "rewards/<f>/mean" not in missing
    assert "step_time" not in missing


def test_a_log_of_preferences_misses_nothing_of_grpo(tmp_path: Path) -> None:
    row = {"loss": 0.1, "reward": 0.1, "rewards/chosen": 0.1, "rewards/rejected": 0.2}
    assert read(state(tmp_path, row | {"step": 1}, row | {"step": 2})).audit.missing_keys == ()


def test_all_that_the_log_holds_is_no_whole_run(tmp_path: Path) -> None:
    told = read(state(tmp_path, TOLD | {"step": 1})).audit
    assert told.sentences()[0] == "All that the log holds could be read."


def test_of_a_log_that_is_none_of_grpo_that_is_all(tmp_path: Path) -> None:
    row = {"loss": 0.1, "rewards/chosen": 0.1, "rewards/rejected": 0.2}
    assert read(state(tmp_path, row | {"step": 1}, row | {"step": 2})).audit.foreign == (
        "Imported as trainer_state; trl, version unknown.",
        f"Not a GRPO log: {SHOWN_BY['preference']}.",
    )


def samples(path: Path, *more: dict[str, object]) -> Path:
    row = {"input": "2 + 2?", "output": "4", "score": 1.0}
    return lines(path, *({**row, **each} for each in more))


def test_completions_of_evaluations_tell_nothing_of_training(tmp_path: Path) -> None:
    told = read(samples(tmp_path / "val" / "1.jsonl", {"step": 1}, {"step": 1, "output": "5"})).audit
    assert told.foreign[1] == (
        "Completions are there of evaluations alone: what the model writes in training cannot be judged."
    )


def test_printed_samples_are_completions_that_can_be_read(tmp_path: Path) -> None:
    printed = "Unsloth: Will smartly offload\n" + 'def strategy(board):\n    return "0"\n---\n' * 3
    told = read(text(tmp_path / "out.txt", printed)).audit
    assert told.foreign[:2] == (
        "Imported as printed_samples; framework unknown.",
        "Completions are there to be read, without rewards: what the model writes cannot be judged.",
    )


def test_where_every_completion_is_there_without_rows_that_is_said_by_their_number(tmp_path: Path) -> None:
    told = read(samples(tmp_path / "rollouts" / "1.jsonl", {"step": 1}, {"step": 1, "output": "5"})).audit
    assert "2 completions in 1 generation." in told.sentences()
    assert [sentence.partition(":")[0] for sentence in told.foreign[1:]] == ["Not in this log, and so not judged"]


def test_repeated_rows_are_counted(tmp_path: Path) -> None:
    row = TOLD | {"step": 1}
    assert "1 repeated rows or completions were left out." in read(state(tmp_path, row, row)).audit.foreign


def test_an_evaluation_can_be_judged(tmp_path: Path) -> None:
    rows = (TOLD | {"step": 1}, {"eval_reward": 0.5, "eval_loss": 0.1, "step": 1})
    assert "evaluation" not in read(state(tmp_path, *rows)).audit.foreign[-1]


def test_nothing_of_the_kind_is_said_of_a_log_of_ours(tmp_path: Path) -> None:
    log = write(tmp_path / "exp1.jsonl", *numbered(line("run", step=0), line("step", loss=0.1)))
    assert read(log).audit.foreign == ()
