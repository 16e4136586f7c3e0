from collections import Counter
from typing import Any

import numpy as np
import pytest

from grpolog import jsonl
from grpolog.events import ExampleEvent
from grpolog.generation.advantages import total_rewards
from grpolog.generation.batch import Batch, Scoring
from grpolog.generation.examples import ExamplePicker
from grpolog.generation.prompts import prompt_id

NAN = float("nan")
SCORING = Scoring(("f",), (1.0,))


def offer(
    picker: ExamplePicker,
    rewards: list[list[float]],
    prompts: list[str] | None = None,
    text: str = "c",
    mode: str = "train",
    step: int = 1,
    **where: Any,
) -> list[ExampleEvent]:
    """Offers one generation; `rewards` and `prompts` are by group."""
    size = len(rewards[0])
    names = prompts or [f"p{g}" for g in range(len(rewards))]
    batch = Batch(
        prompts=[name for name in names for _ in range(size)],
        completions=[text] * (size * len(rewards)),
        rewards=np.array(rewards, dtype=np.float64).reshape(-1, 1),
        group_size=size,
    )
    return picker.offer(batch, SCORING, total_rewards(batch, SCORING), {"step": step, "mode": mode, **where})


def reasons(events: list[ExampleEvent]) -> dict[int, list[str]]:
    return {event.group: [event.kept, *(event.also_kept or [])] for event in events}


def leaders(picker: ExamplePicker, rewards: list[list[float]]) -> dict[int, list[str]]:
    """Reasons of the groups that lead by something else than the lot."""
    found = {group: [r for r in why if r != "lot"] for group, why in reasons(offer(picker, rewards)).items()}
    return {group: why for group, why in found.items() if why}


def test_the_best_the_worst_the_most_divided_and_a_lot_are_kept_whole() -> None:
    picker = ExamplePicker(seed=1)
    events = offer(picker, [[1.0, 0.8], [0.0, 0.1], [0.0, 1.0], [0.5, 0.5]])
    kept = reasons(events)
    assert [kept[group][0] for group in (0, 1, 2)] == ["best", "worst", "divided"]
    assert sum("lot" in why for why in kept.values()) == 1
    assert all([e.index for e in events if e.group == group] == [0, 1] for group in kept)


def test_a_group_that_leads_in_several_ways_is_written_once() -> None:
    events = offer(ExamplePicker(), [[1.0, 0.0]])
    assert reasons(events) == {0: ["best", "worst", "divided", "lot"]}
    assert len(events) == 2


def test_a_lead_is_written_again_only_when_it_is_retaken() -> None:
    picker = ExamplePicker()
    assert leaders(picker, [[0.5, 0.6]]) == {0: ["best", "worst", "divided"]}
    assert leaders(picker, [[0.6, 0.5], [0.55, 0.55]]) == {}
    assert leaders(picker, [[0.7, 0.7], [0.5, 0.5]]) == {0: ["best"], 1: ["worst"]}
    assert leaders(picker, [[0.5, 0.8], [0.9, 0.9]]) == {0: ["divided"], 1: ["best"]}


def test_a_new_window_has_no_leaders() -> None:
    picker = ExamplePicker()
    offer(picker, [[1.0, 0.0]])
    picker.end_window()
    assert reasons(offer(picker, [[0.5, 0.5]])) == {0: ["best", "worst", "lot"]}


def test_a_group_that_nobody_scored_leads_by_lot_alone() -> None:
    assert reasons(offer(ExamplePicker(), [[NAN, NAN]])) == {0: ["lot"]}


def test_the_lot_gives_every_group_of_a_window_the_same_chance() -> None:
    picker = ExamplePicker(seed=3, budget_bytes=10**9)
    drawn: Counter[str] = Counter()
    for _ in range(1200):
        lot = ""
        for generation, groups in enumerate((1, 3, 2)):
            names = [f"{generation}{g}" for g in range(groups)]
            for event in offer(picker, [[0.5, 0.5]] * groups, names):
                if "lot" in (event.kept, *(event.also_kept or [])):
                    lot = str(event.prompt)
        drawn[lot] += 1
        picker.end_window()
    assert len(drawn) == 6
    # 200 each; the chi-square of a fair lot exceeds 20.5 once in a thousand.
    assert sum((count - 200) ** 2 / 200 for count in drawn.values()) < 20.5


