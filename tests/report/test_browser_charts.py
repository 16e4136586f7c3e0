"""The charts upgraded by the script: zoom, cursor, smoothing, scale, address, keyboard, downloads, print."""

import csv
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from browsing import Visit, needs_chromium, of, unfold
from curves_log import STEPS
from playwright.sync_api import FloatRect, Locator, Page, expect

pytestmark = needs_chromium


def ready(visit: Visit) -> Page:
    """The page once its charts are upgraded."""
    expect(visit.page.locator("#tools")).to_be_visible()
    return visit.page


def plot(page: Page, key: str) -> Locator:
    return page.locator(f"#panel-{key} .plot")


def box_of(element: Locator) -> FloatRect:
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    assert box is not None
    return box


def ticks(page: Page, key: str, *, below: bool = True) -> list[str]:
    """The labels of the x axis, or of the y axis."""
    group = plot(page, key).locator(".frame > g > g").nth(1 if below else 0)
    return [text for text in group.locator("text").all_text_contents() if not text.startswith("optimizer")]


def drawn(page: Page, key: str) -> list[tuple[float, float]]:
    """Points of the first line, from an absolute or a relative path."""
    d = plot(page, key).locator("path.s0:not(.raw)").first.get_attribute("d") or ""
    points: list[tuple[float, float]] = []
    for command, x, y in re.findall(r"([MLl ]?)(-?[\d.]+)[ ]?(-?[\d.]+)", d):
        before = points[-1] if command == "l" else (0.0, 0.0)
        points.append((before[0] + float(x), before[1] + float(y)))
    return points


def drag(page: Page, key: str, begin: float, end: float) -> None:
    """Drag from one share of a chart's width to another."""
    box = box_of(plot(page, key))
    page.mouse.move(box["x"] + begin * box["width"], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], box["y"] + 70, steps=4)
    page.mouse.up()


def hover(page: Page, key: str, share: float) -> None:
    box = box_of(plot(page, key))
    page.mouse.move(box["x"] + share * box["width"], box["y"] + 60)


def legend(page: Page, key: str) -> list[str]:
    return page.locator(f"#panel-{key} .legend b").all_inner_texts()


@of("long", "typical", "hostile")
def test_every_chart_becomes_a_slider_and_nothing_complains(visit: Visit) -> None:
    page = ready(visit)
    assert page.locator(".plot[role=slider][tabindex='0']").count() == page.locator("svg.chart").count()
    assert page.locator("svg.chart").count() > 4
    hover(page, "loss" if page.locator("#panel-loss").count() else "reward", 0.5)
    drag(page, "reward", 0.3, 0.7)
    expect(page.get_by_role("button", name="reset")).to_be_enabled()
    assert (visit.dialogs, visit.console, visit.finished) == ([], [], [visit.url])


@of("long", "typical")
def test_what_the_script_draws_of_the_whole_run_is_what_was_drawn_without_it(visit: Visit) -> None:
    page = ready(visit)
    keys = ["reward", "entropy", "loss", "kl", "learning-rate"]
    before = {key: (drawn(page, key), ticks(page, key), ticks(page, key, below=False)) for key in keys}
    for _ in range(2):
        page.get_by_role("button", name="band").click()
    for key in keys:
        box_of(plot(page, key))
        expect(plot(page, key).locator("path.s0").first).to_have_attribute("d", re.compile("L"))
        points, *labels = drawn(page, key), ticks(page, key), ticks(page, key, below=False)
        assert labels == [*before[key][1:]]
        assert len(points) == len(before[key][0])
        for new, old in zip(points, before[key][0], strict=True):
            assert new == pytest.approx(old, abs=1.0)


