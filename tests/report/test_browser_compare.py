"""A comparison in a real browser."""

from pathlib import Path

import pytest
from browsing import Visit, needs_chromium, of, unfold, violations
from compared import answered, compared, rising, run_log
from hostile import hostile_log
from playwright.sync_api import expect

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("compared")
    logs = {f"{arm}_{seed}": run_log(rising(300, end, 3 * place + seed), dict.fromkeys(range(50, 301, 50), end))
            for place, (arm, end) in enumerate((("low", 0.5), ("high", 0.7))) for seed in range(2)}  # fmt: skip
    for log in logs.values():
        answered(log, 300, "shared", [0.0, 1.0])
    pair = {name: logs[name] for name in ("low_0", "high_0")}
    return {
        "pair": compared(folder / "pair", pair).save(folder / "pair.html"),
        "time": compared(folder / "time", pair, x="time").save(folder / "time.html"),
        "seeds": compared(folder / "seeds", logs, group_by_name="low|high").save(folder / "seeds.html"),
        "hostile": compared(folder / "hostile", {"a": hostile_log(), "b": hostile_log()}).save(folder / "hostile.html"),
    }


@of("pair", "seeds", "hostile")
def test_nothing_is_asked_of_any_network_and_nothing_complains(visit: Visit) -> None:
    unfold(visit)
    visit.page.wait_for_load_state("networkidle")
    assert {url for url in visit.requests if not url.startswith("data:")} == {visit.url}
    assert (visit.dialogs, visit.console) == ([], [])


@of("pair", "seeds", "hostile", viewport={"width": 390, "height": 800})
def test_a_telephone_needs_no_sideways_scrolling(visit: Visit) -> None:
    assert visit.overflow() == 0
    unfold(visit)
    assert visit.overflow() == 0


@of("pair", java_script_enabled=False)
def test_without_javascript_everything_is_there(visit: Visit) -> None:
    page = visit.page
    assert page.locator("svg.chart").count() == page.locator("figure.panel").count() > 5
    assert page.locator("svg.lane").count() == 3
    assert page.locator(".sides > section").count() == 2


@of("pair")
def test_a_run_has_its_colour_in_every_chart_and_another_one_at_night(visit: Visit) -> None:
    colour = "elements => [...new Set(elements.map(element => getComputedStyle(element).stroke))]"
    second = visit.page.locator("svg.lines > path.s1")
    assert second.evaluate_all(colour) == ["rgb(181, 71, 8)"]
    visit.page.emulate_media(color_scheme="dark")
    assert second.evaluate_all(colour) == ["rgb(255, 155, 87)"]


@of("pair")
def test_the_cursor_reads_all_runs_at_once_and_there_is_no_band_to_switch(visit: Visit) -> None:
    page = visit.page
    expect(page.locator("#tools")).to_be_visible()
    expect(page.locator("[data-do=band]")).to_be_hidden()
    plot = page.locator("#panel-function-1 .plot")
    plot.focus()
    plot.press("Home")
    expect(page.locator("#at")).to_have_text("step 1")
    spoken = plot.get_attribute("aria-valuetext") or ""
    assert spoken.startswith("step 1: low_0 0.")
    assert ", high_0 0." in spoken


@of("time")
def test_the_cursor_tells_time_where_that_is_the_axis(visit: Visit) -> None:
    page = visit.page
    expect(page.locator("#tools")).to_be_visible()
    plot = page.locator("#panel-function-1 .plot")
    plot.focus()
    plot.press("End")
    assert (page.locator("#at").text_content() or "").endswith(" seconds")
    expect(plot.locator("text", has_text="seconds of training")).to_be_visible()


@of("seeds")
def test_seeds_have_bands_that_can_be_switched(visit: Visit) -> None:
    page = visit.page
    band = page.locator("#panel-function-1 svg.lines > path.f0")
    expect(page.locator("[data-do=band]")).to_be_visible()
    assert len(band.get_attribute("d") or "") > 100
    page.locator("[data-do=band]").click()
    expect(band).to_have_attribute("d", "")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@of("pair", "seeds", bypass_csp=True)
def test_axe_finds_nothing(visit: Visit, scheme: str) -> None:
    visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    expect(visit.page.locator("#tools")).to_be_visible()
    unfold(visit)
    assert violations(visit) == []
