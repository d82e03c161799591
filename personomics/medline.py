"""Medline citations, read from PubMed's XML.

>>> from io import BytesIO
>>> file = BytesIO(
...     b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article>"
...     b"<ArticleTitle>CO<sub>2</sub></ArticleTitle>"
...     b"</Article></MedlineCitation></PubmedArticle></PubmedArticleSet>"
... )
>>> [(citation.pmid, citation.title) for citation in read(file)]
[('1', 'CO2')]
"""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from typing import BinaryIO

from personomics.medline_model import (
    Author,
    Book,
    Citation,
    Correction,
    Grant,
    Heading,
    Reference,
)
from personomics.records import SEPARATOR, Record

__all__ = [
    "Author",
    "Book",
    "Citation",
    "Correction",
    "Grant",
    "Heading",
    "Reference",
    "read",
    "to_record",
]

#: Links to other articles that a screener must see; comments and the like are not.
_NOTICES = (
    "Retract",
    "PartialRetract",
    "Erratum",
    "ExpressionOfConcern",
    "Corrected",
    "Republished",
    "Update",
)


def read(source: str | PathLike[str] | BinaryIO) -> Iterator[Citation]:
    """Yield the citations of PubMed's XML in the order of the file, one at a time.

    The memory needed does not grow with the file. A file that breaks off or is
    malformed raises an error where it does; it is never a shorter list.

    Parameters
    ----------
    source : path, binary file or "-"
        A file, plain or gzipped; a folder of such files (``*.xml``, ``*.xml.gz``, read
        in the order of their names); a file open in binary mode; "-" for standard
        input. A later citation of the same PMID, or its deletion, replaces the
        earlier one: that is left to the caller.

    Raises
    ------
    ValueError
        If it is no Medline XML, breaks off, is malformed, or declares entities or a
        document type other than NLM's. Nothing is ever fetched.
    OSError
        If it cannot be read.
    """
    from personomics import medline_fields, medline_input

    for blocks in medline_input.open_source(source):
        for block in blocks:
            yield from medline_fields.citations(block)


def to_record(citation: Citation) -> Record:
    """Return the part of a citation that search, import and screening share.

    MeSH headings are written as in PubMed's Medline format: "Dopamine/*metabolism".

    >>> to_record(Citation(pmid="1", doi="10.1000/ABC")).doi
    '10.1000/abc'
    """
    book = citation.in_book
    container = book.title if book and book.title != citation.title else ""
    return Record(
        record_id=citation.pmid,
        title=citation.title,
        authors=_join(author.name for author in citation.authors if author.valid),
        year=citation.year or citation.electronic_date[:4],
        journal=citation.journal or container or citation.medline_ta,
        volume=citation.volume,
        issue=citation.issue,
        pages=citation.pages,
        doi=citation.doi.lower(),
        pmid=citation.pmid,
        pmcid=citation.pmc,
        languages=_join(citation.languages),
        types=_join(name for _, name in citation.publication_types),
        mesh=_join(map(_heading, citation.mesh)),
        keywords=_join(text for text, _ in citation.keywords),
        notices=_join(
            f"{link.ref_type} {link.pmid or link.source}".strip()
            for link in citation.corrections
            if link.ref_type.startswith(_NOTICES)
        ),
        abstract=citation.abstract,
    )


def _join(values: Iterator[str] | list[str]) -> str:
    """Return the values that are not empty as one text."""
    return SEPARATOR.join(value for value in values if value)


def _heading(heading: Heading) -> str:
    """Return a heading as PubMed's Medline format writes it."""
    parts = [f"{'*' if heading.major else ''}{heading.name}"]
    parts += [f"{'*' if major else ''}{name}" for name, _, major in heading.qualifiers]
    return "/".join(parts)
