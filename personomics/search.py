"""Chapter 1: the search strategy as data, the criteria, the included articles."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from personomics.dataset import Dataset
from personomics.evidence import (
    article_labels,
    identifier_links,
    included_articles,
    page_link,
)
from personomics.html import Block, Table, said, tag, text

FILE = "search/strategy.toml"
NAME = re.compile(r"\w[\w-]*")
OPERATORS = ("AND", "OR", "NOT")
UNAVAILABLE = "These data do not say."


@dataclass(frozen=True)
class SearchBlock:
    """One concept of a search: its terms are alternatives.

    Attributes
    ----------
    name : str
        The word by which the combination refers to the block.
    concept : str
        What the block stands for, for readers.
    terms : tuple of str
        Terms in PubMed syntax, with their field tags.
    rationale : str
        Why the block is built as it is; may be empty.
    """

    name: str
    concept: str
    terms: tuple[str, ...]
    rationale: str = ""


@dataclass(frozen=True)
class Strategy:
    """A search strategy.

    Attributes
    ----------
    title, rationale : str
        What is looked for, and why in this way.
    date : date
        Day the strategy was written down.
    blocks : tuple of SearchBlock
        The concepts, in file order.
    combination : str
        Names of blocks joined by AND, OR, NOT and round brackets.
    limits : tuple of str
        Further PubMed expressions that all must hold.
    """

    title: str
    date: datetime.date
    blocks: tuple[SearchBlock, ...]
    combination: str
    limits: tuple[str, ...]
    rationale: str = ""


def strategy(ds: Dataset) -> Strategy:
    """Read the search strategy of a data folder.

    Raises
    ------
    ValueError
        If the file breaks a rule of :func:`parse`.

    Examples
    --------
    >>> from personomics import load
    >>> strategy(load()).combination
    'frameworks AND factors AND tailoring'
    """
    path = ds.folder / FILE
    return parse(tomllib.loads(path.read_text(encoding="utf-8")), path)


def parse(content: Mapping[str, Any], path: Path | str = FILE) -> Strategy:
    """Turn the content of a strategy file into a :class:`Strategy`.

    Parameters
    ----------
    content : mapping
        The file as read by :mod:`tomllib`.
    path : Path or str
        The file, for messages.

    Raises
    ------
    ValueError
        Naming the file and the block: a key is missing or of the wrong kind, a block
        is empty or stands twice, a term is malformed, the combination names an
        unknown block or does not read as an expression.
    """
    given = required(content, "blocks", list, str(path))
    blocks: list[SearchBlock] = []
    for number, entry in enumerate(given, 1):
        place = f"{path}: block {number}"
        if not isinstance(entry, Mapping):
            msg = f"{place}: is not a table; write it under [[blocks]]"
            raise ValueError(msg)
        name = required(entry, "name", str, place)
        if not NAME.fullmatch(name) or name.upper() in OPERATORS:
            msg = f"{place}: name {name!r} is not one word other than AND, OR, NOT"
            raise ValueError(msg)
        place = f"{path}: block {name!r}"
        if name in [block.name for block in blocks]:
            msg = f"{place}: stands twice; give each block its own name"
            raise ValueError(msg)
        terms = required(entry, "terms", list, place)
        if not terms:
            msg = f"{place}: has no terms; list at least one"
            raise ValueError(msg)
        for term in terms:
            check_term(term, place)
        concept = required(entry, "concept", str, place)
        rationale = str(entry.get("rationale", ""))
        blocks.append(SearchBlock(name, concept, tuple(terms), rationale))
    if not blocks:
        msg = f"{path}: has no blocks; describe at least one under [[blocks]]"
        raise ValueError(msg)
    combination = required(content, "combination", str, str(path))
    check_combination(combination, [block.name for block in blocks], str(path))
    limits = required(content, "limits", list, str(path))
    for limit in limits:
        check_term(limit, f"{path}: limits")
    return Strategy(
        required(content, "title", str, str(path)),
        required(content, "date", datetime.date, str(path)),
        tuple(blocks),
        " ".join(combination.split()),
        tuple(limits),
        str(content.get("rationale", "")),
    )


def required(table: Mapping[str, Any], key: str, kind: type, place: str) -> Any:
    """Return a value that must be there, of one kind, and not a blank text."""
    words = {list: "a list", str: "a text", datetime.date: "a date such as 2026-01-31"}
    if key not in table:
        msg = f"{place}: key {key!r} is missing; allowed: {words[kind]}"
        raise ValueError(msg)
    value = table[key]
    if not isinstance(value, kind) or (isinstance(value, str) and not value.strip()):
        msg = f"{place}: key {key!r} is {value!r}; allowed: {words[kind]}"
        raise ValueError(msg)
    return value


def check_term(term: object, place: str) -> None:
    """Refuse a term that is blank or that would break the string around it."""
    if not isinstance(term, str) or not term.strip():
        msg = f"{place}: term {term!r} is not a text"
        raise ValueError(msg)
    outside = re.sub(r'"[^"]*"', "", term)
    if '"' in outside or not nested(outside, "()") or not nested(outside, "[]"):
        msg = f"{place}: term {term!r} has a quotation mark or bracket without partner"
        raise ValueError(msg)


def nested(words: str, pair: str) -> bool:
    """Say whether every bracket has its partner, in the right order.

    >>> nested("(a) b", "()"), nested(")(", "()")
    (True, False)
    """
    depth = 0
    for letter in words:
        depth += (letter == pair[0]) - (letter == pair[1])
        if depth < 0:
            return False
    return depth == 0


def tokens(combination: str) -> list[str]:
    """Split a combination into names, operators and brackets.

    >>> tokens("(a OR b) AND c")
    ['(', 'a', 'OR', 'b', ')', 'AND', 'c']
    """
    return re.findall(r"[()]|[^\s()]+", combination)


def check_combination(combination: str, names: list[str], path: str) -> None:
    """Refuse a combination with an unknown block or a misplaced word."""
    place = f"{path}: combination {combination!r}"
    depth, wants_block = 0, True
    for word in tokens(combination):
        fits = (word not in (*OPERATORS, ")")) == wants_block
        if word not in (*OPERATORS, "(", ")", *names):
            msg = f"{place}: no block {word!r}; blocks are: {', '.join(names)}"
            raise ValueError(msg)
        depth += (word == "(") - (word == ")")
        if not fits or depth < 0:
            msg = f"{place}: {word!r} is misplaced; write: block AND block"
            raise ValueError(msg)
        wants_block = word in OPERATORS or word == "("
    if wants_block or depth:
        msg = f"{place}: is incomplete; write: block AND block"
        raise ValueError(msg)


def query(plan: Strategy) -> str:
    """Return the exact string to paste into PubMed, on one line.

    Each block is its terms joined by OR, in brackets; the blocks are combined as the
    combination says; the limits are added by AND. PubMed reads operators from left to
    right, so a combination with OR or NOT is bracketed before limits are added.

    Examples
    --------
    >>> blocks = (SearchBlock("a", "", ("x[ti]", "y[ti]")),
    ...           SearchBlock("b", "", ("z",)))
    >>> day = datetime.date(2026, 1, 31)
    >>> query(Strategy("", day, blocks, "a AND b", ("english[la]",)))
    '(x[ti] OR y[ti]) AND (z) AND english[la]'
    """
    strings = {block.name: f"({' OR '.join(block.terms)})" for block in plan.blocks}
    words = [strings.get(word, word) for word in tokens(plan.combination)]
    combined = " ".join(words).replace("( (", "((").replace(") )", "))")
    if not plan.limits:
        return combined
    if {"OR", "NOT"} & set(tokens(plan.combination)):
        combined = f"({combined})"
    limits = [f"({x})" if re.search(r"\b(OR|NOT)\b", x) else x for x in plan.limits]
    return " AND ".join([combined, *limits])


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
        links[labels[key]] = page_link("articles", key, labels[key])
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
        "statement-identification": ds.statement("identification") or UNAVAILABLE,
        "statement-relation": ds.statement("relation") or UNAVAILABLE,
    }
