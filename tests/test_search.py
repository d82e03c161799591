"""The strategy and the included articles are shown as the data have them."""

from dataclasses import replace
from html import unescape
from types import MappingProxyType

import pytest

from personomics import prisma, search, snapshot_view, snapshots
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
        search.strategy(replace(mini, home=folder.path))


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


@pytest.mark.parametrize(
    ("source", "words"),
    [("website", snapshot_view.NOT_RUN), ("database", snapshot_view.NOT_KEPT)],
)
def test_without_a_snapshot_the_page_says_so_once(mini, source, words):
    """Where a database gave records, it is not said that none was searched."""
    rows = mini["records"].assign(found_by=source)
    data = replace(mini, tables=MappingProxyType({**mini.tables, "records": rows}))
    assert snapshot_view.numbers(data)["snapshot"] == words
    assert snapshot_view.newest_search(data).plain == snapshot_view.AWAITED


def test_the_first_snapshot_is_shown_with_its_recall(folder, mini):
    """Counts, warnings and known items by hand: one of two found, one not delivered."""
    folder.swap(
        "search/strategy.toml", b"limits = [", b'known_items = ["2", "9"]\nlimits = ['
    )
    snapshot(folder, "2026-01-05", ["1", "2"], ["3"])
    data = replace(mini, home=folder.path)
    numbers = snapshot_view.numbers(data)
    assert numbers["snapshot"] == (
        "The search was last run on 5 January 2026 with another wording of the "
        "string above. PubMed counted 3 records, of which 2 came."
    )
    shown = snapshot_view.newest_search(data)
    assert "The search found 1 of 2 known items (50%). One that was" in shown.plain
    assert "the first search, so there is none to compare" in shown.plain
    assert "Counted but not delivered\t3\n" in shown.plain
    assert "Warnings of PubMed\tIgnored <phrase>: x" in shown.plain
    assert "<phrase>" not in shown.html
    assert "Known items that the search missed\nPMID\tArticle\n9\t" in shown.plain
    assert "New since" not in shown.plain


def test_the_newest_snapshot_is_held_against_the_one_before(folder, mini):
    """New records are those that only the later search found; imports do not count."""
    snapshot(folder, "2026-01-05", ["1", "2"])
    newest = query(search.strategy(mini))
    snapshot(folder, "2026-02-05", ["2", "4", "5"], query=newest, translation="")
    snapshots.write_import(
        folder.path / "search", [], source="X", file=folder.path / "articles.csv"
    )
    data = replace(mini, home=folder.path)
    numbers = snapshot_view.numbers(data)
    assert "5 February 2026 with the string above" in numbers["snapshot"]
    assert "3 records, which all came" in numbers["snapshot"]
    shown = snapshot_view.newest_search(data)
    assert (
        "Since the search of 5 January 2026, which asked something else: new 2, gone "
        "1, changed 0."
    ) in shown.plain
    table = snapshot_view.new_table(snapshot_view.since_before(data))
    assert list(table.frame["pmid"]) == ["4", "5"]
    assert str(table.html()) in shown.html
    assert "<i>" not in shown.html
    assert "names no known items" in shown.plain
    assert "search missed" not in shown.plain


def test_a_search_whose_records_are_not_taken_over_is_not_denied(folder, mini):
    """With a snapshot but no record from it, no place says that nothing was run."""
    snapshot(folder, "2026-01-05", ["1", "2"])
    rows = mini["records"][mini["records"]["found_by"] != "database"]
    rows = rows[rows["found_by"] != "register"]
    tables = MappingProxyType({**mini.tables, "records": rows})
    data = replace(mini, home=folder.path, tables=tables)
    drawn = prisma.flow_figure(data)
    assert "has not been run" not in drawn.svg
    assert prisma.NOT_TAKEN in prisma.numbers(data)["databases-arm"]
    assert prisma.NOT_RUN not in prisma.numbers(data)["databases-arm"]
