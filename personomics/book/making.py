"""Make what is stale: chapters and pages in parallel, each in a process of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import nbformat

from personomics.book import notebooks, pages, units
from personomics.book.forks import ForkError, Forks
from personomics.book.fresh import Kept, Record, changes, record_of
from personomics.book.inputs import CODE, Inputs, sha
from personomics.book.record import ROOT, read
from personomics.book.site import BuildError

EXECUTED = "executed.ipynb"


class Making:
    """The making of pages by forked processes.

    Parameters
    ----------
    forks : Forks
        The parent that has imported everything.
    kept : Kept
        Where finished pages are kept.
    now : Inputs
        The present state.
    sockets : Path
        An empty folder with a short name.
    jobs : int
        Processes at work at the same time.
    """

    def __init__(
        self, forks: Forks, kept: Kept, now: Inputs, sockets: Path, jobs: int
    ) -> None:
        self.forks, self.kept, self.now, self.sockets = forks, kept, now, sockets
        self._limit = asyncio.Semaphore(jobs)
        self._runs: dict[str, notebooks.Run] = {}
        self.executed: dict[str, Any] = {}
        self.records: dict[str, Record] = {}

    async def all(self, stale: Collection[str], chapters: Iterable[str]) -> None:
        """Make pages: chapters first, the longest first of all, then the others."""
        wanted = [name for name in chapters if name in stale]
        wanted.sort(key=lambda name: -(ROOT / f"{name}.ipynb").stat().st_size)
        others = [n for n in stale if n not in wanted and n not in pages.CHECKLISTS]
        work = [self.chapter(name) for name in wanted]
        await notebooks.together([*work, *(self.page(name) for name in others)])

    async def chapter(self, name: str) -> None:
        """Execute a chapter; its figures are drawn later, by :meth:`figures`."""
        from personomics.book import kernels

        aside = self.kept.aside(name)
        async with self._limit:
            manager = kernels.manager(
                self.forks, self.sockets, aside / units.LOG, self.now.data
            )
            run = notebooks.Run(ROOT / f"{name}.ipynb", manager)
            self.executed[name] = await run.execute()
        notes = read(aside / units.LOG)
        self.records[name] = record_of(notes, self.now, f"{name}.ipynb{CODE}")
        self._runs[name] = run

    async def page(self, name: str) -> None:
        """Make a page that is no chapter, and keep it."""
        aside = self.kept.aside(name)
        built = {
            page: str(self.kept.place(page) / units.TEXT)
            for page in (pages.GENERATED if name in pages.CHECKLISTS else ())
        }
        self.now.made |= {page: sha(Path(built[page]).read_bytes()) for page in built}
        async with self._limit:
            await self._call("make", name, name=name, built=built)
        self.records[name] = record_of(read(aside / units.LOG), self.now)
        self.kept.keep(name, self.records[name])

    async def lineage(self, provenance: dict[str, Any]) -> Record:
        """Make the page on how the book hangs together, unless it is as it was."""
        # Digests are no part of the page: it changes when it is made from other things.
        found = {
            page: {k: v for k, v in about.items() if k not in ("inputs", "digest")}
            for page, about in provenance["pages"].items()
        }
        text = json.dumps({**provenance, "pages": found}, sort_keys=True)
        self.now.made["*"] = sha(text)
        record = self.kept.record(pages.LINEAGE)
        if record and not changes(record.inputs, self.now):
            return record
        aside = self.kept.aside(pages.LINEAGE)
        units.put(aside / "provenance.json", text)
        await self._call(
            "hang_together", pages.LINEAGE, provenance=str(aside / "provenance.json")
        )
        record = record_of(read(aside / units.LOG), self.now, "page *")
        self.kept.keep(pages.LINEAGE, record)
        return record

    async def _call(self, function: str, page: str, **words: Any) -> None:
        aside = self.kept.unfinished(page)
        try:
            await self.forks.call(
                f"{units.__name__}:{function}", aside / "error.txt",
                folder=str(aside), home=str(self.now.data), **words,
            )  # fmt: skip
        except ForkError as error:
            msg = f"{page} could not be made:\n{error}"
            raise BuildError(msg) from error

    async def figures(self) -> None:
        """Draw the figures of the chapters that were executed, and keep these."""
        version = self.now.descriptor["version"]
        for name, run in self._runs.items():
            aside = self.kept.unfinished(name)
            folder = str(aside / units.FIGURES)
            code = f"from {units.__name__} import draw\ndraw({folder!r}, {version!r})"
            await run.finish(code)
            text = nbformat.writes(self.executed[name], version=4)
            units.put(aside / EXECUTED, text)
            self.kept.keep(name, self.records[name])

    def notebook(self, name: str) -> Any:
        """Return a chapter as it was executed, now or in an earlier build."""
        if name not in self.executed:
            place = self.kept.place(name) / EXECUTED
            self.executed[name] = notebooks.read(place)
        return self.executed[name]

    def record(self, name: str) -> Record:
        """Return the record of a page, made now or in an earlier build."""
        if name not in self.records:
            found = self.kept.record(name)
            assert found
            self.records[name] = found
        return self.records[name]
