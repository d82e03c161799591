"""The strategy and the included articles are shown as the data have them."""

from dataclasses import replace
from html import unescape
from types import MappingProxyType

import pytest

from personomics import search, snapshot_view, snapshots
from personomics.records import Record, to_csv
from personomics.strategy import query


def test_mini_query(mini):
    """The toy folder's string, written out by hand."""
    assert query(search.strategy(mini)) == (
        '(kite*[ti] OR "toy framework"[tiab]) AND '
        '(household*[tiab] OR "Family Characteristics"[mh]) AND english[la]'
    )


def test_a_folder_with_a_broken_strategy_names_the_file(folder, mini):
    """The message of a real file begins with its path."""
    folder.swap("search/strategy.toml", b"toys AND homes", b"toys AND gardens")
    with pytest.raises(ValueError, match=r"mini/search/strategy\.toml: .*'gardens'"):
        search.strategy(replace(mini, folder=folder.path))


def test_the_shown_string_is_the_string(mini):
    """The page shows the exact string, escaped, on a line the page may wrap."""
    block = search.query_block(mini)
    assert block.plain == query(search.strategy(mini))
    assert block.plain in unescape(str(block.html))
    assert "pre-wrap" in block.html


def test_text_from_data_cannot_become_markup(mini):
    """Concepts and titles from data are escaped in the tables."""
    assert "<b>" not in search.strategy_table(mini).html()
    assert "<b>" not in search.included_table(mini).html()


def test_included_articles_are_the_consensus(mini):
    """The toy consensus includes a-1 to a-4, oldest first, without a-2's authors."""
    frame = search.included_table(mini).frame
    assert list(frame["year"]) == ["1999", "1999", "2003", "2020"]
    assert frame["ids"].iloc[0] == "10.5555/toy.a-1"


def test_no_included_article_is_said(mini):
    """Without an included article a sentence stands in place of the table."""
    rows = mini["screening"].replace({"verdict": {"include": "exclude"}})
    none = replace(mini, tables=MappingProxyType({**mini.tables, "screening": rows}))
    assert search.included_table(none).plain == "These data include no article."


def test_numbers(mini):
    """The prose of the toy folder: two blocks, four terms, its date in words."""
    numbers = search.numbers(mini)
    assert numbers["strategy-blocks"] == 2
    assert numbers["strategy-terms"] == 4
    assert numbers["strategy-date"] == "3 February 2001"


def snapshot(folder, date, pmids, missing=(), **changes):
    """Write the snapshot of a search that found these records."""
    meta = {
        "kind": "search", "source": "PubMed", "interface": "NCBI E-utilities",
        "base_url": "https://example.org/", "date": date, "query": "kite*[ti]",
        "translation": '"kite*"[Title]', "warnings": [["Ignored <phrase>", "x"]],
        "count": len(pmids) + len(missing), "strategy_sha256": "",
        "retrieved": len(pmids), "missing": list(missing), **changes,
    }  # fmt: skip
    records = [Record(record_id=p, pmid=p, title=f"<i>Kite</i> {p}") for p in pmids]
    lines = "".join(f"{p}\n" for p in (*pmids, *missing))
    files = {snapshots.RECORDS: to_csv(records), snapshots.PMIDS: lines}
    path = folder.path / "search" / "snapshots" / f"{date}-1"
    return snapshots.publish(path, meta, files)


def test_without_a_snapshot_every_place_says_that_nothing_was_run(mini):
    """The toy data were never searched for, and the page says so everywhere."""
    assert snapshot_view.numbers(mini)["snapshot"].startswith(snapshot_view.NOT_RUN)
    assert "No snapshot" in snapshot_view.snapshot_table(mini).plain
    assert "No known item" in snapshot_view.missed_table(mini).plain
    assert "no new records" in snapshot_view.new_table(mini).plain


def test_the_first_snapshot_is_shown_with_its_recall(folder, mini):
    """Counts, warnings and known items by hand: one of two found, one not delivered."""
    folder.swap(
        "search/strategy.toml", b"limits = [", b'known_items = ["2", "9"]\nlimits = ['
    )
    snapshot(folder, "2026-01-05", ["1", "2"], ["3"])
    data = replace(mini, folder=folder.path)
    numbers = snapshot_view.numbers(data)
    assert numbers["snapshot"] == (
        "The search was last run on 5 January 2026 with an earlier wording of the "
        "string above. PubMed counted 3 records, of which 2 came."
    )
    assert numbers["snapshot-known"] == "It found 1 of 2 known items (50 %)."
    assert numbers["snapshot-delta"] == "It is the first search of these data."
    rows = dict(snapshot_view.snapshot_table(data).frame.itertuples(index=False))
    assert rows["Counted but not delivered"] == "3"
    assert rows["Warnings of PubMed"] == "Ignored <phrase>: x"
    assert "<phrase>" not in snapshot_view.snapshot_table(data).html()
    assert list(snapshot_view.missed_table(data).frame["pmid"]) == ["9"]
    assert "no earlier search" in snapshot_view.new_table(data).plain


def test_the_newest_snapshot_is_held_against_the_one_before(folder, mini):
    """New records are those that only the later search found; imports do not count."""
    snapshot(folder, "2026-01-05", ["1", "2"])
    newest = query(search.strategy(mini))
    snapshot(folder, "2026-02-05", ["2", "4", "5"], query=newest, translation="")
    snapshots.write_import(
        folder.path / "search", [], source="X", file=folder.path / "articles.csv"
    )
    data = replace(mini, folder=folder.path)
    numbers = snapshot_view.numbers(data)
    assert "5 February 2026 with the string above" in numbers["snapshot"]
    assert "3 records, which all came" in numbers["snapshot"]
    assert numbers["snapshot-delta"] == (
        "Against the search of 5 January 2026, which asked something else, 2 records "
        "are new, 1 gone and 0 changed."
    )
    table = snapshot_view.new_table(data)
    assert list(table.frame["pmid"]) == ["4", "5"]
    assert "<i>" not in table.html()
    assert "names no known items" in numbers["snapshot-known"]
