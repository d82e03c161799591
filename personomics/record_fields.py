"""Identifiers, years, names and text as reference managers write them, made uniform.

Every function takes the text of one field and returns it in the form of
:class:`personomics.records.Record`; what cannot be read becomes empty text, and the
caller says so (:func:`personomics.imports.read`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from urllib.parse import unquote

from personomics.records import SEPARATOR

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_INITIALS = re.compile(r"[^\W\d_a-z](?:[.\-\s]*[^\W\d_a-z]){0,4}\.?")
_SUFFIX = re.compile(r"(?:Jr|Sr|2nd|3rd|4th|I{2,3}|IV)\.?", re.IGNORECASE)
#: Words of a group's name, which may hold a comma like a person's.
_GROUP = re.compile(
    r"\b(?:of|for|group|committee|society|association|institute|university|"
    r"collaborat\w+|consortium|organi[sz]ation|network|trialists)\b",
    re.IGNORECASE,
)
#: Inline mark-up that databases leave in titles; other "<" are comparisons.
_MARKUP = re.compile(
    r"</?(?:i|b|u|em|strong|sub|sup|sc|scp|span|p|br|jats:\w+)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """Return one line of text without inline mark-up, entities and spare blanks.

    >>> clean("Effects of  <i>Ginkgo</i> &amp; sleep")
    'Effects of Ginkgo & sleep'
    """
    return " ".join(_MARKUP.sub("", html.unescape(text)).split())


def doi(text: str) -> str:
    """Return the first DOI of a text, in lower case and without a resolver address.

    >>> doi("https://doi.org/10.1000/ABC.12"), doi("doi: 10.1000/x [doi]"), doi("n/a")
    ('10.1000/abc.12', '10.1000/x', '')
    """
    text = html.unescape(text)
    if "%2f" in text.lower():
        text = unquote(text)
    # Old publishers' DOIs hold angle brackets, as in 10.1002/(SICI)…3.0.CO;2-#.
    pattern = r"10\.\d{4,9}/\S+" if "(sici)" in text.lower() else _DOI
    found = re.search(pattern, text)
    if not found:
        return ""
    value = re.split(r"\[(?:doi|pii)\]$", found[0], maxsplit=1)[0].rstrip(".,;:'")
    for opening, closing in ("()", "[]", "{}"):
        if value.endswith(closing) and value.count(closing) > value.count(opening):
            value = value[:-1]
    return value.lower()


def pmid(text: str) -> str:
    """Return the digits of a PMID; a spreadsheet's "123.0" is read too.

    >>> pmid("PMID: 01234567"), pmid("1234567.0"), pmid("1.2E+07"), pmid("WOS:0001")
    ('1234567', '1234567', '', '')
    """
    found = re.fullmatch(
        r"(?:.*pubmed(?:\.ncbi\.nlm\.nih\.gov)?/|(?:pubmed|medline|pmid)\W*)?"
        r"0*([1-9]\d{0,7})(?:\.0+)?/?",
        text.strip(),
        re.IGNORECASE,
    )
    return found[1] if found else ""


def pmcid(text: str) -> str:
    """Return a PMCID with its letters and without a version.

    >>> pmcid("PMC0123.1"), pmcid("456"), pmcid("none")
    ('PMC123', 'PMC456', '')
    """
    found = re.fullmatch(
        r"(?:.*/|pmcid\W*)?(?:PMC)?0*([1-9]\d*)(?:\.\d+)?/?",
        text.strip(),
        re.IGNORECASE,
    )
    return f"PMC{found[1]}" if found else ""


def year(text: str) -> str:
    """Return the first year of four digits.

    >>> year("2020/03//"), year("2020 Mar 5"), year("1998 Dec-1999 Jan"), year("Mar")
    ('2020', '2020', '1998', '')
    """
    found = _YEAR.search(text)
    return found[0] if found else ""


def pages(start: str, end: str = "") -> str:
    """Return first and last page joined by a hyphen.

    >>> pages("12", "19"), pages("12–19"), pages("e45", "e45"), pages("S1--S9")
    ('12-19', '12-19', 'e45', 'S1-S9')
    """
    start = re.sub(r"\s*(?:[‐-―−]|-+)\s*", "-", start.strip())
    end = end.strip()
    if not end or end == start or "-" in start:
        return start
    return f"{start}-{end}" if start else end


def author(name: str) -> str:
    """Return "Family Initials" of one name; names of groups stay as they are.

    >>> author("Núñez, Ana María"), author("Li X.-Y."), author("Doe, John, Jr.")
    ('Núñez AM', 'Li XY', 'Doe J Jr')
    >>> author("Ministry of Health, Nowhere"), author("van der Berg, J")
    ('Ministry of Health, Nowhere', 'van der Berg J')
    """
    name = " ".join(name.split()).strip(" ;,").replace(";", ",")
    family, *rest = [part.strip() for part in name.split(",")]
    rest = [part for part in rest if part]
    if _GROUP.search(name):
        return name
    if not rest:
        words = family.split()
        given = 1
        # "Smith J. P." — initials apart, as some exports write them
        while given < len(words) - 1 and _INITIALS.fullmatch(words[-given - 1]):
            given += 1
        tail = " ".join(words[-given:])
        if len(words) > 1 and _INITIALS.fullmatch(tail) and words[-1].isupper():
            return f"{' '.join(words[:-given])} {initials(tail)}"
        return family
    if _SUFFIX.fullmatch(rest[0]) and len(rest) > 1:  # Doe, Jr., John
        rest = [rest[1], rest[0], *rest[2:]]
    suffix = [part.rstrip(".") for part in rest[1:] if _SUFFIX.fullmatch(part)]
    if len(rest) - len(suffix) != 1 or len(rest[0].split()) > 5:
        return name  # "Department of Health, Region North, Anytown"
    return " ".join([family, initials(rest[0]), *suffix]).strip()


def initials(given: str) -> str:
    """Return the initials of given names.

    >>> initials("Jean-Paul"), initials("J.P."), initials("JP"), initials("anna")
    ('JP', 'JP', 'JP', 'A')
    """
    words = re.findall(r"[^\W\d_]+", given)
    return "".join(
        word if word.isupper() and len(word) <= 4 else word[0].upper() for word in words
    )


def authors(names: Iterable[str]) -> str:
    """Return names as the text of a record's column."""
    return SEPARATOR.join(filter(None, (author(clean(name)) for name in names)))


