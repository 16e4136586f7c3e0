import pytest

from grpolog.report.text import cut, one_line, visible


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\x1b[31m", "⟨U+001B⟩[31m"),
        ("\x00\x7f\x9b", "⟨U+0000⟩⟨U+007F⟩⟨U+009B⟩"),
        ("a\u200bb\ufeff", "a⟨U+200B⟩b⟨U+FEFF⟩"),
        ("\u2066\u2069\u2028", "⟨U+2066⟩⟨U+2069⟩⟨U+2028⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("a\r\nb\rc", "a\nb⟨U+000D⟩c"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("déjà vu — 数学 🚀 é", "déjà vu — 数学 🚀 é"),
    ],
)
def test_hidden_characters_are_shown_by_number_and_others_stay(raw: str, shown: str) -> None:
    assert visible(raw) == shown
    assert visible(shown) == shown


def test_all_control_and_format_characters_but_two_are_shown() -> None:
    import sys
    import unicodedata

    hidden = ("Cc", "Cf", "Zl", "Zp", "Cs")
    passed = [
        hex(point)
        for point in range(sys.maxunicode + 1)
        if unicodedata.category(chr(point)) in hidden and visible(chr(point)) == chr(point)
    ]
    # Tab and newline are layout; Arabic and other number signs, music and hieroglyph joiners draw something visible.
    drawn = {"0x9", "0xa", *map(hex, [*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD])}
    assert {point for point in passed if int(point, 16) < 0x13000} <= drawn


def test_cut_says_how_much_is_missing() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcdef" * 1000, 2) == "ab … (5,998 more characters)"


def test_one_line_has_no_line_breaks_and_hides_nothing() -> None:
    assert one_line("a\n b\t c\u2028d") == "a b c⟨U+2028⟩d"
