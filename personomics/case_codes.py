"""What the codes of the case narratives say: the frames behind chapter 4."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from personomics import agreement as agree
from personomics import evidence as ev
from personomics.dataset import Dataset
from personomics.html import text
from personomics.words import listed

UNNAMED = "none could be named"
NO_FACTOR = "not a patient factor"


def top(values: pd.Series) -> list[str]:
    """Return the commonest values, all of them where several lead."""
    counts = values.value_counts()
    return [str(v) for v, n in counts.items() if n == counts.iloc[0]]


def largest(values: pd.Series) -> int:
    """Return how often the commonest value occurs."""
    return int(values.value_counts().max()) if len(values) else 0


def by_answer(ds: Dataset, given: Mapping[str, str]) -> str:
    """Return who gave which answer; raters of one mind share a place."""
    minds: dict[str, list[str]] = {}
    for rater, answer in given.items():
        minds.setdefault(answer, []).append(ev.rater_name(ds, rater))
    return " · ".join(f"{listed(who)}: {a}" for a, who in minds.items())


def coded_items(ds: Dataset) -> pd.DataFrame:
    """Return every case item with the answer of each coder and the consensus.

    One row per item; the columns of ``case_items``, then one per coder and one for
    the consensus: a factor id, "not a patient factor", or missing where not coded.
    """
    codes = ds["case_codes"]
    answers = codes.assign(answer=codes["factor_id"].fillna(NO_FACTOR))
    items = ds["case_items"]
    for rater in [*ev.first_two(ds, "case_codes"), ds.consensus]:
        given = answers[answers["rater_id"] == rater].set_index("item_id")["answer"]
        items = items.assign(**{rater: items["item_id"].map(given)})
    return items


def adapted_cases(ds: Dataset) -> pd.DataFrame:
    """Return the eligible narratives with consensus adaptation and COM-B target.

    Ordered by target (codebook order, unnamed last), then by id.
    """
    rated = ev.consensus_rows(ds, "case_ratings").set_index("case_id")
    rows = ev.eligible_cases(ds)
    for column in ("primary_adaptation", "com_b_target"):
        rows[column] = rows["case_id"].map(rated[column]).fillna(UNNAMED)
    order = {code: i for i, code in enumerate([*ds.codes("com_b"), UNNAMED])}
    rows["order"] = rows["com_b_target"].map(order)
    return rows.sort_values(["order", "case_id"]).reset_index(drop=True)


def matrix(ds: Dataset) -> pd.DataFrame:
    """Return each eligible narrative and factor once, with the words that show it.

    Columns: case_id, target, factor_id, factor, com_b, stability, origin, items
    (how many), evidence, same (whether the adaptation acts on the factor's own
    COM-B component). Ordered by factor (codebook order), then narrative.
    """
    found = ev.case_factors(ds).groupby(["case_id", "factor_id"], sort=False)
    rows = found["evidence"].agg(["size", " / ".join]).reset_index()
    rows.columns = pd.Index(["case_id", "factor_id", "items", "evidence"])
    kept = ["factor_id", "label", "com_b", "stability", "origin"]
    rows = rows.merge(ds["factors"][kept], on="factor_id")
    cases = adapted_cases(ds)
    target = dict(zip(cases["case_id"], cases["com_b_target"], strict=True))
    rows["target"] = rows["case_id"].map(target)
    rows["same"] = rows["target"] == rows["com_b"]
    order = list(ds.codes("com_b"))
    rows["order"] = [order.index(c) for c in rows["com_b"]]
    place = {case: i for i, case in enumerate(cases["case_id"])}
    rows["place"] = rows["case_id"].map(place)
    rows = rows.sort_values(["order", "factor_id", "place"]).reset_index(drop=True)
    return rows.rename(columns={"label": "factor"})[
        ["case_id", "target", "factor_id", "factor", "com_b", "stability", "origin",
         "items", "evidence", "same"]
    ]  # fmt: skip


def adaptation_matrix(ds: Dataset) -> pd.DataFrame:
    """Return eligible narratives by main adaptation (rows) and COM-B target (columns).

    >>> from personomics import load
    >>> ds = load()
    >>> int(adaptation_matrix(ds).sum().sum()) == len(ev.eligible_cases(ds))
    True
    """
    cases = adapted_cases(ds)
    counts = pd.crosstab(cases["primary_adaptation"], cases["com_b_target"])
    unnamed_row = [UNNAMED] if UNNAMED in counts.index else []
    unnamed_column = [UNNAMED] if UNNAMED in counts.columns else []
    return counts.reindex(
        index=[*ds.codes("adaptation"), *unnamed_row],
        columns=[*ds.codes("com_b"), *unnamed_column],
        fill_value=0,
    ).astype(int)


def cases_vs_articles(ds: Dataset) -> pd.DataFrame:
    """Return how often each factor is in eligible narratives and in included articles.

    Columns: factor_id, factor, origin, cases, articles (counts), case_share,
    article_share (of 100), difference (percentage points); those commoner in
    narratives first.
    """
    rows = ev.support(ds).rename(columns={"label": "factor"})
    rows = rows[(rows["cases"] > 0) | (rows["articles"] > 0)]
    for count, share, all_of in (
        ("cases", "case_share", len(ev.eligible_ids(ds))),
        ("articles", "article_share", len(ev.included_ids(ds))),
    ):
        rows[share] = 100 * rows[count] / max(all_of, 1)
    rows["difference"] = rows["case_share"] - rows["article_share"]
    rows = rows.sort_values(["difference", "factor_id"], ascending=[False, True])
    wanted = ["cases", "articles", "case_share", "article_share", "difference"]
    return rows[["factor_id", "factor", "origin", *wanted]].reset_index(drop=True)


def revealed_factors(ds: Dataset) -> pd.DataFrame:
    """Return the active factors that only the narratives revealed."""
    factors = ev.active_factors(ds)
    return factors[factors["origin"] == "case narratives"].reset_index(drop=True)


def case_only(ds: Dataset) -> pd.DataFrame:
    """Return every passage coded to a factor that only the narratives revealed.

    Columns: factor_id, evidence, case_id, eligible (yes or no), given_by ("both
    coders", "one coder", "consensus only"), consensus (yes or no).
    """
    wanted = revealed_factors(ds)["factor_id"]
    both, consensus = ev.first_two(ds, "case_codes"), ds.consensus
    items = coded_items(ds)
    eligible = ev.eligible_ids(ds)
    given_by = {0: "consensus only", 1: "one coder", 2: "both coders"}
    rows = []
    for factor in wanted:
        for item in items.to_dict("records"):
            votes = sum(item[r] == factor for r in both)
            agreed = item[consensus] == factor
            if votes or agreed:
                rows.append((factor, item["evidence"], item["case_id"],
                             text(item["case_id"] in eligible), given_by[votes],
                             text(bool(agreed))))  # fmt: skip
    columns = ["factor_id", "evidence", "case_id", "eligible", "given_by", "consensus"]
    return pd.DataFrame(rows, columns=columns, dtype="str")


def unseen(ds: Dataset) -> pd.DataFrame:
    """Return the factors that included articles name and no eligible narrative showed.

    Columns: factor_id, com_b, articles, elsewhere (narratives that are not eligible
    but show it); most articles first.
    """
    rows = ev.support(ds)
    rows = rows[(rows["articles"] > 0) & (rows["cases"] == 0)]
    found = ev.case_factors(ds, eligible=False).groupby("factor_id")["case_id"]
    rows["elsewhere"] = rows["factor_id"].map(found.nunique()).fillna(0).astype(int)
    rows = rows.sort_values(["articles", "factor_id"], ascending=[False, True])
    return rows[["factor_id", "com_b", "articles", "elsewhere"]].reset_index(drop=True)


def agreements(ds: Dataset) -> dict[str, agree.Agreement]:
    """Return how far the coders agree on items, main adaptation and COM-B target.

    Empty where fewer than two coders are found. A missing answer is an answer: no
    factor, or none that could be named.
    """
    both = ev.first_two(ds, "case_codes")
    if len(both) < 2:
        return {}
    eligible = ev.eligible_ids(ds)
    items, ratings = ds["case_codes"], ds["case_ratings"]
    of_eligible = ds["case_items"].loc[ds["case_items"]["case_id"].isin(eligible)]
    inside = items[items["item_id"].isin(of_eligible["item_id"])]
    rated = ratings[ratings["case_id"].isin(eligible)]
    factors = [*ds["factors"]["factor_id"], "none"]
    plans = {
        "Factor of each item, all narratives": (items, "item_id", "factor_id", factors),
        "Factor of each item, eligible": (inside, "item_id", "factor_id", factors),
        "Main adaptation, eligible": (
            rated, "case_id", "primary_adaptation", [*ds.codes("adaptation"), "none"]
        ),
        "COM-B target, eligible": (
            rated, "case_id", "com_b_target", [*ds.codes("com_b"), "none"]
        ),
    }  # fmt: skip
    return {
        name: agree.agreement(*agree.paired(rows, subject, value, both), codes)
        for name, (rows, subject, value, codes) in plans.items()
    }


def ranked_cases(ds: Dataset) -> pd.DataFrame:
    """Return the eligible narratives, the best one to show in full first.

    First those on which both coders agree throughout, then those read in an original
    copy with a readable outcome, then those with most items that show a factor; ties
    go by id. Adds the columns agreed, complete and factors.
    """
    rows, shown = ev.eligible_cases(ds), ev.case_factors(ds).groupby("case_id").size()
    rows["agreed"] = rows["case_id"].isin(agreed_cases(ds))
    original = rows["read_in"].eq("original")
    rows["complete"] = original & rows["outcome_seen"].astype(bool)
    rows["factors"] = rows["case_id"].map(shown).fillna(0).astype(int)
    order = ["agreed", "complete", "factors", "case_id"]
    upwards = [False, False, False, True]
    return rows.sort_values(order, ascending=upwards, ignore_index=True)


def agreed_cases(ds: Dataset) -> set[str]:
    """Return the narratives on which both coders agree: each item, and the ratings."""
    both, items = ev.first_two(ds, "case_codes"), coded_items(ds)
    if len(both) < 2:
        return set()
    same = (items[both[0]] == items[both[1]]).groupby(items["case_id"]).all()
    rated = ds["case_ratings"].fillna(UNNAMED)
    rated = rated.set_index("rater_id")[
        ["case_id", "primary_adaptation", "com_b_target"]
    ]
    first, second = (
        set(rated[rated.index == r].itertuples(index=False, name=None)) for r in both
    )
    return set(same.index[same]) & {str(case) for case, *_ in first & second}
