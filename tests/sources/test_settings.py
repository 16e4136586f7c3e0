import pytest

from grpolog.events import RunEvent
from grpolog.sources.settings import described, versions_in


@pytest.mark.parametrize(
    ("config", "fields"),
    [
        (
            {
                "model_name_or_path": "m", "num_generations": 8, "num_generations_eval": 2, "beta": 0, "max_steps": 5,
                "max_completion_length": 64, "scale_rewards": "batch",
                "multi_objective_aggregation": "normalize_then_sum",
            },
            {
                "model": "m", "group_size": 8, "eval_group_size": 2, "beta": 0.0, "max_steps": 5,
                "max_completion_length": 64, "advantage_mode": "normalize_then_sum/batch",
            },
        ),
        (
            {
                "actor_rollout_ref": {"rollout": {"n": 5}, "model": {"path": "q"}},
                "data": {"max_response_length": 512}, "trainer": {"total_training_steps": None},
            },
            {"model": "q", "group_size": 5, "max_completion_length": 512},
        ),
        (
            {"pretrain": "p", "n_samples_per_prompt": 4, "init_kl_coef": 1e-3},
            {"model": "p", "group_size": 4, "beta": 1e-3},
        ),
        ({"scale_rewards": False}, {"advantage_mode": "sum_then_normalize/none"}),
    ],
)  # fmt: skip
def test_what_the_configurations_of_trl_verl_and_openrlhf_say(config: dict, fields: dict) -> None:
    assert described(config) == {"config": config, **fields}


@pytest.mark.parametrize("value", ["8", 8.5, None, True, -1, 2**70, [8], {"n": 8}])
def test_values_of_the_wrong_kind_say_nothing_and_break_no_event(value: object) -> None:
    config = dict.fromkeys(("num_generations", "max_steps", "data", "scale_rewards", "model_name_or_path"), value)
    found = described(config)
    assert set(found) <= {"config", "model", "advantage_mode"}
    names = {"phase": "start", "status": "running", "run_id": "", "name": "", "grpolog_version": ""}
    RunEvent(v=1, step=0, time=0.0, attempt=0, seq=0, rank=0, **names, **found)


def test_credentials_are_masked() -> None:
    assert described({"hub_token": "abc", "lr": 1})["config"] == {"hub_token": "***", "lr": 1}


def test_versions_that_a_configuration_names() -> None:
    assert versions_in({"transformers_version": "5.1", "trl_version": None, "peft_version": ""}) == {
        "transformers": "5.1"
    }
