"""What pages say of themselves: descriptions, previews, schema.org, site map."""

from __future__ import annotations

import io
import json
import re
import struct
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from site_server import SITE, every_page, graphs

from personomics import Dataset
from personomics.book import metadata, schema_org, social
from personomics.book.documents import Document
from personomics.book.record import ROOT
from personomics.html import Markup

BASE = "https://example.org/book"
HOSTILE = "</script><script>alert(1)</script> \"q\" 'a' & \u202e 😀"

#: Types of schema.org (release 12.0) with what they are kinds of.
TYPES = {
    "Thing": (),
    "CreativeWork": ("Thing",),
    "WebSite": ("CreativeWork",),
    "WebPage": ("CreativeWork",),
    "CollectionPage": ("WebPage",),
    "Dataset": ("CreativeWork",),
    "Article": ("CreativeWork",),
    "ScholarlyArticle": ("Article",),
    "Book": ("CreativeWork",),
    "Periodical": ("CreativeWork",),
    "DefinedTermSet": ("CreativeWork",),
    "MediaObject": ("CreativeWork",),
    "DataDownload": ("MediaObject",),
    "Intangible": ("Thing",),
    "DefinedTerm": ("Intangible",),
    "PropertyValue": ("Intangible",),
    "Organization": ("Thing",),
    "Person": ("Thing",),
}
#: Properties of schema.org (release 12.0) by the types that have them.
PROPERTIES = {
    "Thing": "name description url identifier alternateName sameAs subjectOf "
    "mainEntityOfPage",
    "CreativeWork": "about abstract author citation creator dateCreated dateModified "
    "datePublished encodingFormat genre hasPart headline inLanguage "
    "isAccessibleForFree isBasedOn isPartOf keywords learningResourceType license "
    "mainEntity mentions position publisher version",
    "Dataset": "distribution measurementTechnique variableMeasured",
    "Article": "articleSection pageEnd pageStart pagination",
    "MediaObject": "contentUrl",
    "DefinedTermSet": "hasDefinedTerm",
    "DefinedTerm": "inDefinedTermSet termCode",
    "PropertyValue": "propertyID value measurementTechnique",
    "Person": "familyName givenName",
}
ADDRESSES = {"url", "license", "contentUrl", "sameAs"}


def kinds(name: str) -> set[str]:
    """Return a type with everything that it is a kind of."""
    return {name}.union(*(kinds(parent) for parent in TYPES[name]))


def faults(node: Any, place: str = "") -> Iterator[str]:
    """Yield what schema.org does not know, empty values and relative addresses."""
    if isinstance(node, list):
        for one in node:
            yield from faults(one, place)
    elif isinstance(node, dict):
        name = node.get("@type")
        if name not in TYPES:
            yield f"{place}: no type {name}"
            return
        known = {p for k in kinds(name) for p in PROPERTIES.get(k, "").split()}
        for key, value in node.items():
            if key not in known and not key.startswith("@"):
                yield f"{place}: {name} has no {key}"
            if value in ("", [], {}, None):
                yield f"{place}: {key} of {name} is empty"
            if key in ADDRESSES and isinstance(value, str):
                if not re.match(r"https?://", value):
                    yield f"{place}: {key} is {value}"
            elif isinstance(value, dict | list):
                yield from faults(value, f"{place}/{key}")


