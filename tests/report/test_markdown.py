import re
from dataclasses import replace
from pathlib import Path

import pytest
from built import Log, report_of
from hostile import hostile_log
from markdown_it import MarkdownIt
from markdown_it.token import Token
from recorded import typical

from grpolog.events import AlertEvent, ExampleEvent, GroupEvent, StepEvent
from grpolog.report import Report, markdown

OWN_HTML = re.compile(r"<details><summary>(?:[^<>]|<code>[^<>]*</code>)*</summary>\s*|</details>\s*")
# What GitHub makes of words besides CommonMark: mentions, issue numbers, bare links, emoji.
GITHUB = re.compile(r"@\w|#\d|https?:|www\.|:\w+:|\bGH-\d", re.IGNORECASE)


def tokens(text: str) -> list[Token]:
    found = MarkdownIt("commonmark").enable("table").parse(text)
    return [inner for token in found for inner in (token, *(token.children or ()))]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report_of(tmp_path_factory.mktemp("hostile"), hostile_log())


def test_hostile_text_is_code_and_nothing_else(hostile: Report) -> None:
    found = tokens(hostile.to_markdown())
    kinds = {token.type for token in found}
    assert not kinds & {"link_open", "image", "strikethrough_open", "html_inline", "hr", "em_open", "code_block"}
    blocks = [token.content for token in found if token.type == "html_block"]
    assert [block for block in blocks if not OWN_HTML.fullmatch(block)] == []
    outside = [re.sub("<code>.*?</code>", "", block) for block in blocks]
    assert [block for block in outside if GITHUB.search(block)] == []
    words = [token.content for token in found if token.type == "text"]
    assert [text for text in words if GITHUB.search(text) or "<" in text] == []


def test_headings_are_our_own_whatever_the_texts_say(hostile: Report) -> None:
    found = tokens(hostile.to_markdown())
    titles = [found[at + 1].content for at, token in enumerate(found) if token.type == "heading_open"]
    assert titles[1:] == ["Findings", "Reward functions", "Prompts", "Examples", "Audit"]


def test_the_rows_of_a_table_have_as_many_cells_as_its_head(hostile: Report) -> None:
    width, cells = 0, 0
    for token in tokens(hostile.to_markdown()):
        if token.type == "thead_open":
            width = 0
        elif token.type == "th_open":
            width += 1
        elif token.type == "tr_open":
            cells = 0
        elif token.type == "td_open":
            cells += 1
        elif token.type == "tr_close" and cells:
            assert cells == width


def test_a_fence_is_longer_than_any_in_its_text(tmp_path: Path) -> None:
    log = Log()
    text = "```\n# out of the fence\n`````\n</details>"
    log.add(ExampleEvent, 1, group=0, index=0, prompt_id="p", kept="lot", prompt="?", completion=text)
    fences = [token for token in tokens(report_of(tmp_path, log).to_markdown()) if token.type == "fence"]
    assert [(token.info, token.content) for token in fences] == [("text", "?\n"), ("text", f"{text}\n")]


def test_the_verdict_is_an_alert_of_its_tone(tmp_path: Path) -> None:
    log = Log()
    log.add(StepEvent, 1, loss=0.1)
    quiet = report_of(tmp_path, log.end(1)).to_markdown()
    assert "> [!NOTE]\n> **? UNKNOWN** (finished, step 1) — Not judged: no reward was logged." in quiet
    log.again(1)
    log.add(StepEvent, 2, loss=0.1)
    failed = report_of(tmp_path, log.end(2, "failed", error="ValueError")).to_markdown()
    assert "> [!CAUTION]\n> **✖ FAILED** (ended by an exception, step 2) — " in failed


def test_the_key_numbers_are_a_table_with_sparklines(tmp_path: Path) -> None:
    text = report_of(tmp_path, typical(steps=60, resume_at=None)).to_markdown()
    (row,) = [line for line in text.splitlines() if line.startswith("| Total reward |")]
    assert re.fullmatch(r"\| Total reward \| [\d.]+ \| from [\d.]+ \([+−][\d.]+\) \| `[▁▂▃▄▅▆▇█]{48}` \|", row)


def test_a_typical_report_is_small_and_the_largest_fits_into_a_comment(tmp_path: Path) -> None:
    assert len(report_of(tmp_path, typical()).to_markdown()) < 20_000
    log = Log(config={f"key{number}": "v" * 400 for number in range(400)})
    for step in range(1, 200):
        log.add(
            AlertEvent, step, rule="r", metric="m" * 80, severity="info", incident=str(step), message="m" * 300,
        )  # fmt: skip
    for number in range(8):
        for index in range(64):
            log.add(
                ExampleEvent, number, group=0, index=index, prompt_id="p", kept="best", prompt="`" * 900,
                completion="`" * 4_000, total=0.5,
            )  # fmt: skip
    assert len(report_of(tmp_path, log).to_markdown()) <= markdown.LIMIT


