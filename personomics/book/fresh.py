"""What was made from what, kept from build to build, and what has changed since."""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from personomics.book.inputs import COLUMNS, LOCK, PYTHON, Inputs, sha
from personomics.book.record import DESCRIPTOR, module_file
from personomics.files import ASIDE

RECORD = "record.json"


@dataclass(frozen=True)
class Record:
    """What one page was made from.

    Attributes
    ----------
    inputs : dict
        Digests of everything that was used, by name.
    tables : dict
        Tables that were read, by the figure function that read them; those read
        outside any figure stand under the empty name.
    columns : dict
        Columns that were read of tables that were not read as a whole.
    figures : dict
        Functions, "module:function", by the names of the figures they drew.
    """

    inputs: dict[str, str]
    tables: dict[str, list[str]]
    columns: dict[str, list[str]]
    figures: dict[str, str]

    @property
    def all_tables(self) -> list[str]:
        """Names of every table that was read."""
        return sorted({name for names in self.tables.values() for name in names})

    @property
    def modules(self) -> list[str]:
        """Modules of the package that were imported, as files."""
        return [name for name in self.inputs if name.startswith("personomics/")]

    @property
    def data(self) -> dict[str, str]:
        """Digests of what was used of the data folder."""
        return {k: v for k, v in self.inputs.items() if k.startswith("data")}


def record_of(notes: Iterable[Sequence[str]], now: Inputs, *more: str) -> Record:
    """Return the record of a page.

    Parameters
    ----------
    notes : iterable of sequences
        What a :class:`personomics.book.record.Recorder` noted.
    now : Inputs
        The present state.
    more : str
        Inputs that are read by somebody else on behalf of the page.
    """
    paths = {one["name"]: f"data/{one['path']}" for one in now.descriptor["resources"]}
    names, whole, figures = {LOCK, PYTHON, *more}, set(), {}
    tables: dict[str, set[str]] = defaultdict(set)
    columns: dict[str, set[str]] = defaultdict(set)
    for kind, name, *rest in notes:
        if kind == "module":
            names.add(module_file(name))
        elif kind == "table":
            names |= {paths.get(name, name), f"{DESCRIPTOR}: {COLUMNS}{name}"}
            tables[rest[0]].add(name)
            whole.add(name)
        elif kind == "columns":
            tables[rest[0]].add(name)
            columns[name] |= set(rest[1:])
        elif kind == "part":
            names.add(f"{DESCRIPTOR}: {name}" if name else DESCRIPTOR)
        elif kind == "page":
            names.add(f"page {name}")
        elif kind == "figure":
            figures[name] = rest[0]
        else:
            names.add(name)
    parts = {n: sorted(c) for n, c in sorted(columns.items()) if n not in whole}
    for name, found in parts.items():
        names |= {
            f"{paths[name]}: {', '.join(found)}",
            f"{DESCRIPTOR}: {COLUMNS}{name}",
        }
    by_maker = {maker: sorted(found) for maker, found in sorted(tables.items())}
    return Record(now.of(names), by_maker, parts, dict(sorted(figures.items())))


class Kept:
    """Pages made by earlier builds, each with its record, in a folder.

    Parameters
    ----------
    folder : Path
        Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, name: str) -> Path:
        """Return the folder of a page."""
        return self.folder / name.replace("/", "--")

    def unfinished(self, name: str) -> Path:
        """Return the folder in which a page is being made."""
        return self.folder / (ASIDE + self.place(name).name)

    def aside(self, name: str) -> Path:
        """Return an empty folder in which a page can be made."""
        aside = self.unfinished(name)
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        return aside

    def keep(self, name: str, record: Record) -> None:
        """Take a page that was made aside, with its record."""
        place, aside = self.place(name), self.unfinished(name)
        text = json.dumps(asdict(record), indent=1, sort_keys=True)
        (aside / RECORD).write_text(text, encoding="utf-8")
        forget(place)
        os.replace(aside, place)

    def record(self, name: str) -> Record | None:
        """Return the record of a page, or nothing where there is none to trust."""
        try:
            found: dict[str, Any] = json.loads((self.place(name) / RECORD).read_bytes())
            return Record(**found)
        except (OSError, ValueError, TypeError):
            return None

    def digest(self, name: str, file: str) -> str:
        """Return the digest of what was made, for pages that refer to it."""
        path = self.place(name) / file
        return sha(path.read_bytes()) if path.is_file() else ""

    def changed(self, name: str, now: Inputs) -> list[str] | None:
        """Return the inputs of a page that have changed; nothing if it was not made."""
        if (record := self.record(name)) is None:
            return None
        return changes(record.inputs, now)

    def sweep(self, names: Collection[str]) -> None:
        """Delete pages that are no longer in the book, and what was left unfinished."""
        wanted = {self.place(name) for name in names}
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            if path not in wanted and path.is_dir():
                forget(path)


def forget(place: Path) -> None:
    """Delete a page, its record first: a page that is there in part is not trusted."""
    (place / RECORD).unlink(missing_ok=True)
    shutil.rmtree(place, ignore_errors=True)


def changes(before: dict[str, str], now: Inputs) -> list[str]:
    """Return the names of the inputs that are not as they were."""
    return [name for name, digest in sorted(before.items()) if now[name] != digest]
