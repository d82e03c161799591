"""Chapter 1: the rehearsal of the search strategy on a sample, if one is stored."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from personomics.dataset import Dataset
from personomics.html import Block, Table, said, tag
from personomics.rehearsal import BlockCount, Rehearsal, stored
from personomics.strategy import FILE, fingerprint, query, read
from personomics.style import Figure, color, empty_figure, from_chart, new_chart
from personomics.words import DASH, clip, counted, listed

NONE = "No rehearsal of the strategy is stored with these data."
NAME, TITLE = "search-rehearsal", "What each term finds in the sample"
NOTE = "Counts in a sample, not in Medline."


class Row(NamedTuple):
    """A row of the figure: a block, whose term is empty, or one of its terms."""

    block: str
    term: str
    hits: int | None
    alone: int | None
    lost: int | None


def rehearsal(ds: Dataset) -> Rehearsal | None:
    """Return the stored rehearsal with the largest sample, or None."""
    found = stored(ds.folder).values()
    return max(found, key=lambda one: one.sample.records, default=None)


def shown(count: int | None) -> str:
    """Return a count with its thousands apart, or a dash where there is none."""
    return DASH if count is None else f"{count:,}"


def rehearsal_figure(ds: Dataset) -> Figure:
    """Draw what each block and each of its terms finds, and what it finds alone."""
    found = rehearsal(ds)
    if found is None:
        return empty_figure(NAME, TITLE, NONE)
    rows = term_rows(found)
    chart = new_chart(6.4, 0.9 + 0.22 * len(rows))
    axes = chart.add_subplot()
    widest = max([1, *(row.hits or 0 for row in rows)])
    alone = [row.alone or 0 for row in rows]
    shared = [(row.hits or 0) - own for row, own in zip(rows, alone, strict=True)]
    dark = [color("yes" if row.term else "muted") for row in rows]
    axes.barh(range(len(rows)), alone, 0.7, color=dark)
    axes.barh(range(len(rows)), shared, 0.7, alone, color=color("partly"), hatch="///",
              edgecolor=color("paper"), linewidth=0)  # fmt: skip
    for place, row in enumerate(rows):
        hits, words = row.hits or 0, shown(row.hits)
        if row.term and hits:
            words += f", {shown(row.alone)} alone"
        axes.text(hits + 0.012 * widest, place, words, va="center", size=9,
                  color=color("ink"))  # fmt: skip
    labels = [clip(row.term or f"■ {row.block}", 42) for row in rows]
    axes.set_yticks(range(len(rows)), labels)
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_fontweight("normal" if row.term else "bold")
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, widest * 1.3)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(
        "Records of the sample. Solid, “alone”: by no\nother term of the block; "
        "hatched: by another\ntoo; grey: the whole block"
    )
    table = pd.DataFrame(rows)
    return from_chart(
        chart, NAME, TITLE, alt(found), table.astype(object).fillna(DASH),
        headings={"hits": "Records", "alone": "By no other of the block",
                  "lost": "Lost to the search without it"},
        note=NOTE,
    )  # fmt: skip


def term_rows(found: Rehearsal) -> list[Row]:
    """Return a row for each block, followed by one for each of its terms."""
    rows = []
    for block in found.blocks:
        rows.append(Row(block.name, "", block.hits, block.hits, lost(found, block)))
        rows += [
            Row(block.name, one.term, one.hits, one.alone, one.lost)
            for one in block.terms
        ]
    return rows


def lost(found: Rehearsal, block: BlockCount) -> int | None:
    """Return how many records the search would lose without a block."""
    return None if block.without is None else max(found.hits - block.without, 0)


def alt(found: Rehearsal) -> str:
    """Return the text alternative of the figure."""
    parts = [
        f"Bars for {counted(len(found.blocks), 'block')} and their terms in a sample "
        f"of {shown(found.sample.records)} records."
    ]
    for block in found.blocks:
        parts.append(f"{block.name}: {shown(block.hits)} records")
        terms = [one for one in block.terms if one.hits]
        if terms:
            best = max(terms, key=lambda one: one.hits or 0)
            parts[-1] += f", most of all {best.term} with {shown(best.hits)}"
        empty = sum(one.hits == 0 for one in block.terms)
        parts[-1] += f"; terms without a record: {empty} of {len(block.terms)}."
    return " ".join(parts)


def steps_table(ds: Dataset) -> Table | Block:
    """Return what the blocks find one by one and together, and what each one costs."""
    found = rehearsal(ds)
    if found is None:
        return said("There are no counts to take the string apart by.")
    rows = [(f"Block {b.name}", b.hits, b.without) for b in found.blocks]
    rows.append(("All blocks as combined", found.combined, None))
    rows += [
        (f"Limit {one.term}", one.hits,
         None if one.alone is None else found.hits + one.alone)
        for one in found.limits
    ]  # fmt: skip
    rows.append(("The whole string", found.hits, None))
    frame = pd.DataFrame(rows, columns=["part", "hits", "without"], dtype=object)
    return Table(
        frame.map(lambda cell: cell if isinstance(cell, str) else shown(cell)),
        "The string taken apart, in records of the sample",
        {"part": "Part of the string", "hits": "Records that it finds",
         "without": "Found by the whole string without this part"},
    )  # fmt: skip


def skipped_table(ds: Dataset) -> Table | Block:
    """Return the terms that could not be evaluated on records, and why."""
    found = rehearsal(ds)
    if found is None:
        return said("No term was left out, because none was tried.")
    if not found.not_evaluated():
        return said("Every term and limit could be evaluated on the records.")
    rows = [(one.term, one.note) for one in found.not_evaluated()]
    return Table(
        pd.DataFrame(rows, columns=["term", "note"]),
        "Left out of the rehearsal",
        {"term": "Term", "note": "Why"},
        {"term": lambda term: tag("code", term)},
    )


def numbers(ds: Dataset) -> dict[str, object]:
    """Return what the chapter's prose says about the rehearsal."""
    found = rehearsal(ds)
    if found is None:
        return {"rehearsal": f"{NONE} What follows says how one would be read.",
                "rehearsal-result": "", "rehearsal-known": ""}  # fmt: skip
    return {
        "rehearsal": f"{sample_said(found)} {wording(ds, found)}",
        "rehearsal-result": result_said(found),
        "rehearsal-known": known_said(found),
    }


