"""Charts as files, for Markdown: hosts show a committed SVG and refuse one within the text."""

from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from grpolog.report.charts import chart, swatch
from grpolog.report.charts.frame import HEIGHT, WIDTH
from grpolog.report.charts.palette import INK
from grpolog.report.model import Panel, Question, Report
from grpolog.report.save import write
from grpolog.report.text import one_line

_HEAD, _ROW, _MARGIN, _GAP = 26, 16, 8, 4  # pixels
_CHARS = 50  # of a title or label


def drawn(question: Question) -> Iterator[Panel]:
    """The panels that have something to draw."""
    return (panel for panel in question.panels if any(line.logged for line in panel.series))


def save(report: Report, folder: Path) -> list[Path]:
    """Write each chart with its title and legend into `folder`, named by its panel's key.

    Raises:
        OSError: a file cannot be written.
    """
    paths = []
    for question in report.questions:
        for panel in drawn(question):
            paths.append(folder / f"{panel.key}.svg")
            write(paths[-1], f"{_file(panel)}\n".encode())
    return paths


def _file(panel: Panel) -> Markup:
    lines = panel.series if len(panel.series) > 1 else ()
    height = _HEAD + HEIGHT + _GAP + _ROW * len(lines) + _MARGIN
    legend = Markup("").join(
        Markup('<g transform="translate({} {})">{}<text x="28" y="9" fill="{}">{}</text></g>').format(
            _MARGIN, _HEAD + HEIGHT + _GAP + _ROW * place, swatch(place, area=panel.stacked), INK, _short(line.label)
        )
        for place, line in enumerate(lines)
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{0:g}" height="{1:g}" viewBox="0 0 {0:g} {1:g}" '
        'font-family="system-ui, sans-serif" font-size="11"><rect width="100%" height="100%" fill="#ffffff"/>'
        '<text x="{2}" y="16" font-size="13" font-weight="600" fill="{3}">{4}</text>'
        '<g transform="translate(0 {5})">{6}</g>{7}</svg>'
    ).format(WIDTH, height, _MARGIN, INK, _short(panel.title), _HEAD, chart(panel), legend)


def _short(text: str) -> str:
    return one_line(text, _CHARS)
