"""The report in a notebook: what its last line shows, and what can be made of it."""

import html
import re
from pathlib import Path

import pytest
from recorded import typical

import grpolog


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return typical(steps=40, resume_at=None).write(tmp_path_factory.mktemp("runs") / "exp1.jsonl")


def test_a_path_does_as_well_as_a_run(log: Path) -> None:
    report = grpolog.build_report(grpolog.read(log))
    assert grpolog.build_report(log) == grpolog.build_report(str(log)) == report
    assert grpolog.build_report(log, generated_at="2026-11-25T10:00:00Z").generated_at == "2026-11-25T10:00:00Z"


def test_what_a_notebook_shows_is_the_page(log: Path) -> None:
    report = grpolog.build_report(log)
    (page,) = re.findall(r'^<iframe [^>]*srcdoc="([^"]*)"[^>]*></iframe>$', report._repr_html_(), re.DOTALL)
    assert html.unescape(page) == report.to_html()


def test_a_report_is_saved_and_printed(log: Path, tmp_path: Path) -> None:
    report = grpolog.build_report(log)
    for name, text in (("a.html", report.to_html()), ("a.md", report.to_markdown()), ("a.json", report.to_json())):
        assert report.save(tmp_path / name).read_text("utf-8") == text


def test_a_path_without_a_log_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(grpolog.GrpologError, match=r"no such log"):
        grpolog.build_report(tmp_path / "none.jsonl")
