"""How a run ended."""

from grpolog.events import AlertEvent
from grpolog.masking import mask_text
from grpolog.record.event_log import Status

_LONGEST = 500


def outcome(error: BaseException) -> tuple[Status, str]:
    """How a run ended that `error` broke off: status, and the error in one line without credentials."""
    status: Status = "stopped" if isinstance(error, (KeyboardInterrupt, SystemExit)) else "failed"
    what = str(error).strip().splitlines()[:1]
    return status, mask_text(": ".join([type(error).__name__, *what])[:_LONGEST])


def stopped_by(alert: AlertEvent | None) -> str | None:
    """The alert that a run was stopped for, as its end event names it."""
    return None if alert is None else f"{alert.rule}: {alert.message}"
