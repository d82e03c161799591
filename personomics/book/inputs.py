"""The present state of everything that a page of the book may be made from."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from personomics import folder as folders
from personomics import schema
from personomics.book.record import DESCRIPTOR, NAMES, ROOT, WHOLE

CODE, COLUMNS = ": code", "columns of "
PYTHON, LOCK = "Python", "requirements.lock"


class Inputs:
    """Digests of inputs by the names that records give them; each is read once.

    Parameters
    ----------
    data : Path
        The data folder in use.

    Attributes
    ----------
    made : dict
        Digests of pages made so far, by name, for the pages that refer to them.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        self.made: dict[str, str] = {}
        self._known: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        """Return the digest of an input; empty where there is no such thing now."""
        if name.startswith("page "):
            return self.made.get(name.removeprefix("page "), "")
        if name not in self._known:
            self._known[name] = self._digest(name)
        return self._known[name]

    def of(self, names: Iterable[str]) -> dict[str, str]:
        """Return the digests of several inputs."""
        return {name: self[name] for name in sorted(names)}

    @cached_property
    def descriptor(self) -> dict[str, Any]:
        """The descriptor as it is loaded: the folder's, with the one schema."""
        found, _ = schema.read_descriptor(self.data)
        return found

    def columns(self, table: str) -> list[tuple[str, str]]:
        """Return what decides how the cells of a table are read: names and types."""
        found = {one["name"]: one for one in self.descriptor["resources"]}
        fields = found[table]["schema"]["fields"] if table in found else []
        return [(field["name"], field["type"]) for field in fields]

    def look(self) -> None:
        """Take the state of all files now, before anything is made from them.

        A file that is edited while the book is made then counts as changed since.
        """
        package = (ROOT / "personomics").rglob("*.py")
        names = [path.relative_to(ROOT).as_posix() for path in package]
        names += [f"data/{name}" for name in other_files(self.data)]
        for folder, ending in (("chapters", "ipynb"), ("reference", "md")):
            found = (ROOT / folder).glob(f"*.{ending}")
            names += [path.relative_to(ROOT).as_posix() for path in found]
        names += [name + CODE for name in names if name.endswith(".ipynb")]
        for name in [*names, WHOLE, NAMES, LOCK, "index.md"]:
            self[name]

    def _digest(self, name: str) -> str:
        part = name.removeprefix(f"{DESCRIPTOR}: ")
        if name == PYTHON:
            found = platform.python_version()
        elif name == WHOLE:
            found = self._whole()
        elif name == NAMES:
            found = sha(*other_files(self.data))
        elif part != name:
            table = part.removeprefix(COLUMNS)
            what = self.columns(table) if table != part else self.descriptor.get(part)
            found = sha(json.dumps(what, sort_keys=True))
        elif ".csv: " in name:
            found = self._cells(*name.split(": "))
        else:
            found = self._file(name)
        return found

    def _cells(self, name: str, columns: str) -> str:
        try:
            with self.path(name).open(encoding="utf-8", newline="") as file:
                rows = csv.DictReader(file)
                wanted = columns.split(", ")
                return sha(*(row[column] for row in rows for column in wanted))
        except (OSError, ValueError, KeyError, TypeError, csv.Error):
            return ""

    def _whole(self) -> str:
        try:
            return folders.digest(self.data, self.descriptor)
        except OSError:  # told by the check of the data
            return ""

    def _file(self, name: str) -> str:
        path = self.path(name.removesuffix(CODE))
        try:
            if name.endswith(CODE):
                return sha(*code_cells(path))
            return hashlib.sha256(path.read_bytes()).hexdigest()
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def path(self, name: str) -> Path:
        """Return the file that an input's name stands for."""
        below = name.removeprefix("data/")
        return (self.data if below != name else ROOT) / below


def sha(*parts: str | bytes) -> str:
    """Return the SHA-256 over some texts, told apart from one another."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(f"{len(data)}\0".encode())
        total.update(data)
    return total.hexdigest()


def other_files(data: Path) -> list[str]:
    """Return the names of the files below a data folder, hidden ones left out."""
    found = []
    for place, folders_, files in os.walk(data):
        folders_[:] = sorted(name for name in folders_ if not name.startswith("."))
        shown = (os.path.join(place, f) for f in files if not f.startswith("."))
        found += [os.path.relpath(path, data) for path in shown]
    return sorted(found)


def code_cells(chapter: Path) -> list[str]:
    """Return the sources of a notebook's code cells, read without its outputs."""
    cells = json.loads(chapter.read_bytes())["cells"]
    return ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
