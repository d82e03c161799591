"""What was recorded while the book was made: its pages, and links to them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from personomics.book import pages
from personomics.html import Markup, link, slug
from personomics.words import clean

#: Names that may become part of an address; others are shown without a link.
NAME = re.compile(r"[\w-]+(\.[\w-]+)*(/[\w-]+(\.[\w-]+)*)*")
CHAPTER = re.compile(r"chapters/0*(\d+)-(.+)")


@dataclass(frozen=True)
class Drawn:
    """A figure on record: its name, what drew it, the tables behind it."""

    name: str
    function: str
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Made:
    """A page on record; its tables are those of its figures as well.

    ``whole`` says that it shows the digest of all data and so changes with any.
    """

    name: str
    source: str
    tables: tuple[str, ...]
    files: tuple[str, ...]
    modules: tuple[str, ...]
    whole: bool
    figures: tuple[Drawn, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Every table and other file of the data that the page uses."""
        return self.tables + self.files

    def behind(self, table: str) -> list[Drawn]:
        """Return the figures of the page that a table stands behind."""
        return [figure for figure in self.figures if table in figure.tables]


Places = Sequence[tuple[Made, Drawn]]


def read(provenance: Mapping[str, Any]) -> list[Made]:
    """Return the pages on record, chapters first, every list in order."""
    found = []
    for name, record in provenance["pages"].items():
        figures = tuple(
            Drawn(key, drawn["function"], ordered(drawn["tables"]))
            for key, drawn in sorted(record["figures"].items())
        )
        behind = [table for figure in figures for table in figure.tables]
        found.append(
            Made(
                name,
                record["source"],
                ordered([*record["tables"], *behind]),
                ordered(record["files"]),
                ordered(record["modules"]),
                bool(record.get("all_data")),
                figures,
            )
        )
    return sorted(found, key=lambda p: (p.name != "index", p.name))


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Return names sorted and without repetition."""
    return tuple(sorted(set(names)))


def label(name: str) -> str:
    """Return the name of a page in words.

    >>> label("chapters/03-concept-map"), label("reference/cite"), label("index")
    ('Chapter 3: concept map', 'Cite', 'Start page')
    """
    if name == "index":
        return "Start page"
    if found := CHAPTER.fullmatch(name):
        return f"Chapter {found[1]}: {clean(found[2].replace('-', ' '))}"
    if name in pages.GENERATED:
        return pages.GENERATED[name][0]
    if name in pages.CHECKLISTS:
        return pages.CHECKLISTS[name]
    if name in pages.COLLECTIONS:
        return f"A page for each of the {name}"
    words = name.removeprefix("reference/").replace("-", " ")
    return clean(words[:1].upper() + words[1:])


def anchors(prefix: str, names: Iterable[str]) -> dict[str, str]:
    """Return an id for each name, no two alike."""
    found: dict[str, str] = {}
    for name in names:
        base = wanted = f"{prefix}-{slug(name)}"
        count = 1
        while wanted in found.values():
            count += 1
            wanted = f"{base}-{count}"
        found[name] = wanted
    return found


def address(pattern: str, *names: str) -> str:
    """Return an address, empty where a name could not stand in one.

    >>> address("../{}.html#fig-{}", "index", "map"), address("../{}.html", "../x")
    ('../index.html#fig-map', '')
    """
    return pattern.format(*names) if all(map(NAME.fullmatch, names)) else ""


page_address = partial(address, "../{}.html")
table_address = partial(address, "data-dictionary.html#table-{}")
figure_address = partial(address, "../{}.html#fig-{}")


def page_link(page: Made) -> Markup:
    """Return a link to a page of the book."""
    listed = page.name in pages.COLLECTIONS
    place = f"reference/{page.name}" if listed else page.name
    return link(page_address(place), label(page.name))


def table_link(made: Collection[Made], name: str) -> Markup:
    """Return a link from a table to the data dictionary; other files have none."""
    known = any(name in page.tables for page in made)
    return link(table_address(name) if known else "", clean(name))


def figure_link(page: Made, figure: Drawn) -> Markup:
    """Return a link to a figure where it stands."""
    return link(figure_address(page.name, figure.name), clean(figure.name))


def inputs(made: Iterable[Made]) -> tuple[str, ...]:
    """Return every table in order, then every other file."""
    pages = list(made)
    tables = ordered(name for page in pages for name in page.tables)
    files = ordered(name for page in pages for name in page.files)
    return tuple(dict.fromkeys(tables + files))


def drawings(made: Iterable[Made]) -> dict[str, Places]:
    """Return every figure by name, with the pages on which it stands."""
    found: dict[str, list[tuple[Made, Drawn]]] = {}
    for page in made:
        for figure in page.figures:
            found.setdefault(figure.name, []).append((page, figure))
    return dict(sorted(found.items()))


def functions(places: Places) -> tuple[str, ...]:
    """Return what drew a figure; one function, if all is well."""
    return ordered(figure.function for _, figure in places)


def short(*names: str) -> str:
    """Return functions without the name of the package.

    >>> short("personomics.cases:matrix_figure")
    'cases:matrix_figure'
    """
    return ", ".join(clean(name).removeprefix("personomics.") for name in names)


def uses(found: Mapping[str, Places], table: str) -> list[str]:
    """Return the figures that a table stands behind."""
    return [
        n for n, places in found.items() if any(table in f.tables for _, f in places)
    ]


def reach(made: Iterable[Made], name: str) -> tuple[int, int]:
    """Return how many pages and figures use a table."""
    pages = [page for page in made if name in page.inputs]
    figures = {figure.name for page in pages for figure in page.behind(name)}
    return len(pages), len(figures)
