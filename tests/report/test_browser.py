"""The page in a real browser: nothing runs but our own script, nothing loads, nothing overflows, charts are seen."""

from collections import Counter
from pathlib import Path

import pytest
from browsing import Visit, needs_chromium, of, unfold
from playwright.sync_api import Browser

pytestmark = needs_chromium


@of("typical", "hostile")
def test_nothing_is_asked_of_any_network_and_nothing_runs(visit: Visit) -> None:
    unfold(visit)
    visit.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    visit.page.wait_for_load_state("networkidle")
    assert {url for url in visit.requests if not url.startswith("data:")} == {visit.url}
    assert (visit.dialogs, visit.console) == ([], [])
    assert visit.page.locator("script").count() == visit.page.locator("body > script").count()
    assert visit.page.locator("iframe, object, embed, form, base, img, foreignObject").count() == 0


@of("typical", "hostile", java_script_enabled=False)
def test_without_javascript_everything_is_there(visit: Visit) -> None:
    page = visit.page
    assert page.locator("#verdict").is_visible()
    charts = page.locator("svg.chart")
    assert charts.count() == page.locator("figure.panel").count() > 20
    boxes = [chart.bounding_box() for chart in charts.all()]
    assert all(box and box["width"] > 200 and box["height"] > 100 for box in boxes)
    assert page.locator("article.group").count() > 2
    assert (visit.dialogs, visit.console) == ([], [])


@of("typical", "hostile", viewport={"width": 390, "height": 800})
def test_a_telephone_needs_no_sideways_scrolling(visit: Visit) -> None:
    assert visit.overflow() == 0
    unfold(visit)
    assert visit.overflow() == 0


@of("typical", "hostile")
def test_a_laptop_needs_none_either(visit: Visit) -> None:
    unfold(visit)
    assert visit.overflow() == 0


@of("typical")
def test_a_line_is_drawn_in_its_colour_and_in_another_one_when_it_is_dark(visit: Visit) -> None:
    line = visit.page.locator("#panel-reward path.s0").first
    colour = "element => getComputedStyle(element).stroke"
    assert line.evaluate(colour) == "rgb(9, 105, 176)"
    visit.page.emulate_media(color_scheme="dark")
    assert line.evaluate(colour) == "rgb(88, 166, 255)"
    assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"


@of("typical")
def test_a_key_number_leads_to_its_chart(visit: Visit) -> None:
    visit.page.locator("#numbers a", has_text="Entropy").click()
    assert visit.page.url.endswith("#panel-entropy")
    box = visit.page.locator("#panel-entropy").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 900


@of("hostile")
def test_the_policy_stops_what_would_get_through(visit: Visit) -> None:
    page = visit.page
    page.evaluate("""() => {
        window.stopped = [];
        document.addEventListener('securitypolicyviolation', event => window.stopped.push(event.effectiveDirective));
        const added = document.createElement('div');
        const image = document.createElement('img');
        image.src = 'https://evil.example/x.png';
        added.append(image);
        added.setAttribute('style', 'color:red');
        document.body.append(added);
        for (const sink of [
            () => { added.innerHTML = '<img src=x onerror="window.ran = 1">'; },
            () => { added.setAttribute('onclick', 'window.ran = 1'); },
            () => { const script = document.createElement('script'); script.textContent = 'window.ran = 1';
                    document.body.append(script); },
            () => window.trustedTypes.createPolicy('own', {}),
        ]) try { sink(); } catch (error) { window.stopped.push(error.name); }
        added.click();
    }""")
    page.wait_for_timeout(50)
    assert Counter(page.evaluate("window.stopped")) == {
        "img-src": 1, "style-src-attr": 1, "require-trusted-types-for": 3, "trusted-types": 1, "TypeError": 4,
    }  # fmt: skip
    assert page.evaluate("window.ran") is None
    assert visit.finished == [visit.url]


@of("typical")
def test_at_night_the_second_style_sheet_is_what_decides(visit: Visit) -> None:
    visit.page.emulate_media(color_scheme="dark")
    visit.page.evaluate("document.getElementById('dark').media = 'not all'")
    assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_links_in_the_frame_of_a_notebook_scroll_the_page_in_it(browser: Browser, pages: dict[str, Path]) -> None:
    page = browser.new_page()
    page.set_content("<iframe sandbox='allow-scripts allow-downloads' width=900 height=600></iframe>")
    page.evaluate("text => { document.querySelector('iframe').srcdoc = text }", pages["typical"].read_text())
    frame = page.frame_locator("iframe")
    frame.locator("#numbers a", has_text="Entropy").click()
    assert (frame.locator("#panel-entropy").bounding_box() or {"y": -1})["y"] == pytest.approx(56, abs=20)
    assert len(page.frames) == 2
    page.close()
