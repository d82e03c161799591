"""Put the pages of single things into the frame, with cards that tell of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from personomics.book.documents import Document
from personomics.html import Markup, escape, join, tag

#: Where the pages of a kind are listed.
LISTS = {
    "factors": ("reference/factors", "Factor catalogue"),
    "articles": ("reference/articles", "Articles"),
    "cases": ("reference/cases", "Case narratives"),
}
CARDS = "_static/cards.js"
SLOT = re.compile(r"@(title|body)@")


def page(shell: str, document: Document, foot: Markup) -> str:
    """Return the page of one thing.

    Parameters
    ----------
    shell : str
        The frame, with slots for title and content.
    document : Document
        What the page shows.
    foot : Markup
        How it was made.
    """
    folder = document.path.partition("/")[0]
    address, name = LISTS[folder]
    back = tag("p", Markup('<a href="../{}.html">{}</a>').format(address, name),
               class_="pc-up")  # fmt: skip
    body = join([back, tag("h1", document.title), document.body, foot], "\n")
    parts = {"title": str(escape(document.title)), "body": str(body)}
    text = SLOT.sub(lambda slot: parts[slot[1]], shell)
    here = f'href="../{address}.html"'
    return text.replace(f"<a {here}>", f'<a aria-current="true" {here}>', 1)


def forward(document: Document, base: str) -> str:
    """Return a page that leads on to the page of a thing from another address."""
    there = "../" + document.path
    canonical = Markup('<link rel="canonical" href="{}">\n')
    return str(
        Markup(
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta http-equiv="refresh" content="0; url={there}">\n'
            '<meta name="robots" content="noindex">\n'
            '<link rel="icon" href="data:,">\n{canonical}'
            "<title>{title}</title>\n</head>\n<body>\n"
            '<p>This page is at <a href="{there}">{title}</a>.</p>\n</body>\n</html>\n'
        ).format(
            title=document.title,
            there=there,
            canonical=canonical.format(base + document.path) if base else Markup(""),
        )
    )


def cards(documents: Iterable[Document]) -> str:
    """Return the script that holds the small cards by the address of a page."""
    found = {
        one.path: str(tag("b", one.title) + one.card) for one in documents if one.card
    }
    return script("pcCards", found)


def script(name: str, content: object) -> str:
    r"""Return data as a script that hands them to a function, as a file can be opened.

    >>> script("f", {"a": "</script>"})
    'f({"a":"<\\/script>"})\n'
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("</", "<\\/").replace("\u2028", " ").replace("\u2029", " ")
    return f"{name}({text})\n"


def write(
    fresh: Path,
    shell: str,
    made: Mapping[str, tuple[list[Document], Markup]],
    base: str = "",
) -> list[Document]:
    """Write the pages of all single things, and the script with their cards.

    Parameters
    ----------
    fresh : Path
        The folder of the site.
    shell : str
        The frame.
    made : mapping
        Collection to its documents and their foot.
    base : str
        Where the book is published, if that is known.

    Returns
    -------
    list of Document
        All the documents, in order.
    """
    every = [one for documents, _ in made.values() for one in documents]
    for documents, foot in made.values():
        for one in documents:
            put(fresh / one.path, page(shell, one, foot))
            for alias in one.aliases:
                put(fresh / alias, forward(one, base))
    put(fresh / CARDS, cards(every))
    return every


def put(path: Path, text: str) -> None:
    """Write a file of the site."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
