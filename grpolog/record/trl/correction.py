"""What a sampler correction did: the raw importance ratio and what it masked.

TRL logs the ratio after its own masking, where a masked completion counts as 0; the raw one is recomputed from the
log-probabilities that the trainer keeps.
"""

from collections.abc import Mapping
from typing import Any


def sampling_correction(output: Mapping[str, Any], trainer: Any) -> dict[str, Any]:
    """Columns of this rank's completions; empty where the trainer corrects nothing.

    Args:
        output: what the trainer made of the generation: tensors (n, length) `old_per_token_logps`,
            `sampling_per_token_logps`, `completion_mask`, with tools `tool_mask`.
        trainer: holds `vllm_importance_sampling_mode` and the bounds of the ratio.

    Returns:
        `sampling_ratio`: mean raw ratio, over tokens or, in sequence modes, over completions.
        `sampling_masked_share`: share of tokens or completions that a mask mode leaves out.
        `masked`: that share for each completion.
    """
    old, sampled = output.get("old_per_token_logps"), output.get("sampling_per_token_logps")
    corrects = getattr(trainer, "use_vllm", False) and getattr(trainer, "vllm_importance_sampling_correction", False)
    if old is None or sampled is None or not corrects:
        return {}
    mode = str(getattr(trainer, "vllm_importance_sampling_mode", "token_truncate"))
    mask = output["completion_mask"].bool()
    if output.get("tool_mask") is not None:
        mask = mask & output["tool_mask"].bool()
    difference = ((old - sampled) * mask).nan_to_num(nan=0.0)
    if mode.startswith("sequence"):
        difference, mask = difference.sum(dim=-1, keepdim=True), mask.any(dim=-1, keepdim=True)
    ratio = difference.double().exp()
    counted = mask.sum().clamp(min=1)
    columns: dict[str, Any] = {"sampling_ratio": float((ratio * mask).sum() / counted)}
    if mode.endswith("mask"):
        low = getattr(trainer, "vllm_importance_sampling_clip_min", None)
        high = getattr(trainer, "vllm_importance_sampling_clip_max", None)
        if high is None:
            high = getattr(trainer, "vllm_importance_sampling_cap", None)  # its name before TRL 1.0
        out = mask & (
            (ratio < (float("-inf") if low is None else low)) | (ratio > (float("inf") if high is None else high))
        )
        columns["sampling_masked_share"] = float(out.sum() / counted)
        columns["masked"] = (out.sum(dim=-1) / mask.sum(dim=-1).clamp(min=1)).tolist()
    return columns
