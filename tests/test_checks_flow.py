"""What keeps the flow of records from being counted is told by place and remedy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Folder

CONSENSUS = "a consensus row in screening.csv"
ONE_LIVE = "one row of records.csv with this article and an empty cell in removed"


def waiting(f: Folder) -> None:
    """Let the last article be fresh from a search: nobody has judged it."""
    f.drop("screening.csv", 22, 23, 24)
    f.set("records.csv", 9, snapshot="2026-11-22-1", found_by="database")


DEFECTS: list[tuple[str, Callable[[Folder], object], list[str]]] = [
    (
        "article without a record",
        lambda f: f.drop("records.csv", 9),
        [f"articles.csv:9: article_id: 'a-8' has no record that went on; allowed: "
         f"{ONE_LIVE}"],
    ),
    (
        "article with two records that went on",
        lambda f: f.add("records.csv", 9, record_id="r-again"),
        ["articles.csv:9: article_id: 'a-8' has 2 records that went on (r-a-8, "
         f"r-again); allowed: {ONE_LIVE}"],
    ),
    (
        "duplicate of nothing",
        lambda f: f.drop("duplicates.csv", 2),
        ["records.csv:10: removed: nothing says of what 'r-a-6-again' is a duplicate; "
         "allowed: a row of duplicates.csv that says 'same'"],
    ),
    (
        "decision that nothing follows",
        lambda f: f.add("duplicates.csv", 2, record_id="r-a-8", other_id="r-a-7"),
        ["duplicates.csv:3: decision: 'r-a-8' and 'r-a-7' are decided to be the same, "
         "but not treated so in records.csv; allowed: maybe, distinct; or apply it "
         "with: personomics search settle"],
    ),
    (
        "record that is its own duplicate",
        lambda f: f.add("duplicates.csv", 2, record_id="r-a-8", other_id="r-a-8",
                        decision="maybe"),
        ["duplicates.csv:3: other_id: 'r-a-8' is linked to itself; "
         "allowed: two records"],
    ),
    (
        "record that went on without an article",
        lambda f: f.set("records.csv", 11, removed="", title=""),
        ["records.csv:11: article_id: is empty, though 'r-x-1' went on to screening; "
         "allowed: the article that the record describes"],
    ),
    (
        "removed record with an article",
        lambda f: f.set("records.csv", 11, article_id="a-1"),
        ["records.csv:11: article_id: 'r-x-1' was removed before screening but has an "
         "article; allowed: an empty cell; write the title in the column title"],
    ),
    (
        "removed record without a name",
        lambda f: f.set("records.csv", 11, title=""),
        ["records.csv:11: title: is empty, though 'r-x-1' has no article to name it; "
         "allowed: the title"],
    ),
    (
        "earlier article that is excluded now",
        lambda f: f.set("records.csv", 9, found_by="previous version"),
        ["articles.csv:9: article_id: 'a-8' was included before, but is not included "
         "now; allowed: another value of found_by in records.csv, or verdict "
         "'include'"],
    ),
    (
        "hand-made article without a verdict",
        lambda f: f.drop("screening.csv", 22, 23, 24),
        [f"articles.csv:9: article_id: 'a-8' has no consensus verdict; "
         f"allowed: {CONSENSUS}"],
    ),
    (
        "checklist item without a place",
        lambda f: f.set("reporting.csv", 2, places=""),
        ["reporting.csv:2: places: is empty, though the item is reported; "
         "allowed: page#heading"],
    ),
    (
        "checklist item without a reason",
        lambda f: f.set("reporting.csv", 3, note=""),
        ["reporting.csv:3: note: is empty, though the item is not done; allowed: why"],
    ),
    (
        "place of something that was not done",
        lambda f: f.set("reporting.csv", 3, places="reference/cite"),
        ["reporting.csv:3: places: leads to a place, though the item is not done; "
         "allowed: an empty cell"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "lines"),
    [pytest.param(make, lines, id=name) for name, make, lines in DEFECTS],
)
def test_one_defect(
    folder: Folder, make: Callable[[Folder], object], lines: list[str]
) -> None:
    """Each defect, alone, gives exactly the lines that name and mend it."""
    make(folder)
    assert folder.problems() == lines


def test_a_record_of_a_search_may_wait_for_its_verdict(folder: Folder) -> None:
    """What a search has just brought in needs no verdict, only its snapshot."""
    waiting(folder)
    assert folder.problems() == [
        "records.csv:9: snapshot: '2026-11-22-1' is not there; allowed: an empty cell, "
        "as there is no snapshot"
    ]
