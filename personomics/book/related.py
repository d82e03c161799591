"""What goes together: things that share most of what belongs to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Shared:
    """A thing that shares something with another one.

    Attributes
    ----------
    key : str
        Its identifier.
    count : int
        How much the two share.
    whole : int
        How much either has; the count as a share of it is Jaccard's coefficient.
    """

    key: str
    count: int
    whole: int


def nearest(sets: Mapping[str, Collection[str]]) -> dict[str, list[Shared]]:
    """Return for each thing the others that share something with it, most first.

    Parameters
    ----------
    sets : mapping of str to collection of str
        What belongs to each thing: the articles that name a factor, for example.

    Returns
    -------
    dict of str to list of Shared
        By count, then by its share of the whole, then in the order of ``sets``.

    Examples
    --------
    >>> nearest({"a": "xy", "b": "yz", "c": "w"})["a"]
    [Shared(key='b', count=1, whole=3)]
    """
    owners: dict[str, list[str]] = {}
    for key, parts in sets.items():
        for part in parts:
            owners.setdefault(part, []).append(key)
    place = {key: n for n, key in enumerate(sets)}
    found = {}
    for key, parts in sets.items():
        counts = Counter(other for part in parts for other in owners[part])
        del counts[key]
        near = [
            Shared(other, n, len(parts) + len(sets[other]) - n)
            for other, n in counts.items()
        ]
        near.sort(key=lambda one: (-one.count, one.whole, place[one.key]))
        found[key] = near
    return found


def members(rows: list[tuple[str, str]]) -> dict[str, set[str]]:
    """Return pairs as sets of what belongs to each first one.

    >>> members([("a", "x"), ("a", "x"), ("b", "x")])
    {'a': {'x'}, 'b': {'x'}}
    """
    found: dict[str, set[str]] = {}
    for key, part in rows:
        found.setdefault(key, set()).add(part)
    return found
