"""The whole book as one PDF: what is in it, where its links lead, how it is printed."""

import collections
import json
import os
import re
import shutil
import time
from pathlib import Path

import pytest
from lxml import html

from personomics import cli
from personomics.book import chromium, printing
from personomics.book.build import default_site, expected_pages
from personomics.book.site import BuildError

SITE = default_site()
CHROMIUM = next(filter(None, map(shutil.which, chromium.BROWSERS)), None)
in_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
SHEET = Path(__file__).parent.parent / "assets" / "css" / "90-print.css"
FRAME = '<!DOCTYPE html><html><nav><a href="x.html">x</a></nav><article>{}</article>'
FACTORS = """<h1>Factors<a class="headerlink" href="#t">#</a></h1>
<table><tr id="F1"><td>One</td></tr><tr id="F12"><td>Twelve</td></tr></table>"""
CLAIMS = """<section id="top"><h1>Claims</h1>
<p id="C1"><a href="#C1">here</a> <a href="factors.html#F1">row</a>
<a href="../factors/F1-age.html">page</a> <a href="../factors/F1.html">short</a>
<a href="../factors/F12-old-name.html">renamed</a> <a href="../map.html#level=x">map</a>
<a href="../apply.html">apply</a> <a href="../figures/a.svg">file</a>
<a href="nowhere.html">lost</a> <a href="../articles/A-1.html">record</a> <a href="https://example.org/?a=1&amp;b=2#c">web</a>
<a href="javascript:alert(1)">bad</a> <a href="http://[">broken</a></p>
<details name="one"><summary>More</summary><p>Folded words</p></details>
<svg><defs><clipPath id="c"><rect width="1"/></clipPath></defs>
<g clip-path="url(#c)" aria-labelledby="top C1" onload="x()"><a xlink:href="#C1">
<title>Picture</title><text>&lt;script&gt;</text></a></g></svg>
<div class="cell"><details class="admonition hide"><pre>code</pre></details></div>
<script>alert(1)</script><footer class="pc-made">foot</footer></section>"""
#: What each link of that page must be in the document.
LINKS = {
    "here": "#reference-claims--C1",
    "row": "#reference-factors--F1",
    "page": "#factors-F1-age",
    "short": "#factors-F1-age",
    "renamed": "#reference-factors--F12",
    "map": "#chapters-03-concept-map",
    "apply": None,
    "file": None,
    "lost": None,
    "record": "#reference-articles--A-1",
    "web": "https://example.org/?a=1&b=2#c",
    "bad": None,
    "broken": None,
}


@pytest.fixture
def site(tmp_path):
    """Return a site with a page for each entry of the contents, and little in them."""
    root = tmp_path / "site"
    pages = {name: f"<h1>{name}</h1><p id='t'>Words</p>" for name in expected_pages()}
    pages |= {
        "reference/factors.html": FACTORS,
        "reference/claims.html": CLAIMS,
        "reference/articles.html": "<h1>Articles</h1><p id='A-1'>One</p>",
        "factors/F1-age.html": "<h1>Age</h1><h2>Terms</h2><p id='t'>Old</p>",
    }
    for name, content in pages.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        text = FRAME.format(content)
        (root / name).write_text(text, encoding="utf-8")
    forward = '<meta http-equiv="refresh" content="0; url=F1-age.html"><p>Moved'
    (root / "factors" / "F1.html").write_text(forward, encoding="utf-8")
    (root / "_static").mkdir()
    sheet = SHEET.read_text(encoding="utf-8") + "/* </style> */"
    (root / "_static" / "companion.css").write_text(sheet, encoding="utf-8")
    said = {
        "code": "9.9",
        "data": {"title": "Toy “data” </title>", "version": '1.2"\\a'},
        "pages": {"index": {"all_data": True, "digest": "abc123"}},
    }
    (root / "made-from.json").write_text(json.dumps(said), encoding="utf-8")
    return root


def parsed(document):
    """Return a document as a tree."""
    return html.document_fromstring(document)


def dangling(tree):
    """Return the links of a document to places that are not in it."""
    ids = set(tree.xpath("//@id"))
    return {a for a in tree.xpath("//a/@href") if a[0] == "#" and a[1:] not in ids}


def test_links_lead_where_they_should(site):
    """Each kind of link is an anchor of the document, a web address, or plain text."""
    tree = parsed(printing.document(site))
    found = {
        a.text: a.get("href") for a in tree.xpath("//*[@id='reference-claims--C1']/a")
    }
    assert found == LINKS
    assert not dangling(tree)


def test_ids_are_unique(site):
    """Pages that share an id do not share it any more, and references follow."""
    tree = parsed(printing.document(site))
    assert max(collections.Counter(tree.xpath("//@id")).values()) == 1
    group = tree.xpath("//g")[0]
    assert group.get("clip-path") == "url(#reference-claims--c)"
    named = "reference-claims--top reference-claims--C1"
    assert group.get("aria-labelledby") == named
    assert group.xpath(".//a/@*") == ["#reference-claims--C1"]


