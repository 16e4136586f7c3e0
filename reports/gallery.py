"""Renders the gallery beside this file: `python reports/gallery.py`, and its pictures with `--pictures` (Chromium)."""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpolog
from grpolog.demo import recorded
from grpolog.report import Comparison, Report

HERE: Final = Path(__file__).parent
FAULTS: Final = HERE.parent / "tests" / "data" / "faults"

CHROMIUM: Final = "/usr/bin/chromium"
WIDTH, HEIGHT = 1400, 820


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the gallery, and the same as Markdown."""

    name: str
    build: Callable[[], Report | Comparison]

    def render(self, folder: Path) -> tuple[Path, Path]:
        """Write both into `folder`."""
        found = self.build()
        return found.save(folder / f"{self.name}.html"), found.save(folder / f"{self.name}.md")


def _demo() -> Report:
    with tempfile.TemporaryDirectory() as folder:
        return grpolog.build_report(grpolog.read(recorded.unpack(Path(folder))))


def _run(name: str) -> Callable[[], Report]:
    return lambda: grpolog.build_report(FAULTS / f"{name}.jsonl")


def _seeds() -> Comparison:
    names = ("healthy-0", "healthy-1", "healthy-2", "slower")
    return grpolog.build_comparison([FAULTS / f"{name}.jsonl" for name in names], group_by="learning_rate")


ENTRIES: Final = (
    Entry("demo-recorded", _demo),
    Entry("healthy", _run("healthy-0")),
    Entry("gamed", _run("gamed")),
    Entry("collapse", _run("collapse")),
    Entry("truncated", _run("truncated")),
    Entry("solved", _run("solved")),
    Entry("resumed", _run("resumed")),
    Entry("seeds", _seeds),
)


def pictures() -> None:
    """The first screen of each page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        for entry in ENTRIES:
            page.goto((HERE / f"{entry.name}.html").as_uri())
            page.wait_for_load_state("networkidle")
            page.screenshot(path=HERE / f"{entry.name}.png")
        browser.close()


if __name__ == "__main__":
    for entry in ENTRIES:
        for path in entry.render(HERE):
            print(f"Wrote {path}", file=sys.stderr)
    if "--pictures" in sys.argv[1:]:
        pictures()
