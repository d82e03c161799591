"""Records of snapshots enter the tables once, and duplicates follow from the links."""

from __future__ import annotations

import datetime
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import MINI, Folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personomics import snapshots
from personomics.adopt import Adopted, adopt, settle
from personomics.checks import validate
from personomics.dedupe import Link
from personomics.records import Record
from personomics.settle import components, numbered

DAY = datetime.date(2026, 11, 22)
TITLES = ("Trust in care plans", "Burden of treatment", "Health literacy: עברית 🧸")
FIRST = [
    Record(record_id="111", pmid="111", doi="10.5555/one", title=TITLES[0],
           authors="Muster Ä; van Örnek ŞB", year="2019", journal="Toy Reviews"),
    Record(record_id="222", pmid="222", title=TITLES[1], year="2020",
           notices="RetractionIn 333"),
    Record(record_id="444", doi="10.5555/toy.a-1", title="Invented: a toy framework"),
]  # fmt: skip
SECOND = [
    Record(record_id="L/1 (x)", doi="10.5555/one", title=TITLES[0].upper()),
    Record(record_id="L 1 [x]", title=TITLES[2], year="soon", pmid="none"),
    Record(record_id="L3", doi="10.5555/two(3)", title=TITLES[1]),
]


def keep(folder: Folder, records: Sequence[Record], source: str = "Medline") -> str:
    """Write a snapshot into a data folder and return its name."""
    file = folder.path.parent / "export.ris"
    file.write_text("An export.", encoding="utf-8")
    path = snapshots.write_import(
        folder.path / "search", records, source=source, file=file, date=DAY
    )
    return path.name


def rows(folder: Folder, table: str) -> dict[str, dict[str, str]]:
    """Return the rows of a table by their first column."""
    head, *cells = folder.read(f"{table}.csv")
    return {row[0]: dict(zip(head, row, strict=True)) for row in cells}


def link(later: str, earlier: str, rule: str, decision: str) -> Link:
    """Return a link that a rule made."""
    return Link(record_id=later, other_id=earlier, rule=rule, evidence="e",
                decision=decision)  # fmt: skip


def exact(
    items: Sequence[tuple[str, Record]], *, decided: Sequence[Link]
) -> list[Link]:
    """Find pairs by PMID or DOI ("same") or title ("maybe"): a stand-in."""
    done = {frozenset((one.record_id, one.other_id)) for one in decided}
    links, seen = [], {}
    for name, record in items:
        keys = [("PMID", record.pmid), ("DOI", record.doi), ("title", record.title)]
        for key in [(kind, value.lower()) for kind, value in keys if value]:
            other = seen.setdefault(key, name)
            if other != name and frozenset((name, other)) not in done:
                decision = "maybe" if key[0] == "title" else "same"
                rule = f"same {key[0]}"
                links.append(link(name, other, rule, decision))
                break
    return links


def take(folder: Folder, *names: str, **options: str) -> Adopted:
    """Adopt snapshots with the stand-in."""
    return adopt(folder.path, names, find=exact, **options)


def test_two_snapshots_become_records_articles_and_links(folder: Folder) -> None:
    """Six new records by hand: two duplicates, one maybe, four articles."""
    one, two = keep(folder, FIRST), keep(folder, SECOND, "Embase")
    found = take(folder, one, two)
    assert (found.records, found.articles, found.known) == (6, 4, 0)
    assert (found.duplicates, found.maybe) == (2, 1)
    records, articles = rows(folder, "records"), rows(folder, "articles")
    start = f"s{one}"
    assert records[f"{start}.111"] == {
        "record_id": f"{start}.111", "article_id": "PMID111", "source": "Medline",
        "found_by": "database", "snapshot": one, "removed": "", "title": "", "note": "",
    }  # fmt: skip
    article = articles["PMID111"]
    assert article["authors"] == "Muster Ä, van Örnek ŞB"
    assert article["text_seen"] == "title only"
    assert articles["PMID222"]["note"] == "RetractionIn 333"
    # The DOI of an article that was there before.
    assert records[f"{start}.444"]["article_id"] == "a-1"
    assert records[f"{start}.444"]["removed"] == "duplicate"
    assert records[f"s{two}.L-1-x"]["article_id"] == "PMID111"
    # Two identifiers that look the same without their marks.
    assert articles[f"s{two}.L-1-x-2"]["title"] == TITLES[2]
    assert records[f"s{two}.L3"]["article_id"] == "DOI-10.5555-two-3"
    assert records[f"s{two}.L3"]["source"] == "Embase"
    assert [n.split(": ")[1] for n in found.notes] == ["year", "pmid"]
    assert validate(folder.path) == []


