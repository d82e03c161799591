"""Find, check and load a data folder into one frozen :class:`Dataset`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from personomics import checks
from personomics.folder import (
    DEFAULT,
    VARIABLE,
    InvalidDataError,
    digest,
    folder_in_use,
    state,
)
from personomics.tables import Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DEFAULT", "VARIABLE", "Dataset", "InvalidDataError", "folder_in_use", "load",
    "report",
]  # fmt: skip


class Watched(Mapping[str, Any]):
    """A descriptor that tells the interpreter's auditors which part is read."""

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self._parts = parts

    def __getitem__(self, key: str) -> Any:
        sys.audit("personomics.descriptor", key)
        return self._parts[key]

    def __iter__(self) -> Iterator[str]:
        sys.audit("personomics.descriptor", "")
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A validated data folder; changing a table that it hands out changes a copy.

    Whatever is read from it raises an audit event (:func:`sys.audit`), so that the
    build of the book can note what a page was made from: ``personomics.table`` with
    the name of a table, ``personomics.descriptor`` with a key of the descriptor,
    ``personomics.digest`` and ``personomics.folder``.

    Attributes
    ----------
    home : Path
        Where the data were read; read as ``folder``.
    descriptor : mapping
        The folder's ``datapackage.json``.
    tables : mapping of str to DataFrame
        One frame per table, columns typed by the schema, rows in file order.
    fingerprint : str
        SHA-256 of every file of the data package, in hexadecimal; read as ``digest``.

    Examples
    --------
    >>> from personomics import load
    >>> ds = load()
    >>> ds["factors"].loc[0, "label"]
    'Age'
    """

    home: Path
    descriptor: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    fingerprint: str

    def __getitem__(self, table: str) -> pd.DataFrame:
        """Return one table; an unknown name lists the known ones."""
        sys.audit("personomics.table", table)
        try:
            # Costs nothing: pandas copies only what is then changed.
            return self.tables[table].copy(deep=False)
        except KeyError:
            known = ", ".join(self.tables)
            msg = f"no table {table!r}; tables are: {known}"
            raise KeyError(msg) from None

    def columns(self, table: str, *names: str) -> pd.DataFrame:
        """Return some columns of a table: what is made from them depends on no other.

        The audit event is ``personomics.columns`` with the table and the names.
        """
        sys.audit("personomics.columns", table, *names)
        return self.tables[table][list(names)].copy(deep=False)

    @property
    def folder(self) -> Path:
        """Where the data were read."""
        sys.audit("personomics.folder")
        return self.home

    @property
    def digest(self) -> str:
        """SHA-256 of every file of the data package, in hexadecimal."""
        sys.audit("personomics.digest")
        return self.fingerprint

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

    @property
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
    return loaded(path, state(path))


@functools.lru_cache(maxsize=4)
def loaded(path: Path, _: str) -> Dataset:
    """Return a data folder in the given state: the same bytes are read once."""
    descriptor, tables, problems = checks.read(path)
    if problems:
        raise InvalidDataError(path, problems)
    frames = {name: to_frame(table) for name, table in tables.items()}
    mark = digest(path, descriptor)
    return Dataset(path, Watched(descriptor), MappingProxyType(frames), mark)


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
    import pandas as pd

    made: Any = pd.array  # typed for each kind by itself
    columns = {}
    for spec in table.fields:
        kind, read = KINDS[spec["type"]]
        cells = [record[spec["name"]] for record in table.records]
        values = [read(cell) if cell else None for cell in cells]
        columns[spec["name"]] = made(values, dtype=kind)
    return pd.DataFrame(columns)
