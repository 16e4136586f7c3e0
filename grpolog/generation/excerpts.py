"""The `example` events of one group: its texts, cut to a length, with what is known of each completion."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grpolog.events import ExampleEvent, Finish, Kept
from grpolog.generation.batch import Batch, Floats, Scoring
from grpolog.generation.groups import group_prompt_id
from grpolog.generation.prompts import readable
from grpolog.generation.texts import messages_of

_SHORTEST_SHARE = 64
"""Characters that every text of a long conversation keeps."""


def group_excerpt(
    batch: Batch,
    scoring: Scoring,
    totals: Floats,
    group: int,
    reasons: Sequence[Kept],
    limit: int,
    where: Mapping[str, Any],
) -> list[ExampleEvent]:
    """One event per completion of `group`.

    Args:
        batch: the completions of the generation.
        scoring: names of the reward functions.
        totals: (n,) as `total_rewards` gives them.
        group: number of the group.
        reasons: why it is kept, at least one.
        limit: longest text, characters; a conversation counts as one text.
        where: fields of the envelope.
    """
    first = group * batch.group_size
    prompt, prompt_cut = _excerpt("prompt", batch.prompts[first], limit)
    shared: dict[str, Any] = {
        **where,
        **prompt,
        "group": group,
        "prompt_id": group_prompt_id(batch, group),
        "source": batch.sources[first] if batch.sources else None,
        "kept": reasons[0],
        "also_kept": list(reasons[1:]) or None,
    }
    events = []
    for i in range(first, min(first + batch.group_size, batch.n)):
        completion, completion_cut = _excerpt("completion", batch.completions[i], limit)
        extra, extra_cut = _cut_all({k: readable(v[i]) for k, v in batch.extra.items() if i < len(v)}, limit)
        rewards = zip(scoring.names, batch.rewards[i].tolist(), strict=True)
        events.append(
            ExampleEvent(
                **shared,
                **completion,
                index=i - first,
                cut_chars=prompt_cut + completion_cut + extra_cut or None,
                rewards={name: _scored(reward) for name, reward in rewards},
                total=_scored(float(totals[i])),
                advantage=float(batch.advantages[i]) if batch.advantages is not None else None,
                tokens=int(batch.tokens[i]) if batch.tokens is not None else None,
                truncated=bool(batch.truncated[i]) if batch.truncated is not None else None,
                finish=_finish(batch, i),
                extra=extra or None,
            )
        )
    return events


def cut(text: str, limit: int) -> tuple[str, int]:
    """`text` in at most `limit` characters and a note, and how many were left out.

    The last quarter is the end of the text: that is where the answer stands.
    """
    if len(text) <= limit:
        return text, 0
    tail = limit // 4
    left_out = len(text) - limit
    return f"{text[: limit - tail]}… [{left_out} characters cut] …{text[len(text) - tail :]}", left_out


def _excerpt(field: str, text: Any, limit: int) -> tuple[dict[str, Any], int]:
    if isinstance(text, str):
        short, left_out = cut(text, limit)
        return {field: short}, left_out
    messages, left_out = _cut_all([readable(message) for message in messages_of(text)], limit)
    return {f"{field}_messages": messages}, left_out


def _cut_all(value: Any, limit: int) -> tuple[Any, int]:
    """Cuts the texts inside `value`, if together they exceed `limit`, to equal shares of it."""
    lengths = [len(text) for text in _texts(value)]
    if sum(lengths) <= limit:
        return value, 0
    return _cut_each(value, max(limit // len(lengths), _SHORTEST_SHARE))


def _cut_each(value: Any, limit: int) -> tuple[Any, int]:
    if isinstance(value, str):
        return cut(value, limit)
    if isinstance(value, dict):
        parts = {key: _cut_each(item, limit) for key, item in value.items()}
        return {key: item for key, (item, _) in parts.items()}, sum(left_out for _, left_out in parts.values())
    if isinstance(value, list):
        items = [_cut_each(item, limit) for item in value]
        return [item for item, _ in items], sum(left_out for _, left_out in items)
    return value, 0


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _scored(value: float) -> float | None:
    return None if math.isnan(value) else value


def _finish(batch: Batch, i: int) -> Finish | None:
    if batch.truncated is None:
        return None
    if not batch.truncated[i]:
        return "stop"
    lengths = batch.total_tokens if batch.total_tokens is not None else batch.tokens
    below = lengths is not None and batch.limit is not None and bool(lengths[i] < batch.limit)
    return "unrecognised" if below else "length"
