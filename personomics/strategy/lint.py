"""Find the mistakes of a search strategy, with the line and column in its file.

The form of the file is judged by :mod:`personomics.strategy.form`, its terms by
:mod:`personomics.strategy.terms`, and what the terms and blocks are to each other here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from personomics.strategy import FILE, block_terms, tokens
from personomics.strategy.expression import SHORT, field_name
from personomics.strategy.form import Fault, faults, place, toml
from personomics.strategy.places import Places
from personomics.strategy.terms import COMMON, MEANING, grammar_notes, term_notes
from personomics.tables import Problem, guess, shown


class Lint(NamedTuple):
    """What a linter found in a strategy.

    Attributes
    ----------
    errors : list of Problem
        What keeps the strategy from being run, or makes PubMed misread it.
    advice : list of Problem
        What works and could be better.
    """

    errors: list[Problem]
    advice: list[Problem]


def lint(source: str | Path, file: str = FILE) -> Lint:
    r"""Find the mistakes of a strategy file.

    Parameters
    ----------
    source : str or Path
        The text of the file, or the file itself.
    file : str
        What the messages call a text.

    Returns
    -------
    Lint
        Errors and advice, in file order, with line and column.

    Examples
    --------
    >>> text = 'title = "T"\ndate = 2026-01-31\ncombination = "a"\nlimits = []\n'
    >>> text += '[[blocks]]\nname = "a"\nconcept = "A"\nsynonyms = ["care[tx]"]\n'
    >>> print(lint(text).errors[0])  # doctest: +ELLIPSIS
    search/strategy.toml:8: column 18: block 'a': term 'care[tx]' has the tag [tx]...
    """
    if isinstance(source, Path):
        data, file = source.read_bytes(), str(source)
        try:
            source = data.decode()
        except UnicodeDecodeError as error:
            row = data.count(b"\n", 0, error.start) + 1
            return Lint([Problem(file, row, "", "is not UTF-8", "UTF-8")], [])
    try:
        content = toml(source)
    except tomllib.TOMLDecodeError as error:
        return Lint([broken(str(error), file)], [])
    places = Places(source)
    found = [*faults(content)]
    found += findings(content, {fault.where for fault in found})
    pairs = [(problem(fault, content, places, file), fault.advice) for fault in found]
    errors = sorted({p for p, advice in pairs if not advice}, key=in_file)
    advice = sorted({p for p, advice in pairs if advice}, key=in_file)
    return Lint(errors, advice)


def unknown_items(text: str, pmids: set[str] | None, file: str = FILE) -> list[Problem]:
    """Return the known items of a strategy that are no included article's PMID.

    Parameters
    ----------
    text : str
        The text of the file.
    pmids : set of str or None
        PMIDs of the included articles; nothing is said where they cannot be known.
    file : str
        What the messages call the text.
    """
    if pmids is None:
        return []
    try:
        content = toml(text)
    except tomllib.TOMLDecodeError:
        return []  # said by lint
    items = content.get("known_items", [])
    found = [
        Fault(("known_items", number), f"{item!r} is the PMID of no included article",
              "the PMID of an article whose consensus verdict is 'include'")
        for number, item in enumerate(items if isinstance(items, list) else [])
        if isinstance(item, str) and item not in pmids
    ]  # fmt: skip
    places = Places(text)
    return [problem(fault, content, places, file) for fault in found]


def broken(message: str, file: str) -> Problem:
    """Return what is wrong with a file that is no TOML."""
    found = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    row, column = (int(found[1]), f"column {found[2]}") if found else (0, "")
    what = message[: found.start()] if found else message
    return Problem(file, row, column, f"is not TOML: {what}", "a TOML file")


def problem(
    fault: Fault, content: Mapping[str, Any], places: Places, file: str
) -> Problem:
    """Give a fault its line and column."""
    row, column = places.find(fault.where, fault.at)
    what = place(fault.where, content) + fault.what
    return Problem(file, row, f"column {column}", what, fault.allowed)


def in_file(found: Problem) -> tuple[int, int, str]:
    """Return a key that sorts problems by line and column."""
    return found.row, int(found.column.removeprefix("column ")), found.what


def findings(
    content: Mapping[str, Any], known: set[tuple[str | int, ...]]
) -> Iterator[Fault]:
    """Yield what PubMed would not understand in the parts that are well-formed."""
    blocks = content.get("blocks", [])
    for number, entry in enumerate(blocks if ("blocks",) not in known else []):
        here = ("blocks", number)
        if known & {here, *((*here, key) for key in ("synonyms", "mesh", "fields"))}:
            continue
        sound = without(entry, here, known)
        for (key, item), term, put in terms(sound):
            raw, where = sound[key][item], (*here, key, item)
            for fault in term_findings(term, raw, where):
                at = min(max(fault.at - put, 0), len(raw) - 1)
                yield Fault(where, fault.what, fault.allowed, at, fault.advice)
        yield from fields_findings(sound, number)
        yield from repeated(sound, number)
    if ("limits",) not in known:
        for item, limit in enumerate(content["limits"]):
            if ("limits", item) not in known:
                yield from term_findings(limit, limit, ("limits", item))
    if not any(where[0] == "combination" or len(where) < 4 for where in known):
        yield from combination_findings(content)


def without(
    entry: Mapping[str, Any],
    here: tuple[str | int, ...],
    known: set[tuple[str | int, ...]],
) -> dict[str, Any]:
    """Return a block whose faulty terms are replaced by one that nobody minds."""
    return {**entry} | {
        key: [
            f"placeholder{item}[ti]" if (*here, key, item) in known else term
            for item, term in enumerate(entry.get(key, []))
        ]
        for key in ("synonyms", "mesh")
    }


def terms(entry: Mapping[str, Any]) -> list[tuple[tuple[str, int], str, int]]:
    """Return the terms of a block with a field that exists, even if its own does not.

    An unknown field of the block is one mistake and not one for each of its terms.
    """
    field = entry.get("fields", "")
    return block_terms({**entry, "fields": field if field_name(field) else "tiab"})


def fields_findings(entry: Mapping[str, Any], number: int) -> Iterator[Fault]:
    """Yield what is wrong with the fields of a block."""
    field = entry.get("fields", "tiab")
    where = ("blocks", number, "fields")
    if not field_name(field):
        hint = guess(field.strip("[]"), list(SHORT))
        yield Fault(where, f"PubMed has no field {shown(field)}{hint}", COMMON)
    elif field != field.strip("[] "):
        what = f"fields {shown(field)} has brackets or blanks"
        yield Fault(where, what, "the bare tag, such as tiab")


def term_findings(term: str, raw: str, where: tuple[str | int, ...]) -> Iterator[Fault]:
    """Yield what PubMed would not understand of one term, as it will be sent."""
    for at, what, allowed, advice in term_notes(term):
        yield Fault(where, f"term {shown(raw)} {what}", allowed, at, advice)


def repeated(entry: Mapping[str, Any], number: int) -> Iterator[Fault]:
    """Yield the terms of a block that another term of it makes needless."""
    seen: dict[str, str] = {}
    listed = [(spot, re.sub(r"\s+", " ", term.lower())) for spot, term, _ in
              terms(entry)]  # fmt: skip
    stems = {term for _, term in listed if term.count("*") == 1}
    for (key, item), term in listed:
        where, raw = ("blocks", number, key, item), entry[key][item]
        if term in seen:
            what = f"term {shown(raw)} stands twice"
            yield Fault(where, what, "once is enough", 0, True)
            continue
        seen[term] = raw
        word, mark, tag = term.partition("[")
        for cut in range(len(word)) if "*" not in word else ():
            stem = f"{word[:cut]}*"
            if stem + mark + tag in stems and not re.search(r"\W", word[cut:]):
                what = f"term {shown(raw)} is found by {shown(stem)} already"
                yield Fault(where, what, "one of them is enough", 0, True)


def combination_findings(content: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield blocks that are not combined, and operators that need brackets."""
    combination = content["combination"]
    used = set(tokens(combination))
    for number, entry in enumerate(content["blocks"]):
        if entry["name"] not in used:
            where = ("blocks", number, "name")
            what = "the combination does not use it"
            yield Fault(where, what, "each block in the combination", 0, True)
    for at, what, allowed, advice in grammar_notes(combination):
        if what == MEANING["STRUCT_0001"][0]:
            yield Fault(("combination",), what, allowed, at, advice)
