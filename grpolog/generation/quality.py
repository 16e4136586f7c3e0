"""The `quality` event of one generation: what its texts look like."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from grpolog.events import QualityEvent
from grpolog.generation.advantages import carries_signal
from grpolog.generation.batch import Batch, Scoring
from grpolog.generation.tags import Tags
from grpolog.generation.texts import Response, prompt_opening, prompt_text, read_response

FIRST_COMPLETIONS = 256
"""Tags that were not configured are looked for in so many completions; seen later they are no format."""


class QualityState:
    """What is remembered over generations: which tags the run uses."""

    def __init__(self, tags: Tags | None = None) -> None:
        self.tags = tags if tags is not None else Tags.of()
        self.think = self.tags.given
        """Whether thinking is told apart."""
        self.answer = self.tags.given
        """Whether the answer is told apart."""
        self.opens = False
        """Whether any response began its thinking itself; else its chat template may do so, out of sight."""
        self.completions = 0

    def observe(self, batch: Batch, responses: Sequence[Response]) -> None:
        """Look for tags in the responses of a generation and in the prompts that ask for them."""
        begin, end = self.tags.think
        self.opens = self.opens or any(begin in response.text for response in responses)
        if self.completions < FIRST_COMPLETIONS and not (self.think and self.answer):
            asked = [prompt_text(prompt) for prompt in batch.prompts[:: batch.group_size]]
            texts = [response.text for response in responses] + asked
            self.think = self.think or any(begin in text or end in text for text in texts)
            self.answer = self.answer or any(self.tags.answer[0] in text for text in texts)
        self.completions += len(responses)

    def whole(self, prompt: Any, text: str) -> str:
        """Response `text` with the opening think tag that stands before it.

        The tag may end the prompt, or the chat template of a conversation may add it out of sight: assumed where
        responses close what none of them ever opened.
        """
        begin, end = self.tags.think
        hidden = not self.opens and not isinstance(prompt, str) and end in text
        prefilled = hidden or prompt_opening(prompt).rstrip().endswith(begin)
        return begin + text if prefilled and not text.lstrip().startswith(begin) else text


def quality_event(batch: Batch, scoring: Scoring, state: QualityState, where: Mapping[str, Any]) -> QualityEvent:
    """The event of one generation; `state` takes note of the tags that it shows.

    Args:
        batch: the completions of the generation.
        scoring: the trainer's formula, which says how much of an advantage is rounding.
        state: what earlier generations showed.
        where: fields of the envelope (`step`, `mode`, `eval_name`, `generation`).
    """
    if not batch.n:
        return QualityEvent(**where, n=0)
    responses = [read_response(completion, state.tags.think) for completion in batch.completions]
    state.observe(batch, responses)
    texts = [response.text for response in responses]
    said = {
        **_structure(batch, state, texts),
        **_conversation([r for r, c in zip(responses, batch.completions, strict=True) if not isinstance(c, str)]),
        **_endings(batch),
    }
    live = carries_signal(batch, scoring)
    if live is not None and batch.masked is not None:
        live = live & (batch.masked < 1)
    return QualityEvent(
        **where,
        n=batch.n,
        response_chars=_mean([len(text) for text in texts]),
        response_tokens=_mean(batch.tokens),
        reasoning_indicators=_mean([state.tags.count_indicators(text) for text in texts]),
        empty_share=_mean([not r.text.strip() and not r.tool_calls for r in responses]),
        distinct_share=_distinct(texts, batch.group_size),
        repetition=_mean([repetition(text) for text in texts]),
        live_share=_mean(live),
        sampling_ratio=batch.sampling_ratio,
        masked_share=batch.sampling_masked_share,
        **said,
    )


def repetition(text: str) -> float:
    """Share of the word 3-grams of `text` that repeat an earlier one; 0 below three words."""
    words = text.split()
    grams = len(words) - 2
    return 1 - len(set(zip(words, words[1:], words[2:], strict=False))) / grams if grams > 0 else 0.0


def _structure(batch: Batch, state: QualityState, texts: list[str]) -> dict[str, Any]:
    if not (state.think or state.answer):
        return {}
    parts = [state.tags.parts(state.whole(prompt, text)) for prompt, text in zip(batch.prompts, texts, strict=True)]
    fields: dict[str, Any] = {}
    if state.think and state.answer:
        compliant = sum(part.compliant for part in parts)
        fields.update(format_compliant=compliant, format_rate=compliant / batch.n)
    for name, judged, lengths in (
        ("think", state.think, [len(part.thinking) for part in parts]),
        ("answer", state.answer, [len(part.answer) for part in parts]),
    ):
        if judged:
            fields[f"{name}_chars"] = _mean(lengths)
            if batch.tokens is not None:
                chars = np.maximum([len(text) for text in texts], 1)
                fields[f"{name}_tokens"] = _mean(batch.tokens * np.array(lengths) / chars)
    return fields


def _conversation(responses: list[Response]) -> dict[str, Any]:
    names = ("turns", "tool_calls", "tool_errors", "tool_chars")
    return {name: _mean([getattr(r, name) for r in responses]) for name in names} if responses else {}


def _endings(batch: Batch) -> dict[str, Any]:
    if batch.truncated is None:
        return {}
    lengths = batch.total_tokens if batch.total_tokens is not None else batch.tokens
    fields = {"truncated_share": _mean(batch.truncated)}
    if lengths is not None and batch.limit is not None:
        fields["eos_unrecognised_share"] = _mean(batch.truncated & (lengths < batch.limit))
    return fields


def _distinct(texts: list[str], group_size: int) -> float | None:
    groups = [texts[first : first + group_size] for first in range(0, len(texts), group_size)]
    return _mean([len(set(group)) / len(group) for group in groups])


def _mean(values: Any) -> float | None:
    return float(np.mean(values)) if values is not None and len(values) else None
