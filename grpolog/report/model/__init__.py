"""The report as plain values: what the templates print, what `--format json` writes.

Numbers are floats (NaN where a value was not finite), None is unknown. Texts are raw: whoever prints them escapes
them. Every tuple is in reading order.
"""

from grpolog.report.model.chart import Across, Band, Curve, Mark, Panel, Question, Series
from grpolog.report.model.compare import (
    Cell,
    Column,
    Comparison,
    Conclusion,
    Contender,
    Contrast,
    Lane,
    RunFinding,
    SettingRow,
    SharedPrompt,
    Side,
    Span,
)
from grpolog.report.model.example import AlertNote, Completion, Group, Outcome, Turn
from grpolog.report.model.finding import AlertRow, FindingRow, GroupLink
from grpolog.report.model.prompt import PromptRow, PromptSet, PromptTable, SourceRow
from grpolog.report.model.report import FunctionRow, KeyNumber, Report
from grpolog.report.model.verdict import Tone, Verdict

__all__ = [
    "Across",
    "AlertNote",
    "AlertRow",
    "Band",
    "Cell",
    "Column",
    "Comparison",
    "Completion",
    "Conclusion",
    "Contender",
    "Contrast",
    "Curve",
    "FindingRow",
    "FunctionRow",
    "Group",
    "GroupLink",
    "KeyNumber",
    "Lane",
    "Mark",
    "Outcome",
    "Panel",
    "PromptRow",
    "PromptSet",
    "PromptTable",
    "Question",
    "Report",
    "RunFinding",
    "Series",
    "SettingRow",
    "SharedPrompt",
    "Side",
    "SourceRow",
    "Span",
    "Tone",
    "Turn",
    "Verdict",
]
