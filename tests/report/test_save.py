import stat
from pathlib import Path

import pytest
from built import Log, report_of

from grpolog.errors import UsageError
from grpolog.report import Report


def small(folder: Path) -> Report:
    return report_of(folder, Log().end(0))


@pytest.mark.parametrize(("name", "made"), [("a.html", "to_html"), ("a.MD", "to_markdown"), ("a.json", "to_json")])
def test_the_ending_says_the_format(tmp_path: Path, name: str, made: str) -> None:
    report = small(tmp_path)
    path = report.save(tmp_path / "new" / "folder" / name)
    assert path.read_text("utf-8") == getattr(report, made)()


def test_a_name_may_be_text(tmp_path: Path) -> None:
    assert small(tmp_path).save(str(tmp_path / "a.md")) == tmp_path / "a.md"


def test_an_unknown_ending_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.pdf: a report ends in \.html, \.md, \.json"):
        small(tmp_path).save(tmp_path / "a.pdf")
    assert [path.name for path in tmp_path.iterdir()] == ["exp1.jsonl"]


def test_a_report_that_was_there_is_replaced_and_has_the_rights_of_any_file(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    target = tmp_path / "a.html"
    target.write_text("old")
    small(tmp_path).save(target)
    assert "<!DOCTYPE html>" in target.read_text("utf-8")
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_nothing_half_written_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = small(tmp_path)
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        report.save(tmp_path / "a.html")
    assert [path.name for path in tmp_path.iterdir()] == ["exp1.jsonl"]
