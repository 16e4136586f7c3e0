"""Telling what is new in a log that grows, until its run ends."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import click

from grpolog.cli.screen import safe

if TYPE_CHECKING:
    from grpolog.analysis.case import Case
    from grpolog.analysis.finding import Finding
    from grpolog.analysis.growing import Growing
    from grpolog.analysis.judgement import Judgement
    from grpolog.events import AlertEvent
    from grpolog.record.webhook import Webhook

_Key = tuple[str, str, str, int]

_SYMBOLS: Final = {"warning": "▲", "error": "✖"}

SHARE: Final = 4
"""A log that has to be read whole each time it grew is looked at so seldom that reading takes a quarter of the time
between two looks, at most."""


def follow(
    growing: "Growing",
    judged: "Callable[[Case], Judgement]",
    interval: float,
    post: "Callable[[Case, AlertEvent], None] | None" = None,
    *,
    allowed: bool = False,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> None:
    """Tell on stderr each opening, escalation and resolution of a warning or an error once.

    Args:
        growing: the log.
        judged: judges it.
        interval: seconds between two looks.
        post: hears what is told as well.
        allowed: whether the user said how long a run may be silent: one that hangs then has ended.
        sleep: waits.
        clock: Unix time.
    """
    news, waiting = News(), ""
    while True:
        begun = clock()
        case = growing.look(begun)
        if case is None:
            if str(growing.waiting) != waiting:
                waiting = str(growing.waiting)
                click.echo(f"waiting: {safe(waiting)}", err=True)
        else:
            judgement = judged(case)
            for alert in news.of(judgement, case.last_step or 0, sure=not growing.changed):
                click.echo(line_of(alert), err=True)
                if post is not None:
                    post(case, alert)
            gone = case.pulse.status == "died" and case.pulse.alive is False
            hangs = allowed and any(finding.rule == "hung" for finding in judgement.findings)
            ended = case.pulse.status in ("finished", "stopped", "failed")
            # what was held back until the end of another program's process may still be on its way
            if gone or hangs or (ended and not growing.changed):
                return
        sleep(max(interval, SHARE * (clock() - begun)))


@dataclass(slots=True)
class News:
    """What was told of the findings of a run."""

    _told: "dict[_Key, Finding]" = field(default_factory=dict)
    _seen: "dict[_Key, Finding]" = field(default_factory=dict)
    """Those of the newest look."""

    def of(self, judgement: "Judgement", step: int, *, sure: bool = True) -> "Iterator[AlertEvent]":
        """What is new in a judgement, in the order of steps.

        Args:
            judgement: the newest one.
            step: the newest step, at which what is not found any more is over.
            sure: False where the last line may have been cut off within a number: what was found at the look before as
                well is told then, and the rest at the next one.
        """
        found = {_key(finding): finding for finding in judgement.findings if finding.severity != "info"}
        news: list[AlertEvent] = []
        for key in {**self._told, **found}:
            now = found.get(key)
            if sure or _said(now) == _said(self._seen.get(key)):
                news += self._change(key, now, step)
        self._seen = found
        yield from sorted(news, key=lambda alert: alert.step)

    def _change(self, key: "_Key", now: "Finding | None", step: int) -> "Iterator[AlertEvent]":
        before = self._told.get(key)
        stood = before is not None and before.state == "open"
        if now is None:
            if before is not None and stood:
                yield _alert(before, "resolved", step)
            self._told.pop(key, None)
            return
        if before is None or (before.state == "resolved" and now.state == "open"):
            yield _alert(now, "opened", now.step)
            stood = True
        elif now.severity == "error" != before.severity:
            yield _alert(now, "escalated", now.step)
        if now.state == "resolved" and stood:
            yield _alert(now, "resolved", now.resolved_step or now.step)
        self._told[key] = now


def line_of(alert: "AlertEvent") -> str:
    """An alert in one line, and while it stands in a second what to do."""
    from grpolog.record.visible import visible

    symbol = _SYMBOLS[alert.severity]
    if alert.state == "resolved":
        return f"● {visible(alert.rule)}: {visible(alert.message)}"
    more = " (escalated)" if alert.state == "escalated" else ""
    line = f"{symbol} {visible(alert.rule)}: {visible(alert.message)}{more}"
    return f"{line}\n  What now: {visible(alert.remedy)}" if alert.remedy else line


def _said(finding: "Finding | None") -> tuple[str, str] | None:
    return None if finding is None else (finding.severity, finding.state)


def _key(finding: "Finding") -> _Key:
    """Names what a finding speaks of from one look to the next: that of a whole log may move on with it."""
    from grpolog.trends import CATALOGUE

    live = any(rule.name == finding.rule for rule in CATALOGUE)
    return finding.rule, finding.metric, finding.incident, finding.step if live else 0


def _alert(finding: "Finding", state: Any, step: int) -> "AlertEvent":
    from grpolog.events import AlertEvent, AlertGroup

    over = state == "resolved"
    return AlertEvent(
        step=step,
        rule=finding.rule,
        metric=finding.metric,
        severity=finding.severity,
        state=state,
        incident=finding.incident,
        message=f"Step {step}: over: {finding.metric} ({finding.rule})" if over else finding.message,
        before=finding.before,
        after=finding.after,
        onset_step=finding.onset_step,
        remedy=finding.remedy,
        groups=[AlertGroup(**asdict(group)) for group in finding.groups] or None,
    )


class Poster:
    """Posts alerts to a chat as the recorder does, from a thread of its own; trouble is said once, on stderr.

    Args:
        url: where to.
    """

    def __init__(self, url: str) -> None:
        from grpolog.record.background import Background

        self._url = url
        self._background = Background(on_error=lambda error: self._lose("webhook", error, 1))
        self._webhook: Webhook | None = None
        self._failed = False

    def send(self, case: "Case", alert: "AlertEvent") -> None:
        """Have an alert about a run posted, soon."""
        from grpolog.record.webhook import Webhook

        if self._webhook is None:
            host = case.pulse.opening.host if case.pulse.opening else None
            title = f"grpolog: {case.name}{f' on {host}' if host else ''}"
            self._webhook = Webhook(self._url, title, self._background, self._lose)
        self._webhook.send(alert)

    def finish(self) -> None:
        """Wait a moment for what is still to be posted."""
        if self._webhook is not None:
            self._webhook.finish()

    def _lose(self, _: str, error: BaseException, __: int) -> None:
        if not self._failed:
            self._failed = True
            click.echo(f"the webhook does not hear of alerts: {error}", err=True)
