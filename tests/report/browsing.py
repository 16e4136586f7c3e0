"""Reports opened in a real Chromium, and everything that happens on them. conftest.py has the fixtures."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
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
