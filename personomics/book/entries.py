"""Building blocks of the pages of single things: parts, lists, links, changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import quote

import pandas as pd

from personomics.book.documents import Document
from personomics.book.parts import BREAKS, Record, grouped
from personomics.book.related import Shared
from personomics.dataset import Dataset
from personomics.evidence import rater_ids
from personomics.history import Row
from personomics.html import Markup, Table, join, link, tag, text
from personomics.words import clean, clip, counted

#: Entries of a list that are shown at once; the others are folded away.
FIRST = 10
#: Characters of a description; search engines cut off what is longer.
DESCRIPTION = 155


def part(anchor: str, heading: str, *content: object) -> Markup:
    """Return a part of a page with its heading, or nothing where it has no content.

    >>> part("cases", "Cases", tag("p", "One."), "")
    Markup('<section id="cases"><h2>Cases</h2><p>One.</p></section>')
    """
    body = join([one for one in content if text(one)], "\n")
    return tag("section", tag("h2", heading) + body, id=anchor) if body else body


def one_line(body: Markup) -> Markup:
    """Return markup without the characters that some programs take for line ends."""
    return Markup(BREAKS.sub(" ", str(body)))


def first(entries: Sequence[object], limit: int = FIRST) -> Markup:
    """Return a list; what is beyond the limit is folded away.

    >>> first(["a", "b"], 1)[19:]
    Markup('<details><summary>1 more</summary><ul><li>b</li></ul></details>')
    """
    shown, more = entries[:limit], entries[limit:]
    if not shown:
        return Markup("")
    made = tag("ul", join(tag("li", one) for one in shown))
    if more:
        rest = tag("ul", join(tag("li", one) for one in more))
        made += tag("details", tag("summary", f"{len(more)} more") + rest)
    return made


def group(heading: str, *content: object) -> Markup:
    """Return a smaller part of a page, or nothing where it has no content."""
    body = join([one for one in content if text(one)])
    return tag("h3", heading) + body if body else body


def on_map(words: object, **state: str) -> Markup:
    """Return a link into the map, from a page one folder deep.

    >>> on_map("these", com_b="social opportunity")
    Markup('<a href="../map.html#com_b=social%20opportunity">these</a>')
    """
    pairs = (f"{key}={quote(value, safe=',')}" for key, value in state.items())
    return link(f"../map.html#{'&'.join(pairs)}", words)


def actions(*links: object) -> Markup:
    """Return a line of things to do next."""
    return tag("p", join(links, " · "), class_="pc-actions")


def sharing(near: Shared, name: Markup, noun: str, *more: object) -> Markup:
    """Return one entry of a list of things that share something."""
    told = f" · {near.count} of {counted(near.whole, noun)} shared"
    return join([name, tag("span", told, class_="pc-meta"), *more])


def table(
    rows: Sequence[dict[str, object]], caption: str, headings: dict[str, str],
    row_header: str | None = None, hidden: Iterable[str] = (),
) -> Markup:  # fmt: skip
    """Return rows of text and markup as a table; empty columns are left out.

    Parameters
    ----------
    rows : sequence of dict
        Cells by column; markup stays markup.
    caption : str
        What the table shows.
    headings : dict
        Headings of columns.
    row_header : str, optional
        The column that names the row.
    hidden : iterable of str
        Columns that go where they are empty.
    """
    if not rows:
        return Markup("")
    kept = [
        column
        for column in rows[0]
        if column not in hidden or any(text(row[column]) for row in rows)
    ]
    frame = pd.DataFrame({c: [row[c] for row in rows] for c in kept})
    as_is = {
        c: lambda cell: cell if isinstance(cell, Markup) else text(cell) for c in kept
    }
    return Table(frame, caption, headings, as_is, row_header=row_header).html()


def in_order(ds: Dataset, name: str) -> dict[str, int]:
    """Return the raters of a table in order, the consensus last, with their places."""
    return {one: n for n, one in enumerate([*rater_ids(ds, name), ds.consensus])}


def by_rater(ds: Dataset, table: str, key: str) -> dict[str, list[Record]]:
    """Return ratings by what was rated, in the order of raters, the consensus last."""
    place, found = in_order(ds, table), grouped(ds[table], key)
    for mine in found.values():
        mine.sort(key=lambda row: place.get(row["rater_id"], len(place)))
    return found


def rater_names(ds: Dataset) -> dict[str, str]:
    """Return the names of the raters by their identifiers."""
    return dict(zip(ds["raters"]["rater_id"], ds["raters"]["name"], strict=True))


def changed(rows: Sequence[Row]) -> Markup:
    """Return the part of a page on what changed over versions of the data."""
    lines = [line(row) for row in rows]
    since = "" if any(r["change"] == "added" for r in rows) else "first version"
    none = "" if rows else "; nothing recorded has changed since"
    words = f"It was there in the {since} of these data{none}." if since else ""
    return part("history", "Changes", first(lines), tag("p", words) if words else "")


def line(row: Row) -> Markup:
    """Return one recorded change in words."""
    version = tag("b", row["version"])
    field = row["field"].replace("_", " ")
    if row["change"] == "added":
        told = Markup("added")
    elif row["change"] == "removed":
        told = join([f"{field} removed; it was ", tag("q", row["before"])])
    elif not row["before"]:
        told = join([f"{field} now says ", tag("q", row["after"])])
    elif not row["after"]:
        told = join([f"{field} emptied; it was ", tag("q", row["before"])])
    else:
        told = join([f"{field} changed from ", tag("q", row["before"]), " to ",
                     tag("q", row["after"])])  # fmt: skip
    return join([version, ": ", told, f". {row['note']}" if row["note"] else "."])


def short(*sentences: object) -> str:
    """Return a description for lists of results and search engines: one line."""
    return clip(" ".join(filter(None, map(clean, sentences))), DESCRIPTION)


def unique(words: Iterable[object]) -> tuple[str, ...]:
    """Return words in one line each, without repetitions and empty ones."""
    return tuple(dict.fromkeys(filter(None, map(clean, words))))


def without_clashes(made: Iterable[Document]) -> list[Document]:
    """Return pages without those other addresses that another page has already.

    Raises
    ------
    ValueError
        If two pages have the same address.
    """
    made, owners = list(made), dict[str, str]()
    for one in made:
        if owners.setdefault(one.path, one.key) != one.key:
            both = f"{owners[one.path]!r} and {one.key!r}"
            msg = f"{both} would have the same page, {one.path}: change a label"
            raise ValueError(msg)
    taken, kept = set(owners), []
    for one in made:
        free = tuple(dict.fromkeys(a for a in one.aliases if a not in taken))
        taken.update(free)
        kept.append(replace(one, aliases=free))
    return kept
