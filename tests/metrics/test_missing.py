"""Which metrics a log lacks that its framework always logs."""

import pytest

from grpolog.metrics import METRICS, Key, missing_metrics
from grpolog.metrics.frameworks import ALWAYS, FRAMEWORKS, VERSIONS

TRL = {
    "loss", "learning_rate", "epoch", "reward", "reward_std", "rewards/f/mean", "completions/mean_length",
    "completions/min_length", "completions/max_length", "completions/mean_terminated_length",
    "completions/min_terminated_length", "completions/max_terminated_length", "completions/clipped_ratio",
    "num_tokens", "clip_ratio/low_mean", "clip_ratio/low_min", "clip_ratio/high_mean", "clip_ratio/high_max",
    "clip_ratio/region_mean",
}  # fmt: skip
"""All that TRL 0.17 always logs."""


def missing(names: set[str], version: str | None = None, **told: object) -> tuple[str, set[str]] | None:
    trainer, beta, framework = told.get("trainer"), told.get("beta"), told.get("framework", "trl")
    found = missing_metrics(framework, version, trainer, beta, names)  # type: ignore[arg-type]
    return found and (found.versions, {each.metric for each in found.metrics})


def test_nothing_is_missing_in_a_whole_log() -> None:
    assert missing(TRL, "0.17.0") is None
    assert missing(TRL | {"frac_reward_zero_std"}, "0.18.1") is None


def test_a_version_misses_what_it_logs_and_its_predecessor_did_not() -> None:
    assert missing(TRL, "0.18.0") == ("0.18.0", {"frac_reward_zero_std"})
    assert missing(TRL | {"frac_reward_zero_std"}, "0.20.0") == ("0.20.0", {"entropy"})
    assert missing(TRL | {"frac_reward_zero_std", "entropy"}, "0.26.2") == ("0.26.2", {"step_time"})


def test_what_a_log_holds_tells_the_versions_that_can_have_written_it() -> None:
    assert missing(TRL) is None  # 0.17 has no more
    assert missing((TRL - {"epoch"}) | {"entropy"}) == ("0.20 to 1.16", {"epoch", "frac_reward_zero_std"})
    assert missing(
        {n for n in TRL if n not in ("epoch", "clip_ratio/low_mean", "clip_ratio/high_mean", "clip_ratio/region_mean")}
    ) == (
        "0.17 to 1.16",
        {"epoch", "clip_ratio/low_mean", "clip_ratio/high_mean", "clip_ratio/region_mean"},
    )
    assert missing({"reward", "reward_std", "rewards/f/mean", "loss"}) == (
        "0.14 to 1.16",
        {"learning_rate", "epoch", "completions/mean_length"},
    )


def test_a_mixture_of_versions_is_of_a_fork_and_misses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = (Key("reward", "reward"), Key("old", until="0.16"), Key("new", since="0.20"))
    monkeypatch.setitem(FRAMEWORKS, "trl", keys)
    assert missing({"reward", "old"}) is not None
    assert missing({"reward", "new"}) is not None
    assert missing({"reward", "old", "new"}) is None


def test_a_kl_term_is_missed_only_where_there_is_one() -> None:
    assert missing(TRL, "0.17.0", beta=0.04) == ("0.17.0", {"kl"})
    assert missing(TRL, "0.17.0", beta=0.0) is None
    assert missing(TRL | {"kl"}, "0.17.0", beta=0.04) is None


def test_what_the_liger_kernel_leaves_out_is_not_missed_where_it_was_used() -> None:
    without = {name for name in TRL if not name.startswith("clip_ratio/")} | {"frac_reward_zero_std"}
    assert missing(without | {"clip_ratio"}, "0.21.0") is None
    found = missing_metrics("trl", "0.21.0", None, None, without)
    assert found is not None
    assert {each.metric for each in found.metrics if "Liger" in each.unless} == {
        "entropy", "clip_ratio/low_mean", "clip_ratio/low_min", "clip_ratio/high_mean", "clip_ratio/high_max",
        "clip_ratio/region_mean",
    }  # fmt: skip


def test_a_loss_that_clips_in_another_way_has_no_ratios_of_low_and_high() -> None:
    without = {name for name in TRL if not name.startswith("clip_ratio/")}
    assert missing(without | {"frac_reward_zero_std", "entropy", "step_time", "cispo_clip_ratio"}, "1.0.0") is None


def test_a_trainer_of_another_kind_misses_nothing() -> None:
    assert missing({"reward"}, "1.0.0", trainer="AsyncGRPOTrainer") is None
    assert missing({"reward"}, "1.0.0", trainer="PPOTrainer") is None
    assert missing({"reward", "sampling/staleness/mean"}, "1.0.0") is None
    assert missing({"loss", "objective/scores"}, "0.20.0") is None
    assert missing({"reward"}, "1.0.0", trainer="MyRLOOTrainer") is not None


def test_of_a_framework_whose_sources_were_not_read_nothing_is_said() -> None:
    assert missing({"reward"}, framework="slime") is None
    assert missing({"reward"}, framework=None) is None
    assert missing(set()) is None


@pytest.mark.parametrize("framework", ALWAYS)
def test_every_metric_that_is_always_logged_is_canonical_and_has_a_key(framework: str) -> None:
    names = {metric.name for metric in METRICS}
    keys = {key.metric for key in FRAMEWORKS[framework]}
    assert {each.metric for each in ALWAYS[framework]} <= names & keys
    assert VERSIONS[framework]
