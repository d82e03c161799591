"""How the book hangs together: tables, functions, figures, pages, as recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from personomics.book.lineage_draw import Graph, Part, shown
from personomics.book.lineage_record import (
    Made,
    Places,
    address,
    anchors,
    drawings,
    figure_address,
    figure_link,
    functions,
    inputs,
    label,
    ordered,
    page_address,
    page_link,
    reach,
    read,
    short,
    table_address,
    table_link,
    uses,
)
from personomics.book.parts import Sections, card, facts, meta
from personomics.book.parts import page as markdown
from personomics.html import Markup, Table, escape, join, link, tag
from personomics.words import clean, counted

TITLE = "How the book hangs together"
INTRO = """\
While a page of this book is made, it is noted which tables of the data it reads, which
figures stand on it and which function draws each. This page is written from that record
and from nothing else: nothing in it was declared by hand. What a table holds is told in
the [data dictionary](data-dictionary.md)."""
EMPTY = "No page of this book is on record yet, so there is nothing to show."
SHARED = "Names that share a box have the same lines."
DRAWN = "Tables and files →", "Functions →", "Figures →", "Page"


def page(provenance: Mapping[str, Any]) -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    provenance : mapping
        What was recorded while the book was made, as in ``made-from.json``: ``code``
        and ``data`` (title, version), and under ``pages`` for each page ``source``,
        ``tables``, ``files``, ``modules``, ``all_data`` and ``figures`` (name to
        ``function`` and ``tables``).

    Examples
    --------
    >>> page({"pages": {}}).splitlines()[0]
    '# How the book hangs together'
    """
    made = read(provenance)
    if not made:
        return markdown(TITLE, INTRO, [("", tag("p", EMPTY))])
    sections: Sections = [
        ("What moves if a table changes", moves(made)),
        ("From tables to figures to pages", overview(made)),
        ("Page by page", page_cards(made)),
        ("Check it", check(provenance)),
    ]
    return markdown(TITLE, INTRO, sections)


# What moves if a table changes ------------------------------------------------


def moves(made: Sequence[Made]) -> Markup:
    """Return for each table what uses it: as a matrix, then in words."""
    names = inputs(made)
    idle = [page for page in made if not page.inputs]
    without = meta("No data stand behind:", join(map(page_link, idle), " · "))
    if not names:
        nothing = "No page on record uses a table of the data."
        return tag("p", nothing) + without
    where = anchors("data", names)
    entries = [move_entry(made, name, where[name]) for name in names]
    whole = [page_link(page) for page in made if page.whole]
    others = [" but pages that show the digest of all data (", join(whole, ", "), ")"]
    first = "If a table changes, the pages and figures in its row may change, no other"
    last = ". Below the matrix the same is told in words, table by table."
    rule = tag("p", join([first, *(others if whole else []), last]))
    listing = tag("div", join(entries, "\n"), class_="pc-folds")
    return join([rule, matrix(made, where), without if idle else "", listing], "\n")


def matrix(made: Sequence[Made], where: Mapping[str, str]) -> Markup:
    """Return tables by pages, a dot where the one uses the other."""
    import pandas as pd

    cards = anchors("page", [page.name for page in made])
    columns = {f"p{i}": page for i, page in enumerate(made) if page.inputs}
    frame = pd.DataFrame(
        {key: list(where) for key in ("table", "pages", "figures", *columns)}
    )

    def used(page: Made, name: str) -> Markup:
        if name not in page.inputs:
            return Markup("")
        count = len(page.behind(name))
        told = f"used, behind {counted(count, 'figure')}" if count else "used"
        return tag("span", f"●{count or ''}", role="img", aria_label=told)

    table = Table(
        frame,
        "Which page uses which table. ● the page uses it; ●2 it also stands behind two "
        "of the page’s figures.",
        {
            "pages": "Pages in all",
            "figures": "Figures in all",
            **{k: link(f"#{cards[p.name]}", label(p.name)) for k, p in columns.items()},
        },
        {
            "table": lambda name: link(f"#{where[name]}", clean(name)),
            "pages": lambda name: reach(made, name)[0],
            "figures": lambda name: reach(made, name)[1],
            **{key: partial(used, page) for key, page in columns.items()},
        },
    )
    return tag("div", table.html(), class_="pc-matrix")


