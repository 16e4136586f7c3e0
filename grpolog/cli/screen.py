"""What the terminal can show: how wide it is, and whether in colours."""

import os
import shutil
import sys
from typing import Final

NARROWEST: Final = 60
"""Columns below which lines are left to the terminal to break."""


def width(at_most: int) -> int:
    """Columns of the terminal within reason; 80 where there is none."""
    return max(NARROWEST, min(at_most, shutil.get_terminal_size((80, 24)).columns))


def coloured() -> bool:
    """Whether stdout is a terminal whose user did not object (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
