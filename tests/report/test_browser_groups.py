"""The group browser in a real browser: found, sorted, opened, compared, linked to."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import WINDOW, Visit, needs_chromium, unfold
from built import Log, example, report_of
from hostile import hostile_log
from playwright.sync_api import Browser, Page

from grpolog.events import GroupEvent, RewardEvent
from grpolog.report import Report

pytestmark = needs_chromium

OLD, NEW = "I add two and three. The answer is six.", "I add two and three, slowly. The answer is five."


def log_of_groups() -> Log:
    """Sixty groups of training on twelve prompts; every fifth visit is solved, the last is a conversation."""
    log = Log(primary="accuracy", reward_functions=["accuracy", "format"], reward_range={"accuracy": (0, 1)})
    for step in range(1, 61):
        prompt, passes = f"p{step % 12:02}", (0, 1, 2)[step % 3]
        where: dict[str, Any] = {"generation": step, "source": ("sums", "words")[step % 2]}
        log.add(RewardEvent, step, name="accuracy", n=2, mean=passes / 2, generation=step)
        log.add(RewardEvent, step, name="total", n=2, mean=step / 60, generation=step)
        log.add(GroupEvent, step, group=0, prompt_id=prompt, n=2, mean=step / 60, passes=passes, **where)
        for index in (0, 1):
            paid = {"accuracy": float(index < passes), "format": step / 60 if index else None}
            asked = f"Question {step % 12}: what is 2 + {step % 12}?" + (" padding" * 200 if step == 50 else "")
            said = OLD if index else NEW
            example(
                log, step, index=index, prompt_id=prompt, kept="lot", prompt=asked, completion=f"{said} Step {step}.",
                rewards=paid, total=step / 60 - index / 10, advantage=0.5 - index, tokens=10 + step, finish="stop",
                extra={"gold": "5"} if index else None, **where,
            )  # fmt: skip
    for index, said in enumerate(("two\nlines", "two lines more")):
        calls = [{"function": {"name": "add", "arguments": {"a": index}}}]
        messages = [{"role": "assistant", "content": said, "tool_calls": calls}, {"role": "tool", "content": "5"}]
        talk = {"completion": None, "completion_messages": messages, "generation": 61, "total": 1.0 - index}
        example(log, 61, index=index, prompt_id="p99", kept="lot", **talk)
    example(log, 60, prompt_id="p07", kept="pinned", mode="eval", prompt="Question 7", generation=62)
    return log


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report_of(tmp_path_factory.mktemp("groups"), log_of_groups())


@pytest.fixture(scope="module")
def path(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report.save(tmp_path_factory.mktemp("page") / "groups.html")


@pytest.fixture
def visit(browser: Browser, path: Path, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """The page, once its groups can be browsed; without script where a test says so."""
    options = getattr(request, "param", {})
    context = browser.new_context(**{"viewport": WINDOW} | options)
    found = Visit(context.new_page(), path.as_uri())
    if options.get("java_script_enabled", True):
        found.page.wait_for_selector("#group-tools:not([hidden])")
    yield found
    context.close()
    assert (found.dialogs, found.console) == ([], [])


def with_options(**options: object) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("visit", [options], indirect=True)


def steps(page: Page) -> list[int]:
    """The steps of the groups that are listed."""
    lines = page.locator("#groups > article > details > summary").all_inner_texts()
    return [int(line.split("step ")[1].split()[0].replace(",", "")) for line in lines]


def reopened(page: Page, path: Path, address: str) -> None:
    page.goto("about:blank")
    page.goto(path.as_uri() + address)
    page.wait_for_selector("#group-tools:not([hidden])")


def shape(page: Page, selector: str) -> Any:
    """Elements, attributes and texts within, but for blanks between them."""
    return page.locator(selector).first.evaluate("""function shape(element) {
        const inner = [...element.childNodes].map((node) => node.nodeType === 3 ? node.data.trim() : shape(node))
        const attributes = [...element.attributes].map(({ name, value }) => `${name}=${value}`)
        return [element.localName, attributes.sort(), inner.filter((part) => part !== "")]
    }""")


def test_all_groups_are_there_twenty_at_a_time(visit: Visit) -> None:
    page = visit.page
    assert page.locator("#group-count").inner_text() == "62 of 62 groups"
    assert len(steps(page)) == 20
    page.get_by_role("button", name="20 more").click()
    page.get_by_role("button", name="20 more").click()
    page.get_by_role("button", name="2 more").click()
    assert sorted(steps(page)) == [*range(1, 61), 60, 61]
    assert page.get_by_role("button", name="more").count() == 0


def test_groups_are_found_by_outcome_source_steps_and_words(visit: Visit) -> None:
    page = visit.page
    page.select_option("[name=outcome]", "all bad")
    page.select_option("[name=source]", "words")
    page.fill("[name=first]", "10")
    page.fill("[name=last]", "40")
    assert sorted(steps(page)) == [15, 21, 27, 33, 39]
    page.fill("[name=q]", "question 3: STEP 27")
    assert steps(page) == [27]
    assert page.locator("#group-count").inner_text() == "1 of 62 groups"
    page.get_by_role("button", name="show all").click()
    assert page.locator("#group-count").inner_text() == "62 of 62 groups"


def test_groups_are_sorted_by_the_reward_that_is_looked_at(visit: Visit) -> None:
    page = visit.page
    page.select_option("[name=sort]", "lowest")
    assert steps(page)[:2] == [1, 2]
    page.select_option("[name=sort]", "highest")
    page.select_option("[name=reward]", label="format")
    assert steps(page)[:3] == [60, 59, 58]
    assert page.locator("#groups .sum").first.inner_text() == "1"
    page.select_option("[name=reward]", label="accuracy")
    page.select_option("[name=outcome]", "differ")
    assert {step % 3 for step in steps(page)} == {1}
    page.select_option("[name=sort]", "longest")
    assert steps(page)[0] == 58


def test_what_is_looked_for_is_in_the_address(visit: Visit, path: Path) -> None:
    page = visit.page
    page.select_option("[name=outcome]", "mixed")
    page.select_option("[name=sort]", "oldest")
    page.fill("[name=q]", "question 1:")
    page.locator("#groups summary").nth(1).click()
    assert page.url.endswith("#outcome=mixed&sort=oldest&q=question+1%3A&group=group-0-13-13-0")
    address = page.url.removeprefix(path.as_uri())
    reopened(page, path, address)
    assert steps(page) == [1, 13, 25, 37, 49]
    assert page.locator("#group-0-13-13-0 > details").get_attribute("open") is not None
    page.locator("#group-0-13-13-0 summary").first.click()
    assert page.url.endswith("#outcome=mixed&sort=oldest&q=question+1%3A")


def test_a_link_to_a_group_opens_it_wherever_it_is(visit: Visit, path: Path) -> None:
    page = visit.page
    for address in ("#group=group-0-31-31-0", "#group-0-31-31-0"):
        reopened(page, path, address)
        group = page.locator("#group-0-31-31-0")
        assert group.locator("> details").get_attribute("open") is not None
        assert group.locator("summary").first.evaluate("element => element === document.activeElement")
        box = group.bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 900


def test_a_prompt_is_followed_through_its_visits(visit: Visit) -> None:
    page = visit.page
    page.locator("#prompts a", has_text="Question 7").first.click()
    group = page.locator("#group-0-55-55-0")
    visits = group.locator(".visits li").all_inner_texts()
    assert visits == [
        "Same prompt",
        "step 7: 0.0667",
        "step 19: 0.267",
        "step 31: 0.467",
        "step 43: 0.667",
        "step 55: 0.867",
    ]
    group.get_by_role("link", name="step 19").click()
    assert page.locator("#group-0-19-19-0 .body").is_visible()
    assert page.url.endswith("group=group-0-19-19-0")


def test_the_words_are_marked_that_only_one_side_has(visit: Visit) -> None:
    page = visit.page
    page.select_option("[name=sort]", "newest")
    page.fill("[name=last]", "60")
    group = page.locator("#groups article").first
    group.locator("summary").first.click()
    group.get_by_role("button", name="Best against worst").click()
    left, right = group.locator(".sides pre").all()
    assert [mark.inner_text() for mark in left.locator("del").all()] == [", slowly", "five"]
    assert [mark.inner_text() for mark in right.locator("ins").all()] == ["six"]
    assert (left.inner_text(), right.inner_text()) == (f"{NEW} Step 60.", f"{OLD} Step 60.")
    assert group.locator(".comparison .note").inner_text() == (
        "13 words are the same, 3 only on the left, 1 only on the right."
    )
    group.get_by_role("button", name="Best against best of step 48").click()
    assert [mark.inner_text() for mark in group.locator(".sides del, .sides ins").all()] == ["48", "60"]
    group.get_by_label("Left").select_option(label="step 12, Completion 1, total 0.100")
    assert group.locator(".sides del").all_inner_texts() == ["six", "12"]


def test_conversations_are_compared_turn_by_turn(visit: Visit) -> None:
    page = visit.page
    page.fill("[name=first]", "61")
    group = page.locator("#groups article")
    if not group.locator(".body").is_visible():
        group.locator("summary").first.click()
    group.get_by_role("button", name="Best against worst").click()
    left, right = (pre.evaluate("pre => pre.textContent") for pre in group.locator(".sides pre").all())
    assert left == '[assistant]\ntwo\nlines\n[assistant · tool call]\nadd({"a":0})\n[tool]\n5'
    assert right == '[assistant]\ntwo lines more\n[assistant · tool call]\nadd({"a":1})\n[tool]\n5'
    assert group.locator(".sides del, .sides ins").all_inner_texts() == ["0", "more", "1"]


def test_long_texts_are_compared_whole(browser: Browser, tmp_path: Path) -> None:
    log, texts = Log(), [" ".join(f"w{number * seed % 701}" for number in range(4000)) for seed in (7, 13)]
    for index, text in enumerate(texts):
        example(log, 1, index=index, total=-float(index), completion=text)
    context = browser.new_context()
    page = context.new_page()
    page.goto(report_of(tmp_path, log).save(tmp_path / "long.html").as_uri())
    page.get_by_role("button", name="Best against worst").click()
    assert [pre.evaluate("pre => pre.textContent") for pre in page.locator(".sides pre").all()] == texts
    context.close()


@with_options(java_script_enabled=False)
def test_without_script_the_chosen_groups_are_there_and_the_tools_are_not(visit: Visit, report: Report) -> None:
    page = visit.page
    assert page.locator("#groups > article").count() == len(report.groups) > 3
    assert not page.locator("#group-tools").is_visible()
    page.locator("#groups summary").nth(1).click()
    assert page.locator("#groups article").nth(1).locator("li h4").first.is_visible()


def test_the_script_makes_the_elements_that_the_page_has(browser: Browser, path: Path, report: Report) -> None:
    key = report.groups[0].key
    shapes = []
    for enabled in (False, True):
        context = browser.new_context(java_script_enabled=enabled)
        page = context.new_page()
        page.goto(path.as_uri())
        if enabled:
            page.wait_for_selector("#group-tools:not([hidden])")
        parts = (f"#{key} summary", f"#{key} .prompt", f"#{key} .scores", f"#{key} .completions")
        shapes.append([shape(page, part) for part in parts])
        context.close()
    assert shapes[0] == shapes[1]


def test_groups_open_and_are_compared_by_keyboard(visit: Visit) -> None:
    page = visit.page
    page.locator("#group-tools button").focus()
    page.keyboard.press("Tab")  # the first group, which is open
    assert page.evaluate("document.activeElement.localName") == "summary"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    second = page.locator("#groups article").nth(1)
    assert second.locator(".body").is_visible()
    second.get_by_role("button", name="Best against worst").press("Enter")
    assert second.locator(".sides").is_visible()


@with_options(viewport={"width": 390, "height": 800})
def test_a_telephone_needs_no_sideways_scrolling(visit: Visit) -> None:
    page = visit.page
    page.locator("#groups summary").nth(1).click()
    page.locator("#groups article").nth(1).get_by_role("button", name="Best against worst").click()
    unfold(visit)
    assert visit.overflow() == 0


@with_options(bypass_csp=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Visit, scheme: Literal["light", "dark"]) -> None:
    page = visit.page
    page.emulate_media(color_scheme=scheme)
    for line in page.locator("#groups summary").all()[1:3]:
        line.click()
    page.locator("#groups article").nth(1).get_by_role("button", name="Best against worst").click()
    for details in page.locator("#prompts details").all():
        details.evaluate("details => { details.open = true }")
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": tags, "resultTypes": ["violations"]}).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]][:5]) for rule in found] == []


def test_hostile_groups_are_text(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    found = Visit(context.new_page(), report_of(tmp_path, hostile_log()).save(tmp_path / "hostile.html").as_uri())
    page = found.page
    page.wait_for_selector("#group-tools:not([hidden])")
    unfold(found)
    page.wait_for_selector("#groups .tools button")
    for button in page.locator("#groups .tools button").all():
        button.click()
    assert page.locator("#groups").locator("script, img, iframe, a:not([href^='#'])").count() == 0
    assert "<script>alert(1)</script>" in page.locator("#groups").inner_text()
    page.select_option("[name=reward]", index=1)
    page.fill("[name=q]", "<script>")
    assert (found.dialogs, found.console) == ([], [])
    assert {url for url in found.requests if not url.startswith("data:")} == {found.url}
    context.close()
