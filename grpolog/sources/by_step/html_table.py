"""HTML tables: notebooks show metrics in them."""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Final

_TABLE: Final = re.compile(r"<t(?:able|head|body|r)\b", re.IGNORECASE)
_LONGEST: Final = 2**20
"""Characters of a line that are read; a page of one line is cut there into pieces."""


def is_html(head: str) -> bool:
    """Whether a text begins with, or before long comes to, a table of HTML."""
    return head.lstrip()[:1] == "<" and _TABLE.search(head) is not None


def cells_of(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row, with the line on which the row ends."""
    parser, number = _Rows(), 0
    for number, line in enumerate(lines, start=1):
        for begin in range(0, len(line), _LONGEST):
            parser.feed(line[begin : begin + _LONGEST])
            for cells in parser.taken():
                yield number, cells
    for cells in parser.rest():
        yield number, cells


class _Rows(HTMLParser):
    """Gathers the cells of rows."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[list[str]] = []
        self._cells: list[str] = []
        self._text: list[str] | None = None

    def taken(self) -> list[list[str]]:
        """The rows that are whole."""
        rows, self._rows = self._rows, []
        return rows

    def rest(self) -> list[list[str]]:
        """The row that breaks off, without the cell that does."""
        self._text = None
        self._end_row()
        return self.taken()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """A row or a cell begins."""
        if tag == "tr":
            self._end_row()
        elif tag in ("td", "th"):
            self._end_cell()
            self._text = []

    def handle_endtag(self, tag: str) -> None:
        """A row or a cell ends."""
        if tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table", "thead", "tbody"):
            self._end_row()

    def handle_data(self, data: str) -> None:
        """Text, of which that of cells counts."""
        if self._text is not None:
            self._text.append(data)

    def _end_cell(self) -> None:
        if self._text is not None:
            self._cells.append(" ".join("".join(self._text).split()))
            self._text = None

    def _end_row(self) -> None:
        self._end_cell()
        if self._cells:
            self._rows.append(self._cells)
            self._cells = []
