import re

import pytest

from grpolog.errors import UsageError
from grpolog.generation.tags import Parts, Tags

FORM = re.compile(r"^<think>.*?</think>\s*<answer>.*?</answer>$", re.DOTALL)
"""The format reward of DeepSeek-R1-Zero reproductions."""


@pytest.mark.parametrize(
    "text",
    [
        "<think>a</think><answer>b</answer>",
        "<think>\na\n</think>\n\n<answer>\nb\n</answer>",
        "<think></think><answer></answer>",
        "<think>a</think> and <think>b</think><answer>c</answer>",
        "<think>a</think><answer>b</answer> and </answer>",
        "<answer>b</answer>",
        "<think>a</think>b",
        "<think>a<answer>b</answer>",
        "<think>a</think>so<answer>b</answer>",
        "so <think>a</think><answer>b</answer>",
        "<think>a</think><answer>b</answer> so",
        "<think>a</think><answer>b",
        "<think></think><answer></answer",
        "a</think><answer>b</answer>",
        "",
    ],
)
def test_compliance_is_the_known_pattern(text: str) -> None:
    assert Tags.of().parts(text).compliant == bool(FORM.match(text))


def test_white_space_around_a_response_is_allowed() -> None:
    assert Tags.of().parts("\n <think>a</think><answer>b</answer> \n").compliant


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        ("<think>a b</think> <answer>c</answer> d", "a b", "c"),
        ("<think>a</think> call <think>b</think><answer>c</answer>", "ab", "c"),
        ("<think>a</think><think>cut off", "acut off", ""),
        ("<think><answer>x</answer></think><answer>c</answer>", "<answer>x</answer>", "c"),
        ("<think>cut off", "cut off", ""),
        ("<think>never closed <answer>c", "never closed ", "c"),
        ("<think>a</think><answer>cut off", "a", "cut off"),
        ("<answer>c</answer>", "", "c"),
        ("just words", "", ""),
        ("", "", ""),
    ],
)
def test_a_response_is_taken_apart(text: str, thinking: str, answer: str) -> None:
    assert Tags.of().parts(text) == Parts(thinking, answer, bool(FORM.match(text)))


def test_other_tags_are_plain_text_and_not_patterns() -> None:
    tags = Tags.of(("[T", "T]"), ("(a)", "(/a)"))
    assert tags.given
    assert tags.parts("[T x T] (a)y(/a)") == Parts(" x ", "y", True)
    assert not tags.parts("[T x T] ay/a").compliant


def test_tags_are_given_when_either_pair_is() -> None:
    assert [Tags.of().given, Tags.of(("<t>", "</t>")).given, Tags.of(None, ("<a>", "</a>")).given] == [
        False,
        True,
        True,
    ]
    assert Tags.of(None, ("<a>", "</a>")).think == ("<think>", "</think>")


def test_indicators_of_the_usual_kinds_are_counted() -> None:
    text = "Step 1: look.\nFirst, add. Second, carry.\n- one\n  * two\n3. three\nNext, Finally, done."
    assert Tags.of().count_indicators(text) == 8
    assert Tags.of().count_indicators("first of all, Step by step, 1.5 - 2 = Next") == 0


def test_own_indicators_replace_the_usual_ones() -> None:
    assert Tags.of(indicators=[r"(?i)\bhmm\b", "(wait)+"]).count_indicators("Hmm. waitwait hmm, Step 1") == 3
    assert Tags.of(indicators=[]).count_indicators("Step 1") == 0


def test_an_indicator_that_is_no_pattern_is_refused() -> None:
    with pytest.raises(UsageError, match=r"indicators: '\(' is no regular expression"):
        Tags.of(indicators=["("])
