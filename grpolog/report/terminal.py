"""The report in the columns of a terminal: verdict, key numbers, reward functions, findings, completeness.

The same values as on the page, without charts and answers. All text goes through `folding`, so nothing of the log
can move the cursor; colours are ours alone, and nothing is told by colour alone.
"""

from collections.abc import Iterator, Sequence
from math import isfinite, nan
from statistics import fmean
from typing import Final

from grpolog.report.charts import blocks
from grpolog.report.folding import clipped, columns, folded_words, padded
from grpolog.report.model import FindingRow, KeyNumber, Report, Tone
from grpolog.report.numbers import UNKNOWN, count, number, percent

WIDTH: Final = 80
"""Columns where nobody says how many there are."""

FUNCTIONS: Final = 12
"""Reward functions that are printed at most."""

FINDINGS: Final = 10
"""Findings that are printed at most."""

SHOWN: Final = (
    "title",
    "subtitle",
    "status",
    "verdict",
    "numbers",
    "functions",
    "functions_left_out",
    "findings",
    "findings_left_out",
    "complete",
    "audit",
)
"""Fields of the report that are printed here."""

_SPARK = 16
_LABEL = 26
_TASK = " (task)"
_SYMBOLS: Final[dict[Tone, str]] = {"neutral": "●", "info": "◆", "warning": "▲", "error": "✖"}
_STYLES: Final = {"neutral": "32", "info": "34", "warning": "33", "error": "31", "head": "1", "dim": "2"}


class Paint:
    """Wraps text in the styles of a terminal, or leaves it as it is.

    Args:
        colour: whether the terminal shows colours.
    """

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, *styles: str) -> str:
        """`text`, which has no styles of its own, in `styles`: tones, `head` or `dim`."""
        if not self._colour or not text:
            return text
        return f"\x1b[{';'.join(_STYLES[style] for style in styles)}m{text}\x1b[0m"


def render(report: Report, *, width: int = WIDTH, colour: bool = False) -> str:
    """The report as lines of at most `width` columns, 60 or more."""
    paint = Paint(colour)
    parts = (
        _verdict(report, width, paint),
        _numbers(report.numbers, width, paint),
        _functions(report, width, paint),
        _findings(report, width, paint),
        _completeness(report, width, paint),
    )
    return "\n".join("\n".join(lines) + "\n" for part in parts if (lines := list(part)))


def _verdict(report: Report, width: int, paint: Paint) -> Iterator[str]:
    verdict = report.verdict
    head = f"{verdict.symbol} {verdict.word}"
    yield f"{paint(head, verdict.tone, 'head')}  {clipped(report.title, width - columns(head) - 2)}"
    for line in folded_words("\u00a0· ".join((verdict.ending, verdict.progress, *report.subtitle)), width):
        yield paint(line, "dim")
    yield ""
    yield from folded_words(verdict.sentence, width)
    for head, said in (("Check first:", verdict.first), ("Weights:", verdict.checkpoint)):
        yield from folded_words(f"{head} {said}", width, hang=2) if said else ()
    for said in verdict.system:
        yield from folded_words(f"Machine: {said}", width, hang=2)
    for point in verdict.points:
        yield from folded_words(f"• {point}", width, hang=2)


def _numbers(numbers: Sequence[KeyNumber], width: int, paint: Paint) -> Iterator[str]:
    label = min(_LABEL, width // 3, max((columns(number.label) for number in numbers), default=0))
    value = max((columns(number.text) for number in numbers), default=0)
    for tile in numbers:
        head = f"{padded(tile.label, label)}  {padded(tile.text, value, right=True)}  {_course(tile.spark, paint)}  "
        used = label + value + _SPARK + 6
        first, *rest = folded_words(tile.change, width - used)
        yield head + first
        yield from (" " * used + line for line in rest)


def _functions(report: Report, width: int, paint: Paint) -> Iterator[str]:
    functions = report.functions[:FUNCTIONS]
    facts = {
        "first → last": [f"{number(row.first)} → {number(row.last)}" for row in functions],
        "weight": [number(row.weight) for row in functions],
        "advantage": [percent(row.advantage_share) for row in functions],
        "equal": [percent(row.equal_share) for row in functions],
    }
    told = {"weight": {UNKNOWN, "1"}}  # what is usual is not worth a column
    known = {head: cells for head, cells in facts.items() if not told.get(head, {UNKNOWN}).issuperset(cells)}
    sizes = {head: max(map(columns, (head, *cells))) for head, cells in known.items()}
    while (label := width - _SPARK - 2 - sum(size + 2 for size in sizes.values())) < _LABEL // 2:
        sizes.popitem()  # no room for the last
    names = [f"{clipped(f.name, label - len(_TASK))}{_TASK}" if f.primary else f.name for f in functions]
    label = min(label, max(map(columns, ("Reward function", *names))))
    heads = "".join(f"  {padded(head, size, right=True)}" for head, size in sizes.items())
    if functions:
        yield paint(f"{padded('Reward function', label)}  {'':{_SPARK}}{heads}", "dim")
    for place, (name, function) in enumerate(zip(names, functions, strict=True)):
        values = "".join(f"  {padded(known[head][place], size, right=True)}" for head, size in sizes.items())
        yield f"{padded(name, label)}  {_course(function.spark, paint)}{values}"
    more = len(report.functions) - len(functions) + report.functions_left_out
    if more:
        yield paint(f"{count(more, 'more function')}: see the report.", "dim")


def _findings(report: Report, width: int, paint: Paint) -> Iterator[str]:
    shown = report.findings[:FINDINGS]
    told: set[str] = set()
    for finding in shown:
        yield from _finding(finding, width, paint)
        if finding.remedy and finding.severity != "info" and finding.rule not in told:
            told.add(finding.rule)
            yield from ("  " + line for line in folded_words(f"What now: {finding.remedy}", width - 2))
    more = len(report.findings) - len(shown) + report.findings_left_out
    if more:
        yield paint(f"{count(more, 'more finding')}: see the report.", "dim")


def _finding(finding: FindingRow, width: int, paint: Paint) -> Iterator[str]:
    head = f"{_SYMBOLS[finding.severity]} {finding.severity} {finding.rule}"
    over = "" if finding.resolved_step is None else f", over at step {finding.resolved_step:,}"
    first, *rest = folded_words(f"{clipped(head, width)} on {finding.metric}{over}", width, hang=2)
    size = min(len(first), len(clipped(head, width)))
    yield paint(first[:size], finding.severity) + first[size:]
    yield from rest
    yield from ("  " + line for line in folded_words(finding.message, width - 2))


def _completeness(report: Report, width: int, paint: Paint) -> Iterator[str]:
    for sentence in report.audit[:1]:
        yield from (
            folded_words(sentence, width)
            if not report.complete
            else (paint(line, "dim") for line in folded_words(sentence, width))
        )


def _course(spark: Sequence[float], paint: Paint) -> str:
    """A sparkline of `_SPARK` columns: means over equal parts."""
    size = min(len(spark), _SPARK)
    parts = [spark[n * len(spark) // size : (n + 1) * len(spark) // size] for n in range(size)]
    drawn = blocks([fmean(known) if (known := list(filter(isfinite, part))) else nan for part in parts])
    return paint(drawn, "info") + " " * (_SPARK - len(drawn))
