"""The reporting checklists: whole, honest, and every place is really there."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from personomics import load
from personomics.book import checklists, pages
from personomics.dataset import DEFAULT, Dataset

ROOT = Path(__file__).resolve().parent.parent
MINI = ROOT / "tests" / "data" / "mini"
SITE = ROOT / "_build" / "html"
NAMES = [page.rpartition("/")[2] for page in pages.CHECKLISTS]
#: Items of PRISMA 2020 with parts (Page et al., BMJ 2021;372:n71, table 1).
PARTS = {10: "ab", 13: "abcdef", 16: "ab", 20: "abcd", 23: "abcd", 24: "abc"}
PUBLISHED = {
    "PRISMA 2020": [f"{n}{p}" for n in range(1, 28) for p in PARTS.get(n, [""])],
    "PRISMA-S": [str(n) for n in range(1, 17)],
}
TOLD = ("reported", "partly reported")


@pytest.fixture(scope="module")
def shipped() -> Dataset:
    """Return the shipped data, whichever are in use."""
    return load(DEFAULT)


def with_rows(ds: Dataset, rows: pd.DataFrame) -> Dataset:
    """Return the data with other answers."""
    tables = MappingProxyType({**ds.tables, "reporting": rows})
    return replace(ds, tables=tables)


def page_of(ds: Dataset, name: str) -> str:
    """Return the page of a checklist."""
    return checklists.text_of(ds, pages.CHECKLISTS[f"reference/{name}"], {})


def ids_of(page: str) -> set[str]:
    """Return the ids on a page of the built site."""
    source = (SITE / f"{page}.html").read_text(encoding="utf-8")
    return {unescape(i) for i in re.findall(r'<[^>]*\sid="([^"]*)"', source)}


def places_of(ds: Dataset) -> list[str]:
    """Return every place that an answer names."""
    return " ".join(ds["reporting"]["places"].fillna("")).split()


@pytest.mark.parametrize(("name", "rows"), [("PRISMA 2020", 42), ("PRISMA-S", 16)])
def test_every_published_item_is_answered_exactly_once(shipped, name, rows):
    """The shipped answers are the items of the guideline, in its order."""
    mine = shipped["reporting"]
    mine = mine[mine["checklist"] == name]
    assert len(PUBLISHED[name]) == rows
    assert list(mine["item"]) == PUBLISHED[name]
    known = {i: s for s, items in checklists.ITEMS[name].items() for i in items.split()}
    assert list(known) == PUBLISHED[name]
    assert list(mine["section"]) == list(known.values())


def test_every_answer_leads_somewhere_or_says_why_not(shipped):
    """Told: places. Partly: also what is missing. Otherwise: because, and no place."""
    for row in shipped["reporting"].fillna("").to_dict("records"):
        where = (row["checklist"], row["item"])
        told = row["status"] in TOLD
        assert bool(row["places"]) == told, where
        assert ("Missing: " in row["note"]) == (row["status"] == "partly reported")
        assert row["note"].startswith("because ") != told, where


def test_no_note_holds_a_number_that_the_data_could_change(shipped):
    """Numbers in notes are numbers of items only."""
    for note in shipped["reporting"]["note"].fillna(""):
        assert not re.search(r"\d", re.sub(r"item \d+[a-f]?", "", note)), note


def test_every_place_exists_in_the_built_book(shipped):
    """Page and heading of each place are in the site, as Sphinx made them."""
    found = places_of(shipped)
    assert found
    for place in found:
        page, _, anchor = place.partition("#")
        assert (SITE / f"{page}.html").is_file(), place
        assert not anchor or anchor in ids_of(page), place


def test_the_anchors_that_are_offered_are_those_of_sphinx(shipped):
    """Every heading found in the sources is an id of the built page."""
    found = checklists.Places(pages.pages(shipped))
    assert {"index", "chapters/01-search", "reference/cite"} <= set(found)
    for page, words in found.items():
        missing = set(words) - {""} - ids_of(page)
        assert not missing, (page, missing)


@pytest.mark.parametrize("folder", [DEFAULT, MINI], ids=["shipped", "mini"])
def test_every_place_is_a_link_in_words(folder):
    """Each place is linked on the page, named by page and heading, none is lost."""
    ds = load(folder)
    built = pages.pages(ds)
    text = built["reference/prisma-2020"] + built["reference/prisma-s"]
    assert "no such place" not in text
    links = re.findall(r'<a href="\.\./([^"]*)\.html(#[^"]*)?">([^<]+)</a>', text)
    assert Counter(page + anchor for page, anchor, _ in links) == Counter(places_of(ds))
    assert "Search › How the records were really found" in {w for *_, w in links}


@pytest.mark.parametrize("name", NAMES)
def test_the_summary_counts_the_answers(shipped, name):
    """The counts at the top are those of the table, and name every item once."""
    rows = shipped["reporting"]
    rows = rows[rows["checklist"] == pages.CHECKLISTS[f"reference/{name}"]]
    top = re.findall(r"<nav.*?</nav>", page_of(shipped, name), flags=re.S)[0]
    shown = dict(re.findall(r"</span> ([a-z ]+): (\d+)</span>", top))
    assert shown == {k: str(n) for k, n in Counter(rows["status"]).items()}
    linked = re.findall(r'href="#item-(\w+)"', top)
    assert sorted(linked) == sorted(rows["item"])


def test_a_status_is_a_word_and_a_sign_of_its_own():
    """No status is told from another by its colour alone."""
    signs = set()
    for status in checklists.STATUS:
        mark = str(checklists.mark(status))
        assert f" {status}</span>" in mark
        signs |= set(re.findall(r'aria-hidden="true">(.)<', mark))
    assert len(signs) == len(checklists.STATUS) == 4


def test_items_stand_in_published_order(shipped):
    """The order of the file does not matter."""
    rows = shipped["reporting"].iloc[::-1]
    page = page_of(with_rows(shipped, rows), "prisma-2020")
    assert re.findall(r'id="item-(\w+)"', page) == PUBLISHED["PRISMA 2020"]
    for line in re.findall(r"<p>.*?</p>", page[: page.index("</nav>")]):
        linked = re.findall(r'href="#item-(\w+)"', line)
        assert linked == [i for i in PUBLISHED["PRISMA 2020"] if i in linked]


def test_a_checklist_without_answers_says_so(mini):
    """No row: no claim, no empty list."""
    page = page_of(with_rows(mini, mini["reporting"].head(0)), "prisma-s")
    assert "hold no answers to it" in page
    assert "pc-card" not in page
    assert "10.1186/s13643-020-01542-z" in page


def test_unanswered_and_unknown_items_are_told(mini):
    """Gaps in the answers are named, and an item beyond the checklist is not lost."""
    rows = mini["reporting"]
    odd = rows.head(1).assign(item="99")
    page = page_of(with_rows(mini, pd.concat([rows, odd])), "prisma-2020")
    assert "not answered in these data" in page
    after = page.index("## Items unknown to the checklist")
    assert page.index('id="item-6"') < after < page.index('id="item-99"')


def test_a_full_checklist_claims_no_gap(shipped):
    """The sentence on unanswered items is only there when it is true."""
    for name in NAMES:
        assert "not answered" not in page_of(shipped, name)


def test_hostile_answers_stay_text(mini):
    """Markup, fences and addresses of scripts in the table are only ever text."""
    evil = "<script>alert(1)</script> ```\n\n# x {{ y }} \"'>"
    rows = mini["reporting"].assign(
        topic=evil, requirement=evil, note=evil, section=evil,
        places='javascript:alert(1) x"onclick="y <b>',
    )  # fmt: skip
    for name in NAMES:
        page = page_of(with_rows(mini, rows), name)
        assert "<script" not in page
        assert "<b>" not in page
        assert 'href="javascript' not in page
        assert not re.search(r"<[^>]*\sonclick", page)
        tokens = MarkdownIt().parse(page)
        assert {t.info for t in tokens if t.type == "fence"} == {"{raw} html"}
        heads = [t.content for t in tokens if t.type == "inline"]
        assert not [words for words in heads if "{{" in words]
        assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3
        assert page.count("no such place in this book") == 3


def test_the_guidelines_are_credited(shipped):
    """Each page names its source, a link to it and the licence."""
    for name, doi in {
        "prisma-2020": "10.1136/bmj.n71",
        "prisma-s": "10.1186/s13643-020-01542-z",
    }.items():
        page = page_of(shipped, name)
        assert f"https://doi.org/{doi}" in page
        assert "CC BY 4.0" in page
        assert "shortened" in page
