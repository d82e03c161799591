"""Execute chapters and write them so that nothing but their content can differ."""

from __future__ import annotations

import asyncio
import atexit
import copy
import re
from collections.abc import Awaitable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import nbformat

from personomics.book.forks import run
from personomics.book.site import BuildError
from personomics.files import update
from personomics.folder import environment

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
T = TypeVar("T")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


class ChapterError(BuildError):
    """A cell of a chapter failed; the message names chapter, cell and error."""


def read(path: Path) -> Any:
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


def prose_cell(name: str, source: str) -> Any:
    """Return a Markdown cell with the given id."""
    cell = nbformat.v4.new_markdown_cell(source)
    cell["id"] = name
    return cell


def normalise(notebook: Any) -> Any:
    """Return a notebook without anything that changes from run to run.

    Cell ids follow the order of the cells; metadata keep only tags and alt texts;
    execution counts follow the order of the code cells.
    """
    clean = copy.deepcopy(notebook)
    clean.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    clean.nbformat, clean.nbformat_minor = 4, 5
    count = 0
    for number, cell in enumerate(clean.cells, 1):
        cell["id"] = f"cell-{number:02d}"
        kept = {k: v for k, v in cell.metadata.items() if k in ("tags", "mystnb")}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count if cell.outputs else None
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = cell.execution_count
    return clean


def write(notebook: Any, path: Path) -> None:
    """Write a notebook aside and rename it into place."""
    text = nbformat.writes(notebook, version=4).rstrip("\n") + "\n"
    update(path, text)


class Run:
    """One chapter and the kernel that it runs in.

    Parameters
    ----------
    path : Path
        The notebook.
    manager : AsyncKernelManager, optional
        The kernel's manager; by default a kernel is started anew.
    timeout : int
        Seconds that one cell may take.
    """

    def __init__(self, path: Path, manager: Any = None, timeout: int = 300) -> None:
        from nbclient import NotebookClient

        self.path = path
        self.notebook = read(path)
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        self._at = 0
        self._client = NotebookClient(
            self.notebook,
            km=manager,
            timeout=timeout,
            kernel_name="python3",
            record_timing=False,
            shutdown_kernel="immediate",
            on_cell_execute=self._note_cell,
            resources={"metadata": {"path": str(path.parent)}},
        )

    def _note_cell(self, *, cell_index: int, **_: object) -> None:
        self._at = cell_index

    async def execute(self) -> Any:
        """Run every cell and return the notebook normalised.

        Raises
        ------
        ChapterError
            Naming the chapter, the cell and the error.
        """
        await self._try(self._client.async_execute(env=environment()))
        return normalise(self.notebook)

    async def _try(self, work: Awaitable[Any]) -> None:
        from nbclient.exceptions import CellExecutionError, CellTimeoutError

        try:
            await work
        # A RuntimeError is a kernel that did not start, or has died.
        except (CellExecutionError, CellTimeoutError, RuntimeError) as error:
            cell = self.notebook.cells[self._at]
            reason = ANSI.sub("", str(error)).strip().splitlines()[-1]
            first = cell.source.strip().splitlines()[0]
            msg = (
                f"{self.path.name}: cell {self._at + 1} ({cell['id']}) failed: "
                f"{reason}\n  first line of the cell: {first}"
            )
            raise ChapterError(msg) from error
        finally:
            # It would look for the kernel once more when Python ends.
            atexit.unregister(self._client._cleanup_kernel)

    async def finish(self, code: str) -> None:
        """Run a last piece of code, which is no part of the chapter, and end."""
        cell = nbformat.v4.new_code_cell(code)
        self.notebook.cells.append(cell)
        place = len(self.notebook.cells) - 1
        await self._try(self._client.async_execute_cell(cell, place))
        await self._client._async_cleanup_kernel()


def execute(paths: Iterable[Path], jobs: int = 3, timeout: int = 300) -> list[Any]:
    """Execute notebooks in parallel, each in a kernel of its own started anew.

    Raises
    ------
    ChapterError
        Naming every chapter that failed, its cell and the error.
    """

    async def run_all() -> list[Any]:
        limit = asyncio.Semaphore(jobs)

        async def one(path: Path) -> Any:
            async with limit:
                return await Run(path, timeout=timeout).execute()

        return await together(one(path) for path in paths)

    return run(run_all())


async def together(work: Iterable[Awaitable[T]]) -> list[T]:
    """Wait for several chapters; report every one that failed, not only the first.

    Raises
    ------
    ChapterError
        With the messages of all chapters that failed.
    """
    results = await asyncio.gather(*work, return_exceptions=True)
    failed = [r for r in results if isinstance(r, BaseException)]
    for error in failed:
        if not isinstance(error, ChapterError):
            raise error
    if failed:
        raise ChapterError("\n".join(str(error) for error in failed))
    return [r for r in results if not isinstance(r, BaseException)]
