"""The sampler correction, on tensors as TRL keeps them."""

import math
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="the extra `trl` is not installed")

from grpolog.record.trl.correction import sampling_correction  # noqa: E402

LN2 = math.log(2)
# ratios by token: (2, 2, 1/2) and (1, padding, padding); products 2 and 1
OUTPUT = {
    "old_per_token_logps": torch.tensor([[-1.0, -1.0, -1.0], [-1.0, 5.0, 5.0]]),
    "sampling_per_token_logps": torch.tensor([[-1.0 - LN2, -1.0 - LN2, -1.0 + LN2], [-1.0, 0.0, 0.0]]),
    "completion_mask": torch.tensor([[1, 1, 1], [1, 0, 0]]),
}


def trainer(mode, **bounds):
    return SimpleNamespace(
        use_vllm=True, vllm_importance_sampling_correction=True, vllm_importance_sampling_mode=mode, **bounds
    )


def correction(mode, output=OUTPUT, **bounds):
    return sampling_correction(output, trainer(mode, **bounds))


def test_the_ratio_is_the_raw_one_over_the_tokens_that_count():
    columns = correction("token_truncate", vllm_importance_sampling_clip_max=1.0)
    assert columns == {"sampling_ratio": pytest.approx((2 + 2 + 0.5 + 1) / 4)}


def test_sequence_modes_speak_of_completions():
    columns = correction("sequence_mask", vllm_importance_sampling_clip_max=1.5)
    assert columns == {
        "sampling_ratio": pytest.approx(1.5),
        "sampling_masked_share": pytest.approx(0.5),
        "masked": [1.0, 0.0],
    }


def test_token_masks_count_tokens_on_both_sides():
    bounds = {"vllm_importance_sampling_clip_min": 0.6, "vllm_importance_sampling_clip_max": 1.5}
    columns = correction("token_mask", **bounds)
    assert (columns["sampling_masked_share"], columns["masked"]) == (0.75, [1.0, 0.0])


def test_the_bound_had_another_name_before_trl_1():
    assert correction("token_mask", vllm_importance_sampling_cap=1.5)["masked"] == [pytest.approx(2 / 3), 0.0]


def test_tool_output_does_not_count():
    output = {**OUTPUT, "tool_mask": torch.tensor([[1, 0, 1], [1, 1, 1]])}
    assert correction("token_truncate", output)["sampling_ratio"] == pytest.approx((2 + 0.5 + 1) / 3)


@pytest.mark.parametrize("off", [{"use_vllm": False}, {"vllm_importance_sampling_correction": False}])
def test_without_correction_there_is_nothing_to_say(off):
    without = SimpleNamespace(**{**vars(trainer("token_truncate")), **off})
    assert sampling_correction(OUTPUT, without) == {}
    assert sampling_correction({"completion_mask": OUTPUT["completion_mask"]}, trainer("token_mask")) == {}


@pytest.mark.parametrize("mode", ["token_truncate", "token_mask", "sequence_truncate", "sequence_mask"])
def test_what_is_masked_is_what_trl_sets_to_zero(mode):
    """The lines of TRL 1.16 that turn log-probabilities into weights, on random numbers."""
    torch.manual_seed(3)
    old, sampled = -torch.rand(6, 9), -torch.rand(6, 9)
    lengths = torch.tensor([9, 1, 4, 7, 2, 5])
    mask = (torch.arange(9) < lengths[:, None]).int()
    low, high = 0.8, 1.2
    difference = (old - sampled) * mask
    if mode.startswith("sequence"):
        difference = difference.sum(dim=-1, keepdim=True)
    ratio = difference.exp()
    zeroed = (ratio < low) | (ratio > high)
    counted = mask.bool() if mode.startswith("token") else torch.ones_like(zeroed)
    columns = sampling_correction(
        {"old_per_token_logps": old, "sampling_per_token_logps": sampled, "completion_mask": mask},
        trainer(mode, vllm_importance_sampling_clip_min=low, vllm_importance_sampling_clip_max=high),
    )
    assert columns["sampling_ratio"] == pytest.approx(ratio[counted].mean().item(), rel=1e-5)
    if mode.endswith("mask"):
        assert columns["sampling_masked_share"] == pytest.approx(zeroed[counted].float().mean().item())