def test_adopting_twice_changes_nothing_and_says_so(folder: Folder) -> None:
    """The second time every record is known, and no file is touched."""
    one = keep(folder, FIRST)
    take(folder, one)
    before = {p: p.read_bytes() for p in folder.path.glob("*.csv")}
    assert take(folder, one) == Adopted(known=3)
    assert {p: p.read_bytes() for p in folder.path.glob("*.csv")} == before


def test_a_snapshot_after_another_brings_only_links(folder: Folder) -> None:
    """An update with the same records adds records, but no article."""
    take(folder, keep(folder, FIRST))
    before = rows(folder, "articles")
    found = take(folder, keep(folder, FIRST), found_by="register", source="A register")
    assert (found.records, found.articles, found.duplicates) == (3, 0, 3)
    assert rows(folder, "articles") == before
    record = list(rows(folder, "records").values())[-1]
    assert (record["found_by"], record["source"]) == ("register", "A register")


def test_two_articles_of_old_are_never_joined_by_a_rule(folder: Folder) -> None:
    """A record that is the same as two articles joins the first; one is a maybe."""
    folder.set("articles.csv", 3, pmid="555")
    both = Record(record_id="555", pmid="555", doi="10.5555/toy.a-1", title="Both")

    def find(items: object, **_: object) -> list[Link]:
        assert items
        new = f"s{DAY}-1.555"
        return [link(new, old, "r", "same") for old in ("r-a-1", "r-a-2")]

    found = adopt(folder.path, [keep(folder, [both])], find=find)
    assert (found.duplicates, found.maybe, found.articles) == (1, 1, 0)
    [row] = [r for r in folder.read("duplicates.csv") if r[1] == "r-a-2"]
    assert row[3:] == ["e; both are articles already", "maybe", "rule"]
    assert validate(folder.path) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("2026-11-22-9", r"there is no such snapshot .*there are: 2026-11-22-1"),
        ("/elsewhere/2026-11-22-1", "is no snapshot of this data folder"),
    ],
)
def test_a_snapshot_that_is_not_there_is_named(
    folder: Folder, name: str, message: str
) -> None:
    """A wrong name lists the right ones; another folder's snapshot is refused."""
    keep(folder, FIRST)
    with pytest.raises(ValueError, match=message):
        take(folder, name)


def test_a_damaged_snapshot_is_refused(folder: Folder) -> None:
    """A record edited by hand in a snapshot stops the adoption; nothing is written."""
    name = keep(folder, FIRST)
    file = f"search/snapshots/{name}/records.csv"
    folder.swap(file, b"Trust", b"Truth")
    before = (folder.path / "records.csv").read_bytes()
    with pytest.raises(ValueError, match="has changed since it was written"):
        take(folder, name)
    assert (folder.path / "records.csv").read_bytes() == before


def test_an_unknown_way_of_finding_lists_the_known_ones(folder: Folder) -> None:
    """``found_by`` must be one of the schema's values."""
    with pytest.raises(ValueError, match="allowed: database, register, website"):
        take(folder, keep(folder, FIRST), found_by="hearsay")


def test_hostile_text_is_made_one_line(folder: Folder) -> None:
    """Control characters and line breaks of a source do not reach the tables."""
    record = Record(record_id="9", title="A\x07\x1b[31m title\u2028in\tlines \x85 end")
    take(folder, keep(folder, [record], source="A\x1b[0m source"))
    assert (
        list(rows(folder, "articles").values())[-1]["title"]
        == "A[31m title in lines end"
    )
    assert validate(folder.path) == []


def decide(folder: Folder, later: str, decision: str, who: str = "zoe") -> None:
    """Write a person's decision on a pair into the table."""
    table = folder.read("duplicates.csv")
    [row] = [n for n, r in enumerate(table, 1) if r[0] == later]
    folder.set("duplicates.csv", row, decision=decision, decided_by=who)


def test_a_decision_needs_a_name(folder: Folder) -> None:
    """A maybe that somebody turns into same without a name is not followed."""
    one, two = keep(folder, FIRST), keep(folder, SECOND)
    take(folder, one, two)
    decide(folder, f"s{two}.L3", "same", "rule")
    before = (folder.path / "records.csv").read_bytes()
    with pytest.raises(ValueError, match="decided_by: a person decided this pair"):
        settle(folder.path)
    assert (folder.path / "records.csv").read_bytes() == before


def test_a_maybe_decided_same_is_settled_and_back(folder: Folder) -> None:
    """Same: the later record and its article go; distinct again: both are back."""
    one, two = keep(folder, FIRST), keep(folder, SECOND)
    take(folder, one, two)
    before = {name: rows(folder, name) for name in ("records", "articles")}
    later, article = f"s{two}.L3", "DOI-10.5555-two-3"
    decide(folder, later, "same")
    assert any("search settle" in line for line in folder.problems())
    done = settle(folder.path)
    assert (done.merged, done.dropped) == ([(later, "PMID222")], [article])
    record = rows(folder, "records")[later]
    assert (record["removed"], record["article_id"]) == ("duplicate", "PMID222")
    assert article not in rows(folder, "articles")
    assert settle(folder.path).merged == []
    decide(folder, later, "distinct")
    assert settle(folder.path).restored == [(later, article)]
    assert {name: rows(folder, name) for name in before} == before
    assert validate(folder.path) == []