def test_where_findings_are_left_out_the_worst_stay(tmp_path: Path) -> None:
    log = Log()
    for step in range(1, 120):
        severity = "error" if step == 50 else "info"
        log.add(AlertEvent, step, rule=f"r{step}", metric="m", severity=severity, incident=str(step), message="m" * 150)
    text = markdown.render(report_of(tmp_path, log), 9_000)
    assert text.count("| error | 50 |") == 1
    assert "100 more findings of lower rank." in text


def test_groups_are_left_out_at_the_usual_size_but_for_the_leading_ones(tmp_path: Path) -> None:
    log = Log()
    for index in range(2):
        log.add(
            ExampleEvent, 1, group=0, index=index, prompt_id="p", kept="lot", prompt="a " * 600, completion="b " * 600,
            total=float(index),
        )  # fmt: skip
    report = report_of(tmp_path, log)
    groups = tuple(replace(report.groups[0], key=f"g{n}", title=f"Group {n}") for n in range(12))
    text = markdown.render(replace(report, groups=groups, leading_groups=("g9", "g10", "g11")))
    assert len(text) <= markdown.USUAL
    shown = re.findall(r"<summary>(Group \d+), step 1", text)
    assert shown == ["Group 0", "Group 9", "Group 10", "Group 11"]
    assert "4 of them are shown here, to keep this short." in text
    text = markdown.render(replace(report, groups=groups, leading_groups=tuple(group.key for group in groups)))
    assert text.count("<summary>Group ") == 12


def test_a_function_has_its_series_folded_below_the_table(tmp_path: Path) -> None:
    text = report_of(tmp_path, typical(steps=60, resume_at=None)).to_markdown()
    block = text[text.index("<details><summary><code>accuracy</code>: ") :].partition("</details>")[0]
    rows = [line.split(" | ")[0] for line in block.splitlines() if line.startswith("| `")]
    assert rows == [
        "| `rewards/accuracy/advantage_share`",
        "| `rewards/accuracy/mean`",
        "| `eval_rewards/accuracy/mean`",
    ]
    assert re.search(r"\| 0\.\d+ at step \d+ \| 0\.\d+ at step \d+ \| `[▁▂▃▄▅▆▇█]{24}` \|", block)


def test_prompts_are_counted_and_the_telling_ones_listed(tmp_path: Path) -> None:
    log = Log()
    for step in (1, 2):
        for number in range(8):
            fields = {"passes": 8 if step == 1 else number % 2, "n": 8, "mean": 0.5, "std": 0.1}
            log.add(GroupEvent, step, group=number, prompt_id=f"p{number}", generation=step, **fields)
    text = report_of(tmp_path, log).to_markdown()
    assert "Training: 8 prompts, sometimes solved 8." in text
    assert "<details><summary>Regressed (8)</summary>" in text
    assert "| `p0` | 2 | 100\u00a0% → 0\u00a0% | 100\u00a0% |  |" in text


def test_pictures_are_where_the_files_will_be(tmp_path: Path) -> None:
    report = report_of(tmp_path, typical(steps=60, resume_at=None))
    names = {path.name for path in report.save_charts(tmp_path / "charts")}
    text = report.to_markdown(images="charts/")
    assert set(re.findall(r"!\[[^]]+\]\(charts/([\w-]+\.svg)\)", text)) == names
    assert len(names) > 10
    assert ".svg" not in report.to_markdown()


def test_hostile_names_of_pictures_are_no_links(hostile: Report) -> None:
    found = tokens(hostile.to_markdown(images="charts/"))
    sources = [str(token.attrs["src"]) for token in found if token.type == "image"]
    assert sources
    assert [source for source in sources if not re.fullmatch(r"charts/panel-[\w-]+\.svg", source)] == []
    assert not {token.type for token in found} & {"link_open", "html_inline"}


def test_the_chart_is_a_fence_of_its_own_and_only_when_asked_for(hostile: Report) -> None:
    fences = [token for token in tokens(hostile.to_markdown(mermaid=True)) if token.type == "fence"]
    assert [token.info for token in fences if token.info != "text"] == ["mermaid"]
    assert "mermaid" not in {token.info for token in tokens(hostile.to_markdown())}


def test_a_remedy_is_told_once_for_all_findings_of_a_rule(tmp_path: Path) -> None:
    log = Log()
    for step in (1, 2):
        given = {"rule": "r", "metric": f"m{step}", "severity": "warning", "incident": str(step)}
        log.add(AlertEvent, step, message=f"at {step}", remedy="Look | at it", **given)
    rows = [
        line for line in report_of(tmp_path, log.end(2)).to_markdown().splitlines() if line.startswith("| warning |")
    ]
    assert rows == ["| warning | 1 | `at 1` | `m1` | Look `\\|` at it |", "| warning | 2 | `at 2` | `m2` |  |"]


def test_the_punctuation_after_a_name_is_no_part_of_it() -> None:
    said = "rho_1 (eval_x 2) against (rho_0): 2, of my_reward."
    assert markdown.words(said) == "`rho_1` (`eval_x` 2) against (`rho_0`): 2, of `my_reward`."
    assert markdown.words("f_x(1) :::_") == "`f_x(1)` `:::_`"
