"""Colours and dashes of the charts.

A series is told apart by hue and by dash. Contrast on white is 5.4 to 8.5 to 1 and on #0d1117 7.5 to 11 to 1,
where WCAG asks 3 to 1 of graphics. Light colours stand in the SVG itself; the page's style sheet overrides them
by class (`s0` to `s5`, `ink`, `soft`, `rule`, `ground`) when it is dark.
"""

LIGHT = ("#0969b0", "#b54708", "#00735c", "#9a3a8a", "#6b5900", "#4d4d4d")
DASHES = ("", "7 2", "2 2", "9 2 2 2", "5 2", "3 1 1 1")

INK, SOFT, RULE = "#1f2328", "#59636e", "#d8dee4"
SIGNS = {"info": "#0969b0", "warning": "#9a5b00", "error": "#c1121f", "resume": "#59636e"}


def hue(index: int) -> int:
    """Number of the colour of series `index`."""
    return index % len(LIGHT)


def dash(index: int) -> str:
    """Dash pattern of series `index`: the second round of colours takes other dashes than the first."""
    return DASHES[(index + index // len(LIGHT)) % len(DASHES)]
