"""What two records agree and differ in, and when not to believe an identifier."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from personomics import record_fields as fields
from personomics.records import SEPARATOR, Record

#: Below this similarity two titles differ; from the other on they are alike. Between
#: them pages and authors decide.
DIFFERENT, ALIKE = 0.6, 0.9

#: Beginnings of the titles of corrections, comments and the like. "RETRACTED: …" is
#: none: publishers put it before the title of the article itself.
_NOTICE = re.compile(
    r"(?:correction|corrigend|errat|addend|retraction|expression of concern|comment"
    r"|in reply|repl(?:y|ies) |response |authors? s? ?(?:reply|response)|letter "
    r"|editorial|re )"
)
_PART = re.compile(
    r"\b(part|chapter|volume|vol|supplement|phase|section)\s+(\w{1,5})\b"
)
#: Words that abbreviations of journals leave out.
_SMALL = frozenset("of the and in for de la le les et du des der die und y e".split())
_PREFIX = re.compile(r"^(?:retracted(?: article)?|withdrawn) ")


@lru_cache(maxsize=1 << 16)
def plain(text: str) -> str:
    """Return a text without case, accents, mark-up and punctuation, any script.

    >>> plain("[Über  <i>Schlaf</i>: Teil 2.]")
    'uber schlaf teil 2'
    """
    text = unicodedata.normalize("NFKD", fields.clean(text)).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", text).split())


def similarity(one: Record, other: Record) -> float:
    """Return how alike two titles are, 0 to 1; a dropped subtitle counts little."""
    from rapidfuzz import fuzz

    first, second = (_PREFIX.sub("", plain(r.title)) for r in (one, other))
    if first == second:
        return 1.0 if first else 0.0
    short, long = sorted((first, second), key=len)
    if len(short) >= 20 and long.startswith(f"{short} "):
        return 0.95
    # Compared without blanks too: some exports lose them.
    ratio = fuzz.ratio(first.replace(" ", ""), second.replace(" ", ""))
    return max(fuzz.token_sort_ratio(first, second), ratio) / 100


def lead(record: Record) -> str:
    """Return the first author's family name, plain.

    >>> lead(Record(record_id="1", authors="van der Berg JP; Doe A"))
    'van der berg'
    """
    name = record.authors.split(SEPARATOR)[0]
    family, _, initials = name.rpartition(" ")
    return plain(family if family and len(initials) <= 4 else name)


def same_lead(one: Record, other: Record) -> bool | None:
    """Return whether the first authors agree; None if one is not given.

    Exports turn family and given name round, run them together and misspell them.
    """
    from rapidfuzz import fuzz

    first, second = (plain(r.authors.split(SEPARATOR)[0]) for r in (one, other))
    if not first or not second:
        return None
    shared = {word for word in first.split() if len(word) > 1} & set(second.split())
    return (
        bool(shared) or fuzz.ratio(first.replace(" ", ""), second.replace(" ", "")) > 60
    )


def notice(record: Record) -> bool:
    """Return whether a record is a correction, a comment, a reply or the like."""
    return bool(_NOTICE.match(f"{plain(record.title)} "))


def conflict(one: Record, other: Record) -> str:
    """Return why two records that seem to be one are perhaps not, or nothing.

    >>> conflict(
    ...     Record(record_id="1", title="Sleep in the old"),
    ...     Record(record_id="2", title="Erratum: Sleep in the old"),
    ... )
    'one is a correction, comment or reply'
    """
    if notice(one) != notice(other) and one.title and other.title:
        return "one is a correction, comment or reply"
    parts = [set(_PART.findall(plain(record.title))) for record in (one, other)]
    if all(parts) and parts[0] != parts[1]:
        return "the parts differ"
    return titles_differ(one, other)


def titles_differ(one: Record, other: Record) -> str:
    """Return that two titles differ, unless place and author speak for one article.

    A title may be a translation of the other, or cut short.
    """
    alike = similarity(one, other)
    if not one.title or not other.title or alike >= ALIKE:
        return ""
    elsewhere = _page(one) and _page(other) and not same_page(one, other)
    volume = one.volume and one.volume == other.volume
    placed = same_page(one, other) or (volume and not elsewhere)
    if placed and one.year == other.year and same_lead(one, other):
        return ""
    if alike >= DIFFERENT and not elsewhere and same_lead(one, other) is not False:
        return ""
    return "the titles differ"


def generic(one: Record, other: Record) -> str:
    """Return why a match by words is weak: a title that many articles have, or nothing.

    "Editorial" of the same journal and year is no evidence.
    """
    words = min(len(plain(record.title).split()) for record in (one, other))
    if same_lead(one, other) is False:
        return "the first authors differ"
    if words <= 3 and not same_page(one, other):
        return "the title is short and no page agrees"
    return ""


def worth_a_look(one: Record, other: Record) -> bool:
    """Return whether a pair that bib-dedupe is not certain of should reach a person."""
    if not one.title or not other.title:
        return same_page(one, other)
    return bool(same_lead(one, other)) or _journal(one, other) == "same"


def same_page(one: Record, other: Record) -> bool:
    """Return whether both records give the same first page."""
    return bool(_page(one)) and _page(one) == _page(other)


def _page(record: Record) -> str:
    """Return the first page, without leading zeros and letters' case."""
    return record.pages.split("-")[0].strip().lower().lstrip("0")


