"""Reports opened in a real Chromium, and everything that happens on them. conftest.py has the fixtures."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
WINDOW: ViewportSize = {"width": 1280, "height": 900}

needs_chromium = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not there: apt-get install chromium"),
]
"""What a module of browser tests is marked with."""


class Visit:
    """An open page and everything that happened on it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.requests: list[str] = []
        self.finished: list[str] = []
        self.dialogs: list[str] = []
        self.console: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfinished", lambda request: self.finished.append(request.url))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda message: self.console.append(message.text))
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.goto(url)
        self.url = url.partition("#")[0]

    def overflow(self) -> int:
        """Pixels that the page is wider than the window."""
        width = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        return int(width[0] - width[1])


def of(*names: str, **options: object) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("visit", [(name, options) for name in names], indirect=True, ids=names)


def unfold(visit: Visit) -> None:
    """Open everything that is folded, as a reader would."""
    visit.page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")


def violations(visit: Visit) -> list[tuple[str, list[Any]]]:
    """Rules of accessibility that the page breaks, and where; it has to be open with `bypass_csp`."""
    # what is not laid out yet has boxes anywhere, also over others
    visit.page.add_style_tag(content="* { content-visibility: visible !important }")
    found = Axe().run(visit.page, options=RULES).response["violations"]
    return [(rule["id"], [node["target"] for node in rule["nodes"]][:5]) for rule in found]
