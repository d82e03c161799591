"""One bibliographic record as every source gives it, and records as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

#: Between the values of a column that holds several.
SEPARATOR = "; "


@dataclass(frozen=True, kw_only=True)
class Record:
    """A bibliographic record; every value is text, empty where the source is silent.

    Attributes
    ----------
    record_id : str
        What the source calls the record; its PMID where it comes from PubMed.
    title : str
        Title without mark-up.
    authors : str
        "Family Initials" of each author, in order, separated by :data:`SEPARATOR`.
    year : str
        Year of publication, four digits.
    journal, volume, issue, pages : str
        Where it was published.
    doi, pmid, pmcid : str
        Identifiers: the DOI in lower case and without a resolver address, the PMID as
        digits, the PMCID with its letters.
    languages, types, mesh, keywords : str
        Several values each, separated by :data:`SEPARATOR`.
    notices : str
        Retractions, errata and the like: "RetractionIn 12345678".
    abstract : str
        May be copyright of the publisher: never written into a snapshot.
    """

    record_id: str
    title: str = ""
    authors: str = ""
    year: str = ""
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    languages: str = ""
    types: str = ""
    mesh: str = ""
    keywords: str = ""
    notices: str = ""
    abstract: str = ""


#: Columns of a records file: all but the abstract.
COLUMNS = tuple(f.name for f in fields(Record) if f.name != "abstract")


def to_csv(records: Iterable[Record]) -> str:
    """Return records as the text of a CSV file, one row each, without abstracts.

    Line breaks inside a value become blanks, so that a row is a line.

    >>> print(to_csv([Record(record_id="1", title="Age")]).splitlines()[1][:6])
    1,Age,
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in records:
        writer.writerow([" ".join(getattr(record, name).split()) for name in COLUMNS])
    return file.getvalue()


def read_csv(path: Path) -> Iterator[Record]:
    """Yield the records of a file written by :func:`to_csv`.

    Raises
    ------
    ValueError
        If the header is not :data:`COLUMNS`, or a row has more or fewer cells.
    """
    before = csv.field_size_limit(max(csv.field_size_limit(), path.stat().st_size))
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            if tuple(next(reader, ())) != COLUMNS:
                columns = ",".join(COLUMNS)
                msg = f"{path}:1: is no records file; its columns are: {columns}"
                raise ValueError(msg)
            # All at once: the limit is Python's own, and others may set it meanwhile.
            rows = [row for row in reader if row]
    finally:
        csv.field_size_limit(before)
    for number, row in enumerate(rows, 2):
        if len(row) != len(COLUMNS):
            msg = f"{path}:{number}: has {len(row)} cells, not {len(COLUMNS)}"
            raise ValueError(msg)
        yield Record(**dict(zip(COLUMNS, row, strict=True)))
