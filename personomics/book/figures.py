"""Every figure of the book, drawn once and written as SVG and PNG."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

import personomics
from personomics.dataset import Dataset
from personomics.files import update
from personomics.style import Figure


def functions() -> Iterator[Callable[[Dataset], Figure]]:
    """Yield every function of the package that is named ``*_figure(ds)``."""
    for found in pkgutil.iter_modules(personomics.__path__):
        if found.ispkg:
            continue
        module = importlib.import_module(f"personomics.{found.name}")
        for name, value in sorted(vars(module).items()):
            ours = getattr(value, "__module__", "") == module.__name__
            if not (ours and name.endswith("_figure") and inspect.isfunction(value)):
                continue
            if next(iter(inspect.signature(value).parameters), "") == "ds":
                yield value


def drawn(ds: Dataset) -> Iterator[Figure]:
    """Yield every figure of the book for a dataset."""
    for function in functions():
        yield function(ds)


def write_all(ds: Dataset, folder: Path, *, sweep: bool = False) -> list[str]:
    """Write every figure to a folder.

    Parameters
    ----------
    ds : Dataset
        The data.
    folder : Path
        Where the files go.
    sweep : bool
        Remove pictures of figures that are gone; only in a folder that is ours.

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
        update(folder / f"{figure.name}.svg", figure.file)
        update(folder / f"{figure.name}.png", figure.png)
    for path in folder.iterdir() if sweep else ():
        if path.suffix in (".svg", ".png") and path.stem not in names:
            path.unlink()
    return sorted(names)
