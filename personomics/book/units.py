"""Make one page, or finish one chapter, in a process of its own.

These functions are called in processes that :mod:`personomics.book.forks` forks.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from personomics.book import record
from personomics.dataset import InvalidDataError, load

TEXT, FILES, FIGURES, LOG = "page.md", "files", "figures", "used.jsonl"


def warm() -> list[list[Any]]:
    """Do once what every process would do first: load the data, draw a chart.

    Drawing finds the fonts and imports the rest of matplotlib.

    Returns
    -------
    list
        The problems of the data, each as the fields of a ``Problem``.
    """
    from matplotlib.figure import Figure

    chart = Figure(figsize=(1, 1), layout="constrained")
    axes = chart.subplots()
    axes.bar([0, 1], [1, 2])
    axes.set_title("warm", weight="bold")
    for kind in ("svg", "png"):
        chart.savefig(io.BytesIO(), format=kind)
    try:
        load()
    except InvalidDataError as error:
        return [list(astuple(problem)) for problem in error.problems]
    return []


class Made(Mapping[str, str]):
    """Texts of the generated pages, read when asked for and noted as used.

    Parameters
    ----------
    places : mapping
        Files of the texts by the names of the pages.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> str:
        path = Path(self._places[name])
        sys.audit("personomics.page", name)
        return path.read_text(encoding="utf-8")

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def make(name: str, folder: str, home: str, built: Mapping[str, str]) -> None:
    """Make one page that is no chapter.

    Parameters
    ----------
    name : str
        The page, "reference/factors".
    folder : str
        Where its text, its files and the notes go. Its figures are drawn by the
        chapters that show them.
    home : str
        The data folder in use.
    built : mapping
        Files of the texts of the pages that it may refer to, by name.
    """
    recorder = record.begin(Path(folder) / LOG, Path(home))
    ds = load()
    from personomics.book import pages, written

    recorder.start()
    if name in (*pages.GENERATED, *pages.COLLECTIONS, *pages.CHECKLISTS):
        text, files = pages.make(name, ds, Made(built)), pages.extras(name, ds)
    else:
        text, files = written.filled(ds, record.ROOT / f"{name}.md"), {}
    recorder.note_modules()
    recorder.stop()
    put(Path(folder) / TEXT, text)
    for place, content in files.items():
        put(Path(folder) / FILES / place, content)


def hang_together(folder: str, home: str, provenance: str) -> None:
    """Make the page on how the book hangs together.

    Parameters
    ----------
    folder, home : str
        As for :func:`make`.
    provenance : str
        File of the record of all other pages.
    """
    recorder = record.begin(Path(folder) / LOG, Path(home))
    recorder.start()
    from personomics.book import lineage

    text = lineage.page(json.loads(Path(provenance).read_bytes()))
    recorder.note_modules()
    recorder.stop()
    put(Path(folder) / TEXT, text)


def draw(folder: str, version: str) -> None:
    """Write the files of every figure that this process has made."""
    if not (recorder := record.current()).figures:
        return
    recorder.stop()
    from personomics.book.figures import figure_files

    for _, (figure, maker) in sorted(recorder.figures.items()):
        for name, content in figure_files(figure, version, maker).items():
            put(Path(folder) / name, content)


def put(path: Path, content: str | bytes) -> None:
    """Write a file into a folder that nobody looks at before it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
