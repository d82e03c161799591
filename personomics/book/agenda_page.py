"""The ranked agenda of what to measure next, and the open questions."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from personomics.agenda import instrument_links, status_table
from personomics.book.parts import Sections, card, cards, facts, grouped, meta
from personomics.dataset import Dataset
from personomics.evidence import factor_labels, to_factor
from personomics.figure_files import to_csv
from personomics.gaps import (
    COLUMNS,
    LICENCES,
    RANK_RULE,
    SEPARATOR,
    STATUS,
    STATUS_RULE,
    gap_data,
    licence_column,
)
from personomics.html import Markup, Table, join, link, tag, text
from personomics.words import counted, missing

CSV, JSON = "agenda.csv", "agenda.json"
#: Columns of the two tables of the page.
MEASURED = [
    "factor_id", "factor", "rank", "articles", "cases", "status", "direct", "partial",
    "proxy", "brief", "fewest_items", "items_not_seen",
]  # fmt: skip
TERMS = [
    "factor", "instruments", "licence_free", "licence_conditions",
    "licence_permission", "licence_not_seen", "reporters", "recall_seen",
    "recall_periods",
]  # fmt: skip
HEADINGS = {
    "status": "Closest instrument is",
    "cases": "Narratives",
    "fewest_items": "Fewest items",
    "items_not_seen": "Length not seen",
    "licence_free": "Free",
    "licence_conditions": "On conditions",
    "licence_permission": "Needs permission",
    "licence_not_seen": "Terms not seen",
    "reporters": "Who answers",
    "recall_seen": "Recall period seen",
    "recall_periods": "Looks back on",
}
#: What the cells hold that list several values.
LISTS = {"best": " ", "reporters": SEPARATOR, "recall_periods": SEPARATOR}


def intro(ds: Dataset) -> str:
    """Say what the page is for."""
    rows = gap_data(ds)
    lacking = int(rows["rank"].notna().sum())
    lack = "lacks" if lacking == 1 else "lack"
    return (
        f"Of {counted(len(rows), 'factor')}, {lacking} {lack} an instrument that is "
        "both direct and brief. They stand here in the order in which articles and "
        "narratives call for them, each with the reason. Everything is computed from "
        "the data, anew for every version. To choose instruments for a trial: "
        "[Plan a trial](../plan.md)."
    )


def sections(ds: Dataset) -> Sections:
    """Return the ranked agenda, its rules, the tables and the open questions."""
    rows = gap_data(ds)
    take = join(
        ["Every factor as a file: ", link(f"./{CSV}", "CSV"), ", ",
         link(f"./{JSON}", "JSON with the rules and the questions"),
         f" (data version {ds.version})."]
    )  # fmt: skip
    found: Sections = [("", meta(take)), ("The ranking", ranked(ds, rows))]
    found.append(("How status and rank come about", rules(ds)))
    if len(rows):
        found.append(("Every factor", measured(ds, rows)))
        found.append(("Terms of use, who answers, how far back", terms(ds, rows)))
    return [*found, ("Open questions", questions(ds))]


def ranked(ds: Dataset, rows: pd.DataFrame) -> Markup:
    """Return the factors without a direct and brief instrument, each with why."""
    rows = rows.dropna(subset=["rank"])
    if rows.empty:
        return tag("p", "Every factor of these data has a direct and brief instrument.")
    lines = []
    for row in rows.to_dict("records"):
        name = tag("strong", to_factor(row["factor_id"], row["label"]))
        tools = text(row["best"])
        closest = join(["Closest: ", instrument_links(ds, tools)]) if tools else ""
        parts = [name, tag("div", row["reason"]), meta(closest)]
        lines.append(tag("li", join(parts), value=int(row["rank"])))
    return tag("p", RANK_RULE) + tag("ol", join(lines, "\n"), class_="pc-agenda")


def rules(ds: Dataset) -> Markup:
    """Return how the status follows from the data, and what none found means."""
    told = ds.statement("instruments")
    missed = (
        "“None found” does not mean “none exists”: the search behind these data met no "
        "instrument. “Not seen” means that no readable copy showed it; it is never "
        "counted as zero."
    )
    return join(
        [
            tag("p", STATUS_RULE),
            status_table(ds).html(),
            tag("p", missed),
            tag("p", told) if told else "",
        ]
    )


def measured(ds: Dataset, rows: pd.DataFrame) -> Markup:
    """Return how well each factor can be measured, one anchor per factor."""
    labels = factor_labels(ds)
    frame = rows.assign(factor=rows["factor_id"])
    # Where nothing was found there is no length that could have been seen.
    frame["fewest_items"] = [
        text(n) or ("not seen" if found else "–")
        for n, found in zip(rows["fewest_items"], rows["instruments"], strict=True)
    ]
    return Table(
        frame[MEASURED],
        f"{counted(len(rows), 'factor')}: what supports each, and its instruments by "
        "directness, brevity and length. None found does not mean that none exists.",
        HEADINGS,
        {"factor": lambda key: to_factor(key, labels[key])},
        row_header="factor",
        anchor="factor_id",
    ).html()


def terms(ds: Dataset, rows: pd.DataFrame) -> Markup:
    """Return on what terms the instruments of each factor can be used."""
    labels = factor_labels(ds)
    frame = rows.assign(factor=rows["factor_id"])[rows["instruments"] > 0]
    if frame.empty:
        return tag("p", "These data hold no instrument of any factor.")
    means = {HEADINGS[licence_column(kind)]: LICENCES[kind] for kind in LICENCES}
    several = dict.fromkeys(("reporters", "recall_periods"), listing)
    table = Table(
        frame[TERMS],
        "Instruments of each factor by our reading of their terms of use, who "
        "answers, and the recall periods seen. Check with the source before use.",
        HEADINGS,
        {"factor": lambda key: to_factor(key, labels[key]), **several},
    )
    return table.html() + facts(means)


def listing(cell: object) -> Markup:
    """Return a cell that holds several values as a list."""
    values = split(cell, SEPARATOR)
    return tag("ul", join(tag("li", one) for one in values or ["not seen"]))


def questions(ds: Dataset) -> Markup:
    """Return the open questions, one anchor each: why open, and what would answer."""
    labels = factor_labels(ds)
    about = grouped(ds["question_factors"], "question_id")
    shown = []
    for row in ds["questions"].to_dict("records"):
        key = row["question_id"]
        links = [
            to_factor(one["factor_id"], labels[one["factor_id"]])
            for one in about.get(key, [])
        ]
        shown.append(
            card(
                key,
                row["question"],
                meta(join([tag("code", key), f"topic: {row['topic']}"], " · ")),
                facts({
                    "Why it is open": row["reason"],
                    "What would answer it": row["study"],
                    "Factors": join(links, ", ") if links else "all",
                }),
            )
        )  # fmt: skip
    return cards(shown, "These data hold no open questions.")


def files(ds: Dataset) -> dict[str, str | bytes]:
    """Return the files that the page offers: path inside the site to content.

    Both hold :func:`personomics.gaps.gap_data`; the CSV names the data version in a
    column, the JSON in a field beside the rules, the meanings and the questions.

    Examples
    --------
    >>> from personomics import load
    >>> sorted(files(load()))
    ['reference/agenda.csv', 'reference/agenda.json']
    """
    rows = gap_data(ds)
    table = to_csv(rows.assign(data_version=ds.version))
    content = json.dumps(as_json(ds, rows), ensure_ascii=False, indent=1) + "\n"
    return {f"reference/{CSV}": table, f"reference/{JSON}": content}


def as_json(ds: Dataset, rows: pd.DataFrame) -> dict[str, Any]:
    """Return the gap data, what they mean, and the open questions, for programs."""
    about = grouped(ds["question_factors"], "question_id")
    factors = [
        {
            name: split(value, LISTS[name])
            if name in LISTS
            else None if missing(value) else value
            for name, value in row.items()
        }
        for row in rows.to_dict("records")
    ]  # fmt: skip
    asked = [
        {**row, "factors": [one["factor_id"] for one in about.get(key, [])]}
        for key, row in zip(
            ds["questions"]["question_id"],
            ds["questions"].to_dict("records"),
            strict=True,
        )
    ]
    return {
        "title": ds.title,
        "data_version": ds.version,
        "rules": {"status": STATUS_RULE, "rank": RANK_RULE},
        "none_found": ds.statement("instruments"),
        "statuses": STATUS,
        "licences": LICENCES,
        "columns": COLUMNS,
        "factors": factors,
        "questions": asked,
    }


def split(cell: object, separator: str) -> list[str]:
    """Return the values of a cell that lists several.

    >>> split("self | staff", " | "), split("", " ")
    (['self', 'staff'], [])
    """
    return text(cell).split(separator) if text(cell) else []
