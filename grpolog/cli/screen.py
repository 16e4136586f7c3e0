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


def safe(text: object) -> str:
    """A text of unknown origin, such as a path or a message, in one line that no terminal acts on."""
    from grpolog.report.text import visible  # here: most verbs need none before they have read a log

    return visible(str(text)).replace("\n", "\\n")


def json_of(content: object) -> str:
    """Values as indented JSON for `--json`, in which a terminal finds nothing to act on."""
    import orjson

    option = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    return safe_json(orjson.dumps(content, option=option, default=str))


def safe_json(content: bytes | str) -> str:
    """JSON with the same values, in which a terminal finds nothing to act on or to hide."""
    from grpolog.report.text import HIDDEN

    text = content.decode() if isinstance(content, bytes) else content
    return HIDDEN.sub(lambda match: _escaped(match[0]), text)


def _escaped(character: str) -> str:
    units = memoryview(character.encode("utf-16-le", "surrogatepass")).cast("H")
    return "".join(f"\\u{unit:04x}" for unit in units)


def coloured() -> bool:
    """Whether stdout is a terminal whose user did not object (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
