import re
from importlib.metadata import version
from importlib.util import find_spec
from itertools import groupby, pairwise
from pathlib import Path

import pytest
from real_keys import manifest

from grpolog.metrics import FRAMEWORKS, METRICS, Key, framework_of, normalised, translation

VERSIONS = {
    "trl": [f"0.{minor}" for minor in range(14, 30)] + [f"1.{minor}" for minor in range(17)],
    "verl": [f"0.{minor}" for minor in range(2, 10)],
}
CANONICAL = {metric.name for metric in METRICS}
BOOKKEEPING = re.compile(
    r"(?i:step)|_step|_runtime|_timestamp|timestamp|global_step|total_training_steps|total_episodes|.*_agents|agent_count"
)
OF_USERS = re.compile(
    r"story/.+|reward/(f|g|g_minus_f|correctness_f|compilable_g|mean|.+_ratio)|avg_reward|avg_steps|proxy_loss|success_rate"
    r"|(eval_)?log(it|p)s/(chosen|rejected)"
)

every_framework = pytest.mark.parametrize("framework", FRAMEWORKS)


def variants(framework: str) -> dict[tuple[str, str], list[Key]]:
    keys = sorted(FRAMEWORKS[framework], key=lambda key: (key.key, key.trainer))
    return {of: list(same) for of, same in groupby(keys, key=lambda key: (key.key, key.trainer))}


@every_framework
def test_every_key_means_a_canonical_metric_or_keeps_its_own_name(framework: str) -> None:
    assert [key for key in FRAMEWORKS[framework] if key.metric and key.metric not in CANONICAL] == []


@every_framework
def test_a_key_that_keeps_its_own_name_says_what_it_is(framework: str) -> None:
    assert [key.key for key in FRAMEWORKS[framework] if not key.metric and not key.caveat] == []


@every_framework
def test_a_function_in_the_name_comes_from_the_key(framework: str) -> None:
    assert [key for key in FRAMEWORKS[framework] if "<f>" in key.metric and "<f>" not in key.key] == []


@every_framework
def test_only_evaluations_have_eval_sets(framework: str) -> None:
    assert [key for key in FRAMEWORKS[framework] if "<set>" in key.key and key.mode != "eval"] == []


@every_framework
def test_every_version_has_at_most_one_meaning_and_no_range_has_a_hole(framework: str) -> None:
    versions = VERSIONS.get(framework, [])
    for (key, trainer), same in variants(framework).items():
        if len(same) == 1 and not (same[0].since or same[0].until):
            continue
        bounds = [
            (versions.index(k.since) if k.since else 0, versions.index(k.until) if k.until else len(versions) - 1)
            for k in same
        ]
        assert all(first <= last for first, last in bounds), key
        assert all(before[1] + 1 == after[0] for before, after in pairwise(bounds)), (key, trainer)


@every_framework
def test_all_variants_of_a_key_mean_the_same_metric_in_the_same_unit(framework: str) -> None:
    for (key, _), same in variants(framework).items():
        assert len({(k.metric, k.factor, k.offset, k.mode) for k in same}) == 1, key


@every_framework
def test_every_key_is_read_as_what_it_says(framework: str) -> None:
    meaning = translation(framework)
    for key in FRAMEWORKS[framework]:
        name = key.key.replace("<f>", "fn").replace("<set>", "hard").replace("<**>", "any/thing").replace("<*>", "x")
        found = meaning(name)
        expected = key.metric.replace("<f>", "fn") or name
        assert (found.metric, found.mode, found.known) == (expected, key.mode, True), key
        assert found.eval_name == ("hard" if "<set>" in key.key else None), key


def test_real_logs_hold_no_key_that_should_be_known_and_is_not() -> None:
    strange = set()
    for entry in manifest():
        keys = entry["keys"] or []
        meaning = translation(framework_of(keys))
        strange |= {key for key in keys if not meaning(key.removeprefix("eval_")).known}
    assert {key for key in strange if not BOOKKEEPING.fullmatch(key) and not OF_USERS.fullmatch(key)} == set()


def test_frameworks_of_real_logs_are_told_by_their_keys() -> None:
    expected = {"stdout_log_verl": "verl", "metrics_jsonl": "tinker", "rollouts": None}
    told = {(entry["type"], framework_of(entry["keys"] or [])) for entry in manifest() if entry["keys"]}
    assert told - {(of, expected.get(of, "trl")) for of, _ in told} == {("log_history_json", None)}


@pytest.mark.parametrize(
    ("framework", "keys"),
    [
        ("trl", ["loss", "reward", "reward_std", "rewards/f/mean", "kl", "completions/mean_length"]),
        ("trl", ["train/loss", "train/reward", "train/reward_std", "eval/reward", "train/global_step"]),
        ("verl", ["actor/pg_loss", "critic/score/mean", "val-core/openai/gsm8k/acc/mean@1"]),
        ("openrlhf", ["train/policy_loss", "train/reward", "train/group_reward_std", "train/ppo_clip_ratio"]),
        ("nemo-rl", ["train/reward", "train/loss", "train/gen_kl_error", "validation/accuracy"]),
        ("prime-rl", ["loss/mean", "entropy/all/mean", "mismatch_kl/all/mean", "optim/lr"]),
        ("tinker", ["env/all/reward/total", "optim/lr", "progress/batch", "time/total"]),
        ("skyrl", ["reward/avg_raw_reward", "generate/avg_num_tokens", "policy/policy_loss"]),
        ("art", ["train/reward", "train/reward_std_dev", "train/exception_rate"]),
        ("ms-swift", ["loss", "reward", "reward_std", "entropy/mean", "num_turns"]),
        ("slime", ["rollout/raw_reward", "train/pg_loss", "train/grad_norm"]),
        ("verl", ["critic/score/mean"]),
        (None, ["train/reward"]),
        (None, ["loss", "reward", "learning_rate"]),
        (None, ["loss"]),
        (None, []),
    ],
)
def test_a_framework_is_told_by_its_keys_and_not_by_words_that_all_use(framework: str | None, keys: list[str]) -> None:
    assert framework_of(keys) == framework


@pytest.mark.parametrize(
    ("spelled", "key"),
    [
        ("rewards / check answer / mean", "rewards/check answer/mean"),
        ("rewards / CheckAnswer / std", "rewards/CheckAnswer/std"),
        ("completions / mean_length", "completions/mean_length"),
        ("Training Loss", "loss"),
        ("Training\u00a0Loss ", "loss"),
        ("Validation Loss", "eval_loss"),
        ("Step", "step"),
        ("Reward Std", "reward_std"),
        ("KL", "kl"),
        ("Learning Rate", "learning_rate"),
        ("Some Thing / else", "Some Thing/else"),
        ("reward", "reward"),
        ("", ""),
    ],
)
def test_spellings_of_notebooks_are_read(spelled: str, key: str) -> None:
    assert normalised(spelled) == key


@pytest.mark.parametrize("trainer", ["grpo_trainer", "rloo_trainer"])
def test_every_key_that_the_installed_trl_logs_is_known(trainer: str) -> None:
    spec = find_spec("trl")
    if spec is None or spec.origin is None:
        pytest.skip("trl is not installed")
    source = (Path(spec.origin).parent / "trainer" / f"{trainer}.py").read_text()
    keys = {re.sub(r"\{.+?\}", "fn", key) for key in re.findall(r'_metrics\[[^\]]+\]\[f?"([^"]+)"\]', source)}
    assert len(keys) > 20
    meaning = translation("trl", version("trl"))
    assert {key: meaning(key) for key in keys if meaning(key).metric != key or not meaning(key).known} == {}
