"""Descriptions of the book, its data and its factors after schema.org.

They are made from plain parts: the descriptor of the data, ``CITATION.cff``, and the
pages of factors. What is not known is left out; nothing is invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from personomics.book import metadata
from personomics.book.documents import Document
from personomics.words import clean, clip, text

PUBMED = "https://pubmed.ncbi.nlm.nih.gov/"
DICTIONARY = "reference/data-dictionary"
#: Pages that list all factors.
TERMS = ("map", "reference/factors")

Graph = dict[str, Any]


def graph(
    page: str, data: Mapping[str, Any], documents: Iterable[Document] = (),
    *, citation: Mapping[str, Any] | None = None, base: str = "",
    files: Iterable[str] = (),
) -> Graph:  # fmt: skip
    """Return the description of a page after schema.org, without name and address.

    Parameters
    ----------
    page : str
        A page of the book; for pages of single things see ``Document.about``.
    data : mapping
        Descriptor of the data.
    documents : iterable of Document
        The pages of factors, for the pages that list them.
    citation : mapping
        What ``CITATION.cff`` says.
    base : str
        Where the site is published, or nothing.
    files : iterable of str
        Files of the data that the site offers, below its top.
    """
    if page == DICTIONARY:
        return dataset(data, citation or {}, base, files)
    if page in TERMS:
        return term_set(data, documents, base)
    if page == metadata.INDEX:
        return front(data, citation or {})
    if page.startswith("chapters/"):
        place = re.search(r"/0*(\d+)", page)
        more = {"position": int(place[1])} if place else {}
        whole = {**paper_of(data), "version": text(data.get("version"))}
        return {
            "@type": "Article",
            "isPartOf": {"@type": "Book", "name": metadata.SITE, **stated(whole)},
            **more,
            **metadata.LANGUAGE,
        }
    return {}


def stated(given: Mapping[str, Any]) -> Graph:
    """Return the properties that have a value."""
    return {key: value for key, value in given.items() if value not in ("", None, [])}


def paper_of(data: Mapping[str, Any], relation: str = "about") -> Graph:
    """Return the paper as far as it is known: its record in PubMed and its year."""
    known = data.get("personomics:paper", {})
    pmid = text(known.get("pmid"))
    if not re.fullmatch(r"\d+", pmid):
        return {}
    found = {
        "@type": "ScholarlyArticle",
        "url": f"{PUBMED}{pmid}/",
        "identifier": f"PMID:{pmid}",
        "datePublished": text(known.get("year")),
    }
    return {relation: stated(found)}


def front(data: Mapping[str, Any], citation: Mapping[str, Any]) -> Graph:
    """Return the description of the site as a whole."""
    found = {
        "@type": "WebSite",
        "version": text(citation.get("version")),
        "keywords": list(data.get("keywords", [])),
        "license": license_of(data),
        "creator": creators(citation),
        **paper_of(data),
        **metadata.LANGUAGE,
    }
    return stated(found)


def license_of(data: Mapping[str, Any]) -> str:
    """Return the address of the licence of the data."""
    paths = (text(one.get("path")) for one in data.get("licenses", []))
    return next((path for path in paths if metadata.WEB.fullmatch(path)), "")


def creators(citation: Mapping[str, Any]) -> list[Graph]:
    """Return whom a citation names as authors: persons, or groups by their name."""
    found = []
    for author in citation.get("authors", []):
        if name := clean(author.get("name")):
            found.append({"@type": "Organization", "name": name})
        elif author.get("family-names"):
            parts = (clean(author.get(p)) for p in ("given-names", "family-names"))
            found.append({"@type": "Person", "name": " ".join(filter(None, parts))})
    return found


def dataset(
    data: Mapping[str, Any], citation: Mapping[str, Any], base: str,
    files: Iterable[str],
) -> Graph:  # fmt: skip
    """Return the description of the data: what search engines for data ask for.

    The paper is cited and not built on: the data are a separate piece of work.
    """
    top = metadata.published(base)
    sources = [text(one.get("path")) for one in data.get("sources", [])]
    found = {
        "@type": "Dataset",
        "name": clean(data.get("title")),
        "description": clip(data.get("description", ""), 5000),
        "version": text(data.get("version")),
        "identifier": text(data.get("name")),
        "dateCreated": text(data.get("created"))[:10],
        "keywords": list(data.get("keywords", [])),
        "license": license_of(data),
        "isAccessibleForFree": True,
        "creator": creators(citation),
        "isBasedOn": [path for path in sources if metadata.WEB.fullmatch(path)],
        **paper_of(data, "citation"),
        "variableMeasured": list(variables(data)),
        "distribution": [download(top + file) for file in files if top],
        **metadata.LANGUAGE,
    }
    return stated(found)


def download(url: str) -> Graph:
    """Return the description of a file that the site offers."""
    kind = "text/csv" if url.endswith(".csv") else ""
    return stated({"@type": "DataDownload", "encodingFormat": kind, "contentUrl": url})


def variables(data: Mapping[str, Any]) -> Iterator[Graph]:
    """Yield the columns that hold a number or a choice: what was judged or measured."""
    for table in data.get("resources", []):
        for column in table["schema"]["fields"]:
            chosen = "enum" in column.get("constraints", {})
            if chosen or column["type"] in ("boolean", "integer", "number"):
                yield {
                    "@type": "PropertyValue",
                    "name": clean(f"{table['name']}.{column['name']}"),
                    "description": clean(column.get("description")),
                }


def term_set(
    data: Mapping[str, Any], documents: Iterable[Document], base: str
) -> Graph:
    """Return the factors as a set of defined terms."""
    top = metadata.published(base)
    terms = [
        stated(
            {
                "@type": "DefinedTerm",
                "name": clean(one.about.get("name", one.title)),
                "termCode": one.key,
                "url": top and top + one.path,
            }
        )
        for one in documents
        if one.kind == "factor"
    ]
    return stated(
        {
            "@type": "DefinedTermSet",
            "version": text(data.get("version")),
            "license": license_of(data),
            "hasDefinedTerm": terms,
            **metadata.LANGUAGE,
        }
    )
