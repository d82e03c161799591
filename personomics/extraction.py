"""Chapter 2: from verbatim terms to factors; their matrix, coverage and overlap."""

from __future__ import annotations

import itertools

import pandas as pd

from personomics import evidence as ev
from personomics.dataset import Dataset
from personomics.figure_links import link_area, link_names, opens, to_factors
from personomics.html import Block, Table, join, said, text
from personomics.style import (
    COM_B,
    Figure,
    color,
    empty_figure,
    from_chart,
    name_rows,
    new_chart,
)
from personomics.words import DASH, clip, counted, decimals, listed, percent


def outcomes(ds: Dataset) -> pd.Series:
    """Return what became of each term of an included article, by term id.

    ``one factor``, or the reason a rater gave for none, or ``not coded``.
    """
    codes, terms = ds["term_codes"], ev.included_terms(ds)["term_id"]
    agreed = codes[(codes["rater_id"] == ds.consensus) & codes["factor_id"].isna()]
    given = codes[codes["rater_id"] != ds.consensus].dropna(subset=["reason"])
    given = given[given["reason"] != "no factor given"].drop_duplicates("term_id")
    reasons = dict(zip(given["term_id"], given["reason"], strict=True))
    result = dict.fromkeys(terms, "not coded")
    for term, how in zip(agreed["term_id"], agreed["resolution"], strict=True):
        strict = text(how).endswith("too general")
        reason = "too general" if strict else reasons.get(term, "no factor given")
        if term in result:
            result[term] = reason
    result |= dict.fromkeys(ev.term_factors(ds)["term_id"], "one factor")
    return pd.Series(result, dtype="object")


def mapping_summary(ds: Dataset) -> pd.DataFrame:
    """Return how many terms of included articles got a factor, and why others not.

    Columns: outcome, terms, share (text), example (one verbatim term); largest first.
    """
    ends = outcomes(ds)
    words = ev.included_terms(ds).set_index("term_id")["term"]
    rows = [
        {
            "outcome": outcome,
            "terms": len(group),
            "share": percent(len(group), len(ends)),
            "example": words[group.index[0]],
        }
        for outcome, group in ends.groupby(ends)
    ]
    frame = pd.DataFrame(rows, columns=["outcome", "terms", "share", "example"])
    return frame.sort_values("terms", ascending=False, kind="stable", ignore_index=True)


def mapping_table(ds: Dataset) -> Table:
    """Return :func:`mapping_summary` for readers."""
    caption = "What became of the terms copied from included articles"
    headings = {"outcome": "Outcome", "example": "One such term, verbatim"}
    return Table(mapping_summary(ds), caption, headings)


def example(ds: Dataset, limit: int = 10) -> pd.DataFrame:
    """Return terms of the factor with most terms, one per article first.

    Columns: term, article_id, place, resolution, factor_id; at most ``limit`` rows.
    """
    rows = ev.term_factors(ds)
    if rows.empty:
        return rows.reindex(
            columns=["term", "article_id", "place", "resolution", "factor_id"]
        )
    top = rows["factor_id"].value_counts().sort_index().idxmax()
    rows = rows[rows["factor_id"] == top]
    rows = rows.assign(turn=rows.groupby("article_id").cumcount())
    rows = rows.sort_values("turn", kind="stable").head(limit)
    columns = ["term", "article_id", "place", "resolution", "factor_id"]
    return rows[columns].reset_index(drop=True)


def example_table(ds: Dataset) -> Table | Block:
    """Return the worked example: verbatim terms that became one factor."""
    rows = example(ds)
    if rows.empty:
        return said("No term of an included article has been given a factor.")
    name = ev.factor_labels(ds)[rows["factor_id"].iloc[0]]
    return Table(
        rows.drop(columns="factor_id"),
        f"Verbatim terms that became the factor “{name}”",
        {"article_id": "Article", "resolution": "How the mapping was settled"},
        {"article_id": lambda a: ev.article_link(ds, a)},
    )


def breadth(ds: Dataset) -> pd.DataFrame:
    """Return articles with the number and share of all found factors they name.

    Columns: article_id, factors, share (0 to 1), terms; broadest first.
    """
    data = ev.article_matrix(ds)
    factors = (data > 0).sum(axis=1)
    frame = pd.DataFrame({
        "article_id": list(data.index),
        "factors": factors.to_list(),
        "share": (factors / max(data.shape[1], 1)).to_list(),
        "terms": data.sum(axis=1).to_list(),
    })  # fmt: skip
    return frame.sort_values("factors", ascending=False, kind="stable",
                             ignore_index=True)  # fmt: skip


