"""The generated pages: every id is an anchor, and data stay text."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from personomics import load
from personomics.book import catalogue, factor_pages, pages, parts
from personomics.book.dictionary import changes, log
from personomics.dataset import DEFAULT, Dataset
from personomics.html import Markup, tag

MINI = Path(__file__).parent / "data" / "mini"
VOID = {"br", "hr", "img", "input", "link", "meta", "col", "wbr"}
ANCHORS = {
    "factors": ("factors", "factor_id"),
    "articles": ("articles", "article_id"),
    "cases": ("cases", "case_id"),
    "instruments": ("instruments", "instrument_id"),
    "claims": ("claims", "claim_id"),
}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "```\n\n# heading\n\n```{raw} html\n<script>",
    "` `` ```",
    "{{ 7 * 7 }} {{",
    "]]> --> <!-- </section></table>",
    "[x](javascript:alert(1))",
    "ab\u200fcd \u202eevil",
    "a\u2028```\u2029\x85```\x0b\x0c",
    "&lt;b&gt; &amp; &#96;",
    "L" * 4000,
)


class Reader(HTMLParser):
    """Collect ids, links, element names and text; insist on balanced tags."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.levels: list[int] = []
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(markup)
        self.close()
        assert self.open == []

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.names.add(name)
        self.attributes |= {key for key, _ in attrs}
        found = dict(attrs)
        if name == "script" and found.get("type") == "application/json":
            self.names.discard(name)  # data, which nothing runs
        if "id" in found:
            self.ids.append(str(found["id"]))
        if "href" in found:
            self.links.append(str(found["href"]))
        if re.fullmatch("h[1-6]", name):
            self.levels.append(int(name[1]))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        """Close an element, which must be the one opened last."""
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.words += data


def read(page: str) -> tuple[str, str]:
    """Return the text outside and the HTML inside the fences, as Markdown sees them."""
    outside, inside = [], []
    for token in MarkdownIt().parse(page):
        if token.type == "fence":
            assert token.info == "{raw} html"
            inside.append(token.content)
        else:
            assert token.type not in ("html_block", "code_block")
            outside.append(token.content)
    return "\n".join(outside), "\n".join(inside)


@pytest.fixture(scope="module", params=[DEFAULT, MINI], ids=["shipped", "mini"])
def ds(request: pytest.FixtureRequest) -> Dataset:
    """Return one dataset after the other."""
    return load(request.param)


@pytest.fixture(scope="module")
def built(ds: Dataset) -> dict[str, str]:
    """Return all generated pages."""
    return pages.pages(ds)


def change(ds: Dataset, **tables: pd.DataFrame) -> Dataset:
    """Return the data with some tables exchanged."""
    return replace(ds, tables=MappingProxyType({**ds.tables, **tables}))


def test_every_id_is_an_anchor_exactly_once(ds, built):
    """Each factor, article, case, instrument and claim is one anchor of its page."""
    for name, (table, column) in ANCHORS.items():
        ids = Reader(read(built[f"reference/{name}"])[1]).ids
        assert sorted(ids) == sorted(ds[table][column]), name


def test_no_page_repeats_an_id(built):
    """Ids are unique on every page, headings of Markdown included."""
    for name, page in built.items():
        headings = re.findall(r"^#+ (.*)$", page, flags=re.M)
        slugs = [re.sub(r"[^a-z0-9]+", "-", h.lower()).strip("-") for h in headings]
        ids = Reader(read(page)[1]).ids + slugs
        assert len(ids) == len(set(ids)), name


def test_links_within_the_generated_pages_lead_somewhere(ds, built):
    """Every link to a generated page exists, and the place on it that it names."""
    known = {f"{name}.html": set(Reader(read(p)[1]).ids) for name, p in built.items()}
    for name in pages.COLLECTIONS:
        known |= {one.path: set() for one in pages.module(name).documents(ds)}
    for name, page in built.items():
        for url in Reader(read(page)[1]).links:
            # The checklists lead all over the book; their own test follows them.
            # Chapters and files next to the pages are followed by test_book.
            files = r".*\.(svg|png|csv|json)|(\.\.|\.)/(chapters|index|glossary).*"
            if url.startswith("http") or "/prisma-" in name or re.match(files, url):
                continue
            address, _, place = url.partition("#")
            there = posixpath.normpath(posixpath.join(posixpath.dirname(name), address))
            target = there if address else f"{name}.html"
            assert target in known, (name, url)
            # A fragment with a sign of equality is a state of the map.
            assert not place or "=" in place or place in known[target], (name, url)


def test_headings_are_hierarchical(built):
    """A page has one title; entries are third level below a second-level heading."""
    for name, page in built.items():
        outside = [len(m) for m in re.findall(r"^(#+) ", read_headings(page), re.M)]
        assert outside[0] == 1, name
        assert set(outside[1:]) <= {2}, name
        levels = Reader(read(page)[1]).levels
        own = ("map", "apply", "plan", "power", "reference/changes")
        assert set(levels) <= ({2, 3} if name in own else {3}), name
        assert not levels or 2 in outside or 2 in levels, name


