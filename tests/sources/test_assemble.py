"""Items of any log as events: attempts, repeated rows, counted steps, names."""

from math import inf, nan
from pathlib import Path

import numpy as np
from foreign_logs import assembled, attempts, lines, series, steps, words

from grpolog.analysis import read
from grpolog.generation.batch import Batch, Scoring
from grpolog.sources.items import Closing, Generation, Opening, Row


def row(step, line=None, **values):
    return Row(values, step, line)


def sampled(step, rewards=(1.0, 0.0), mode="train", **options):
    batch = Batch(["q"] * len(rewards), ["a"] * len(rewards), np.array(rewards)[:, None], len(rewards))
    return Generation(step, batch, Scoring(("acc",), (1.0,)), mode, **options)


def starts(events):
    """Attempt and where it continued, of each start."""
    return [(e.attempt, e.resumed_from_step) for e in events if e.event == "run" and e.phase == "start"]


def rewards(events):
    return [(e.attempt, e.step, e.reward) for e in events if e.event == "step"]


def test_a_row_is_a_step_event_with_the_fields_of_its_metrics_and_the_others_by_name():
    events, noted = assembled(Opening("trl"), row(3, loss=0.5, reward=1, **{"rewards/acc/mean": 0.25, "own": 2}))
    assert events[1].model_dump(exclude_none=True, exclude={"v", "rank", "time"}) == {
        "event": "step", "step": 3, "attempt": 0, "seq": 1, "mode": "train", "loss": 0.5, "reward": 1.0,
        "metrics": {"rewards/acc/mean": 0.25, "own": 2.0},
    }  # fmt: skip
    assert noted == []


def test_the_run_event_names_the_functions_that_the_first_rows_speak_of():
    [run, *_], _ = assembled(Opening("trl", {"trl": "1.16.0"}, {"max_steps": 9}), row(1, **{"rewards/acc/mean": 0.0}))
    assert (run.framework, run.versions, run.max_steps, run.capture) == ("trl", {"trl": "1.16.0"}, 9, "imported")
    assert (run.reward_functions, run.primary, run.primary_source) == (["acc"], "acc", "guessed")


def test_steps_that_go_back_are_another_attempt_that_continues_before_its_first_step():
    events, _ = assembled(*(row(step, reward=step + n / 10) for n, step in enumerate([1, 2, 3, 4, 3, 4, 5])))
    assert starts(events) == [(0, 0), (1, 2)]
    assert [(attempt, step) for attempt, step, _ in rewards(events)] == [
        (0, 1), (0, 2), (0, 3), (0, 4), (1, 3), (1, 4), (1, 5),
    ]  # fmt: skip


def test_a_first_step_that_comes_again_with_other_values_is_a_fresh_start():
    order = [0, 0, 1, 2, 3, 4, 5, 0, 1]
    events, _ = assembled(*(row(step, reward=float(n)) for n, step in enumerate(order)))
    assert starts(events) == [(0, None), (1, None), (2, None)]  # 0 would let the steps 0 before stand
    assert [step for _, step, _ in rewards(events)] == order


def test_a_row_that_stands_there_twice_is_left_out_and_named():
    events, noted = assembled(row(1, 1, reward=0.5), row(2, 2, reward=0.6), row(2, 3, reward=0.6), row(3, reward=0.7))
    assert (starts(events), len(rewards(events)), noted) == ([(0, 0)], 3, ["row of step 2 is there already"])


def test_a_stretch_that_was_appended_again_is_no_other_attempt():
    events, noted = assembled(*(row(step, reward=step / 10) for step in [1, 2, 3, 4, 2, 3, 4, 5, 6]))
    assert (starts(events), len(rewards(events)), len(noted)) == ([(0, 0)], 6, 3)


def test_nan_is_as_equal_to_nan_as_a_number_to_itself():
    events, noted = assembled(row(1, reward=nan, kl=inf), row(1, reward=nan, kl=inf))
    assert (len(rewards(events)), noted) == (1, ["row of step 1 is there already"])


