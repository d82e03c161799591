"""Turn data into HTML that cannot be broken by the data: escape, link, tabulate."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from personomics.words import text

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Block", "Markup", "Table", "escape", "join", "link", "said", "slug", "tag", "text",
]  # fmt: skip

SAFE_URL = re.compile(
    r"(https?://|#|\.{0,2}/(?![/\\]))[^\s\"'<>]*|[\w./-]+\.html(#[\w.-]*)?"
)


def tag(name: str, content: object = "", **attributes: object) -> Markup:
    """Return one HTML element; content and attribute values are escaped.

    >>> tag("b", "<i>", class_="x")
    Markup('<b class="x">&lt;i&gt;</b>')
    """
    parts = [
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    inner = content if isinstance(content, Markup) else escape(text(content))
    return Markup(f"<{name}{''.join(parts)}>{inner}</{name}>")


def join(parts: Iterable[object], separator: str = "") -> Markup:
    """Join parts, escaping those that are not markup already."""
    return Markup(separator).join(
        p if isinstance(p, Markup) else escape(text(p)) for p in parts
    )


def link(url: str, content: object, **attributes: object) -> Markup:
    """Return a link, or only its content where the address is not a plain web one.

    >>> link("javascript:alert(1)", "x")
    Markup('x')
    """
    if not SAFE_URL.fullmatch(url):
        return content if isinstance(content, Markup) else escape(text(content))
    return tag("a", content, href=url, **attributes)


def slug(words: object) -> str:
    """Return a name usable in ids, classes and file names.

    >>> slug("Physical capability & more")
    'physical-capability-more'
    """
    return re.sub(r"[^a-z0-9]+", "-", str(words).lower()).strip("-")


@dataclass(frozen=True)
class Block:
    """A piece of HTML that a notebook shows, with plain text for other readers."""

    html: Markup
    plain: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": str(self.html), "text/plain": self.plain}


def said(sentence: str) -> Block:
    """Return a sentence in place of a table that would be empty.

    >>> said("No article is included.").html
    Markup('<p>No article is included.</p>')
    """
    return Block(tag("p", sentence), sentence)


@dataclass(frozen=True)
class Table:
    """A table for reading: a caption, escaped cells, numbers to the right.

    Parameters
    ----------
    frame : DataFrame
        The rows; the index is not shown.
    caption : str
        What the table shows, in one sentence.
    headings : mapping, optional
        Column name to heading; by default the name with blanks for underscores.
    render : mapping, optional
        Column name to a function from a cell to text or markup.
    row_header : str, optional
        The column that names the row; by default the first.
    anchor : str, optional
        A column whose values become the ids of the rows.
    """

    frame: pd.DataFrame
    caption: str
    headings: Mapping[str, str] = field(default_factory=dict)
    render: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)
    row_header: str | None = None
    anchor: str | None = None

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": str(self.html()), "text/plain": self.plain()}

    def heading(self, column: str) -> str:
        """Return the heading of a column."""
        return self.headings.get(column, str(column).replace("_", " ").capitalize())

    def plain(self) -> str:
        """Return the table as tab-separated text."""
        shown = [
            c for c in self.frame.columns if c != self.anchor or c in self.headings
        ]
        lines = [self.caption, "\t".join(self.heading(c) for c in shown)]
        lines += [
            "\t".join(text(v).replace("\t", " ") for v in row)
            for row in self.frame[shown].itertuples(index=False)
        ]
        return "\n".join(lines)

    def html(self) -> Markup:
        """Return the table as HTML, in a region that scrolls by itself."""
        return tag(
            "div",
            tag("table", tag("caption", self.caption) + self.head() + self.body()),
            class_="pc-table",
            role="region",
            tabindex="0",
            aria_label=self.caption,
        )

    def columns(self) -> list[str]:
        """Return the columns that are shown."""
        hidden = self.anchor if self.anchor not in self.headings else None
        return [c for c in self.frame.columns if c != hidden]

    def numeric(self, column: str) -> str | None:
        """Return the class of a column of numbers."""
        from pandas.api.types import is_bool_dtype, is_numeric_dtype

        kind = self.frame[column].dtype
        return "pc-num" if is_numeric_dtype(kind) and not is_bool_dtype(kind) else None

    def head(self) -> Markup:
        """Return the heading row."""
        cells = [
            tag("th", self.heading(c), scope="col", class_=self.numeric(c))
            for c in self.columns()
        ]
        return tag("thead", tag("tr", join(cells)))

    def body(self) -> Markup:
        """Return the rows."""
        columns = self.columns()
        naming = self.row_header or columns[0]
        rows = []
        for record in self.frame.to_dict("records"):
            cells = []
            for column in columns:
                show = self.render.get(column, text)
                content = show(record[column])
                if column == naming:
                    cells.append(tag("th", content, scope="row"))
                else:
                    cells.append(tag("td", content, class_=self.numeric(column)))
            anchor = (text(record[self.anchor]) or None) if self.anchor else None
            rows.append(tag("tr", join(cells), id=anchor))
        return tag("tbody", join(rows, "\n"))
