"""The completions of one rank, as they travel to rank 0.

A generation is gathered once, as bytes: no rank can fail while the others wait for it, and groups may straddle
ranks, so statistics are made on rank 0 from all of them.
"""

import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np

from grpolog.generation.batch import Batch, Floats
from grpolog.generation.prompts import readable
from grpolog.record.trl.columns import Local


def packed(local: Local) -> bytes:
    """The columns as bytes, with every number and every text as it is; blobs become notes."""
    return pickle.dumps(readable(local))


def unpacked(parts: Sequence[bytes]) -> list[Local] | None:
    """The columns of all ranks; None if a rank had nothing to give."""
    return [pickle.loads(part) for part in parts] if all(parts) else None


def batch_of(ranks: Sequence[Local], group_size: int, limit: int | None) -> Batch:
    """All ranks' completions as one batch, in the order of ranks, which is the trainer's.

    Args:
        ranks: columns of each rank, `rewards` among them: a row of K a completion, None or NaN where not scored.
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
        rewards=_rewards(ranks),
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


def _rewards(ranks: Sequence[Local]) -> Floats:
    rows = [row for local in ranks for row in local["rewards"]]
    return np.array([[np.nan if value is None else value for value in row] for row in rows], dtype=np.float64)


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
