import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from built import Log, example, report_of
from hostile import CORPUS, hostile_log
from html_page import TAGS, Page
from recorded import typical

from grpolog.events import AlertEvent, ExampleEvent, GroupEvent, StepEvent
from grpolog.report import Report, html
from grpolog.report.text import visible


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report_of(tmp_path_factory.mktemp("hostile"), hostile_log())


@pytest.fixture(scope="module")
def page(hostile: Report) -> Page:
    return Page(hostile.to_html())


def test_hostile_text_adds_no_tag_no_comment_and_leaves_none_open(page: Page) -> None:
    assert {tag for tag, _ in page.tags} <= TAGS
    assert (page.open, page.comments) == ([], [])


def test_nothing_can_run_or_load(page: Page) -> None:
    names = {name for _, attrs in page.tags for name in attrs}
    assert not [name for name in names if name.startswith("on")]
    assert not names & {"src", "srcdoc", "srcset", "style", "action", "formaction", "background", "xlink:href", "ping"}
    assert {value for value in page.values("href") if not value.startswith("#")} == {"data:,"}


def test_every_hostile_string_can_be_read_somewhere(page: Page) -> None:
    shown = " ".join(page.text.split())
    assert [text for text in CORPUS if " ".join(visible(text).split()) not in shown] == []