def test_nothing_runs_and_nothing_is_folded(site):
    """Scripts, handlers and code are gone, folds are open, and text stays text."""
    document = printing.document(site)
    tree = parsed(document)
    assert not tree.xpath("//script | //*[@onload] | //pre | //nav | //footer")
    assert [dict(d.attrib) for d in tree.xpath("//details")] == [{"open": "open"}]
    assert "&lt;script&gt;" in document
    assert "Folded words" in document
    assert tree.xpath("//title")[0].text.startswith("Personomics companion (data 1.2")
    assert len(tree.xpath("//style")) == 1
    assert "default-src 'none'" in tree.xpath("//meta/@content")[0]


def test_order_and_headings(site):
    """Pages stand in the order of the contents; those of single things a step lower."""
    tree = parsed(printing.document(site, "Not the paper’s."))
    kept = [n.removesuffix(".html") for n in expected_pages()]
    kept = [name.replace("/", "-") for name in kept if name not in printing.LEFT_OUT]
    kept.insert(kept.index("reference-factors") + 1, "factors-F1-age")
    pages = tree.xpath("//div[contains(@class, 'pc-page')]")
    assert [page.get("id") for page in pages] == kept
    age = tree.xpath("//*[@id='factors-F1-age']")[0]
    assert [h.tag for h in age.iter("h1", "h2", "h3")] == ["h2", "h3"]
    claims = tree.xpath("//*[@id='reference-claims']")[0]
    assert [h.tag for h in claims.iter("h1", "h2", "h3")] == ["h1"]
    front = tree.xpath("//section[@class='pc-front']")[0].text_content()
    for words in ("version 1.2", "abc123", "personomics 9.9", "Not the paper’s."):
        assert words in front
    contents = tree.xpath("//section[@class='pc-list']")[0].text_content()
    assert "Factors#" not in contents
    assert all(f"{name}.html" in contents for name in printing.LEFT_OUT)


def test_pictures_are_in_the_document(tmp_path):
    """A picture becomes part of the document; one that is not there is left out."""
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    assert printing.embedded(tmp_path / "a.png") == "data:image/png;base64,iVBORw=="
    assert printing.embedded(tmp_path / "b.png") is None
    assert printing.embedded(tmp_path / "a.html") is None


def test_a_site_that_is_not_whole_is_refused(site, tmp_path):
    """A page without content and a folder that is no site are named."""
    (site / "reference" / "cite.html").write_text("<p>x", encoding="utf-8")
    with pytest.raises(BuildError, match=r"cite\.html: has no article"):
        printing.document(site)
    with pytest.raises(BuildError, match="is not a built book"):
        printing.document(tmp_path)


def test_without_chromium(monkeypatch, capsys, tmp_path):
    """Without Chromium the command ends with 1 and one sentence, and builds nothing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("personomics.book.build.build", lambda: pytest.fail("built"))
    assert cli.main(["pdf", "--out", str(tmp_path / "x.pdf")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "install" in err
    assert "Chromium" in err


def stand_in(folder, monkeypatch, script):
    """Put a program in place of Chromium."""
    program = folder / "chromium"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_browser_that_hangs_is_stopped(site, tmp_path, monkeypatch):
    """It and what it started are stopped in time, and the file from before stays."""
    mark = tmp_path / "child"
    stand_in(tmp_path, monkeypatch, f"sleep 60 & echo $! > {mark}; wait")
    (tmp_path / "x.pdf").write_bytes(b"before")
    monkeypatch.setattr(
        printing, "printed", lambda page: chromium.printed(page, seconds=0.5)
    )
    begun = time.monotonic()
    with pytest.raises(BuildError, match=r"stopped after 0\.5 seconds"):
        printing.write(site, tmp_path / "x.pdf")
    assert time.monotonic() - begun < 10
    assert (tmp_path / "x.pdf").read_bytes() == b"before"
    state = Path(f"/proc/{int(mark.read_text())}/stat")
    for _ in range(50):
        if not state.exists() or state.read_text().split()[2] == "Z":
            break
        time.sleep(0.1)
    else:
        pytest.fail("the child is still there")


def test_a_browser_that_fails_is_quoted(tmp_path, monkeypatch):
    """What it said last is in the message, and half a file is no PDF."""
    stand_in(tmp_path, monkeypatch, "echo first >&2; echo no screen >&2; exit 3")
    with pytest.raises(BuildError, match="made no PDF: no screen"):
        chromium.printed("<p>x")
    half = (
        'for a; do case "$a" in --print-to-pdf=*) echo %PDF- > "${a#*=}";; esac; done'
    )
    stand_in(tmp_path, monkeypatch, half)
    with pytest.raises(BuildError, match="made no PDF: it did not say why"):
        chromium.printed("<p>x")


class Pdf:
    """What can be told of a PDF by Chromium without a reader of PDF."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.pages = len(re.findall(rb"/Type /Page\b", data))
        self.bookmarks = [
            title.decode("latin-1")
            for title in re.findall(rb"<</Title \(((?:\\.|[^\\)])*)\)\n/Dest", data)
        ]
        self.addresses = re.findall(rb"/URI \(([^)]*)\)", data)
        self.goals = set(re.findall(rb"/Subtype /Link[^>]*?/Dest /([^\s>]+)", data))
        number = re.search(rb"/Dests (\d+) 0 R", data)
        named = rb"\n" + number[1] + rb" 0 obj\n<<(.*?)>>\nendobj" if number else rb"$^"
        places = re.search(named, data, re.DOTALL)
        self.places = set(re.findall(rb"/(\S+) \[", places[1])) if places else set()


