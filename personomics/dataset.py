"""Find, check and load a data folder into one frozen :class:`Dataset`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from personomics import checks, checks_search, schema
from personomics.tables import Problem, Table

DEFAULT = schema.CONTRACT.parent
VARIABLE = "PERSONOMICS_DATA"


class InvalidDataError(ValueError):
    """A data folder does not conform; the message lists every problem, one a line."""

    def __init__(self, folder: Path, problems: list[Problem]) -> None:
        super().__init__(folder, problems)
        self.folder = folder
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A validated data folder; changing a table that it hands out changes a copy.

    Attributes
    ----------
    folder : Path
        Where the data were read.
    descriptor : mapping
        The folder's ``datapackage.json``.
    tables : mapping of str to DataFrame
        One frame per table, columns typed by the schema, rows in file order.
    digest : str
        SHA-256 of every file of the data package, in hexadecimal.

    Examples
    --------
    >>> from personomics import load
    >>> ds = load()
    >>> ds["factors"].loc[0, "label"]
    'Age'
    """

    folder: Path
    descriptor: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    digest: str

    def __getitem__(self, table: str) -> pd.DataFrame:
        """Return one table; an unknown name lists the known ones."""
        try:
            # Costs nothing: pandas copies only what is then changed.
            return self.tables[table].copy(deep=False)
        except KeyError:
            known = ", ".join(self.tables)
            msg = f"no table {table!r}; tables are: {known}"
            raise KeyError(msg) from None

    @property
    def title(self) -> str:
        """Title of the dataset."""
        return str(self.descriptor["title"])

    @property
    def version(self) -> str:
        """Version of the data (not of the code)."""
        return str(self.descriptor["version"])

    @property
    def stamp(self) -> str:
        """Short mark of data version and digest, as shown in the footer."""
        return f"{self.version} ({self.digest[:12]})"

    @property
    def paper(self) -> Mapping[str, Any]:
        """What is known of the paper that the data are held against."""
        return dict(self.descriptor["personomics:paper"])

    @cached_property
    def consensus(self) -> str:
        """Identifier of the rater that stands for the consensus."""
        raters = self["raters"]
        return str(raters.loc[raters["role"] == "consensus", "rater_id"].iloc[0])

    def codes(self, scheme: str) -> dict[str, str]:
        """Return the codes of a codebook scheme in order, with their definitions."""
        book = self["codebook"]
        rows = book[book["scheme"] == scheme].sort_values("position")
        return dict(zip(rows["code"], rows["definition"].fillna(""), strict=True))

    def statement(self, step: str) -> str:
        """Return the provenance sentence of a step, or an empty string."""
        rows = self["provenance"]
        found = rows.loc[rows["step"] == step, "statement"]
        return str(found.iloc[0]) if len(found) else ""


def folder_in_use() -> Path:
    """Return the folder named by ``PERSONOMICS_DATA``, or the shipped data."""
    named = os.environ.get(VARIABLE, "").strip()
    return Path(named).expanduser().resolve() if named else DEFAULT


def load(folder: str | Path | None = None) -> Dataset:
    """Load a data folder after checking all of it.

    Parameters
    ----------
    folder : str or Path, optional
        The folder; by default the one in ``PERSONOMICS_DATA``, else the shipped data.

    Returns
    -------
    Dataset
        All tables, or nothing.

    Raises
    ------
    InvalidDataError
        If anything is wrong; the message is what ``personomics validate`` prints.
    """
    path = Path(folder).resolve() if folder is not None else folder_in_use()
    descriptor, tables, problems = checks.read(path)
    if problems:
        raise InvalidDataError(path, problems)
    frames = {name: to_frame(table) for name, table in tables.items()}
    return Dataset(path, descriptor, MappingProxyType(frames), digest(path, descriptor))


def report(folder: str | Path) -> dict[str, Any]:
    """Return what is to say about a data folder, for ``personomics validate``.

    Returns
    -------
    dict
        folder, valid, tables and rows (counts), version, digest (only of a valid
        folder) and problems, each with file, row, column, what, allowed and line.
    """
    descriptor, tables, problems = checks.read(folder)
    listed = [{**asdict(problem), "line": str(problem)} for problem in problems]
    return {
        "folder": str(folder),
        "valid": not problems,
        "tables": len(tables),
        "rows": sum(len(table.records) for table in tables.values()),
        "version": descriptor.get("version") if tables else None,
        "digest": None if problems else digest(Path(folder), descriptor),
        "problems": listed,
    }


#: Type of a table's cells: the type of the frame's column, and how to read a cell.
KINDS: dict[str, tuple[str, Callable[[str], object]]] = {
    "string": ("str", str),
    "integer": ("Int64", int),
    "number": ("Float64", float),
    "boolean": ("boolean", "true".__eq__),
}


def to_frame(table: Table) -> pd.DataFrame:
    """Turn checked text into a typed frame; empty cells become missing values."""
    columns = {}
    for spec in table.fields:
        kind, read = KINDS[spec["type"]]
        cells = [record[spec["name"]] for record in table.records]
        values = [read(cell) if cell else None for cell in cells]
        columns[spec["name"]] = pd.Series(values, dtype=kind)
    return pd.DataFrame(columns)


def digest(folder: Path, descriptor: Mapping[str, Any]) -> str:
    """Return the SHA-256 over names and bytes of every file of a data package."""
    names = [schema.DESCRIPTOR, *schema.contract()["personomics:files"]]
    names += [resource["path"] for resource in descriptor["resources"]]
    names += checks_search.kept_files(folder)
    total = hashlib.sha256()
    for name in sorted(names):
        data = (folder / name).read_bytes()
        total.update(f"{name}\0{len(data)}\0".encode())
        total.update(data)
    return total.hexdigest()
