"""How the book hangs together: what was recorded is shown, all of it and no more."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from markdown_it import MarkdownIt

from personomics import load
from personomics.book import dictionary, lineage
from personomics.book.lineage_draw import Graph, Part, draw

MINI = Path(__file__).resolve().parent / "data" / "mini"
LINKS = re.compile(
    r"#[a-z0-9-]+|\.\./made-from\.json|data-dictionary\.html#table-[\w-]+"
    r"|\.\./figures/[\w-]+\.(svg|png|csv)|\.\./[\w/-]+\.html(#fig-[\w-]+)?"
)
SIZE = "10"  # of the names; small print is smaller


def made(source: str, tables: str, figures: dict[str, Any], files: str = "") -> Any:
    """Return one page as recorded."""
    return {
        "source": source,
        "tables": tables.split(),
        "files": files.split(),
        "modules": ["personomics.cases", "personomics.html"],
        "all_data": False,
        "figures": figures,
    }


def figure(function: str, tables: str) -> dict[str, Any]:
    """Return one figure as recorded."""
    return {"function": f"personomics.{function}", "tables": tables.split()}


MAP = {"the-map": figure("map:map_figure", "codes factors")}
RECORD = {
    "code": "0.2.0",
    "data": {"title": "Invented data", "version": "9.1"},
    "pages": {
        "reference/cite": made("reference/cite.md", "", {}),
        "index": made("index.md", "factors codes claims", MAP),
        "chapters/03-map": made("chapters/03-map.ipynb", "codes factors", MAP),
        "chapters/01-search": made(
            "chapters/01-search.ipynb",
            "articles codes raters screening",
            {
                "flow": figure("prisma:flow_figure", "articles screening"),
                "verdicts": figure("screening:verdict_figure", "screening articles"),
                "trial-run": figure("rehearse:run_figure", ""),
            },
            "search/strategy.toml",
        ),
        "reference/factors": made("personomics.book.x:factors", "factors codes", {}),
    },
}
#: By hand from RECORD: every line of the picture of all figures.
ALL_LINES = {
    ("codes", "the-map"), ("factors", "the-map"), ("articles", "flow"),
    ("screening", "flow"), ("articles", "verdicts"), ("screening", "verdicts"),
    ("the-map", "Start page"), ("the-map", "Chapter 3: map"),
    ("flow", "Chapter 1: search"), ("verdicts", "Chapter 1: search"),
    ("trial-run", "Chapter 1: search"),
}  # fmt: skip
SEARCH_LINES = {
    ("articles", "prisma:flow_figure"), ("screening", "prisma:flow_figure"),
    ("articles", "screening:verdict_figure"),
    ("screening", "screening:verdict_figure"),
    ("prisma:flow_figure", "flow"), ("screening:verdict_figure", "verdicts"),
    ("rehearse:run_figure", "trial-run"),
    ("flow", "Chapter 1: search"), ("verdicts", "Chapter 1: search"),
    ("trial-run", "Chapter 1: search"), ("codes", "Chapter 1: search"),
    ("raters", "Chapter 1: search"), ("strategy.toml", "Chapter 1: search"),
}  # fmt: skip
#: By hand from RECORD: the pages and figures of each table or file.
MOVES = {
    "articles": ({"chapters/01-search"}, {"flow", "verdicts"}),
    "claims": ({"index"}, set()),
    "codes": (
        {"chapters/01-search", "index", "chapters/03-map", "reference/factors"},
        {"the-map"},
    ),
    "factors": ({"index", "chapters/03-map", "reference/factors"}, {"the-map"}),
    "raters": ({"chapters/01-search"}, set()),
    "screening": ({"chapters/01-search"}, {"flow", "verdicts"}),
    "search/strategy.toml": ({"chapters/01-search"}, set()),
}


def parsed(text: str) -> Any:
    """Return the HTML of a page's sections, under one element."""
    fences = [t.content for t in MarkdownIt().parse(text) if t.type == "fence"]
    return html.fragment_fromstring("".join(fences), create_parent="main")


def words(element: Any) -> str:
    """Return the words of an element."""
    return " ".join(element.text_content().split())


def boxes(svg: Any) -> dict[str, list[str]]:
    """Return the names in every box of a picture."""
    found = {}
    for group in svg.iter("g"):
        lines = [t for t in group.iter("text") if t.get("font-size") == SIZE]
        found[group.get("data-node")] = [words(line) for line in lines]
    return found


def lines_of(svg: Any) -> Counter[tuple[str, str]]:
    """Return every line of a picture, name to name, and how often it is drawn."""
    inside = boxes(svg)
    ends = [(p.get("data-from"), p.get("data-to")) for p in svg.iter("path")]
    pairs = (itertools.product(inside[a], inside[b]) for a, b in ends)
    return Counter(itertools.chain.from_iterable(pairs))


