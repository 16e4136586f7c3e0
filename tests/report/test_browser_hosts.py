"""Where the page is opened: read by assistive programs, or served by a host that forbids nearly everything."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from browsing import Visit, needs_chromium, of, unfold, violations
from playwright.sync_api import Browser, expect

pytestmark = needs_chromium

STRICT = "sandbox; default-src 'none'; img-src 'self'; style-src 'self'"


@of("typical", "long", bypass_csp=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Visit, scheme: str) -> None:
    page = visit.page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    expect(page.locator("#tools")).to_be_visible()
    unfold(visit)
    assert violations(visit) == []


@pytest.fixture
def strict_host(pages: dict[str, Path]) -> Iterator[str]:
    """An archive that serves reports without scripts and without style sheets within the page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages["long"].read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", STRICT)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/report.html"
    server.shutdown()
    server.server_close()


def test_a_host_that_allows_no_script_and_no_style_still_shows_the_charts(browser: Browser, strict_host: str) -> None:
    page = browser.new_page()
    visit = Visit(page, strict_host)
    assert page.evaluate("getComputedStyle(document.querySelector('#tools')).display") == "none"
    line = page.locator("#panel-loss path.s0").first
    assert line.evaluate("e => [getComputedStyle(e).stroke, getComputedStyle(e).fill]") == ["rgb(9, 105, 176)", "none"]
    boxes = [chart.bounding_box() for chart in page.locator("svg.chart").all()]
    assert all(box and (box["width"], box["height"]) == (420, 208) for box in boxes)
    assert page.locator("#verdict").is_visible()
    assert visit.overflow() == 0
    assert visit.finished == [strict_host]
    page.close()
