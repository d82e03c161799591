"""Which factor somebody may have meant: likeness of words by pairs of letters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

#: How alike two words have to be, of 1, and how many are suggested.
ALIKE, SHOWN = 0.4, 3
#: Characters of a stranger's words that are looked at and repeated.
MOST = 60
HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]")


def clipped(words: str) -> str:
    r"""Return words of a stranger in one line, and not too many.

    >>> len(clipped("x" * 5000)), clipped("F\n1")
    (61, 'F1')
    """
    kept = HIDDEN.sub("", words)
    return kept[:MOST] + "…" * (len(kept) > MOST)


def pairs(words: str) -> list[str]:
    """Return the pairs of letters of a text, its ends marked by blanks.

    >>> pairs("F1")
    [' f', 'f1', '1 ']
    """
    padded = [*f" {words.lower()} "]
    return [a + b for a, b in pairwise(padded)]


def likeness(one: str, other: str) -> float:
    """Return the share of pairs that two texts have in common, 0 to 1 (Dice 1945).

    >>> likeness("night", "Nacht") == 2 * 3 / 12
    True
    """
    left, right = pairs(one), pairs(other)
    total, common = len(left) + len(right), 0
    for pair in left:
        if pair in right:
            right.remove(pair)
            common += 1
    return 2 * common / total


def nearest(words: str, labels: Mapping[str, str]) -> list[str]:
    """Return the identifiers whose own letters or whose label are most like a text.

    Parameters
    ----------
    words : str
        What was given; only its first characters are looked at.
    labels : mapping
        Identifiers with their labels.

    Examples
    --------
    >>> nearest("helth literacy", {"F1": "Age", "F2": "Health literacy"})
    ['F2']
    >>> nearest("f1", {"F1": "Age", "F11": "Sex"})
    ['F1']
    """
    given = clipped(words)
    like = {
        key: max(likeness(given, key), likeness(given, label))
        for key, label in labels.items()
    }
    found = [key for key in labels if like[key] >= ALIKE]
    found = [key for key in found if like[key] == 1] or found
    return sorted(found, key=lambda key: -like[key])[:SHOWN]
