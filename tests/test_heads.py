"""Heads, site map and search index of a whole site, with and without an address."""

import json
import re

import pytest

from personomics import schema
from personomics.book import finding, heads
from personomics.book.documents import Document
from personomics.book.things import forward
from personomics.html import Markup

PAGE = (
    "<head><title>{title}</title>\n<!--head-->\n</head><body>"
    '<article class="bd-article"><section id="t"><h1>{title}</h1>'
    "<p>What this page says is long enough to describe it.</p></section></article>"
)
ONE = Document(
    "factors/F-1-age.html", "Age", "Years lived.", Markup("<p>Old.</p>"), "factor",
    "F-1", words=("old age",), about={"@type": "DefinedTerm", "termCode": "F-1"},
    aliases=("factors/F-1.html",),
)  # fmt: skip
PAGES = ["index.html", "map.html"]


@pytest.fixture(params=["", "https://example.org/book/"], ids=["nowhere", "published"])
def site(request, tmp_path):
    """Return a small site that is complete, and its address."""
    (tmp_path / "_static").mkdir()
    (tmp_path / "factors").mkdir()
    for name in (*PAGES, "search.html", ONE.path):
        (tmp_path / name).write_text(PAGE.format(title=name), encoding="utf-8")
    alias = tmp_path / ONE.aliases[0]
    alias.write_text(forward(ONE, request.param), encoding="utf-8")
    heads.finish(tmp_path, PAGES, [ONE], schema.contract(), request.param)
    return tmp_path, request.param


def canonical(path):
    """Return the canonical addresses that a page names."""
    text = path.read_text(encoding="utf-8")
    return re.findall(r'<link rel="canonical" href="([^"]*)"', text)


def test_every_page_names_its_one_address(site):
    """With an address each page has one canonical one, without it none is invented."""
    folder, base = site
    expected = {
        "index.html": base,
        "map.html": f"{base}map.html",
        ONE.path: base + ONE.path,
        ONE.aliases[0]: base + ONE.path,
    }
    for name, address in expected.items():
        assert canonical(folder / name) == ([address] if base else []), name


def test_every_page_describes_itself(site):
    """Each page has one description, its own words, and JSON-LD that can be read."""
    folder, _ = site
    for name in (*PAGES, "search.html", ONE.path):
        text = (folder / name).read_text(encoding="utf-8")
        assert heads.SLOT not in text
        [words] = re.findall(r'<meta name="description" content="([^"]*)"', text)
        opening = "What this page says is long enough to describe it."
        assert words == (ONE.description if name == ONE.path else opening)
        [graph] = re.findall(r'ld\+json">(.*?)</script>', text)
        kind = {"index.html": "WebSite", "map.html": "DefinedTermSet",
                ONE.path: "DefinedTerm"}.get(name, "WebPage")  # fmt: skip
        assert json.loads(graph)["@type"] == kind


def test_the_map_of_the_site_lists_every_page_once(site):
    """The pages and the things, no alias, no search; without an address no map."""
    folder, base = site
    if not base:
        assert not (folder / "sitemap.xml").exists()
        assert not (folder / "robots.txt").exists()
        return
    text = (folder / "sitemap.xml").read_text(encoding="utf-8")
    listed = re.findall("<loc>(.*?)</loc>", text)
    assert listed == [base, f"{base}map.html", base + ONE.path]
    assert f"{base}sitemap.xml" in (folder / "robots.txt").read_text(encoding="utf-8")


def test_the_search_index_is_data(site):
    """The script is a call with JSON: a thing with its other words, then the pages."""
    folder, _ = site
    text = (folder / finding.FOUND).read_text(encoding="utf-8")
    found = json.loads(text.strip().removeprefix("pcFound(").removesuffix(")"))
    assert found[0] == ["factor", "Age", ONE.path, "old age", "Years lived."]
    assert [row[2] for row in found[1:]] == PAGES
