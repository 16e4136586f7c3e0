"""Alerts posted to a real server on this machine."""

from typing import Any

import pytest
from chat_server import ChatServer

import grpolog
from grpolog.events import AlertEvent
from grpolog.record.background import Background
from grpolog.record.webhook import MOST_CHARACTERS, PAUSE_SECONDS, Webhook, message


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Posting:
    """A webhook whose background runs only when it is told to."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch, timeout: float = 5.0) -> None:
        self.clock = Clock()
        self.background = Background(pytest.fail, clock=self.clock)
        monkeypatch.setattr(self.background, "_start", lambda: None)
        self.lost: list[tuple[str, str, int]] = []
        self.webhook = Webhook(url, "exp1", self.background, self._lose, timeout=timeout, clock=self.clock)

    def _lose(self, what: str, error: BaseException, count: int) -> None:
        self.lost.append((what, f"{type(error).__name__}: {error}", count))

    def run(self) -> None:
        self.background.run_due(self.clock.now)


def alert(step: int = 7, **fields: Any) -> AlertEvent:
    given = {"rule": "reward_drop", "metric": "reward", "severity": "error", "incident": "1", "message": "fell"}
    return AlertEvent(step=step, **{**given, **fields})


def test_an_alert_arrives_as_slack_and_discord_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer() as chat:
        posting = Posting(chat.url, monkeypatch)
        posting.webhook.send(alert(message="a <b> & c", remedy="Read the groups; wait."))
        posting.run()
    text = "exp1\nAlert Step 7 (error): reward_drop: a <b> & c\n  Remedy: Read the groups"
    assert chat.posts == [{"text": text.replace("<b> &", "&lt;b&gt; &amp;"), "content": text}]
    ((method, path, headers),) = chat.requests
    assert (method, path) == ("POST", "/services/T0/secret")
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"] == f"grpolog/{grpolog.__version__}"
    assert posting.lost == []


def test_alerts_that_come_fast_go_out_together_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer() as chat:
        posting = Posting(chat.url, monkeypatch)
        for step in range(1, 31):
            posting.webhook.send(alert(step))
            posting.run()
        assert len(chat.posts) == 1
        posting.clock.now = PAUSE_SECONDS - 0.1
        posting.run()
        assert len(chat.posts) == 1
        posting.clock.now = PAUSE_SECONDS + 2
        posting.run()
        first, second = (post["content"] for post in chat.posts)
        for _ in range(600):
            posting.clock.now += 0.1
            posting.webhook.send(alert())
            posting.run()
    assert first.count("Alert Step") == 1
    assert second.count("Alert Step") == 29
    assert len(chat.posts) <= 2 + 6


def test_a_message_is_no_longer_than_a_chat_takes() -> None:
    text = message("exp1", ["x" * 90] * 50)
    assert len(text) <= MOST_CHARACTERS
    shown = text.count("x" * 90)
    assert text.endswith(f"… and {50 - shown} more alerts; see the log")
    assert len(message("exp1", ["y" * 9000])) == MOST_CHARACTERS


@pytest.mark.parametrize("status", [500, 404, 429])
def test_a_refusal_is_counted_without_the_url(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    with ChatServer(status) as chat:
        posting = Posting(chat.url, monkeypatch)
        posting.webhook.send(alert())
        posting.webhook.send(alert())
        posting.run()
    assert posting.lost == [("webhook", f"ConnectionError: 127.0.0.1 answered with status {status}", 2)]


def test_an_answer_that_points_elsewhere_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer() as other, ChatServer(302, Location=other.url) as chat:
        posting = Posting(chat.url, monkeypatch)
        posting.webhook.send(alert())
        posting.run()
    assert other.requests == []
    assert posting.lost == [("webhook", "ConnectionError: 127.0.0.1 answered with status 302", 1)]


def test_a_server_that_never_answers_costs_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer(None) as chat:
        posting = Posting(chat.url, monkeypatch, timeout=0.05)
        posting.webhook.send(alert())
        posting.run()
        chat.arrived.acquire()
    assert posting.lost == [("webhook", "ConnectionError: 127.0.0.1 could not be reached: TimeoutError", 1)]


def test_a_closed_port_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer() as chat:
        url = chat.url
    posting = Posting(url, monkeypatch)
    posting.webhook.send(alert())
    posting.run()
    assert posting.lost == [("webhook", "ConnectionError: 127.0.0.1 could not be reached: Connection refused", 1)]


def test_a_url_that_cannot_be_asked_for_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    posting = Posting("http://chat.example/se cret", monkeypatch)
    posting.webhook.send(alert())
    posting.run()
    assert posting.lost == [("webhook", "ConnectionError: chat.example could not be reached: InvalidURL", 1)]


def test_the_end_posts_what_waits_for_the_pause_to_pass() -> None:
    lost: list[object] = []
    with ChatServer() as chat:
        background = Background(pytest.fail)
        webhook = Webhook(chat.url, "exp1", background, lambda *what: lost.append(what))
        for step in range(3):
            webhook.send(alert(step))
        webhook.finish()
        assert sum(post["content"].count("Alert Step") for post in chat.posts) == 3
        background.close()
    assert lost == []


def test_the_end_does_not_wait_for_ever_and_counts_once() -> None:
    lost: list[str] = []
    with ChatServer(None) as chat:
        background = Background(pytest.fail)
        webhook = Webhook(chat.url, "exp1", background, lambda _, error, __: lost.append(str(error)), timeout=3600.0)
        webhook.send(alert())
        chat.arrived.acquire()
        webhook._timeout = -1.0  # the post that hangs keeps its hour, the end has no second left
        webhook.finish()
    background.close()
    assert lost == ["127.0.0.1 had not answered when the run ended"]


def test_the_end_of_a_run_without_alerts_waits_for_nothing() -> None:
    background = Background(pytest.fail)
    webhook = Webhook("http://127.0.0.1:9/", "exp1", background, pytest.fail)
    background.close()
    webhook.finish()