def test_equal_seeds_keep_equal_groups() -> None:
    runs = []
    for seed in (5, 5, 6):
        picker = ExamplePicker(seed=seed)
        runs.append([reasons(offer(picker, [[0.1 * g, 0.3] for g in range(8)])) for _ in range(20)])
    assert runs[0] == runs[1] != runs[2]


def test_all_writes_every_completion_in_training_and_evaluation() -> None:
    picker = ExamplePicker(mode="all", budget_bytes=0)
    for mode in ("train", "eval"):
        events = offer(picker, [[1.0, 0.0], [NAN, 1.0]], mode=mode)
        assert [(e.group, e.index, e.kept, e.mode) for e in events] == [
            (g, i, "all", mode) for g in range(2) for i in range(2)
        ]


def test_none_writes_nothing() -> None:
    picker = ExamplePicker(mode="none")
    assert offer(picker, [[1.0, 0.0]]) == offer(picker, [[1.0, 0.0]], mode="eval") == []


def test_the_first_prompts_of_each_eval_set_are_followed() -> None:
    picker = ExamplePicker(pinned=2)

    def followed(prompts: list[str], step: int, name: str | None = None) -> list[str | None]:
        events = offer(picker, [[1.0]] * len(prompts), prompts, mode="eval", step=step, eval_name=name)
        assert {e.kept for e in events} <= {"pinned"}
        return [e.prompt for e in events]

    assert followed(["a"], step=0) == ["a"]
    assert followed(["b", "c"], step=0) == ["b"]
    assert followed(["c", "b", "a"], step=10) == ["b", "a"]
    assert followed(["c", "d", "e"], step=10, name="other") == ["c", "d"]
    assert followed(["c", "d", "a"], step=20) == ["a"]


def test_pinning_nothing_follows_nothing() -> None:
    assert offer(ExamplePicker(pinned=0), [[1.0]], mode="eval") == []


def test_evaluation_does_not_disturb_the_leads_of_training() -> None:
    picker = ExamplePicker()
    offer(picker, [[1.0, 1.0]], mode="eval")
    assert leaders(picker, [[0.5, 0.5]]) == {0: ["best", "worst"]}


def test_a_window_stays_within_its_budget_and_every_leader_within_a_quarter_of_the_rest() -> None:
    picker = ExamplePicker(budget_bytes=40_000)
    written = [offer(picker, [[0.01 * i] * 4], text="word " * 1000) for i in range(60)]
    sizes = [sum(len(jsonl.encode(event)) for event in events) for events in written if events]
    assert 30_000 < sum(sizes) <= 40_000
    assert all(size <= (40_000 - sum(sizes[:i])) // 4 for i, size in enumerate(sizes))
    cut = [event.cut_chars for events in written for event in events[:1]]
    assert cut[0] is not None
    assert cut == sorted(cut, key=lambda chars: chars or 0)
    assert picker.left_out == 60 - len(sizes)
    assert picker.left_out > 0
    picker.end_window()
    assert offer(picker, [[0.5] * 4], text="word " * 1000)


def test_pinned_prompts_share_the_budget_of_an_evaluation_equally() -> None:
    picker = ExamplePicker(budget_bytes=20_000, pinned=4)
    for step in (0, 10):
        events = offer(picker, [[0.5] * 2] * 4, text="word " * 1000, mode="eval", step=step)
        cut = [event.cut_chars for event in events]
        assert len(cut) == 8
        assert len(set(cut)) == 1
    assert picker.left_out == 0


def test_an_empty_generation_is_no_trouble() -> None:
    picker = ExamplePicker()
    empty = Batch([], [], np.empty((0, 1)), 4)
    assert picker.offer(empty, SCORING, np.empty(0), {"step": 1}) == []


def test_groups_carry_the_id_of_their_prompt() -> None:
    assert offer(ExamplePicker(), [[1.0, 0.0]], ["a"])[0].prompt_id == prompt_id("a")


@pytest.mark.parametrize("rewards", [[[np.inf, 0.0], [-np.inf, 0.0]], [[1.0], [0.0]], [[NAN, 1.0], [0.0, NAN]]])
def test_odd_rewards_are_no_trouble(rewards: list[list[float]], recwarn: pytest.WarningsRecorder) -> None:
    assert offer(ExamplePicker(), rewards)
    assert not recwarn.list
