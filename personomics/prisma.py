"""The PRISMA 2020 flow diagram: its picture, its words and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from xml.etree import ElementTree as ET

import pandas as pd

from personomics import flow_chart, snapshots, style
from personomics.dataset import Dataset
from personomics.evidence import DATABASES, OTHER
from personomics.flow import (
    BOXES,
    JUDGEMENT,
    ORDER,
    Counts,
    counts,
    ends,
    exclusion_reasons,
    only_record_seen,
    reason_label,
)
from personomics.html import Table
from personomics.prisma_sums import problems
from personomics.words import counted

NOT_RUN = "The Medline search has not been run for these data."
NOT_TAKEN = "The Medline search was run; its records are not in these tables yet."
#: Where the records of a box are listed, from a page or a figure of the site.
PAGE = "../reference/flow.html#box-{}"
OF_THESE = "of these: "
PARTS = ("previous", "new", "total")
SVG = "{http://www.w3.org/2000/svg}"
#: Of its drawn size the diagram stays readable.
SMALLEST = 0.8


def twin(found: Counts) -> pd.DataFrame:
    """Return the numbers of the diagram as rows, with what each box consists of.

    Columns: arm, label, n.
    """
    rows: list[tuple[str, str, int]] = []
    for key in flow_chart.boxes_shown(found):
        arm = BOXES[key][0]
        rows.append((arm, found.label(key), found[key]))
        parts = [(name.removeprefix("· "), n) for name, n in found.entries(key)]
        rows += [(arm, OF_THESE + name, n) for name, n in parts if name]
    return pd.DataFrame(rows, columns=["arm", "label", "n"])


def alt_text(found: Counts) -> str:
    """Return the diagram in words, without sources and reasons."""
    boxes = flow_chart.boxes_shown(found)
    parts = []
    for arm in flow_chart.arms_shown(found):
        own = [k for k in boxes if BOXES[k][0] == arm and found[k]]
        steps = [f"{found.label(key).lower()}, {found[key]}" for key in own]
        name = f"Via {arm}" if arm in (DATABASES, OTHER) else "Previous version"
        parts.append(f"{name}: {'; '.join(steps) or 'no records'}.")
    last = boxes[-1]
    parts.append(f"{found.label(last)}: {found[last]}.")
    return f"PRISMA 2020 flow diagram. {' '.join(parts)}"


def drawn(found: Counts, name: str, title: str, note: str) -> style.Figure:
    """Return the diagram of some numbers as a figure, with links to the records."""
    chart, keys = flow_chart.draw(found)
    made = style.from_chart(
        chart, name, title, alt_text(found), twin(found),
        min_width=round(SMALLEST * 96 * chart.get_figwidth()),
        headings={"arm": "Identified via", "label": "Box", "n": "Number"}, note=note,
    )  # fmt: skip
    if found.typed:
        return made
    links = {key: (PAGE.format(key), link_name(found, key)) for key in keys}
    return replace(made, svg=linked(made.svg, links))


def link_name(found: Counts, key: str) -> str:
    """Return what the link of a box is called where the diagram is not seen."""
    arm, _ = BOXES[key]
    label, number = found.label(key), counted(found[key], "record")
    return f"{label}, {number}" + (f" ({arm})" if arm in (DATABASES, OTHER) else "")


def linked(svg: str, links: Mapping[str, tuple[str, str]]) -> str:
    """Make links of the boxes of a diagram that :mod:`personomics.flow_chart` drew.

    Parameters
    ----------
    svg : str
        The picture.
    links : mapping of str to pair of str
        Address and name of the link, by key of the box.

    Returns
    -------
    str
        The picture with one link around each box and its words.
    """
    ET.register_namespace("", SVG.strip("{}"))
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    top = ET.fromstring(svg)
    top.set("role", "group")
    parents = {child: parent for parent in top.iter() for child in parent}
    groups = {g.get("id"): g for g in top.iter(f"{SVG}g")}
    for key, (address, name) in links.items():
        box, inside = groups[f"box-{key}"], groups[f"box-{key}-words"]
        parent = parents[box]
        anchor = ET.Element(f"{SVG}a", {"href": address, "aria-label": name})
        parent.insert(list(parent).index(box), anchor)
        for group in (box, inside):
            parent.remove(group)
            anchor.append(group)
    return ET.tostring(top, encoding="unicode")


def flow_figure(ds: Dataset) -> style.Figure:
    """Draw the PRISMA 2020 flow diagram of a dataset; each box opens its records."""
    found = counts(ds)
    if not found["dbr_results"]:
        found = replace(found, notes={"dbr_results": why_none(ds)})
    record_only, assessed = seen_in_part(ds)
    return drawn(
        found,
        "prisma-flow",
        "PRISMA 2020 flow diagram of these data",
        "Every number is counted from the records, and every box opens those in it; "
        "dashed boxes hold none. Seen as title or abstract only: "
        f"{record_only} of the {assessed} reports assessed.",
    )


def why_none(ds: Dataset) -> str:
    """Say why there is no record from databases: nothing was run, or not taken over."""
    kept = snapshots.all(ds.folder / "search")
    return NOT_TAKEN if any(s.meta["kind"] == "search" for s in kept) else NOT_RUN


def template_figure(found: Counts) -> style.Figure:
    """Draw the flow diagram of numbers that were typed, not counted from records.

    Parameters
    ----------
    found : Counts
        What :func:`personomics.prisma_template.read` returns.
    """
    reports = {
        f"{part}_studies": ((found.labels.get(key, "Reports"), found.n[key]),)
        for part in PARTS
        if found.n.get(key := f"{part}_reports")
    }
    found = replace(found, lists={**found.lists, **reports})
    wrong = problems(found)
    note = "The numbers were typed, not counted from records"
    note += f"; they do not add up: {'; '.join(wrong)}." if wrong else "; they add up."
    return drawn(found, "prisma-flow-typed", "PRISMA 2020 flow diagram", note)


def seen_in_part(ds: Dataset) -> tuple[int, int]:
    """Return how many assessed reports were seen only as title or abstract, of all."""
    rows = ends(ds)
    rows = rows[rows["arm"].isin([DATABASES, OTHER])]
    seen = rows.loc[rows["end"].isin(["exclude", "include"]), "text_seen"]
    return sum(map(only_record_seen, seen)), len(seen)


def reasons_table(ds: Dataset) -> Table:
    """Return how many records were excluded for which reason."""
    rows = exclusion_reasons(ds)
    criteria = ds.codes("criterion")
    lines = []
    for reason in (*ORDER, JUDGEMENT):
        meaning = criteria.get(reason) or "Excluded on the record as a whole."
        first = int((rows["reason"] == reason).sum())
        at_all = sum(reason in unmet for unmet in rows["unmet"])
        lines.append((reason_label(reason), meaning, first, max(first, at_all)))
    return Table(
        pd.DataFrame(lines, columns=["reason", "meaning", "first", "any"]),
        "Reasons for exclusion; each excluded record has one first reason",
        {"meaning": "What was asked", "first": "First reason", "any": "Reason at all"},
    )


def numbers(ds: Dataset) -> dict[str, object]:
    """Return every number the chapter's prose uses about the flow."""
    found = counts(ds)
    reasons = exclusion_reasons(ds)["reason"]
    databases = found["dbr_results"]
    late = "" if databases or why_none(ds) == NOT_RUN else f" {NOT_TAKEN}"
    record_only, assessed = seen_in_part(ds)
    return {
        "other-identified": found["other_results"],
        "databases-arm": f"Records from databases and registers: {databases}.{late}",
        "databases-in-short": f"Records from databases and registers: {databases}."
        if databases
        else "None of the records came from a search of Medline or another database.",
        "assessed": assessed,
        "record-only": record_only,
        "reasons-by-criterion": int((reasons != JUDGEMENT).sum()),
        "judgement": int((reasons == JUDGEMENT).sum()),
    }