@of("long")
def test_dragging_zooms_all_charts_and_a_double_click_shows_all_again(visit: Visit) -> None:
    page = ready(visit)
    drag(page, "entropy", 0.5, 0.75)
    expect(page).to_have_url(re.compile(r"#x=\d+-\d+$"))
    begin, end = (int(step) for step in page.url.partition("#x=")[2].split("-"))
    assert 2500 < begin < 3000 < 4000 < end < 4600
    for key in ("entropy", "kl", "grad-norm"):
        shown = [int(tick.replace(",", "")) for tick in ticks(page, key)]
        assert begin <= shown[0] < shown[-1] <= end
    assert plot(page, "grad-norm").locator("g[data-x='4001']").first.get_attribute("visibility") == "visible"
    plot(page, "kl").dblclick()
    expect(page).to_have_url(re.compile(r"^[^#]*#?$"))
    box_of(plot(page, "entropy"))
    assert ticks(page, "entropy")[-1] == "5,000"


@of("long")
def test_the_cursor_shows_the_values_of_its_step_in_all_charts(visit: Visit) -> None:
    page = ready(visit)
    last = legend(page, "loss")
    hover(page, "entropy", 0.6)
    expect(page.locator("#at")).to_have_text(re.compile(r"step 3,\d{3}"))
    expect(plot(page, "loss").locator(".cross")).to_be_visible()
    step = float(page.locator("#at").inner_text().removeprefix("step ").replace(",", ""))
    assert float(legend(page, "loss")[0]) == pytest.approx(step / STEPS, abs=0.002)
    page.mouse.move(2, 2)
    assert legend(page, "loss") == last
    assert page.locator("#at").inner_text() == ""
    assert plot(page, "loss").locator(".cross").is_hidden()


@of("typical")
def test_an_exact_value_is_shown_exactly_and_a_gap_as_one(visit: Visit) -> None:
    page = ready(visit)
    plot(page, "grad-norm").focus()
    page.keyboard.press("Home")
    for _ in range(9):
        page.keyboard.press("Shift+ArrowRight")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    assert plot(page, "grad-norm").get_attribute("aria-valuetext") == "step 97: gradient norm –"
    page.keyboard.press("ArrowLeft")
    assert re.fullmatch(
        r"step 96: gradient norm 0\.\d{3}", plot(page, "grad-norm").get_attribute("aria-valuetext") or ""
    )


@of("long")
def test_smoothing_keeps_the_values_as_a_pale_line_behind_it(visit: Visit) -> None:
    page = ready(visit)
    before = drawn(page, "entropy")
    page.locator("#half-life").fill("14")
    expect(page.locator("#half-life-is")).to_have_text("half-life 128 steps")
    expect(page).to_have_url(re.compile("#hl=128$"))
    box_of(plot(page, "entropy"))
    expect(plot(page, "entropy").locator("path.raw")).to_have_count(1)

    def roughness(points: list[tuple[float, float]]) -> float:
        return sum(abs(b[1] - a[1]) for a, b in pairwise(points)) / max(1, len(points))

    assert roughness(drawn(page, "entropy")) < roughness(before) / 2
    page.get_by_role("button", name="reset").click()
    expect(plot(page, "entropy").locator("path.raw")).to_have_count(0)


@of("long", hash="#log=1")
def test_a_logarithmic_scale_shows_decades(visit: Visit) -> None:
    page = ready(visit)
    expect(page.get_by_role("button", name="log y")).to_have_attribute("aria-pressed", "true")
    box_of(plot(page, "kl"))
    expect(plot(page, "kl").locator("path.s0").first).to_have_attribute("d", re.compile("L"))
    shown = [float(tick) for tick in ticks(page, "kl", below=False)]
    assert shown == [0.01, 0.1, 1, 10, 100, 1000]
    page.get_by_role("button", name="log y").click()
    expect(page).to_have_url(re.compile(r"^[^#]*#?$"))


@of("long", hash="#x=1000-2000&hl=32&band=0&at=panel-kl")
def test_an_address_tells_a_view_and_where_to_look(visit: Visit) -> None:
    page = ready(visit)
    expect(plot(page, "kl")).to_be_in_viewport()
    expect(page.locator("#half-life-is")).to_have_text("half-life 32 steps")
    expect(page.get_by_role("button", name="band")).to_have_attribute("aria-pressed", "false")
    expect(plot(page, "kl").locator(".frame text").filter(has_text="1,400")).to_have_count(1)
    assert {int(tick.replace(",", "")) for tick in ticks(page, "kl")} <= set(range(1000, 2001))


