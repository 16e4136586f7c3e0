import re

import pytest

from grpolog.report.page import SCRIPTS, assets

SINKS = (
    "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(",
    "createContextualFragment", "parseFromString", "srcdoc", "javascript:", "fetch(", "XMLHttpRequest", "import(",
    "WebSocket", "sendBeacon", "</", "http",
)  # fmt: skip


@pytest.mark.parametrize("sink", SINKS)
def test_the_script_uses_nothing_that_makes_text_markup_or_code_or_that_asks_a_network(sink: str) -> None:
    assert sink not in assets().script.replace("http://www.w3.org/2000/svg", "")


def test_script_and_style_sheets_stay_small() -> None:
    assert len(assets().script.encode()) <= 40_000
    assert len((assets().css + assets().dark).encode()) <= 14_000


def test_the_script_is_one_strict_block_without_the_comments_of_its_files() -> None:
    text = str(assets().script)
    assert text.startswith('"use strict";\n{\n')
    assert text.endswith("}\n")
    assert not re.search(r"^\s*//|^\s+\S|^\n", text, re.MULTILINE)
    assert len(set(SCRIPTS)) == len(SCRIPTS)
