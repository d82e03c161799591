"""How far the coders of the narratives agree, and where they part."""

from __future__ import annotations

from personomics import evidence as ev
from personomics.agreement import (
    differ,
    differing,
    factor_answer,
    first_of_each,
    opening_table,
    rater_heads,
    settled,
)
from personomics.case_codes import UNNAMED, adapted_cases, agreements
from personomics.dataset import Dataset
from personomics.html import Block, Table, said, tag, text
from personomics.words import counted, listed


def agreement_table(ds: Dataset) -> Table | Block:
    """Return the agreement of the coders; each row opens the answers that differ."""
    results = agreements(ds)
    if not results:
        return said("Fewer than two coders read the narratives: no agreement to show.")
    who = listed(ev.rater_name(ds, r) for r in ev.first_two(ds, "case_codes"))
    items, inside, adaptation, target = results
    lists = {
        items: items_apart(ds, inside),
        adaptation: ratings_apart(ds, adaptation, "primary_adaptation"),
        target: ratings_apart(ds, target, "com_b_target"),
    }
    places = {inside: differ(inside)}
    return opening_table(results, f"Agreement of {who}", lists, places)


def items_apart(ds: Dataset, inside: str) -> Table:
    """Return the passages that the coders coded differently, in eligible ones first.

    The first passage of an eligible narrative carries the anchor of ``inside``.
    """
    both, eligible = ev.first_two(ds, "case_codes"), ev.eligible_ids(ds)
    rows = differing(ds["case_codes"], "item_id", "factor_id", both)
    rows["consensus"] = settled(ds, "case_codes", "item_id", rows["item_id"])
    rows = rows.merge(ds["case_items"], on="item_id", how="left")
    rows["eligible"] = [text(case in eligible) for case in rows["case_id"]]
    rows = rows.sort_values("eligible", ascending=False, kind="stable")
    anchors = [differ(inside) if e == "yes" else "" for e in rows["eligible"]]
    rows["anchor"] = [name or None for name in first_of_each(anchors)]
    labels, answer = ev.case_labels(ds), factor_answer(ds)
    answers = ["first", "second", "consensus"]
    return Table(
        rows[["evidence", "case_id", "eligible", *answers, "anchor"]],
        f"{counted(len(rows), 'passage')} coded differently",
        {**rater_heads(ds, "case_codes"), "evidence": "Words of the narrative",
         "case_id": "Narrative"},
        {**dict.fromkeys(answers, answer), "evidence": lambda e: tag("q", e),
         "case_id": lambda c: ev.to_case(c, labels[c])},
        anchor="anchor",
    )  # fmt: skip


def ratings_apart(ds: Dataset, name: str, column: str) -> Table:
    """Return the eligible narratives that the coders rated differently."""
    rated, both = ds["case_ratings"], ev.first_two(ds, "case_codes")
    rated = rated[rated["case_id"].isin(ev.eligible_ids(ds))]
    rows = differing(rated, "case_id", column, both)
    rows = rows.replace({"first": {"none": UNNAMED}, "second": {"none": UNNAMED}})
    agreed = adapted_cases(ds).set_index("case_id")[column]
    rows["consensus"] = rows["case_id"].map(agreed)
    labels = ev.case_labels(ds)
    return Table(
        rows,
        f"{name}: {counted(len(rows), 'narrative')} rated differently",
        {**rater_heads(ds, "case_codes"), "case_id": "Narrative"},
        {"case_id": lambda c: ev.to_case(c, labels[c])},
    )
