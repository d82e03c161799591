"""Chapter 4: what narratives of adapted care show, and how far coders agree."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from personomics import agreement as agree
from personomics import case_charts as charts
from personomics import evidence as ev
from personomics import style
from personomics.case_codes import (
    UNNAMED,
    adaptation_matrix,
    adapted_cases,
    agreements,
    case_only,
    cases_vs_articles,
    largest,
    matrix,
    revealed_factors,
    top,
    unseen,
)
from personomics.case_raters import agreement_table
from personomics.dataset import Dataset
from personomics.html import Block, Table, said, slug, tag, text
from personomics.words import DASH, listed, percent

__all__ = [
    "adaptation_figure", "agreement_table", "case_only_passages", "case_only_table",
    "cases_vs_articles_figure", "eligibility_table", "matrix_figure",
    "narratives_table", "numbers", "unseen_table",
]  # fmt: skip
NOTHING = "No eligible narrative in these data shows this."
NONE_NEW = "The narratives of these data revealed no factor of their own."
#: The page where the narratives stand by what was adapted.
PAGE = "../chapters/04-cases.html"
KEYS = ["factor_id", "case_id"]
KAPPAS = ("items", "items-eligible", "adaptation", "target")
MATRIX_HEADINGS = {
    "case_id": "Narrative",
    "target": "Care adapted through",
    "com_b": "COM-B of the factor",
    "same": "Same component",
    "evidence": "Words that show it",
}


def narratives_table(ds: Dataset) -> Table | Block:
    """Return the eligible narratives: where published, what was adapted, outcome."""
    frame = adapted_cases(ds)
    if frame.empty:
        return said("These data hold no eligible narrative.")
    place = {code: n for n, code in enumerate([*ds.codes("adaptation"), UNNAMED])}
    frame = frame.sort_values(
        "primary_adaptation", key=lambda c: c.map(place), kind="stable"
    )
    frame["outcome_seen"] = ["yes" if s else "no" for s in frame["outcome_seen"]]
    ways = list(zip(frame["primary_adaptation"], frame["com_b_target"], strict=True))
    frame["way"] = [f"{how}, through {what}" for how, what in ways]
    frame["anchor"] = agree.first_of_each(adapted(*way) for way in ways)
    columns = ["case_id", "journal", "year", "way", "adaptation", "outcome_seen"]
    frame = frame[[*columns, "anchor"]]
    labels = ev.case_labels(ds)
    return Table(
        frame,
        f"The {len(frame)} eligible narratives",
        {"case_id": "Narrative", "adaptation": "Adaptation, in our words",
         "way": "Main adaptation, through what", "outcome_seen": "Outcome readable"},
        {"case_id": lambda i: ev.to_case(i, labels[i])},
        anchor="anchor",
    )  # fmt: skip


def adapted(how: str, what: str) -> str:
    """Return the anchor of the narratives of one adaptation and COM-B component."""
    return f"adapted-{slug(how)}-{slug(what)}"


def eligibility_table(ds: Dataset) -> Table | Block:
    """Return how many narratives were eligible, and why or why not."""
    groups = ds["cases"].groupby(["eligible", "eligibility_reason"], sort=True).size()
    frame = groups.rename("narratives").reset_index()
    if frame.empty:
        return said("These data hold no narrative.")
    frame = frame.sort_values(["eligible", "narratives"], ascending=False)
    frame["eligible"] = ["yes" if e else "no" for e in frame["eligible"]]
    return Table(frame, "Narratives read, by eligibility and reason",
                 {"eligibility_reason": "Reason"})  # fmt: skip


def matrix_figure(ds: Dataset) -> style.Figure:
    """Return which eligible narrative shows which factor, grouped by COM-B."""
    rows, cases, labels = matrix(ds), adapted_cases(ds), ev.case_labels(ds)
    name, title = "case-factor-matrix", "Factors shown by each narrative"
    table = rows.drop(columns=["factor_id"]).assign(
        case_id=rows["case_id"].map(labels), same=rows["same"].map(text)
    )
    if rows.empty:
        return style.empty_figure(name, title, NOTHING)
    chart, inches = charts.matrix(rows, cases, labels)
    shown = rows["factor_id"].nunique()
    together = rows.loc[rows["same"], "case_id"].nunique()
    alt = (
        f"Grid of {shown} factors (rows, grouped by COM-B component) and {len(cases)} "
        "eligible narratives (columns, grouped by the component through which care was "
        f"adapted), with {len(rows)} marks. Seen in most narratives: "
        f"{listed(top(rows['factor']), quoted=True)}. Narratives with a mark in a "
        f"shaded field, where factor and adaptation share a component: {together}."
    )
    note = (
        "■ stable, ● dynamic; a number counts several passages. ‡ first found in the "
        "narratives, † named in the published abstract. Shaded fields: care was "
        "adapted through the factor’s own component. –: no component could be named."
    )
    return style.from_chart(
        chart, name, title, alt, table, note=note, headings=MATRIX_HEADINGS,
        min_width=round(80 * inches),
    )  # fmt: skip


def adaptation_figure(ds: Dataset) -> style.Figure:
    """Return how care was adapted, and through which COM-B component."""
    counts = adaptation_matrix(ds)
    name, title = "adaptation-target", "How care was adapted, and through what"
    table = counts.rename_axis("main_adaptation", axis=0).reset_index()
    if not counts.to_numpy().any():
        return style.empty_figure(name, title, NOTHING)
    cells = {(a, t): int(n) for t in counts for a, n in counts[t].items()}
    most, total = max(cells.values()), sum(cells.values())
    pairs = [f"{a} through {t}" for (a, t), n in cells.items() if n == most]
    empty = pd.Series(dtype=int)
    alt = (
        f"Grid of main adaptations (rows) and COM-B components (columns) with numbers "
        f"of narratives, {total} in all. Largest number, {most}: "
        f"{listed(pairs, quoted=True)}. No component could be named for "
        f"{counts.get(UNNAMED, default=empty).sum()}, no adaptation for "
        f"{counts.T.get(UNNAMED, default=empty).sum()}."
    )
    note = "Numbers of eligible narratives, by consensus; row totals on the right."
    chart = charts.adaptations(counts, lambda *way: f"{PAGE}#{adapted(*way)}")
    return style.from_chart(chart, name, title, alt, table, note=note)


def cases_vs_articles_figure(ds: Dataset, most: int = 64) -> style.Figure:
    """Return how often narratives and articles show each factor.

    Where there are more than ``most`` factors, only those that differ most are drawn.
    """
    rows = cases_vs_articles(ds)
    name, title = "cases-vs-articles", "What narratives show and what articles name"
    table = rows.drop(columns=["factor_id", "origin"]).round(1)
    for share in ("case_share", "article_share"):
        table[share] = [percent(value, 100) for value in rows[share]]
    if rows.empty:
        return style.empty_figure(name, title, NOTHING)
    drawn = rows.loc[rows["difference"].abs().nlargest(most).index].sort_index()
    alt = (
        f"Dot plot of {len(drawn)} factors, from those commoner in narratives to those "
        f"commoner in articles. Furthest towards the narratives: "
        f"{rows['factor'].iloc[0]}; furthest towards the articles: "
        f"{rows['factor'].iloc[-1]}."
    )
    note = (
        "Diamonds: eligible narratives; rings: included articles. Above the dashed "
        "line a factor is commoner in the narratives."
    )
    chart = charts.shares(drawn)
    table["difference"] = [f"{points:+.0f}" for points in table["difference"]]
    headings = {"difference": "Difference (percentage points)"}
    return style.from_chart(
        chart, name, title, alt, table, note=note, headings=headings
    )


def case_only_table(ds: Dataset) -> Table | Block:
    """Return the factors only the narratives revealed, with counts of their support."""
    found, rows = case_only(ds), revealed_factors(ds)[["factor_id", "definition"]]
    if rows.empty:
        return said(NONE_NEW)
    agreed = found[found["consensus"] == "yes"]
    for column, chosen in (
        ("eligible", agreed[agreed["eligible"] == "yes"].drop_duplicates(KEYS)),
        ("other", agreed[agreed["eligible"] == "no"].drop_duplicates(KEYS)),
        ("both", found[found["given_by"] == "both coders"]),
        ("one", found[found["given_by"] == "one coder"]),
    ):
        counts = chosen.groupby("factor_id").size()
        rows[column] = rows["factor_id"].map(counts).fillna(0).astype(int)
    return Table(
        rows,
        "Factors first found in the narratives, and how often",
        {"factor_id": "Factor ‡", "eligible": "Eligible narratives",
         "other": "Other narratives", "both": "Passages, both coders",
         "one": "Passages, one coder"},
        {"factor_id": lambda f: ev.factor_link(ds, f)},
    )  # fmt: skip


def case_only_passages(ds: Dataset) -> Table | Block:
    """Return the words behind the factors only the narratives revealed."""
    rows = case_only(ds)
    if rows.empty:
        return said("No passage on record shows such a factor.")
    return Table(
        rows, "The words in which these factors were found",
        {"factor_id": "Factor ‡", "evidence": "Words of the narrative",
         "case_id": "Narrative", "given_by": "Given by",
         "consensus": "Kept in the consensus"},
        {"factor_id": lambda f: ev.factor_link(ds, f),
         "evidence": lambda e: tag("q", e), "case_id": lambda c: ev.case_link(ds, c)},
    )  # fmt: skip


def unseen_table(ds: Dataset) -> Table | Block:
    """Return the factors that the literature names and no eligible narrative showed."""
    rows = unseen(ds)
    if rows.empty:
        return said("Every factor that included articles name is shown by a narrative.")
    return Table(
        rows, "Factors named by included articles and shown by no eligible narrative",
        {"factor_id": "Factor", "com_b": "COM-B", "articles": "Articles that name it",
         "elsewhere": "Narratives not eligible that show it"},
        {"factor_id": lambda f: ev.factor_link(ds, f),
         "com_b": lambda c: style.badge("com_b", c)},
    )  # fmt: skip


def numbers(ds: Dataset) -> dict[str, object]:
    """Return the numbers and names that the prose of chapter 4 uses."""
    cases, found, labels = ev.eligible_cases(ds), matrix(ds), ev.factor_labels(ds)
    adapted, only, missing = adapted_cases(ds), case_only(ds), unseen(ds)
    named = adapted[adapted["com_b_target"] != UNNAMED]
    claims = ds["claims"].loc[ds["claims"]["check"] == "cases", "paper_value"].dropna()
    revealed = list(revealed_factors(ds)["factor_id"])
    solid = set(only.loc[only["given_by"] == "both coders", "factor_id"])
    inside = set(only.query("eligible == 'yes' and consensus == 'yes'")["factor_id"])
    compared = cases_vs_articles(ds)
    ahead, behind = compared["difference"] > 0, compared["difference"] < 0
    per_case = found.groupby("case_id").size()
    ratios: dict[str, object] = {}
    results = dict(zip(KAPPAS, agreements(ds).values(), strict=False))
    for key in KAPPAS:
        row = agree.as_row(key, results[key]) if key in results else {}
        for column in ("percent", "kappa"):
            ratios[f"{key}-{column}"] = row.get(column, DASH)
    lists: dict[str, Iterable[str]] = {
        "top-factor": top(found["factor"]),
        "top-adaptation": top(adapted["primary_adaptation"]),
        "top-target": top(named["com_b_target"]),
        "revealed-names": [labels[f] for f in revealed],
        "revealed-outside": [labels[f] for f in revealed if f not in inside],
        "unseen-first": [labels[f] for f in missing["factor_id"].head(3)],
        "more-in-cases": compared.loc[ahead, "factor"].head(3),
        "more-in-articles": compared.loc[behind, "factor"].iloc[::-1].head(3),
    }
    return {
        "narratives": len(ds["cases"]),
        "eligible": len(cases),
        "in-full": int((cases["text_seen"] == "full").sum()),
        "outcome-seen": int(cases["outcome_seen"].astype(bool).sum()),
        "paper": text(claims.iloc[0]) if len(claims) else "not stated",
        "factors-seen": found["factor_id"].nunique(),
        "factors": len(ev.active_factors(ds)),
        "most-per-case": int(per_case.max()) if len(per_case) else 0,
        "top-factor-cases": largest(found["factor"]),
        "top-target-cases": largest(named["com_b_target"]),
        "top-adaptation-cases": largest(adapted["primary_adaptation"]),
        "targeted": len(named),
        "same-component": found.loc[found["same"], "case_id"].nunique(),
        "revealed": len(revealed),
        "revealed-both": sum(f in solid for f in revealed),
        "revealed-inside": sum(f in inside for f in revealed),
        "unseen": len(missing),
        "unseen-elsewhere": int((missing["elsewhere"] > 0).sum()),
        "statement": ds.statement("cases"),
        "raters": ds.statement("raters"),
        **{name: listed(labels, quoted=True) for name, labels in lists.items()},
        **ratios,
    }  # fmt: skip