def test_distinct_leaves_everything(folder: Folder) -> None:
    """A maybe decided distinct changes no other table."""
    one, two = keep(folder, FIRST), keep(folder, SECOND)
    take(folder, one, two)
    decide(folder, f"s{two}.L3", "distinct")
    before = {p: p.read_bytes() for p in folder.path.glob("*.csv")}
    done = settle(folder.path)
    assert (done.merged, done.dropped, done.waiting) == ([], [], 0)
    assert {p: p.read_bytes() for p in folder.path.glob("*.csv")} == before


def test_an_article_somebody_screened_does_not_go(folder: Folder) -> None:
    """The error names the rows that refer to it and the ways out."""
    one, two = keep(folder, FIRST), keep(folder, SECOND)
    take(folder, one, two)
    folder.add("screening.csv", 2, article_id="DOI-10.5555-two-3", rater_id="okan")
    line = len(folder.read("screening.csv"))
    decide(folder, f"s{two}.L3", "same")
    before = {p: p.read_bytes() for p in folder.path.glob("*.csv")}
    message = (
        rf"DOI-10.5555-two-3 would go, but screening\.csv:{line} refer to it; move"
    )
    with pytest.raises(ValueError, match=message):
        settle(folder.path)
    assert {p: p.read_bytes() for p in folder.path.glob("*.csv")} == before


def test_duplicates_of_a_duplicate_follow_it(folder: Folder) -> None:
    """When the kept record of a group becomes a duplicate, the group moves with it."""
    first = [FIRST[1], Record(record_id="5", pmid="5", title="Other")]
    second = [Record(record_id="6", pmid="5", title="Other"), SECOND[2]]
    one, two = keep(folder, first), keep(folder, second)
    take(folder, one, two)
    folder.add("duplicates.csv", 2, record_id=f"s{one}.5", other_id=f"s{one}.222",
               rule="by eye", evidence="The same study", decided_by="zoe")  # fmt: skip
    done = settle(folder.path)
    assert dict(done.merged) == {f"s{one}.5": "PMID222", f"s{two}.6": "PMID222"}
    assert done.dropped == ["PMID5"]
    assert validate(folder.path) == []


def test_two_kept_records_joined_by_a_third_become_one(folder: Folder) -> None:
    """A person's second "same" for one record joins the two others, with a link."""
    records = [Record(record_id=str(n), title=f"Title {n}") for n in (1, 2, 3)]
    name = keep(folder, records)
    take(folder, name)
    for other in (1, 2):
        folder.add("duplicates.csv", 2, record_id=f"s{name}.3",
                   other_id=f"s{name}.{other}", decided_by="zoe")  # fmt: skip
    done = settle(folder.path)
    assert dict(done.merged) == {f"s{name}.2": f"s{name}.1", f"s{name}.3": f"s{name}.1"}
    assert folder.read("duplicates.csv")[-1][:3] == [
        f"s{name}.2", f"s{name}.1", "follows from other pairs",
    ]  # fmt: skip
    assert validate(folder.path) == []


def new_pairs(folder: Folder, *links: tuple[str, str, str]) -> str:
    """Adopt three records, add links between them by hand; return the snapshot."""
    name = keep(folder, [Record(record_id=n, title=f"T {n}") for n in "123"])
    take(folder, name)
    for one, other, decision in links:
        ids = [f"s{name}.{n}" if n.isdigit() else n for n in (one, other)]
        folder.add("duplicates.csv", 2, record_id=ids[0], other_id=ids[1],
                   decision=decision, decided_by="zoe")  # fmt: skip
    return name


@pytest.mark.parametrize(
    ("links", "said"),
    [
        ([("1", "2", "same"), ("2", "1", "same")], r"each of \S+1, \S+2 is decided"),
        ([("2", "1", "same"), ("3", "2", "same"), ("1", "3", "same")], "none would be"),
        ([("1", "1", "same")], r"csv:3: '\S+\.1' is linked to itself"),
        ([("1", "gone", "same")], "csv:3: 'gone' is no record"),
        ([("gone", "1", "maybe")], "csv:3: 'gone' is no record"),
        ([("2", "1", "Same")], "csv:3: decision: 'Same' is none; allowed: same, maybe"),
        ([("2", "1", "")], "csv:3: decision: '' is none"),
        ([("r-x-1", "1", "same")], "r-x-1 was removed by automation or for other"),
        ([("2", "1", "same"), ("1", "2", "distinct")], "csv:4: .* make them the same"),
        ([("2", "1", "same"), ("3", "2", "same"), ("3", "1", "distinct")],
         "csv:5: .* make them the same"),
    ],
)  # fmt: skip
def test_decisions_that_cannot_be_followed(
    folder: Folder, links: list[tuple[str, str, str]], said: str
) -> None:
    """A slip of the pen is told with its row, never passed over; nothing is written."""
    new_pairs(folder, *links)
    before = {path: path.read_bytes() for path in folder.path.glob("*.csv")}
    with pytest.raises(ValueError, match=said):
        settle(folder.path)
    assert {path: path.read_bytes() for path in folder.path.glob("*.csv")} == before


