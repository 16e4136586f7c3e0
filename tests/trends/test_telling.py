"""Which groups are named with an alert."""

import math
from typing import Any

import pytest

from grpolog.trends import Alert
from grpolog.trends.telling import MOST, AlertGroup, KeptGroup, kept_groups, telling


def completions(step: int, group: int, rewards: list[float | None], **fields: Any) -> list[dict[str, Any]]:
    """The example events of a group, one completion per reward of `accuracy`; `style` is always 0.5."""
    return [
        {
            "step": step, "mode": "train", "generation": step - 1, "group": group, "prompt_id": f"p{group}", "index": i,
            "rewards": {"accuracy": reward, "style": 0.5}, "total": None if reward is None else reward + 0.5,
            "completion": f"answer {i}", **{name: value[i] if isinstance(value, list) else value
                                            for name, value in fields.items()},
        }
        for i, reward in enumerate(rewards)
    ]  # fmt: skip


def kept(*groups: list[dict[str, Any]]) -> list[KeptGroup]:
    return list(kept_groups(record for group in groups for record in group))


def alert(metric: str, rule: str = "reward_drop", step: int = 9, **fields: Any) -> Alert:
    return Alert(rule=rule, metric=metric, severity="error", step=step, message="m", **fields)


def shown(alert: Alert, groups: list[KeptGroup], onset: int | None = 1) -> list[tuple[int, int, str]]:
    return [(group.step, group.group, group.shows) for group in telling(alert, onset, groups)]


def test_a_group_is_told_in_numbers() -> None:
    (group,) = kept(completions(3, 2, [1.0, 0.0, None], tokens=[4, 6, 5], truncated=[True, False, False]))
    assert group == KeptGroup(
        step=3,
        mode="train",
        eval_name=None,
        generation=2,
        group=2,
        prompt_id="p2",
        size=3,
        means={"accuracy": 0.5, "style": 0.5, "total": 1.0},
        spreads={"accuracy": pytest.approx(math.sqrt(0.5)), "style": 0.0, "total": pytest.approx(math.sqrt(0.5))},
        cut_off=1,
        length=5.0,
        unit="tokens",
        distinct=3,
    )


def test_conversations_and_unknown_tokens_and_nan_are_taken_as_they_come() -> None:
    talk = completions(1, 0, [math.nan, math.inf], completion=None, completion_messages=[[{"a": 1}], [{"a": 1}]])
    (group,) = kept(talk)
    assert (group.means, group.distinct, group.unit, group.cut_off) == ({"style": 0.5}, 1, "characters", None)


def test_the_lowest_groups_of_the_function_are_named_first_the_newest_of_equals() -> None:
    groups = kept(
        completions(2, 0, [1.0, 1.0]),
        completions(3, 0, [0.0, 0.0]),
        completions(4, 0, [0.0, 1.0]),
        completions(5, 0, [0.0, 0.0]),
        completions(6, 0, [None, None]),
    )
    assert shown(alert("rewards/accuracy/mean", before=1.0, after=0.0), groups) == [
        (5, 0, "mean accuracy 0"),
        (3, 0, "mean accuracy 0"),
        (4, 0, "mean accuracy 0.5"),
        (2, 0, "mean accuracy 1"),
        (6, 0, "not scored"),
    ]
    rising = alert("rewards/accuracy/mean", "trend", before=0.0, after=1.0)
    assert shown(rising, groups)[0] == (2, 0, "mean accuracy 1")
    assert shown(alert("reward", before=2.0, after=1.0), groups)[0] == (5, 0, "mean total 0.5")


def test_only_the_window_of_the_alert_counts_and_five_are_named() -> None:
    groups = kept(*(completions(step, 0, [0.0, 1.0]) for step in range(1, 12)))
    found = telling(alert("reward", step=9), 3, groups)
    assert [group.step for group in found] == [9, 8, 7, 6, 5]
    assert len(found) == MOST
    assert [g.step for g in telling(alert("reward", step=4), 3, groups)] == [4, 3]
    assert [g.step for g in telling(alert("reward", step=4), None, groups)] == [4, 3, 2, 1]
    assert telling(alert("reward", step=4), 5, groups) == ()


@pytest.mark.parametrize(
    ("rule", "metric", "first"),
    [
        ("truncation", "completions/clipped_ratio", (1, "2 of 2 cut off")),
        ("no_contrast", "group/equal_share", (2, "total 0.5 in all 2")),
        ("no_contrast", "rewards/accuracy/equal_share", (2, "accuracy 0 in all 2")),
        ("mode_collapse", "quality/distinct_share", (3, "1 of 2 answers differ")),
        ("empty_answers", "quality/empty_share", (4, "mean length 0 tokens")),
        ("length_drift", "completions/mean_length", (5, "mean length 900 tokens")),
        ("dominance", "rewards/accuracy/mean", (4, "accuracy 0 ± 2.83")),
        ("reward_hacking", "rewards/accuracy/mean", (1, "mean total 1.5")),
        ("entropy_collapse", "entropy", (5, "mean total 1.25")),
    ],
)
def test_each_rule_names_what_it_is_about(rule: str, metric: str, first: tuple[int, str]) -> None:
    groups = kept(
        completions(1, 0, [1.0, 1.0], truncated=True, tokens=9),
        completions(2, 0, [0.0, 0.0], truncated=False, tokens=9),
        completions(3, 0, [0.0, 1.0], truncated=False, tokens=9, completion="same"),
        completions(4, 0, [-2.0, 2.0], truncated=False, tokens=0),
        completions(5, 0, [0.5, 1.0], truncated=[True, False], tokens=900),
    )
    step, _, shows = shown(alert(metric, rule, before=10.0, after=20.0), groups)[0]
    assert (step, shows) == first


def test_the_machine_is_no_matter_of_completions() -> None:
    assert telling(alert("perf/rss_gib", "memory_growth"), 1, kept(completions(2, 0, [1.0]))) == ()


def test_an_evaluation_names_groups_of_its_own_set() -> None:
    groups = kept(
        completions(2, 0, [0.0, 0.0]),
        completions(2, 1, [0.0, 0.0], mode="eval", eval_name="easy"),
        completions(2, 2, [1.0, 0.0], mode="eval", eval_name="hard"),
        completions(2, 3, [0.0, 0.0], mode="eval"),
    )
    assert shown(alert("eval_hard_rewards/accuracy/mean", "eval_drop"), groups) == [(2, 2, "mean accuracy 0.5")]
    assert shown(alert("eval_reward", "eval_drop"), groups) == [(2, 3, "mean total 0.5")]
    assert telling(alert("reward"), 1, groups) == (AlertGroup(2, "train", None, 1, 0, "p0", "mean total 0.5"),)


def test_rewards_too_large_to_add_come_last() -> None:
    huge = completions(2, 0, [1.7e308, 1.7e308]), completions(3, 0, [1.7e308, -1.7e308]), completions(4, 0, [0.0, 1.0])
    found = shown(alert("rewards/accuracy/mean", "dominance"), kept(*huge))
    assert sorted(step for step, _, _ in found) == [2, 3, 4]