def test_the_policy_allows_our_own_style_sheets_and_script_and_nothing_else(hostile: Report) -> None:
    text = hostile.to_html()
    styles = re.findall("<style[^>]*>(.*?)</style>", text, re.DOTALL)
    (script,) = re.findall("<script>(.*?)</script>", text, re.DOTALL)
    css, dark, script = (
        f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" for part in (*styles, script)
    )
    (policy,) = [attrs["content"] for tag, attrs in Page(text).tags if attrs.get("http-equiv")]
    assert policy == (
        f"default-src 'none'; script-src {script}; style-src {css} {dark}; img-src data:; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert text.index("Content-Security-Policy") < text.index("<title>")


def test_ids_are_unique_and_every_link_leads_to_one(page: Page) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    targets = {value[1:] for value in page.values("href") if value.startswith("#")}
    assert targets <= set(ids)
    spoken = {name for value in page.values("aria-labelledby") for name in value.split()}
    assert spoken <= set(ids)


def test_an_alert_leads_to_the_groups_that_it_names_and_they_lead_back(tmp_path: Path) -> None:
    log = Log()
    example(log, 5, total=0.5)
    log.add(AlertEvent, 6, rule="own", metric="m", severity="error", incident="i", message="It broke")
    report = report_of(tmp_path, log)
    page = Page(report.to_html())
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert [group.title for group in report.groups] == ["For an alert"]
    assert links.count("#group-0-5-x-0") == 2  # of the alert, and of the groups that are to be read first
    assert "own, error at step 6:" in page.text
    assert "#finding-1" in links


def test_a_page_without_groups_says_so_and_has_neither_tools_nor_data_for_them(tmp_path: Path) -> None:
    text = report_of(tmp_path, Log()).to_html()
    assert '<p class="note">The log holds no completion to read.</p>' in text
    ids = Page(text).values("id")
    assert not {"group-tools", "group-data", "groups", "reading", "prompts"} & set(ids)


def test_prompts_stand_in_tables_that_lead_to_their_groups(tmp_path: Path) -> None:
    log = Log()
    for step, passes in ((1, 8), (2, 0)):
        for prompt in ("lost", "kept"):
            right = passes if prompt == "lost" else 8
            log.add(GroupEvent, step, group=0, prompt_id=prompt, row_id="7", source="sums", n=8, passes=right)
    example(log, 2, prompt_id="lost", prompt="2 + 2?", total=1.0)
    page = Page(report_of(tmp_path, log).to_html())
    told = " ".join(page.text.split())
    assert "Training: 2 prompts in 4 groups 1 sometimes 50 % 1 always solved 50 %" in told
    assert "Regressed 1 of 1" in told
    assert "2 + 2? lost row 7 sums 2 8 of 16 100 % 100 % step 1 0 % step 2" in told
    assert "By source SourcePromptsNeverSometimesAlways" in told
    assert "#group-0-2-x-0" in page.values("href")


def test_the_title_says_the_verdict_before_the_name(tmp_path: Path) -> None:
    log = Log(name="exp7")
    log.add(StepEvent, 1, loss=0.1)
    assert "<title>UNKNOWN · exp7 · grpolog</title>" in report_of(tmp_path, log.end(1)).to_html()


def test_characters_that_hide_or_turn_text_are_shown_by_number(page: Page) -> None:
    assert not set("\u202e\u200b\u2066\ufeff\x1b\x07\x00") & set(page.text)
    assert "⟨U+202E⟩" in page.text


def test_a_long_text_is_folded_and_all_there(tmp_path: Path) -> None:
    log = Log()
    text = " ".join(f"word{number}" for number in range(400))
    log.add(ExampleEvent, 1, group=0, index=0, prompt_id="p", kept="lot", prompt="?", completion=text)
    found = Page(report_of(tmp_path, log).to_html())
    assert all(f"word{number}" in found.text for number in range(400))
    assert re.search(r"2,\d{3} more characters", found.text)


def test_groups_are_dropped_from_the_end_until_the_page_fits_and_this_is_said(tmp_path: Path) -> None:
    report = report_of(tmp_path, typical(steps=100, resume_at=None))
    whole = html.render(report)
    assert "All of them are on this page; without its script 6 are shown." in whole
    size = len(whole.encode())
    fewer = html.render(report, size - 2_000)
    assert len(fewer.encode()) <= size - 2_000
    assert "6 of them are on this page, to keep it small." in fewer
    half = (len(html.render(report, 1).encode()) + size) // 2
    few = html.render(report, half)
    assert len(few.encode()) <= half
    assert "3 of them are on this page, to keep it small." in few
    none = html.render(report, 1)
    assert '<article class="group' not in none
    assert "None of them is on this page, to keep it small." in none


def test_when_no_group_is_left_the_curves_lose_points_and_this_is_said(tmp_path: Path) -> None:
    log = Log()
    noise = np.random.default_rng(1).normal(size=(3000, 8)).tolist()
    for step, row in enumerate(noise, start=1):
        log.add(StepEvent, step, metrics={f"metric_{i}": value for i, value in enumerate(row)})
    report = report_of(tmp_path, log)
    whole = report.to_html()
    small = report.to_html(max_bytes=len(whole) - 1000)
    assert "means of" not in whole
    assert "its charts zoom into means of 540 stretches of the run" in small
    assert len(small) < len(whole) - 20_000


def test_a_page_of_the_largest_groups_stays_below_a_megabyte(tmp_path: Path) -> None:
    log = Log()
    for number, kept in enumerate(("best", "worst", "divided", "lot")):
        for index in range(64):
            log.add(
                ExampleEvent, 1, group=number, index=index, prompt_id=f"p{number}", kept=kept, prompt="<" * 16_000,
                completion="\u202e<&" * 6_000, total=float(number), rewards={"a": 1.0},
            )  # fmt: skip
    page = report_of(tmp_path, log).to_html()
    assert len(page.encode()) <= html.LIMIT
    assert "more completions of this group are shown by the script of this page only." in page


def test_a_frame_for_notebooks_holds_the_page_as_one_attribute_and_gives_it_no_rights_of_the_notebook(
    hostile: Report,
) -> None:
    frame = Page(hostile._repr_html_())
    ((tag, attrs),) = frame.tags
    assert (tag, attrs["sandbox"]) == ("iframe", "allow-scripts allow-downloads")
    assert attrs["srcdoc"] == hostile.to_html()


def test_lone_surrogates_do_not_stop_the_page(hostile: Report) -> None:
    page = replace(hostile, title="\ud800", groups=()).to_html()
    assert "⟨U+D800⟩" in page
    page.encode()
