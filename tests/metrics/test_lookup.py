from grpolog.metrics import FRAMEWORKS, METRICS, metric
from grpolog.metrics.lookup import Spelling, look_up, near, spellings, spellings_of


def names(name: str, framework: str | None = None) -> tuple[list[str], list[tuple[str, str]]]:
    """Canonical metrics that a name means, and which frameworks mean what by it."""
    answer = look_up(name, framework)
    assert answer is not None
    return [entry.name for entry in answer.metrics], [(read.framework, read.metric) for read in answer.read_by]


def test_every_canonical_name_is_found_as_itself() -> None:
    for entry in METRICS:
        assert names(entry.name) == ([entry.name], [])


def test_names_of_functions_evaluations_and_notebooks_are_found() -> None:
    assert names("rewards/accuracy/mean") == (["rewards/<f>/mean"], [])
    assert names("eval_math_kl") == (["kl"], [])
    assert names("Training Loss") == (["loss"], [])


def test_a_key_is_found_in_the_frameworks_that_have_it() -> None:
    assert names("critic/score/mean") == (["reward"], [("verl", "reward")])
    assert names("reward/mean") == (["reward"], [("prime-rl", "reward"), ("tinker", "reward")])
    assert names("reward/mean", "tinker") == (["reward"], [("tinker", "reward")])
    assert names("val-core/openai/gsm8k/acc/mean@1") == (["rewards/<f>/mean"], [("verl", "rewards/<f>/mean")])


def test_a_key_of_a_reporter_is_found_without_those_that_only_match_any_name() -> None:
    assert names("eval/loss") == (["loss"], [("trl", "loss"), ("ms-swift", "loss")])
    assert [framework for framework, _ in names("train/reward")[1]] == ["trl", "openrlhf", "nemo-rl", "art", "ms-swift"]


def test_a_key_that_keeps_its_own_name_is_explained() -> None:
    assert look_up("actor/pg_clipfrac_lower").read_by == (
        Spelling(
            "verl", "actor/pg_clipfrac_lower", "",
            "share of tokens with a negative advantage whose loss the dual clip capped; not TRL's "
            "clip_ratio/low_mean", 1.0, 0.0, "train",
        ),
    )  # fmt: skip


def test_what_nobody_knows_is_not_found() -> None:
    assert look_up("no/such/name") is None
    assert look_up("critic/score/mean", "trl") is None


def test_near_names_are_canonical_ones_and_keys() -> None:
    assert near("critic/scores/mean")[0] == "critic/score/mean"
    assert "entropy" in near("entropie")
    assert near("zzzzzz") == []


def test_the_keys_of_a_metric_are_told_with_all_their_caveats() -> None:
    kl = metric("kl")
    assert kl is not None
    assert [(s.framework, s.key) for s in spellings_of(kl, "verl")] == [
        ("verl", "actor/kl_loss"),
        ("verl", "actor/reward_kl_penalty"),
        ("verl", "critic/kl"),
    ]
    (trl,) = spellings_of(kl, "trl")
    assert trl.caveat.startswith("trainer unknown: RLOO: the signed k1 estimator;")


def test_no_key_is_told_twice() -> None:
    for framework, keys in FRAMEWORKS.items():
        told = [spelling.key for spelling in spellings(framework)]
        assert sorted(told) == sorted({key.key for key in keys})
