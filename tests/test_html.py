"""No text from the data can break a page."""

from __future__ import annotations

from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from personomics.html import Block, Table, join, link, slug, tag, text

VOID = {"br", "img", "hr", "meta", "link", "input"}
HOSTILE = [
    "<b>bold</b>",
    "</td></tr></table>",
    "<script>alert(1)</script>",
    "a & b &amp; c",
    "\"double\" and 'single'",
    "🧸 \u202eabc",
    "שלום",
    "-->]]>",
    "{{ config }} {% raw %}",
    "$x^2$ `code` :role:`x` [a](b)",
    "x" * 4000,
]


class Reader(HTMLParser):
    """Reads back elements, cells and words, and checks that elements are closed."""

    def __init__(self, page: object) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(str(page))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that opens."""
        assert len({name for name, _ in attrs}) == len(attrs)
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        """Note an element that closes."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note the words of a cell."""
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""), (pd.NA, ""), (float("nan"), ""),
        (3, "3"), (3.0, "3"), (2_500_000.0, "2500000"), (0.25, "0.25"),
        (True, "yes"), (False, "no"), ("<b>", "<b>"), ("", ""),
    ],
)  # fmt: skip
def test_text(value: object, shown: str) -> None:
    """Cells become plain text: missing is empty, whole numbers have no point."""
    assert text(value) == shown


@given(st.text(max_size=40))
def test_tag_escapes_everything(words: str) -> None:
    """Whatever the words, one element with these words comes out."""
    words = words.replace("\r", "").replace("\0", "")
    page = tag("tr", tag("td", words, title=words, class_="x"))
    reader = Reader(page)
    assert reader.tags == {"tr", "td"}
    assert reader.rows == [[words]]
    assert dict(reader.attributes) == {"title": words, "class": "x"}


def test_markup_is_kept() -> None:
    """Markup made by the package is not escaped a second time."""
    assert tag("p", tag("b", "&")) == "<p><b>&amp;</b></p>"
    assert join(["<", Markup("<i>")], " · ") == "&lt; · <i>"
    assert tag("p", "x", id=None, aria_label="a") == '<p aria-label="a">x</p>'


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)",
        "data:text/html,x", "vbscript:x", "java\nscript:alert(1)",
        'https://a.b/" onclick="x', "https://a.b/<b>", "//evil.example/x",
        "/\\evil.example", "ftp://a.b", "", "mailto:a@b.c",
    ],
)  # fmt: skip
def test_unsafe_addresses_are_no_links(url: str) -> None:
    """Only plain web addresses and places of the book become links."""
    assert link(url, "<x>") == "&lt;x&gt;"


@pytest.mark.parametrize(
    "url",
    [
        "https://doi.org/10.1002/(SICI)1-2", "http://a.b/c?d=e&f=g#h", "#F01",
        "../reference/factors.html#F01", "./a.html", "factors.html", "a.html#x",
    ],
)  # fmt: skip
def test_safe_addresses_are_links(url: str) -> None:
    """Web addresses and places of the book are linked as they are."""
    reader = Reader(link(url, "x"))
    assert reader.attributes == [("href", url)]


def test_table_survives_hostile_cells() -> None:
    """Hostile captions, headings, cells and ids give a table with even rows."""
    frame = pd.DataFrame({"a": HOSTILE, "b<": HOSTILE[::-1], "n": range(len(HOSTILE))})
    frame["key"] = HOSTILE
    table = Table(frame, HOSTILE[1], {"a": "<h>"}, anchor="key")
    reader = Reader(table.html())
    assert reader.rows[0] == ["<h>", "B<", "N"]
    assert [row[0] for row in reader.rows[1:]] == HOSTILE
    assert {len(row) for row in reader.rows} == {3}
    assert reader.tags == {
        "div",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    ids = [value for name, value in reader.attributes if name == "id"]
    assert ids == HOSTILE


def test_table_of_the_toy_dataset_is_even(mini: object) -> None:
    """Every table of a dataset with markup in its cells has even rows."""
    for name, frame in mini.tables.items():  # type: ignore[attr-defined]
        rows = Reader(Table(frame, name).html()).rows
        assert {len(row) for row in rows} == {len(frame.columns)}
        assert len(rows) == len(frame) + 1


def test_table_without_rows() -> None:
    """A table without rows keeps its heading."""
    table = Table(pd.DataFrame({"a_b": []}), "None")
    assert Reader(table.html()).rows == [["A b"]]
    assert table.plain() == "None\nA b"


def test_table_shows_numbers_and_renders() -> None:
    """Numbers are marked, rendered cells may be markup, the row header is chosen."""
    frame = pd.DataFrame({"n": [1.0, None], "name": ["x", "y"]})
    page = Table(
        frame, "c", render={"name": lambda v: tag("i", v)}, row_header="name"
    ).html()
    assert '<td class="pc-num">1</td><th scope="row"><i>x</i></th>' in page
    assert '<td class="pc-num"></td>' in page


def test_plain_table_has_one_line_a_row() -> None:
    """In plain text, tabs in a cell cannot shift the columns."""
    table = Table(pd.DataFrame({"a": ["x\ty"], "b": [None]}), "Caption")
    assert table.plain() == "Caption\nA\tB\nx y\t"


def test_block_has_two_forms() -> None:
    """A notebook gets HTML, other readers plain text."""
    shown = Block(Markup("<b>x</b>"), "x")._repr_mimebundle_()
    assert shown == {"text/html": "<b>x</b>", "text/plain": "x"}


@given(st.text())
def test_slug_is_safe(words: str) -> None:
    """A slug holds small letters, digits and single hyphens, whatever it is made of."""
    made = slug(words)
    assert made == slug(made)
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not made.startswith("-")
    assert "--" not in made
