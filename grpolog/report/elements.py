"""Elements that a page has as markup and its script as data: described once, escaped once.

A text in an element stays a text: `visible` shows what it hides, `markup` escapes it, and the script puts it into the
page as text.
"""

from collections.abc import Iterator
from typing import Any, Final

from markupsafe import Markup, escape

from grpolog.report.text import visible

Element = tuple[Any, ...]
"""Tag, attributes (0 for none), children: texts and elements. As JSON it is what `built` in the script takes."""

Child = Element | str | None

_BLOCKS: Final = frozenset({"article", "details", "div", "dl", "li", "ol", "p", "pre", "summary", "table", "tr", "ul"})
"""Elements after which a line of the page ends."""


def element(tag: str, *children: Child, **attributes: str | int | None) -> Element:
    """An element; None as a child or as an attribute is left out.

    Args:
        tag: one of ours, never from a log.
        children: texts of any origin, and elements.
        attributes: `class_` and `aria_label` are written as such; the values are ours.
    """
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items() if value is not None}
    held = (visible(child) if isinstance(child, str) else child for child in children if child is not None)
    return (tag, named or 0, *held)


def markup(*elements: Child) -> Markup:
    """The elements as HTML."""
    return Markup("".join(part for child in elements for part in _parts(child)))


def _parts(child: Child) -> Iterator[str]:
    """The pieces of the markup of a child; every text and every value in them is escaped."""
    if child is None:
        return
    if isinstance(child, str):
        yield escape(visible(child))
        return
    tag, attributes, *children = child
    named = "".join(f' {name}="{escape(value)}"' for name, value in (attributes or {}).items())
    yield f"<{tag}{named}>"
    if tag == "pre" and children and str(children[0]).startswith("\n"):
        yield "\n"  # the first line end after <pre> is none of its text
    for inner in children:
        yield from _parts(inner)
    yield f"</{tag}>\n" if tag in _BLOCKS else f"</{tag}>"