def move_entry(made: Sequence[Made], name: str, anchor: str) -> Markup:
    """Return the pages and figures that use a table, folded below its name."""
    pages = [page for page in made if name in page.inputs]
    figures = [
        join([figure_link(page, figure), f" ({label(page.name)})"])
        for page in pages
        for figure in page.behind(name)
    ]
    told = facts(
        {
            "Pages": join(map(page_link, pages), " · "),
            "Figures": join(figures, " · ") or "none",
            "Look up": table_link(made, name),
        }
    )
    nouns = zip(reach(made, name), ("page", "figure"), strict=True)
    count = ", ".join(counted(number, noun) for number, noun in nouns)
    summary = tag("summary", join([tag("code", clean(name)), f": {count}"]))
    return tag("section", tag("details", summary + told), class_="pc-card", id=anchor)


# Graphs -----------------------------------------------------------------------


def overview(made: Sequence[Made]) -> Markup:
    """Return the graph of every figure, and the same as a table."""
    found = drawings(made)
    if not found:
        return tag("p", "No figure is on record.")
    drawn = [page for page in made if page.figures]
    behind = ordered(t for p in drawn for f in p.figures for t in f.tables)
    told = (
        f"{counted(len(behind), 'table')} lead to {counted(len(found), 'figure')} on "
        f"{counted(len(drawn), 'page')}."
    )
    if behind:
        most = max(behind, key=lambda table: len(uses(found, table)))
        number = counted(len(uses(found, most)), "figure")
        told += f" {clean(most)} stands behind the most, {number}."
    others = [clean(name) for name in inputs(made) if name not in behind]
    if others:
        told += f" No figure uses {', '.join(others)}."
    how = (
        "Point at a box, or reach its name with the tab key, and the lines that leave "
        "it stand out."
    )
    title = "From tables to figures to pages"
    graph = overview_graph(found, drawn, behind)
    picture = shown(graph, "graph-all", title, told, told, how, SHARED)
    return picture + figure_table(made, found)


def overview_graph(
    found: Mapping[str, Places], drawn: Sequence[Made], behind: Sequence[str]
) -> Graph:
    """Return the graph from tables to figures to pages."""
    edges = set()
    for name, places in found.items():
        for page, figure in places:
            edges |= {(f"t {table}", f"f {name}") for table in figure.tables}
            edges.add((f"f {name}", f"p {page.name}"))
    figures = [
        Part(f"f {name}", clean(name), short(*functions(places)),
             figure_address(places[0][0].name, name))
        for name, places in found.items()
    ]  # fmt: skip
    columns = {
        "Tables →": [Part(f"t {t}", clean(t), href=table_address(t)) for t in behind],
        "Figures, and what draws them →": figures,
        "Pages": [page_part(page, f"p {page.name}") for page in drawn],
    }
    return Graph(columns, edges)


def page_part(page: Made, key: str) -> Part:
    """Return a page as part of a graph."""
    return Part(key, label(page.name), href=page_address(page.name))


def file_part(name: str) -> Part:
    """Return a file that is no table as part of a graph: its name, then its folder."""
    folder, _, short_name = clean(name).rpartition("/")
    return Part(f"t {name}", short_name, f"in {folder}" if folder else "", dashed=True)


def breakable(function: str) -> Markup:
    """Return "module:function" so that a line may end between the two."""
    return Markup(":<wbr>").join(function.split(":"))


def figure_table(made: Sequence[Made], found: Mapping[str, Places]) -> Markup:
    """Return the figures with their functions, tables, pages and files, as a table."""
    import pandas as pd

    def tables(name: str) -> Markup:
        names = ordered(t for _, figure in found[name] for t in figure.tables)
        return join([table_link(made, t) for t in names], ", ") or escape("none")

    def files(name: str) -> Markup:
        kinds = ("svg", "png", "csv")
        links = [link(address(f"../figures/{{}}.{k}", name), k.upper()) for k in kinds]
        return join(links, " · ")

    keys = ("figure", "function", "tables", "pages", "files")
    table = Table(
        pd.DataFrame({key: list(found) for key in keys}),
        "The figures of the book, the same as a table",
        {"function": "Drawn by", "tables": "Tables behind it", "pages": "Stands on"},
        {
            "figure": lambda name: figure_link(*found[name][0]),
            "function": lambda name: breakable(short(*functions(found[name]))),
            "tables": tables,
            "pages": lambda name: join([page_link(p) for p, _ in found[name]], ", "),
            "files": files,
        },
    )
    return tag("details", tag("summary", "Show as a table") + table.html())


