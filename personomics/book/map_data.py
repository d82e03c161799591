"""What the interactive map knows: each factor with its codes, its words, its ground."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from personomics.agenda import STATUS, gaps
from personomics.dataset import Dataset
from personomics.evidence import (
    article_address,
    article_factor_pairs,
    article_labels,
    case_address,
    case_factor_pairs,
    case_labels,
    eligible_cases,
    factor_address,
    included_articles,
    support,
    term_factors,
)
from personomics.html import Markup, slug
from personomics.words import clean

#: Status of a factor by its closest instrument, as the links to the map write it.
TOOLS = {status: slug(status) for status in STATUS}


@dataclass(frozen=True)
class Source:
    """An included article or an eligible case narrative.

    Attributes
    ----------
    id, label, href : str
        Identifier, short label and address from the top of the site.
    factors : tuple of str
        The factors found in it.
    """

    id: str
    label: str
    href: str
    factors: tuple[str, ...]


def found_in(pairs: pd.DataFrame, key: str) -> dict[str, tuple[str, ...]]:
    """Return the factors of each article or case, by its id."""
    return {str(k): tuple(rows["factor_id"]) for k, rows in pairs.groupby(key)}


def articles(ds: Dataset) -> list[Source]:
    """Return the included articles, oldest first."""
    labels = article_labels(ds)
    found = found_in(article_factor_pairs(ds), "article_id")
    return [
        Source(i, labels[i], article_address(i), found.get(i, ()))
        for i in included_articles(ds)["article_id"]
    ]


def cases(ds: Dataset) -> list[Source]:
    """Return the eligible case narratives, by title."""
    labels, found = case_labels(ds), found_in(case_factor_pairs(ds), "case_id")
    ids = sorted(eligible_cases(ds)["case_id"], key=lambda i: labels[i].casefold())
    return [Source(i, labels[i], case_address(i), found.get(i, ())) for i in ids]


def factors(ds: Dataset) -> pd.DataFrame:
    """Return the factors in use with what supports them and how they are measured.

    Adds to :func:`personomics.evidence.support` the columns status (of the best
    instrument), tool (the same as a link writes it) and href.
    """
    rows = support(ds)
    status = gaps(ds).set_index("factor_id")["status"]
    rows["status"] = rows["factor_id"].map(status)
    rows["tool"] = rows["status"].map(TOOLS)
    rows["href"] = [
        factor_address(i, label)
        for i, label in zip(rows["factor_id"], rows["label"], strict=True)
    ]
    return rows


def verbatim(ds: Dataset) -> dict[str, list[str]]:
    """Return the different phrases of each factor as articles have them."""
    rows = term_factors(ds)
    words = rows["term"].map(clean)
    return {
        str(factor): list(dict.fromkeys(words[found.index]))
        for factor, found in rows.groupby("factor_id")
    }


def payload(ds: Dataset, root: str = ".") -> dict[str, Any]:
    """Return everything the script of the map needs; ``root`` leads to the top."""
    papers, stories, terms = articles(ds), cases(ds), verbatim(ds)

    def holding(sources: list[Source], factor: str) -> list[str]:
        return [s.id for s in sources if factor in s.factors]

    rows = []
    for row in factors(ds).to_dict("records"):
        key = row["factor_id"]
        codes = {c: row[c] for c in ("level", "com_b", "stability", "origin", "tool")}
        rows.append(
            {"id": key, "label": clean(row["label"]), "href": f"{root}/{row['href']}"}
            | codes
            | {"status": row["status"], "about": clean(row["definition"]),
               "terms": terms.get(key, []), "article": holding(papers, key),
               "case": holding(stories, key), "tools": int(row["instruments"])}
        )  # fmt: skip
    return {
        "version": ds.version,
        "factors": rows,
        "article": {s.id: [s.label, f"{root}/{s.href}"] for s in papers},
        "case": {s.id: [s.label, f"{root}/{s.href}"] for s in stories},
    }


def script(ds: Dataset, root: str = ".") -> Markup:
    """Return the data as a script element that nothing in the data can close."""
    text = json.dumps(payload(ds, root), ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("<", "\\u003c").replace("`", "\\u0060")
    return Markup(f'<script type="application/json" id="pc-map-data">{safe}</script>')
