"""What differs between two notebooks, in words: hand-made outputs, expected lines."""

from __future__ import annotations

import copy
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personomics.book import compare, grids
from personomics.book.grids import Difference, Grid, apart, read_csv, tables

TABLE = (
    '<div class="pc-table"><table><caption>Narratives</caption><thead><tr>'
    '<th scope="col">Narrator</th><th scope="col">Year</th>'
    '<th scope="col">Adaptation</th></tr></thead><tbody>'
    '<tr><th scope="row">Ekua</th><td>2019</td><td><a href="x.html">dose</a></td></tr>'
    '<tr><th scope="row">Jörg &amp; Ana</th><td>2020</td><td>setting</td></tr>'
    "</tbody></table></div>"
)
FIGURE = (
    '<figure id="fig-ages"><div><svg aria-label="Two bars." viewBox="0 0 9 9">'
    "<path d='M1 2'/><text>old</text></svg></div>"
    "<figcaption>Ages</figcaption><details><div class='pc-table'><table>"
    "<caption>Ages: the same numbers</caption><thead><tr><th>Age</th><th>N</th></tr>"
    "</thead><tbody><tr><th>old</th><td>3</td></tr></tbody></table></div></details>"
    "</figure>"
)


def book(*cells: Any) -> Any:
    """Return a notebook: a text is prose, a pair is code with its outputs."""
    made = []
    for one in cells:
        if isinstance(one, str):
            made.append(nbformat.v4.new_markdown_cell(one))
        else:
            made.append(nbformat.v4.new_code_cell(one[0], outputs=list(one[1:])))
    return nbformat.v4.new_notebook(cells=made)


def shows(html: str, plain: str = "…") -> Any:
    """Return an output that shows HTML."""
    data = {"text/html": html, "text/plain": plain}
    return nbformat.v4.new_output("execute_result", data)


def number(name: str, value: str) -> Any:
    """Return an output that keeps a number for the prose."""
    meta = {"scrapbook": {"name": name, "mime_prefix": "application/papermill.record/"}}
    data = {compare.GLUE: repr(value)}
    return nbformat.v4.new_output("display_data", data, metadata=meta)


def lines(kept: Any, here: Any, word: str = "committed") -> list[str]:
    """Return the differences of two notebooks as lines."""
    return [one.line(word) for one in compare.notebooks(kept, here)]


def html_lines(kept: str, here: str) -> list[str]:
    """Return the differences of two notebooks that show one output each."""
    return lines(
        book("Hi", ("show()", shows(kept))), book("Hi", ("show()", shows(here)))
    )


def test_the_same_notebook_has_no_differences() -> None:
    """A notebook does not differ from a copy of itself."""
    one = book("# Cases", ("show()", shows(TABLE), number("n", "5")))
    assert lines(one, copy.deepcopy(one)) == []


def test_a_cell_of_a_table_is_named_by_row_and_column() -> None:
    """The cell, the caption, the row, the column and both values are said."""
    there = TABLE.replace(">dose<", ">goal<").replace("2020", "2021")
    assert html_lines(TABLE, there) == [
        "cell 2, table 'Narratives', row 'Ekua', column 'Adaptation': "
        "committed 'dose', here 'goal'",
        "cell 2, table 'Narratives', row 'Jörg & Ana', column 'Year': "
        "committed '2020', here '2021'",
    ]


def test_a_row_on_one_side_only_is_said_with_its_words() -> None:
    """Rows that are missing or new are shown, and no other row is blamed for it."""
    gone = TABLE.replace(
        '<tr><th scope="row">Ekua</th><td>2019</td>'
        '<td><a href="x.html">dose</a></td></tr>', "",
    )  # fmt: skip
    assert gone != TABLE
    assert html_lines(TABLE, gone) == [
        "cell 2, table 'Narratives', row 'Ekua': "
        "committed 'Ekua · 2019 · dose', not here"
    ]
    assert html_lines(gone, TABLE) == [
        "cell 2, table 'Narratives', row 'Ekua': "
        "here 'Ekua · 2019 · dose', not committed"
    ]


