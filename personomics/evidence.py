"""Who supports what: the joins between articles, terms, factors, cases, instruments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import pandas as pd

from personomics.dataset import Dataset
from personomics.html import Markup, join, link, slug, text
from personomics.labels import number_repeats, without_initials
from personomics.words import clip

#: Characters of a title that stands for an article or a narrative.
TITLE = 44
#: Characters of a factor's label in the address of its page.
SLUG = 60
#: Arms of the PRISMA 2020 flow diagram, with the ways in which their records are found.
DATABASES, OTHER, PREVIOUS = "databases and registers", "other methods", "previous"
ARMS = {
    PREVIOUS: ("previous version",),
    DATABASES: ("database", "register"),
    OTHER: ("website", "organisation", "citation searching", "other method"),
}


def rater_ids(ds: Dataset, table: str) -> list[str]:
    """Return the independent raters that appear in a table, in the order of raters."""
    raters = ds["raters"]
    independent = raters.loc[raters["role"] == "rater", "rater_id"]
    present = set(ds[table]["rater_id"])
    return [r for r in independent if r in present]


def first_two(ds: Dataset, table: str) -> list[str]:
    """Return the two raters of a table who are compared, or fewer: the first found."""
    return rater_ids(ds, table)[:2]


def rater_name(ds: Dataset, rater_id: str) -> str:
    """Return the name of a rater as shown to readers."""
    raters = ds["raters"].set_index("rater_id")["name"]
    return str(raters[rater_id])


def consensus_rows(ds: Dataset, table: str) -> pd.DataFrame:
    """Return the consensus rows of a table of ratings."""
    rows = ds[table]
    return rows[rows["rater_id"] == ds.consensus].reset_index(drop=True)


def articles_with_state(ds: Dataset) -> pd.DataFrame:
    """Return every article with its consensus verdict in a column ``verdict``."""
    verdicts = consensus_rows(ds, "screening")[["article_id", "verdict"]]
    return ds["articles"].merge(verdicts, on="article_id", how="left")


def arm(found_by: str) -> str:
    """Return the arm of the flow diagram that a record belongs to.

    >>> arm("register"), arm("citation searching")
    ('databases and registers', 'other methods')
    """
    return next(name for name, ways in ARMS.items() if found_by in ways)


def live_records(ds: Dataset) -> pd.DataFrame:
    """Return the records that went on to screening, one per article, with their arm."""
    rows = ds["records"]
    rows = rows[rows["removed"].isna()].reset_index(drop=True)
    return rows.assign(arm=rows["found_by"].map(arm))


def included_articles(ds: Dataset) -> pd.DataFrame:
    """Return the included articles, oldest first."""
    rows = articles_with_state(ds)
    rows = rows[rows["verdict"] == "include"]
    return rows.sort_values(["year", "article_id"]).reset_index(drop=True)


def eligible_cases(ds: Dataset) -> pd.DataFrame:
    """Return the eligible case narratives."""
    rows = ds["cases"]
    return rows[rows["eligible"].astype(bool)].reset_index(drop=True)


def included_ids(ds: Dataset) -> set[str]:
    """Return the identifiers of the included articles."""
    rows = ds.columns("screening", "article_id", "rater_id", "verdict")
    rows = rows[(rows["rater_id"] == ds.consensus) & (rows["verdict"] == "include")]
    return set(rows["article_id"])


def eligible_ids(ds: Dataset) -> set[str]:
    """Return the identifiers of the eligible case narratives."""
    rows = ds.columns("cases", "case_id", "eligible")
    return set(rows["case_id"][rows["eligible"].astype(bool)])


def included_terms(ds: Dataset) -> pd.DataFrame:
    """Return the terms copied from included articles."""
    terms = ds["terms"]
    return terms[terms["article_id"].isin(included_ids(ds))].reset_index(drop=True)


def term_factors(ds: Dataset) -> pd.DataFrame:
    """Return the consensus factor of each term of an included article.

    Columns: term_id, article_id, term, place, factor_id, resolution. Terms for which
    the consensus is that no factor fits, or a factor out of use, are left out.
    """
    codes = consensus_rows(ds, "term_codes").dropna(subset=["factor_id"])
    terms = ds["terms"][["term_id", "article_id", "term", "place", "source_url"]]
    rows = terms.merge(codes[["term_id", "factor_id", "resolution"]], on="term_id")
    keep = rows["article_id"].isin(included_ids(ds))
    keep &= rows["factor_id"].isin(active_factors(ds)["factor_id"])
    return rows[keep].reset_index(drop=True)


def case_factors(ds: Dataset, *, eligible: bool = True) -> pd.DataFrame:
    """Return the consensus factor of each case item.

    Columns: item_id, case_id, item, evidence, factor_id, resolution. By default only
    for eligible narratives; items that are no patient factor, or one out of use, are
    left out.
    """
    codes = consensus_rows(ds, "case_codes").dropna(subset=["factor_id"])
    rows = ds["case_items"].merge(
        codes[["item_id", "factor_id", "resolution"]], on="item_id"
    )
    rows = rows[rows["factor_id"].isin(active_factors(ds)["factor_id"])]
    if eligible:
        rows = rows[rows["case_id"].isin(eligible_ids(ds))]
    return rows.reset_index(drop=True)


def article_factor_pairs(ds: Dataset) -> pd.DataFrame:
    """Return each pair of included article and factor once, with its count of terms."""
    groups = term_factors(ds).groupby(["article_id", "factor_id"], sort=True)
    return groups.size().rename("terms").reset_index()


def case_factor_pairs(ds: Dataset) -> pd.DataFrame:
    """Return each pair of eligible case and factor once, with the number of items."""
    groups = case_factors(ds).groupby(["case_id", "factor_id"], sort=True)
    return groups.size().rename("items").reset_index()


def factor_labels(ds: Dataset) -> dict[str, str]:
    """Return factor ids with their labels, in file order."""
    rows = ds["factors"]
    return dict(zip(rows["factor_id"], rows["label"], strict=True))


def active_factors(ds: Dataset) -> pd.DataFrame:
    """Return the factors in use."""
    rows = ds["factors"]
    return rows[rows["status"] == "active"].reset_index(drop=True)


def support(ds: Dataset) -> pd.DataFrame:
    """Return every active factor with the numbers of what supports it.

    Adds the columns articles, terms, cases, instruments (counts).
    """
    rows = active_factors(ds)
    terms, cases = article_factor_pairs(ds), case_factor_pairs(ds)
    counts = {
        "articles": terms.groupby("factor_id")["article_id"].nunique(),
        "terms": terms.groupby("factor_id")["terms"].sum(),
        "cases": cases.groupby("factor_id")["case_id"].nunique(),
        "instruments": ds["instrument_factors"].groupby("factor_id").size(),
    }
    for name, count in counts.items():
        rows[name] = rows["factor_id"].map(count).fillna(0).astype(int)
    return rows


def article_matrix(ds: Dataset) -> pd.DataFrame:
    """Return included articles x active factors found in them: number of terms.

    Rows are ordered by year, columns as in the table of factors; articles without
    any factor keep a row of zeros.
    """
    pairs = article_factor_pairs(ds)
    wide = pairs.pivot(index="article_id", columns="factor_id", values="terms")
    found = set(pairs["factor_id"])
    columns = [f for f in active_factors(ds)["factor_id"] if f in found]
    rows = list(included_articles(ds)["article_id"])
    return wide.reindex(index=rows, columns=columns).fillna(0).astype(int)


def factor_sets(ds: Dataset) -> dict[str, frozenset[str]]:
    """Return the factors of each included article, by article id, oldest first."""
    found = article_factor_pairs(ds).groupby("article_id")["factor_id"].agg(frozenset)
    sets = dict(found)
    return {a: sets.get(a, frozenset()) for a in included_articles(ds)["article_id"]}


def coverage(ds: Dataset) -> pd.DataFrame:
    """Return the factors found in included articles with their number of articles.

    Columns: factor_id, label, com_b, articles, share (of included articles, 0 to 1),
    terms; by COM-B component in codebook order, then most articles first.
    """
    rows = support(ds)[["factor_id", "label", "com_b", "articles", "terms"]]
    rows = rows[rows["articles"] > 0]
    rows.insert(4, "share", rows["articles"] / max(len(included_articles(ds)), 1))
    place = {code: n for n, code in enumerate(ds.codes("com_b"))}
    rows = rows.sort_values("articles", ascending=False, kind="stable")
    return rows.sort_values("com_b", key=lambda c: c.map(place), kind="stable",
                            ignore_index=True)  # fmt: skip


def surname(authors: object) -> str:
    """Return the first author's surname, or an empty string when none is shown.

    >>> surname("May CR, Eton DT, Boehmer K")
    'May et al.'
    >>> surname("Schulman-Green D, Jaser SS")
    'Schulman-Green and Jaser'
    """
    shown = text(authors)
    if not shown or shown.startswith(("(", "not shown")):
        return ""
    people = [p.strip() for p in re.sub(r"\(.*?\)", "", shown).split(",") if p.strip()]
    names = [without_initials(p) for p in people]
    more = any("et al" in p for p in people) or len(names) > 2
    first = names[0].replace("et al", "").strip(" .")
    if more:
        return f"{first} et al."
    return f"{first} and {names[1]}" if len(names) == 2 else first


def citation_label(record: pd.Series | Mapping[Any, Any]) -> str:
    """Return a short label of an article or case such as ``May et al. 2014``.

    Where no author is shown the opening of the title stands in, then the journal.
    """
    journal = text(record["journal"])
    bare = re.sub(r"\s*\([^()]*\)$", "", journal) or journal.strip("()")
    work = text(record["title"]) or bare
    name = surname(record["authors"]) or clip(work, TITLE)
    year = text(record["year"])
    return f"{name} {year}".strip()


def article_labels(ds: Dataset) -> dict[str, str]:
    """Return article ids with short citation labels, made unique by a letter."""
    return unique_labels(ds["articles"], "article_id")


def case_labels(ds: Dataset) -> dict[str, str]:
    """Return case ids with the titles of the narratives, made unique by a letter."""
    rows = ds["cases"].copy()
    titles = [
        clip(text(r["title"]) or text(r["journal"]), TITLE)
        + (f" ({text(r['year'])})" if text(r["year"]) else "")
        for r in rows.to_dict("records")
    ]
    return number_repeats(dict(zip(rows["case_id"], titles, strict=True)))


def unique_labels(rows: pd.DataFrame, key: str) -> dict[str, str]:
    """Return ids with citation labels; repeated ones get a, b, c."""
    labels = {r[key]: citation_label(r) or r[key] for r in rows.to_dict("records")}
    return number_repeats(labels)


def identifier_links(record: pd.Series | Mapping[Any, Any]) -> Markup:
    """Return links to the DOI, PubMed and PubMed Central records that are known."""
    places = (
        ("doi", "https://doi.org/", "DOI"),
        ("pmid", "https://pubmed.ncbi.nlm.nih.gov/", "PubMed"),
        ("pmcid", "https://pmc.ncbi.nlm.nih.gov/articles/", "PMC"),
    )
    links = [
        link(base + text(record[column]), name)
        for column, base, name in places
        if column in record and text(record[column])
    ]
    return join(links, " · ")


def page_link(page: str, anchor: object, content: object, root: str = "..") -> Markup:
    """Return a link to a row of a reference page, from a page one folder deep."""
    return link(f"{root}/reference/{page}.html#{text(anchor)}", content)


def factor_address(factor_id: str, label: object) -> str:
    """Return the address of a factor's page: its id, and its label to be read.

    >>> factor_address("F19", "Hope & self-efficacy"), factor_address("P-2", "Ängste")
    ('factors/F19-hope-self-efficacy.html', 'factors/P-2-angste.html')
    >>> factor_address("F3", "希望")
    'factors/F3.html'
    """
    plain = unicodedata.normalize("NFKD", text(label))
    words = slug("".join(c for c in plain if not unicodedata.combining(c)))
    if len(words) > SLUG:
        words = words[: SLUG + 1].rpartition("-")[0] or words[:SLUG]
    return f"factors/{'-'.join(filter(None, [factor_id, words]))}.html"


def article_address(article_id: str) -> str:
    """Return the address of an article's page."""
    return f"articles/{article_id}.html"


