"""Statistics of prompts from group events."""

from pathlib import Path
from typing import Any

from small_logs import line, numbered, run_of

from grpolog.analysis.prompts import Prompts, prompt_texts, prompts_of


def group(step: int, prompt: str, passes: int | None, n: int = 8, **fields: Any) -> bytes:
    given = {"prompt_id": prompt, "n": n, "passes": passes, "generation": step}
    if passes is not None:
        given |= {"mean": passes / n, "std": 0.5 if 0 < passes < n else 0.0, "signal": 0 < passes < n}
    return line("group", step, **given | fields)


def found(folder: Path, *lines: bytes, **which: Any) -> Prompts:
    return prompts_of(run_of(folder, *numbered(*lines)), **which)


def row(prompts: Prompts, prompt: str) -> dict[str, Any]:
    return prompts.table.filter(prompt_id=prompt).row(0, named=True)


def ids(prompts: Prompts, by: Any, limit: int | None = None) -> list[str]:
    return prompts.select(by, limit)["prompt_id"].to_list()


def test_prompts_are_never_sometimes_or_always_solved(tmp_path: Path) -> None:
    prompts = found(
        tmp_path,
        *(group(1, "a", 0), group(1, "b", 8), group(1, "c", 3), group(1, "d", None)),
        *(group(2, "a", 0), group(2, "b", 7)),
    )
    assert prompts.counts == {"never": 1, "sometimes": 2, "always": 0, "unknown": 1}
    assert ids(prompts, "never") == ["a"]
    assert ids(prompts, "sometimes") == ["c", "b"]
    assert (prompts.score, prompts.once) == ("pass rate", False)


def test_a_prompt_has_the_sums_of_all_its_visits(tmp_path: Path) -> None:
    known = {"row_id": "row-7", "source": "sums", "mean_length": 10.0, "truncated_count": 2}
    prompts = found(tmp_path, group(1, "a", 2, mean_length=30.0, truncated_count=0), group(4, "a", 6, **known))
    assert row(prompts, "a") == {
        "prompt_id": "a", "row_id": "row-7", "source": "sums", "completions": 16, "passes": 8, "mean": 0.5, "std": 0.5,
        "mean_length": 20.0, "truncated_share": 0.125, "signal_share": 1.0, "first_step": 1, "last_step": 4,
        "pass_rate": 0.5, "score": 0.5, "outcome": "sometimes", "visits": 2, "first": 0.25, "best": 0.25,
        "best_step": 1, "last": 0.75, "course": [0.25, 0.75], "regressed": False, "swing": None,
    }  # fmt: skip


def test_a_prompt_regressed_where_chance_does_not_explain_the_loss(tmp_path: Path) -> None:
    lines = [group(1, "lost", 8), group(1, "noise", 5), group(1, "forgotten", 1), group(2, "forgotten", 8)]
    lines += [group(3, "lost", 3), group(3, "noise", 3), group(3, "forgotten", 1)]
    prompts = found(tmp_path, *lines)
    assert ids(prompts, "regressed") == ["forgotten", "lost"]
    assert (row(prompts, "forgotten")["best"], row(prompts, "forgotten")["best_step"]) == (1.0, 2)


def test_the_best_of_many_visits_is_allowed_more_luck(tmp_path: Path) -> None:
    once, often = [group(1, "a", 8), group(9, "a", 4)], [group(step, "b", 4) for step in range(1, 8)]
    prompts = found(tmp_path, *once, *often, group(8, "b", 8), group(9, "b", 4))
    assert ids(prompts, "regressed") == ["a"]


def test_a_prompt_that_swings_is_unstable_and_one_that_climbs_is_not(tmp_path: Path) -> None:
    swings, climbs = (0, 8, 0, 8), (0, 3, 6, 8)
    lines = [group(s, "a", p) for s, p in enumerate(swings, 1)] + [group(s, "b", p) for s, p in enumerate(climbs, 1)]
    prompts = found(tmp_path, *lines)
    assert ids(prompts, "unstable") == ["a"]
    assert abs(row(prompts, "a")["swing"] - 2 / 3) < 1e-9


