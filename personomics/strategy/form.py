"""What a search strategy must be like to be read, and where it is not."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from personomics.strategy.expression import OPERATORS
from personomics.tables import guess, shown

#: Characters of a file, and of a term or combination, at most; dots of a key at most.
LARGEST, LONGEST, DOTS = 250_000, 5_000, 1_000
#: Round brackets inside each other at most.
DEEPEST = 50
NAME = re.compile(r"\w[\w-]*")
#: Keys of the file and of a block: what each holds, and whether it must be there.
KEYS: dict[str, tuple[type, bool]] = {
    "title": (str, True),
    "date": (datetime.date, True),
    "rationale": (str, False),
    "combination": (str, True),
    "limits": (list, True),
    "known_items": (list, False),
    "blocks": (list, True),
}
BLOCK_KEYS: dict[str, tuple[type, bool]] = {
    "name": (str, True),
    "concept": (str, True),
    "rationale": (str, False),
    "fields": (str, False),
    "synonyms": (list, False),
    "mesh": (list, False),
}
WORDS = {list: "a list", str: "a text", datetime.date: "a date such as 2026-01-31"}


def toml(source: str) -> dict[str, Any]:
    """Return the content of a TOML file that a computer can hold.

    Raises
    ------
    tomllib.TOMLDecodeError
        If it is no TOML, too large, or nested too deep.
    """
    what = "values inside values without end"
    if len(source) > LARGEST:
        what = f"more than {LARGEST:,} characters"
    elif all(line.count(".") <= DOTS for line in source.split("\n")):
        try:
            return tomllib.loads(source)
        except tomllib.TOMLDecodeError:
            raise
        except ValueError:
            what = "a number of more digits than can be read"
        except RecursionError:
            pass
    raise tomllib.TOMLDecodeError(what)


def brief(value: object) -> str:
    """Return a value for a message as in Python, cut where it is long."""
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:59]}…"


@dataclass(frozen=True)
class Fault:
    """Something wrong with a strategy, and where.

    Attributes
    ----------
    where : tuple
        Keys and list positions that lead to the value, as in the file.
    what, allowed : str
        What is wrong, and what would be right.
    at : int
        Character of the value, from 0.
    advice : bool
        Whether the strategy works as it is and could be better.
    """

    where: tuple[str | int, ...]
    what: str
    allowed: str = ""
    at: int = 0
    advice: bool = False


def place(where: tuple[str | int, ...], content: Mapping[str, Any]) -> str:
    """Say in words which part of a strategy is meant, with a colon after it."""
    if where[0] != "blocks" or len(where) == 1:
        return f"{where[0]}: " if len(where) > 1 else ""
    entry = content["blocks"][where[1]]
    name = entry.get("name") if isinstance(entry, Mapping) else None
    known = isinstance(name, str) and NAME.fullmatch(name)
    return f"block {name!r}: " if known else f"block {int(where[1]) + 1}: "


def faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield everything that keeps content from being a strategy, in file order.

    A key is missing, misspelt or of the wrong kind; a block is empty or stands twice;
    a term has a quotation mark or bracket without partner; the combination names an
    unknown block or does not read as an expression; a known item is no PMID.
    What PubMed would make of the terms is asked in :mod:`personomics.strategy.lint`.
    """
    wrong = list(key_faults(content, KEYS, ()))
    yield from wrong
    bad = {fault.where[0] for fault in wrong}
    names: list[str] = []
    entries = [] if "blocks" in bad else content["blocks"]
    for number, entry in enumerate(entries):
        yield from block_faults(entry, ("blocks", number), names)
        if isinstance(entry, Mapping):
            names.append(str(entry.get("name", "")))
    if "blocks" not in bad and not names:
        yield Fault(("blocks",), "has no blocks", "at least one under [[blocks]]")
    if "limits" not in bad:
        for number, limit in enumerate(content["limits"]):
            yield from term_faults(limit, ("limits", number))
    if not bad & {"combination", "blocks"}:
        yield from combination_faults(content["combination"], names)
    if "known_items" not in bad:
        yield from known_faults(content.get("known_items", []))


def key_faults(
    table: Mapping[str, Any],
    keys: dict[str, tuple[type, bool]],
    where: tuple[str | int, ...],
) -> Iterator[Fault]:
    """Yield the keys of a table that are missing, unknown or of the wrong kind."""
    for key, (kind, needed) in keys.items():
        value = table.get(key)
        blank = isinstance(value, str) and needed and not value.strip()
        if key not in table and needed:
            what = f"key {key!r} is missing"
            yield Fault((*where, key), what, WORDS[kind])
        elif key in table and (not isinstance(value, kind) or blank):
            what = f"key {key!r} is {brief(value)}"
            yield Fault((*where, key), what, WORDS[kind])
    for key in sorted(table.keys() - keys):
        hint = guess(key, list(keys))
        what = f"there is no key {key!r}{hint}"
        yield Fault((*where, key), what, ", ".join(keys))


