"""Frames to a report: one typed model, printed as HTML, Markdown or JSON."""

from grpolog.report.build import build_report
from grpolog.report.model import Report

__all__ = ["Report", "build_report"]