def test_columns_and_captions_that_differ_are_said() -> None:
    """A heading on one side only is a column there, a caption is a caption."""
    there = TABLE.replace(">Year<", ">When<").replace("Narratives", "Stories")
    assert html_lines(TABLE, there) == [
        "cell 2, table 'Narratives', caption: committed 'Narratives', here 'Stories'",
        "cell 2, table 'Narratives', column 'Year': committed, not here",
        "cell 2, table 'Narratives', column 'When': here, not committed",
    ]


def test_a_link_that_differs_is_markup() -> None:
    """Equal words with another link are not the same."""
    (line,) = html_lines(TABLE, TABLE.replace("x.html", "y.html"))
    assert line.startswith(
        "cell 2, table 'Narratives': its words are the same, its markup differs (comm"
    )
    assert "x.html" in line
    assert "y.html" in line


def test_rows_of_one_name_are_paired_by_likeness() -> None:
    """Of two rows named alike, the one changed is named with its place."""
    kept = Grid("", ["Who", "What", "N"], [["a", "x", "1"], ["a", "y", "2"]])
    here = Grid("", ["Who", "What", "N"], [["a", "y", "3"], ["a", "x", "1"]])
    assert [one.line() for one in tables("t", kept, here)] == [
        "t, row 'a' (row 2), column 'N': committed '2', here '3'"
    ]


def test_a_renamed_row_is_one_row() -> None:
    """A row that only changed its name is a changed cell."""
    kept = Grid("", ["Who", "N", "M"], [["Ekua", "1", "2"]])
    here = Grid("", ["Who", "N", "M"], [["Ekwa", "1", "2"]])
    assert [one.line() for one in tables("t", kept, here)] == [
        "t, row 'Ekua', column 'Who': committed 'Ekua', here 'Ekwa'"
    ]


def test_rows_in_another_order_are_said() -> None:
    """The same rows in another order are not the same table."""
    kept = Grid("", ["Who"], [["a"], ["b"]])
    here = Grid("", ["Who"], [["b"], ["a"]])
    assert [one.line() for one in tables("t", kept, here)] == [
        "t: its rows stand in another order"
    ]


def test_a_figure_is_explained_by_the_numbers_behind_it() -> None:
    """Where the numbers differ, the drawing that follows from them is not blamed."""
    there = FIGURE.replace("<td>3</td>", "<td>4</td>").replace("M1 2", "M1 3")
    assert html_lines(FIGURE, there) == [
        "cell 2, figure 'ages', row 'old', column 'N': committed '3', here '4'"
    ]


def test_a_drawing_alone_is_said_with_both_digests() -> None:
    """Equal numbers and another path: only the drawing differs."""
    (line,) = html_lines(FIGURE, FIGURE.replace("M1 2", "M1 3"))
    assert line.startswith("cell 2, figure 'ages': only the drawing differs (code, ")
    one, two = line.split("committed '")[1].split("', here '")
    assert len(one) == len(two.rstrip("')")) == 12
    assert one != two.rstrip("')")


def test_words_and_text_alternatives_of_a_drawing_are_compared() -> None:
    """What a drawing says and what is said of it are shown as words."""
    there = FIGURE.replace("<text>old", "<text>new").replace("Two bars", "One bar")
    assert html_lines(FIGURE, there) == [
        "cell 2, figure 'ages', text alternative: committed 'Two bars.', "
        "here 'One bar.'",
        "cell 2, figure 'ages', words in it: committed 'old', here 'new'",
    ]


def test_numbers_of_the_prose_are_compared_by_name() -> None:
    """A number is named; one that is gone or new is said to be."""
    kept = book(("glue()", number("included", "25"), number("gone", "1")))
    here = book(("glue()", number("included", "26"), number("new", "2")))
    assert lines(kept, here, "released") == [
        "cell 1, number 'included': released '25', here '26'",
        "cell 1, number 'gone': released '1', not here",
        "cell 1, number 'new': here '2', not released",
    ]


