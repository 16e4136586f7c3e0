"""The history of a run in memory."""

from grpolog.events import QualityEvent, RewardEvent, StepEvent
from grpolog.record.history import History


def quality(**fields):
    return QualityEvent(step=1, n=8, **fields)


def test_each_series_has_one_value_a_generation():
    history = History()
    history.add([RewardEvent(step=1, name="accuracy", n=8, mean=0.5), quality(repetition=0.1)])
    history.add([RewardEvent(step=2, name="accuracy", n=0), quality(repetition=0.2, format_rate=1.0)])
    history.add([RewardEvent(step=3, name="accuracy", n=8, mean=0.7), quality()])
    assert history.rewards == {"accuracy": [0.5, None, 0.7]}
    assert history.quality == {"n": [8, 8, 8], "repetition": [0.1, 0.2, None], "format_rate": [None, 1.0, None]}


def test_evaluations_leave_no_trace():
    history = History()
    history.add([RewardEvent(step=1, name="accuracy", n=8, mean=0.5, mode="eval"), quality(mode="eval")])
    assert (history.rewards, history.quality) == ({}, {})


def test_rows_serve_where_completions_are_out_of_sight():
    history = History()
    history.add([StepEvent(step=1, reward=0.5, metrics={"rewards/accuracy/mean": 0.4, "rewards/accuracy/std": 0.1})])
    assert history.rewards == {"total": [0.5], "accuracy": [0.4]}
    history.add([RewardEvent(step=2, name="accuracy", n=8, mean=0.6), quality()])
    history.add([StepEvent(step=2, reward=0.6, metrics={"rewards/accuracy/mean": 0.6})])
    assert history.rewards == {"total": [0.5], "accuracy": [0.4, 0.6]}
