"""Every figure of the book, drawn once and written as SVG, PNG and CSV."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

from personomics.dataset import Dataset
from personomics.figure_files import mark_png, mark_svg
from personomics.files import update
from personomics.style import Figure

KINDS = (".svg", ".png", ".csv")
#: Where functions that draw stand.
PACKAGES = ("personomics", "personomics.power", "personomics.engagement")
#: A function that draws a figure, of the data or of formulas alone.
Maker = Callable[..., Figure]


def functions() -> Iterator[Maker]:
    """Yield every function named ``*_figure`` that needs the data or nothing."""
    for package in PACKAGES:
        for found in pkgutil.iter_modules(importlib.import_module(package).__path__):
            if found.ispkg:
                continue
            module = importlib.import_module(f"{package}.{found.name}")
            for name, value in sorted(vars(module).items()):
                ours = getattr(value, "__module__", "") == module.__name__
                if ours and name.endswith("_figure") and inspect.isfunction(value):
                    needed = needs(value)
                    if needed in ([], ["ds"]):
                        yield value


def needs(function: Maker) -> list[str]:
    """Return the parameters of a function that have no default."""
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.default is p.empty]


def draw(function: Maker, ds: Dataset) -> Figure:
    """Return the figure that a function draws."""
    return function(ds) if needs(function) else function()


def maker_name(function: Maker) -> str:
    """Return a function as module and name.

    >>> from personomics.cases import matrix_figure
    >>> maker_name(matrix_figure)
    'personomics.cases:matrix_figure'
    """
    return f"{function.__module__}:{function.__name__}"


def drawn(ds: Dataset) -> Iterator[Figure]:
    """Yield every figure of the book for a dataset."""
    for function in functions():
        yield draw(function, ds)


def figure_files(figure: Figure, version: str, maker: str) -> dict[str, bytes]:
    """Return the files of a figure by name; the pictures carry a mark.

    Parameters
    ----------
    figure : Figure
        The figure.
    version : str
        Version of the data.
    maker : str
        The function that drew it, as :func:`maker_name` says it.

    Returns
    -------
    dict of str to bytes
        NAME.svg, NAME.png and NAME.csv. What the marks say is read by
        :func:`personomics.figure_files.read_mark`.
    """
    rows = figure.csv
    mark = {
        "title": figure.title,
        "data-version": version,
        "data-digest": f"sha256:{hashlib.sha256(rows).hexdigest()}",
        "drawn-by": maker,
    }
    contents = (mark_svg(figure.file, mark).encode(), mark_png(figure.png, mark), rows)
    return {f"{figure.name}{k}": c for k, c in zip(KINDS, contents, strict=True)}


def write_all(ds: Dataset, folder: Path, *, sweep: bool = False) -> list[str]:
    """Write every figure to a folder.

    Parameters
    ----------
    ds : Dataset
        The data.
    folder : Path
        Where the files go.
    sweep : bool
        Remove files of figures that are gone; only in a folder that is ours.

    Returns
    -------
    list of str
        Names of the figures, sorted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = set()
    for function in functions():
        figure = draw(function, ds)
        if figure.name in names:
            msg = f"two figures have the name {figure.name!r}; give one another name"
            raise ValueError(msg)
        names.add(figure.name)
        files = figure_files(figure, ds.version, maker_name(function))
        for name, content in files.items():
            update(folder / name, content)
    for path in folder.iterdir() if sweep else ():
        if path.suffix in KINDS and path.stem not in names:
            path.unlink()
    return sorted(names)
