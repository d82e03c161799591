"""Pages of single things: one factor, one article, one case narrative."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from personomics.html import Markup

NOTHING = Markup("")


@dataclass(frozen=True)
class Document:
    """The page of one thing.

    Attributes
    ----------
    path : str
        Its address below the top of the site, one folder deep.
    title : str
        Heading and title of the page.
    description : str
        What it is in one plain sentence, for search engines and lists of results.
    body : Markup
        The content below the heading; addresses lead one folder up.
    kind : str
        "factor", "article" or "case".
    key : str
        Its identifier in the data.
    words : tuple of str
        Other words by which a search should find it, such as verbatim terms.
    card : Markup
        What a small card shows where the page is mentioned; no links.
    about : mapping
        Description after schema.org (JSON-LD), without ``@context`` and ``url``.
    aliases : tuple of str
        Other addresses, one folder deep, that lead to this page.
    """

    path: str
    title: str
    description: str
    body: Markup
    kind: str
    key: str
    words: tuple[str, ...] = ()
    card: Markup = NOTHING
    about: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


def dumps(documents: Iterable[Document]) -> str:
    """Return documents as JSON text, the same for the same documents."""
    lines = [
        json.dumps(vars(one), ensure_ascii=False, sort_keys=True) for one in documents
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def loads(text: str) -> list[Document]:
    """Return the documents of a JSON text.

    >>> one = Document("factors/F1-age.html", "Age", "Age.", Markup("<p>"), "factor",
    ...                "F1", words=("old",))
    >>> loads(dumps([one])) == [one]
    True
    """
    found = []
    for one in json.loads(text):
        one["body"], one["card"] = Markup(one["body"]), Markup(one["card"])
        one["words"], one["aliases"] = tuple(one["words"]), tuple(one["aliases"])
        found.append(Document(**one))
    return found
