"""Who hears of an alert: the console, a chat, a function of the caller's; and whether training is to stop for it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final

from grpolog.events import AlertEvent
from grpolog.record.background import Background
from grpolog.record.console import Console
from grpolog.record.options import Options
from grpolog.record.webhook import Webhook
from grpolog.trends import CATALOGUE

_RULES: Final = frozenset(rule.name for rule in CATALOGUE)


class Announcer:
    """Tells of the alerts of a run on rank 0; on other ranks it is silent, as their console is.

    Args:
        options: the user's options.
        rank: rank of this process.
        console: where all alerts are printed.
        guarded: holds back and counts what the caller's function raises.
    """

    def __init__(
        self, options: Options, rank: int, console: Console, guarded: Callable[[str], AbstractContextManager[None]]
    ) -> None:
        self.stop: AlertEvent | None = None
        """The first alert of the attempt that training is to stop for."""
        self._options, self._rank, self._console, self._guarded = options, rank, console, guarded
        self._webhook: Webhook | None = None

    def begin(self, title: str, background: Background, lose: Callable[[str, BaseException, int], None]) -> None:
        """An attempt begins.

        Args:
            title: begins every message of the webhook.
            background: the thread that the webhook posts from.
            lose: counts what did not arrive.
        """
        self.stop = None
        if self._options.webhook is not None and self._rank == 0:
            self._webhook = Webhook(self._options.webhook, title, background, lose)

    def tell(self, alerts: Sequence[AlertEvent]) -> None:
        """Tell of alerts that have been written."""
        for alert in alerts:
            self._console.alert(alert)
            if alert.severity == "info" or self._rank:
                continue
            if self.stop is None and stops(self._options, alert):
                self.stop = alert
            if self._webhook is not None:
                self._webhook.send(alert)
            if self._options.on_alert is not None:
                with self._guarded("on_alert"):
                    self._options.on_alert(alert.model_copy())

    def finish(self) -> None:
        """The attempt ends: wait a moment for what is still to be posted."""
        if self._webhook is not None:
            self._webhook.finish()
            self._webhook = None


def stops(options: Options, alert: AlertEvent) -> bool:
    """Whether training is to stop for an alert of warning or error.

    A stall is none of the rules: where training could stop, it moves again.
    """
    wanted = options.stop_on
    if wanted is None or alert.state == "resolved" or alert.rule not in _RULES:
        return False
    if wanted in ("error", "warning"):
        return wanted == "warning" or alert.severity == "error"
    return alert.rule == wanted if isinstance(wanted, str) else alert.rule in wanted
