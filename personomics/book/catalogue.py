"""The tables of all factors, articles and case narratives; each row has its page."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from personomics import agenda, evidence
from personomics.book.article_pages import STATES
from personomics.book.parts import Sections, facts, grouped, meta
from personomics.dataset import Dataset
from personomics.evidence import to_article, to_case, to_factor
from personomics.html import Markup, Table, join, tag, text
from personomics.style import badge
from personomics.words import clip, counted

#: Characters of a summary in a table; the page of the narrative has all of it.
SUMMARY = 120
MARKS = ("com_b", "level", "stability", "origin")


def factors_intro(ds: Dataset) -> str:
    """Say what the factor catalogue holds."""
    rows = evidence.support(ds)
    bare = int((rows["terms"] == 0).sum())
    gap = f"For {bare} of them no term of an included article is on record."
    return (
        f"These data hold {counted(len(rows), 'active factor')}, by the COM-B "
        "component through which each chiefly acts. The page of a factor shows what "
        "stands behind it: words of the articles, passages of case narratives, what "
        "every rater said, and the instruments that measure it. "
        f"{gap if bare else ''}\n\n"
        "Signs: ■ stable, ● dynamic; † first found in the paper’s abstract, ‡ first "
        "found in case narratives. How it came about: "
        "[the terms](../chapters/02-extraction.ipynb), "
        "[the map](../chapters/03-concept-map.ipynb)."
    )


def factors(ds: Dataset) -> Sections:
    """Return the table of the factors in use, and of those that no longer are."""
    place = {code: n for n, code in enumerate(ds.codes("com_b"))}
    rows = agenda.gaps(ds)[["factor_id", "status"]].rename(columns={"status": "best"})
    rows = evidence.support(ds).merge(rows, on="factor_id")
    rows = rows.sort_values("com_b", key=lambda c: c.map(place), kind="stable")
    if rows.empty:
        none = "These data hold no factor in use."
        sections: Sections = [("", tag("p", none))]
    else:
        remark = "None found does not mean that none exists."
        counts = ["articles", "cases", "instruments", "best"]
        caption = f"{counted(len(rows), 'active factor')} of these data. {remark}"
        sections = [("", factor_table(rows, counts, caption))]
    old = ds["factors"][ds["factors"]["status"] != "active"]
    if len(old):
        gone = "No longer in use; kept so that earlier citations still lead somewhere."
        table = factor_table(old, ["note"], counted(len(old), "deprecated factor"))
        sections.append(("Deprecated factors", meta(gone) + table))
    return sections


def factor_table(rows: pd.DataFrame, more: list[str], caption: str) -> Markup:
    """Return factors as a table with one anchor per row."""
    labels = dict(zip(rows["factor_id"], rows["label"], strict=True))
    frame = rows.assign(factor=rows["factor_id"])
    render = {mark: marker(mark) for mark in MARKS}
    return Table(
        frame[["factor_id", "factor", *MARKS, *more]],
        caption,
        {"com_b": "COM-B", "best": "Closest instrument"},
        {"factor": lambda key: to_factor(key, labels[key]), **render},
        row_header="factor",
        anchor="factor_id",
    ).html()


def marker(kind: str) -> Callable[[object], Markup]:
    """Return what shows the codes of a kind as marks."""
    return lambda code: badge(kind, code)


def articles_intro(ds: Dataset) -> str:
    """Say how many records these data hold and how they were judged."""
    given = list(evidence.articles_with_state(ds)["verdict"].fillna(""))
    counts = [f"{given.count(s)} {n.lower()}" for s, n in STATES.items() if s in given]
    return (
        f"These data hold {counted(len(given), 'screened record')}"
        f"{': ' if counts else ''}{', '.join(counts)}. Whether the paper’s articles "
        "are among them cannot be said, because their list is not available. The page "
        "of a record shows every rater’s judgement and, where it is included, the "
        "factors it names. [The search chapter](../chapters/01-search.ipynb) "
        "tells how records were found and how far the raters agreed."
    )


def articles(ds: Dataset) -> Sections:
    """Return all records, one table for each verdict."""
    rows, labels = evidence.articles_with_state(ds), evidence.article_labels(ds)
    pairs = evidence.article_factor_pairs(ds)
    rows["factors"] = rows["article_id"].map(pairs.groupby("article_id").size())
    rows["factors"] = rows["factors"].fillna(0).astype(int)
    agreed = evidence.consensus_rows(ds, "screening")
    reasons = dict(zip(agreed["article_id"], map(text, agreed["reason"]), strict=True))
    rows["reason"] = rows["article_id"].map(reasons)
    opening = tag("p", ds.statement("screening")) + facts(ds.codes("criterion"))
    sections: Sections = []
    for state, name in STATES.items():
        part = rows[rows["verdict"].fillna("") == state]
        if state == "include":
            part = part.sort_values(["year", "article_id"])
            none = "" if len(part) else tag("p", "No article is included.")
            sections.append((name, join([opening, none, article_table(
                part, labels, ["kind", "text_seen", "factors"], name)])))  # fmt: skip
        elif len(part):
            sections.append((name, article_table(part, labels, ["reason"], name)))
    return sections


def article_table(
    part: pd.DataFrame, labels: dict[str, str], more: list[str], name: str
) -> Markup:
    """Return records as a table with one anchor per row, or nothing."""
    if part.empty:
        return Markup("")
    frame = part.assign(label=part["article_id"])
    return Table(
        frame[["article_id", "label", "title", "year", *more]],
        f"{name}: {counted(len(part), 'record')} of these data",
        {"label": "Record", "reason": "How the verdict came about"},
        {
            "label": lambda key: to_article(key, labels[key]),
            "title": lambda title: text(title) or "not seen",
        },
        row_header="label",
        anchor="article_id",
    ).html()


def cases_intro(ds: Dataset) -> str:
    """Say how many narratives these data hold."""
    found, kept = len(ds["cases"]), len(evidence.eligible_cases(ds))
    return (
        f"These data hold {counted(found, 'narrative')}, {kept} of them eligible. The "
        "page of a narrative has its summary in our words, short phrases quoted as "
        "evidence, and what each coder said. "
        "[The chapter on cases](../chapters/04-cases.ipynb) tells what they add."
    )


def cases(ds: Dataset) -> Sections:
    """Return the eligible narratives and the others, one table each."""
    labels = evidence.case_labels(ds)
    rows = ds["cases"].assign(label=ds["cases"]["case_id"])
    shown = evidence.case_factor_pairs(ds).groupby("case_id").size()
    rows["factors"] = rows["case_id"].map(shown).fillna(0).astype(int)
    agreed = grouped(evidence.consensus_rows(ds, "case_ratings"), "case_id")
    for column in ("primary_adaptation", "com_b_target"):
        given = {key: text(found[0][column]) for key, found in agreed.items()}
        rows[column] = rows["case_id"].map(given)
    kept = rows["eligible"].astype(bool)
    parts = {
        "Eligible": (rows[kept], ["primary_adaptation", "com_b_target", "factors"]),
        "Not eligible": (rows[~kept], ["eligibility_reason"]),
    }
    sections: Sections = []
    for name, (part, more) in parts.items():
        made = case_table(part, labels, more, name)
        if name == "Eligible":
            none = "" if len(part) else tag("p", "No narrative is eligible.")
            made = join([tag("p", ds.statement("cases")), none, made])
        if made:
            sections.append((name, made))
    return sections


def case_table(
    part: pd.DataFrame, labels: dict[str, str], more: list[str], name: str
) -> Markup:
    """Return narratives as a table with one anchor per row, or nothing."""
    if part.empty:
        return Markup("")
    return Table(
        part[["case_id", "label", "year", "summary", *more]],
        f"{name}: {counted(len(part), 'narrative')} of these data",
        {
            "label": "Narrative",
            "primary_adaptation": "Main adaptation",
            "com_b_target": "Acts on",
            "eligibility_reason": "Why not",
        },
        {
            "label": lambda key: to_case(key, labels[key]),
            "com_b_target": marker("com_b"),
            "summary": lambda words: clip(words, SUMMARY),
        },
        row_header="label",
        anchor="case_id",
    ).html()
