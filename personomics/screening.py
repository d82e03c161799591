"""Screening: criteria, verdicts of two raters, their agreement, what was included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from personomics.agreement import (
    Agreement,
    agreement,
    as_row,
    differing,
    opening_table,
    paired,
    rater_heads,
)
from personomics.dataset import Dataset
from personomics.evidence import (
    article_labels,
    consensus_rows,
    first_two,
    rater_ids,
    rater_name,
    to_article,
)
from personomics.html import Block, Table, said, text
from personomics.verdicts import (
    UNSETTLED,
    VERDICTS,
    lenience,
    nesting,
    records_table,
    states,
    verdict_figure,
    verdict_pairs,
)
from personomics.words import DASH, UNAVAILABLE, counted, listed

__all__ = [
    "ANSWERS", "CRITERIA", "UNSETTLED", "VERDICTS", "agreement_table", "by_the_rule",
    "codebook_consistency", "compare", "consensus_table", "departures", "disputed",
    "implied_verdict", "judgement_table", "lenience", "nesting", "numbers", "ratings",
    "states", "verdict_figure", "verdict_pairs",
]  # fmt: skip

#: The schema's criteria and answers, the most lenient first.
CRITERIA = ("e1", "e2", "e3", "e4")
ANSWERS = ("yes", "partly", "no")
NOT_SCREENED = "not screened"


def implied_verdict(answers: Mapping[Any, Any]) -> str:
    """Return the verdict that follows from the answers to the criteria.

    The rule: *exclude* when E1, E2 or E3 is no, or E4 is answered and not yes;
    *include* when E1 and E2 are at least partly met and one of them is yes, E3 is yes
    (or partly, with E1 and E2 both yes), and E4 is yes; otherwise, and where an answer
    that matters is missing, *awaiting full text*.

    Examples
    --------
    >>> implied_verdict({"e1": "partly", "e2": "yes", "e3": "yes", "e4": "yes"})
    'include'
    """
    e1, e2, e3, e4 = (text(answers[criterion]) for criterion in CRITERIA)
    if "no" in (e1, e2, e3) or e4 in ("partly", "no"):
        return "exclude"
    if "" in (e1, e2, e3, e4) or "yes" not in (e1, e2):
        return "awaiting full text"
    relevant = e3 == "yes" or (e1, e2) == ("yes", "yes")
    return "include" if relevant else "awaiting full text"


def ratings(ds: Dataset) -> pd.DataFrame:
    """Return the raters' own answers with the verdict they imply, ``implied``."""
    rows = ds["screening"]
    rows = rows[rows["rater_id"].isin(rater_ids(ds, "screening"))]
    implied = [implied_verdict(row) for row in rows.to_dict("records")]
    return rows.assign(implied=pd.array(implied, dtype="str")).reset_index(drop=True)


def compare(ds: Dataset, column: str) -> Agreement:
    """Return the agreement of the first two raters on a column of :func:`ratings`."""
    codes = ANSWERS if column in CRITERIA else VERDICTS
    raters = first_two(ds, "screening")
    if len(raters) < 2:
        return agreement([], [], codes)
    rows = ratings(ds).dropna(subset=[column])
    return agreement(*paired(rows, "article_id", column, raters), codes)


def agreement_table(ds: Dataset) -> Table | Block:
    """Return the agreement of the first two raters on each criterion and the verdict.

    The last row compares the verdicts that follow from the criteria by the codebook.
    """
    raters = first_two(ds, "screening")
    if len(raters) < 2:
        return said("Fewer than two raters screened these data: no agreement to show.")
    named = {f"Criterion {c.upper()}": c for c in CRITERIA}
    named |= {"Verdict": "verdict", "Verdict implied by the criteria": "implied"}
    lists = {
        name: records_table(ds) if c == "verdict" else apart_table(ds, name, c)
        for name, c in named.items()
    }
    names = listed(rater_name(ds, r) for r in raters)
    caption = f"Agreement between {names} on the records that both screened"
    return opening_table({n: compare(ds, c) for n, c in named.items()}, caption, lists)


