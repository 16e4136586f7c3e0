"""What every page carries beside its text: two style sheets, one script, the data for it, and the policy.

The policy allows these very bytes and nothing else: no other script, no style attribute, no request, and no text
that becomes markup (Trusted Types). A page that a host strips of all of them still reads.
"""

import base64
import hashlib
import re
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from markupsafe import Markup

STYLES: Final = ("report.css", "charts.css", "groups.css")
"""The files of the one style sheet of all pages, in `templates`."""

SCRIPTS: Final = (
    *("page.js", "axis.js", "curves.js", "draw.js", "tools.js", "charts.js"),
    *("words.js", "groups.js"),
)
"""The files of the one script of all pages, in `templates/script`, in the order in which they run. They share one
block scope, begin with what needs nothing, and do nothing on a page that lacks their elements."""

_POLICY = (
    "default-src 'none'; script-src {script}; style-src {css} {dark}; img-src data:; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_NEEDLESS = re.compile(r"^[ \t]*(//[^\n]*)?\n|^[ \t]+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Assets:
    """Our own files as they stand in a page; escaping would change what their hashes are of."""

    css: Markup
    dark: Markup
    """The colours of the night, whose style element the script can switch on and off."""

    script: Markup
    policy: str
    """Content of the `Content-Security-Policy` that allows the other three."""


@cache
def assets(*more: str) -> Assets:
    """The assets of a page.

    Args:
        more: files of its style sheet beside STYLES.
    """
    css, dark = "".join(map(_file, (*STYLES, *more))), _file("dark.css")
    # One block, so that nothing of it is a global; its files are read without comments of whole lines and indents.
    body = "".join(_NEEDLESS.sub("", _file(f"script/{name}")) for name in SCRIPTS)
    script = f'"use strict";\n{{\n{body}}}\n'
    policy = _POLICY.format(script=_source(script), css=_source(css), dark=_source(dark))
    return Assets(Markup(css), Markup(dark), Markup(script), policy)


def packed(data: bytes) -> str:
    """Deflated and in base64, as the script reads it."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(deflate.compress(data) + deflate.flush()).decode()


def _file(name: str) -> str:
    return files("grpolog.report").joinpath("templates", *name.split("/")).read_text("utf-8")


def _source(text: str) -> str:
    """What a policy calls an element with this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
