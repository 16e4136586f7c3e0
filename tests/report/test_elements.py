"""Elements as markup and as data."""

import orjson
from markupsafe import Markup

from grpolog.report.elements import element, markup


def test_texts_are_escaped_and_attributes_too() -> None:
    made = element("p", "<b> & ", element("b", '"x"'), None, class_='a"b', title=None)
    assert markup(made) == Markup('<p class="a&#34;b">&lt;b&gt; &amp; <b>&#34;x&#34;</b></p>\n')


def test_names_of_attributes_are_those_of_html() -> None:
    assert element("svg", aria_hidden="true", viewBox="0 0 1 1", stroke_width=1) == (
        "svg", {"aria-hidden": "true", "viewBox": "0 0 1 1", "stroke-width": 1},
    )  # fmt: skip


def test_hidden_characters_are_shown_in_data_and_in_markup() -> None:
    made = element("pre", "a\u202eb\x00")
    assert made == ("pre", 0, "a⟨U+202E⟩b⟨U+0000⟩")
    assert markup(made, "\u200b", None) == "<pre>a⟨U+202E⟩b⟨U+0000⟩</pre>\n⟨U+200B⟩"


def test_as_json_an_element_is_a_list() -> None:
    assert orjson.dumps(element("ol", element("li", "a"), class_="x")) == b'["ol",{"class":"x"},["li",0,"a"]]'


def test_a_text_that_begins_with_a_line_end_keeps_it() -> None:
    assert markup(element("pre", "\na")) == "<pre>\n\na</pre>\n"


def test_an_attribute_without_a_value_is_there() -> None:
    assert markup(element("details", open="")) == '<details open=""></details>\n'
