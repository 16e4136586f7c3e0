"""Rows of several writers, restarts, filled-in rows and samples."""

from pathlib import Path

from foreign_logs import noted

from grpolog.sources.by_step.means import are_samples, means
from grpolog.sources.by_step.order import in_order
from grpolog.sources.by_step.repeats import are_filled, without_fills
from grpolog.sources.items import Row

PATH = Path("metrics.jsonl")


def row(step, time=None, **values):
    return Row(values, step, None, time)


def ordered(*rows):
    losses = []
    return [(r.step, dict(r.values)) for r in in_order(rows, PATH, noted(losses))], [what for _, _, what in losses]


def test_rows_of_one_step_are_joined_and_come_in_the_order_of_steps():
    sampler = [row(step, reward=step / 10, tokens=5.0) for step in range(4)]
    trainer = [row(step, loss=float(step), grad=1.0) for step in range(4)]
    mixed = [sampler[0], sampler[1], trainer[0], sampler[2], trainer[1], sampler[3], trainer[2], trainer[3]]
    found, losses = ordered(*mixed)
    assert found == [(s, {"reward": s / 10, "tokens": 5.0, "loss": float(s), "grad": 1.0}) for s in range(4)]
    assert losses == []


def test_of_a_key_that_two_writers_share_the_last_value_counts():
    first, second = row(1, 5.0, a=1.0, b=2.0, t=9.0), row(1, 6.0, c=1.0, d=2.0, t=7.0)
    [joined] = in_order([first, second], PATH, noted([]))
    assert (joined.values["t"], joined.time) == (7.0, 6.0)


def test_a_writer_that_goes_back_ends_the_rows_before():
    found, _ = ordered(*(row(step, reward=n / 10) for n, step in enumerate([0, 0, 1, 2, 0, 1])))
    assert [step for step, _ in found] == [0, 0, 1, 2, 0, 1]


def test_after_a_restart_the_rows_of_all_writers_belong_to_the_new_start():
    def both(step, n):
        return [row(step, reward=n, tokens=1.0), row(step, loss=n, grad=1.0)]

    found, _ = ordered(*both(1, 0.1), *both(2, 0.2), *both(2, 0.3), *both(3, 0.4))
    assert [(step, values["reward"], values["loss"]) for step, values in found] == [
        (1, 0.1, 0.1), (2, 0.2, 0.2), (2, 0.3, 0.3), (3, 0.4, 0.4),
    ]  # fmt: skip


def test_a_row_that_stands_there_twice_in_succession_is_left_out_and_named():
    assert ordered(row(1, a=1.0), row(1, a=1.0), row(2, a=2.0)) == (
        [(1, {"a": 1.0}), (2, {"a": 2.0})], ["row of step 1 is there already"],
    )  # fmt: skip


def test_rows_wait_for_other_writers_no_longer_than_some_steps():
    def endless():
        for step in range(10**6):
            assert step < 1000
            yield row(step, a=1.0)

    assert next(iter(in_order(endless(), PATH, noted([])))).step == 0


def filled(*rows):
    losses = []
    found = [r.step for r in without_fills(rows, are_filled(rows), PATH, noted(losses))]
    return found, [what for _, _, what in losses]


def test_rows_that_repeat_special_numbers_were_filled_in():
    values = [{"kl": 0.012345 * (n // 3 + 1), "loss": 0.98765 / (n // 3 + 1)} for n in range(9)]
    found, losses = filled(*(row(step, **v) for step, v in enumerate(values)))
    assert found == [0, 3, 6]
    assert losses == ["a row that only repeats the one before, filled in"] * 6


def test_rewards_that_come_twice_by_themselves_are_kept():
    found, _ = filled(
        row(1, reward=0.104167, reward_std=0.051031, loss=0.0),
        row(2, reward=0.104167, reward_std=0.051031, loss=0.0),
        row(3, reward=0.2, reward_std=0.1, loss=0.0),
    )
    assert found == [1, 2, 3]


def test_rewards_that_nearly_always_come_twice_were_filled_in():
    found, _ = filled(*(row(step, reward=0.104167 + step // 5, reward_std=0.051031 + step // 5) for step in range(20)))
    assert found == [0, 5, 10, 15]


def test_a_dead_run_says_the_same_for_ever_and_is_kept():
    found, _ = filled(*(row(step, reward=-7.5, loss=0.0, length=1846.0, learning_rate=1.2345e-06) for step in range(9)))
    assert found == list(range(9))


def test_samples_are_told_by_their_common_step_and_become_means():
    rows = [row(step, reward=float(k % 2), length=k) for step in (1, 2) for k in range(4)]
    assert are_samples(rows)
    assert [(r.step, dict(r.values)) for r in means(rows)] == [
        (1, {"reward": 0.5, "length": 1.5}), (2, {"reward": 0.5, "length": 1.5}),
    ]  # fmt: skip


def test_a_restart_at_once_is_no_sample():
    assert not are_samples([row(step, reward=float(n)) for n, step in enumerate([0, 0, 1, 2, 3, 4, 5])])


def test_two_writers_are_no_samples():
    assert not are_samples([row(n // 2, **({"loss": 1.0} if n % 2 else {"reward": 1.0})) for n in range(20)])