@of("long", hash="#x=nonsense&hl=-3&log=maybe&at=nowhere")
def test_an_address_of_nonsense_is_no_view(visit: Visit) -> None:
    page = ready(visit)
    expect(page.get_by_role("button", name="reset")).to_be_disabled()
    assert visit.console == []


@of("long", hash="#x=1000-2000")
def test_a_link_within_the_page_keeps_the_zoom(visit: Visit) -> None:
    page = ready(visit)
    page.locator("#numbers a", has_text="Entropy").click()
    expect(plot(page, "entropy").locator(".frame text").filter(has_text="1,400")).to_have_count(1)
    page.get_by_role("button", name="band").click()
    expect(page).to_have_url(re.compile(r"#x=1000-2000&band=0&at=panel-entropy$|#at=panel-entropy&x=1000-2000&band=0$"))


@of("typical")
def test_a_finding_leads_to_the_steps_that_show_it(visit: Visit) -> None:
    page = ready(visit)
    unfold(visit)
    link = page.locator(".finding a[data-x]").first
    assert (link.get_attribute("href"), link.get_attribute("data-x")) == ("#panel-grad-norm", "82-120")
    link.click()
    expect(page).to_have_url(re.compile("x=82-120"))
    expect(page.locator("#panel-grad-norm")).to_be_in_viewport()
    expect(page.get_by_role("button", name="reset")).to_be_enabled()


@of("long")
def test_the_keyboard_moves_the_cursor_and_zooms(visit: Visit) -> None:
    page = ready(visit)
    chart = plot(page, "reward")
    chart.focus()
    page.keyboard.press("End")
    expect(chart).to_have_attribute("aria-valuetext", re.compile(r"^step 5,99\d: training [\d.]+, evaluation 1\.100$"))
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowRight")
    expect(chart).to_have_attribute("aria-valuetext", re.compile("^step 59:"))
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile(r"#x=\d+-30\d\d$"))
    page.keyboard.press("-")
    page.keyboard.press("0")
    expect(page).to_have_url(re.compile(r"^[^#]*#?$"))
    page.keyboard.press("Escape")
    expect(chart).to_have_attribute("aria-valuetext", "no step")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="close").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


@of("long")
def test_the_line_of_an_alert_leads_to_what_it_says(visit: Visit) -> None:
    page = ready(visit)
    mark = plot(page, "kl").locator("g[data-to]").first
    box = box_of(mark.locator(".sign"))
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] - 30)
    expect(page.locator("#at")).to_have_text("step 3,000")
    assert legend(page, "kl") == ["1,000"]  # its bucket has a mean of 180
    page.mouse.down()
    page.mouse.up()
    target = mark.get_attribute("data-to")
    assert page.url.endswith(f"#{target}")
    expect(page.locator(f"[id={target}]")).to_be_in_viewport()


@of("typical", hash="#x=90-110&hl=4")
def test_csv_and_json_hold_what_is_shown(visit: Visit, tmp_path: Path) -> None:
    page = ready(visit)
    with page.expect_download() as pending:
        page.get_by_role("button", name="CSV").click()
    assert pending.value.suggested_filename == "demo.csv"
    pending.value.save_as(tmp_path / "shown.csv")
    rows = list(csv.DictReader((tmp_path / "shown.csv").open(newline="")))
    norms = [row for row in rows if row["metric"] == "grad_norm"]
    assert [row["step"] for row in norms] == [str(step) for step in range(90, 111)]
    assert [row["step"] for row in norms if not row["value"]] == ["97"]
    assert all(0.1 < float(row["smoothed"]) < 1.2 for row in norms if row["smoothed"])
    with page.expect_download() as pending:
        page.get_by_role("button", name="JSON").click()
    pending.value.save_as(tmp_path / "shown.json")
    told = json.loads((tmp_path / "shown.json").read_text())
    assert (told["title"], told["view"]["x"], len(told["rows"])) == ("demo", [90, 110], len(rows))