def picture(page: Any, anchor: str) -> Any:
    """Return the picture of one figure of the page."""
    return page.get_element_by_id(anchor).find(".//svg")


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [("graph-all", ALL_LINES), ("graph-page-chapters-01-search", SEARCH_LINES)],
)
def test_each_line_of_the_record_is_drawn_once_and_no_other(anchor, expected):
    """The lines of a picture, read from its SVG, are those worked out by hand."""
    found = lines_of(picture(parsed(lineage.page(RECORD)), anchor))
    assert found == Counter(expected)


def test_lists_and_matrix_say_what_moves_with_each_table():
    """Pages and figures of each table are those worked out by hand, twice over."""
    page = parsed(lineage.page(RECORD))
    matrix = page.find_class("pc-matrix")[0].find(".//table")
    heads = [words(th) for th in matrix.findall("thead/tr/th")]
    rows = {words(tr.find("th")): tr.findall("td") for tr in matrix.iter("tr")}
    assert set(rows) - {"Table"} == set(MOVES)
    for table, (pages, figures) in MOVES.items():
        numbers = [int(words(td)) for td in rows[table][:2]]
        assert numbers == [len(pages), len(figures)]
        used = zip(heads[3:], rows[table][2:], strict=True)
        dots = {head for head, td in used if "●" in words(td)}
        assert dots == {lineage.label(name) for name in pages}
        entry = page.get_element_by_id(
            f"data-{table.replace('/', '-').replace('.', '-')}"
        )
        linked = {a.get("href") for a in entry.iter("a")}
        places = {re.sub(r"\.\./|\.html", "", h) for h in linked if "figures/" not in h}
        assert {p for p in places if "#" not in p} == pages
        assert {p.split("#fig-")[1] for p in places if "#fig-" in p} == figures
    assert "behind 2 figures" in rows["articles"][3].find("span").get("aria-label")
    behind = [p for p in page.iter("p") if words(p).startswith("No data stand behind")]
    assert [words(p) for p in behind] == ["No data stand behind: Cite"]


def test_every_page_has_its_inputs():
    """A page's entry names tables, files, figures, functions and modules."""
    page = parsed(lineage.page(RECORD))
    entry = page.get_element_by_id("page-chapters-01-search")
    told = dict(
        zip(map(words, entry.iter("dt")), map(words, entry.iter("dd")), strict=True)
    )
    assert told == {
        "Source": "chapters/01-search.ipynb",
        "Tables": "articles, codes, raters, screening",
        "Other files": "search/strategy.toml",
        "Figures": "flow by prisma:flow_figure · trial-run by rehearse:run_figure · "
        "verdicts by screening:verdict_figure",
        "Modules": "cases, html",
    }
    assert picture(page, "graph-page-index") is not None
    assert not page.get_element_by_id("page-reference-cite").findall(".//svg")


def test_the_table_of_figures_says_what_the_picture_says():
    """Figure, function, tables, pages and files stand in one row."""
    page = parsed(lineage.page(RECORD))
    tables = [t for t in page.iter("table") if "Drawn by" in words(t)]
    rows = [[words(cell) for cell in tr] for tr in tables[0].findall("tbody/tr")]
    files = "SVG · PNG · CSV"
    assert rows == [
        ["flow", "prisma:flow_figure", "articles, screening",
         "Chapter 1: search", files],
        ["the-map", "map:map_figure", "codes, factors",
         "Start page, Chapter 3: map", files],
        ["trial-run", "rehearse:run_figure", "none", "Chapter 1: search", files],
        ["verdicts", "screening:verdict_figure", "articles, screening",
         "Chapter 1: search", files],
    ]  # fmt: skip


def test_links_lead_to_places_of_the_allowed_forms_only():
    """Links go to pages, figures, files and tables; ids are unique and are there."""
    page = parsed(lineage.page(RECORD))
    links = [a.get("href") for a in page.iter("a")]
    assert [link for link in links if not LINKS.fullmatch(link)] == []
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links if link[0] == "#"} <= set(ids)
    for wanted in (
        "../chapters/01-search.html#fig-flow", "../figures/flow.csv", "../index.html",
        "data-dictionary.html#table-articles", "../made-from.json",
    ):  # fmt: skip
        assert wanted in links
    assert [link for link in links if "strategy" in link] == [
        "#data-search-strategy-toml"
    ]


def test_links_to_tables_meet_the_anchors_of_the_dictionary():
    """For another dataset, each table's link is an anchor of its data dictionary."""
    ds = load(MINI)
    written = "".join(str(markup) for _, markup in dictionary.sections(ds))
    names = " ".join(ds.tables)
    record = {"pages": {"index": made("index.md", names, {})}}
    found = re.findall(r'data-dictionary\.html#([^"]+)"', lineage.page(record))
    assert set(found) == {f"table-{name}" for name in ds.tables}
    assert all(f'id="{anchor}"' in written for anchor in found)