def page_graph(page: Made) -> Graph:
    """Return the graph of one page; tables behind no figure lead straight to it."""
    edges = set()
    for drawn in page.figures:
        edges |= {(f"t {t}", f"d {drawn.function}") for t in drawn.tables}
        edges.add((f"d {drawn.function}", f"f {drawn.name}"))
        edges.add((f"f {drawn.name}", "page"))
    direct = [name for name in page.inputs if not page.behind(name)]
    edges |= {(f"t {name}", "page") for name in direct}
    made_by = ordered(drawn.function for drawn in page.figures)
    columns = (
        [Part(f"t {t}", clean(t), href=table_address(t)) for t in page.tables]
        + [file_part(name) for name in page.files],
        [Part(f"d {f}", short(f)) for f in made_by],
        [Part(f"f {f.name}", clean(f.name), href=figure_address(page.name, f.name))
         for f in page.figures],
        [page_part(page, "page")],
    )  # fmt: skip
    return Graph(dict(zip(DRAWN, columns, strict=True)), edges)


# Page by page -----------------------------------------------------------------


def page_cards(made: Sequence[Made]) -> Markup:
    """Return what every page was made from."""
    entries = join([page_card(made, page) for page in made], "\n")
    return tag("div", entries, class_="pc-made-of")


def page_card(made: Sequence[Made], page: Made) -> Markup:
    """Return what one page was made from, and its graph if it has figures."""
    anchor = anchors("page", [p.name for p in made])[page.name]
    drawn = [
        join([figure_link(page, f), " by ", tag("code", short(f.function))])
        for f in page.figures
    ]
    told = facts(
        {
            "Source": tag("code", clean(page.source)),
            "Tables": join([table_link(made, t) for t in page.tables], ", ") or "none",
            "Other files": join(map(clean, page.files), ", "),
            "Figures": join(drawn, " · "),
            "Modules": join([tag("code", short(m)) for m in page.modules], ", "),
        }
    )
    parts = [told]
    if page.figures:
        graph = page_graph(page)
        title = f"{label(page.name)}: from tables to the page"
        dashed = "Dashed: a file that is no table." if page.files else ""
        alt = page_alt(page)
        parts.append(
            tag(
                "details",
                tag("summary", f"Graph of {counted(len(page.figures), 'figure')}")
                + shown(graph, f"graph-{anchor}", title, alt, SHARED, dashed),
            )
        )
    return card(anchor, page_link(page), *parts)


def page_alt(page: Made) -> str:
    """Return the graph of a page in words."""
    lines = []
    for drawn in page.figures:
        names = ", ".join(map(clean, drawn.tables)) or "no table"
        lines.append(f"{clean(drawn.name)} is drawn from {names}.")
    direct = [clean(name) for name in page.inputs if not page.behind(name)]
    if direct:
        lines.append(f"Straight to the page, without a figure: {', '.join(direct)}.")
    return " ".join(lines)


def check(provenance: Mapping[str, Any]) -> Markup:
    """Return versions, the record itself, and how to hold a figure against its data."""
    data = provenance.get("data", {})
    versions = facts(
        {
            "Data": clean(f"{data.get('title', '')} {data.get('version', '')}"),
            "Code": clean(provenance.get("code", "")),
            "Record": link("../made-from.json", "made-from.json"),
        }
    )
    digest = (
        "The digest at the foot of a page is the SHA-256 of the data behind it: it "
        "changes with them, and with no other data."
    )
    sums = join(
        [
            "Every picture names in its metadata the function that drew it and the "
            "SHA-256 of the CSV file with its numbers; ",
            tag("code", "sha256sum"),
            " of that file must give the same.",
        ]
    )
    return versions + tag("p", digest) + tag("p", sums)
