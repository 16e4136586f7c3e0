"""Events to frames: reading a log back, its histories, its audit.

The names below are loaded when they are first used: what is judged row by row needs no frames.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grpolog.analysis.audit import Audit, NonFinite
    from grpolog.analysis.history import UnknownMetricError
    from grpolog.analysis.pulse import Status
    from grpolog.analysis.reader import read
    from grpolog.analysis.run import Run
    from grpolog.analysis.sequence import Gap

_HOMES = {
    "Audit": "audit",
    "Gap": "sequence",
    "NonFinite": "audit",
    "Run": "run",
    "Status": "pulse",
    "UnknownMetricError": "history",
    "read": "reader",
}

__all__ = ["Audit", "Gap", "NonFinite", "Run", "Status", "UnknownMetricError", "read"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
