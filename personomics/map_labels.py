"""How far raters agreed on the labels of factors, and how disagreement was settled."""

from __future__ import annotations

import pandas as pd

from personomics.agreement import (
    Agreement,
    agreement,
    as_row,
    differ,
    first_of_each,
    opening_table,
    paired,
)
from personomics.dataset import Dataset
from personomics.evidence import active_factors, factor_link, first_two, rater_name
from personomics.html import Block, Table, said, text
from personomics.words import listed

#: Column of the labels: what it is called, scheme of its codes.
ATTRIBUTES = {"level": "ecological level", "com_b": "COM-B component",
              "stability": "stable or dynamic"}  # fmt: skip
ABSTRACT = "abstract"


def ratings(ds: Dataset) -> tuple[list[str], pd.DataFrame]:
    """Return the first two raters and their labels of the active factors."""
    rows = ds["factor_ratings"]
    keep = rows["factor_id"].isin(active_factors(ds)["factor_id"])
    return first_two(ds, "factor_ratings"), rows[keep]


def label_agreement(ds: Dataset) -> dict[str, Agreement]:
    """Return agreement of the first two raters on each label, over all its codes."""
    raters, rows = ratings(ds)
    result = {}
    for name in ATTRIBUTES:
        both = paired(rows, "factor_id", name, raters) if len(raters) == 2 else ([], [])
        result[name] = agreement(*both, list(ds.codes(name)))
    return result


def agreement_table(ds: Dataset) -> Table | Block:
    """Return percent agreement and kappa for level, COM-B component and stability."""
    if len(first_two(ds, "factor_ratings")) < 2:
        return said("Fewer than two raters labelled the factors: no agreement to show.")
    results = {ATTRIBUTES[k]: found for k, found in label_agreement(ds).items()}
    caption = "Agreement of two raters on the labels of factors"
    places = {name: differ(name) for name in ATTRIBUTES.values()}
    return opening_table(results, caption, {}, places)


def disagreement_rows(ds: Dataset) -> pd.DataFrame:
    """Return every label on which the first two raters disagreed.

    Columns: factor_id, attribute, first, second, consensus, resolution.
    """
    raters, rows = ratings(ds)
    columns = ["factor_id", "attribute", "first", "second", "consensus", "resolution"]
    lines = []
    if len(raters) == 2:
        one, two = (rows[rows["rater_id"] == r].set_index("factor_id") for r in raters)
        for record in active_factors(ds).to_dict("records"):
            key = record["factor_id"]
            if key not in one.index or key not in two.index:
                continue
            for name, called in ATTRIBUTES.items():
                given = one.loc[key, name], two.loc[key, name]
                if given[0] != given[1]:
                    why = text(record["resolution"])
                    lines.append((key, called, *given, record[name], why))
    return pd.DataFrame(lines, columns=columns)


def disagreements(ds: Dataset) -> Table | Block:
    """Return the labels on which raters disagreed, the consensus and its reason."""
    raters, _ = ratings(ds)
    rows = disagreement_rows(ds)
    if rows.empty:
        return said("No label was given differently by two raters.")
    rows["resolution"] = rows["resolution"].replace("", "no reason recorded")
    place = {name: n for n, name in enumerate(ATTRIBUTES.values())}
    rows = rows.sort_values("attribute", key=lambda c: c.map(place), kind="stable")
    rows["anchor"] = first_of_each(map(differ, rows["attribute"]))
    names = [rater_name(ds, r) for r in raters]
    caption = "Labels on which the two raters disagreed, and how each was settled."
    heads = dict(zip(("first", "second"), names, strict=False))
    heads |= {"factor_id": "Factor", "attribute": "Label", "resolution": "Reason"}
    return Table(rows, caption, heads, {"factor_id": lambda i: factor_link(ds, i)},
                 anchor="anchor")  # fmt: skip


def abstract_rows(ds: Dataset) -> pd.DataFrame:
    """Return the factors that the paper's abstract names as stable or dynamic.

    Columns: factor_id, paper, first, second, consensus, settled. ``settled`` says
    whether the reason for the consensus refers to the abstract, so that agreement
    with it is no finding.
    """
    raters, rows = ratings(ds)
    named = active_factors(ds).dropna(subset=["named_in_abstract"])
    given: list[dict[str, str]] = [{}, {}]
    for place, rater in enumerate(raters):
        mine = rows[rows["rater_id"] == rater]
        given[place] = dict(zip(mine["factor_id"], mine["stability"], strict=True))
    reasons = named["resolution"].fillna("").str.casefold()
    return pd.DataFrame(
        {
            "factor_id": named["factor_id"],
            "paper": named["named_in_abstract"],
            "first": [given[0].get(key, "") for key in named["factor_id"]],
            "second": [given[1].get(key, "") for key in named["factor_id"]],
            "consensus": named["stability"],
            "settled": reasons.str.contains(ABSTRACT, regex=False).astype(bool),
        }
    ).reset_index(drop=True)


def abstract_table(ds: Dataset) -> Table | Block:
    """Return what the abstract and each rater call the factors the abstract names."""
    raters, _ = ratings(ds)
    rows = abstract_rows(ds)
    if rows.empty:
        return said("The paper’s abstract names none of these factors.")
    words = {True: "refers to the abstract: agreement is circular",
             False: "does not refer to the abstract"}  # fmt: skip
    rows["settled"] = [words[bool(x)] for x in rows["settled"]]
    heads = {"factor_id": "Factor", "paper": "The paper’s abstract",
             "settled": "Reason for the consensus"}  # fmt: skip
    names = (rater_name(ds, r) for r in raters)
    heads |= dict(zip(("first", "second"), names, strict=False))
    caption = "Factors the paper’s abstract names as stable or dynamic, and our labels."
    return Table(rows, caption, heads, {"factor_id": lambda i: factor_link(ds, i)})


def label_numbers(ds: Dataset) -> dict[str, object]:
    """Return the numbers on agreement and on the abstract's examples for the prose."""
    result: dict[str, object] = {}
    for name, found in label_agreement(ds).items():
        row, key = as_row(name, found), name.replace("_", "-")
        result |= {f"{key}-{part}": row[part] for part in ("percent", "kappa")}
        result[f"{key}-interval"] = row["interval"]
        result[f"{key}-differing"] = found.n - found.agreed
    differing, abstract = disagreement_rows(ds), abstract_rows(ds)
    settled = abstract[abstract["settled"]]
    labels = active_factors(ds).set_index("factor_id")["label"]
    alike = (abstract["first"] == abstract["paper"]) & (
        abstract["second"] == abstract["paper"]
    )
    return result | {
        "differing": len(differing),
        "differing-factors": differing["factor_id"].nunique(),
        "named": len(abstract),
        "named-same": int((abstract["consensus"] == abstract["paper"]).sum()),
        "named-both": int(alike.sum()),
        "named-settled": len(settled),
        "named-settled-list": listed(labels[settled["factor_id"]]),
    }