def several(values: Iterable[str]) -> str:
    """Return values, each once, as the text of a column that holds several."""
    texts = (clean(value).replace(SEPARATOR, ", ") for value in values)
    return SEPARATOR.join(dict.fromkeys(text for text in texts if text))


def split_authors(text: str) -> list[str]:
    """Return the names of a cell, told by the separators in it.

    >>> split_authors("Smith J, Doe AB, Li X."), split_authors("Smith, John; Doe, Ann")
    (['Smith J', 'Doe AB', 'Li X.'], ['Smith, John', 'Doe, Ann'])
    >>> split_authors("Smith, J. and Doe, A."), split_authors("Smith, John")
    (['Smith, J.', 'Doe, A.'], ['Smith, John'])
    >>> split_authors("Smith J., Doe A.B."), split_authors("Smith, J., Doe, A.B.")
    (['Smith J.', 'Doe A.B.'], ['Smith, J.', 'Doe, A.B.'])
    """
    text = text.strip()
    for separator in (r"\s*;\s*|\s*\n\s*", r"\s+and\s+", r"\s*\|\s*"):
        names = re.split(separator, text)
        if len(names) > 1:
            return [name for name in names if name]
    parts = [part.strip() for part in text.split(",") if part.strip()]
    lone = [bool(_INITIALS.fullmatch(part)) for part in parts]
    if len(parts) > 2 and not any(lone[::2]) and all(lone[1::2]) and lone[-1]:
        return [f"{a}, {b}" for a, b in zip(parts[::2], parts[1::2], strict=False)]
    if len(parts) < 2 or (len(parts) == 2 and " " not in parts[0]):
        return [text] if text else []
    ends = [_INITIALS.fullmatch(part.split()[-1]) for part in parts]
    return parts if sum(map(bool, ends)) >= len(parts) / 2 else [text]
