from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import CHROMIUM, FLAGS, WINDOW, Visit
from built import report_of
from curves_log import long_log
from hostile import hostile_log
from playwright.sync_api import Browser, sync_playwright
from recorded import typical

LOGS = {"typical": typical, "hostile": hostile_log, "long": long_log}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


class Pages:
    """The report of each log as a file, rendered when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, name: str) -> Path:
        path = self.folder / f"{name}.html"
        return path if path.exists() else report_of(self.folder, LOGS[name]()).save(path)


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    return Pages(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def visit(browser: Browser, pages: Pages, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """The page that `of` names, opened as it says."""
    name, options = request.param
    address = options.pop("hash", "") if (options := dict(options)) else ""
    context = browser.new_context(**{"viewport": WINDOW} | options)
    yield Visit(context.new_page(), pages[name].as_uri() + address)
    context.close()