def test_a_row_of_a_new_attempt_counts_although_an_old_one_had_the_same(tmp_path: Path):
    values = [(1, 0.1), (2, 0.0), (3, 0.3), (1, 0.2), (2, 0.0), (3, 0.4)]
    log = lines(tmp_path / "m.jsonl", *({"step": s, "reward": r, "loss": 1.0} for s, r in values))
    assert series(log, "reward") == [(1, 0.2), (2, 0.0), (3, 0.4)]
    assert attempts(read(log)) == [0, 0]


def test_two_writers_of_one_step_are_one_attempt():
    both = [row(1, loss=0.1), row(1, reward=0.5), row(2, loss=0.2), row(2, reward=0.6)]
    assert starts(assembled(*both)[0]) == [(0, 0)]


def test_the_writers_of_a_later_attempt_are_not_taken_for_yet_another_one():
    first = [row(step, reward=0.5) for step in (1, 2, 3)]
    again = [row(2, loss=0.1), row(2, reward=0.7), row(3, loss=0.2), row(3, reward=0.8)]
    assert starts(assembled(*first, *again)[0]) == [(0, 0), (1, 1)]


def test_of_a_row_with_both_the_training_part_decides_on_the_attempt_first():
    back = Row({"eval_reward": 0.9, "reward": 0.4}, 1)
    events, _ = assembled(Opening("trl"), row(1, reward=0.5), row(2, reward=0.6), back)
    assert [(e.attempt, e.mode) for e in events if e.event == "step"][2:] == [(1, "train"), (1, "eval")]


def test_an_evaluation_alone_never_begins_an_attempt():
    events, _ = assembled(Opening("trl"), row(5, reward=0.5), row(3, eval_reward=0.4), row(6, reward=0.5))
    assert starts(events) == [(0, 0)]


def test_rows_without_a_step_are_counted_and_evaluations_belong_to_the_step_before():
    found = [row(None, reward=0.1), row(None, reward=0.2), row(None, eval_reward=0.5), row(None, reward=0.3)]
    events, _ = assembled(Opening("trl"), *found)
    assert [(e.step, e.mode) for e in events if e.event == "step"] == [
        (1, "train"), (2, "train"), (2, "eval"), (3, "train"),
    ]  # fmt: skip


def test_an_opening_begins_an_attempt_and_the_count_again():
    found = [Opening("trl"), row(None, reward=0.1), row(None, reward=0.2), Opening("trl"), row(None, reward=0.3)]
    events, _ = assembled(*found)
    assert (starts(events), [step for _, step, _ in rewards(events)]) == ([(0, 0), (1, 0)], [1, 2, 1])


def test_a_closing_ends_the_attempt_with_its_status_and_totals():
    events, _ = assembled(Opening("trl"), row(4, reward=1.0), Closing("finished", totals={"train_runtime": 9.0}))
    end = events[-1]
    assert (end.event, end.phase, end.status, end.step, end.totals) == (
        "run",
        "end",
        "finished",
        4,
        {"train_runtime": 9.0},
    )


def test_the_runtime_of_the_closing_row_goes_and_the_rest_of_it_stays():
    last = row(6, train_runtime=9.0, train_loss=0.1, total_flos=0.0, reward=0.7)
    assert rewards(assembled(Opening("trl"), row(4, reward=0.5), last)[0]) == [(0, 4, 0.5), (0, 6, 0.7)]
    assert rewards(assembled(Opening("trl"), row(4, reward=0.5), row(6, train_runtime=9.0, epoch=1.0))[0]) == [
        (0, 4, 0.5)
    ]


def test_the_metrics_of_a_row_that_names_its_eval_set_all_belong_to_it():
    found = Row({"eval_math_loss": 0.5, "eval_math_runtime": 1.0, "eval_reward": 0.7, "epoch": 0.5}, 4)
    [event] = [e for e in assembled(Opening("trl"), found)[0] if e.event == "step"]
    assert (event.mode, event.eval_name, event.reward, event.loss, event.epoch) == ("eval", "math", 0.7, 0.5, 0.5)


