"""The flight recorder of GRPO training runs.

    import grpolog
    grpolog.attach(trainer, "runs/exp1.jsonl")   # records the run
    run = grpolog.read("runs/exp1.jsonl")        # reads it back

The names below are loaded when they are first used: importing grpolog loads none of polars, torch, numpy, jinja2.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grpolog.analysis import Run, read
    from grpolog.errors import GrpologError
    from grpolog.record.recorder import Recorder
    from grpolog.record.trl import ComprehensiveLoggingCallback, RewardTrendCallback, attach, get_callbacks
    from grpolog.record.watch import watch
    from grpolog.report import build_comparison, build_report
    from grpolog.trends import Monitor

__version__ = "0.1.0"

_HOMES = {
    "ComprehensiveLoggingCallback": "grpolog.record.trl",
    "GrpologError": "grpolog.errors",
    "Monitor": "grpolog.trends",
    "Recorder": "grpolog.record.recorder",
    "RewardTrendCallback": "grpolog.record.trl",
    "Run": "grpolog.analysis",
    "attach": "grpolog.record.trl",
    "build_comparison": "grpolog.report",
    "build_report": "grpolog.report",
    "get_callbacks": "grpolog.record.trl",
    "read": "grpolog.analysis",
    "watch": "grpolog.record.watch",
}

__all__ = [
    "ComprehensiveLoggingCallback",
    "GrpologError",
    "Monitor",
    "Recorder",
    "RewardTrendCallback",
    "Run",
    "attach",
    "build_comparison",
    "build_report",
    "get_callbacks",
    "read",
    "watch",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
