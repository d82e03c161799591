"""Make what is stale and put the site together, in a folder aside."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from personomics import style
from personomics.book import address, heads, press, stage, things
from personomics.book.build import (
    LOOK,
    Book,
    check_citations,
    expected_pages,
    files_below,
    say,
)
from personomics.book.documents import loads
from personomics.book.forks import Forks
from personomics.book.fresh import Record
from personomics.book.inputs import LOCK, PYTHON
from personomics.book.making import Making
from personomics.book.pages import CHECKLISTS, COLLECTIONS, LINEAGE
from personomics.book.record import DESCRIPTOR, ROOT
from personomics.book.site import PROVENANCE
from personomics.book.theme import SHEET, SHELL
from personomics.book.units import FIGURES, FILES, TEXT, put
from personomics.folder import InvalidDataError
from personomics.tables import Problem

REFERENCES = "data/references.bib"
REFERS = re.compile(r"\{cite:|\{bibliography\}")
#: Code that runs inside Jupyter Book.
THEME = ("personomics/__init__.py", "personomics/book/theme.py",
         *(f"personomics/book/look/{name}" for name in LOOK))  # fmt: skip
#: What Jupyter Book writes and no page of the book loads.
UNUSED = ("pygments.css", "mystnb.*.css", "documentation_options.js")


async def bind(
    book: Book, fresh: Path, jobs: int, forks: Forks, binder: Forks
) -> dict[str, str]:
    """Make the site in a folder aside and return the digests of what it is made from.

    Parameters
    ----------
    book : Book
        The book.
    fresh : Path
        Where the finished site goes; nothing is there yet.
    jobs : int
        Processes at work at the same time.
    forks, binder : Forks
        The parents of the processes for pages and for Jupyter Book.
    """
    check_citations(book.data)
    if problems := (await forks.ready)[-1]:
        raise InvalidDataError(book.data, [Problem(*fields) for fields in problems])
    with tempfile.TemporaryDirectory(prefix="pc-") as sockets:
        made = Making(forks, book.kept, book.now, Path(sockets), jobs)
        await make(book, made)
        say("writing pages")
        records = {n: with_foot(book, made.record(n), n) for n in book.pages}
        data = book.now.descriptor
        drawn = await made.lineage(stage.provenance(data, records))
        records[LINEAGE] = with_foot(book, drawn, LINEAGE)
        found = stage.provenance(data, records)
        bench = press.Press(book.beside("work"))
        bench.stage(sources(book, made, found), *across(book))
        # Figures are drawn to the end even if the pages fail: chapters stay executed.
        both = (bench.run(binder, [*expected_pages(), f"{SHELL}.html"]), made.figures())
        for outcome in await asyncio.gather(*both, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        assemble(book, bench.site, fresh, found)
        book.kept.sweep([*book.pages, LINEAGE])
        return book.made_from(record.inputs for record in records.values())


async def make(book: Book, made: Making) -> None:
    """Make every page that is stale."""
    stale = [name for name in book.pages if book.changed(name) != []]
    chapters = [name for name in book.chapters if name in stale]
    if chapters:
        say(f"executing {len(chapters)} of {len(book.chapters)} chapters")
    await made.all(stale, book.chapters)
    for name in CHECKLISTS:  # they refer to places on the pages made just now
        if book.changed(name) != []:
            await made.page(name)


def with_foot(book: Book, record: Record, name: str) -> Record:
    """Return the record of a page with what stands around its content.

    Its foot names the version of the data; works that it cites are in a bibliography.
    """
    more, source = [f"{DESCRIPTOR}: version"], ROOT / stage.source_of(name)
    if source.is_file() and REFERS.search(source.read_text(encoding="utf-8")):
        more.append(REFERENCES)
    return replace(record, inputs={**record.inputs, **book.now.of(more)})


def across(book: Book) -> list[str]:
    """Return digests of what reaches across pages and is no source of the book."""
    return [book.now[name] for name in (LOCK, PYTHON, *THEME)]


def sources(book: Book, made: Making, found: dict[str, Any]) -> dict[str, str | bytes]:
    """Return everything that Jupyter Book reads: path to content."""
    version = book.now.descriptor["version"]
    files: dict[str, str | bytes] = {
        "_config.yml": stage.configuration(book.now.descriptor),
        "_toc.yml": (ROOT / "_toc.yml").read_bytes(),
        "references.bib": (book.data / "references.bib").read_bytes(),
    }
    sheets = [style.css_variables()]
    for path in files_below(ROOT / "assets"):
        if path.suffix == ".css":  # one sheet, in the order of the names
            sheets.append(path.read_text(encoding="utf-8"))
        else:
            files[f"_static/{path.name}"] = path.read_bytes()
    files[SHEET] = "\n".join(sheets)
    for name, page in found["pages"].items():
        if name in COLLECTIONS:
            continue
        foot = stage.footer(name, page, version)
        if name in book.chapters:
            now = stage.chapter(ROOT / f"{name}.ipynb", made.notebook(name))
            files[f"{name}.ipynb"] = stage.with_footer(now, foot)
        else:
            text = (book.kept.place(name) / TEXT).read_text(encoding="utf-8")
            files[f"{name}.md"] = f"{text}\n{foot}\n"
    return files


def assemble(book: Book, pages: Path, fresh: Path, found: dict[str, Any]) -> None:
    """Put pages, figures and files together."""
    shutil.copytree(
        pages, fresh, ignore=shutil.ignore_patterns(".buildinfo*", "things", *UNUSED)
    )
    for name in book.pages:
        for part, there in ((FIGURES, fresh / "figures"), (FILES, fresh)):
            place = book.kept.place(name) / part
            for path in files_below(place) if place.is_dir() else ():
                put(there / path.relative_to(place), path.read_bytes())
    version = book.now.descriptor["version"]
    made = {}
    for name in COLLECTIONS:
        text = (book.kept.place(name) / TEXT).read_text(encoding="utf-8")
        foot = stage.foot(f"{name}/thing", found["pages"][name], version)
        made[name] = (loads(text), foot)
    base = address.base()
    shell = (pages / f"{SHELL}.html").read_text(encoding="utf-8")
    every = things.write(fresh, shell, made, base)
    heads.finish(fresh, expected_pages(), every, book.now.descriptor, base)
    text = json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False)
    put(fresh / PROVENANCE, text + "\n")
