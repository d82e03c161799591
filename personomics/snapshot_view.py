"""Chapter 1: the newest snapshot of the Medline search, if it has been run."""

from __future__ import annotations

import datetime

import pandas as pd

from personomics import snapshots
from personomics.dataset import Dataset
from personomics.evidence import article_labels, page_link
from personomics.html import Block, Table, link, said, tag, text
from personomics.snapshots import Delta, Snapshot
from personomics.strategy import FILE, query, read
from personomics.words import counted, listed

NOT_RUN = "The Medline search has not been run for these data."
PUBMED = "https://pubmed.ncbi.nlm.nih.gov/"
MOST = 100  # new records that the page lists


def searches(ds: Dataset) -> list[Snapshot]:
    """Return the snapshots of searches, the oldest first; imports are left out."""
    found = snapshots.all(ds.folder / "search")
    return [one for one in found if one.meta["kind"] == "search"]


def since_before(ds: Dataset) -> Delta | None:
    """Return what the newest search has that the one before had not; None if alone."""
    found = searches(ds)
    return snapshots.delta(*found[-2:]) if len(found) > 1 else None


def day(snapshot: Snapshot) -> str:
    """Return the date of a snapshot in words."""
    date = datetime.date.fromisoformat(snapshot.meta["date"])
    return f"{date.day} {date:%B %Y}"


def pmids(snapshot: Snapshot) -> set[str]:
    """Return the PMIDs that a search found, records that did not come included."""
    return set((snapshot.folder / snapshots.PMIDS).read_text(encoding="utf-8").split())


def known(ds: Dataset, snapshot: Snapshot) -> tuple[list[str], list[str]]:
    """Return the known items that a search found, and those it missed."""
    found, items = pmids(snapshot), read(ds.folder / FILE).known_items
    return [i for i in items if i in found], [i for i in items if i not in found]


def snapshot_table(ds: Dataset) -> Table | Block:
    """Return what the newest search asked, and what PubMed made of it."""
    found = searches(ds)
    if not found:
        return said("No snapshot of a search is stored with these data.")
    meta = found[-1].meta
    warnings = [": ".join(map(str, pair)) for pair in meta["warnings"]]
    rows = {
        "Snapshot": f"{found[-1].id}, {day(found[-1])}",
        "Asked": f"{meta['source']} through {meta['interface']}",
        "As sent": meta["query"],
        "As PubMed translated it": meta["translation"] or "not told",
        "Warnings of PubMed": "; ".join(warnings) or "none",
        "Records counted": f"{meta['count']:,}",
        "Records retrieved": f"{meta['retrieved']:,}",
        "Counted but not delivered": listed(meta["missing"]),
    }
    frame = pd.DataFrame(list(rows.items()), columns=["what", "value"])
    long = {rows["As sent"], rows["As PubMed translated it"]} - {"not told"}
    style = "overflow-wrap:anywhere"
    return Table(
        frame,
        "The newest search of Medline",
        {"what": "What", "value": "As recorded"},
        {"value": lambda v: tag("code", v, style=style) if v in long else text(v)},
    )


def missed_table(ds: Dataset) -> Table | Block:
    """Return the known items that the newest search missed."""
    found = searches(ds)
    if not found:
        return said("No known item has been looked for.")
    missed = known(ds, found[-1])[1]
    if not missed:
        return said("The search missed no known item.")
    articles, labels = ds["articles"], article_labels(ds)
    keys = dict(zip(map(text, articles["pmid"]), articles["article_id"], strict=True))
    rows = [(pmid, labels.get(keys.get(pmid, ""), "")) for pmid in missed]
    places = {labels[key]: page_link("articles", key, labels[key])
              for key in keys.values() if key in labels}  # fmt: skip
    return Table(
        pd.DataFrame(rows, columns=["pmid", "article"]),
        "Known items that the search missed",
        {"pmid": "PMID", "article": "Article"},
        {"pmid": pubmed, "article": lambda label: places.get(label, label)},
    )


def pubmed(pmid: str) -> object:
    """Return a link to a record of PubMed."""
    return link(f"{PUBMED}{pmid}/", pmid)


def new_table(ds: Dataset) -> Table | Block:
    """Return the records that the newest search found and the one before had not."""
    if not searches(ds):
        return said("There are no new records to list.")
    change = since_before(ds)
    if change is None:
        return said("There is no earlier search to compare with.")
    if not change.new:
        return said("The newest search found no record that the one before had not.")
    rows = [(r.pmid, r.title, r.year, r.journal) for r in change.new[:MOST]]
    first = f"; the first {len(rows)}" if len(change.new) > len(rows) else ""
    return Table(
        pd.DataFrame(rows, columns=["pmid", "title", "year", "journal"]),
        f"New since the search before: {counted(len(change.new), 'record')}{first}",
        {"pmid": "PMID"},
        {"pmid": pubmed},
    )


def numbers(ds: Dataset) -> dict[str, object]:
    """Return what the chapter's prose says about the search that was run."""
    found = searches(ds)
    if not found:
        return {"snapshot": NOT_RUN,
                "snapshot-known": "That is not known before it has been run.",
                "snapshot-delta": "Two runs are needed to tell."}  # fmt: skip
    newest = found[-1]
    meta, missing = newest.meta, len(newest.meta["missing"])
    same = meta["query"] == query(read(ds.folder / FILE))
    asked = "the string above" if same else "an earlier wording of the string above"
    came = f", of which {meta['retrieved']:,} came" if missing else ", which all came"
    return {
        "snapshot": f"The search was last run on {day(newest)} with {asked}. "
        f"{meta['source']} counted {counted(meta['count'], 'record')}{came}.",
        "snapshot-known": known_said(*known(ds, newest)),
        "snapshot-delta": delta_said(ds, found),
    }


def known_said(hit: list[str], missed: list[str]) -> str:
    """Say how many known items a search found."""
    total = len(hit) + len(missed)
    if not total:
        return "The strategy names no known items, so its recall is unknown."
    share = f"{100 * len(hit) / total:.0f} %"
    return f"It found {len(hit)} of {counted(total, 'known item')} ({share})."


def delta_said(ds: Dataset, found: list[Snapshot]) -> str:
    """Say what changed since the search before."""
    change = since_before(ds)
    if change is None:
        return "It is the first search of these data."
    asked = "" if change.same_query else ", which asked something else"
    return (
        f"Against the search of {day(found[-2])}{asked}, {len(change.new):,} records "
        f"are new, {len(change.gone):,} gone and {len(change.changed):,} changed."
    )