@of("hostile")
def test_no_name_in_a_csv_begins_a_formula(visit: Visit, tmp_path: Path) -> None:
    page = ready(visit)
    with page.expect_download() as pending:
        page.get_by_role("button", name="CSV").click()
    pending.value.save_as(tmp_path / "shown.csv")
    with (tmp_path / "shown.csv").open(newline="", encoding="utf-8") as file:
        texts = {row[column] for row in csv.reader(file) for column in (0, 1, 2)}
    assert len(texts) > 20
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@", "\t"))]


@of("typical", permissions=["clipboard-read", "clipboard-write"])
def test_the_markdown_of_the_report_is_copied(visit: Visit) -> None:
    page = ready(visit)
    page.get_by_role("button", name="copy Markdown").click()
    expect(page.get_by_role("button", name="copied")).to_be_visible()
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("# demo\n")


@of("typical")
def test_without_a_clipboard_the_markdown_is_a_file(visit: Visit, tmp_path: Path) -> None:
    page = ready(visit)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    with page.expect_download() as pending:
        page.get_by_role("button", name="copy Markdown").click()
    pending.value.save_as(tmp_path / "demo.md")
    assert pending.value.suggested_filename == "demo.md"
    assert (tmp_path / "demo.md").read_text("utf-8").startswith("# demo\n")


@of("typical")
def test_the_theme_is_as_the_system_has_it_until_it_is_chosen(visit: Visit) -> None:
    page = ready(visit)
    page.emulate_media(color_scheme="dark")
    button = page.get_by_role("button", name="theme")
    colour = "getComputedStyle(document.body).backgroundColor"
    seen = []
    for _ in range(3):
        button.click()
        seen.append((button.inner_text(), page.evaluate(colour)))
    dark, light = "rgb(13, 17, 23)", "rgb(255, 255, 255)"
    assert seen == [("theme: dark", dark), ("theme: light", light), ("theme: auto", dark)]


@of("long", hash="#x=1000-2000")
def test_print_shows_the_steps_in_view_in_every_chart_on_white(visit: Visit) -> None:
    page = ready(visit)
    page.emulate_media(color_scheme="dark", media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("#tools").is_hidden()
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 20_000
    for key in ("reward", "learning-rate"):
        assert ticks(page, key)[0] in ("1,000", "1,200")


@of("typical", viewport={"width": 718, "height": 1000})
def test_on_paper_nothing_is_cut_and_nothing_waits_for_a_click(visit: Visit) -> None:
    page = ready(visit)
    page.emulate_media(media="print")
    cut = "elements => elements.filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).length"
    assert page.locator(".scroll").evaluate_all(cut) == 0
    controls = "elements => elements.filter(e => e.checkVisibility()).map(e => e.outerHTML.slice(0, 80))"
    assert page.locator("main :is(button, input, select)").evaluate_all(controls) == []


@of("long")
def test_a_browser_that_cannot_unpack_keeps_the_static_charts(visit: Visit) -> None:
    page = visit.page
    page.add_init_script("delete window.DecompressionStream")
    page.reload()
    assert len(drawn(page, "loss")) == 180
    assert page.locator("#tools").is_hidden()
    assert page.locator("[role=slider]").count() == 0
    assert visit.console == []


@of("long", "hostile", viewport={"width": 390, "height": 800}, has_touch=True)
def test_a_telephone_has_the_tools_without_sideways_scrolling(visit: Visit) -> None:
    page = ready(visit)
    assert visit.overflow() == 0
    drag(page, "reward", 0.3, 0.8)
    assert visit.overflow() == 0


@of("long", forced_colors="active")
def test_forced_colours_leave_lines_on_a_light_ground(visit: Visit) -> None:
    page = ready(visit)
    line = plot(page, "loss").locator("path.s0").first
    assert line.evaluate("element => getComputedStyle(element).stroke") == "rgb(9, 105, 176)"
    assert (
        page.locator("#panel-loss svg.chart").evaluate("e => getComputedStyle(e).backgroundColor")
        == "rgb(255, 255, 255)"
    )
