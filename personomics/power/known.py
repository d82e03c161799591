"""Published figures on the power of interactions beside those computed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from personomics.dataset import Dataset
from personomics.html import Block, Markup, Table, link, said, text
from personomics.power.cells import power_at, sample_size_ratio


def recomputed() -> dict[tuple[str, str], float]:
    """Return what this module gives for the published figures: (measure, label)."""
    same, half = "as large as the main effect", "half the main effect"
    size = "sample size for an interaction"
    return {
        ("sample size ratio", f"{size} {same}"): sample_size_ratio(1),
        ("percent", f"power for an interaction {same}"): 100 * power_at(1, 1),
        ("sample size ratio", f"{size} {half}"): sample_size_ratio(0.5),
    }


def reference_links(
    facts: pd.DataFrame, words: Mapping[str, str] | None = None
) -> Callable[[str], Markup]:
    """Return a function from a reference to a link to its DOI or address.

    The link shows the reference, or what ``words`` has in its place.
    """
    places = {
        row["reference"]: f"https://doi.org/{row['doi']}"
        if text(row["doi"])
        else text(row["source_urls"]).split(" ")[0]
        for row in facts.to_dict("records")
    }
    shown = words or {}
    return lambda r: link(places[r], shown.get(r, r))


def published(ds: Dataset) -> pd.DataFrame:
    """Return the published facts on power beside what the formulas here give.

    Columns: those of both tables (``value`` as published, ``number`` the figure) and
    recomputed; number and recomputed are missing where there is nothing to recompute.
    """
    facts = ds["trial_facts"]
    facts = facts[facts["topic"] == "power"]
    values = ds["trial_fact_values"].rename(columns={"value": "number"})
    rows = facts.merge(values, on="fact_id", how="left")
    ours = recomputed()
    keys = zip(rows["measure"], rows["label"], strict=True)
    rows["recomputed"] = pd.array([ours.get(key) for key in keys], dtype="Float64")
    return rows


def published_check(ds: Dataset) -> Table | Block:
    """Return the published facts on power beside the figures recomputed here."""
    rows = published(ds)
    if rows.empty:
        sentence = "These data hold no published figures on the power of interactions."
        return said(sentence)
    rows["recomputed"] = [
        "not recomputed here"
        if pd.isna(value)
        else f"{round(value, 1):g}{'%' if measure == 'percent' else ' times'}"
        for value, measure in zip(rows["recomputed"], rows["measure"], strict=True)
    ]
    return Table(
        rows[["claim", "value", "recomputed", "reference"]],
        "Published figures on power, and what the formulas of this book give.",
        {"value": "As published"},
        {"reference": reference_links(rows)},
    )