def sample_said(found: Rehearsal) -> str:
    """Say what the strategy was rehearsed on."""
    sample = found.sample
    years = [year for year in sample.years if year]
    span = f", published from {years[0]} to {years[-1]}" if years else ""
    if len(years) > 1:
        commonest = max(years, key=sample.years.__getitem__)
        span += f", {shown(sample.years[commonest])} of them in {commonest}"
    files = listed((file.name for file in sample.files), none="no file")
    return (
        f"These data hold a rehearsal on {shown(sample.records)} records "
        f"({files}){span}. It is no search of Medline. An abstract comes with "
        f"{shown(sample.with_abstract)} of the records, subject headings with "
        f"{shown(sample.with_headings)}."
    )


def wording(ds: Dataset, found: Rehearsal) -> str:
    """Say whether the strategy has changed since it was rehearsed."""
    plan = read(ds.folder / FILE)
    if fingerprint(plan) == found.fingerprint:
        return "The strategy above is the one that was rehearsed."
    what = "known items" if query(plan) == found.query else "wording"
    return f"It was made before the strategy above got its present {what}."


def result_said(found: Rehearsal) -> str:
    """Say what the whole string finds, and what it would find without each block."""
    without = [
        f"{shown(block.without)} without the block “{clip(block.name)}”"
        for block in found.blocks
        if block.without is not None
    ]
    less = f" It would find {listed(without)}." if without else ""
    if not found.hits:
        less += (
            " That it finds none does not condemn it: the sample is a small part of "
            "Medline and may hold little on the subject."
        )
    return (
        f"The whole string finds {shown(found.hits)} of the "
        f"{shown(found.sample.records)} records.{less}"
    )


def known_said(found: Rehearsal) -> str:
    """Say what the rehearsal tells about the known items."""
    known, here = len(found.known_items), len(found.known_in_sample)
    if not known:
        return "The strategy names no known items to find again."
    if not here:
        return (
            f"None of the {counted(known, 'known item')} is in the sample, so the "
            "rehearsal cannot say whether the string finds them."
        )
    return (
        f"Of the {counted(known, 'known item')} the sample holds {here}, of which the "
        f"string finds {len(found.known_found)}."
    )
