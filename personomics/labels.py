"""Short labels of works: names without initials, and repeated labels told apart."""

from __future__ import annotations

import re
from collections import Counter


def without_initials(person: str) -> str:
    """Return a name without the initials behind it, in any script that has capitals.

    >>> without_initials("van den Berg J-P"), without_initials("Örnek Ş")
    ('van den Berg', 'Örnek')
    """
    words = person.split()
    while len(words) > 1 and len(words[-1]) <= 4 and words[-1].isupper():
        words.pop()
    return " ".join(words)


def number_repeats(labels: dict[str, str]) -> dict[str, str]:
    """Tell repeated labels apart by a letter, behind the year where there is one.

    >>> number_repeats({"x": "May 2014", "y": "May 2014", "z": "Ryan 2009"})
    {'x': 'May 2014a', 'y': 'May 2014b', 'z': 'Ryan 2009'}
    >>> list(number_repeats({"x": "Diary (2001)", "y": "Diary (2001)"}).values())
    ['Diary (2001a)', 'Diary (2001b)']
    """
    times = Counter(labels.values())
    taken = set(labels.values())
    seen: Counter[str] = Counter()
    result = {}
    for key, label in labels.items():
        unique = label
        while times[label] > 1 and unique in taken:
            seen[label] += 1
            closing = re.search(r"(?<=\d)\)$", label)
            body, end = (label[:-1], ")") if closing else (label, "")
            gap = "" if body[-1:].isdigit() else " "
            unique = f"{body}{gap}{letters(seen[label])}{end}"
        taken.add(unique)
        result[key] = unique
    return result


def letters(number: int) -> str:
    """Return the letters that stand for a number: a to z, then aa, ab and so on.

    >>> [letters(n) for n in (1, 26, 27, 703)]
    ['a', 'z', 'aa', 'aaa']
    """
    rest, last = divmod(number - 1, 26)
    return (letters(rest) if rest else "") + chr(97 + last)