@pytest.mark.browser
@in_chromium
def test_a_small_pdf(site, tmp_path):
    """It is tagged, has a page for each page, bookmarks, and links that lead there."""
    path = printing.write(site, tmp_path / "out" / "x.pdf")
    pdf = Pdf(path.read_bytes())
    shown = len(expected_pages()) - len(printing.LEFT_OUT)
    assert pdf.pages == shown + 2  # title page and contents; F1 follows its list
    assert b"/StructTreeRoot" in pdf.data
    assert b"/Lang (en)" in pdf.data
    assert b"/Marked true" in pdf.data
    named = [n.removesuffix(".html") for n in expected_pages()]
    named = [n for n in named if n not in printing.LEFT_OUT]
    at = named.index("reference/factors")
    named[at : at + 1] = ["Factors", "Age", "Terms"]
    named[named.index("reference/articles")] = "Articles"
    named[named.index("reference/claims")] = "Claims"
    headings = [
        f"{n}.html" if "/" in n or n == "index" else n for n in ("Contents", *named)
    ]
    assert sorted(pdf.bookmarks) == sorted(headings)
    assert pdf.addresses == [b"https://example.org/?a=1&b=2#c"]
    assert pdf.goals
    assert pdf.goals <= pdf.places


@pytest.mark.browser
@in_chromium
def test_the_book_as_pdf(tmp_path, monkeypatch):
    """The book itself prints: every figure as vectors, every link to its place."""
    tree = parsed(printing.document(SITE))
    assert not dangling(tree)
    assert max(collections.Counter(tree.xpath("//@id")).values()) == 1
    chapters = [n for n in expected_pages() if n.startswith("chapters/")]
    for name in chapters:
        content = printing.article(SITE / name)
        key = name.removesuffix(".html").replace("/", "-")
        here = tree.xpath(f"//*[@id='{key}']//figure//svg")
        assert len(here) == len(content.xpath(".//figure//svg"))
    assert not tree.xpath("//figure//img")
    monkeypatch.setattr(printing, "FOLLOWED", {})  # half the pages, in half the time
    path = printing.write(SITE, tmp_path / "book.pdf", "Not the paper’s.")
    pdf = Pdf(path.read_bytes())
    assert pdf.pages > 50
    assert pdf.goals <= pdf.places
    assert all(address.startswith((b"http", b"mailto")) for address in pdf.addresses)
    for place in ("file://", str(tmp_path), str(SITE), str(Path.home())):
        assert place.encode() not in pdf.data
    titles = [
        printing.Volume(SITE).pages[n.removesuffix(".html")].title for n in chapters
    ]
    assert [t for t in pdf.bookmarks if t in titles] == titles


@pytest.mark.browser
@in_chromium
def test_nothing_is_cut_off_on_paper():
    """No table, no figure and no text is wider than the page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        started = tool.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        paper = {"width": 673, "height": 1000}  # A4 less its margins, in CSS pixels
        page = started.new_page(viewport=paper, java_script_enabled=True)
        page.emulate_media(media="print")
        page.set_content(printing.document(SITE))
        wide = page.evaluate(
            "() => [...document.querySelectorAll('table, svg, pre, p, dl, ul')].filter("
            "e => e.getBoundingClientRect().right > innerWidth + 2).map("
            "e => e.closest('.pc-page')?.id + ' ' + e.textContent.slice(0, 60))"
        )
        assert wide == []
        started.close()


def test_the_sheet_prints_the_article_only():
    """Code, navigation and controls are hidden; the sheet names no colour itself."""
    text = SHEET.read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    hidden = re.search(r"([^{}]+)\{ display: none !important; \}", text)[1]
    for name in (".pc-top", ".pc-contents", ".pc-onpage", ".pc-turn", "details.hide"):
        assert name in hidden
    assert not re.search(r"#[0-9a-f]{3,6}\b|\brgb", text)