class Head(HTMLParser):
    """Reads the metadata of a page as a browser would."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.meta: dict[str, list[str]] = {}
        self.canonical: list[str] = []
        self.scripts: list[str] = []
        self.title = ""
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element of the head."""
        found = {key: value or "" for key, value in attrs}
        if tag == "meta" and (name := found.get("name") or found.get("property")):
            self.meta.setdefault(name, []).append(found.get("content", ""))
        if tag == "link" and found.get("rel") == "canonical":
            self.canonical.append(found["href"])
        if tag == "script":
            self.inside = "script"
            self.scripts.append("")
        if tag == "title" and not self.title:
            self.inside = "title"

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a script or a title."""
        if tag in ("script", "title"):
            self.inside = ""

    def handle_data(self, data: str) -> None:
        """Collect the title and the scripts."""
        if self.inside == "script":
            self.scripts[-1] += data
        elif self.inside == "title":
            self.title += data


def factor(key: str, label: str) -> Document:
    """Return the page of an invented factor."""
    about = {"@type": "DefinedTerm", "name": label, "termCode": key}
    path = f"factors/{key}-x.html"
    return Document(path, label, "A factor.", Markup(""), "factor", key, about=about)


@pytest.fixture(scope="module")
def citation() -> dict[str, Any]:
    """Return CITATION.cff."""
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def test_description_is_the_first_paragraph_of_running_text() -> None:
    """Titles, captions, folds, tables and very short paragraphs are passed over."""
    body = (
        "<h1>Cases</h1><p>Short.</p><figure><p>Words of a figure, long enough to be "
        "one.</p></figure><div class='admonition'><p class='admonition-title'>A title "
        "that is long enough to be mistaken</p><p>Some <em>patients</em> &amp; their\n"
        " doctors changed what had been planned.</p></div><p>More words that follow "
        "later on the page.</p>"
    )
    expected = "Some patients & their doctors changed what had been planned."
    assert metadata.description(body) == expected
    assert metadata.description("<h1>T</h1><p>One.</p><p>Two.</p>") == "One. Two."
    assert metadata.description("<p></p>") == ""


def test_description_is_cut_between_words() -> None:
    """At most 160 characters are left, and the last one is a whole word."""
    found = metadata.description("<p>" + "considerable " * 40 + "</p>")
    assert 140 < len(found) <= 160
    assert found.removesuffix(" …").endswith("considerable")
    assert len(metadata.description("x" * 4000)) == 160


def test_head_escapes_everything() -> None:
    """Hostile words come back from the page as they went in and open no script."""
    about = {"@type": "WebPage", "keywords": HOSTILE}
    text = metadata.head(
        "map", HOSTILE, HOSTILE, base=BASE, about=about, image="_static/social.png"
    )
    head = Head(str(text))
    said = HOSTILE.replace("\u202e ", " ")  # invisible marks are left out
    assert head.meta["og:title"] == [metadata.clean(HOSTILE)]
    assert said.split()[0] in head.meta["description"][0]
    assert len(head.scripts) == 1
    assert json.loads(head.scripts[0])["keywords"] == HOSTILE


@pytest.mark.parametrize(
    ("page", "there", "picture"),
    [
        ("index", "", "_static/social.png"),
        ("map", "map.html", "_static/social.png"),
        ("factors/F1-age.html", "factors/F1-age.html", "../_static/social.png"),
    ],
)
def test_addresses(page: str, there: str, picture: str) -> None:
    """With an address of the site all are whole; without, none is made up."""
    given = {"image": "_static/social.png"}
    with_base = Head(str(metadata.head(page, "T", "Words.", base=BASE, **given)))
    whole = f"{BASE}/{there}"
    assert with_base.canonical == with_base.meta["og:url"] == [whole]
    assert with_base.meta["og:image"] == [f"{BASE}/_static/social.png"]
    assert json.loads(with_base.scripts[0])["url"] == whole
    for base in ("", "javascript:alert(1)", "book/"):
        found = Head(str(metadata.head(page, "T", "Words.", base=base, **given)))
        assert found.canonical == []
        assert "og:url" not in found.meta
        assert "url" not in json.loads(found.scripts[0])
        assert found.meta["og:image"] == [picture]


def test_dataset(ds: Dataset, citation: dict[str, Any]) -> None:
    """The data dictionary has what search engines for data ask for, from the data."""
    found = schema_org.graph(
        schema_org.DICTIONARY, ds.descriptor, citation=citation, base=BASE,
        files=["data/factors.csv"],
    )  # fmt: skip
    assert list(faults(found)) == []
    assert found["name"] == ds.descriptor["title"]
    assert 50 <= len(found["description"]) <= 5000
    assert found["version"] == ds.version
    assert found["license"] == ds.descriptor["licenses"][0]["path"]
    assert [c["name"] for c in found["creator"]] == [
        a["name"] for a in citation["authors"]
    ]
    assert found["citation"]["url"].endswith(f"/{ds.paper['pmid']}/")
    assert found["distribution"][0]["contentUrl"] == f"{BASE}/data/factors.csv"
    measured = {one["name"] for one in found["variableMeasured"]}
    assert {"factors.stability", "instruments.brief"} <= measured
    assert "factors.factor_id" not in measured
    unpublished = schema_org.graph(
        schema_org.DICTIONARY, ds.descriptor, files=["data/factors.csv"]
    )
    assert "distribution" not in unpublished
    assert "creator" not in unpublished


@pytest.mark.parametrize("page", ["map", "reference/factors"])
def test_set_of_terms(mini: Dataset, page: str) -> None:
    """Pages that list the factors name each with its code and where it is told."""
    pages = [factor("F1", "Age"), factor("F2", HOSTILE)]
    other = Document("cases/k.html", "K", "", Markup(""), "case", "k")
    found = schema_org.graph(page, mini.descriptor, [*pages, other], base=BASE)
    assert found["@type"] == "DefinedTermSet"
    assert list(faults(found)) == []
    terms = found["hasDefinedTerm"]
    assert [t["termCode"] for t in terms] == ["F1", "F2"]
    assert terms[0]["url"] == f"{BASE}/factors/F1-x.html"
    apart = schema_org.graph(page, mini.descriptor, pages)
    assert all("url" not in t for t in apart["hasDefinedTerm"])


def test_other_pages(mini: Dataset, citation: dict[str, Any]) -> None:
    """A chapter is an article of the book, the front page the site, others pages."""
    data = mini.descriptor
    chapter = schema_org.graph("chapters/04-cases", data)
    assert (chapter["@type"], chapter["position"]) == ("Article", 4)
    assert chapter["isPartOf"]["@type"] == "Book"
    front = schema_org.graph("index", data, citation=citation)
    assert front["@type"] == "WebSite"
    other = schema_org.graph("reference/cite", data)
    for page, about in (("chapters/04-cases", chapter), ("index", front), ("x", other)):
        head = Head(str(metadata.head(page, "T", "Words.", base=BASE, about=about)))
        whole = json.loads(head.scripts[0])
        assert whole["@context"] == "https://schema.org"
        assert list(faults(whole)) == []
        assert whole["name"] == "T"
    assert other == {}


def test_a_paper_without_a_record_is_not_made_up() -> None:
    """No PubMed record, no licence and no author in the data: none on the page."""
    data = {"title": "T", "version": "1", "description": "D", "resources": []}
    for page in ("index", schema_org.DICTIONARY, "map", "chapters/01-x"):
        text = json.dumps(schema_org.graph(page, data))
        assert "pubmed" not in text
        assert "license" not in text
        assert "creator" not in text
    odd = {**data, "licenses": [{"path": "javascript:alert(1)"}],
           "personomics:paper": {"pmid": "1/../x"}}  # fmt: skip
    assert "javascript" not in json.dumps(schema_org.graph("index", odd))
    assert "about" not in schema_org.graph("index", odd)


def test_sitemap_and_robots() -> None:
    """Both need the address of the site; a parser reads every page back."""
    assert metadata.sitemap(["index"], "") is None
    assert metadata.robots("") is None
    pages = ["index", "map", "cases/a&b.html"]
    text = metadata.sitemap(pages, BASE)
    assert text is not None
    places = [e.text for e in ElementTree.fromstring(text.encode()).iter()
              if e.tag.endswith("}loc")]  # fmt: skip
    assert places == [f"{BASE}/", f"{BASE}/map.html", f"{BASE}/cases/a&b.html"]
    assert f"Sitemap: {BASE}/sitemap.xml" in str(metadata.robots(BASE))


def test_picture(ds: Dataset, mini: Dataset) -> None:
    """The picture is 1200 by 630, light, the same each time, and shows the data."""
    first = social.picture(ds)
    assert first == social.picture(ds)
    assert first != social.picture(mini)
    assert struct.unpack(">II", first[16:24]) == (1200, 630)
    assert len(first) <= 120_000
    from PIL import Image

    assert Image.open(io.BytesIO(first)).convert("RGB").getpixel((5, 600)) == (255,) * 3


def test_built_pages_describe_themselves() -> None:
    """Each page has a title, a description, a picture and valid JSON-LD, each once."""
    pages = [page for page in every_page() if page != "search.html"]
    assert len(pages) > 10
    titles: dict[str, str] = {}
    for page in pages:
        head = Head((SITE / page).read_text(encoding="utf-8"))
        assert head.title not in titles, (page, titles.get(head.title))
        titles[head.title] = page
        (words,) = head.meta["description"]
        assert 20 <= len(words) <= 160, page
        for name in ("og:title", "og:type", "og:image", "og:image:alt", "twitter:card"):
            (value,) = head.meta[name]
            assert value, (page, name)
        picture = head.meta["og:image"][0]
        if not picture.startswith("http"):
            assert ((SITE / page).parent / picture).is_file(), page
        (found,) = graphs(SITE, page)
        assert list(faults(found, page)) == []


def test_built_pages_are_described_by_what_they_are() -> None:
    """The data, the terms, the chapters and the front page have their types."""
    expected = {
        "index.html": "WebSite",
        "map.html": "DefinedTermSet",
        "reference/factors.html": "DefinedTermSet",
        "reference/data-dictionary.html": "Dataset",
        "chapters/01-search.html": "Article",
    }
    for page, kind in expected.items():
        assert graphs(SITE, page)[0]["@type"] == kind, page
    kinds = {
        graphs(SITE, page)[0]["@type"] for page in every_page() if "factors/" in page
    }
    assert kinds == {"DefinedTerm"}