def apart_table(ds: Dataset, name: str, column: str) -> Table:
    """Return the records on which the two raters gave different answers."""
    raters, labels = first_two(ds, "screening"), article_labels(ds)
    given = ratings(ds).dropna(subset=[column])
    rows = differing(given, "article_id", column, raters)
    state = states(ds).set_index("article_id")["state"]
    rows["consensus"] = rows["article_id"].map(state)
    return Table(
        rows,
        f"{name}: {counted(len(rows), 'record')} answered differently",
        {**rater_heads(ds, "screening"), "article_id": "Record",
         "consensus": "Verdict by consensus"},
        {"article_id": lambda i: to_article(i, labels[i])},
    )  # fmt: skip


def consensus_table(ds: Dataset) -> Table:
    """Return how the verdicts of the first two raters led to the consensus."""
    raters = first_two(ds, "screening")
    rows = states(ds)
    for number, rater in enumerate(raters, 1):
        own = ds["screening"][ds["screening"]["rater_id"] == rater]
        given = rows["article_id"].map(own.set_index("article_id")["verdict"])
        rows[f"rater_{number}"] = given.fillna(NOT_SCREENED)
    agreed = consensus_rows(ds, "screening").set_index("article_id")["reason"]
    rows["how"] = rows["article_id"].map(agreed).astype("str").fillna("")
    columns = [c for c in rows.columns if c not in ("article_id", "state", "how")]
    columns += ["state", "how"]
    order = {v: n for n, v in enumerate((*VERDICTS, UNSETTLED, NOT_SCREENED))}
    counts = rows.groupby(columns).size().rename("records").reset_index()
    keys = [*reversed(columns)]
    counts = counts.sort_values(keys, key=lambda c: c.map(order)).reset_index(drop=True)
    named = {f"rater_{n}": rater_name(ds, r) for n, r in enumerate(raters, 1)}
    caption = "How the raters’ verdicts led to the consensus, in numbers of records"
    heads = {**named, "state": "Consensus", "how": "How", "records": "Records"}
    return Table(counts, caption, heads, row_header="state")


def codebook_consistency(ds: Dataset) -> Table:
    """Return each rater's stated verdicts against those the codebook's rule implies.

    One row per rater and stated verdict; the columns count what
    :func:`implied_verdict` gives.
    """
    rows = ratings(ds)
    lines = []
    for rater in rater_ids(ds, "screening"):
        for verdict in VERDICTS:
            own = rows[(rows["rater_id"] == rater) & (rows["verdict"] == verdict)]
            if own.empty:
                continue
            counts = {v: int((own["implied"] == v).sum()) for v in VERDICTS}
            follows = f"{counts[verdict]} of {len(own)}"
            name = rater_name(ds, rater)
            lines.append((name, verdict, *counts.values(), follows))
    heads = {v: f"Rule says {v}" for v in VERDICTS}
    heads |= {"stated": "Verdict stated", "follows": "Stated as the rule says"}
    frame = pd.DataFrame(lines, columns=["rater", "stated", *VERDICTS, "follows"])
    caption = "Verdicts as stated, against the verdict that the criteria imply"
    return Table(frame, caption, heads)


def departures(ds: Dataset) -> str:
    """Return a sentence on how often each rater's verdict departs from the rule."""
    rows = ratings(ds)
    parts = []
    for rater in rater_ids(ds, "screening"):
        own = rows[rows["rater_id"] == rater]
        apart = own[own["verdict"] != own["implied"]]
        spared = int((apart["implied"] == "include").sum())
        part = f"{rater_name(ds, rater)} departs from the rule on {len(apart)}"
        part += f" of {counted(len(own), 'record')}"
        part += f", {spared} of which the rule would include" if spared else ""
        parts.append(part)
    return "; ".join(parts) + "." if parts else "No rater screened these data."


