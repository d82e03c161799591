"""How far two raters agree on what a term means, and the terms on which they part."""

from __future__ import annotations

import math

import pandas as pd

from personomics import evidence as ev
from personomics.agreement import (
    Agreement,
    agreement,
    differ,
    differing,
    factor_answer,
    first_of_each,
    opening_table,
    paired,
    rater_heads,
    settled,
)
from personomics.dataset import Dataset
from personomics.html import Block, Table, said, tag
from personomics.words import counted, listed

#: What two raters may agree on in the mapping of terms.
EXACT, FIT = "Which factor, or none", "Whether any factor fits"
WHICH = "Which factor, where both chose one"
LOOSE = "Which factor, or none; second choices may match"


def mapping_agreement(ds: Dataset) -> dict[str, Agreement]:
    """Return agreement of the first two raters on the mapping of terms.

    First choices count, and "no factor" is an answer like any other; the last entry
    also accepts a second choice of either rater. Empty with fewer than two raters.
    """
    codes, raters = ds["term_codes"], ev.first_two(ds, "term_codes")
    if len(raters) < 2:
        return {}
    codes = codes[codes["term_id"].isin(ev.included_terms(ds)["term_id"])]
    firsts = codes[codes["choice"] == 1]
    one, two = paired(firsts, "term_id", "factor_id", raters)
    options = [*ev.factor_labels(ds), "none"]
    fit = [(a == "none", b == "none") for a, b in zip(one, two, strict=True)]
    both = [p for p, none in zip(zip(one, two, strict=True), fit, strict=True)
            if not any(none)]  # fmt: skip
    return {
        EXACT: agreement(one, two, options),
        FIT: agreement([a for a, _ in fit], [b for _, b in fit]),
        WHICH: agreement([a for a, _ in both], [b for _, b in both], options[:-1]),
        LOOSE: either(codes, raters),
    }


def either(codes: pd.DataFrame, raters: list[str]) -> Agreement:
    """Return raw agreement where any choice of one rater may match the other's."""
    sets = [
        codes[codes["rater_id"] == r].fillna({"factor_id": "none"})
        .groupby("term_id")["factor_id"].agg(set) for r in raters
    ]  # fmt: skip
    both = sets[0].index.intersection(sets[1].index)
    agreed = sum(bool(sets[0][t] & sets[1][t]) for t in both)
    # No kappa: two chances to match leave no table of one answer by another.
    return Agreement(len(both), agreed, *(math.nan,) * 4, codes["factor_id"].nunique())


def agreement_table(ds: Dataset) -> Table | Block:
    """Return :func:`mapping_agreement` for readers."""
    found = mapping_agreement(ds)
    if not found:
        return said("Fewer than two raters mapped the terms: no agreement to show.")
    names = listed(ev.rater_name(ds, r) for r in ev.first_two(ds, "term_codes"))
    lists = {EXACT: apart_table(ds)}
    places = {FIT: differ(FIT), WHICH: differ(WHICH), LOOSE: differ(EXACT)}
    return opening_table(found, f"Mapping of terms by {names}", lists, places)


def apart_table(ds: Dataset) -> Table:
    """Return the terms to which the two raters gave different first choices.

    Those that one of them would leave without a factor come first; the first row of
    each kind carries the anchor that the table of agreement leads to.
    """
    raters, codes = ev.first_two(ds, "term_codes"), ds["term_codes"]
    terms = ev.included_terms(ds)
    firsts = codes[codes["choice"] == 1]
    firsts = firsts[firsts["term_id"].isin(terms["term_id"])]
    rows = differing(firsts, "term_id", "factor_id", raters)
    one_none = (rows["first"] == "none") | (rows["second"] == "none")
    rows["kind"] = one_none.map({True: FIT, False: WHICH})
    rows = rows.sort_values("kind", key=lambda k: k != FIT, kind="stable")
    rows["anchor"] = first_of_each(map(differ, rows["kind"]))
    rows["consensus"] = settled(ds, "term_codes", "term_id", rows["term_id"])
    rows = rows.merge(terms[["term_id", "term", "article_id"]], on="term_id")
    labels, answers = ev.article_labels(ds), ["first", "second", "consensus"]
    return Table(
        rows[["term", "article_id", "kind", *answers, "anchor"]],
        f"{counted(len(rows), 'term')} to which the raters gave different answers",
        {**rater_heads(ds, "term_codes"), "kind": "They differ on",
         "article_id": "Article"},
        {**dict.fromkeys(answers, factor_answer(ds)), "term": lambda t: tag("q", t),
         "article_id": lambda a: ev.to_article(a, labels[a])},
        anchor="anchor",
    )  # fmt: skip
