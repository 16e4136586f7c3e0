"""The expression of `grpolog examples --where`."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_logs import line, numbered, run_of

from grpolog.analysis import Run, where
from grpolog.analysis.completions import matching, names_of


def log(folder: Path, *rows: dict[str, Any]) -> Run:
    """A log of one group of these completions."""
    return run_of(
        folder,
        *numbered(
            line("run"), *(line("example", **{"index": place, "kept": "best"} | row) for place, row in enumerate(rows))
        ),
    )


def matched(run: Run, expression: str) -> list[int]:
    return matching(run, where.condition(expression, names_of(run)))["index"].to_list()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    conversation = [
        {"role": "assistant", "content": "so\nrry", "tool_calls": [{"function": {"name": "add", "arguments": "7"}}]},
        {"role": "tool", "content": [{"type": "text", "text": "the tool's words"}]},
    ]
    rows = (
        {"rewards": {"accuracy": 1.0, "my-f.v2": 0.5, "step": 9.0}, "total": 1.5, "advantage": 1.0, "tokens": 10},
        {"rewards": {"accuracy": 0.0, "my-f.v2": 1.0, "step": 8.0}, "total": 1.0, "advantage": -1.0, "tokens": 20},
        {"rewards": {"accuracy": None}, "completion": 'I am "sorry"', "truncated": True, "finish": "length"},
        {"rewards": {"accuracy": float("nan")}, "total": float("nan"), "truncated": False, "source": "größe"},
        {"completion_messages": conversation, "also_kept": ["lot"], "prompt": "What?", "mode": "eval"},
    )
    return log(tmp_path_factory.mktemp("log"), *rows)


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ("accuracy == 1", [0]),
        ("accuracy == 0 and tokens > 5", [1]),
        ("accuracy == 1 or accuracy == 0", [0, 1]),
        ("not accuracy == 1", [1, 3]),  # what is unknown matches neither
        ("accuracy != 1", [1, 3]),
        ("accuracy > -1", [0, 1]),  # NaN is no large number
        ("accuracy >= 0 and accuracy <= 0", [1]),
        ("accuracy is none", [2, 4]),
        ("accuracy == none", [2, 4]),
        ("total is nan", [3]),
        ("total is not nan and total != none", [0, 1]),
        ("truncated", [2]),
        ("not truncated", [3]),
        ("truncated == false", [3]),
        ("`my-f.v2` >= .5", [0, 1]),
        ("step == 1", [0, 1, 2, 3, 4]),
        ("`step` == 9", [0]),  # backticks: the reward function
        ("`total` == 1", [1]),
        ("0 < total - accuracy < 2", [0, 1]),
        ("2 * (tokens + 5) / 3 == 10", [0]),
        ("tokens % 20 == 0", [1]),
        ("-advantage > 5e-1", [1]),
        ("1 == 1", [0, 1, 2, 3, 4]),
        ('source == "größe"', [3]),
        ("source matches '^gr.*e$'", [3]),
        ("finish == 'length'", [2]),
        ('kept == "best"', [0, 1, 2, 3, 4]),
        ('kept == "lot"', [4]),
        ('kept != "lot"', [0, 1, 2, 3]),
        ("mode == 'eval'", [4]),
        ('completion contains "sorry"', [2]),
        (r'completion contains "am \"sorry"', [2]),
        (r'completion contains "so\nrry"', [4]),
        ("completion contains 'tool\\'s words'", [4]),
        ('completion contains "assistant"', []),  # a role is nobody's words
        ('completion contains "7" or prompt contains "?"', [4]),
        ('completion matches "(?i)SORRY" and truncated', [2]),
        ('not completion contains "sorry"', [4]),
        ('prompt == "What?"', [4]),
        ("TRUNCATED is none OR Truncated", None),
    ],
)
def test_it_finds_what_it_says(run: Run, expression: str, rows: list[int] | None) -> None:
    if rows is None:
        with pytest.raises(where.ExpressionError):
            matched(run, expression)
    else:
        assert matched(run, expression) == rows


@pytest.mark.parametrize(
    ("expression", "at", "what"),
    [
        ("acuracy == 0", 0, "no acuracy is known; did you mean accuracy?"),
        ("total > 0 and qqq > 1", 14, "Reward functions: accuracy, my-f.v2, step. Fields: total, advantage, tokens,"),
        ("accuracy = 0", 9, "'=' is not understood; write == to compare"),
        ("total > 0 && total < 1", 10, "write and"),
        ("!truncated", 0, "write not"),
        ("accuracy", 0, "this is a number, not true or false; compare it"),
        ("not accuracy", 4, "this is a number, not true or false"),
        ("truncated and tokens", 14, "this is a number"),
        ("tokens or truncated", 0, "this is a number"),
        ("truncated + 1 == 2", 0, "this is true or false, not a number"),
        ("tokens == 'many'", 7, "a number is compared with a text"),
        ("source == gsm8k", 10, "no gsm8k is known"),
        ("source < 'a'", 7, "only numbers are compared with <"),
        ("tokens contains '1'", 0, "numbers are compared with ==, < and >"),
        ("source contains 3", 16, "contains is followed by a text in quotes"),
        ("source contains source", 16, "contains is followed by a text in quotes"),
        ("completion matches '('", 19, "no regular expression: unclosed group"),
        ("finish == 'lenght'", 10, "it is one of stop, length, unrecognised"),
        ("'bst' == kept", 0, "it is one of best, worst"),
        ("tokens is long", 10, "after is stand none"),
        ("source is nan", 10, "after is stand none"),
        ("(tokens > 1", 0, "this parenthesis is never closed"),
        ("tokens > 1)", 10, "')' does not belong here"),
        ("tokens > 1 tokens", 11, "'tokens' does not belong here"),
        ("1 < tokens < 3 < 4", 15, "'<' does not belong here"),
        ("tokens > ", 9, "the expression ends here"),
        ("", 0, "the expression ends here"),
        ("tokens > and", 9, "'and' does not belong here"),
        ('source == "gsm', 10, "the text has no end"),
        ("`accuracy > 1", 0, "the name has no end"),
        ("__import__('os') == 1", 0, "no __import__ is known"),
        ("tokens.real > 1", 6, "'.' is not understood"),
        ("total > 1 # all", 10, "'#' is not understood"),
        ("(" * 60 + "1", 51, "more than 50 levels"),
        ("not " * 60 + "truncated", 204, "more than 50 levels"),
        ("1+" * 1500 + "1 > 0", 2000, "at most 2,000 characters"),
    ],
)
def test_an_error_points_at_the_character(run: Run, expression: str, at: int, what: str) -> None:
    with pytest.raises(where.ExpressionError) as error:
        where.condition(expression, names_of(run))
    assert error.value.at == at
    assert what in str(error.value)
    assert str(error.value).endswith(f"(at character {at + 1})")


PIECES = st.sampled_from(
    ["accuracy", "`my-f.v2`", "tokens", "truncated", "finish", "kept", "completion", "none", "true", "1", ".5", "'a'",
     '"', "`", "(", ")", "==", "!=", "<", ">=", "+", "-", "*", "/", "%", "and", "or", "not", "is", "nan", "contains",
     "matches", "é", "\x1b", "=", "0x1", ";", "$"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_whatever_is_written_is_found_or_refused_at_a_character_of_it(run: Run, expression: str) -> None:
    place = 0
    try:
        matched(run, expression)
    except where.ExpressionError as error:
        place = error.at
    assert 0 <= place <= len(expression)


def test_texts_are_looked_at_only_where_the_rest_holds(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    monkeypatch.setattr("grpolog.analysis.completions._words", lambda messages: read.append(messages) or "")
    assert matched(run, 'completion contains "sorry" and mode == "train"') == [2]
    assert read == []


def test_what_to_sort_by_is_an_expression_too(run: Run) -> None:
    def sorted_by(text: str) -> list[int]:
        return matching(run, order=where.order(text, names_of(run)))["index"].to_list()

    assert sorted_by("-tokens")[:2] == [1, 0]
    assert sorted_by("tokens")[:2] == [0, 1]
    assert sorted_by("mode") == [4, 0, 1, 2, 3]
    assert sorted_by("total - accuracy")[:2] == [0, 1]


def test_a_log_without_rewards_says_so(tmp_path: Path) -> None:
    run = log(tmp_path, {"completion": "a"})
    assert matched(run, "completion contains 'a'") == [0]
    with pytest.raises(where.ExpressionError, match=r"Reward functions: none\."):
        matched(run, "accuracy == 0")


def test_a_log_without_completions_has_no_match(tmp_path: Path) -> None:
    assert matched(log(tmp_path), "total > 0") == []
