"""Every figure of the book, drawn once and written as SVG and PNG."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from personomics.book.notebooks import write_text
from personomics.dataset import Dataset
from personomics.style import Figure, with_alt

#: Modules whose functions named ``*_figure`` draw the figures of the book.
MODULES = ("screening", "prisma", "extraction", "conceptmap", "cases", "power", "agenda")


def drawn(ds: Dataset) -> Iterator[Figure]:
    """Yield every figure of the book for a dataset."""
    for name in MODULES:
        module = importlib.import_module(f"personomics.{name}")
        for key in sorted(vars(module)):
            function = getattr(module, key)
            if key.endswith("_figure") and function.__module__ == module.__name__:
                yield function(ds)


def write_all(ds: Dataset, folder: Path) -> list[str]:
    """Write every figure to a folder, remove files of figures that are gone.

    Returns
    -------
    list of str
        Names of the figures, sorted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = set()
    for figure in drawn(ds):
        if figure.name in names:
            msg = f"two figures have the name {figure.name!r}; give one another name"
            raise ValueError(msg)
        names.add(figure.name)
        svg = with_alt(figure.svg, figure.name, figure.alt).rstrip() + "\n"
        write_text(folder / f"{figure.name}.svg", svg)
        write_text(folder / f"{figure.name}.png", figure.png)
    for path in folder.iterdir():
        if path.suffix in (".svg", ".png") and path.stem not in names:
            path.unlink()
    return sorted(names)
