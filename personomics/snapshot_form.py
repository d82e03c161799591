"""What the description of a snapshot must be like, and how it fits the records."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any


def is_text(value: object) -> bool:
    """Say whether a value is text."""
    return isinstance(value, str)


def is_number(value: object) -> bool:
    """Say whether a value is a whole number that can be counted to."""
    return type(value) is int and value >= 0


def is_date(value: object) -> bool:
    """Say whether a value is a day such as "2026-01-31"."""
    try:
        return datetime.date.fromisoformat(str(value)).isoformat() == value
    except ValueError:
        return False


def are_texts(value: object) -> bool:
    """Say whether a value is a list of texts."""
    return isinstance(value, list) and all(map(is_text, value))


def are_pairs(value: object) -> bool:
    """Say whether a value is a list of pairs of texts."""
    return isinstance(value, list) and all(
        are_texts(pair) and len(pair) == 2 for pair in value
    )


_WORDS: Mapping[Callable[[object], bool], str] = {
    is_text: "a text",
    is_number: "a whole number",
    is_date: "a date such as 2026-01-31",
    are_texts: "a list of texts",
    are_pairs: "a list of pairs of texts",
}
_BOTH = {"source": is_text, "date": is_date, "count": is_number, "retrieved": is_number}
#: Keys by kind of snapshot, and what each must hold.
FORM: Mapping[str, Mapping[str, Callable[[object], bool]]] = {
    "search": {
        **_BOTH,
        "interface": is_text,
        "query": is_text,
        "translation": is_text,
        "warnings": are_pairs,
        "missing": are_texts,
    },
    "import": {**_BOTH, "lost": is_number, "problems": are_texts},
}


def faults(meta: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the description of a snapshot of a known kind.

    Examples
    --------
    >>> good = {"kind": "import", "source": "Embase", "date": "2026-01-31"}
    >>> list(faults({**good, "count": 2, "retrieved": True, "lost": 0, "problems": []}))
    ['retrieved is True; allowed: a whole number']
    """
    for key, fits in FORM[meta["kind"]].items():
        if key not in meta:
            yield f"{key} is missing; allowed: {_WORDS[fits]}"
        elif not fits(meta[key]):
            value = repr(meta[key])
            shown = value if len(value) <= 40 else f"{value[:39]}…"
            yield f"{key} is {shown}; allowed: {_WORDS[fits]}"


def miscounts(meta: Mapping[str, Any], ids: Sequence[str]) -> Iterator[str]:
    """Yield where the counts of a snapshot do not fit the records that are in it.

    Examples
    --------
    >>> list(miscounts({"count": 3, "retrieved": 2, "lost": 0}, ["a", "b"]))
    ['the count is 3, but 2 came and 0 are missing']
    """
    gone = len(meta["missing"]) if "missing" in meta else meta["lost"]
    for name, times in Counter(ids).items():
        if times > 1:
            yield f"holds {name!r} {times} times"
    if len(ids) != meta["retrieved"]:
        yield f"holds {len(ids)} records, not {meta['retrieved']}"
    if meta["count"] != len(ids) + gone:
        count = meta["count"]
        yield f"the count is {count}, but {len(ids)} came and {gone} are missing"