def matrix_figure(ds: Dataset) -> Figure:
    """Return which article names which factor, factors as rows, articles as columns."""
    data, rows, wide = ev.article_matrix(ds), ev.coverage(ds), breadth(ds)
    name, title = "article-factor-matrix", "Which article names which factor"
    if rows.empty:
        return empty_figure(name, title, "No included article names a factor yet.")
    labels = ev.article_labels(ds)
    order = list(wide["article_id"])
    heads = [f"{clip(labels[a], 52)} ({n})" for a, n in zip(order, wide["factors"],
                                                           strict=True)]  # fmt: skip
    top = 0.3 + 0.066 * max(map(len, heads))
    size = (3.6 + 0.3 * len(order), top + 0.22 * len(rows))
    chart = new_chart(*size)
    ax = chart.add_subplot()
    long = data.reset_index().melt("article_id", None, "factor_id", "terms")
    long = long[long["terms"] > 0].reset_index(drop=True)
    y = long["factor_id"].map({f: n for n, f in enumerate(rows["factor_id"])})
    x = long["article_id"].map({a: n for n, a in enumerate(order)})
    kinds = long["factor_id"].map(rows.set_index("factor_id")["com_b"])
    ax.scatter(x, y, s=70 + 22 * long["terms"].clip(upper=8), linewidths=0.9,
               c=[color(COM_B[k][0]) for k in kinds],
               edgecolors=[color(COM_B[k][1]) for k in kinds])  # fmt: skip
    for across, down, terms in zip(x, y, long["terms"], strict=True):
        if terms > 1:
            ax.text(across, down, str(terms), ha="center", va="center_baseline")
    for down, articles in enumerate(rows["articles"]):
        ax.text(len(order) - 0.2, down, str(articles), ha="right", va="center",
                color=color("muted"))  # fmt: skip
    for down in range(1, len(rows)):
        if rows["com_b"].iloc[down] != rows["com_b"].iloc[down - 1]:
            ax.axhline(down - 0.5, color=color("muted"), linewidth=0.8)
    name_rows(ax, rows)
    ax.set_xticks(range(len(order)), heads, rotation=90)
    ax.tick_params(axis="x", labeltop=True, labelbottom=False)
    ax.set_xlim(-0.7, len(order) + 0.1)
    ax.grid(color=color("line"), linewidth=0.4)
    said = [counted(n, "article") for n in rows["articles"]]
    link_names(ax.get_yticklabels(), to_factors(rows, said))
    link_names(ax.get_xticklabels(), [
        opens(f"../{ev.article_address(a)}", f"{labels[a]}: {counted(n, 'factor')}")
        for a, n in zip(order, wide["factors"], strict=True)
    ])  # fmt: skip
    names = ev.factor_labels(ds)
    for across, down, row in zip(x, y, long.to_dict("records"), strict=True):
        factor = names[row["factor_id"]]
        words = f"{labels[row['article_id']]}, {counted(row['terms'], 'term')}"
        place = f"../{ev.factor_address(row['factor_id'], factor)}#terms"
        link_area(ax, (across - 0.5, down - 0.5, 1, 1),
                  opens(place, f"{clip(factor)}: {words}", again=True))  # fmt: skip
    twin = pd.DataFrame({
        "factor": long["factor_id"].map(ev.factor_labels(ds)), "com_b": kinds,
        "article": long["article_id"].map(labels), "terms": long["terms"],
    })  # fmt: skip
    widest, cells = wide.iloc[0], data.size
    alt = (
        f"Grid of {len(rows)} factors and {len(order)} articles with a mark in "
        f"{len(long)} of {cells} cells ({percent(len(long), cells)}). "
        f"{labels[widest.article_id]} names most factors ({widest.factors}). "
        f"{top_sentence(rows)}"
    )
    note = ("A mark: the article names the factor; larger and with a number where it "
            "uses several terms. In brackets: factors of the article; at the right: "
            "articles of the factor.")  # fmt: skip
    return from_chart(chart, name, title, alt, twin, min_width=int(88 * size[0]),
                      headings={"com_b": "COM-B"}, note=note)  # fmt: skip


def top_sentence(rows: pd.DataFrame) -> str:
    """Say which factors most articles name and how many only one names."""
    best = rows["articles"].max()
    names = listed(rows.loc[rows["articles"] == best, "label"], quoted=True)
    once = (rows["articles"] == 1).sum()
    return (f"Named by most articles ({best}): {names}. "
            f"Named by one article only: {once} of {len(rows)} factors.")  # fmt: skip


