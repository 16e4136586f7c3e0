"""Samples with their texts and rewards, as trainers and people write them: ms-swift's `completions.jsonl`, tables of
W&B, rollouts of an evaluation.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any, Final

from grpolog.errors import LogError
from grpolog.events import Mode
from grpolog.generation.batch import Text
from grpolog.sources.dumped import Dump, generations_of
from grpolog.sources.items import Item, Opening
from grpolog.sources.numbers import number, real
from grpolog.sources.records import Record, first_records, records
from grpolog.sources.sample import Format, Note, Sample

_PROMPTS: Final = ("prompt", "prompts", "question", "query", "problem", "instruction", "input", "task")
_COMPLETIONS: Final = (
    *("completion", "completions", "response", "responses", "output", "outputs", "generation", "generated_text"),
    *("generated", "model_output", "answer", "text"),
)
_CONVERSATION: Final = "messages"
_STEPS: Final = ("step", "global_step", "train/global_step", "gen_step", "training_step", "iteration", "update")
_GROUPS: Final = ("group_id", "group", "prompt_id", "uid", "group_idx", "prompt_idx", "problem_id")
_ADVANTAGES: Final = ("advantage", "advantages")
_TOTALS: Final = ("reward", "total_reward", "final_reward", "rewards", "score", "total", "return", "reward_total")
_BY_FUNCTION: Final = ("rewards", "reward", "components", "reward_components", "reward_breakdown", "scores")
_PARTS: Final = ("trace", "turns", "trajectory", "attempts", "steps")
"""Lists within a sample whose last object has the texts."""

_PAID: Final = re.compile(r"reward|score|correct|accura|format|(?<![a-z])pass|bonus|penalt", re.IGNORECASE)
"""Words in the names of numbers that a sample is judged by."""

_EVALUATED: Final = re.compile(r"eval|val|test", re.IGNORECASE)
_LOOKED_AT: Final = 20


def recognises(sample: Sample) -> bool:
    """Whether the first samples have a text that was generated and a reward."""
    found = first_records(sample, _LOOKED_AT)
    layout = _Layout.of(found)
    return layout is not None and sum(bool(layout.texts(record)[1]) for record in found) * 2 > len(found)


def read(path: Path, note: Note) -> Iterator[Item]:
    """By step the samples; those of no step are one evaluation of unknown time, at step 0.

    Raises:
        LogError: there is no sample with a text and a reward.
    """
    coming = records(path, note)
    ahead = list(islice(coming, _LOOKED_AT))
    layout = _Layout.of([record for _, record in ahead])
    if layout is None:
        raise LogError("holds no sample with a text and a reward", path)
    yield Opening(layout.framework)
    if layout.step is None:
        note("corrected value", path, None, "samples say no step: they are taken as one evaluation, at step 0")
    if layout.total is None and len(layout.parts) > 1:
        what = "the weights of the rewards are unknown and taken as 1: totals may differ from the trainer's"
        note("corrected value", path, None, what)
    kept = ((line, record) for line, record in chain(ahead, coming) if layout.fits(record, path, line, note))
    for (step, mode), together in groupby(kept, key=lambda pair: layout.place(pair[1])):
        dump = layout.dump(path, step, [record for _, record in together])
        yield from generations_of(dump, layout.weights, mode)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which keys of a sample hold what."""

    prompt: str | None
    completion: str
    inside: str | None
    """Key of the list whose last object has the texts."""

    step: str | None
    total: str | None
    """Key of the reward that is learned from; None where there are only parts."""

    parts: tuple[str, ...]
    """Keys of the other rewards, those within an object as `object/name`."""

    advantage: str | None
    group: str | None
    extra: tuple[str, ...]
    framework: str | None

    @classmethod
    def of(cls, found: Sequence[Record]) -> "_Layout | None":
        """The layout of samples; None where they have no text or no reward."""
        keys = list(dict.fromkeys(key for record in found for key in record))
        inside = next((key for key in _PARTS if key in keys and any(_last(record, key) for record in found)), None)
        within = [_last(record, inside) for record in found] if inside else found
        texts = list(dict.fromkeys(key for record in within for key in record))
        completion = _first((*_COMPLETIONS, _CONVERSATION), texts)
        prompt = _first(_PROMPTS, texts) if completion != _CONVERSATION else None
        if completion is None or (prompt is None and completion != _CONVERSATION):
            return None
        numbers = [key for key in keys if _are_numbers([record.get(key) for record in found])]
        advantage = _first(_ADVANTAGES, numbers)
        total = _first(_TOTALS, numbers)
        between = _between(keys, completion, advantage)
        paid = [key for key in numbers if key != total and (_PAID.search(key) or key in between)]
        paid = [key for key in paid if key not in (*_STEPS, *_GROUPS, *_ADVANTAGES)]
        objects = [key for key in _BY_FUNCTION if any(isinstance(record.get(key), Mapping) for record in found)]
        named = [f"{key}/{name}" for key in objects for name in _names(found, key)]
        if total is None:
            total = next((key for key in named if key.rpartition("/")[2] in _TOTALS), None)
        else:
            named = [key for key in named if key.rpartition("/")[2] not in _TOTALS]
        parts = tuple(key for key in (*paid, *named) if key != total)
        if total is None and not parts:
            return None
        used = {prompt, completion, inside, total, advantage, *parts, *objects, *_STEPS}
        return cls(
            prompt,
            completion,
            inside,
            _first(_STEPS, numbers) if not objects or "step" in keys else None,
            total,
            parts,
            advantage,
            _first(_GROUPS, keys),
            tuple(key for key in keys if key not in used),
            "ms-swift" if "advantages" in keys and between else None,
        )

    @property
    def weights(self) -> dict[str, float]:
        """Where there is a total it alone is learned from."""
        parts = {_short(key): 1.0 if self.total is None else 0.0 for key in self.parts}
        return parts if self.total is None else {"reward": 1.0} | parts

    def texts(self, record: Record) -> tuple[Text, Text]:
        """Prompt and completion of a sample; empty where it has none."""
        holder = _last(record, self.inside) if self.inside else record
        said = holder.get(self.completion)
        if self.completion == _CONVERSATION:
            messages = _text(said)
            answers = [n for n, message in enumerate(messages) if isinstance(message, dict) and _is_answer(message)]
            if not answers or isinstance(messages, str):
                return "", ""
            return messages[: answers[-1]], messages[answers[-1] :]
        return _text(holder.get(self.prompt or "")), _text(said)

    def fits(self, record: Record, path: Path, line: int, note: Note) -> bool:
        """Whether a sample has a text; one that has none is noted."""
        if self.texts(record)[1]:
            return True
        note("invalid line", path, line, f"a sample without `{self.completion}`", key="a sample without its text")
        return False

    def place(self, record: Record) -> tuple[int, Mode]:
        """Step and mode of a sample."""
        step = number(record.get(self.step)) if self.step else None
        said = next((record[key] for key in ("split", "mode", "phase") if isinstance(record.get(key), str)), "")
        mode: Mode = "eval" if self.step is None or _EVALUATED.search(said) else "train"
        return (int(step) if step is not None and abs(step) < 2**53 else 0), mode

    def dump(self, path: Path, step: int, found: Sequence[Record]) -> Dump:
        """Samples of one step."""
        texts = [self.texts(record) for record in found]
        paid = {"reward": self.total} if self.total is not None else {}
        paid |= {_short(key): key for key in self.parts}
        advantages = [_amount(record, self.advantage) for record in found] if self.advantage else [None]
        return Dump(
            path=path,
            step=step,
            prompts=[prompt for prompt, _ in texts],
            completions=[completion for _, completion in texts],
            rewards={name: [_amount(record, key) for record in found] for name, key in paid.items()},
            extra={key: [record.get(key) for record in found] for key in self.extra},
            advantages=[value for value in advantages if value is not None] if None not in advantages else None,
            keys=[str(record.get(self.group)) for record in found] if self.group else None,
        )


