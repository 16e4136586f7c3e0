"""The gallery in reports/ is what the code renders."""

import shutil
from pathlib import Path

import pytest

import grpolog
from grpolog.demo import recorded

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "tests" / "output"


@pytest.mark.parametrize("ending", ["html", "md"])
def test_a_report_of_the_gallery_is_up_to_date(ending: str, tmp_path: Path) -> None:
    run = grpolog.read(recorded.unpack(tmp_path))
    actual = grpolog.build_report(run).save(tmp_path / f"demo-recorded.{ending}")
    golden = ROOT / "reports" / actual.name
    if actual.read_bytes() != golden.read_bytes():
        OUTPUT.mkdir(exist_ok=True)
        shutil.copy(actual, OUTPUT)
        pytest.fail(f"{golden.name} is out of date: run `make reports`; what was rendered lies in tests/output")
