"""Tags that structure a response, and phrases that show step-by-step reasoning."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from grpolog.errors import UsageError
from grpolog.generation.texts import THINK_TAGS

ANSWER_TAGS = ("<answer>", "</answer>")

INDICATORS = (
    r"Step \d+",
    r"(?:First|Second|Third|Next|Then|Finally),",
    r"^[ \t]*(?:\d+[.)]|[-*•])[ \t]",
)
"""Regular expressions of reasoning indicators: `Step 1`, connectives with their comma, items of a list. After the
reasoning-steps reward of open-r1. They begin with plain letters, where the regex engine can jump ahead."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A response taken apart."""

    thinking: str
    """What stands between the think tags, of all turns, or from the opening one on where it is never closed."""

    answer: str
    """What stands between the answer tags, or from the opening one on where it is never closed."""

    compliant: bool
    """`<think>...</think> <answer>...</answer>` and nothing but white space around and between."""


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags and indicators to look for."""

    think: tuple[str, str]
    """Opening and closing tag of the thinking part."""

    answer: tuple[str, str]
    """Opening and closing tag of the answer."""

    middle: re.Pattern[str]
    """End of the thinking and beginning of the answer."""

    given: bool
    """Whether tags were configured, rather than looked for."""

    indicators: tuple[re.Pattern[str], ...]
    """Patterns of reasoning indicators."""

    @classmethod
    def of(
        cls,
        think: tuple[str, str] | None = None,
        answer: tuple[str, str] | None = None,
        indicators: Sequence[str] | None = None,
    ) -> Self:
        """Tags as configured; what is None has its default, and tags count as given when either pair is.

        Raises:
            UsageError: an indicator is no regular expression.
        """
        patterns = []
        for indicator in INDICATORS if indicators is None else indicators:
            try:
                patterns.append(re.compile(indicator, re.MULTILINE))
            except re.error as error:
                raise UsageError(f"indicators: {indicator!r} is no regular expression: {error}") from error
        given = think is not None or answer is not None
        think, answer = think or THINK_TAGS, answer or ANSWER_TAGS
        middle = re.compile(re.escape(think[1]) + r"\s*" + re.escape(answer[0]))
        return cls(think, answer, middle, given, tuple(patterns))

    def parts(self, text: str) -> Parts:
        """Takes a response apart; one whose opening think tag stood in the prompt has to be given with it."""
        begin, end = self.think
        thinking: list[str] = []
        said: list[str] = []
        place = 0
        while (opened := text.find(begin, place)) >= 0:
            said.append(text[place:opened])
            opened += len(begin)
            closed = text.find(end, opened)
            if closed < 0:
                place = text.find(self.answer[0], opened)
                place = len(text) if place < 0 else place
                thinking.append(text[opened:place])
                break
            thinking.append(text[opened:closed])
            place = closed + len(end)
        rest = "".join([*said, text[place:]])
        answer = rest.partition(self.answer[0])[2].partition(self.answer[1])[0]
        return Parts("".join(thinking), answer, self._compliant(text.strip()))

    def _compliant(self, text: str) -> bool:
        # `begin.*?end\s*begin.*?end` as one pattern backtracks, which hostile text makes quadratic.
        if not (text.startswith(self.think[0]) and text.endswith(self.answer[1])):
            return False
        middle = self.middle.search(text, len(self.think[0]))
        return middle is not None and middle.end() <= len(text) - len(self.answer[1])

    def count_indicators(self, text: str) -> int:
        """Reasoning indicators in a response."""
        return sum(len(pattern.findall(text)) for pattern in self.indicators)
