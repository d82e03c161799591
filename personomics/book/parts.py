"""Building blocks of the generated pages: fences, cards, folded lists, citations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from personomics.html import Markup, escape, join, link, tag, text

if TYPE_CHECKING:
    import pandas as pd

Record = Mapping[Any, Any]
Sections = list[tuple[str, Markup]]

#: Characters that some programs take for the end of a line.
BREAKS = re.compile("[\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def raw(markup: Markup) -> str:
    """Return HTML as a fenced ``raw`` directive that nothing in it can close.

    >>> print(raw(Markup("<p>```</p>")))
    ```{raw} html
    <p>&#96;&#96;&#96;</p>
    ```
    """
    inner = BREAKS.sub(" ", str(markup)).replace("`", "&#96;")
    inner = re.sub(r"\s*\n\s*", "\n", inner).strip()
    return f"```{{raw}} html\n{inner}\n```" if inner else ""


def page(title: str, intro: str, sections: Sections) -> str:
    """Return a page; title, intro and headings are ours, data stand in the markup."""
    parts = [f"# {title}", intro]
    for heading, markup in sections:
        parts += [f"## {heading}" if heading else "", raw(markup)]
    return "\n\n".join(part for part in parts if part) + "\n"


def fold(summary: str, items: Iterable[object], limit: int = 6) -> Markup:
    """Return a titled list, folded away where it is long, or nothing if empty.

    >>> fold("One term", ["age"])
    Markup('<p class="pc-meta">One term</p><ul><li>age</li></ul>')
    """
    rows = [tag("li", item) for item in items]
    if not rows:
        return Markup("")
    body = tag("ul", join(rows))
    if len(rows) > limit:
        return tag("details", tag("summary", summary) + body)
    return tag("p", summary, class_="pc-meta") + body


def facts(pairs: Mapping[str, object]) -> Markup:
    """Return a list of named facts, leaving out the empty ones.

    >>> facts({"Kind": "model", "Note": None})
    Markup('<dl class="pc-facts"><dt>Kind</dt><dd>model</dd></dl>')
    """
    known = [(name, value) for name, value in pairs.items() if text(value)]
    items = [tag("dt", name) + tag("dd", value) for name, value in known]
    return tag("dl", join(items), class_="pc-facts") if items else Markup("")


def card(anchor: object, heading: object, *parts: object) -> Markup:
    """Return one entry of a reference page; its id is the id in the data."""
    content = tag("h3", heading) + join(parts)
    return tag("section", content, class_="pc-card", id=anchor)


def cards(items: Iterable[Markup], empty: str) -> Markup:
    """Return entries one below the other, or a sentence where there are none."""
    return join(items, "\n") or tag("p", empty)


def meta(*parts: object) -> Markup:
    """Return a line of small print, or nothing."""
    shown = [part for part in parts if text(part)]
    return tag("p", join(shown, " "), class_="pc-meta") if shown else Markup("")


def sources(urls: object) -> Markup:
    """Return links to addresses separated by blanks, named by their hosts.

    >>> sources("https://www.example.org/a/b")
    Markup('<a href="https://www.example.org/a/b">example.org</a>')
    """
    found = [(u, re.sub(r"^https?://(www\.)?", "", u)) for u in text(urls).split()]
    return join([link(u, rest.split("/")[0]) for u, rest in found], " · ")


def grouped(frame: pd.DataFrame, key: str) -> dict[str, list[Record]]:
    """Return the rows of a frame by the value of a column."""
    groups: dict[str, list[Record]] = {}
    for row in frame.to_dict("records"):
        groups.setdefault(text(row[key]), []).append(row)
    return groups


def quoted(words: object, *remarks: object) -> Markup:
    """Return words of others in quotation marks, with remarks in brackets.

    >>> quoted("old age", "Table 1", None)
    Markup('<q>old age</q> (Table 1)')
    """
    shown = ", ".join(text(r) for r in remarks if text(r))
    return tag("q", words) + escape(f" ({shown})" if shown else "")


def citation(row: Record) -> Markup:
    """Return a citation as far as it was seen."""
    issue = f"({text(row.get('issue'))})" if text(row.get("issue")) else ""
    pages = f":{text(row.get('pages'))}" if text(row.get("pages")) else ""
    locator = text(row.get("locator")) or text(row.get("volume")) + issue + pages
    year = text(row["year"]) or "year not seen"
    authors = text(row["authors"]) or "not seen"
    shown = [
        f"Authors {authors}" if authors.startswith("not s") else authors,
        text(row["title"]) or "(title not seen)",
        " ".join(filter(None, [text(row["journal"]), f"({year})", locator])),
    ]
    return tag("p", ". ".join(part.rstrip(". ") for part in shown) + ".")