def test_code_and_prose_that_differ_are_told_apart() -> None:
    """Another source is said to be code or text, and both are shown."""
    kept, here = book("Hello", ("a = 1",)), book("Hallo", ("a = 2",))
    assert lines(kept, here) == [
        "cell 1: the text differs (committed 'Hello', here 'Hallo')",
        "cell 2: the code differs (committed 'a = 1', here 'a = 2')",
    ]
    assert lines(book("Hello"), book("Hello", "more")) == [
        "cell 2: here, not committed"
    ]


def test_other_outputs_are_compared_as_text() -> None:
    """Printed words, errors and lost outputs are said; equal twins are not repeated."""
    printed = nbformat.v4.new_output("stream", name="stdout", text="1")
    other = nbformat.v4.new_output("stream", name="stdout", text="2")
    assert lines(book(("p()", printed)), book(("p()", other))) == [
        "cell 1, printed on stdout: committed '1', here '2'"
    ]
    assert lines(book(("p()", printed)), book(("p()",))) == [
        "cell 1, output: committed '1', not here"
    ]
    one, two = shows("<p>a</p>", "a"), shows("<p>b</p>", "b")
    assert lines(book(("p()", one)), book(("p()", two))) == [
        "cell 1, text: committed 'a', here 'b'"
    ]
    two = shows("<p>a</p>", "b")
    assert lines(book(("p()", one)), book(("p()", two))) == [
        "cell 1, plain text: committed 'a', here 'b'"
    ]


def test_hostile_words_cannot_reach_the_terminal() -> None:
    """A control character in a caption or a value is spelled out, on one line."""
    bad = TABLE.replace("dose", "\x1b[2Jx").replace("Narratives", "A\u202eB")
    for line in html_lines(TABLE.replace("Narratives", "A\u202eB"), bad):
        assert line.isprintable()


@pytest.mark.parametrize("odd", ["", "<", "\ud800", "<table>", "<?xml version='1.0'?>",
                                 "a\0b", "<svg>" * 500, "<table><tr><td>"])  # fmt: skip
def test_damaged_html_is_still_compared(odd: str) -> None:
    """Whatever the HTML is, two texts that are not equal differ."""
    assert compare.html("cell 1", TABLE, odd)
    assert compare.html("cell 1", odd, odd) == []


CELLS = st.lists(
    st.lists(st.sampled_from("abc"), min_size=2, max_size=2), max_size=6
)  # fmt: skip


@given(CELLS, CELLS)
def test_tables_are_equal_if_and_only_if_nothing_differs(
    left: list[list[str]], right: list[list[str]]
) -> None:
    """No difference is made up and none is missed, whatever the rows."""
    found = tables("t", Grid("", ["A", "B"], left), Grid("", ["A", "B"], right))
    assert bool(found) == (left != right)


def test_long_values_are_cut_to_where_they_part() -> None:
    """Of two long texts the place where they part is shown."""
    one, two = apart("word " * 50 + "cat", "word " * 50 + "dog")
    assert one.endswith("cat'")
    assert two.endswith("dog'")
    assert len(one) < 30


def test_what_is_shown_is_counted() -> None:
    """Outputs, tables, figures and numbers are counted, a figure's table not twice."""
    one = book("x", ("f()", shows(TABLE), number("n", "1")), ("g()", shows(FIGURE)))
    assert compare.counts(one) == {
        "outputs": 2,
        "tables": 1,
        "figures": 1,
        "numbers": 1,
    }
    assert compare.figures(one) == {"ages"}


def test_a_csv_file_is_read_as_a_table() -> None:
    """Headings, quoted cells and lines come out; what is no UTF-8 is refused."""
    made = read_csv(b'who,n\n"a, b",1\n')
    assert (made.headings, made.rows) == (["who", "n"], [["a, b", "1"]])
    with pytest.raises(ValueError, match="utf-8"):
        read_csv(b"\xff")
    with pytest.raises(ValueError, match="end of data"):
        read_csv(b'"a')


def test_a_difference_says_what_and_where() -> None:
    """Values, one-sided values and plain statements each read as a sentence."""
    assert (
        Difference("p", "i", "w", "a", "b").line()
        == "p, i: w (committed 'a', here 'b')"
    )
    assert Difference("p", "", "w").line() == "p: w"
    assert grids.digests("a", b"b")["kept"] == "ca978112ca1b"
