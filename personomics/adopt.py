"""Take the records of snapshots into the tables of a data folder.

Nothing is deleted: a duplicate stays as a record that was removed, with a link to the
record that is kept. Records that a limit of the search or an automation tool removed
are marked by hand: their ``removed`` says "automation" or "other".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from personomics.records import SEPARATOR, Record
from personomics.settle import (
    LINK,
    SHARED,
    Settled,
    Settling,
    numbered,
    one_line,
    settle,
    sound_snapshot,
)
from personomics.table_edit import Tables, editing

if TYPE_CHECKING:
    from personomics.dedupe import Link

__all__ = ["Adopted", "Settled", "adopt", "settle"]


@dataclass(frozen=True)
class Adopted:
    """What came of taking snapshots into the tables.

    Attributes
    ----------
    records : int
        Records added.
    known : int
        Records that were in the tables already.
    missing : int
        Records that the source counted but did not deliver.
    articles : int
        Articles added; they wait for screening.
    duplicates, maybe : int
        Pairs added: the same article, and left for a person to decide.
    notes : tuple of str
        Values that the tables do not allow and that were left out, a sentence each.
    """

    records: int = 0
    known: int = 0
    missing: int = 0
    articles: int = 0
    duplicates: int = 0
    maybe: int = 0
    notes: tuple[str, ...] = ()


def adopt(
    folder: str | Path,
    names: Sequence[str | Path],
    *,
    found_by: str = "database",
    source: str = "",
    abstracts: Collection[str] = (),
    find: Callable[..., list[Link]] | None = None,
) -> Adopted:
    """Take the records of snapshots into the tables of a data folder.

    Parameters
    ----------
    folder : str or Path
        The data folder.
    names : sequence of str or Path
        Snapshots of this folder, by name or path.
    found_by : str
        How the source was used, in the words of the schema.
    source : str
        Name of the source, where it is not the one that the snapshot states.
    abstracts : collection of str
        PMIDs whose abstracts are at hand.
    find : callable, optional
        Finds duplicates; by default :func:`personomics.dedupe.find`.

    Returns
    -------
    Adopted
        What was added; nothing, when all records are in the tables already.

    Raises
    ------
    ValueError
        If a snapshot is missing or damaged, or the tables would not conform.
    OSError
        If the tables cannot be written. In both cases nothing is written.
    """
    from personomics import dedupe

    with editing(folder) as tables:
        allowed = tables.field("records", "found_by")["constraints"]["enum"]
        if found_by not in allowed:
            msg = f"found_by: {found_by!r} is none; allowed: {', '.join(allowed)}"
            raise ValueError(msg)
        rows, there = tables["records"], {r["record_id"] for r in tables["records"]}
        earlier = list(table_items(tables))
        fresh: dict[str, Record] = {}
        missing = total = 0
        for name in dict.fromkeys(Path(n).name for n in check_places(folder, names)):
            snapshot = sound_snapshot(Path(folder), name)
            missing += len(snapshot.meta.get("missing", []))
            named = one_line(source or str(snapshot.meta.get("source", "")))
            for record_id, record in numbered(snapshot):
                total += 1
                if record_id not in there:
                    fresh[record_id] = record
                    cells = {"record_id": record_id, "source": named,
                             "found_by": found_by, "snapshot": name}  # fmt: skip
                    rows.append(tables.row("records", **cells))
        if not fresh:
            return Adopted(known=total, missing=missing)
        decided = [dedupe.Link(**{k: r[k] for k in LINK}) for r in tables["duplicates"]]
        items = [dedupe.Item(*item) for item in (*earlier, *fresh.items())]
        links = (find or dedupe.find)(items, decided=decided)
        before, articles = len(tables["duplicates"]), len(tables["articles"])
        add_links(tables, links)
        done = Settling(tables, fresh, abstracts).run()
        added = [r["decision"] for r in tables["duplicates"][before:]]
        return Adopted(
            records=len(fresh), known=total - len(fresh), missing=missing,
            articles=len(tables["articles"]) - articles,
            duplicates=added.count("same"), maybe=added.count("maybe"),
            notes=tuple(done.notes),
        )  # fmt: skip


def check_places(
    folder: str | Path, names: Iterable[str | Path]
) -> Iterator[str | Path]:
    """Yield snapshots' names; refuse paths that lead to another data folder."""
    home = Path(folder).resolve() / "search" / "snapshots"
    for name in names:
        path = Path(name)
        if path.name != str(name).rstrip("/") and path.resolve().parent != home:
            msg = f"{name}: is no snapshot of this data folder; they are in {home}"
            raise ValueError(msg)
        yield name


def table_items(tables: Tables) -> Iterator[tuple[str, Record]]:
    """Yield the records that went on, as their articles describe them."""
    articles = {a["article_id"]: a for a in tables["articles"]}
    for row in tables["records"]:
        article = articles.get(row["article_id"])
        if article is not None and not row["removed"]:
            cells = {column: article[column] for column in SHARED}
            cells["authors"] = cells["authors"].replace(", ", SEPARATOR)
            yield row["record_id"], Record(record_id=row["record_id"], **cells)


def add_links(tables: Tables, links: Iterable[Link]) -> None:
    """Add new pairs; a "same" that would join two articles of old becomes a "maybe"."""
    rows = tables["duplicates"]
    seen = {frozenset((r["record_id"], r["other_id"])) for r in rows}
    group = {r["record_id"]: r["record_id"] for r in tables["records"]}

    def head(name: str) -> str:
        while group[name] != name:
            group[name] = name = group[group[name]]
        return name

    for row in rows:
        known = row["record_id"] in group and row["other_id"] in group
        if row["decision"] == "same" and known:
            group[head(row["record_id"])] = head(row["other_id"])
    held = {head(r["record_id"]): r["article_id"]
            for r in tables["records"] if r["article_id"]}  # fmt: skip
    for link in links:
        pair = frozenset((link.record_id, link.other_id))
        if pair in seen:
            continue
        seen.add(pair)
        cells = {column: one_line(getattr(link, column)) for column in LINK}
        if cells["decision"] == "same":
            one, other = head(link.record_id), head(link.other_id)
            if one != other and one in held and other in held:
                cells["decision"] = "maybe"
                cells["evidence"] += "; both are articles already"
            else:
                group[one] = other
                if one in held:
                    held[other] = held[one]
        rows.append(tables.row("duplicates", **cells))
