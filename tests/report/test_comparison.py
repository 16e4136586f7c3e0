"""A comparison as a page, as Markdown and as JSON."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from built import LATER
from compared import answered, compared, rising, run_log
from hostile import CORPUS, hostile_log
from html_page import TAGS, Page
from markdown_it import MarkdownIt

import grpolog
from grpolog.errors import UsageError
from grpolog.report import Comparison, build_comparison
from grpolog.report.comparison import render_html, render_markdown
from grpolog.report.model import SettingRow
from grpolog.report.text import visible


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("hostile")
    runs = [grpolog.read(hostile_log().write(folder / f"{name}.jsonl"), now=LATER) for name in ("a", "b")]
    return build_comparison(runs)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    logs = {name: run_log(rising(700, end, seed)) for seed, (name, end) in enumerate({"a": 0.5, "b": 0.7}.items())}
    for log in logs.values():
        for number in range(8):
            answered(log, 700, f"p{number}", [0.0, 1.0], group=number)
    return compared(tmp_path_factory.mktemp("usual"), logs)


def test_hostile_text_adds_no_tag_and_nothing_can_run_or_load(hostile: Comparison) -> None:
    page = Page(hostile.to_html())
    assert {tag for tag, _ in page.tags} <= TAGS
    assert (page.open, page.comments) == ([], [])
    names = {name for _, attrs in page.tags for name in attrs}
    assert not [name for name in names if name.startswith("on")]
    assert not names & {"src", "srcdoc", "srcset", "style", "action", "formaction", "background", "ping"}
    assert {value for value in page.values("href") if not value.startswith("#")} == {"data:,"}


def test_characters_that_hide_or_turn_text_are_shown_by_number(hostile: Comparison) -> None:
    assert not set("\u202e\u200b\u2066\ufeff\x1b\x07\x00") & set(Page(hostile.to_html()).text)


def test_ids_are_unique_and_every_link_leads_to_one(hostile: Comparison, usual: Comparison) -> None:
    for comparison in (hostile, usual):
        page = Page(comparison.to_html())
        ids = page.values("id")
        assert len(ids) == len(set(ids))
        assert {value[1:] for value in page.values("href") if value.startswith("#")} <= set(ids)


def test_the_title_says_the_verdict_before_the_names(usual: Comparison) -> None:
    assert "<title>THE RUNS DIFFER · a vs b · grpolog</title>" in usual.to_html()


def test_every_line_of_a_run_has_its_colour(usual: Comparison) -> None:
    text = usual.to_html()
    charts = re.findall(r'<svg class="chart".*?</svg></svg>|<svg class="chart".*?</svg>', text, re.DOTALL)
    assert len(charts) > 4
    assert all(re.findall(r'<path class="s(\d)"', chart)[::2] == ["0", "1"] for chart in charts)
    assert re.findall(r'<polyline class="s(\d)"', text) == ["0", "1"]


def test_prompts_go_first_then_points_of_curves_and_this_is_said(usual: Comparison) -> None:
    whole = usual.to_html()
    fewer = render_html(usual, len(whole.encode()) - 1)
    assert "1 prompt left out to keep this page small." in fewer
    assert fewer.count("<article") == whole.count("<article") - 1
    least = render_html(usual, 1)
    assert "prompts are left out and lines are means of at most 60 spans." in least
    assert least.count('class="chart"') == whole.count('class="chart"')
    assert len(least.encode()) < len(fewer.encode())


def test_six_long_runs_stay_below_a_megabyte(tmp_path: Path) -> None:
    logs = {f"run{seed}": run_log(rising(2500, 0.5, seed), dict.fromkeys(range(100, 2501, 100), 0.5))
            for seed in range(6)}  # fmt: skip
    assert len(compared(tmp_path, logs).to_html().encode()) < 600_000


def test_the_markdown_fits_a_pull_request_and_holds_no_text_of_a_model_outside_fences(hostile: Comparison) -> None:
    text = hostile.to_markdown()
    assert len(text.encode()) <= 20_000
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    kinds = {inner.type for token in tokens for inner in token.children or ()} | {token.type for token in tokens}
    assert not kinds & {"image", "link_open", "html_inline"} - {"html_inline"}
    html = [token.content for token in tokens if token.type == "html_block"]
    allowed = re.compile(r"</?(?:details|summary|code)>|[^<>]+|&\w+;")
    assert all(allowed.fullmatch(piece) for block in html for piece in re.findall(r"<[^>]*>|[^<>]+", block))


def test_the_markdown_tells_verdict_leaderboard_and_settings(usual: Comparison) -> None:
    text = usual.to_markdown()
    lines = text.splitlines()
    assert lines[0] == "# a vs b"
    assert lines[2] == "> [!IMPORTANT]"
    assert lines[3].startswith("> **≠ THE RUNS DIFFER** — b is better than a on accuracy in training: 0.6")
    assert any(line.startswith("| Compared: accuracy in training | 0.5") for line in lines)
    tables = [token for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text) if token.type == "table_open"]
    assert len(tables) == 1
    assert "settings are the same." in text


def test_the_markdown_leaves_out_prompts_then_rows(usual: Comparison) -> None:
    rows = tuple(SettingRow(f"key{number}", ("1", "2"), "setting") for number in range(60))
    many = replace(usual, settings=rows)
    short = render_markdown(many, 2_000)
    assert "What of p" in render_markdown(many, 60_000)
    assert "What of p" not in short
    assert "50 more settings in the page." in short


def test_json_is_one_line_of_all_values(usual: Comparison) -> None:
    text = usual.to_json()
    content = json.loads(text)
    assert text.count("\n") == 1
    assert (content["v"], content["title"], content["metric"]) == (1, "a vs b", "rewards/accuracy/mean")
    assert content["contrasts"][0]["shown"] is True


def test_it_saves_by_ending_and_shows_itself_in_a_notebook(usual: Comparison, tmp_path: Path) -> None:
    for ending, begin in ((".html", "<!DOCTYPE html>"), (".md", "# a vs b"), (".json", '{"v":1')):
        assert usual.save(tmp_path / f"x{ending}").read_text("utf-8").startswith(begin)
    with pytest.raises(UsageError):
        usual.save(tmp_path / "x.pdf")
    frame = Page(usual._repr_html_())
    assert frame.tags[0][1]["srcdoc"] == usual.to_html()


def test_every_hostile_name_is_shown_as_text(hostile: Comparison) -> None:
    shown = " ".join(Page(hostile.to_html()).text.split())
    held = [text for text in CORPUS if text and len(text) < 60 and " ".join(visible(text).split()) in shown]
    assert len(held) > 20
