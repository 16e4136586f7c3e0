"""The gallery in reports/ is what the code renders."""

import importlib.util
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "tests" / "output"


def _gallery() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "reports" / "gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["gallery"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GALLERY = _gallery()


@pytest.mark.parametrize("entry", GALLERY.ENTRIES, ids=lambda entry: entry.name)
def test_a_report_of_the_gallery_is_up_to_date(entry: object, tmp_path: Path) -> None:
    stale = []
    for actual in entry.render(tmp_path):  # type: ignore[attr-defined]
        golden = ROOT / "reports" / actual.name
        if not golden.exists() or actual.read_bytes() != golden.read_bytes():
            OUTPUT.mkdir(exist_ok=True)
            shutil.copy(actual, OUTPUT)
            stale.append(actual.name)
    assert not stale, "out of date: run `make reports`; what was rendered lies in tests/output"


def test_the_index_links_every_report_and_its_picture() -> None:
    linked = set(re.findall(r"\]\(([^)]+)\)", (ROOT / "reports" / "README.md").read_text("utf-8")))
    names = [entry.name for entry in GALLERY.ENTRIES]
    assert linked >= {f"{name}.{ending}" for name in names for ending in ("html", "md", "png")}
    assert all((ROOT / "reports" / name).exists() for name in linked if "/" not in name)