def _amount(record: Record, key: str | None) -> float | None:
    holder, _, name = (key or "").partition("/") if key not in record else ("", "", key or "")
    within = record.get(holder) if holder else record
    return real(within.get(name)) if isinstance(within, Mapping) else None


def _short(key: str) -> str:
    """The name of a reward: without the object that holds it."""
    return key.partition("/")[2] if key.partition("/")[0] in _BY_FUNCTION else key


def _last(record: Record, key: str | None) -> Mapping[str, Any]:
    """The last object of a list in a sample."""
    listed = record.get(key or "")
    last = listed[-1] if isinstance(listed, list) and listed else None
    return last if isinstance(last, Mapping) and any(name in last for name in (*_COMPLETIONS, _CONVERSATION)) else {}


def _names(found: Sequence[Record], key: str) -> list[str]:
    """The names of the numbers in an object of the samples."""
    inside = [record[key] for record in found if isinstance(record.get(key), Mapping)]
    names = dict.fromkeys(name for values in inside for name in values)
    return [name for name in names if _are_numbers([values.get(name) for values in inside])]


def _between(keys: Sequence[str], completion: str, advantage: str | None) -> set[str]:
    """The keys after the completion and before the advantage: trainers write their reward functions there."""
    if completion not in keys or advantage is None:
        return set()
    return set(keys[keys.index(completion) + 1 : keys.index(advantage)])


def _first(names: Sequence[str], keys: Sequence[str]) -> str | None:
    return next((name for name in names if name in keys), None)


def _are_numbers(values: Sequence[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(not isinstance(value, (list, dict)) and number(value) is not None for value in known)


def _text(value: Any) -> Text:
    """A prompt or completion: text, or messages."""
    if isinstance(value, list) and value and all(isinstance(message, Mapping) for message in value):
        return [{str(k): v for k, v in message.items() if v is not None} for message in value]
    return "" if value is None else str(value)


def _is_answer(message: Mapping[str, Any]) -> bool:
    return message.get("role") == "assistant"


FORMAT = Format(
    "scored_samples",
    "samples with texts and rewards as JSON, JSONL or Parquet: completions.jsonl of ms-swift, rollouts of evaluations",
    recognises,
    read,
)
