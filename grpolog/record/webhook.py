"""Alerts posted to a chat, as JSON that Slack and Discord take."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import grpolog
from grpolog.events import AlertEvent
from grpolog.record.background import Background
from grpolog.record.blocks import alert_block

TIMEOUT_SECONDS: Final = 5.0

PAUSE_SECONDS: Final = 10.0
"""Between two posts; alerts that come faster go out together. So a minute sees six posts, and services that allow
thirty are not provoked."""

MOST_CHARACTERS: Final = 1900
"""Discord refuses a message of more than 2,000."""


class Webhook:
    """Posts the alerts of one attempt from the background thread; whatever fails is counted and not tried again.

    The URL is a credential: of it, only the host is ever said.

    Args:
        url: where to.
        title: begins every message.
        background: the thread that posts.
        lose: is told what did not arrive: "webhook", the reason, how many alerts.
        timeout: seconds that connecting and each answer may take.
        clock: seconds that never run backwards.
    """

    def __init__(
        self,
        url: str,
        title: str,
        background: Background,
        lose: Callable[[str, BaseException, int], None],
        *,
        timeout: float = TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url, self._title, self._background, self._lose = url, title, background, lose
        self._timeout, self._clock = timeout, clock
        self._host = urlsplit(url).hostname
        self._opener = build_opener(_NoRedirect)
        self._waiting: deque[str] = deque()
        self._due = clock()
        self._used = False
        self._given_up = False
        background.every(PAUSE_SECONDS / 5, self._post_if_due)

    def send(self, alert: AlertEvent) -> None:
        """Have an alert posted, soon."""
        self._used = True
        self._waiting.append(alert_block(alert))
        self._background.submit(self._post_if_due)

    def finish(self) -> None:
        """Post what waits and wait for it, no longer than one post may take."""
        if not self._used:
            return
        done = threading.Event()

        def last() -> None:
            self._post()
            done.set()

        if self._background.submit(last) and not done.wait(self._timeout + 1.0):
            self._given_up = True
            self._lose("webhook", TimeoutError(f"{self._host} had not answered when the run ended"), 1)

    def _post_if_due(self) -> None:
        if self._clock() >= self._due:
            self._post()

    def _post(self) -> None:
        alerts = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not alerts:
            return
        self._due = self._clock() + PAUSE_SECONDS
        reason = self._refused(message(self._title, alerts))
        if reason is not None and not self._given_up:
            self._lose("webhook", ConnectionError(f"{self._host} {reason}"), len(alerts))

    def _refused(self, text: str) -> str | None:
        """Post a text; why it did not arrive, in words that do not hold the URL."""
        body = json.dumps({"text": escape(text, quote=False), "content": text}).encode()
        # Discord turns away the name that urllib gives itself
        headers = {"Content-Type": "application/json", "User-Agent": f"grpolog/{grpolog.__version__}"}
        try:
            self._opener.open(Request(self._url, body, headers), timeout=self._timeout).close()
        except HTTPError as error:
            error.close()
            return f"answered with status {error.code}"
        except Exception as error:
            reason: Any = error.reason if isinstance(error, URLError) else error
            what = reason.strerror if isinstance(reason, OSError) else None
            return f"could not be reached: {what or type(reason).__name__}"
        return None


def message(title: str, alerts: Sequence[str]) -> str:
    """One text of several alerts; those that are too many are counted."""
    text = title
    for place, alert in enumerate(alerts):
        if place and len(text) + len(alert) > MOST_CHARACTERS - 100:
            return f"{text}\n… and {len(alerts) - place} more alerts; see the log"
        text = f"{text}\n{alert}"[:MOST_CHARACTERS]
    return text


class _NoRedirect(HTTPRedirectHandler):
    """An answer that points elsewhere is a refusal: following it would turn the post into a visit."""

    def redirect_request(self, *_: Any) -> None:
        return None
