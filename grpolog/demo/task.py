"""Small sums, the answers that a half-trained model gives to them, and the five reward functions.

The reward functions are those of open-r1 in small: the same names, shapes and signs.
"""

import math
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MAX_COMPLETION_TOKENS = 32
LARGEST = 9
"""Largest number in a problem or an answer."""

_TAGGED = re.compile(r"<think>(.*?)</think>\s*<answer>(.*?)</answer>", re.DOTALL)
_INDICATOR = re.compile(r"Step \d+:|First|Then")

Rewards = list[float]


@dataclass(frozen=True, slots=True)
class Problem:
    """`left` plus or minus `right`, with an answer from 0 to `LARGEST`."""

    left: int
    sign: str
    right: int

    @property
    def solution(self) -> int:
        """The right answer."""
        return self.left + self.right if self.sign == "+" else self.left - self.right

    @property
    def prompt(self) -> str:
        """The question as the model reads it."""
        return f"What is {self.left} {self.sign} {self.right}?"

    @property
    def row(self) -> dict[str, Any]:
        """The row of the training set; `id` and `source` are columns that grpolog looks for."""
        name = "addition" if self.sign == "+" else "subtraction"
        return {
            "prompt": self.prompt,
            "solution": self.solution,
            "id": f"{self.left}{self.sign}{self.right}",
            "source": name,
        }


def problems(seed: int, held_out: int) -> tuple[list[Problem], list[Problem]]:
    """All problems, shuffled: those to train on, and `held_out` others to evaluate."""
    numbers = range(LARGEST + 1)
    everything = [Problem(a, "+", b) for a in numbers for b in numbers if a + b <= LARGEST]
    everything += [Problem(a, "-", b) for a in numbers for b in numbers if b <= a]
    random.Random(seed).shuffle(everything)
    return everything[held_out:], everything[:held_out]


def half_learned_answer(problem: Problem, dice: random.Random) -> str:
    """An answer as from a model that knows some arithmetic and little about the format.

    The work shown is right, and the answer drawn from it is careless: wrong in three of five cases. One step of work
    is more common than three, and fewer than half of the answers keep to the tags; others forget some, all, or
    ramble. So GRPO has something to find, and groups differ.
    """
    right = problem.solution
    given = right if dice.random() < 0.4 else dice.choice([n for n in _near(right) if n != right])
    work = f"{problem.left} {problem.sign} {problem.right} = {right}"
    verb = "add" if problem.sign == "+" else "take away"
    steps = dice.choices(
        [
            [f"Step 1: {work}"],
            [f"First, {problem.left}", f"Then {work}"],
            [f"Step 1: {problem.left}", f"Step 2: {verb} {problem.right}", f"Step 3: {work}"],
        ],
        weights=[5, 3, 2],
    )[0]
    thought = "<think>\n" + "\n".join(steps) + "\n</think>\n"
    style = dice.choices(["tags", "no answer tags", "no tags", "ramble"], weights=[45, 25, 20, 10])[0]
    if style == "tags":
        return f"{thought}<answer>\n{given}\n</answer>"
    if style == "no answer tags":
        return f"{thought}The answer is {given}"
    if style == "no tags":
        return f"The answer is {given}"
    return "<think>\n" + "\n".join([f"{problem.left} and {problem.right} and"] * dice.randint(2, 4))


def _near(number: int) -> range:
    """Numbers at most two away that a model could answer."""
    return range(max(0, number - 2), min(LARGEST, number + 2) + 1)


def accuracy(completions: Sequence[str], solution: Sequence[int], **_: Any) -> Rewards:
    """1 for the right answer inside answer tags, else 0."""
    return [float(_answer(text) == str(right)) for text, right in zip(completions, solution, strict=True)]


def format(completions: Sequence[str], **_: Any) -> Rewards:  # noqa: A001 - the function's name is the reward's name
    """1 if the completion is a thought and an answer in their tags and nothing else."""
    return [float(_TAGGED.fullmatch(text.strip()) is not None) for text in completions]


def reasoning_steps(completions: Sequence[str], **_: Any) -> Rewards:
    """A third for each step of work shown, at most 1."""
    return [min(1.0, len(_INDICATOR.findall(text)) / 3) for text in completions]


def cosine(
    completions: Sequence[str], solution: Sequence[int], completion_ids: Sequence[Sequence[int]], **_: Any
) -> Rewards:
    """Right and short is best: 1 falling to 0.5 with length; wrong: -1 rising to -0.5."""
    rewards = []
    for text, right, ids in zip(completions, solution, completion_ids, strict=True):
        near, far = (1.0, 0.5) if _answer(text) == str(right) else (-1.0, -0.5)
        progress = min(1.0, len(ids) / MAX_COMPLETION_TOKENS)
        rewards.append(far + 0.5 * (near - far) * (1.0 + math.cos(math.pi * progress)))
    return rewards


def repetition_penalty(completions: Sequence[str], **_: Any) -> Rewards:
    """Minus the share of word 3-grams that repeat an earlier one."""
    rewards = []
    for text in completions:
        grams = list(_grams(text.lower().split()))
        rewards.append(len(set(grams)) / len(grams) - 1.0 if grams else 0.0)
    return rewards


REWARD_FUNCTIONS: tuple[Callable[..., Rewards], ...] = (
    accuracy,
    format,
    reasoning_steps,
    cosine,
    repetition_penalty,
)
REWARD_RANGE = {
    "accuracy": (0.0, 1.0),
    "format": (0.0, 1.0),
    "reasoning_steps": (0.0, 1.0),
    "cosine": (-1.0, 1.0),
    "repetition_penalty": (-1.0, 0.0),
}


def _answer(text: str) -> str | None:
    found = _TAGGED.search(text)
    return found[2].strip() if found else None


def _grams(words: list[str]) -> Iterator[tuple[str, ...]]:
    return zip(words, words[1:], words[2:], strict=False)
