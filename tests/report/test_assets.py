"""Charts as files."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from built import report_of
from hostile import CORPUS, hostile_log
from recorded import typical

from grpolog.report import assets
from grpolog.report.model import Curve, Panel, Question, Series

SVG = "{http://www.w3.org/2000/svg}"


def test_each_chart_is_a_file_with_title_and_legend(tmp_path: Path) -> None:
    report = report_of(tmp_path, typical(steps=60, resume_at=None))
    paths = assets.save(report, tmp_path / "new" / "charts")
    panels = {panel.key: panel for question in report.questions for panel in question.panels}
    assert {path.stem for path in paths} <= set(panels)
    for path in paths:
        root = ElementTree.parse(path).getroot()
        texts = [element.text for element in root.iter(f"{SVG}text")]
        assert texts[0] == panels[path.stem].title
        labels = [line.label for line in panels[path.stem].series]
        assert labels == texts[-len(labels) :] or len(labels) == 1


def test_the_same_report_gives_the_same_files(tmp_path: Path) -> None:
    report = report_of(tmp_path, typical(steps=60, resume_at=None))
    once, again = assets.save(report, tmp_path / "a"), assets.save(report, tmp_path / "b")
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in again]


def test_hostile_text_is_text(tmp_path: Path) -> None:
    lines = tuple(Series(text, "reward", Curve((1.0, 2.0), (0.5, 1.0)), logged=2) for text in CORPUS)
    panel = Panel("panel-hostile", "\n".join(CORPUS), "", CORPUS[0], lines)
    report = report_of(tmp_path, hostile_log())
    report = replace(report, questions=(*report.questions, Question("hostile", "Hostile?", (panel,))))
    allowed = {"svg", "g", "rect", "text", "title", "desc", "path", "circle", "line", "tspan", "a", "clipPath"}
    for path in assets.save(report, tmp_path / "charts"):
        assert path.parent == tmp_path / "charts"
        for element in ElementTree.parse(path).getroot().iter():
            assert element.tag.removeprefix(SVG) in allowed
            assert not [name for name in element.attrib if name.lower().startswith("on") or "href" in name]
