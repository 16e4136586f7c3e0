"""Frames to a report: one typed model, printed as HTML, Markdown or JSON.

The names below are loaded when they are first used: text for a terminal needs neither.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grpolog.report.build import build_report
    from grpolog.report.build.compare import build_comparison
    from grpolog.report.model import Comparison, Report

_HOMES = {
    "Comparison": "model",
    "Report": "model",
    "build_comparison": "build.compare",
    "build_report": "build",
}

__all__ = ["Comparison", "Report", "build_comparison", "build_report"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
