"""Chapter 1: the newest snapshot of the Medline search, if it has been run."""

from __future__ import annotations

import datetime

import pandas as pd

from personomics import snapshots
from personomics.dataset import Dataset
from personomics.evidence import article_labels, to_article
from personomics.html import Block, Table, join, link, said, tag, text
from personomics.snapshots import Delta, Snapshot
from personomics.strategy import FILE, query, read
from personomics.words import counted, listed, percent

NOT_RUN = "The Medline search has not been run for these data."
NOT_KEPT = "No run of this search is kept with these data."
AWAITED = (
    "Once a run is kept, this place shows the string as sent and as PubMed "
    "understood it, how many records came, which known items it missed, and what is "
    "new since the run before."
)
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


def not_run(ds: Dataset) -> str:
    """Say that there is no run; records of a database may have come by other ways."""
    by_database = (ds["records"]["found_by"] == "database").any()
    return NOT_KEPT if by_database else NOT_RUN


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


def newest_search(ds: Dataset) -> Block:
    """Return all there is to show of the newest search, or what would stand here."""
    found = searches(ds)
    if not found:
        return said(AWAITED)
    (hit, missed), change = known(ds, found[-1]), since_before(ds)
    parts: list[Table | Block] = [snapshot_table(found[-1])]
    parts.append(headed("Are the known items found?", known_said(hit, missed)))
    if missed:
        parts.append(missed_table(ds, missed))
    parts.append(headed("What is new?", delta_said(found, change)))
    if change and change.new:
        parts.append(new_table(change))
    return Block(
        join([p.html() if isinstance(p, Table) else p.html for p in parts], "\n"),
        "\n\n".join(p.plain() if isinstance(p, Table) else p.plain for p in parts),
    )


def headed(question: str, answer: str) -> Block:
    """Return a paragraph that begins with what it answers."""
    html = tag("p", join([tag("strong", question), answer], " "))
    return Block(html, f"{question} {answer}")


def snapshot_table(snapshot: Snapshot) -> Table:
    """Return what a search asked, and what PubMed made of it."""
    meta = snapshot.meta
    warnings = [": ".join(map(str, pair)) for pair in meta["warnings"]]
    rows = {
        "Snapshot": f"{snapshot.id}, {day(snapshot)}",
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


def missed_table(ds: Dataset, missed: list[str]) -> Table:
    """Return the known items that a search missed, with the articles they are."""
    articles, labels = ds["articles"], article_labels(ds)
    keys = dict(zip(map(text, articles["pmid"]), articles["article_id"], strict=True))
    rows = [(pmid, labels.get(keys.get(pmid, ""), "")) for pmid in missed]
    places = {labels[key]: to_article(key, labels[key])
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


def new_table(change: Delta) -> Table:
    """Return the records that the newest search found and the one before had not."""
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
        return {"snapshot": not_run(ds)}
    newest = found[-1]
    meta, missing = newest.meta, len(newest.meta["missing"])
    same = meta["query"] == query(read(ds.folder / FILE))
    asked = "the string above" if same else "another wording of the string above"
    came = f", of which {meta['retrieved']:,} came" if missing else ", which all came"
    return {
        "snapshot": f"The search was last run on {day(newest)} with {asked}. "
        f"{meta['source']} counted {records(meta['count'])}{came}.",
    }


def known_said(hit: list[str], missed: list[str]) -> str:
    """Say how many known items a search found."""
    total = len(hit) + len(missed)
    if not total:
        return "The strategy names no known items, so nobody can tell what it misses."
    share = percent(len(hit), total)
    why = (
        " One that was missed may mean that the search is too narrow, or that no "
        "search of titles, abstracts and headings would find it."
    )
    return (
        f"The search found {len(hit)} of {counted(total, 'known item')} ({share})."
        + (why if missed else "")
    )


def records(number: int) -> str:
    """Return a number of records, thousands apart."""
    return f"{number:,} record{'' if number == 1 else 's'}"


def delta_said(found: list[Snapshot], change: Delta | None) -> str:
    """Say what changed since the search before."""
    if change is None:
        return "This is the first search, so there is none to compare it with."
    asked = "" if change.same_query else ", which asked something else"
    return (
        f"Since the search of {day(found[-2])}{asked}: new {len(change.new):,}, gone "
        f"{len(change.gone):,}, changed {len(change.changed):,}."
    )
