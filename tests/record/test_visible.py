import sys
import unicodedata

from grpolog.record.visible import visible


def test_ordinary_text_is_unchanged() -> None:
    text = "größer ↗️ 日本語 עברית 👍🏽 – “x” \u00a0 a\\x1b"
    assert visible(text) == text


def test_newlines_and_tabs_stay_where_lines_are_wanted() -> None:
    assert visible("a\n\tb\r", lines=True) == "a\n\tb\\x0d"
    assert visible("a\n\tb") == "a\\x0a\\x09b"


def test_no_control_or_bidirectional_character_survives() -> None:
    acting = {"Cc", "Zl", "Zp", "Cs"}
    bidi = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    left = [
        c
        for c in map(chr, range(sys.maxunicode + 1))
        if (unicodedata.category(c) in acting or unicodedata.bidirectional(c) in bidi) and c in visible(c)
    ]
    assert left == []


def test_zero_width_characters_and_tags_are_named() -> None:
    assert visible("a\u200b\u200d\ufeff\u2060\U000e0041") == "a⟨U+200B⟩⟨U+200D⟩⟨U+FEFF⟩⟨U+2060⟩⟨U+E0041⟩"
