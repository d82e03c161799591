"""Say in words what differs between two notebooks and their outputs."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from personomics.book.grids import Difference, Grid, digests, tables
from personomics.tables import shown

GLUE = "application/papermill.record/text/plain"
#: Said of pictures whose numbers are the same.
DRAWING = "only the drawing differs (code, fonts, versions of libraries, or a hand)"


@dataclass(frozen=True)
class Drawing:
    """A drawing in an output: its figure, text alternative, words and source."""

    figure: str = ""
    alt: str = ""
    words: str = ""
    source: str = ""


#: Stands where one side has no drawing.
NONE = Drawing()


@dataclass
class Parts:
    """An HTML output taken apart; tables and drawings carry their figure's name."""

    tables: list[tuple[str, Grid]] = field(default_factory=list)
    drawings: list[Drawing] = field(default_factory=list)
    text: str = ""


def words_of(element: Any) -> str:
    """Return the words of an element with single blanks."""
    return " ".join(element.text_content().split())


def take_apart(html: str) -> Parts:
    """Return the tables, the drawings and the other words of an HTML output.

    Raises
    ------
    ValueError
        If it cannot be read.
    """
    from lxml import etree
    from lxml import html as reader

    try:
        root: Any = reader.fragment_fromstring(html, create_parent="div")
    except etree.LxmlError as error:
        raise ValueError(str(error)) from error
    found = Parts()
    for table in list(root.iter("table")):
        found.tables.append((figure_of(table), grid(table, reader.tostring)))
        table.drop_tree()
    for picture in list(root.iter("svg")):
        alt = picture.attrib.pop("aria-label", "")
        source = reader.tostring(picture, encoding="unicode", with_tail=False)
        words = words_of(picture)
        found.drawings.append(Drawing(figure_of(picture), alt, words, source))
        picture.drop_tree()
    found.text = words_of(root)
    return found


def figure_of(element: Any) -> str:
    """Return the name of the figure that an element stands in, or nothing."""
    ids = [str(parent.get("id", "")) for parent in element.iterancestors()]
    return next((i.removeprefix("fig-") for i in ids if i.startswith("fig-")), "")


def grid(table: Any, serialised: Any) -> Grid:
    """Read an HTML table."""
    caption = "".join(words_of(c) for c in table.iter("caption"))
    rows = [[words_of(cell) for cell in row if cell.tag in ("th", "td")]
            for row in table.iter("tr")]  # fmt: skip
    headed = bool(list(table.iter("thead"))) and bool(rows)
    headings = rows.pop(0) if headed else []
    source = serialised(table, encoding="unicode", with_tail=False)
    return Grid(caption, headings, rows, source)


def html(place: str, kept: str, here: str) -> list[Difference]:
    """Return what differs between two HTML outputs, tables first."""
    if kept == here:
        return []
    try:
        old, new = take_apart(kept), take_apart(here)
    except ValueError:
        return [Difference(place, "", "cannot be read as HTML", kept, here)]
    found: list[Difference] = []
    for one, two in zip_longest(old.tables, new.tables):
        if one and two:
            found += tables(place + table_name(*one), one[1], two[1])
        else:
            name, rows = one or two
            lost = ("", None) if one else (None, "")
            found.append(Difference(place + table_name(name, rows), "", "", *lost))
    data = bool(found)
    for one, two in zip_longest(old.drawings, new.drawings, fillvalue=NONE):
        found += drawings(place, one, two, data=data)
    if old.text != new.text:
        found.append(Difference(place, "text", "", old.text, new.text))
    what = "its words and tables are the same, its markup differs"
    return found or [Difference(place, "", what, kept, here)]


def table_name(figure: str, rows: Grid) -> str:
    """Return what follows the cell in the place of a table."""
    if figure:
        return f", figure {shown(figure)}"
    return f", table {shown(rows.caption)}" if rows.caption else ", table"


def drawings(
    place: str, kept: Drawing, here: Drawing, *, data: bool
) -> Iterator[Difference]:
    """Yield what differs between two drawings; only the words, where the data do."""
    name = kept.figure or here.figure
    where = place + (f", figure {shown(name)}" if name else ", drawing")
    if kept is NONE or here is NONE:
        lost = (None, "") if kept is NONE else ("", None)
        yield Difference(where, "", "", *lost)
        return
    if kept.alt != here.alt:
        yield Difference(where, "text alternative", "", kept.alt, here.alt)
    if data or kept.source == here.source:
        return
    if kept.words != here.words:
        yield Difference(where, "words in it", "", kept.words, here.words)
    else:
        sums = digests(kept.source, here.source)
        yield Difference(where, "", DRAWING + ", SHA-256", **sums)


