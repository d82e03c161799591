"""Execute chapters and write them so that nothing but their content can differ."""

from __future__ import annotations

import asyncio
import copy
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat

from personomics.dataset import VARIABLE, folder_in_use
from personomics.files import update

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
ANSI = re.compile(r"\x1b\[[0-9;]*m")


class ChapterError(RuntimeError):
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


async def run_one(path: Path, limit: asyncio.Semaphore, timeout: int) -> Any:
    """Execute one notebook in a kernel of its own and return it normalised."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    notebook = read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    current = {"cell": 0}

    def note_cell(*, cell_index: int, **_: object) -> None:
        current["cell"] = cell_index

    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        shutdown_kernel="immediate",
        on_cell_execute=note_cell,
        resources={"metadata": {"path": str(path.parent)}},
    )
    async with limit:
        try:
            # A relative folder would mean another one from the chapter's own folder.
            named = {VARIABLE: str(folder_in_use())} if os.environ.get(VARIABLE) else {}
            await client.async_execute(env={**os.environ, **named})
        except (CellExecutionError, CellTimeoutError) as error:
            number = current["cell"]
            source = notebook.cells[number].source.strip().splitlines()
            reason = ANSI.sub("", str(error)).strip().splitlines()[-1]
            msg = (
                f"{path.name}: cell {number + 1} ({notebook.cells[number]['id']}) "
                f"failed: {reason}\n  first line of the cell: {source[0]}"
            )
            raise ChapterError(msg) from None
    return normalise(notebook)


def execute(paths: Iterable[Path], jobs: int = 3, timeout: int = 300) -> list[Any]:
    """Execute notebooks in parallel and return them in the order given.

    Raises
    ------
    ChapterError
        Naming every chapter that failed, its cell and the error.
    """

    async def run_all() -> list[Any]:
        # nbclient would take Ctrl-C for itself and end one kernel only.
        loop: Any = asyncio.get_running_loop()
        loop.add_signal_handler = lambda *_: None
        limit = asyncio.Semaphore(jobs)
        tasks = [run_one(path, limit, timeout) for path in paths]
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = asyncio.run(run_all())
    failed = [r for r in results if isinstance(r, BaseException)]
    for error in failed:
        if not isinstance(error, ChapterError):
            raise error
    if failed:
        raise ChapterError("\n".join(str(error) for error in failed))
    return results