def test_the_hardest_of_equals_is_the_one_with_most_answers(tmp_path: Path) -> None:
    prompts = found(tmp_path, group(1, "new", 0), group(1, "b", 8), group(1, "old", 0), group(2, "old", 0))
    assert ids(prompts, "hardest", 2) == ["old", "new"]


def test_without_a_known_task_prompts_are_compared_by_their_total(tmp_path: Path) -> None:
    lines = [group(1, "a", None, mean=2.0, std=0.1), group(2, "a", None, mean=1.0, std=0.1)]
    prompts = found(tmp_path, *lines, group(1, "b", None, mean=0.5, std=0.0))
    assert prompts.score == "total reward"
    assert prompts.counts == {"never": 0, "sometimes": 0, "always": 0, "unknown": 2}
    assert (ids(prompts, "hardest"), ids(prompts, "regressed")) == (["b", "a"], ["a"])


def test_two_groups_of_one_generation_are_one_visit(tmp_path: Path) -> None:
    prompts = found(tmp_path, group(1, "a", 2), group(1, "a", 4, group=1))
    assert (prompts.once, row(prompts, "a")["visits"], row(prompts, "a")["pass_rate"]) == (True, 1, 0.375)
    assert (row(prompts, "a")["best"], row(prompts, "a")["regressed"]) == (None, None)


def test_sources_are_told_apart(tmp_path: Path) -> None:
    lines = [group(step, f"a{step}", 8 if step > 10 else 0, source="sums") for step in range(1, 21)]
    prompts = found(tmp_path, *lines, group(1, "b", 4), group(2, "b", 4))
    assert prompts.sources.rows(named=True) == [
        {
            "source": "sums", "groups": 20, "completions": 160, "first": 0.0, "last": 1.0, "signal_share": 0.0,
            "mean_length": None, "prompts": 20, "never": 10, "sometimes": 0, "always": 10,
        },
        {
            "source": None, "groups": 2, "completions": 16, "first": 0.5, "last": 0.5, "signal_share": 1.0,
            "mean_length": None, "prompts": 1, "never": 0, "sometimes": 1, "always": 0,
        },
    ]  # fmt: skip


def test_evaluations_are_apart_from_training(tmp_path: Path) -> None:
    lines = [group(1, "a", 1), group(1, "b", 2, mode="eval"), group(1, "c", 3, mode="eval", eval_name="math")]
    run = run_of(tmp_path, *numbered(*lines))
    kinds: list[dict[str, Any]] = [{}, {"mode": "eval"}, {"mode": "eval", "eval_name": "math"}]
    assert [prompts_of(run, **which).table["prompt_id"].to_list() for which in kinds] == [["a"], ["b"], ["c"]]


def test_what_a_later_attempt_replaced_does_not_count(tmp_path: Path) -> None:
    lines = [line("run"), line("step", 5), group(5, "a", 8)]
    later = [line("run", 4, attempt=1, resumed_from_step=4), line("step", 5, attempt=1), group(5, "b", 8, attempt=1)]
    assert ids(found(tmp_path, *numbered(*lines), *numbered(*later)), "always") == ["b"]


def test_a_log_without_groups_has_no_prompts(tmp_path: Path) -> None:
    prompts = found(tmp_path, line("step"))
    assert (prompts.table.height, prompts.sources.height, prompts.once) == (0, 0, True)
    assert ids(prompts, "regressed") == []


def test_rewards_that_are_not_finite_are_no_score(tmp_path: Path) -> None:
    prompts = found(tmp_path, group(1, "a", None, mean=float("nan")), group(1, "b", None, mean=1.0))
    assert ids(prompts, "hardest") == ["b"]
    endless = found(tmp_path, group(1, "a", None, mean=float("-inf")), group(1, "b", None, mean=1.0))
    assert ids(endless, "hardest") == ["b"]


def test_texts_are_those_of_the_examples(tmp_path: Path) -> None:
    asked = [{"role": "user", "content": "2 + 2"}]
    run = run_of(
        tmp_path,
        *numbered(
            line("example", prompt_id="a", prompt="old"),
            line("example", 2, prompt_id="a", prompt="1 + 1"),
            line("example", prompt_id="b", prompt_messages=asked),
        ),
    )
    assert prompt_texts(run, ["a", "b", "c", "a"]) == {"a": "1 + 1", "b": "user: 2 + 2"}