@settings(max_examples=25, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.lists(st.tuples(st.sampled_from(["", "1", "2", "3"]),
                          st.sampled_from(["", "10.1/a", "10.1/b"]),
                          st.sampled_from(["", "A", "B"])), max_size=8))  # fmt: skip
def test_whatever_is_adopted_conforms_and_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, fields: list[tuple[str, str, str]]
) -> None:
    """Random records, in two halves: the folder conforms, every record is in it."""
    path = tmp_path_factory.mktemp("adopt") / "mini"
    shutil.copytree(MINI, path)
    folder = Folder(path)
    records = [Record(record_id=f"r{n}", pmid=pmid, doi=doi.replace("10.1", "10.5555"),
                      title=title)
               for n, (pmid, doi, title) in enumerate(fields)]  # fmt: skip
    before = len(rows(folder, "records"))
    for half in (records[::2], records[1::2]):
        take(folder, keep(folder, half))
    assert validate(path) == []
    table = rows(folder, "records").values()
    assert len(table) == before + len(records)
    live = Counter(r["article_id"] for r in table if not r["removed"])
    assert live == Counter(rows(folder, "articles").keys())


def test_groups_do_not_depend_on_the_order_of_pairs() -> None:
    """A chain is one group whichever pair comes first."""
    names = list("abcde")
    pairs = [("e", "c"), ("c", "a"), ("d", "b")]
    expected = [["a", "c", "e"], ["b", "d"]]
    assert components(names, pairs) == components(names, pairs[::-1]) == expected
    assert components(["a", "b"], [("a", "b"), ("b", "a")]) == [["a", "b"]]


def test_a_large_snapshot_takes_seconds(folder: Folder) -> None:
    """Six thousand records are adopted, each with its article, in linear time."""
    records = [Record(record_id=str(n), pmid=str(n), title=f"Title {n}")
               for n in range(1, 6001)]  # fmt: skip
    found = take(folder, keep(folder, records))
    assert (found.records, found.articles) == (6000, 6000)
    assert Path(folder.path / "articles.csv").read_text("utf-8").count("PMID") == 6000


def test_the_rules_of_the_package_find_what_the_stand_in_finds(folder: Folder) -> None:
    """With the real rules the same DOI and the same PMID make the same duplicates."""
    one, two = keep(folder, FIRST), keep(folder, [SECOND[0], FIRST[1]])
    found = adopt(folder.path, [one, two])
    records = rows(folder, "records")
    assert records[f"s{two}.L-1-x"]["article_id"] == "PMID111"
    assert records[f"s{two}.222"]["article_id"] == "PMID222"
    assert found.records == 5
    assert validate(folder.path) == []


def test_identifiers_that_begin_alike(folder: Folder) -> None:
    """Thousands of long addresses as identifiers are told apart at once, and stably."""
    start = "https://www.example.org/" + "x" * 80
    records = [Record(record_id=f"{start}{n}", title=f"T {n}") for n in range(10_000)]
    path = folder.path / "search" / "snapshots" / keep(folder, records)
    names = [name for name, _ in numbered(snapshots.read(path))]
    assert len(set(names)) == 10_000
    assert max(map(len, names)) < 120
    assert names == [name for name, _ in numbered(snapshots.read(path))]


def test_a_long_doi_makes_a_short_identifier(folder: Folder) -> None:
    """The name of an article does not grow with what it is made of."""
    take(folder, keep(folder, [Record(record_id="1", doi="10.5555/" + "y" * 9000)]))
    assert max(map(len, rows(folder, "articles"))) < 120


def test_more_authors_than_a_cell_holds(folder: Folder) -> None:
    """Of thousands of authors those that fit are kept, and that is said."""
    names = "; ".join(f"Muster{n} A" for n in range(4000))
    found = take(folder, keep(folder, [Record(record_id="7", pmid="7", authors=names)]))
    kept = rows(folder, "articles")["PMID7"]["authors"].split(", ")
    assert kept == names.split("; ")[: len(kept)]
    assert len(kept) > 2000
    assert "authors: more than a cell holds" in found.notes[0]
    assert validate(folder.path) == []
