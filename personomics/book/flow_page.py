"""The page of the records behind each box of the flow diagram, and its files."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from personomics import evidence, flow, flow_chart, prisma, prisma_template
from personomics.book.parts import Record, Sections, card, fold, meta
from personomics.dataset import Dataset
from personomics.html import Markup, Table, escape, join, link, tag, text
from personomics.words import clean, clip, counted, inert

#: Records of a box that the page lists, at most; the file holds all.
LISTED = 500
#: Longer lists are folded away.
OPEN = 100
TITLE = 110
FILE, TEMPLATE = "records-in-boxes.csv", "prisma-flow-template.csv"
COLUMNS = (
    "record_id", "article_id", "title", "source", "found_by", "boxes", "ended_in",
    "reason", "duplicate_of", "rule", "evidence", "note",
)  # fmt: skip
ARMS = {
    evidence.PREVIOUS: "Previous version of the review",
    evidence.DATABASES: "Databases and registers",
    evidence.OTHER: "Other methods",
    flow.BOTH: "Included",
}


@dataclass(frozen=True)
class Register:
    """What there is to say about each record, by its identifier.

    Attributes
    ----------
    ds : Dataset
        The data.
    """

    ds: Dataset

    @cached_property
    def records(self) -> dict[str, Record]:
        """Rows of the table of records, with where each ends."""
        rows = self.ds["records"].assign(end=flow.ends(self.ds)["end"].to_list())
        return {row["record_id"]: row for row in rows.to_dict("records")}

    @cached_property
    def labels(self) -> dict[str, str]:
        """Short labels of the articles."""
        return evidence.article_labels(self.ds)

    @cached_property
    def titles(self) -> dict[str, str]:
        """Titles of the articles."""
        rows = self.ds["articles"]
        return dict(zip(rows["article_id"], map(text, rows["title"]), strict=True))

    @cached_property
    def reasons(self) -> dict[str, str]:
        """First reason for exclusion of the articles that have one."""
        rows = flow.exclusion_reasons(self.ds)
        return dict(zip(rows["article_id"], rows["reason"], strict=True))

    @cached_property
    def kept(self) -> dict[str, Record]:
        """Links from the records removed as duplicates to those that were kept."""
        rows = self.ds["duplicates"]
        rows = rows[rows["decision"] == "same"]
        return {row["record_id"]: row for row in rows.to_dict("records")}

    @cached_property
    def several(self) -> bool:
        """Whether the records come from more than one source."""
        return self.ds["records"]["source"].nunique() > 1

    @cached_property
    def updates(self) -> bool:
        """Whether the review has a previous version."""
        return "previous version" in set(self.ds["records"]["found_by"])

    def boxes(self, key: str) -> tuple[str, ...]:
        """Return the boxes that a record passes; the last is where it ended."""
        record = self.records[key]
        path = flow.path(record["found_by"], record["end"])
        return path if self.updates or path[-1] != "total_studies" else path[:-1]

    def title(self, key: str) -> str:
        """Return the title of a record, or nothing."""
        record = self.records[key]
        article = text(record["article_id"])
        return clean(self.titles.get(article) or text(record["title"]))

    def reason(self, key: str) -> str:
        """Return why a record was excluded, or nothing."""
        record = self.records[key]
        if record["end"] not in ("exclude", "screened out"):
            return ""
        return flow.reason_label(self.reasons[record["article_id"]])

    def name(self, key: str) -> Markup:
        """Return what a record is called, linked to its article where it has one."""
        article = text(self.records[key]["article_id"])
        if article:
            return evidence.to_article(article, self.labels[article])
        return escape(key)

    def line(self, key: str, box: str) -> Markup:
        """Return a record as an entry of the list of a box."""
        record, title = self.records[key], clip(self.title(key), TITLE)
        shown = [self.name(key), *([tag("cite", title)] if title else [])]
        if self.several:
            shown.append(escape(clip(record["source"], TITLE)))
        last = self.boxes(key)[-1]
        end = flow.BOXES[last][1].partition(":")[0].lower()
        reason = self.reason(key)
        if flow.WHOLE.get(last, last) != box:
            shown.append(escape(f"went to: {end}" + (f", {reason}" if reason else "")))
        elif reason or last != box:
            shown.append(escape(reason or end))
        if key in self.kept and record["end"] == "duplicate":
            shown.append(self.pair(self.kept[key]))
        if text(record["note"]):
            shown.append(escape(clip(record["note"], 3 * TITLE)))
        return join(shown, " · ")

    def pair(self, row: Record) -> Markup:
        """Return which record was kept in place of another one, and why."""
        other = row["other_id"]
        source = clip(self.records[other]["source"], TITLE)
        why = f"{clip(row['rule'])} ({clip(row['evidence'], 3 * TITLE)})"
        return join(["kept: ", tag("code", other), f" from {source}, by: {why}"])


def intro(ds: Dataset) -> str:
    """Say how many records there are and what the page shows."""
    total = len(ds["records"])
    return (
        f"These data hold {counted(total, 'record')}, each in the boxes of the PRISMA "
        "2020 flow diagram that it passed on its way. Follow a box to see its records, "
        "and a record to see its article and every rater’s judgement. "
        "[The search chapter](../chapters/01-search.ipynb) tells how they were found."
    )


def sections(ds: Dataset) -> Sections:
    """Return the diagram, the records of every box, and what waits for a person."""
    register, found, boxes = Register(ds), flow.counts(ds), flow.flow(ds)
    inside = dict(zip(boxes["box"], boxes["record_ids"], strict=True))
    files = join(
        [
            "Download: ",
            link(f"./{FILE}", "all records with the boxes they passed (CSV)"),
            " · ",
            link(f"./{TEMPLATE}", "the numbers for the R package PRISMA2020 (CSV)"),
        ]
    )
    figure = prisma.flow_figure(ds).html()
    made: Sections = [("", figure + tag("p", files, class_="pc-note"))]
    shown = flow_chart.boxes_shown(found)
    empty: Sections = []
    for arm, heading in ARMS.items():
        own = [key for key in shown if flow.BOXES[key][0] == arm]
        if any(inside[key] for key in own):
            entries = [box_card(register, found, key, inside[key]) for key in own]
            made.append((heading, join(entries, "\n")))
        elif own:
            places = join([tag("span", "", id=f"box-{key}") for key in own])
            words = "No record came this way, so all of its boxes are empty."
            empty.append((heading, places + tag("p", words)))
    made += empty
    waiting = ds["duplicates"]
    waiting = waiting[waiting["decision"] == "maybe"]
    if len(waiting):
        table = waiting_table(register, waiting)
        made.append(("Pairs that wait for a person", table.html()))
    return made


def box_card(
    register: Register, found: flow.Counts, key: str, records: tuple[str, ...]
) -> Markup:
    """Return one box of the diagram: its number, what it consists of, its records."""
    parts = consists_of(found.entries(key))
    lines = [register.line(record, key) for record in records[:LISTED]]
    summary, more = counted(len(records), "record"), Markup("")
    if len(records) > LISTED:
        summary = f"The first {LISTED} of {len(records):,} records"
        more = meta("All are in", link(f"./{FILE}", "the file of records"))
    return card(
        f"box-{key}",
        f"{found.label(key)}: {found[key]:,}",
        meta("Of these:", parts) if parts else "",
        fold(summary, lines, OPEN) or meta("No record is in this box."),
        more,
    )


def consists_of(entries: list[tuple[str, int]]) -> str:
    """Return what a box consists of in one line, sources within their part.

    >>> consists_of([("Databases", 3), ("· Embase", 2), ("· Medline", 1),
    ...              ("Registers", 0)])
    'Databases 3 (Embase 2, Medline 1); Registers 0'
    """
    parts: list[tuple[str, list[str]]] = []
    for name, n in entries:
        if name.startswith("· ") and parts:
            parts[-1][1].append(f"{name.removeprefix('· ')} {n:,}")
        else:
            parts.append((f"{name} {n:,}", []))
    return "; ".join(
        whole + (f" ({', '.join(sources)})" if sources else "")
        for whole, sources in parts
    )


def waiting_table(register: Register, rows: pd.DataFrame) -> Table:
    """Return the pairs of records of which a person must say whether they are one."""
    some = rows.head(LISTED)
    more = f"; the first {LISTED} of them" if len(rows) > LISTED else ""

    def record(key: str) -> Markup:
        named = register.name(key) + " · " + clip(register.title(key), TITLE)
        return named + " · " + clip(register.records[key]["source"], TITLE)

    return Table(
        some[["record_id", "other_id", "rule", "evidence"]],
        f"{counted(len(rows), 'pair')} of records that may be the same article{more}",
        {"record_id": "Record", "other_id": "Earlier record", "rule": "Found by"},
        {"record_id": record, "other_id": record},
    )


def files(ds: Dataset) -> dict[str, str]:
    """Return the files that the page offers: path inside the site to text."""
    return {
        f"reference/{FILE}": records_csv(ds),
        f"reference/{TEMPLATE}": prisma_template.export(ds),
    }


def records_csv(ds: Dataset) -> str:
    """Return every record with the boxes it passed, one row each, as a CSV file.

    Examples
    --------
    >>> from personomics import load
    >>> len(records_csv(load()).splitlines()) == len(load()["records"]) + 1
    True
    """
    register = Register(ds)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for key, record in register.records.items():
        boxes = register.boxes(key)
        pair = register.kept.get(key, {}) if record["end"] == "duplicate" else {}
        row = (
            key, record["article_id"], register.title(key), record["source"],
            record["found_by"], " ".join(boxes), boxes[-1], register.reason(key),
            pair.get("other_id"), pair.get("rule"), pair.get("evidence"),
            record["note"],
        )  # fmt: skip
        writer.writerow([inert(clean(cell)) for cell in row])
    return out.getvalue()