def case_address(case_id: str) -> str:
    """Return the address of a narrative's page."""
    return f"cases/{case_id}.html"


def to_article(article_id: str, content: object, root: str = "..") -> Markup:
    """Return a link to an article's page; for one link, see :func:`article_link`."""
    return link(f"{root}/{article_address(article_id)}", content)


def to_case(case_id: str, content: object, root: str = "..") -> Markup:
    """Return a link to a narrative's page; for one link, see :func:`case_link`."""
    return link(f"{root}/{case_address(case_id)}", content)


def to_factor(factor_id: str, label: str, root: str = "..") -> Markup:
    """Return a link to a factor's page; for one link, see :func:`factor_link`."""
    return link(f"{root}/{factor_address(factor_id, label)}", label)


def factor_link(ds: Dataset, factor_id: str, root: str = "..") -> Markup:
    """Return a factor's label, linked to its page."""
    return to_factor(factor_id, factor_labels(ds)[factor_id], root)


def article_link(ds: Dataset, article_id: str, root: str = "..") -> Markup:
    """Return an article's short label, linked to its page."""
    return to_article(article_id, article_labels(ds)[article_id], root)


def case_link(ds: Dataset, case_id: str, root: str = "..") -> Markup:
    """Return a narrative's short label, linked to its page."""
    return to_case(case_id, case_labels(ds)[case_id], root)
