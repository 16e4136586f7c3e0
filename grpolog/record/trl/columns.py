"""The completions of one rank as columns, from what a trainer scored or what its reward functions were given."""

from collections.abc import Mapping, Sequence
from typing import Any

from grpolog.generation.prompts import columns_of, images_hash
from grpolog.record.trl.correction import sampling_correction
from grpolog.record.watch import Watched

Local = dict[str, Any]
"""Columns of the completions of one rank, one entry a completion, and numbers of the rank."""


def scored_columns(
    trainer: Any, scored: Mapping[str, Any], extra: Mapping[str, list[Any]], tool_mask: Any = None
) -> Local:
    """The columns of what the trainer scored.

    Args:
        trainer: the trainer.
        scored: arguments of its `_calculate_rewards` by name; `rewards` (n of all ranks, K), its result; `generated`,
            what its `_generate` had returned, for the mask of tool output.
        extra: columns logged by reward functions; one of another length is left out.
        tool_mask: the mask as the trainer gives it away, None without tools.

    Raises:
        Exception: the trainer's inside is not as expected.
    """
    ids = scored.get("completion_ids_list")
    own = None if ids is None else _own_tokens(scored.get("generated"), tool_mask, [len(one) for one in ids])
    local = _columns(trainer, scored["inputs"], scored["prompts"], scored["completions"], ids, extra, own)
    n = len(local["completions"])
    first = int(trainer.accelerator.process_index) * n
    rewards = scored["rewards"].detach().float()[first : first + n]
    if tuple(rewards.shape) != (n, len(trainer.reward_funcs)):
        raise ValueError(f"rewards of shape {tuple(rewards.shape)} for {n} completions")
    return local | {"rewards": rewards.tolist()}


def made_of_them(trainer: Any, local: Local, output: Mapping[str, Any]) -> Local:
    """Further columns: the advantages, and what the trainer leaves out of its loss.

    Args:
        trainer: the trainer.
        local: the columns so far.
        output: the trainer's own batch, one row a completion.

    Raises:
        Exception: the trainer's inside is not as expected.
    """
    n = len(local["completions"])
    told = output["advantages"].detach().float()
    if len(told) != n:
        raise ValueError(f"{len(told)} advantages for {n} completions")
    made = {"advantages": told.reshape(n, -1)[:, 0].tolist(), **sampling_correction(output, trainer)}
    if getattr(trainer, "mask_truncated_completions", False) and "truncated" in local:
        other = made.get("masked", [0.0] * n)
        made["masked"] = [1.0 if cut else share for cut, share in zip(local["truncated"], other, strict=True)]
    return made


def watched_columns(trainer: Any, watched: Watched, extra: Mapping[str, list[Any]]) -> Local | None:
    """The columns of what reward functions were given and answered; None if none of them told completions."""
    if watched.completions is None:
        return None
    n = len(watched.completions)
    given = {k: v for k, v in watched.columns.items() if isinstance(v, (list, tuple)) and len(v) == n}
    inputs = [{name: values[i] for name, values in given.items()} for i in range(n)]
    prompts = watched.prompts if watched.prompts is not None else [""] * n
    local = _columns(trainer, inputs, prompts, watched.completions, watched.completion_ids, extra, None)
    return local | {"rewards": list(zip(*watched.rewards.values(), strict=True))}


def _columns(
    trainer: Any,
    inputs: Sequence[Mapping[str, Any]],
    prompts: Sequence[Any],
    completions: Sequence[Any],
    completion_ids: Sequence[Sequence[int]] | None,
    extra: Mapping[str, list[Any]],
    own_tokens: Sequence[int] | None,
) -> Local:
    told = [columns_of(row) for row in inputs]
    local: Local = {
        "prompts": list(prompts),
        "completions": list(completions),
        "row_ids": [row_id for row_id, _ in told],
        "sources": [source for _, source in told],
        "images": [images_hash(row.get("images", row.get("image"))) for row in inputs],
        "extra": {name: values for name, values in extra.items() if len(values) == len(completions)},
    }
    if completion_ids is not None:
        lengths = [len(ids) for ids in completion_ids]
        local["total_tokens"] = lengths
        local["tokens"] = lengths if own_tokens is None else list(own_tokens)
        ends = _end_tokens(trainer)
        if ends:
            local["truncated"] = [len(ids) == 0 or int(ids[-1]) not in ends for ids in completion_ids]
    return local


def _own_tokens(generated: Any, tool_mask: Any, lengths: Sequence[int]) -> list[int] | None:
    """How many tokens of each completion the model wrote itself; None without tools.

    The trainer's own mask is 0 all over in a truncated completion that it masks out of the loss, so that it only
    serves where the third value of `_generate` is not the mask as lists.
    """
    masks = generated[2] if isinstance(generated, tuple) and len(generated) > 2 else None
    if isinstance(masks, list) and len(masks) == len(lengths) and all(map(_is_mask, masks, lengths)):
        return [sum(mask) for mask in masks]
    if tool_mask is None:
        return None
    return [int(row[:n].sum()) for row, n in zip(tool_mask.cpu().numpy(), lengths, strict=True)]


def _is_mask(mask: Any, n: int) -> bool:
    return isinstance(mask, list) and len(mask) == n and all(isinstance(mark, int) for mark in mask)


def _end_tokens(trainer: Any) -> frozenset[int]:
    """Ids that end a completion, padding included, as the trainer sees them; empty when unknown."""
    tokenizer = getattr(trainer.processing_class, "tokenizer", trainer.processing_class)
    ends = getattr(trainer, "eos_token_ids", None) or [  # one id before TRL 1.10
        getattr(trainer, "eos_token_id", None) or getattr(tokenizer, "eos_token_id", None)
    ]
    known = (*ends, getattr(tokenizer, "pad_token_id", None))
    return frozenset(int(token) for token in known if token is not None)
