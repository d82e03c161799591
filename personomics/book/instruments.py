"""The page of the instruments, one row each."""

from __future__ import annotations

import pandas as pd

from personomics import evidence
from personomics.book.parts import Record, Sections, grouped, sources
from personomics.dataset import Dataset
from personomics.gaps import LICENCES
from personomics.html import Markup, Table, escape, join, link, tag, text
from personomics.words import counted


def intro(ds: Dataset) -> str:
    """Say how many instruments there are, and for how many factors there is none."""
    factors = evidence.active_factors(ds)["factor_id"]
    bare = int((~factors.isin(ds["instrument_factors"]["factor_id"])).sum())
    gap = f"For {bare} of {counted(len(factors), 'active factor')} none was found. "
    return (
        f"These data hold {counted(len(ds['instruments']), 'instrument')}. "
        f"{gap if bare else ''}*Not seen* means that "
        "no readable copy showed it. What a licence allows is our reading: check it, "
        "and the length, with the source before use; no wording of a questionnaire is "
        "reproduced here. "
        "[What to measure next](agenda.md) ranks the gaps."
    )


def sections(ds: Dataset) -> Sections:
    """Return the table of instruments, one anchor per row."""
    statement = tag("p", ds.statement("instruments"))
    rows = ds["instruments"]
    if rows.empty:
        return [("", statement + tag("p", "These data hold no instruments."))]
    records = {row["instrument_id"]: row for row in rows.to_dict("records")}
    fits = grouped(ds["instrument_factors"], "instrument_id")
    names = evidence.factor_labels(ds)

    def factors(key: str) -> Markup:
        shown = [
            tag(
                "li",
                evidence.to_factor(f["factor_id"], names[f["factor_id"]])
                + f" ({f['directness']})",
            )
            for f in fits.get(key, [])
        ]
        return tag("ul", join(shown)) if shown else escape("none")

    def name(key: str) -> Markup:
        row = records[key]
        short = text(row["abbreviation"])
        return escape(f"{row['name']} ({short})" if short else text(row["name"]))

    def source(key: str) -> Markup:
        remark = text(records[key]["note"])
        parts = [reference(records[key]), tag("p", remark) if remark else ""]
        return join(part for part in parts if part)

    keys = rows["instrument_id"]
    frame = pd.DataFrame(
        dict.fromkeys(
            ("instrument_id", "name", "measures", "use", "terms", "source"), keys
        )
    )
    table = Table(
        frame,
        f"{counted(len(rows), 'instrument')} of these data",
        {"use": "Length and use", "terms": "Terms of use and code", "source": "Source"},
        {
            "name": name,
            "measures": factors,
            "use": lambda key: use(records[key]),
            "terms": lambda key: terms(records[key]),
            "source": source,
        },
        row_header="name",
        anchor="instrument_id",
    )
    return [("", statement + table.html())]


def use(row: Record) -> Markup:
    """Return how long an instrument is, who answers, and how far it looks back."""
    items = text(row["n_items"])
    minutes = text(row["minutes_text"]) or text(row["minutes"])
    lines = [
        counted(int(items), "item") if items else "items not seen",
        f"minutes: {minutes}" if minutes else "minutes not seen",
        f"reporter: {row['reporter']}",
    ]
    if period := text(row["recall_period"]):
        lines.append(f"looks back on: {period}")
    return tag("ul", join(tag("li", line) for line in lines))


def terms(row: Record) -> Markup:
    """Return our reading of an instrument's licence, its words, and its LOINC code."""
    code = text(row["loinc"])
    lines = [
        tag("b", LICENCES[row["licence_class"]]),
        text(row["licence"]),
        f"LOINC {code}" if code else "",
    ]
    return tag("ul", join(tag("li", line) for line in lines if line))


def reference(row: Record) -> Markup:
    """Return where an instrument was published and read."""
    doi = text(row["doi"])
    words = " ".join(text(row[c]) for c in ("authors", "year", "journal")).split()
    secondary = row["read_in"] == "secondary"
    parts = [
        escape(" ".join(words)),
        link(f"https://doi.org/{doi}", "DOI") if doi else "",
        sources(row["source_urls"]),
        "secondary copy: check against the reference" if secondary else "",
    ]
    return join([part for part in parts if part], " · ") or escape("not seen")
