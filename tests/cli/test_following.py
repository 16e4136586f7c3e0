"""`check --follow`: what is told, when it ends, and what a chat hears."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer
from small_logs import line, numbered, write

from grpolog.analysis.finding import Finding
from grpolog.analysis.growing import Growing
from grpolog.analysis.judgement import Judgement, judge_case
from grpolog.analysis.ruling import ruling
from grpolog.cli.following import SHARE, News, Poster, follow
from grpolog.events import AlertEvent

HEALTHY = Judgement("ok", "", (), {}, {}, 20)


def finding(step: int = 30, rule: str = "reward_drop", **fields: Any) -> Finding:
    given: dict[str, Any] = {
        "metric": "reward", "severity": "warning", "onset_step": step - 5, "resolved_step": None, "state": "open",
        "message": f"Step {step}: reward fell", "causes": "", "remedy": "Read.", "source": "", "incident": f"i-{step}",
        "before": 1.0, "after": 0.0,
    }  # fmt: skip
    return Finding(rule=rule, step=step, **{**given, **fields})


def told(news: News, *findings: Finding, step: int = 99) -> list[tuple[str, str, int, str]]:
    judgement = replace(HEALTHY, findings=findings)
    return [(alert.rule, alert.state, alert.step, alert.severity) for alert in news.of(judgement, step)]


def test_an_opening_an_escalation_and_a_resolution_are_told_once() -> None:
    news = News()
    assert told(news, finding()) == [("reward_drop", "opened", 30, "warning")]
    assert told(news, finding()) == []
    assert told(news, finding(severity="error")) == [("reward_drop", "escalated", 30, "error")]
    over = finding(severity="error", state="resolved", resolved_step=50)
    assert told(news, over) == [("reward_drop", "resolved", 50, "error")]
    assert told(news, over) == []


def test_what_opens_and_resolves_between_two_looks_is_told_as_both() -> None:
    over = finding(state="resolved", resolved_step=50)
    assert told(News(), over) == [("reward_drop", "opened", 30, "warning"), ("reward_drop", "resolved", 50, "warning")]


def test_what_opens_again_is_told_again_and_a_note_never() -> None:
    news = News()
    first = finding(state="resolved", resolved_step=50)
    told(news, first)
    assert told(news, first, finding(70)) == [("reward_drop", "opened", 70, "warning")]
    assert told(news, first, finding(70), finding(80, severity="info", metric="kl")) == []


def test_what_is_not_found_any_more_is_over_and_a_comparison_that_moves_on_is_not_new() -> None:
    news = News()
    assert told(news, finding(rule="hung"), step=30) == [("hung", "opened", 30, "warning")]
    assert told(news, step=31) == [("hung", "resolved", 31, "warning")]
    worse = finding(40, rule="baseline", incident="baseline-reward")
    assert told(news, worse) == [("baseline", "opened", 40, "warning")]
    assert told(news, replace(worse, step=48, message="Step 48: worse")) == []


def test_of_a_log_that_is_being_written_only_what_two_looks_found_is_told() -> None:
    news = News()
    look = lambda *findings: [a.state for a in news.of(replace(HEALTHY, findings=findings), 99, sure=False)]  # noqa: E731
    assert look(finding()) == []
    assert look() == []  # a number that was cut off
    assert look(finding()) == []
    assert look(finding()) == ["opened"]
    assert look(finding(state="resolved", resolved_step=50)) == []
    assert look(finding()) == []
    assert look(finding(severity="error")) == []
    assert look(finding(severity="error")) == ["escalated"]
    assert look() == []
    assert [a.state for a in news.of(HEALTHY, 99)] == ["resolved"]


class Log:
    """A log that grows by one piece at each pause."""

    def __init__(self, path: Path, *pieces: list[bytes]) -> None:
        self.path, self.pieces, self.now, self.pauses = path, iter(pieces), 2000.0, []
        self._write(next(self.pieces))

    def _write(self, lines: list[bytes]) -> None:
        with self.path.open("ab") as file:
            file.write(b"".join(lines))

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        lines = next(self.pieces, None)
        if lines is None:
            pytest.fail("it looks for more than there is")
        self._write(lines)

    def follow(self, post: Callable[..., None] | None = None, **rules: Any) -> None:
        wanted = ruling(**rules)
        follow(
            Growing(self.path, wanted), lambda case: judge_case(case, wanted), 10.0, post,
            allowed="silence" in rules, sleep=self.sleep, clock=lambda: self.now,
        )  # fmt: skip


def rows(steps: range, reward: float) -> Iterator[bytes]:
    return (line("step", step, reward=reward + 0.01 * (step % 3), reward_std=0.2, time=1900.0 + step) for step in steps)


def course(*parts: tuple[range, float]) -> list[list[bytes]]:
    """Numbered lines, the run event in the first part and the end event in the last."""
    last = parts[-1][0].stop - 1
    lines = [[line("run", 0, time=1900.0)], *([*rows(*part)] for part in parts), [_end(last)]]
    flat = iter(numbered(*(text for part in lines for text in part)))
    return [[next(flat) for _ in part] for part in lines]


def _end(step: int) -> bytes:
    return line("run", step, phase="end", status="finished", time=2100.0)


def test_each_news_is_told_with_what_to_do_until_the_run_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = Log(tmp_path / "exp1.jsonl", *course((range(1, 40), 0.8), (range(40, 60), 0.0), (range(60, 99), 0.8)))
    log.follow()
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    symbols = [text[0] for text in lines]
    assert symbols[0] in "▲✖"
    assert re.fullmatch(r"[▲✖] \w+: Step \d+: .+", lines[0])
    assert lines[1].startswith("  What now: ")
    assert re.fullmatch(r"● \w+: Step \d+: over: .+", lines[-1])
    openings = [
        text.split(": over")[0].split(" ")[1] for text in lines if text[0] in "▲✖" and "(escalated)" not in text
    ]
    assert len(openings) == len(set(openings))
    assert len(log.pauses) == 4


def test_a_log_without_anything_to_judge_is_waited_for_and_that_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "exp1.jsonl"
    first, *more = course((range(1, 4), 0.5))
    Log(path, [], [], first, *more).follow()
    assert capsys.readouterr().err == f"waiting: {path}: holds nothing to judge yet\n"


def test_silence_that_is_not_allowed_ends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, _ = course((range(1, 30), 0.5))
    Log(tmp_path / "exp1.jsonl", [*first, *second], *[[]] * 9).follow(silence=130.0)
    assert capsys.readouterr().err.startswith("▲ hung: Step 29: no step for ")


def test_a_log_that_takes_long_to_read_is_looked_at_more_seldom(tmp_path: Path) -> None:
    log = Log(tmp_path / "exp1.jsonl", *course((range(1, 4), 0.5)))
    wanted, now = ruling(), iter([0.0, 7.0, 7.0, 7.0, 7.0, 7.0])
    follow(Growing(log.path), lambda case: judge_case(case, wanted), 10.0, sleep=log.sleep, clock=lambda: next(now))
    assert log.pauses == [SHARE * 7.0, 10.0]


def test_a_chat_hears_what_the_recorder_would_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    log = Log(tmp_path / "exp1.jsonl", *course((range(1, 40), 0.8), (range(40, 99), 0.0)))
    with ChatServer() as chat:
        poster = Poster(chat.url)
        log.follow(poster.send)
        poster.finish()
        text = "\n".join(post["content"] for post in chat.posts)
    first, second, *_ = text.splitlines()
    assert first == "grpolog: exp1"
    assert re.fullmatch(r"Alert Step \d+ \(\w+\): \w+: .+", second)
    assert "  Remedy: " in text


def test_a_chat_that_does_not_answer_is_said_once_and_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    case = Growing(write(tmp_path / "exp1.jsonl", *numbered(line("run", 0), *rows(range(1, 9), 0.5)))).look(2000.0)
    assert case is not None
    alert = AlertEvent(step=1, rule="r", metric="m", severity="error", incident="i", message="x")
    with ChatServer(status=404) as chat:
        poster = Poster(chat.url)
        for _ in range(3):
            poster.send(case, alert)
        poster.finish()
        poster.send(case, alert)
        poster.finish()
    said = capsys.readouterr().err
    assert said == "the webhook does not hear of alerts: 127.0.0.1 answered with status 404\n"


def test_another_programs_log_has_ended_when_it_says_so_and_does_not_grow_any_more(tmp_path: Path) -> None:
    row = "{{'loss': 0.1, 'reward': 0.5, 'reward_std': 0.2, 'kl': 0.01, 'epoch': {}}}\n"
    rows = [row.format(n / 10).encode() for n in range(1, 5)]
    end = b"{'train_runtime': 9.0, 'train_steps_per_second': 1.0, 'train_loss': 0.1, 'epoch': 0.4}\n"
    log = Log(tmp_path / "train.log", [*rows, end], [], [])
    assert Growing(log.path).look(0.0).pulse.status == "finished"  # type: ignore[union-attr]
    log.follow()
    assert len(log.pauses) == 1
    late = Log(tmp_path / "late.log", [*rows, end], [b"the model was saved\n"], [], [])
    late.follow()
    assert len(late.pauses) == 2