def test_what_is_no_number_is_named_once_with_its_line():
    _, noted = assembled(row(1, 7, reward=0.5, note="fine", nested={"a": 1}, nothing=None))
    assert noted == ["`note` is not a number"]


def test_numbers_as_text_count():
    events, noted = assembled(Opening("trl"), row(1, reward="0.125", kl="nan", num_tokens="1,024"))
    assert (events[1].reward, str(events[1].kl), events[1].num_tokens, noted) == (0.125, "nan", 1024.0, [])


def test_a_step_beyond_all_numbers_is_counted_instead():
    events, _ = assembled(row(10**30, reward=0.1), row(2, reward=0.2))
    assert [step for _, step, _ in rewards(events)] == [1, 2]


def test_completions_of_a_step_before_are_another_attempt():
    events, _ = assembled(sampled(1), sampled(2), sampled(1, (0.5, 0.5)))
    assert starts(events) == [(0, 0), (1, 0)]


def test_completions_without_texts_give_rewards_and_groups_alone():
    events, _ = assembled(sampled(1, has_texts=False))
    assert [e.event for e in events] == ["run", "reward", "reward", "group"]


def test_completions_without_rewards_are_all_kept_to_be_read_and_nothing_else():
    batch = Batch(["q", "q"], ["one", "two"], np.empty((2, 0)), 1)
    events, _ = assembled(Generation(1, batch, Scoring((), ())))
    assert [(e.event, getattr(e, "completion", None), getattr(e, "kept", None)) for e in events[1:]] == [
        ("example", "one", "all"), ("example", "two", "all"),
    ]  # fmt: skip


def test_a_key_that_the_user_translates_is_ours_in_training_and_evaluation():
    events, noted = assembled(
        row(7, avg_return=0.5, update=1),
        row(7, eval_score=0.25, update=1),
        mapping={"avg_return": "reward", "eval_score": "eval_reward", "update": "step"},
    )
    found = [(e.step, e.mode, e.reward, e.metrics) for e in events if e.event == "step"]
    assert found == [(1, "train", 0.5, None), (1, "eval", 0.25, None)]
    assert noted == []


def test_a_key_of_a_tracker_is_translated_by_either_of_its_names():
    mapping = {"train/acc": "rewards/acc/mean", "eval/acc": "eval_rewards/acc/mean"}
    events, _ = assembled(Opening("trl"), row(1, acc=0.5), row(1, eval_acc=0.25), mapping=mapping)
    assert [(e.mode, e.metrics) for e in events if e.event == "step"] == [
        ("train", {"rewards/acc/mean": 0.5}), ("eval", {"rewards/acc/mean": 0.25}),
    ]  # fmt: skip
    assert events[0].reward_functions == ["acc"]


def test_a_name_that_the_user_gives_to_another_key_is_not_lost():
    events, _ = assembled(row(1, reward=0.1, shaped=0.9), mapping={"shaped": "reward"})
    assert (events[1].reward, events[1].metrics) == (0.9, {"reward (own)": 0.1})


def test_a_key_that_no_row_has_is_named():
    _, noted = assembled(row(1, reward=0.1), mapping={"kl_div": "kl"})
    assert noted == ["no row has `kl_div`, which was to be translated"]


def test_attempts_of_a_file_are_those_of_the_run_with_the_replaced_steps(tmp_path: Path):
    order = [0, 0, 1, 2, 3, 4, 5, 0, 1]
    log = lines(tmp_path / "metrics.jsonl", *({"step": s, "reward": n / 10, "loss": 0.5} for n, s in enumerate(order)))
    run = read(log)
    assert steps(run) == [
        (0, 0, True), (1, 0, True), (1, 1, True), (1, 2, True), (1, 3, True), (1, 4, True), (1, 5, True),
        (2, 0, False), (2, 1, False),
    ]  # fmt: skip
    assert words(run) == []
