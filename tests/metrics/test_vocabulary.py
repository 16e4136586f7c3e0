import re

import pytest

from grpolog.events import GpuReading, PerfEvent, QualityEvent, RewardEvent, StepEvent
from grpolog.metrics import METRICS, Metric, canonical, metric, objective_of, reading_order

MODELS = {"step": StepEvent, "reward": RewardEvent, "quality": QualityEvent, "perf": PerfEvent}

every_metric = pytest.mark.parametrize("entry", METRICS, ids=lambda entry: entry.name)


def test_no_name_stands_for_two_metrics() -> None:
    names = [entry.name for entry in METRICS]
    assert len(set(names)) == len(names)
    assert [canonical(name.replace("<f>", "f").replace("<i>", "0")) for name in names] == list(METRICS)


@every_metric
def test_every_metric_lies_in_a_field_of_its_event(entry: Metric) -> None:
    field, _, rest = entry.field.partition("/")
    assert field in MODELS[entry.event].model_fields
    if field == "gpus":
        assert rest in GpuReading.model_fields
    if field == "metrics":
        assert rest == entry.name
        assert entry.name.replace("/", "_") not in StepEvent.model_fields


def test_every_number_of_a_step_has_a_metric() -> None:
    scalars = {name for name, field in StepEvent.model_fields.items() if field.annotation == float | None}
    typed = {entry.field for entry in METRICS if entry.event == "step" and "/" not in entry.field}
    assert typed | {"reward", "reward_std"} == scalars


@every_metric
def test_every_metric_is_explained(entry: Metric) -> None:
    assert re.fullmatch(r"[A-Z].*[^.]\.", entry.definition), entry.definition
    assert re.fullmatch(r"[A-Z].*\.", entry.aggregation)
    assert not entry.worry or re.fullmatch(r"[A-Z].*[^.]\.", entry.worry)
    assert entry.unit.isascii()
    low, high = entry.bounds
    assert low is None or high is None or low < high


@pytest.mark.parametrize(
    "name",
    [
        "reward", "rewards/<f>/mean", "group/equal_share", "completions/clipped_ratio", "completions/mean_length", "kl",
        "entropy", "loss", "grad_norm", "clip_ratio/region_mean", "quality/format_rate", "step_time",
        "sampling/sampling_logp_difference/mean",
    ],
)  # fmt: skip
def test_what_people_ask_about_says_when_to_worry(name: str) -> None:
    entry = canonical(name.replace("<f>", "f"))
    assert entry is not None
    assert entry.worry


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("rewards/a/b/mean", "rewards/<f>/mean"),
        ("rewards/two\nlines/mean", "rewards/<f>/mean"),
        ("eval_hard_set_kl", "kl"),
        ("eval_openai/gsm8k_rewards/acc/mean", "rewards/<f>/mean"),
        ("perf/gpu7/used_gib", "perf/gpu<i>/used_gib"),
        ("sampling/kl", "sampling/kl"),
    ],
)
def test_names_of_functions_sets_and_gpus_belong_to_their_entry(name: str, entry: str) -> None:
    found = canonical(name)
    assert found is not None
    assert found.name == entry
    own = metric(name)
    assert own is not None
    assert own.name == name


def test_names_are_read_as_people_read_them() -> None:
    assert reading_order(["zz", "eval_kl", "kl", "aa", "reward", "rewards/f/mean"]) == [
        "reward",
        "rewards/f/mean",
        "kl",
        "aa",
        "zz",
        "eval_kl",
    ]


@pytest.mark.parametrize(
    ("objective", "names"),
    [
        ("preference", ["loss", "rewards/chosen", "rewards/rejected", "rewards/margins", "logps/chosen"]),
        ("preference", ["loss", "eval_rewards/chosen", "eval_rewards/rejected"]),
        ("supervised", ["loss", "grad_norm", "learning_rate", "epoch", "eval_loss"]),
        ("supervised", ["loss", "entropy", "num_tokens", "mean_token_accuracy", "perf/rss_gib"]),
        (None, ["loss", "reward", "kl"]),
        (None, ["loss", "rewards/chosen"]),
        (None, ["loss", "avg_reward"]),
        (None, ["loss", "kl"]),
        (None, ["loss", "quality/format_rate"]),
        (None, ["actor/pg_loss", "policy_loss", "grad_norm"]),
        (None, ["my/own"]),
        (None, []),
    ],
)
def test_other_objectives_are_told_by_the_names_of_metrics(objective: str | None, names: list[str]) -> None:
    assert objective_of(names) == objective