def coverage_figure(ds: Dataset) -> Figure:
    """Return articles per factor as bars, most widely named first."""
    rows = ev.coverage(ds).sort_values("articles", ascending=False, kind="stable")
    name, title = "factor-coverage", "How many articles name each factor"
    if rows.empty:
        return empty_figure(name, title, "No included article names a factor yet.")
    chart = new_chart(6.4, 0.7 + 0.22 * len(rows))
    ax = chart.add_subplot()
    ax.barh(range(len(rows)), rows["articles"], height=0.72, linewidth=0.7,
            color=[color(COM_B[k][0]) for k in rows["com_b"]],
            edgecolor=[color(COM_B[k][1]) for k in rows["com_b"]])  # fmt: skip
    for down, articles in enumerate(rows["articles"]):
        ax.text(articles + 0.1, down, str(articles), va="center")
    name_rows(ax, rows)
    links = to_factors(rows, [counted(n, "article") for n in rows["articles"]])
    link_names(ax.get_yticklabels(), links)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.set_xlabel(f"articles, of {len(ev.article_matrix(ds))} included")
    alt = f"Bars, one for each of {len(rows)} factors. {top_sentence(rows)}"
    twin = rows.drop(columns="factor_id")
    twin["share"] = [percent(s) for s in twin["share"]]
    headings = {"label": "Factor", "com_b": "COM-B", "share": "Share of articles"}
    return from_chart(chart, name, title, alt, twin, headings=headings,
                      note="C, O and M: capability, opportunity, motivation, with the "
                      "part of each.")  # fmt: skip


def overlap(ds: Dataset) -> pd.DataFrame:
    """Return pairs of articles with the Jaccard similarity of their factors.

    Columns: first, second (article ids), shared, either (numbers of factors),
    jaccard (shared / either, 0 to 1); nearest pair first. Articles without a factor
    are left out. Source: Jaccard P. New Phytol 1912;11:37-50.
    """
    rows = [
        (a, b, len(one & two), len(one | two), len(one & two) / len(one | two))
        for (a, one), (b, two) in itertools.combinations(ev.factor_sets(ds).items(), 2)
        if one and two
    ]
    names = ["first", "second", "shared", "either", "jaccard"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.sort_values(["jaccard", "shared"], ascending=False, kind="stable",
                             ignore_index=True)  # fmt: skip


def overlap_table(ds: Dataset, limit: int = 8) -> Table | Block:
    """Return the pairs of articles that share most, with what they share."""
    pairs, sets = overlap(ds).head(limit), ev.factor_sets(ds)
    if pairs.empty:
        return said("Fewer than two articles name a factor: no overlap to show.")
    order = ev.article_matrix(ds).columns
    both = [
        [f for f in order if f in sets[a] & sets[b]]
        for a, b in zip(pairs["first"], pairs["second"], strict=True)
    ]
    pairs = pairs.assign(jaccard=pairs["jaccard"].map(decimals))
    pairs["factors"] = both
    headings = {"either": "Named by either", "jaccard": "Jaccard similarity",
                "factors": "Shared factors"}  # fmt: skip
    link = {c: lambda a: ev.article_link(ds, a) for c in ("first", "second")}
    return Table(pairs, "The pairs of articles that overlap most", headings,
                 {**link, "factors": lambda f: factor_list(ds, f)})  # fmt: skip


def factor_list(ds: Dataset, factors: list[str]) -> object:
    """Return linked factor labels in a row, or a dash for none."""
    return join([ev.factor_link(ds, f) for f in factors], "; ") if factors else DASH


def numbers(ds: Dataset) -> dict[str, object]:
    """Return every number and name that the prose uses on terms and factors."""
    terms, rows, pairs = outcomes(ds), ev.coverage(ds), overlap(ds)
    wide, shown = breadth(ds), example(ds, limit=1)
    seen = pairs["jaccard"].astype(float)
    labels, names = ev.article_labels(ds), ev.factor_labels(ds)
    widest = rows.sort_values("articles", ascending=False, kind="stable")
    data = ev.article_matrix(ds) > 0
    without = data[~data.index.isin(wide["article_id"].head(1))].any().sum()
    mapped = int((terms == "one factor").sum())
    once = int((rows["articles"] == 1).sum())
    return {
        "articles": len(wide),
        "factors": len(rows),
        "terms": len(terms),
        "mapped": mapped,
        "mapped-share": percent(mapped, len(terms)),
        "too-general": int((terms == "too general").sum()),
        "example-factor": listed(names[f] for f in shown["factor_id"]),
        "top-factor": listed(widest["label"].head(1)),
        "top-articles": int(rows["articles"].max()) if len(rows) else 0,
        "half-named": int((rows["share"] >= 0.5).sum()),
        "once": once,
        "once-share": percent(once, len(rows)),
        "broadest": listed(labels[a] for a in wide["article_id"].head(1)),
        "broadest-factors": int(wide["factors"].max()) if len(wide) else 0,
        "broadest-share": percent(wide["share"].max()) if len(wide) else DASH,
        "factors-median": f"{wide['factors'].median():g}" if len(wide) else DASH,
        "pairs": len(pairs),
        "jaccard-median": decimals(seen.median()),
        "jaccard-max": decimals(seen.max()),
        "disjoint-share": percent((seen == 0).sum(), len(pairs)),
        "near-first": listed(labels[a] for a in pairs["first"].head(1)),
        "near-second": listed(labels[a] for a in pairs["second"].head(1)),
        "no-factor": int((wide["factors"] == 0).sum()),
        "only-broadest": int(data.shape[1] - without),
        "statement-terms": ds.statement("terms"),
    }