def notebooks(kept: Any, here: Any) -> list[Difference]:
    """Return what differs between two notebooks, cell by cell."""
    found: list[Difference] = []
    pairs = zip_longest(kept.cells, here.cells)
    for number, (one, two) in enumerate(pairs, 1):
        place = f"cell {number}"
        if one is None or two is None:
            lost = (None, "") if one is None else ("", None)
            found.append(Difference(place, "", "", *lost))
            continue
        kind = "code" if one.cell_type == "code" else "text"
        if one.cell_type != two.cell_type:
            found.append(
                Difference(place, "kind of cell", "", one.cell_type, two.cell_type)
            )
        elif one.source != two.source:
            what = f"the {kind} differs"
            found.append(Difference(place, "", what, one.source, two.source))
        found += outputs(place, one.get("outputs", []), two.get("outputs", []))
    return found


def outputs(place: str, kept: list[Any], here: list[Any]) -> Iterator[Difference]:
    """Yield what differs between the outputs of a cell, its numbers by name."""
    ours, theirs = numbers(kept), numbers(here)
    for name in [*ours, *(n for n in theirs if n not in ours)]:
        one, two = ours.get(name), theirs.get(name)
        if one != two:
            yield Difference(place, f"number {shown(name)}", "", one, two)
    rest = [[o for o in side if not is_number(o)] for side in (kept, here)]
    for position, (one, two) in enumerate(zip_longest(*rest), 1):
        where = place if max(map(len, rest)) == 1 else f"{place}, output {position}"
        if one is None or two is None:
            lost = (None, plain(two)) if one is None else (plain(one), None)
            yield Difference(where, "output", "", *lost)
        else:
            yield from bundles(where, bundle(one), bundle(two))


def bundles(
    place: str, kept: dict[str, str], here: dict[str, str]
) -> Iterator[Difference]:
    """Yield what differs between two outputs; as plain text only if nothing else."""
    found = False
    for kind in sorted({*kept, *here}, key=lambda k: (k == "text/plain", k)):
        one, two = kept.get(kind), here.get(kind)
        if one == two or (found and kind == "text/plain"):
            continue
        found = True
        if kind == "text/html" and one is not None and two is not None:
            yield from html(place, one, two)
        else:
            yield Difference(place, NAMES.get(kind, kind), "", one, two)


NAMES = {"text/plain": "plain text", "text/html": "HTML"}


def is_number(output: Any) -> bool:
    """Say whether an output is a number for the prose."""
    return GLUE in output.get("data", {})


def numbers(outputs: list[Any]) -> dict[str, str]:
    """Return the numbers for the prose by name."""
    found = {}
    for output in filter(is_number, outputs):
        name = output.get("metadata", {}).get("scrapbook", {}).get("name", "")
        found[str(name)] = unquoted(str(output["data"][GLUE]))
    return found


def unquoted(words: str) -> str:
    """Return a text without the quotation marks of Python.

    >>> unquoted("'132'"), unquoted("132"), unquoted("'")
    ('132', '132', "'")
    """
    try:
        value = ast.literal_eval(words)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return words
    return value if isinstance(value, str) else words


def bundle(output: Any) -> dict[str, str]:
    """Return what an output holds, as text by kind."""
    if output.output_type == "stream":
        return {f"printed on {output.get('name', '')}": str(output.get("text", ""))}
    if output.output_type == "error":
        words = f"{output.get('ename', '')}: {output.get('evalue', '')}"
        return {"error": words}
    return {
        str(kind): value if isinstance(value, str) else json.dumps(value)
        for kind, value in output.get("data", {}).items()
    }


def plain(output: Any) -> str:
    """Return the words of an output that only one side has."""
    held = bundle(output)
    return held.get("text/plain") or " ".join(held.values())


def counts(notebook: Any) -> dict[str, int]:
    """Return how many outputs, tables, figures and numbers a notebook shows."""
    found = dict.fromkeys(("outputs", "tables", "figures", "numbers"), 0)
    for cell in notebook.cells:
        made = cell.get("outputs", [])
        own = numbers(made)
        found["numbers"] += len(own)
        found["outputs"] += sum(not is_number(output) for output in made)
        for output in made:
            held = str(output.get("data", {}).get("text/html", ""))
            shows = len(FIGURE.findall(held))
            found["figures"] += shows
            found["tables"] += max(0, held.count("<table") - shows)
    return found


#: The beginning of a figure in an output, with its name.
FIGURE = re.compile(r'<figure\b[^>]*\sid="fig-([^"]+)"')


def figures(notebook: Any) -> set[str]:
    """Return the names of the figures that a notebook shows."""
    return {
        name
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for name in FIGURE.findall(str(output.get("data", {}).get("text/html", "")))
    }
