"""Chapter 2: how firmly the list of factors stands; growth, rules, agreement, texts."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from typing import Any

import pandas as pd

from personomics import evidence as ev
from personomics.agreement import HEADINGS, as_row
from personomics.dataset import Dataset
from personomics.figure_links import link_names, to_factors
from personomics.html import Block, Table, said
from personomics.mapping import (
    EXACT,
    FIT,
    LOOSE,
    WHICH,
    agreement_table,
    mapping_agreement,
)
from personomics.style import (
    COM_B,
    Figure,
    color,
    empty_figure,
    from_chart,
    name_rows,
    new_chart,
)
from personomics.words import DASH, clip, counted, listed, percent

__all__ = [
    "EXACT", "FIT", "LOOSE", "WHICH", "accumulation", "accumulation_figure",
    "agreement_table", "expected", "growth", "kept", "mapping_agreement", "numbers",
    "resolutions", "resolutions_table", "rule_numbers", "sensitivity",
    "sensitivity_figure", "sensitivity_table", "texts", "texts_table",
]  # fmt: skip
SEED, ORDERS = 20250601, 1000


def expected(named: list[int], articles: int, drawn: int) -> float:
    """Return the mean number of factors in ``drawn`` articles taken at random.

    Parameters
    ----------
    named : list of int
        For each factor the number of articles that name it.
    articles, drawn : int
        Number of all articles, and of those taken without replacement.

    Notes
    -----
    Exact, the sum over factors of 1 - C(N - n, k) / C(N, k): Ugland KI, Gray JS,
    Ellingsen KE. J Anim Ecol 2003;72:888-897.

    Examples
    --------
    >>> expected([1, 2], articles=2, drawn=1)
    1.5
    """
    ways = math.comb(articles, drawn)
    return sum(1 - math.comb(articles - n, drawn) / ways for n in named)


def accumulation(ds: Dataset) -> pd.DataFrame:
    """Return how the number of factors grows with the number of articles read.

    Columns: articles; mean (exact, see :func:`expected`); low and high (least and
    most in 1,000 random orders from a fixed seed). One row per number of articles.
    """
    sets = list(ev.factor_sets(ds).values())
    # Only random() itself is promised to be the same in every Python version.
    chance = random.Random(SEED)
    counts = []
    for _ in range(ORDERS):
        order = sorted(sets, key=lambda _: chance.random())
        seen = itertools.accumulate(order, lambda a, b: a | b)
        counts.append([len(factors) for factors in seen])
    named = list(Counter(itertools.chain(*sets)).values())
    rows = [
        (k, expected(named, len(sets), k), min(at), max(at))
        for k, at in enumerate(zip(*counts, strict=True), 1)
    ]
    return pd.DataFrame(rows, columns=["articles", "mean", "low", "high"])


def accumulation_figure(ds: Dataset) -> Figure:
    """Return :func:`accumulation` as a line of means in a band of ranges."""
    rows = accumulation(ds)
    name, title = "factor-accumulation", "Does the list of factors keep growing?"
    if rows.empty:
        return empty_figure(name, title, "No article is included yet.")
    chart = new_chart(6.4, 4.2)
    ax = chart.add_subplot()
    ax.fill_between(rows["articles"], rows["low"], rows["high"], linewidth=0,
                    color=color("partly"),
                    label=f"range of {ORDERS:,} random orders")  # fmt: skip
    ax.plot(rows["articles"], rows["mean"], color=color("ink"), marker="o",
            markersize=4, label="exact mean of all orders")  # fmt: skip
    ax.set_xlabel("articles read")
    ax.set_ylabel("different factors found")
    ax.set_ylim(0, rows["high"].max() * 1.06 + 0.5)
    ax.locator_params(integer=True)
    ax.grid(axis="y")
    ax.legend(loc="lower right")
    facts = growth(rows)
    alt = (
        f"A curve that rises from {rows['mean'].iloc[0]:.1f} factors on average in one "
        f"article to {rows['high'].iloc[-1]} in all {len(rows)}. Articles "
        f"needed for half of them on average: {facts['half-articles']}; the last "
        f"article adds {facts['last-gain']} factors on average."
    )
    twin = rows.assign(mean=rows["mean"].map("{:.1f}".format))
    headings = {"articles": "Articles read", "mean": "Mean", "low": "Least",
                "high": "Most"}  # fmt: skip
    note = "The order of reading is random; every order ends at the same number."
    return from_chart(chart, name, title, alt, twin, headings=headings, note=note)


def growth(rows: pd.DataFrame) -> dict[str, object]:
    """Return what stands out in :func:`accumulation`, to be glued."""
    found = rows["mean"].max() if len(rows) else 0
    half = rows.loc[rows["mean"] >= found / 2, "articles"]
    most = rows.loc[rows["mean"] >= 0.9 * found, "articles"]
    gains = [0.0, *rows["mean"]][-2:]
    return {
        "half-articles": int(half.min()) if len(half) else 0,
        "ninety-articles": int(most.min()) if len(most) else 0,
        "last-gain": f"{gains[-1] - gains[0]:.1f}",
    }


def kept(ds: Dataset) -> pd.DataFrame:
    """Return inclusion rules x factors: whether a kept article names it.

    Rules are in the order of their position, widest first; columns as in
    :func:`~personomics.evidence.coverage`, limited to factors that some rule keeps.
    """
    data, sets = ev.article_matrix(ds) > 0, ds["inclusion_sets"]
    data = data[list(ev.coverage(ds)["factor_id"])]
    rules = ds["inclusion_rules"].sort_values("position")["rule_id"]
    rows = {
        r: data[data.index.isin(sets.loc[sets["rule_id"] == r, "article_id"])].any()
        for r in rules
    }
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=data.columns)
    return frame.astype(bool).loc[:, frame.any().to_numpy(dtype=bool)]


def sensitivity(ds: Dataset) -> pd.DataFrame:
    """Return what each inclusion rule would have found.

    Columns: rule_id, label, description, articles, factors, random (mean number of
    factors in as many included articles taken at random), lost and gained (lists of
    factor ids against the widest rule, the first by position).
    """
    found, sets = kept(ds), ds["inclusion_sets"]
    data = ev.article_matrix(ds)
    named = [int(n) for n in (data > 0).sum()]
    rows = []
    for rule in ds["inclusion_rules"].sort_values("position").to_dict("records"):
        key = rule["rule_id"]
        here, wide = found.loc[key], found.iloc[0]
        inside = data.index.isin(sets.loc[sets["rule_id"] == key, "article_id"]).sum()
        rows.append({
            "rule_id": key, "label": rule["label"],
            "description": rule["description"], "articles": int(inside),
            "factors": int(here.sum()),
            "random": round(expected(named, len(data), int(inside)), 1),
            "lost": list(found.columns[wide & ~here]),
            "gained": list(found.columns[here & ~wide]),
        })  # fmt: skip
    names = ["rule_id", "label", "description", "articles", "factors", "random",
             "lost", "gained"]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def sensitivity_table(ds: Dataset) -> Table | Block:
    """Return :func:`sensitivity` for readers, with the factors by COM-B component."""
    rows, found = sensitivity(ds), kept(ds)
    if rows.empty:
        return said("No rule of inclusion has been given.")
    kinds = ev.coverage(ds).set_index("factor_id")["com_b"]
    rows = rows.drop(columns=["rule_id", "lost", "gained"])
    for kind, (_, _, symbol) in COM_B.items():
        rows[symbol] = found.loc[:, (kinds[found.columns] == kind).to_numpy()].sum(
            axis=1).to_list()  # fmt: skip
    headings = {"label": "Rule", "description": "What it keeps",
                "random": "Factors in as many articles at random"}  # fmt: skip
    return Table(rows, "Articles and factors under each inclusion rule",
                 headings | {s: s for _, _, s in COM_B.values()})  # fmt: skip


def sensitivity_figure(ds: Dataset) -> Figure:
    """Return the factors that vanish under at least one inclusion rule, by rule."""
    found, rules = kept(ds), sensitivity(ds)
    name, title = (
        "inclusion-sensitivity",
        "Factors found under some inclusion rules only",
    )
    rows = ev.coverage(ds)
    kept_all = found.columns[found.all()]
    unsure = found.columns.difference(kept_all)
    rows = rows[rows["factor_id"].isin(unsure)].reset_index(drop=True)
    if rows.empty:
        return empty_figure(name, title, "Every inclusion rule finds the same factors.")
    chart = new_chart(6.4, 1.3 + 0.24 * len(rows))
    ax = chart.add_subplot()
    here = found[list(rows["factor_id"])].to_numpy()
    places = list(itertools.product(range(len(rules)), range(len(rows))))
    inks = [color(COM_B[rows["com_b"].iloc[down]][1]) for _, down in places]
    fills = [
        ink if here[place] else color("paper")
        for ink, place in zip(inks, places, strict=True)
    ]
    x, y = zip(*places, strict=True)
    ax.scatter(x, y, s=64, facecolor=fills, edgecolor=inks, linewidth=1, zorder=2)
    name_rows(ax, rows)
    finders = [f"found under {n} of {counted(len(rules), 'rule')}" for n in here.sum(0)]
    link_names(ax.get_yticklabels(), to_factors(rows, finders))
    heads = [
        "\n".join([clip(r["label"], 14), counted(r["factors"], "factor"),
                   counted(r["articles"], "article")])
        for r in rules.to_dict("records")
    ]  # fmt: skip
    ax.set_xticks(range(len(rules)), heads)
    ax.tick_params(axis="x", labeltop=True, labelbottom=False)
    ax.set_xlim(-0.6, len(rules) - 0.4)
    ax.grid(axis="y")
    ax.spines[["left", "bottom"]].set_visible(False)
    counts = "; ".join(
        f"{clip(r['label'])}: {counted(r['factors'], 'factor')}, {len(r['lost'])} lost"
        for r in rules.to_dict("records")
    )
    alt = (f"Grid of {len(rows)} factors that at least one rule does not find, by "
           f"rule. {counts}. The other {len(kept_all)} factors are found under every "
           "rule.")  # fmt: skip
    twin = pd.DataFrame({"factor": rows["label"], "com_b": rows["com_b"]})
    for across, key in enumerate(rules["rule_id"]):
        twin[f"rule {key}"] = ["found" if f else "not found" for f in here[across]]
    headings = dict(zip("rule " + rules["rule_id"], rules["label"], strict=True))
    return from_chart(chart, name, title, alt, twin,
                      min_width=0 if len(rules) < 5 else 160 * len(rules),
                      headings={**headings, "com_b": "COM-B"},
                      note="Filled: found. Open: not found.")  # fmt: skip


def resolutions(ds: Dataset) -> pd.DataFrame:
    """Return how the consensus on each term of an included article was reached.

    Columns: resolution, terms, share (text); commonest first.
    """
    rows = ev.consensus_rows(ds, "term_codes").drop_duplicates("term_id")
    rows = rows[rows["term_id"].isin(ev.included_terms(ds)["term_id"])]
    counts = rows["resolution"].fillna("not stated").value_counts()
    frame = counts.rename_axis("resolution").rename("terms").reset_index()
    return frame.assign(share=[percent(n, len(rows)) for n in frame["terms"]])


def resolutions_table(ds: Dataset) -> Table:
    """Return :func:`resolutions` for readers."""
    caption = "How the consensus on each term was reached"
    return Table(resolutions(ds), caption, {"resolution": "Consensus"})


def texts(ds: Dataset) -> pd.DataFrame:
    """Return how much of the included articles could be read.

    Columns: text_seen, articles, share (text), factors (median per article).
    """
    seen = ev.included_articles(ds)[["article_id", "text_seen"]]
    seen["factors"] = [len(named) for named in ev.factor_sets(ds).values()]
    groups = seen.groupby("text_seen")["factors"].agg(["size", "median"]).reset_index()
    groups.columns = pd.Index(["text_seen", "articles", "factors"])
    groups.insert(2, "share", [percent(n, len(seen)) for n in groups["articles"]])
    return groups.sort_values("articles", ascending=False, kind="stable",
                              ignore_index=True)  # fmt: skip


def texts_table(ds: Dataset) -> Table:
    """Return :func:`texts` for readers."""
    headings = {"text_seen": "What could be read",
                "factors": "Factors per article (median)"}  # fmt: skip
    return Table(texts(ds), "How much of each included article was seen", headings)


def numbers(ds: Dataset) -> dict[str, object]:
    """Return every number and name that the prose uses on how firm the list is."""
    rules, terms = sensitivity(ds), ev.included_terms(ds)["term_id"]
    answers = {
        which: as_row(which, found) for which, found in mapping_agreement(ds).items()
    }
    gaps = dict.fromkeys(HEADINGS, DASH)
    row = answers.get(EXACT, gaps)
    second = ds["term_codes"].query("choice > 1 and rater_id != @ds.consensus")
    seen = texts(ds)
    return {
        **growth(accumulation(ds)),
        **rule_numbers(rules, "articles"),
        **rule_numbers(rules, "factors"),
        **{name: row[name] for name in ("percent", "kappa", "interval")},
        "fit-kappa": answers.get(FIT, gaps)["kappa"],
        "which-percent": answers.get(WHICH, gaps)["percent"],
        "second-choices": int(second["term_id"].isin(terms).sum()),
        "most-seen": listed(seen["text_seen"].head(1), none="nothing"),
        "most-seen-articles": int(seen["articles"].max()) if len(seen) else 0,
        "statement-texts": ds.statement("texts"),
        "statement-raters": ds.statement("raters"),
    }


def rule_numbers(rules: pd.DataFrame, column: str) -> dict[str, object]:
    """Return what the rule with fewest articles or factors keeps, to be glued."""
    few = rules.sort_values(column, kind="stable").to_dict("records")
    rule: dict[Any, Any] = few[0] if few else {"label": "none"}
    result = {name: rule.get(name, 0) for name in ("label", "articles", "factors")}
    result["random"] = f"{rule.get('random', 0):.0f}"
    return {f"fewest-{column}-{name}": value for name, value in result.items()}
