"""The completions of one rank, as they travel to rank 0.

A generation is gathered once, as bytes: no rank can fail while the others wait for it, and groups may straddle
ranks, so statistics are made on rank 0 from all of them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from grpolog import jsonl
from grpolog.generation.batch import Batch, Floats
from grpolog.generation.prompts import columns_of, images_hash, readable

Local = dict[str, Any]
"""Columns of the completions of one rank; values are JSON types."""


def local_completions(
    inputs: Sequence[Mapping[str, Any]],
    prompts: Sequence[Any],
    completions: Sequence[Any],
    completion_ids: Sequence[Sequence[int]] | None,
    end_tokens: frozenset[int] | None,
    tool_mask: Any = None,
) -> Local:
    """The columns of this rank's completions.

    Args:
        inputs: dataset rows, one a completion.
        prompts: text or messages.
        completions: text or messages.
        completion_ids: token ids of each completion, tool output included.
        end_tokens: ids that end a completion, padding included; None when unknown.
        tool_mask: (n, length) tensor, 1 for tokens of the model, 0 for tool output; None without tools.
    """
    told = [columns_of(row) for row in inputs]
    local: Local = {
        "prompts": list(prompts),
        "completions": list(completions),
        "row_ids": [row_id for row_id, _ in told],
        "sources": [source for _, source in told],
        "images": [images_hash(row.get("images") or row.get("image")) for row in inputs],
    }
    if completion_ids is not None:
        lengths = [len(ids) for ids in completion_ids]
        local["total_tokens"] = lengths
        local["tokens"] = lengths
        if tool_mask is not None:
            masks = tool_mask.cpu().numpy()
            local["tokens"] = [int(row[:n].sum()) for row, n in zip(masks, lengths, strict=True)]
        if end_tokens is not None:
            local["truncated"] = [len(ids) == 0 or int(ids[-1]) not in end_tokens for ids in completion_ids]
    return local


def packed(local: Local) -> bytes:
    """The columns as bytes."""
    try:
        return orjson.dumps(local, default=readable, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:  # lone surrogates
        return jsonl.dumps(readable(local), Counter())


def unpacked(parts: Sequence[bytes]) -> list[Local] | None:
    """The columns of all ranks; None if a rank had nothing to give."""
    return [orjson.loads(part) for part in parts] if all(parts) else None


def batch_of(ranks: Sequence[Local], rewards: Floats, group_size: int, limit: int | None) -> Batch:
    """All ranks' completions as one batch, in the order of ranks, which is the trainer's.

    Args:
        ranks: columns of each rank.
        rewards: (n, K) over all ranks.
        group_size: completions per prompt.
        limit: longest completion, tokens.
    """

    def column(name: str) -> list[Any] | None:
        if any(name not in local for local in ranks):
            return None
        return [value for local in ranks for value in local[name]]

    def array(name: str, kind: Any) -> Any:
        values = column(name)
        return None if values is None else np.asarray(values, dtype=kind)

    return Batch(
        prompts=column("prompts") or [],
        completions=column("completions") or [],
        rewards=rewards,
        group_size=group_size,
        advantages=array("advantages", np.float64),
        tokens=array("tokens", np.int64),
        truncated=array("truncated", np.bool_),
        total_tokens=array("total_tokens", np.int64),
        limit=limit,
        masked=array("masked", np.float64),
        sampling_ratio=_mean_over(ranks, "sampling_ratio"),
        sampling_masked_share=_mean_over(ranks, "sampling_masked_share"),
        images=column("images"),
        row_ids=column("row_ids"),
        sources=column("sources"),
        extra=_extra(ranks),
    )


def _mean_over(ranks: Sequence[Local], name: str) -> float | None:
    values = [local[name] for local in ranks if local.get(name) is not None]
    return float(np.mean(values)) if values else None


def _extra(ranks: Sequence[Local]) -> dict[str, list[Any]]:
    """Columns that reward functions logged; None for the completions of a rank that did not."""
    names = sorted({name for local in ranks for name in local.get("extra", {})})
    return {
        name: [
            value for local in ranks for value in local.get("extra", {}).get(name, [None] * len(local["completions"]))
        ]
        for name in names
    }
