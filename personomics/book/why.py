"""Say in one line what would run again, and because of which file."""

from __future__ import annotations

from collections.abc import Sequence

from personomics.book.build import Book
from personomics.book.inputs import CODE, PYTHON
from personomics.book.record import DESCRIPTOR, NAMES, WHOLE
from personomics.tables import guess, one_line
from personomics.words import counted, listed

#: Causes that a line names, at most.
NAMED = 3


def find(book: Book, words: str) -> str:
    """Return the page that is meant by its name, or by the last part of it.

    Raises
    ------
    ValueError
        If there is no such page; the message lists those there are.
    """
    wanted = words.removesuffix(".ipynb").removesuffix(".md").removesuffix(".html")
    for name in book.pages:
        last = name.rpartition("/")[2]
        if wanted.strip("/") in (name, last, last.partition("-")[0].lstrip("0")):
            return name
    names = ", ".join(book.pages)
    msg = f"no page {one_line(words)!r}{guess(wanted, book.pages)}; pages are: {names}"
    raise ValueError(msg)


def line(book: Book, name: str) -> str:
    """Return what the next build would do with a page, and why."""
    chapter = name in book.chapters
    changed = book.changed(name)
    if changed is None:
        verb = "would run" if chapter else "would be made"
        return f"{name}: {verb}, because it has not been made yet"
    if changed:
        verb = "would run again" if chapter else "would be made again"
        return f"{name}: {verb}, because {causes(changed)}"
    prose = f"{name}.ipynb"
    if chapter and book.state().get("from", {}).get(prose) != book.now[prose]:
        what = "runs nothing; its page is made again"
        return f"{name}: {what}, because its prose changed"
    record = book.kept.record(name)
    assert record
    uses = [
        counted(len(record.all_tables), "table"),
        counted(len(record.modules), "module"),
    ]
    return f"{name}: up to date; it was made from {' and '.join(uses)}"


def causes(changed: Sequence[str]) -> str:
    """Return the inputs that changed, in words, the data and the code first.

    >>> causes(["data/cases.csv", "personomics/cases.py"])
    'data/cases.csv and personomics/cases.py changed'
    >>> causes(["chapters/04-cases.ipynb: code"])
    'its code changed'
    """
    found = [cause(name) for name in changed]
    more = len(found) - NAMED
    if more > 0:
        found = [*found[:NAMED], f"{counted(more, 'other input')}"]
    return f"{listed(found)} changed"


def cause(name: str) -> str:
    """Return an input in the words of a reader."""
    known = {
        WHOLE: "a file of the data",
        NAMES: "the list of files in the data folder",
        PYTHON: "the version of Python",
    }
    if name.endswith(CODE):
        return "its code"
    if name.startswith(f"{DESCRIPTOR}: "):
        return f"{name.removeprefix(f'{DESCRIPTOR}: ')} in {DESCRIPTOR}"
    return known.get(name, name)
