"""Metrics of ours on their way to the trainer's reporters."""

from grpolog.events import QualityEvent, RewardEvent
from grpolog.record.reported import Reported


def quality(n, rate):
    return QualityEvent(step=1, n=n, format_rate=rate)


def test_a_window_is_the_mean_over_completions_and_ends_when_it_is_taken():
    reported = Reported(["quality/format_rate", "group/equal_share"])
    reported.gather("train", [quality(8, 1.0), RewardEvent(step=1, name="total", n=8, equal_share=0.5)])
    reported.gather("train", [quality(24, 0.0)])
    assert reported.take("train") == {"quality/format_rate": 0.25, "group/equal_share": 0.5}
    assert reported.take("train") == {}


def test_training_and_evaluation_have_windows_of_their_own():
    reported = Reported(["quality/format_rate"])
    reported.gather("eval", [quality(2, 1.0)])
    assert reported.take("train") == {}
    assert reported.take("eval") == {"eval_quality/format_rate": 1.0}


def test_a_loop_that_never_takes_a_window_does_not_fill_memory():
    reported = Reported(["quality/format_rate"])
    sizes = set()
    for _ in range(50):
        reported.gather("train", [quality(2, 0.5)])
        sizes.add(len(str(vars(reported)["_windows"])) // 20)
    assert len(sizes) == 1
