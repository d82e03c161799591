"""Build the book: check the data, make what is stale, make the site, swap it in."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from personomics.book.fresh import Kept, changes
from personomics.book.inputs import LOCK, PYTHON, Inputs
from personomics.book.record import PACKAGE, ROOT, module_file
from personomics.book.site import BuildError, alone, claim, swap
from personomics.folder import InvalidDataError, folder_in_use

LOOK = ("layout.html", "page.html", "search.html", "theme.toml")
#: What reaches every page: how the site is configured, ordered and styled.
SOURCES = (
    "_config.yml", "_toc.yml", "CITATION.cff", LOCK, PYTHON, "data/references.bib",
    *(f"personomics/book/look/{name}" for name in LOOK),
)  # fmt: skip
STATE = "state.json"


def say(message: str) -> None:
    """Report progress on standard error."""
    print(message, file=sys.stderr, flush=True)


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder in a stable order, hidden ones left out."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def chapter_paths() -> list[Path]:
    """Return the chapters in book order."""
    return sorted((ROOT / "chapters").glob("*.ipynb"))


def default_site() -> Path:
    """Return where the book goes unless another folder is named."""
    return ROOT / "_build" / "html"


@dataclass(frozen=True)
class Book:
    """The pages of the book, what they were made from, and what is so now.

    Attributes
    ----------
    site : Path
        The folder that readers open; what is kept from build to build is beside it.
    data : Path
        The data folder in use.
    """

    site: Path
    data: Path = field(default_factory=folder_in_use)

    @cached_property
    def now(self) -> Inputs:
        """The present state of everything that pages are made from."""
        return Inputs(self.data)

    @cached_property
    def kept(self) -> Kept:
        """The pages made by earlier builds."""
        return Kept(self.beside("kept"))

    def beside(self, name: str) -> Path:
        """Return a folder of ours beside the site."""
        return self.site.with_name(f".{self.site.name}.{name}")

    @cached_property
    def chapters(self) -> list[str]:
        """Names of the chapters."""
        return [f"chapters/{path.stem}" for path in chapter_paths()]

    @cached_property
    def pages(self) -> list[str]:
        """Names of all pages that are made one by one."""
        from personomics.book.pages import CHECKLISTS, COLLECTIONS, GENERATED

        written = sorted((ROOT / "reference").glob("*.md"))
        named = ["index", *(f"reference/{path.stem}" for path in written)]
        return [*self.chapters, *named, *GENERATED, *COLLECTIONS, *CHECKLISTS]

    def changed(self, name: str) -> list[str] | None:
        """Return the inputs of a page that changed; nothing if it was never made."""
        from personomics.book.units import TEXT

        record = self.kept.record(name)
        if record is None:
            return None
        others = [n for n in record.inputs if n.startswith("page ")]
        for other in others:
            page = other.removeprefix("page ")
            self.now.made[page] = self.kept.digest(page, TEXT)
        return changes(record.inputs, self.now)

    def state(self) -> dict[str, Any]:
        """Return what the site was made from, as the last build left it."""
        try:
            found: dict[str, Any] = json.loads(
                (self.beside("kept") / STATE).read_bytes()
            )
        except (OSError, ValueError):
            return {}
        return found

    def up_to_date(self) -> bool:
        """Say whether the site is whole and nothing it was made from has changed."""
        state = self.state()
        if (
            not state
            or state["pages"] != self.names()
            or changes(state["from"], self.now)
        ):
            return False
        return bool(state["files"] == stamps(self.site))

    def names(self) -> list[str]:
        """Return the names of the files that pages and site are written in."""
        found = [*chapter_paths(), *(ROOT / "reference").glob("*.md")]
        found += files_below(ROOT / "assets")
        return sorted(path.relative_to(ROOT).as_posix() for path in found)

    def made_from(self, records: Iterable[dict[str, str]]) -> dict[str, str]:
        """Return the digests of everything that pages and site are made from."""
        ours = [n for n in sys.modules if n == PACKAGE or n.startswith(PACKAGE + ".")]
        names = {*self.names(), *SOURCES, *map(module_file, ours)}
        names |= {name for inputs in records for name in inputs}
        return self.now.of(n for n in names if not n.startswith("page "))


def stamps(site: Path) -> dict[str, list[int]]:
    """Return size and time of every file of a site."""
    found = {}
    for place, _, files in os.walk(site):
        for name in files:
            path = os.path.join(place, name)
            about = os.stat(path)
            found[os.path.relpath(path, site)] = [about.st_size, about.st_mtime_ns]
    return dict(sorted(found.items()))


def check_citations(data: Path) -> None:
    """Refuse a bibliography that lacks a work the chapters cite.

    Raises
    ------
    BuildError
        Naming every missing key, before anything is executed.
    """
    cited: set[str] = set()
    for path in [*chapter_paths(), *files_below(ROOT / "reference")]:
        text = path.read_text(encoding="utf-8")
        for keys in re.findall(r"\{cite:\w+\}`([^`]+)`", text):
            cited |= {key.strip() for key in keys.split(",")}
    known = (data / "references.bib").read_text(encoding="utf-8")
    missing = sorted(cited - set(re.findall(r"@\w+\{\s*([^,\s]+)\s*,", known)))
    if missing:
        msg = (
            f"references.bib: no entry for {', '.join(missing)}, which the chapters "
            "cite; copy the entries from the companion's own data/references.bib"
        )
        raise BuildError(msg)


def check_data(data: Path) -> None:
    """Refuse data that do not conform.

    Raises
    ------
    InvalidDataError
        Naming every problem.
    """
    from personomics import checks

    if problems := checks.read(data)[2]:
        raise InvalidDataError(data, problems)


def expected_pages() -> list[str]:
    """Return the pages that the table of contents promises."""
    import yaml

    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [toc["root"]]
    files += [c["file"] for part in toc["parts"] for c in part["chapters"]]
    return [f"{name}.html" for name in files]


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


async def make(book: Book, fresh: Path, jobs: int, lock: int) -> dict[str, str]:
    """Make the site in a folder aside and return the digests of what it is made from.

    The open file `lock` is held by every process until its end.
    """
    from personomics.book import forks

    book.now.look()
    jobs = jobs or processors()
    async with (
        forks.parent(forks.FOR_PAGES, lock) as pages,
        forks.parent(forks.FOR_BOOK, lock) as binder,
    ):
        # What these two import takes a second; meanwhile here is imported as well.
        from personomics.book.binding import bind

        return await bind(book, fresh, jobs, pages, binder)


def build(out: Path | None = None, jobs: int = 0, *, force: bool = False) -> Path:
    """Build the book and return the path of its landing page.

    Parameters
    ----------
    out : Path, optional
        Where the site goes; by default ``_build/html``.
    jobs : int
        Chapters executed at the same time; by default one per processor.
    force : bool
        Make everything anew, even what has not changed.

    Raises
    ------
    InvalidDataError, ChapterError, BuildError
        In that order: bad data stop the build before anything is executed, a failing
        cell before anything is rendered. The last good site stays in place.
    """
    started = time.monotonic()
    site = (out or default_site()).resolve()
    data = folder_in_use()
    claim(site, ROOT, data)
    busy = f"another build of {site} is at work; waiting for its end"
    with alone(site, lambda: say(busy)) as lock:
        book = Book(site, data)
        if not force and book.up_to_date():
            say(f"nothing changed: {site / 'index.html'} is up to date")
            return site / "index.html"
        if force:
            from personomics.book.press import Press

            book.kept.sweep([])
            Press(book.beside("work")).clear()
        prefix = f".{site.name}.stage-"
        with tempfile.TemporaryDirectory(dir=site.parent, prefix=prefix) as aside:
            from personomics.book.forks import run as asynchronous

            fresh = Path(aside) / "html"
            made_from = asynchronous(make(book, fresh, jobs, lock))
            # Before the swap, after which nothing may fail; times tell the sites apart.
            state = {"from": made_from, "pages": book.names(), "files": stamps(fresh)}
            text = json.dumps(state, indent=1, sort_keys=True)
            (book.beside("kept") / STATE).write_text(text, encoding="utf-8")
            swap(fresh, site)
    took = time.monotonic() - started
    version = book.now.descriptor["version"]
    say(f"built {site / 'index.html'} from data {version} in {took:.1f} s")
    return site / "index.html"