def test_hostile_names_stay_text():
    """Names made of markup, fences and addresses are shown and do nothing."""
    bad = [
        "<b>bold</b>",
        "```",
        '"><script>x</script>',
        "javascript:alert(1)",
        "..//evil",
    ]
    bad += ["{raw} html", "a\u2028b\x07", "[x](javascript:1)", "\\N \\l"]
    pages = {
        name: {
            "source": name, "tables": bad, "files": [f"{n}.x" for n in bad],
            "modules": bad, "all_data": True,
            "figures": {f"{n}!": {"function": n, "tables": bad} for n in bad},
        }
        for name in bad
    }  # fmt: skip
    text = lineage.page({"code": bad[0], "data": {"title": bad[2]}, "pages": pages})
    kinds = [t.type for t in MarkdownIt().parse(text)]
    assert kinds.count("fence") == 4
    assert kinds.count("heading_open") == 5
    page = parsed(text)
    assert not [e.tag for e in page.iter("b", "script", "i", "img")]
    assert not [a for e in page.iter() for a in e.attrib if a.startswith("on")]
    assert {a.get("href") for a in page.iter("a") if a.get("href")[0] != "#"} == {
        "../made-from.json"
    }
    drawn = set(itertools.chain(*boxes(picture(page, "graph-all")).values()))
    for name in ("<b>bold</b>", "```", '"><script>x</script>', "\\N \\l"):
        assert name in drawn
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("pages", "sentence"),
    [
        ({}, "No page of this book is on record yet"),
        ({"index": made("index.md", "", {})}, "No page on record uses a table"),
        ({"index": made("index.md", "codes", {})}, "No figure is on record."),
    ],
)
def test_what_is_missing_is_said_in_words(pages, sentence):
    """An empty record, one without tables and one without figures say so."""
    page = parsed(lineage.page({"pages": pages}))
    assert sentence in words(page)
    assert not page.findall(".//svg")


def turned(value: Any) -> Any:
    """Return a record with every mapping and list the other way round."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(v) for v in reversed(value)] if isinstance(value, list) else value


def test_the_order_of_the_record_moves_no_byte():
    """The same record in another order, or read again, gives the same page."""
    assert lineage.page(turned(RECORD)) == lineage.page(RECORD)


def test_colours_follow_the_scheme_and_small_screens_scroll():
    """Every colour is a variable of the palette; each picture has a box and a name."""
    page = parsed(lineage.page(RECORD))
    found = page.findall(".//svg")
    assert len(found) == 4
    for svg in found:
        source = html.tostring(svg, encoding="unicode")
        assert re.sub(r"var\(--pc-[a-z-]+, #[0-9a-f]{6}\)", "", source).count("#") == (
            source.count("#fig-") + source.count("#table-")
        )
        box = svg.getparent()
        assert (box.get("class"), box.get("tabindex")) == ("pc-picture", "0")
        assert svg.get("role") == "group"
        assert len(svg.get("aria-label")) > 20
        assert box.get("aria-label")


NAMES = st.sampled_from("abcdefgh")


@settings(max_examples=25, deadline=None)
@given(
    left=st.sets(st.tuples(NAMES, NAMES)),
    right=st.sets(st.tuples(NAMES, NAMES)),
    past=st.sets(st.tuples(NAMES, NAMES)),
)
def test_shared_boxes_lose_no_line_and_make_none_up(left, right, past):
    """Of any three columns, what is drawn is what was given; boxes do not touch."""
    columns = {
        heading: [Part(f"{heading}{n}", f"{heading}{n}") for n in "abcdefgh"]
        for heading in "xyz"
    }
    edges = {(f"x{a}", f"y{b}") for a, b in left}
    edges |= {(f"y{a}", f"z{b}") for a, b in right}
    edges |= {(f"x{a}", f"z{b}") for a, b in past}
    svg = html.fragment_fromstring(draw(Graph(columns, edges))[0])
    assert lines_of(svg) == Counter(edges)
    rects = {g.get("data-node"): rectangle(g) for g in svg.iter("g")}
    for one, other in itertools.combinations(rects.values(), 2):
        apart = [one[i + 2] <= other[i] or other[i + 2] <= one[i] for i in (0, 1)]
        assert any(apart)
    for path in svg.iter("path"):
        points = re.findall(r"([\d.]+),([\d.]+)", path.get("d"))
        start, end = rects[path.get("data-from")], rects[path.get("data-to")]
        assert float(points[0][0]) == pytest.approx(start[2], abs=1)
        assert float(points[-1][0]) == pytest.approx(end[0], abs=1)
        assert start[1] < float(points[0][1]) < start[3]
        assert end[1] < float(points[-1][1]) < end[3]


def rectangle(group: Any) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a box."""
    sizes = [float(group.find("rect").get(k)) for k in ("x", "y", "width", "height")]
    return sizes[0], sizes[1], sizes[0] + sizes[2], sizes[1] + sizes[3]


def test_pages_that_change_with_all_data_are_named():
    """A page that shows the digest of everything is told of, with a link."""
    pages = {**RECORD["pages"], "reference/cite": made("reference/cite.md", "", {})}
    assert "digest of all data" not in lineage.page({**RECORD, "pages": pages})
    pages["reference/cite"]["all_data"] = True
    text = lineage.page({**RECORD, "pages": pages})
    there = '(<a href="../reference/cite.html">Cite</a>)'
    assert f"pages that show the digest of all data {there}" in text