def read_headings(page: str) -> str:
    """Return the page without its fences."""
    return re.sub(r"^```\{raw\} html\n.*?\n```$", "", page, flags=re.M | re.S)


@pytest.mark.parametrize(
    "words",
    ["\n".join(HOSTILE[:4]), "\n".join(HOSTILE[4:8]), "\n".join(HOSTILE[8:])],
    ids=["tags and fences", "templates and links", "odd characters"],
)
def test_hostile_text_stays_text(words, tmp_path):
    """Markup, fences, templates and marks of direction in data are only ever text."""
    ds = load(MINI)
    factors, articles, cases = ds["factors"], ds["articles"], ds["cases"]
    unique = [f"{words} {n}" for n in range(len(factors))]
    (tmp_path / "CHANGELOG.md").write_text(f"# Log\n\n## {words}\n- {words}\n", "utf-8")
    evil = change(
        ds,
        factors=factors.assign(label=unique, definition=words, note=words),
        articles=articles.assign(title=words, authors=words, journal=words, note=words,
                                 source_urls="javascript:alert(1)"),
        cases=cases.assign(summary=words, title=words,
                           source_url="javascript:alert(1)"),
        terms=ds["terms"].assign(term=words, place=words),
        claims=ds["claims"].assign(claim=words),
        instruments=ds["instruments"].assign(name=words, loinc=words),
        provenance=ds["provenance"].assign(statement=words),
        raters=ds["raters"].assign(name=words),
    )  # fmt: skip
    evil = replace(evil, home=tmp_path)
    built = pages.pages(evil)
    for name, page in built.items():
        outside, inside = read(page)
        reader = Reader(inside)
        assert not {"script", "img", "iframe"} & reader.names, name
        assert not {a for a in reader.attributes if a.startswith("on")}, name
        assert not [u for u in reader.links if "script:" in u], name
        assert "`" not in inside, name
        assert words not in outside, name
    seen = Reader(read(built["reference/factors"])[1]).words
    assert " ".join(words.split()) in " ".join(seen.split())


def test_raw_cannot_be_closed_from_inside():
    """Backticks, blank lines and odd line breaks do not end the fence."""
    page = parts.raw(tag("p", "a\n```\n\n# b\u2028```"))
    [token] = MarkdownIt().parse(page)
    assert (token.type, token.content.count("&#96;")) == ("fence", 6)
    assert "\n\n" not in page
    assert parts.raw(Markup("")) == ""


def test_deprecated_factors_keep_their_anchor(ds):
    """A factor out of use is still on its page, in a section at the end."""
    factors = ds["factors"]
    status = ["deprecated", *["active"] * (len(factors) - 1)]
    old = change(ds, factors=factors.assign(status=status))
    text = pages.page("Factors", "", catalogue.factors(old))
    key = factors["factor_id"].iloc[0]
    assert text.index("## Deprecated factors") < text.index(f'id="{key}"')


def test_disagreeing_raters_are_told_with_the_reason(ds):
    """Where a rater departs from the consensus, the factor's page says in what."""
    first = ds["factors"].head(1).assign(stability="stable", resolution="because of x")
    factors = pd.concat([first, ds["factors"].iloc[1:]])
    given = ds["factor_ratings"]
    mine = given["factor_id"] == first["factor_id"].iloc[0]
    one = mine & (given["rater_id"] == given["rater_id"].iloc[0])
    labels = given["stability"].mask(mine, "stable").mask(one, "dynamic")
    evil = change(ds, factors=factors, factor_ratings=given.assign(stability=labels))
    body = factor_pages.documents(evil)[0].body
    assert re.search(r"A rater departs from the consensus on: [a-z, ]*stability", body)
    assert "because of x" in body


def test_empty_tables_build_every_page(ds):
    """A dataset without factors, articles, cases or instruments has honest pages."""
    keep = ("codebook", "raters", "provenance", "claims", "inclusion_rules")
    bare = {n: t if n in keep else t.head(0) for n, t in ds.tables.items()}
    built = pages.pages(replace(ds, tables=MappingProxyType(bare)))
    assert "No article is included." in built["reference/articles"]
    assert "No narrative is eligible." in built["reference/cases"]
    assert "These data hold no instruments." in built["reference/instruments"]
    assert "0 active factors" in built["reference/factors"]


def test_data_dictionary_names_every_column(ds, built):
    """Every column, its description and every code of the schema is on the page."""
    words = Reader(read(built["reference/data-dictionary"])[1]).words
    for resource in ds.descriptor["resources"]:
        for field in resource["schema"]["fields"]:
            assert field["name"] in words
            assert field["description"] in words
    for code in ds["codebook"]["code"]:
        assert code in words


def test_change_log_is_shifted_below_the_title(tmp_path, ds):
    """The log's own title goes; its versions become second-level headings."""
    assert log(["# T", "", "## 1", "text", "more", "", "* a", "  b", "* c"]) == Markup(
        "<h2>1</h2>\n<p>text more</p>\n<ul><li>a b</li><li>c</li></ul>"
    )
    [(_, markup)] = changes(replace(ds, home=tmp_path))
    assert "No change log came with these data" in markup