def judgement_table(ds: Dataset) -> Table | Block:
    """Return the records excluded though no rater's answers imply it, with reasons."""
    rows, labels = ratings(ds), article_labels(ds)
    ground = rows.loc[rows["implied"] == "exclude", "article_id"]
    state = states(ds).set_index("article_id")["state"]
    rows = rows[~rows["article_id"].isin(ground)]
    rows = rows[rows["article_id"].map(state) == "exclude"]
    lines = []
    for row in rows.to_dict("records"):
        answers = [f"{c.upper()} {text(row[c]) or 'not answered'}" for c in CRITERIA]
        label, name = labels[row["article_id"]], rater_name(ds, row["rater_id"])
        words = text(row["reason"]) or "no reason given"
        lines.append((label, name, ", ".join(answers), words))
    if not lines:
        return said("No record was excluded without a criterion rated no.")
    links = {labels[i]: to_article(i, labels[i]) for i in rows["article_id"]}
    return Table(
        pd.DataFrame(lines, columns=["article", "rater", "answers", "words"]),
        "Records excluded although no criterion was rated no",
        {"words": "Reason in the rater’s words"},
        {"article": links.__getitem__},
    )


def by_the_rule(ds: Dataset) -> str:
    """Return a sentence on what both raters would include by the codebook's rule."""
    raters = first_two(ds, "screening")
    if len(raters) < 2:
        return "There is no second rater to compare with."
    first, second = paired(ratings(ds), "article_id", "implied", raters)
    both = sum(a == b == "include" for a, b in zip(first, second, strict=True))
    included = int((states(ds)["state"] == "include").sum())
    return (
        f"By the rule alone, the answers of both raters would include "
        f"{counted(both, 'record')}; "
        f"the consensus includes {included}."
    )


def disputed(ds: Dataset) -> int:
    """Return how many records await full text although their raters disagree."""
    rows = states(ds)
    waiting = rows.loc[rows["state"] == "awaiting full text", "article_id"]
    given = ratings(ds)
    given = given[given["article_id"].isin(waiting)]
    return int((given.groupby("article_id")["verdict"].nunique() > 1).sum())


def numbers(ds: Dataset) -> dict[str, object]:
    """Return every number the chapter's prose uses about screening."""
    state, gap = states(ds)["state"], "not available"
    open_ = int((state == UNSETTLED).sum())
    verdict, implied = compare(ds, "verdict"), compare(ds, "implied")
    shown = as_row("", verdict)
    ranked = [as_row(c.upper(), compare(ds, c)) for c in CRITERIA]
    ranked = [row for row in ranked if row["kappa"] != DASH]
    ranked.sort(key=lambda row: float(str(row["kappa"])))
    low = ranked[0] if ranked else {}
    claims = ds["claims"]
    stated = [*claims.loc[claims["check"] == "included", "paper_value"].dropna(), gap]
    return {
        "identified": len(state),
        "included": int((state == "include").sum()),
        "awaiting": int((state == "awaiting full text").sum()),
        "excluded": int((state == "exclude").sum()),
        "unsettled": f"; without a consensus yet: {open_}" if open_ else "",
        "paper-included": text(stated[0]),
        "rated-by-both": verdict.n,
        "one-rater-only": int((ratings(ds).groupby("article_id").size() == 1).sum()),
        "verdict-agreed": verdict.agreed,
        "verdict-percent": shown["percent"],
        "verdict-kappa": shown["kappa"],
        "verdict-interval": shown["interval"],
        "verdict-adjusted": shown["adjusted"],
        "implied-kappa": as_row("", implied)["kappa"],
        "lowest-criterion": low.get("what", gap),
        "lowest-kappa": low.get("kappa", gap),
        "lowest-adjusted": low.get("adjusted", gap),
        "lenience": lenience(ds),
        "nesting": nesting(ds) or "There is no second rater to compare with.",
        "departures": departures(ds),
        "by-the-rule": by_the_rule(ds),
        "awaiting-disputed": disputed(ds),
        "statement-screening": ds.statement("screening") or UNAVAILABLE,
        "statement-raters": ds.statement("raters") or UNAVAILABLE,
        "statement-texts": ds.statement("texts") or UNAVAILABLE,
    }