def agreement(one: Record, other: Record) -> tuple[list[str], list[str]]:
    """Return the names of the fields in which two records agree and differ.

    A field that one of them lacks is in neither.
    """
    agree: list[str] = []
    differ: list[str] = []

    def put(name: str, same: bool | None) -> None:
        if same is not None:
            (agree if same else differ).append(name)

    put("title", similarity(one, other) >= ALIKE if one.title and other.title else None)
    put("authors", same_lead(one, other))
    for name, values in {
        "journal": (_journal(one, other), "same"),
        "year": (one.year, other.year),
        "volume": (one.volume, other.volume),
        "issue": (one.issue, other.issue),
        "pages": (_page(one), _page(other)),
        "PMID": (one.pmid, other.pmid),
        "DOI": (fields.doi(one.doi), fields.doi(other.doi)),
    }.items():
        put(name, values[0] == values[1] if all(values) else None)
    return agree, differ


def _journal(one: Record, other: Record) -> str:
    """Return "same" if two journals are the same or one abbreviates the other."""
    first, second = (
        [word for word in plain(name).split() if word not in _SMALL]
        for name in (re.split(r"[(:=]", r.journal)[0] for r in (one, other))
    )
    if not first or not second:
        return ""
    alike = len(first) == len(second) and all(
        a.startswith(b) or b.startswith(a) for a, b in zip(first, second, strict=True)
    )
    return "same" if alike else "different"


def evidence(one: Record, other: Record, why: str = "") -> str:
    """Return what a person needs to judge a pair, in one line.

    >>> evidence(
    ...     Record(record_id="1", title="Sleep in the old", year="2001"),
    ...     Record(record_id="2", title="Sleep in the old.", year="2002"),
    ... )
    'agree: title; differ: year 2001 / 2002 | "Sleep in the old" / "Sleep in the old."'
    """
    agree, differ = agreement(one, other)
    columns = {"PMID": "pmid", "DOI": "doi"}
    details = []
    for name in differ:
        pair = [getattr(r, columns.get(name, name)) for r in (one, other)]
        if name == "title":
            details.append(f"title ({round(100 * similarity(one, other))} % alike)")
        else:
            details.append(f"{name} {clip(pair[0], 40)} / {clip(pair[1], 40)}")
    parts = [why] if why else []
    parts += [f"agree: {', '.join(agree)}"] if agree else []
    parts += [f"differ: {'; '.join(details)}"] if details else []
    titles = " / ".join(f'"{clip(r.title, 90)}"' for r in (one, other))
    return f"{'; '.join(parts)} | {titles}"


def clip(text: str, width: int) -> str:
    """Return a text in one line, cut to a width, without control characters."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= width else f"{text[: width - 1]}…"
