"""Make records and articles follow from the links between duplicates.

Which records are removed as duplicates, and which article each belongs to, follows from
``duplicates.csv`` alone: of the records that "same" joins, the one that is later than
no other is kept. A person who changes a decision changes the tables by :func:`settle`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from personomics import schema, snapshots
from personomics.records import SEPARATOR, Record
from personomics.table_edit import Row, Tables, editing
from personomics.tables import shown

#: Columns of a link between two records.
LINK = ("record_id", "other_id", "rule", "evidence", "decision", "decided_by")
#: What the identifier of a record or an article may not hold.
ODD = re.compile("[^A-Za-z0-9_.-]+")
INFERRED = "follows from other pairs"
#: Columns that records and articles have in common.
SHARED = tuple("title authors year journal volume issue pages doi pmid pmcid".split())


@dataclass
class Settled:
    """What followed from the decisions in ``duplicates.csv``.

    Attributes
    ----------
    merged : list of (str, str)
        Records removed as duplicates, and the article each belongs to now.
    restored : list of (str, str)
        Records that are none any more, and the article each has now.
    dropped : list of str
        Articles that went because their record is a duplicate.
    waiting : int
        Pairs that wait for a person.
    notes : list of str
        Values that were left out of restored articles.
    """

    merged: list[tuple[str, str]] = field(default_factory=list)
    restored: list[tuple[str, str]] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    waiting: int = 0
    notes: list[str] = field(default_factory=list)


def settle(folder: str | Path, *, abstracts: Collection[str] = ()) -> Settled:
    """Bring records and articles in line with the decisions in ``duplicates.csv``.

    A pair decided "same" makes the later record a duplicate; its article goes, if
    nothing refers to it. A record none of whose pairs is "same" any more gets its
    article back from its snapshot.

    Parameters
    ----------
    folder : str or Path
        The data folder.
    abstracts : collection of str
        PMIDs whose abstracts are at hand.

    Returns
    -------
    Settled
        What was changed; empty lists when everything was in line.

    Raises
    ------
    ValueError
        If an article that would go is referred to (naming the rows), a decision has no
        name, or the tables would not conform. Nothing is written then.
    OSError
        If the tables cannot be written.
    """
    with editing(folder) as tables:
        check_names(tables)
        return Settling(tables, {}, abstracts).run()


def check_names(tables: Tables) -> None:
    """Refuse a new "same" without a name: what a rule decides is followed at once."""
    gone = {r["record_id"] for r in tables["records"] if r["removed"] == "duplicate"}
    for row, link in enumerate(tables["duplicates"], 2):
        said = link["decision"], link["decided_by"], link["record_id"] in gone
        if said == ("same", "rule", False):
            msg = f"duplicates.csv:{row}: decided_by: a person decided this pair; "
            raise ValueError(msg + "write a name in place of 'rule'")


class Settling:
    """One pass over the links of a folder.

    Parameters
    ----------
    tables : Tables
        The tables to bring in line.
    fresh : dict of str to Record
        Records that are new to the tables, by identifier.
    abstracts : collection of str
        PMIDs whose abstracts are at hand.
    """

    def __init__(
        self, tables: Tables, fresh: dict[str, Record], abstracts: Collection[str]
    ) -> None:
        self.tables, self.fresh, self.abstracts = tables, fresh, set(abstracts)
        self.done = Settled()
        self.taken = {a["article_id"] for a in tables["articles"]}
        self.links = tables["duplicates"]
        rows = [r for r in tables["records"] if r["removed"] in ("", "duplicate")]
        self.by_id = {row["record_id"]: row for row in rows}

    def run(self) -> Settled:
        """Make records and articles follow from the links."""
        done = self.done
        done.waiting = sum(r["decision"] == "maybe" for r in self.links)
        decided = [r for r in self.links if r["decision"] == "same"]
        same = [(r["record_id"], r["other_id"]) for r in decided]
        same = [pair for pair in same if set(pair) <= self.by_id.keys()]
        later = {one for one, _ in same}
        self.check_links(same)
        linked = {r["record_id"] for r in self.links}
        for group in components(list(self.by_id), same):
            head = next((name for name in group if name not in later), "")
            if not head:
                names = ", ".join(group[:6])
                msg = f"duplicates.csv: each of {names} is decided to be the same as "
                msg += "another of them, so none would be kept; give up one of these "
                raise ValueError(msg + "decisions, or swap record_id and other_id")
            self.keep(head, undone=head in linked and head not in later)
            for name in group:
                if name != head:
                    self.remove(name, head)
                    if name not in later:
                        self.infer(name, head)
        gone, articles = set(done.dropped), self.tables["articles"]
        articles[:] = [a for a in articles if a["article_id"] not in gone]
        return done

    def check_links(self, same: Sequence[tuple[str, str]]) -> None:
        """Refuse links that cannot be followed, or that contradict the others."""
        allowed = self.tables.field("duplicates", "decision")["constraints"]["enum"]
        known = {row["record_id"] for row in self.tables["records"]}
        joined = {
            name: number
            for number, group in enumerate(components(list(self.by_id), same))
            for name in group
        }
        for row, link in enumerate(self.links, 2):
            ids = one, other = link["record_id"], link["other_id"]
            said = link["decision"]
            lost = [name for name in ids if name not in known]
            gone = [name for name in ids if name in known and name not in self.by_id]
            what = ""
            if said not in allowed:
                what = f"decision: {shown(said)} is none; allowed: {', '.join(allowed)}"
            elif lost:
                what = f"{shown(lost[0])} is no record of records.csv"
            elif one == other:
                what = f"{shown(one)} is linked to itself; name two records"
            elif said == "same" and gone:
                what = f"{gone[0]} was removed by automation or for other reasons, so "
                what += "it can be the same as none; empty its cell in removed first"
            elif said == "distinct" and not gone and joined[one] == joined[other]:
                what = f"{one} and {other} are decided to be distinct, but other pairs "
                what += "make them the same; change one of these decisions"
            if what:
                msg = f"duplicates.csv:{row}: {what}"
                raise ValueError(msg)

    def keep(self, name: str, *, undone: bool) -> None:
        """See that the record that is kept has an article."""
        row = self.by_id[name]
        if row["removed"] and undone:
            self.add_article(row)
            self.done.restored.append((name, row["article_id"]))
        elif not row["removed"] and not row["article_id"]:
            self.add_article(row)

    def remove(self, name: str, head: str) -> None:
        """Mark a record as a duplicate of the one that is kept."""
        row, kept = self.by_id[name], self.by_id[head]
        now = {"removed": "duplicate", "article_id": kept["article_id"]}
        if now.items() <= row.items():
            return
        if not row["removed"] and row["article_id"] not in ("", kept["article_id"]):
            self.check_free(row, kept)
            self.done.dropped.append(row["article_id"])
        self.done.merged.append((name, kept["article_id"]))
        row.update(now)

    def infer(self, name: str, head: str) -> None:
        """Link a record that other pairs make a duplicate."""
        self.links[:] = [
            r for r in self.links if (r["record_id"], r["other_id"]) != (name, head)
        ]
        cells = (name, head, INFERRED, INFERRED, "same", "rule")
        link = dict(zip(LINK, cells, strict=True))
        self.links.append(self.tables.row("duplicates", **link))

    def add_article(self, row: Row) -> None:
        """Give a record that goes on its article, from its snapshot."""
        name = row["record_id"]
        if name not in self.fresh:
            if not row["snapshot"]:
                msg = f"records.csv: {name} is no duplicate any more, and no snapshot "
                msg += "describes it; add its article to articles.csv and name it there"
                raise ValueError(msg)
            snapshot = sound_snapshot(self.tables.folder, row["snapshot"])
            self.fresh.update(numbered(snapshot))
        record = self.fresh[name]
        article, notes = article_cells(self.tables, record)
        self.done.notes += [f"{name}: {note}" for note in notes]
        article["article_id"] = unused(article_name(article, name), self.taken)
        self.taken.add(article["article_id"])
        seen = bool(record.abstract) or record.pmid in self.abstracts
        article["text_seen"] = "title and abstract" if seen else "title only"
        self.tables["articles"].append(self.tables.row("articles", **article))
        row["removed"], row["article_id"] = "", article["article_id"]

    def check_free(self, row: Row, kept: Row) -> None:
        """Refuse to give up an article to which other tables refer."""
        article = row["article_id"]
        places = []
        for name, resource in self.tables.resources.items():
            for key in resource["schema"].get("foreignKeys", []):
                if key["reference"]["resource"] != "articles" or name == "records":
                    continue
                [column] = key["fields"]
                places += [
                    f"{resource['path']}:{number}"
                    for number, r in enumerate(self.tables[name], 2)
                    if r[column] == article
                ]
        if places:
            listed = ", ".join(places[:6]) + (" and more" if len(places) > 6 else "")
            kept_article = kept["article_id"]
            msg = f"duplicates.csv: {row['record_id']} is decided to be the same as "
            msg += f"{kept['record_id']}, so its article {article} would go, but "
            msg += f"{listed} refer to it; move these rows to {kept_article} or delete "
            raise ValueError(msg + "them, or swap record_id and other_id")


def components(
    names: Sequence[str], pairs: Iterable[tuple[str, str]]
) -> list[list[str]]:
    """Return the groups that pairs make of names, names and groups in their order.

    >>> components(["a", "b", "c", "d"], [("c", "a")])
    [['a', 'c'], ['b'], ['d']]
    """
    near: dict[str, list[str]] = defaultdict(list)
    for one, other in pairs:
        near[one].append(other)
        near[other].append(one)
    place = {name: n for n, name in enumerate(names)}
    seen: set[str] = set()
    groups = []
    for name in names:
        if name in seen:
            continue
        group, todo = [], [name]
        seen.add(name)
        while todo:
            group.append(todo.pop())
            fresh = [n for n in dict.fromkeys(near[group[-1]]) if n not in seen]
            seen.update(fresh)
            todo += fresh
        groups.append(sorted(group, key=place.__getitem__))
    return groups


def article_cells(tables: Tables, record: Record) -> tuple[Row, list[str]]:
    """Return what a record says as cells of an article, and what had to be left out."""
    cells = {column: one_line(getattr(record, column)) for column in SHARED}
    cells["authors"] = ", ".join(cells["authors"].split(SEPARATOR))
    cells["note"] = one_line(record.notices)
    notes = []
    if len(cells["authors"]) > schema.LONGEST:
        cells["authors"] = cells["authors"][: schema.LONGEST].rpartition(", ")[0]
        notes.append("authors: more than a cell holds, the last ones left out")
    for column, value in cells.items():
        if found := schema.check_cell(tables.field("articles", column), value):
            notes.append(f"{column}: {found[0]}, left out; allowed: {found[1]}")
            cells[column] = ""
    return cells, notes


def article_name(article: Row, record_id: str) -> str:
    """Return a readable identifier for a new article.

    >>> article_name({"pmid": "", "doi": "10.1000/x(1)"}, "s2026-01-31-1.7")
    'DOI-10.1000-x-1'
    """
    if article["pmid"]:
        return f"PMID{article['pmid']}"
    inner = ODD.sub("-", article["doi"])[:80].strip("-")
    return f"DOI-{inner}" if inner else record_id


def unused(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken, with a number behind it if need be.

    >>> unused("a", {"a", "a-2"})
    'a-3'
    """
    number, free = 2, name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def one_line(value: str) -> str:
    """Return text in one line without control characters."""
    return schema.CONTROL.sub("", " ".join(value.split()))


def sound_snapshot(folder: Path, name: str) -> snapshots.Snapshot:
    """Read a snapshot of a data folder, refusing what is missing or damaged."""
    search = folder / "search"
    there = snapshots.names(search)
    if name not in there:
        listed = ", ".join(there[-5:]) or "none yet"
        msg = f"{name}: there is no such snapshot in {search}; there are: {listed}"
        raise ValueError(msg)
    path = search / "snapshots" / name
    if wrong := snapshots.verify(path):
        raise ValueError("; ".join(wrong[:3]))
    return snapshots.read(path)


def numbered(snapshot: snapshots.Snapshot) -> Iterator[tuple[str, Record]]:
    """Yield the records of a snapshot with identifiers for the tables, always alike."""
    taken: set[str] = set()
    for number, record in enumerate(snapshot.records(), 1):
        inner = ODD.sub("-", record.record_id).strip("-")[:80] or str(number)
        name = f"s{snapshot.id}.{inner}"
        if name in taken:
            # Thousands may begin alike, so each gets its own number at once.
            name = unused(f"{name}-{number}", taken)
        taken.add(name)
        yield name, record
