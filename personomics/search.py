"""Chapter 1: the search strategy as data, the criteria, the included articles."""

from __future__ import annotations

import pandas as pd

from personomics.dataset import Dataset
from personomics.evidence import (
    article_labels,
    identifier_links,
    included_articles,
    to_article,
)
from personomics.html import Block, Table, said, tag, text
from personomics.strategy import FILE, Strategy, query, read, tokens
from personomics.words import UNAVAILABLE


def strategy(ds: Dataset) -> Strategy:
    """Read the search strategy of a data folder.

    Raises
    ------
    ValueError
        If the file breaks a rule of :func:`personomics.strategy.form.faults`.

    Examples
    --------
    >>> from personomics import load
    >>> strategy(load()).combination
    'frameworks AND factors AND tailoring'
    """
    return read(ds.folder / FILE)


def strategy_table(ds: Dataset) -> Table:
    """Return the blocks of the strategy: concept, terms, and why."""
    plan = strategy(ds)
    used, wide = set(tokens(plan.combination)), "display:block;min-width:14rem"
    rows = [
        {
            "name": block.name + ("" if block.name in used else " (not combined)"),
            "concept": block.concept,
            "terms": " OR ".join(block.terms),
            "rationale": block.rationale,
        }
        for block in plan.blocks
    ]
    return Table(
        pd.DataFrame(rows, columns=["name", "concept", "terms", "rationale"]),
        f"The blocks of the search strategy, combined as: {plan.combination}",
        {"name": "Block", "terms": "Terms (any of them)", "rationale": "Why"},
        {"terms": lambda terms: tag("code", terms, style=wide)},
    )


def query_block(ds: Dataset) -> Block:
    """Return the PubMed string, wrapped by the page and unchanged when copied."""
    words = query(strategy(ds))
    wrap = "white-space:pre-wrap;overflow-wrap:anywhere"
    return Block(tag("pre", tag("code", words, style=wrap), class_="pc-query"), words)


def rules_table(ds: Dataset, scheme: str, heading: str) -> Table:
    """Return the codes of a codebook scheme with their definitions."""
    codes = ds.codes(scheme)
    frame = pd.DataFrame({"code": list(codes), "definition": list(codes.values())})
    caption = f"{heading}, in the words of the codebook"
    return Table(frame, caption, {"code": "Code", "definition": "Meaning"})


def criteria_table(ds: Dataset) -> Table:
    """Return the eligibility criteria of the codebook."""
    return rules_table(ds, "criterion", "Eligibility criteria")


def verdict_rules_table(ds: Dataset) -> Table:
    """Return the codebook's rules for the overall verdict."""
    return rules_table(ds, "verdict", "How the criteria make a verdict")


def included_table(ds: Dataset) -> Table | Block:
    """Return the included articles, oldest first, with links."""
    rows = included_articles(ds)
    labels = article_labels(ds)
    shown, links, places = [], {}, {}
    for record in rows.to_dict("records"):
        key = record["article_id"]
        links[labels[key]] = to_article(key, labels[key])
        known = [text(record[column]) for column in ("doi", "pmid", "pmcid")]
        ids = " ".join(filter(None, known))
        places[ids] = identifier_links(pd.Series(record))
        words = [text(record[c]) for c in ("title", "year", "population", "text_seen")]
        shown.append((labels[key], *words, ids))
    if not shown:
        return said("These data include no article.")
    columns = ["article", "title", "year", "population", "text_seen", "ids"]
    return Table(
        pd.DataFrame(shown, columns=columns),
        "The included articles of these data, oldest first",
        {"text_seen": "Text seen", "ids": "Identifiers"},
        {"article": links.__getitem__, "ids": places.__getitem__},
    )


def numbers(ds: Dataset) -> dict[str, object]:
    """Return what the chapter's prose says about the strategy."""
    plan = strategy(ds)
    day = plan.date
    return {
        "strategy-title": plan.title,
        "strategy-date": f"{day.day} {day:%B %Y}",
        "strategy-rationale": plan.rationale or UNAVAILABLE,
        "strategy-blocks": len(plan.blocks),
        "strategy-terms": sum(len(block.terms) for block in plan.blocks),
        "strategy-limits": " AND ".join(plan.limits) or "none",
        "strategy-known": len(plan.known_items) or "none are named",
        "statement-identification": ds.statement("identification") or UNAVAILABLE,
        "statement-relation": ds.statement("relation") or UNAVAILABLE,
    }
