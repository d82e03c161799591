"""The reporting checklists PRISMA 2020 and PRISMA-S, item by item with the places."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path

from personomics.book.parts import Record, Sections, card, cards, grouped, meta, page
from personomics.dataset import Dataset
from personomics.html import Markup, escape, join, link, tag, text
from personomics.words import counted

ROOT = Path(__file__).resolve().parent.parent.parent

#: Status: its symbol and the class that repeats it in colour.
STATUS = {
    "reported": ("✓", "pc-agrees"),
    "partly reported": ("◐", "pc-design"),
    "not done": ("✗", "pc-differs"),
    "not applicable": ("–", "pc-unchecked"),
}
#: The published sections of each checklist with their items, in published order.
ITEMS = {
    "PRISMA 2020": {
        "Title": "1",
        "Abstract": "2",
        "Introduction": "3 4",
        "Methods": "5 6 7 8 9 10a 10b 11 12 13a 13b 13c 13d 13e 13f 14 15",
        "Results": "16a 16b 17 18 19 20a 20b 20c 20d 21 22",
        "Discussion": "23a 23b 23c 23d",
        "Other information": "24a 24b 24c 25 26 27",
    },
    "PRISMA-S": {
        "Information sources and methods": "1 2 3 4 5 6 7",
        "Search strategies": "8 9 10 11 12 13",
        "Peer review": "14",
        "Managing records": "15 16",
    },
}
ABOUT = {
    "PRISMA 2020": "PRISMA 2020 lists what the report of a systematic review should "
    "tell. The search has a list of its own, [PRISMA-S](prisma-s.md).",
    "PRISMA-S": "PRISMA-S lists what the report of a literature search should tell. "
    "The list for the review as a whole is [PRISMA 2020](prisma-2020.md).",
}
#: Reference of each checklist, the words of its link, and its address.
SOURCE = {
    "PRISMA 2020": (
        "Page MJ, McKenzie JE, Bossuyt PM, et al. The PRISMA 2020 statement: an "
        "updated guideline for reporting systematic reviews.",
        "BMJ 2021;372:n71",
        "https://doi.org/10.1136/bmj.n71",
    ),
    "PRISMA-S": (
        "Rethlefsen ML, Kirtley S, Waffenschmidt S, et al. PRISMA-S: an extension to "
        "the PRISMA Statement for Reporting Literature Searches in Systematic Reviews.",
        "Syst Rev 2021;10:39",
        "https://doi.org/10.1186/s13643-020-01542-z",
    ),
}
CC_BY = "https://creativecommons.org/licenses/by/4.0/"
SECTION = re.compile(r'<section[^>]* id="([^"]+)"><h3>(.*?)</h3>')


def text_of(ds: Dataset, name: str, built: Mapping[str, str]) -> str:
    """Return the Markdown text of a checklist's page.

    Parameters
    ----------
    ds : Dataset
        The data; their table ``reporting`` holds the answers.
    name : str
        The checklist, "PRISMA-S".
    built : mapping
        Texts of the other generated pages by name: places may lie on them.
    """
    known = Places(built)
    return page(f"{name} checklist", intro(ds, name), sections(ds, name, known))


def answers(ds: Dataset, name: str) -> list[Record]:
    """Return the rows of one checklist in published order; unknown items come last."""
    items = " ".join(ITEMS[name].values()).split()
    order = {item: place for place, item in enumerate(items)}
    rows = grouped(ds["reporting"], "checklist").get(name, [])
    return sorted(rows, key=lambda row: order.get(row["item"], len(order)))


def intro(ds: Dataset, name: str) -> str:
    """Say what the checklist is and how to read the answers, or that there are none."""
    how = (
        "The answers below are about this book as built from these data, and are "
        "themselves a table of the data ([data dictionary](data-dictionary.md)): other "
        "data need other answers. *Reported* means told at the places named; *not "
        "done* means not done at all, or told nowhere."
    )
    if not answers(ds, name):
        how = (
            "These data hold no answers to it, so nothing is claimed here about "
            "whether this book, as built from these data, meets it."
        )
    return f"{ABOUT[name]} {how}"


def source(name: str) -> Markup:
    """Return whose words the items are, and under which licence."""
    reference, words, address = SOURCE[name]
    where_from = [reference, " ", link(address, words), ", licensed under "]
    shortened = ". The items are shortened here; for a report of your own use the "
    return tag(
        "p", join([*where_from, link(CC_BY, "CC BY 4.0"), shortened, "original."])
    )


def sections(
    ds: Dataset, name: str, known: Mapping[str, Mapping[str, str]]
) -> Sections:
    """Return a summary and one section of cards per section of the checklist."""
    rows = answers(ds, name)
    ending: Sections = [("Source of the items", source(name))]
    if not rows:
        return ending
    by_item = {row["item"]: item_card(row, known) for row in rows}
    gap = "The other items of the checklist are not answered in these data."
    asked = {title: items.split() for title, items in ITEMS[name].items()}
    every = [item for items in asked.values() for item in items]
    whole = set(every) <= set(by_item)
    opening = summary(rows) + (tag("p", gap) if not whole else "")
    found: Sections = [("", opening)]
    asked["Items unknown to the checklist"] = [i for i in by_item if i not in every]
    for title, items in asked.items():
        entries = [by_item[item] for item in items if item in by_item]
        if entries:
            found.append((title, cards(entries, "")))
    return found + ending


def summary(rows: list[Record]) -> Markup:
    """Return how many items have each status, with links to them."""
    lines = [tag("p", f"{counted(len(rows), 'item')} answered in these data:")]
    for status in STATUS:
        same = [row["item"] for row in rows if row["status"] == status]
        if same:
            links = join([link(f"#item-{item}", item) for item in same], " · ")
            lines.append(tag("p", join([mark(status, f": {len(same)}"), links], " ")))
    return tag("nav", join(lines), aria_label="Items by status")


def mark(status: str, more: str = "") -> Markup:
    """Return a status as symbol and word, with more words after it.

    >>> mark("not done")  # doctest: +ELLIPSIS
    Markup('<span class="pc-verdict pc-differs"><span aria-hidden="true">✗</span> ...
    """
    symbol, kind = STATUS[status]
    sign = tag("span", symbol, aria_hidden="true")
    return tag("span", join([sign, f" {status}{more}"]), class_=f"pc-verdict {kind}")


def item_card(row: Record, known: Mapping[str, Mapping[str, str]]) -> Markup:
    """Return one item: what it asks, the answer, and where the book gives it."""
    found = [where(place, known) for place in text(row["places"]).split()]
    return card(
        f"item-{row['item']}",
        f"{row['item']}: {row['topic']}",
        tag("p", row["requirement"]),
        tag("p", join([mark(row["status"]), row["note"]], " ")),
        meta("Where:", join(found, " · ")) if found else "",
    )


def where(place: str, known: Mapping[str, Mapping[str, str]]) -> Markup:
    """Return a link to a place, in the words of its page and heading.

    Of a title such as "Cases: what the stories teach" the first part is enough. A
    place that the book does not have is named without a link.

    >>> where("index#map", {"index": {"": "Companion", "map": "The map"}})
    Markup('<a href="../index.html#map">Companion › The map</a>')
    >>> where("index#gone", {"index": {"": "Companion"}})
    Markup('index#gone (no such place in this book)')
    """
    name, _, anchor = place.partition("#")
    headings = known.get(name, {})
    if anchor not in headings:
        return escape(f"{place} (no such place in this book)")
    title, words = headings[""], headings[anchor]
    shown = title if words == title else f"{title.split(':')[0]} › {words}"
    return link(f"../{name}.html" + (f"#{anchor}" if anchor else ""), shown)


class Places(Mapping[str, Mapping[str, str]]):
    """Headings of the pages, written or generated, by anchor; read when asked for.

    Parameters
    ----------
    built : mapping
        Texts of the generated pages by name.
    """

    def __init__(self, built: Mapping[str, str]) -> None:
        self._built = built
        self._known: dict[str, Mapping[str, str]] = {}

    def __getitem__(self, name: str) -> Mapping[str, str]:
        if name not in self._known:
            self._known[name] = headings(self._source(name))
        return self._known[name]

    def _source(self, name: str) -> str:
        if name in self._built:
            return self._built[name]
        for ending, read in ((".md", str), (".ipynb", prose)):
            path = ROOT / f"{name}{ending}"
            if path.is_file() and path.resolve().is_relative_to(ROOT):
                return read(path.read_text(encoding="utf-8"))
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        written = [ROOT / "index.md", *(ROOT / "reference").glob("*.md")]
        for path in [*written, *(ROOT / "chapters").glob("*.ipynb")]:
            yield path.relative_to(ROOT).with_suffix("").as_posix()
        yield from self._built

    def __len__(self) -> int:
        return sum(1 for _ in self)


def prose(notebook: str) -> str:
    """Return the Markdown of a chapter."""
    cells = json.loads(notebook)["cells"]
    found = ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
    return "\n\n".join(found)


def headings(markdown: str) -> dict[str, str]:
    r"""Return anchors and words of a page's headings; its title has an empty anchor.

    The anchors are made as Sphinx makes them; the sections of the generated pages
    bring their own.

    >>> headings("# The map\n\n## Level by COM-B")
    {'': 'The map', 'the-map': 'The map', 'level-by-com-b': 'Level by COM-B'}
    """
    from docutils.nodes import make_id
    from markdown_it import MarkdownIt

    found: dict[str, str] = {}
    tokens = MarkdownIt().parse(markdown)
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and after:
            found.setdefault("", after.content)
            found[make_id(after.content)] = after.content
        elif token.type == "fence":
            parts = SECTION.findall(token.content)
            found |= {unescape(anchor): unescape(words) for anchor, words in parts}
    return found
