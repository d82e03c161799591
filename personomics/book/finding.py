"""What the search of the book finds: things by kind, and pages section by section."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from personomics.book.documents import Document
from personomics.book.things import script

FOUND = "_static/found.js"
#: Parts of a page that no search looks into: they repeat what things say.
SKIPPED = ("pc-made", "pc-card", "pc-jump", "pc-outline", "pc-narrow")


def entries(documents: Iterable[Document]) -> list[list[str]]:
    """Return what a search finds of single things.

    Each is a list: kind, title, address, other words, description.
    """
    return [
        [one.kind, one.title, one.path, " · ".join(one.words), one.description]
        for one in documents
    ]


def sections(address: str, html: str) -> list[list[str]]:
    """Return what a search finds of a page of the book, section by section.

    Parameters
    ----------
    address : str
        Address of the page below the top of the site.
    html : str
        The page.
    """
    from lxml import html as parser

    article = parser.document_fromstring(html).find(".//article")
    if article is None:
        return []
    found: list[list[str]] = []
    for element in article.iter("h1", "h2", "p", "li", "dd", "figcaption", "caption"):
        if any(above.get("class", "").startswith(SKIPPED) for above in chain(element)):
            continue
        words = " ".join(element.text_content().split())
        if element.tag in ("h1", "h2"):
            above = element.getparent()
            anchor = above.get("id") if above is not None else None
            place = f"{address}#{anchor}" if anchor and element.tag == "h2" else address
            kind = "page" if element.tag == "h1" else "section"
            found.append([kind, words.removesuffix("#").strip(), place, "", ""])
        elif found and words and element.find("p") is None:
            found[-1][4] += words + " "
    page_title = found[0][1] if found else ""
    for one in found[1:]:
        one[3] = page_title
    return found


def chain(element: Any) -> Iterator[Any]:
    """Yield an element and all around it."""
    yield element
    yield from element.iterancestors()


def index(found: Iterable[list[str]]) -> str:
    """Return the script that the search loads."""
    return script("pcFound", list(found))
