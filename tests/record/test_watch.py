"""Reward functions under watch."""

import asyncio
import functools
import inspect

import pytest
from logs import records

import grpolog


def accuracy(prompts, completions, **kwargs):
    return [1.0 if c == p else 0.0 for p, c in zip(prompts, completions, strict=True)]


def length(completions):
    return (len(c) / 10 for c in completions)


async def slow(completions, **kwargs):
    await asyncio.sleep(0)
    return [None for _ in completions]


class Judge:
    def __call__(self, completions, **kwargs):
        return [0.5] * len(completions)


class SlowJudge:
    async def __call__(self, completions, **kwargs):
        return [0.5] * len(completions)


def watched(tmp_path, functions):
    recorder = grpolog.Recorder(tmp_path / "run.jsonl", console=0, stall_seconds=0)
    return recorder, grpolog.watch(functions, recorder)


def test_the_batch_is_recorded_once_all_functions_answered(tmp_path):
    recorder, functions = watched(tmp_path, [accuracy, length, slow, Judge(), functools.partial(accuracy)])
    given = {"prompts": ["a", "a"], "completions": ["a", "bb"]}
    answers = [list(functions[0](**given)), list(functions[1](["a", "bb"])), asyncio.run(functions[2](**given))]
    assert not records(tmp_path / "run.jsonl", "reward")
    answers += [functions[3](**given), functions[4](**given)]
    recorder.log_step(1, {"loss": 1.0})
    recorder.close()
    assert answers == [[1.0, 0.0], [0.1, 0.2], [None, None], [0.5, 0.5], [1.0, 0.0]]
    events = records(tmp_path / "run.jsonl", "reward")
    assert [(e["step"], e["name"], e["n"]) for e in events] == [
        (1, "accuracy", 2), (1, "length", 2), (1, "slow", 0), (1, "Judge", 2), (1, "accuracy (2)", 2), (1, "total", 2),
    ]  # fmt: skip
    assert set(records(tmp_path / "run.jsonl", "perf")[0]["reward_seconds"]) == {
        "accuracy", "length", "slow", "Judge", "accuracy (2)",
    }  # fmt: skip


def test_a_single_function_stays_a_function_with_its_name(tmp_path):
    recorder, function = watched(tmp_path, accuracy)
    assert function.__name__ == "accuracy"
    assert function(["a"], ["a"]) == [1.0]
    recorder.close()
    assert records(tmp_path / "run.jsonl", "reward", name="accuracy")[0]["mean"] == 1.0


@pytest.mark.parametrize(
    "function", [slow, SlowJudge(), SlowJudge().__call__, functools.partial(slow), functools.partial(SlowJudge())]
)
def test_an_async_function_stays_async_in_every_form(tmp_path, function):
    recorder, wrapped = watched(tmp_path, function)
    assert inspect.iscoroutinefunction(wrapped)
    assert len(asyncio.run(wrapped(completions=["a", "b"]))) == 2
    recorder.close()
    assert records(tmp_path / "run.jsonl", "quality")[0]["n"] == 2


def test_errors_of_a_function_pass_through(tmp_path):
    def broken(completions, **kwargs):
        raise ZeroDivisionError

    recorder, function = watched(tmp_path, broken)
    with pytest.raises(ZeroDivisionError):
        function(completions=["a"])
    recorder.close()


def test_an_answer_that_cannot_be_read_is_lost_and_given_back_unchanged(tmp_path):
    recorder, function = watched(tmp_path, lambda completions: ["good"])
    with pytest.warns(RuntimeWarning, match="could not record"):
        assert function(completions=["a"]) == ["good"]
    recorder.close()
