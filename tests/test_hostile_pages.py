"""Hostile text in the data is text on every page: no script, link or broken page."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import MINI, Folder
from lxml import html
from site_server import (
    CHROMIUM,
    COLLECTIONS,
    every_page,
    graphs,
    opened,
    pause,
    served,
    single_pages,
    top_pages,
)

from personomics.book import build

SCRIPT = "</script><script>window.harm=1;alert(1)</script><img src=x onerror=alert(2)>"
ADDRESS = (
    "javascript:window.harm=2 [go](javascript:alert(3)) <a href='javascript:0'>x</a>"
)
QUOTES = (
    "\"'`´ &quot; &lt;b&gt; ```{raw} html {{ map }} @body@ <!--head--> ${1} $x^2$ *a*"
)
TURNED = "שלום \u202eright to left\u202c سمعة \u200f"
SMILES = "👩🏽‍⚕️ 🧸 🏳️‍🌈 e\u0301"
LONG = "W" * 2000 + " " + "wide words " * 180
HARM = "harm"
#: Where the words go: file, column, and the row's text before it.
PLACES = {
    "factors.csv": ("label", "definition"),
    "articles.csv": ("title", "journal", "authors"),
    "cases.csv": ("title", "summary", "adaptation"),
    "case_items.csv": ("item",),
    "instruments.csv": (
        "name", "abbreviation", "minutes_text", "licence", "recall_period", "reporter",
    ),
    "questions.csv": ("question", "reason", "study"),
    "progress_plus.csv": ("reason",),
    "terms.csv": ("term",),
    "raters.csv": ("name",),
}  # fmt: skip
KINDS = (SCRIPT, ADDRESS, QUOTES, TURNED, SMILES, LONG)
pytestmark = [
    pytest.mark.book,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


def spoilt(folder: Folder) -> None:
    """Put every kind of hostile text into every place, in turns."""
    new: dict[str, str] = {}
    for file, columns in PLACES.items():
        rows = folder.read(file)
        limit = 11 if file == "terms.csv" else 1000
        for number in range(2, len(rows) + 1):
            for place, column in enumerate(columns):
                words = KINDS[(number + place) % len(KINDS)].split()
                cell = " ".join([str(number), *words[:limit]])[:4000].strip()
                new[rows[number - 1][rows[0].index(column)]] = cell
                folder.set(file, number, **{column: cell})
    told = folder.read("history.csv")  # it names the labels of today
    kept = [[new.get(cell, cell) if cell else cell for cell in row] for row in told[1:]]
    folder.write("history.csv", [told[0], *kept])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the book from the spoilt dataset, once."""
    place = tmp_path_factory.mktemp("hostile")
    shutil.copytree(MINI, place / "data")
    folder = Folder(place / "data")
    spoilt(folder)
    assert folder.problems() == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERSONOMICS_DATA", str(place / "data"))
        build.build(place / "html")
    return place / "html"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Serve that site on this machine."""
    with served(site) as found:
        yield found


def test_the_source_holds_no_foreign_element(site: Path) -> None:
    """No page has a script, handler or address that the data brought along."""
    pages = every_page(site)
    assert {page.partition("/")[0] for page in pages} >= {*COLLECTIONS, "reference"}
    for page in pages:
        tree = html.document_fromstring((site / page).read_text(encoding="utf-8"))
        for script in tree.xpath("//script"):
            if script.get("type") not in ("application/json", "application/ld+json"):
                assert HARM not in (script.text or ""), page
        handlers = [a for a in tree.xpath("//@*") if a.attrname.startswith("on")]
        assert handlers == [], page
        links = tree.xpath("//@href | //@src | //@action")
        odd = [a for a in links if re.match(r"\s*(javascript|data|vbscript):", a, re.I)]
        assert odd == [], page
        assert len(graphs(site, page)) <= 1


def test_the_words_are_there(site: Path) -> None:
    """Every kind of text stands on the pages as it stands in the data."""
    shown = ""
    for page in every_page(site):
        tree = html.document_fromstring((site / page).read_text(encoding="utf-8"))
        shown += " ".join(tree.xpath("string(//main)").split()) + "\n"
    for words in ("<script>window.harm=1;alert(1)</script>", "javascript:window.harm=2",
                  "```{raw} html {{ map }} @body@ <!--head-->", "🏳️‍🌈", "שלום",
                  "W" * 1990):  # fmt: skip
        assert words in shown, words[:40]


def pages_to_open(site: Path) -> list[str]:
    """Return every page of the book and of single things."""
    return [*top_pages(site), *(p for c in COLLECTIONS for p in single_pages(c, site))]


OVERFLOW = """() => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  return wide <= 0 ? [] : [wide, ...[...document.querySelectorAll("body *")]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1
      && !e.closest(".pc-table, .pc-picture, pre, table"))
    .slice(0, 4).map(e => e.tagName + "." + e.getAttribute("class"))] }"""


def test_pages_open_and_stay_in_shape(browser: Any, address: str, site: Path) -> None:
    """No dialog, error, foreign script or sideways scroll on a phone, folds open."""
    found: dict[str, object] = {}
    for name in pages_to_open(site):
        with opened(browser, address, name, 390) as (page, wrong):
            page.evaluate(
                "for (const e of document.querySelectorAll('details')) e.open = true"
            )
            faults = [*wrong, *page.evaluate(OVERFLOW)]
            if page.evaluate("window.harm") is not None or faults:
                found[name] = faults
    assert found == {}


def test_scripts_show_the_words_as_words(browser: Any, address: str) -> None:
    """Search, cards and the map write hostile labels as text, too."""
    with opened(browser, address, "index.html", 390) as (page, wrong):
        page.locator(".pc-search").click()
        field = page.locator("dialog input[type=search]")
        for words in ("alert", "javascript", "שלום", "WWWW"):
            field.fill(words)
            page.locator("dialog .pc-hits li, dialog [role=status]").first.wait_for()
            pause(page, 150)
            assert page.locator("dialog script, dialog img").count() == 0
        assert page.evaluate(OVERFLOW) == []
        assert page.evaluate("window.harm") is None
        assert wrong == []
    for view in ("map", "nested", "matrix", "table"):
        state = f"map.html#view={view}&q=alert"
        with opened(browser, address, state, 1280) as (page, wrong):
            assert page.evaluate("window.harm") is None
            assert page.evaluate(OVERFLOW) == []
            assert wrong == []