def block_faults(
    entry: object, where: tuple[str | int, ...], names: list[str]
) -> Iterator[Fault]:
    """Yield what is wrong with one block; ``names`` are those of the blocks before."""
    if not isinstance(entry, Mapping):
        yield Fault(where, "is not a table", "a table under [[blocks]]")
        return
    wrong = list(key_faults(entry, BLOCK_KEYS, where))
    yield from wrong
    bad = {fault.where[-1] for fault in wrong}
    name = entry.get("name", "")
    if "name" not in bad and (not NAME.fullmatch(name) or name.upper() in OPERATORS):
        what = f"name {name!r} is not one word other than AND, OR, NOT"
        yield Fault((*where, "name"), what)
    elif name in names:
        yield Fault(
            (*where, "name"), "stands twice", "a name of its own for each block"
        )
    if bad & {"synonyms", "mesh", "fields"}:
        return
    if not entry.get("synonyms") and not entry.get("mesh"):
        yield Fault(where, "has no terms", "at least one in synonyms or mesh")
    for key in ("synonyms", "mesh"):
        for number, term in enumerate(entry.get(key, [])):
            spot = (*where, key, number)
            found = list(term_faults(term, spot))
            yield from found
            if key == "synonyms" and not found and "[" not in term:
                yield from untagged_faults(term, entry.get("fields", ""), spot)


def untagged_faults(
    term: str, fields: str, where: tuple[str | int, ...]
) -> Iterator[Fault]:
    """Yield why a synonym without field tag cannot take the tag of its block."""
    outside = re.sub(r'"[^"]*"', "", term)
    if not fields.strip():
        what = f"term {shown(term)} has no field tag"
        yield Fault(
            where, what, 'a tag such as [tiab], or fields = "tiab" for the block'
        )
    elif found := re.search(r"\b(AND|OR|NOT)\b|[()]", outside):
        what = f"term {shown(term)} is an expression with {found[0]!r} and without tags"
        hint = "a tag for each of its words, or one synonym for each"
        yield Fault(where, what, hint, max(term.find(found[0]), 0))


def term_faults(term: object, where: tuple[str | int, ...]) -> Iterator[Fault]:
    """Yield why a term is blank or would break the string around it."""
    if not isinstance(term, str) or not term.strip():
        yield Fault(where, f"term {brief(term)} is not a text")
    elif len(term) > LONGEST:
        what = f"term {shown(term)} has {len(term):,} letters"
        yield Fault(where, what, f"at most {LONGEST:,}; give each word a synonym")
    elif not term.isprintable():
        what = f"term {shown(term)} has a line break or an invisible character"
        yield Fault(where, what, "text on one line")
    elif (at := unpartnered(term)) is not None:
        what = f"term {shown(term)} has a quotation mark or bracket without partner"
        yield Fault(where, what, "pairs only", at)
    elif (deep := nesting(term)) > DEEPEST:
        what = f"term {shown(term)} has {deep} brackets inside each other"
        yield Fault(where, what, f"at most {DEEPEST}")


def nesting(words: str) -> int:
    """Return how many round brackets stand inside each other.

    >>> nesting("(a (b) c) (d)")
    2
    """
    return max(accumulate((w == "(") - (w == ")") for w in words), default=0)


def unpartnered(term: str) -> int | None:
    """Return the place of the first quotation mark or bracket without partner.

    >>> unpartnered('("a (b"[ti])'), unpartnered("(a[ti]"), unpartnered('a"[ti]')
    (None, 0, 1)
    """
    opened: list[tuple[str, int]] = []
    for at, letter in enumerate(term):
        if letter == '"' and opened and opened[-1][0] == '"':
            opened.pop()
        elif opened and opened[-1][0] == '"':
            continue
        elif letter in '"([':
            opened.append((letter, at))
        elif letter in ")]" and (
            not opened or opened.pop()[0] + letter not in ("()", "[]")
        ):
            return at
    return opened[-1][1] if opened else None


def known_faults(items: list[Any]) -> Iterator[Fault]:
    """Yield the known items that are no PMID or stand twice."""
    seen: set[str] = set()
    for number, item in enumerate(items):
        where = ("known_items", number)
        if not isinstance(item, str) or not re.fullmatch(r"[1-9][0-9]{0,8}", item):
            what = f"{brief(item)} is no PMID"
            yield Fault(where, what, 'a text of digits: "12345678"')
        elif item in seen:
            yield Fault(where, f"{item!r} stands twice", "each PMID once")
        else:
            seen.add(item)


def combination_faults(combination: str, names: list[str]) -> Iterator[Fault]:
    """Yield the first unknown block or misplaced word of a combination."""
    where, depth, wants_block = ("combination",), 0, True
    if len(combination) > LONGEST or nesting(combination) > DEEPEST:
        what = f"combination: has {len(combination):,} letters and "
        what += f"{nesting(combination)} brackets inside each other"
        yield Fault(where, what, f"at most {LONGEST:,} and {DEEPEST}")
        return
    for found in re.finditer(r"[()]|[^\s()]+", combination):
        word, at = found[0], found.start()
        fits = (word not in (*OPERATORS, ")")) == wants_block
        if word not in (*OPERATORS, "(", ")", *names):
            hint = guess(word, [*names, *OPERATORS])
            what = f"combination: no block {shown(word)}{hint}"
            yield Fault(where, what, ", ".join(names), at)
            return
        depth += (word == "(") - (word == ")")
        if not fits or depth < 0:
            what = f"combination: {word!r} is misplaced"
            yield Fault(where, what, "block AND block", at)
            return
        wants_block = word in OPERATORS or word == "("
    if wants_block or depth:
        what = f"combination: {shown(combination)} is incomplete"
        yield Fault(where, what, "block AND block", len(combination) - 1)
