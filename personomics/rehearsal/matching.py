"""Decide whether a Medline citation holds a search term, as PubMed would without help.

PubMed looks terms up in its own indexes; here the record itself is read. What follows
its `user guide <https://pubmed.ncbi.nlm.nih.gov/help/>`_:

- case, diacritics and punctuation do not matter, a hyphen is a blank, a phrase is its
  words in that order, an asterisk stands for any ending of the last word;
- ``[tiab]`` is title, abstracts and author keywords; ``[tw]`` adds headings,
  substances, publication types and the like; ``[au]`` without quotation marks leaves
  initials open; ``[dp]`` takes a missing month or day as the first, a season as its
  first month, and searches the electronic date too.

What cannot:

- a phrase is found wherever it stands; PubMed finds the phrases of its index only and
  otherwise searches the words one by one;
- ``[mh]``, ``[majr]``, ``[sh]`` and ``[pt]`` find the named heading or type, but not
  the narrower ones or its other names, which are not in the records: a lower bound;
- a term without a tag is not translated into headings and synonyms;
- what is not in the records (filters, dates of entry, words near each other) raises
  :class:`NotEvaluated`. It is never taken for a term without hits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from personomics.strategy.expression import Term

if TYPE_CHECKING:
    from personomics.medline import Author, Citation

WORD = re.compile(r"[^\W_]+")
#: Accents and the like, which stand behind their letter once it is spelled out.
MARKS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
DATE = re.compile(r"[0-9]{4}(/[0-9]{1,2}){0,2}")
SEASONS = {"winter": "01", "spring": "04", "summer": "07", "fall": "10"}
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
#: Codes of languages that are not the first three letters of their English names.
LANGUAGES = {"japanese": "jpn", "croatian": "hrv", "serbian": "srp", "slovak": "slo"}
#: Words that PubMed takes as filters where they have no tag.
FILTERS = re.compile(r"(has|pubstatus|pmcbook|owner|indexingmethod_)[a-z]+|[0-9]+")

Part = Iterable[str]
Test = Callable[["Document"], bool]


class NotEvaluated(ValueError):  # noqa: N818 - it is no fault of the strategy
    """A term that the records alone cannot answer; the message says why."""


def fold(words: str) -> str:
    """Return words in lower case without diacritics, one blank between them.

    >>> fold("Self-Management  of Sjögren's")
    'self management of sjogren s'
    """
    if not words.isascii():
        words = MARKS.sub("", unicodedata.normalize("NFKD", words.casefold()))
    return " ".join(WORD.findall(words.lower()))


class Document:
    """A citation with the folded text of each field that has been asked for."""

    __slots__ = ("citation", "texts")

    def __init__(self, citation: Citation) -> None:
        self.citation = citation
        self.texts: dict[str, str] = {}

    def text(self, field: str) -> str:
        """Return the parts of a field, folded, with bars around each."""
        if field not in self.texts:
            parts = map(FOLDED.get(field, fold), PARTS[field](self.citation))
            self.texts[field] = f" | {' | '.join(filter(None, parts))} | "
        return self.texts[field]


def titles(c: Citation) -> Iterator[str]:
    """Yield what ``[ti]`` searches."""
    yield c.title
    if c.in_book:
        yield c.in_book.title
        yield c.in_book.collection


def abstracts(c: Citation) -> Iterator[str]:
    """Yield what ``[tiab]`` searches."""
    yield from titles(c)
    yield c.abstract
    yield from (words for *_, words in c.other_abstracts)
    yield from keywords(c)


def text_words(c: Citation) -> Iterator[str]:
    """Yield what ``[tw]`` searches."""
    yield from abstracts(c)
    for heading in c.mesh:
        yield heading.name
        yield from (name for name, *_ in heading.qualifiers)
    yield from (name for _, name in c.publication_types)
    yield from substances(c)
    yield from (person.name for person in c.personal_subjects)
    yield from groups(c)
    for bank, numbers in c.databanks:
        yield bank
        yield from numbers
    yield from (link.source for link in c.corrections)
    yield from c.space_flights


def all_fields(c: Citation) -> Iterator[str]:
    """Yield what a term without a tag searches."""
    yield from text_words(c)
    yield c.vernacular_title
    yield from (author.name for author in (*c.authors, *c.investigators, *c.editors))
    yield from affiliations(c)
    yield from journals(c)
    yield from (value for _, value in c.ids)
    yield from (" ".join(grant) for grant in c.grants)
    yield c.coi


def keywords(c: Citation) -> Iterator[str]:
    """Yield the author keywords."""
    return (word for word, _ in c.keywords)


def substances(c: Citation) -> Iterator[str]:
    """Yield the substances and supplementary concepts."""
    yield from (name for *_, name in c.chemicals)
    yield from (name for *_, name in c.supplementary_mesh)


def groups(c: Citation) -> Iterator[str]:
    """Yield the corporate authors."""
    return (author.collective for author in c.authors if author.collective)


def affiliations(c: Citation) -> Iterator[str]:
    """Yield the affiliations of the authors."""
    return (place for author in c.authors for place in author.affiliations)


def journals(c: Citation) -> Iterator[str]:
    """Yield the names and numbers of the journal."""
    return iter((c.journal, c.journal_abbreviation, c.medline_ta, c.issn,
                 c.issn_linking))  # fmt: skip


def headings(c: Citation, *, major: bool) -> Iterator[str]:
    """Yield the subject headings, and each with each of its subheadings."""
    for heading in c.mesh:
        qualifiers = heading.qualifiers
        if not major or heading.major or any(strong for *_, strong in qualifiers):
            yield heading.name
        for name, _, strong in qualifiers:
            if not major or strong or heading.major:
                yield f"{heading.name}/{name}"


def names(authors: Iterable[Author]) -> Iterator[str]:
    """Yield the ways in which an author may be searched."""
    for author in authors:
        if author.family:
            yield f"{author.family} {author.initials} {author.suffix}"
            yield f"{author.family} {author.given}"
            yield f"{author.given} {author.family}"


def paired(words: str) -> str:
    """Fold a heading and keep the stroke before its subheading."""
    return "/".join(map(fold, words.split("/")))


#: Fields in which words and phrases are searched wherever they stand.
PARTS: dict[str, Callable[[Citation], Part]] = {
    "ti": titles,
    "tiab": abstracts,
    "tw": text_words,
    "all": all_fields,
    "ot": keywords,
    "ad": affiliations,
    "cn": groups,
    "tt": lambda c: [c.vernacular_title],
}
#: Fields whose parts are searched as a whole.
WHOLE: dict[str, Callable[[Citation], Part]] = {
    "mh": partial(headings, major=False),
    "majr": partial(headings, major=True),
    "sh": lambda c: (name for h in c.mesh for name, *_ in h.qualifiers),
    "pt": lambda c: (name for _, name in c.publication_types),
    "nm": substances,
    "la": lambda c: c.languages,
    "au": lambda c: names(c.authors),
    "1au": lambda c: names(c.authors[:1]),
    "lastau": lambda c: names(c.authors[-1:]),
    "ta": journals,
    "jid": lambda c: [c.nlm_id],
    "pmid": lambda c: [c.pmid],
    "vi": lambda c: [c.volume],
    "ip": lambda c: [c.issue],
}
PARTS |= WHOLE
FOLDED = {"mh": paired, "majr": paired}


def compiled(term: Term) -> Test:
    """Return the test of one term.

    Parameters
    ----------
    term : Term
        As :func:`personomics.strategy.expression.read_expression` gives it.

    Returns
    -------
    callable
        Says of a :class:`Document` whether it holds the term.

    Raises
    ------
    NotEvaluated
        If the records alone cannot answer.
    """
    field = term.field.removesuffix(":noexp") or "all"
    words = fold(term.words)
    if field in ("dp", "ppdat", "epdat"):
        return dated(term.words, field)
    if ":~" in field:
        msg = "words near each other are not searched here"
        raise NotEvaluated(msg)
    if field not in PARTS:
        msg = f"the field [{field}] is not searched here"
        raise NotEvaluated(msg)
    if not words:
        msg = "it has no letters or digits"
        raise NotEvaluated(msg)
    quoted, cut = term.words.startswith('"'), term.words.rstrip('"').endswith("*")
    if field == "all":
        return untagged(words, quoted=quoted or cut, cut=cut)
    if field not in WHOLE:
        return holding(f" {words}" if cut else f" {words} ", field)
    if field == "la":
        words = LANGUAGES.get(words, words[:3])
    elif field in FOLDED:
        words = heading_words(term.words)
    elif field == "au" and not quoted:
        # Initials are open: "smith j" finds "smith ja" and "smith" finds "smith ja".
        return holding(f"| {words}" if " " in words else f"| {words} ", field)
    return holding(f"| {words}" if cut else f"| {words} |", field)


def holding(sought: str, field: str) -> Test:
    """Return a test for a string in the folded text of a field."""
    return lambda document: sought in document.text(field)


def heading_words(words: str) -> str:
    """Fold a subject heading; an abbreviated subheading cannot be looked up."""
    folded = paired(words)
    _, stroke, qualifier = folded.partition("/")
    if stroke and len(qualifier) == 2:
        msg = f"the abbreviation {qualifier!r} of a subheading is not in the records"
        raise NotEvaluated(msg)
    return folded


def untagged(words: str, *, quoted: bool, cut: bool) -> Test:
    """Return the test of a term without a field tag."""
    if words == "hasabstract":
        return lambda document: bool(document.citation.abstract)
    if FILTERS.fullmatch(words):
        msg = "PubMed takes it as a filter or a number and not as a word"
        raise NotEvaluated(msg)
    if quoted:
        return holding(f" {words}" if cut else f" {words} ", "all")
    sought = [f" {word} " for word in words.split()]
    return lambda document: all(word in document.text("all") for word in sought)


def dated(words: str, field: str) -> Test:
    """Return the test of a publication date or a range of them."""
    ends = [end.strip(' "') for end in words.split(":")]
    if len(ends) > 2 or not all(DATE.fullmatch(end) for end in ends):
        msg = "only dates such as 2020, 2020/01/31 and 2020:2026 are evaluated"
        raise NotEvaluated(msg)
    first, last = padded(ends[0], "00"), padded(ends[-1], "99")

    def test(document: Document) -> bool:
        printed, electronic = dates(document.citation)
        # The guide: a later electronic date is searched by ranges only.
        either = field == "dp" and (len(ends) == 2 or electronic <= printed)
        shown = field != "epdat" and bool(printed) and first <= printed <= last
        epub = field == "epdat" or either or not printed
        hit = epub and field != "ppdat" and first <= electronic <= last
        return shown or (hit and bool(electronic))

    return test


def padded(date: str, rest: str) -> str:
    """Write a date so that it can be compared as text.

    >>> padded("2020/1", "00"), padded("2020", "99")
    ('2020/01/00', '2020/99/99')
    """
    parts = [part.zfill(2) for part in date.split("/")]
    return "/".join([*parts, rest, rest][:3])


def dates(c: Citation) -> tuple[str, str]:
    """Return the dates of publication in print and online; empty where unknown."""
    month = c.month or SEASONS.get(c.season.lower().replace("autumn", "fall"), "")
    if not month:
        named = re.search("|".join(MONTHS), c.pub_date.lower())
        month = f"{MONTHS.index(named[0]) + 1:02}" if named else "01"
    printed = f"{c.year}/{month}/{c.day or '01'}" if c.year else ""
    online = c.electronic_date.replace("-", "/")
    return printed, padded(online, "01") if online else ""
