"""Give every page of the site its head, and the site its map and its search index."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from personomics.book import finding, metadata, schema_org
from personomics.book.documents import Document
from personomics.book.pages import PICTURE
from personomics.book.record import ROOT
from personomics.book.things import put

SLOT, CITATION = "<!--head-->", "CITATION.cff"
ARTICLE = re.compile(r'<article class="bd-article">(.*)</article>', re.DOTALL)
TITLE = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
ANCHOR = re.compile(r'<a class="headerlink".*?</a>', re.DOTALL)


def finish(
    fresh: Path,
    pages: Sequence[str],
    documents: Sequence[Document],
    data: Mapping[str, Any],
    base: str,
) -> None:
    """Complete the pages, and write what is made from all of them.

    Parameters
    ----------
    fresh : Path
        The folder of the site.
    pages : sequence of str
        Addresses of the pages of the book, in order.
    documents : sequence of Document
        The pages of single things, which are written already.
    data : mapping
        Descriptor of the data.
    base : str
        Where the book is published, if that is known.
    """
    citation = yaml.safe_load((ROOT / CITATION).read_text(encoding="utf-8"))
    factors = [one for one in documents if one.kind == "factor"]
    found = finding.entries(documents)
    for address in [*pages, "search.html"]:
        text = (fresh / address).read_text(encoding="utf-8")
        if address in pages:
            found += finding.sections(address, text)
        article = ANCHOR.sub("", "".join(ARTICLE.findall(text)))
        title = "".join(TITLE.findall(article)[:1])
        name = address.removesuffix(".html")
        about = schema_org.graph(name, data, factors, citation=citation, base=base)
        words = metadata.description(article) or metadata.plain(title)
        crown(fresh / address, name, metadata.plain(title), words, base, about)
    for one in documents:
        crown(fresh / one.path, one.path, one.title, one.description, base, one.about)
    put(fresh / finding.FOUND, finding.index(found))
    put_site_files(fresh, [*pages, *(one.path for one in documents)], base)


def crown(
    path: Path, page: str, title: str, words: str, base: str, about: Mapping[str, Any]
) -> None:
    """Put the head of a page in its place."""
    made = metadata.head(page, title, words, base=base, about=about, image=PICTURE)
    put(path, path.read_text(encoding="utf-8").replace(SLOT, str(made), 1))


def put_site_files(fresh: Path, pages: Iterable[str], base: str) -> None:
    """Write the map of the site and the rules for crawlers, if it has an address."""
    names = (page.removesuffix(".html") for page in pages)
    for name, text in (
        ("sitemap.xml", metadata.sitemap(names, base)),
        ("robots.txt", metadata.robots(base)),
    ):
        if text is not None:
            put(fresh / name, text)
