"""What changed from version to version: found, undone, checked, told."""

from __future__ import annotations

import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personomics import history
from personomics.dataset import DEFAULT

OLD = {
    "factors": [
        {"factor_id": "F1", "label": "Age", "note": "", "status": "active"},
        {"factor_id": "F2", "label": "Sex", "note": "old", "status": "active"},
        {"factor_id": "F3", "label": "Gone", "note": "", "status": "active"},
    ],
    "articles": [{"article_id": "a", "title": "T", "went": "x"}],
    "cases": [],
}
NEW = {
    "factors": [
        {"factor_id": "F1", "label": "Years, “age”", "note": "", "status": "active"},
        {"factor_id": "F2", "label": "Sex", "note": "", "status": "deprecated"},
        {"factor_id": "F4", "label": "New", "note": "", "status": "active"},
    ],
    "articles": [{"article_id": "a", "title": "T", "came": "y"}],
    "cases": [{"case_id": "k", "title": "K"}],
}


def test_changes_worked_out_by_hand():
    """Changed, emptied, deprecated, removed, added; other columns are no change."""
    rows = history.changes(OLD, NEW, "1.2.0")
    names = ("kind", "id", "change", "field", "before", "after")
    assert [tuple(row[n] for n in names) for row in rows] == [
        ("factor", "F1", "changed", "label", "Age", "Years, “age”"),
        ("factor", "F2", "changed", "note", "old", ""),
        ("factor", "F2", "deprecated", "status", "active", "deprecated"),
        ("factor", "F3", "removed", "factor_id", "F3", ""),
        ("factor", "F3", "removed", "label", "Gone", ""),
        ("factor", "F3", "removed", "status", "active", ""),
        ("factor", "F4", "added", "factor_id", "", "F4"),
        ("case", "k", "added", "case_id", "", "k"),
    ]
    assert {row["version"] for row in rows} == {"1.2.0"}


cells = st.sampled_from(["", "active", "deprecated", "x", "é “q”"])
things = st.dictionaries(
    st.sampled_from("abcde"), st.fixed_dictionaries({"label": cells, "status": cells})
)
versions = st.lists(things, min_size=1, max_size=4)


@given(versions)
def test_recorded_changes_lead_back_to_every_version(states):
    """Undone from the present tables, the changes give each earlier table."""
    tables = [
        [{"factor_id": key, **row} for key, row in sorted(state.items())]
        for state in states
    ]
    recorded = []
    for n in range(1, len(tables)):
        old, new = {"factors": tables[n - 1]}, {"factors": tables[n]}
        recorded += history.changes(old, new, f"0.{n}.0")
    for n, table in enumerate(tables):
        found = history.before(tables[-1], recorded, "factor", f"0.{n}.0")
        assert [{k: v for k, v in row.items() if v} for row in found] == [
            {k: v for k, v in row.items() if v} for row in table
        ]


def test_shipped_history_is_of_versions_up_to_the_present_one():
    """What the companion ships is not newer than its data, and holds only changes."""
    version = json.loads((DEFAULT / "datapackage.json").read_bytes())["version"]
    with (DEFAULT / "history.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert history.order(row["version"]) <= history.order(version)
            assert row["before"] != row["after"]


#: Row of the toy history, cells that are spoilt, what is said of it.
WRONG = [
    (4, {"version": "soon"}, "version: 'soon' is not a version; allowed: three"),
    (4, {"version": "3.1.5"}, "version: 3.1.5 is later than the data, which are 3.1.4"),
    (4, {"kind": "person"}, "kind: 'person' is not a listed value"),
    (4, {"field": "labl"}, "field: 'labl' is no column of factors.csv (did you mean"),
    (4, {"id": "P-33"}, "id: 'P-33' is not in factors.csv (did you mean 'P-3'?)"),
    (4, {"after": "x"}, "before: 'Trust of services' is not what the change bef"),
    (7, {"after": "x"}, "after: 'x' is not the present label of P-3; allowed: 'Trust"),
    (7, {"before": "Trust between services"}, "after: is the same as before"),
    (2, {"field": "title"}, "field: what was added is told by its identifier"),
    (2, {"id": "a-77", "after": "a-77"}, "id: 'a-77' is not in articles.csv"),
    (6, {"after": "x"}, "after: holds a value, though it was removed"),
    (5, {"id": "P-5", "before": "P-5"}, "change: 'P-5' was removed, but stands in"),
    (7, {"change": "deprecated"}, "field: 'label' cannot be deprecated"),
    (8, {"change": "changed"}, "field: an identifier never changes"),
]


@pytest.mark.parametrize(("row", "cells", "words"), WRONG)
def test_a_wrong_change_is_named_with_its_row(folder, row, cells, words):
    """Versions, kinds, columns, identifiers and values that cannot be are reported."""
    assert folder.problems() == []
    folder.set("history.csv", row, **cells)
    said = [p for p in folder.problems() if p.startswith("history.csv")]
    assert any(words in p for p in said), said
    assert any(f"history.csv:{row}:" in p for p in said) or words.startswith("before")


def test_a_present_value_that_history_does_not_lead_to(folder):
    """A label that is edited without a row in the history is reported."""
    folder.set("factors.csv", 4, label="Trust among services")
    [said] = folder.problems()
    assert said == (
        "history.csv:7: after: 'Trust between services' is not the present label of "
        "P-3; allowed: 'Trust among services'"
    )


def test_changes_are_told_newest_first(mini):
    """The label of P-3 changed twice, the last time in 3.1.0."""
    rows = history.told(mini, "factor")["P-3"]
    assert [row["version"] for row in rows] == ["3.1.0", "2.0.0"]
