"""Read a PubMed search string: its field tags, its words, and how they combine.

The `PubMed user guide <https://pubmed.ncbi.nlm.nih.gov/help/>`_ is followed: operators
are in upper case and are worked off from left to right, whatever they are, unless
round brackets say otherwise. The parser of ``search-query``, which finds the mistakes
in :mod:`personomics.strategy.lint`, is not used for the reading: of random well-formed
strings that mix operators its version 0.15 refuses about a quarter and misreads a few.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

OPERATORS = ("AND", "OR", "NOT")
#: Field tags of PubMed, as the user guide lists them: short name to the longer ones.
FIELDS: dict[str, tuple[str, ...]] = {
    "ad": ("affiliation",),
    "aid": ("article identifier", "doi"),
    "all": ("all fields",),
    "au": ("author",),
    "1au": ("first author name", "first author"),
    "lastau": ("last author name", "last author"),
    "auid": ("author identifier",),
    "book": (),
    "cn": ("corporate author",),
    "cois": ("conflict of interest statement",),
    "crdt": ("create date", "date - create"),
    "dcom": ("completion date", "date - completion"),
    "dp": ("publication date", "date - publication", "pdat"),
    "ed": ("editor",),
    "edat": ("entry date", "date - entry"),
    "epdat": ("electronic publication date",),
    "fau": ("full author name", "author - full"),
    "fir": ("full investigator name",),
    "gr": ("grants and funding", "grant number"),
    "ip": ("issue",),
    "ir": ("investigator",),
    "isbn": (),
    "jid": ("nlm unique id",),
    "la": ("language", "lang"),
    "lid": ("location id",),
    "lr": ("modification date", "date - modification"),
    "majr": ("mesh major topic", "mj"),
    "majr:noexp": ("mesh major topic:noexp",),
    "mh": ("mesh terms", "mesh"),
    "mh:noexp": ("mesh terms:noexp", "mesh:noexp"),
    "mhda": ("mesh date", "date - mesh"),
    "nm": ("supplementary concept", "substance name"),
    "ot": ("other term",),
    "pa": ("pharmacological action",),
    "pg": ("pagination",),
    "pl": ("place of publication",),
    "pmid": ("uid",),
    "ppdat": ("print publication date",),
    "ps": ("personal name as subject",),
    "pt": ("publication type",),
    "pt:noexp": ("publication type:noexp",),
    "pubn": ("publisher",),
    "rn": ("ec/rn number",),
    "sb": ("filter", "subset"),
    "sh": ("mesh subheading", "subheading"),
    "sh:noexp": ("mesh subheading:noexp",),
    "si": ("secondary source id",),
    "ta": ("journal", "jour"),
    "ti": ("title",),
    "tiab": ("title/abstract",),
    "tt": ("transliterated title",),
    "tw": ("text word", "text words"),
    "vi": ("volume",),
}
SHORT = {name: short for short, more in FIELDS.items() for name in (short, *more)}
#: Fields in which words can be searched near each other: "words"[tiab:~3].
NEAR = re.compile(r"(ti|title|tiab|title/abstract|ad|affiliation):~[0-9]+")
TOKEN = re.compile(r'"[^"]*"|\[[^\[\]]*\]|[()]|[^\s()\[\]"]+')


@dataclass(frozen=True)
class Term:
    """One word or phrase and the field it is sought in.

    Attributes
    ----------
    words : str
        As written, quotation marks and asterisk included.
    field : str
        Short name of the field; empty where there is no tag.
    """

    words: str
    field: str = ""

    def __str__(self) -> str:
        return f"{self.words}[{self.field}]" if self.field else self.words


@dataclass(frozen=True)
class Combination:
    """Two or more expressions joined by one operator, worked off from the left."""

    operator: str
    parts: tuple[Expression, ...]


Expression = Term | Combination


def field_name(tag: str) -> str:
    """Return the short name of a field tag, in brackets or not; empty if unknown.

    >>> field_name("[Title/Abstract]"), field_name("[MeSH:NoExp]"), field_name("tx")
    ('tiab', 'mh:noexp', '')
    """
    name = " ".join(tag.strip("[]").lower().split())
    return SHORT.get(name, name if NEAR.fullmatch(name) else "")


def read_expression(string: str) -> Expression:
    """Read a search string into the tree that PubMed would work off.

    Raises
    ------
    ValueError
        If the string is not well-formed; :mod:`personomics.strategy.lint` says where.

    Examples
    --------
    >>> read_expression("age[ti] OR sex[ti] AND pain").operator
    'AND'
    """
    reader = Reader(string)
    expression = reader.expression()
    if lost := TOKEN.sub("", string).strip():
        msg = f"{string!r}: {lost!r} has no partner"
        raise ValueError(msg)
    if reader.word:
        msg = f"{string!r}: {reader.word!r} is misplaced"
        raise ValueError(msg)
    return expression


class Reader:
    """Walks over the tokens of a search string."""

    def __init__(self, string: str) -> None:
        self.string = string
        self.rest = iter(TOKEN.findall(string))
        self.word = next(self.rest, "")

    def take(self) -> str:
        """Return the present token and go on to the next."""
        word, self.word = self.word, next(self.rest, "")
        return word

    def expression(self) -> Expression:
        """Read parts joined by operators, from left to right."""
        found = self.part()
        while self.word in OPERATORS:
            operator, part = self.take(), self.part()
            if isinstance(found, Combination) and found.operator == operator:
                found = Combination(operator, (*found.parts, part))
            else:
                found = Combination(operator, (found, part))
        return found

    def part(self) -> Expression:
        """Read an expression in brackets or a term."""
        if self.word == "(":
            self.take()
            inside = self.expression()
            if self.take() == ")":
                return inside
        elif words := " ".join(self.words()):
            field = self.field()
            if self.word == ":":  # "2020"[dp] : "2021"[dp]
                words = " ".join([words, self.take(), *self.words()])
                field = self.field() or field
            return Term(words, field)
        msg = f"{self.string!r}: {self.word or 'its end'!r} is misplaced"
        raise ValueError(msg)

    def words(self) -> Iterator[str]:
        """Yield the words before a field tag, a bracket or an operator."""
        while self.word and self.word not in (*OPERATORS, "(", ")", ":"):
            if self.word.startswith("["):
                return
            yield self.take()

    def field(self) -> str:
        """Read the field tag of a term, if it has one."""
        if not self.word.startswith("["):
            return ""
        tag = self.take()
        if name := field_name(tag):
            return name
        msg = f"{self.string!r}: PubMed has no field {tag}"
        raise ValueError(msg)


def terms_of(expression: Expression) -> Iterator[Term]:
    """Yield the terms of an expression, in order."""
    if isinstance(expression, Term):
        yield expression
    else:
        for part in expression.parts:
            yield from terms_of(part)
