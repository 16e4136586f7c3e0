"""What a user installs."""

import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[1]


def test_the_wheel_holds_what_the_package_reads_and_nothing_else(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    own = {name for name in names if name.startswith("grpolog/")}
    needed = {path.relative_to(ROOT).as_posix() for path in (ROOT / "grpolog").rglob("*") if path.is_file()}
    assert own == {name for name in needed if "__pycache__" not in name}
    assert own >= {
        "grpolog/py.typed",
        "grpolog/demo/recorded.jsonl.zst",
        "grpolog/report/templates/report.html",
        "grpolog/report/templates/report.css",
        "grpolog/report/templates/script/page.js",
        "grpolog/report/build/__init__.py",
    }
    assert {name.partition("/")[0] for name in names - own} == {"grpolog-0.1.0.dist-info"}
