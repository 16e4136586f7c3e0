"""Charts by source of the prompts."""

import math
from pathlib import Path

from built import Log, panels, report_of

from grpolog.events import GroupEvent
from grpolog.report.build.sources import PANELS


def log_of(sources: dict[str | None, float], *, passes: bool = True) -> Log:
    """Four steps with a group of ten answers of each source, of which this share is right."""
    log = Log(primary="accuracy", reward_functions=["accuracy"], reward_range={"accuracy": (0, 1)})
    for step in range(1, 5):
        for number, (source, share) in enumerate(sources.items()):
            right = round(10 * share) if passes else None
            log.add(
                GroupEvent, step, generation=step, group=number, prompt_id=f"p{number}", n=10, mean=2 * share,
                passes=right, source=source,
            )  # fmt: skip
    return log.end(4)


def test_each_source_is_drawn_beside_all_of_them(tmp_path: Path) -> None:
    report = report_of(tmp_path, log_of({"sums": 0.2, "words": 0.8}))
    (question,) = (known for known in report.questions if known.key == "sources")
    sums, words = question.panels
    assert [(sums.title, sums.about), (words.title, words.key)] == [
        ("sums", "Share of right answers, 40 answers."), ("words", "panel-source-2"),
    ]  # fmt: skip
    assert [(line.label, line.curve.x, line.curve.y) for line in sums.series] == [
        ("sums", (1.0, 2.0, 3.0, 4.0), (0.2,) * 4), ("all sources", (1.0, 2.0, 3.0, 4.0), (0.5,) * 4),
    ]  # fmt: skip
    assert 'id="sources"' in report.to_html()


def test_where_nobody_knows_what_is_right_the_totals_are_drawn(tmp_path: Path) -> None:
    log = log_of({"sums": 0.2, "words": 0.8}, passes=False)
    log.add(GroupEvent, 4, generation=4, group=9, prompt_id="q", n=10, mean=math.nan, source="sums")
    panel = panels(report_of(tmp_path, log))["panel-source-1"]
    assert (panel.about, panel.series[0].curve.y) == ("Mean total reward, 50 answers.", (0.4,) * 4)


def test_one_source_or_none_makes_no_charts_and_many_are_counted(tmp_path: Path) -> None:
    for sources in ({"sums": 0.5}, {None: 0.5}, {"sums": 0.5, None: 0.5}):
        assert "panel-source-1" not in panels(report_of(tmp_path, log_of(sources)))
    found = panels(report_of(tmp_path, log_of({f"s{n}": 0.5 for n in range(PANELS + 2)})))
    assert found[f"panel-source-{PANELS}"].notes == ("2 more sources in the log.",)
    assert f"panel-source-{PANELS + 1}" not in found
