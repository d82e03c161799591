"""A search strategy as data: what is looked for, in which words, and why."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from personomics.strategy.form import faults, place, toml

FILE = "search/strategy.toml"


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
        Terms in PubMed syntax, each with its field tag: the synonyms, then the
        subject headings.
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
    known_items : tuple of str
        PMIDs of articles that a good search finds.
    """

    title: str
    date: datetime.date
    blocks: tuple[SearchBlock, ...]
    combination: str
    limits: tuple[str, ...]
    rationale: str = ""
    known_items: tuple[str, ...] = ()


def read(path: Path) -> Strategy:
    """Read a strategy file.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no TOML or breaks a rule of
        :func:`personomics.strategy.form.faults`.
    """
    try:
        return parse(toml(path.read_text(encoding="utf-8")), path)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path}: is not TOML: {error}; mend it, or see 'personomics search lint'"
        raise ValueError(msg) from error


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
        Naming the file, the block and the first fault.
    """
    for fault in faults(content):
        end = f"; allowed: {fault.allowed}" if fault.allowed else ""
        msg = f"{path}: {place(fault.where, content)}{fault.what}{end}"
        raise ValueError(msg)
    blocks = tuple(
        SearchBlock(
            entry["name"], entry["concept"],
            tuple(term for _, term, _ in block_terms(entry)),
            entry.get("rationale", ""),
        )
        for entry in content["blocks"]
    )  # fmt: skip
    return Strategy(
        content["title"],
        content["date"],
        blocks,
        " ".join(content["combination"].split()),
        tuple(content["limits"]),
        content.get("rationale", ""),
        tuple(content.get("known_items", ())),
    )


def block_terms(entry: Mapping[str, Any]) -> list[tuple[tuple[str, int], str, int]]:
    """Return the terms of a block of the file, ready for PubMed.

    A synonym without a tag gets the fields of the block, and quotation marks if it has
    several words; a subject heading gets quotation marks and the tag ``mh``.

    Returns
    -------
    list of tuple
        Key and number in the file; term; characters put in front of it.

    Examples
    --------
    >>> given = {"fields": "ti", "synonyms": ["care plan", "self-care", "map[tiab]"],
    ...          "mesh": ["Patient Care"]}
    >>> [term for _, term, _ in block_terms(given)]
    ['"care plan"[ti]', 'self-care[ti]', 'map[tiab]', '"Patient Care"[mh]']
    """
    found = []
    for key, field in (("synonyms", entry.get("fields", "").strip()), ("mesh", "mh")):
        for number, term in enumerate(entry.get(key, [])):
            bare = "[" not in term
            quote = '"' if bare and '"' not in term and " " in term.strip() else ""
            words = f"{quote}{term.strip() if bare else term}{quote}"
            tagged = f"{words}[{field}]" if bare else words
            found.append(((key, number), tagged, len(quote)))
    return found


def tokens(combination: str) -> list[str]:
    """Split a combination into names, operators and brackets.

    >>> tokens("(a OR b) AND c")
    ['(', 'a', 'OR', 'b', ')', 'AND', 'c']
    """
    return re.findall(r"[()]|[^\s()]+", combination)


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
    strings = {block.name: block_string(block) for block in plan.blocks}
    words = [strings.get(word, word) for word in tokens(plan.combination)]
    combined = " ".join(words).replace("( (", "((").replace(") )", "))")
    if not plan.limits:
        return combined
    if {"OR", "NOT"} & set(tokens(plan.combination)):
        combined = f"({combined})"
    return " AND ".join([combined, *(bracketed(limit) for limit in plan.limits)])


def block_string(block: SearchBlock) -> str:
    """Return a block as PubMed reads it: its terms as alternatives, in brackets."""
    return f"({' OR '.join(bracketed(term) for term in block.terms)})"


def bracketed(term: str) -> str:
    """Put brackets around a term that is an expression.

    >>> bracketed("a[ti] AND b[ti]"), bracketed('"this AND that"[ti]')
    ('(a[ti] AND b[ti])', '"this AND that"[ti]')
    """
    bare = re.sub(r'"[^"]*"', "", term)
    return f"({term})" if re.search(r"\b(AND|OR|NOT)\b", bare) else term


def fingerprint(plan: Strategy) -> str:
    """Return the SHA-256 of everything a rehearsal depends on.

    The title, the date and the reasons may be reworded without changing it.
    """
    terms = [[block.name, *block.terms] for block in plan.blocks]
    parts = [terms, plan.combination, plan.limits, plan.known_items]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
