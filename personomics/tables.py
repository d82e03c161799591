"""Read CSV files as text, and say what keeps them from being tables.

Nothing is guessed and nothing stops at the first fault: a file is read as far as it
can be, every fault gets its file, row and column, and the cells that could be read
stay available to the checks that follow.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: A byte that is not UTF-8, as :func:`read_text` marks it.
BAD_BYTE = re.compile("[\udc80-\udcff]")
UTF_8 = "UTF-8 (in a spreadsheet, save as 'CSV UTF-8')"


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with a data folder: where, what, and what is allowed.

    Attributes
    ----------
    file : str
        File inside the data folder.
    row : int
        Line of the file, the header being line 1; 0 where the whole file is meant.
    column : str
        Column, or columns separated by a comma; empty where the whole row is meant.
    what, allowed : str
        What is wrong, and what would be right.

    Examples
    --------
    >>> print(Problem("factors.csv", 3, "label", "is empty", "a value"))
    factors.csv:3: label: is empty; allowed: a value
    """

    file: str
    row: int
    column: str
    what: str
    allowed: str = ""

    def __str__(self) -> str:
        place = self.file + (f":{self.row}" if self.row else "")
        column = f": {self.column}" if self.column else ""
        allowed = f"; allowed: {self.allowed}" if self.allowed else ""
        return one_line(f"{place}{column}: {self.what}{allowed}")


@dataclass
class Table:
    """The cells of one CSV file as text, with the file row of each record.

    Iterating gives the sound records. ``records`` also holds those with too few or too
    many cells, so that one such row does not leave every reference to it dangling.
    """

    resource: dict[str, Any]
    header: list[str] = field(default_factory=list)
    records: list[dict[str, str]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    ragged: set[int] = field(default_factory=set)
    whole: bool = False

    @property
    def file(self) -> str:
        """Name of the CSV file inside the data folder."""
        return str(self.resource["path"])

    @property
    def fields(self) -> list[dict[str, Any]]:
        """Field descriptors, in column order."""
        return list(self.resource["schema"]["fields"])

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]]]:
        for row, record in zip(self.rows, self.records, strict=True):
            if row not in self.ragged:
                yield row, record


def one_line(words: str) -> str:
    """Return a text with everything invisible or line-breaking spelled out."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii")
        for c in words
    )


def shown(value: str, limit: int = 60) -> str:
    """Quote a cell for an error message: one line, shortened, nothing invisible.

    >>> shown("Größe")
    "'Größe'"
    """
    return repr(value if len(value) <= limit else value[: limit - 1] + "…")


def guess(value: str, choices: Sequence[str]) -> str:
    """Return a hint at the choice that was probably meant, or an empty string.

    >>> guess("Stable", ["stable", "dynamic"])
    " (did you mean 'stable'?)"
    """
    if len(value) > 60 or len(choices) > 5000:
        return ""
    lower = {choice.lower(): choice for choice in reversed(choices)}
    near = difflib.get_close_matches(value.strip().lower(), list(lower), n=1)
    return f" (did you mean {lower[near[0]]!r}?)" if near else ""


def read_text(folder: Path, name: str) -> tuple[str | None, list[Problem]]:
    """Read a file as text with line feeds; bytes that are not UTF-8 stay as marks.

    Returns
    -------
    str or None
        The text; None where nothing could be read.
    list of Problem
        What is wrong with the file as a file.
    """
    path = folder / name
    if not os.path.isfile(path):
        here = os.listdir(path.parent) if os.access(path.parent, os.R_OK) else []
        like = [f for f in here if f.lower() == path.name.lower() and f != path.name]
        hint = f" (the folder has {like[0]!r})" if like else ""
        what = "is not a file" if os.path.exists(path) else f"file is missing{hint}"
        return None, [Problem(name, 0, "", what, f"a file named {path.name}")]
    try:
        data = path.read_bytes()
    except OSError as error:
        what = f"cannot be opened: {error.strerror}"
        return None, [Problem(name, 0, "", what, "a file that may be read")]
    problems = []
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None, [Problem(name, 1, "", "is not UTF-8 but UTF-16", UTF_8)]
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
        what, allowed = "starts with a byte order mark (BOM)", "UTF-8 without one"
        problems.append(Problem(name, 1, "", what, allowed))
    text = data.decode("utf-8", "surrogateescape")
    if "\r" in text:
        row = text[: text.index("\r")].count("\n") + 1
        what, allowed = "has carriage returns (CRLF)", "line feeds (LF) only"
        problems.append(Problem(name, row, "", what, allowed))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, problems


def bad_byte(text: str) -> str:
    """Say which byte of a marked text is not UTF-8, or return an empty string."""
    found = BAD_BYTE.search(text)
    return f"is not UTF-8 (byte 0x{ord(found[0]) - 0xDC00:02x})" if found else ""


def is_utf8(text: str) -> bool:
    """Say whether no byte of a text is marked."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_table(folder: Path, resource: dict[str, Any]) -> tuple[Table, list[Problem]]:
    """Read one CSV file as text and report what makes it unreadable as a table."""
    table = Table(resource)
    text, problems = read_text(folder, table.file)
    if text is None:
        return table, problems
    marked = not is_utf8(text)  # once a file: cell by cell takes long
    before = csv.field_size_limit(max(len(text), 1))
    try:
        table.whole = True
        for row, cells in records(text, table, problems):
            if not table.header:
                table.header = cells
                problems += check_header(table)
            else:
                add_record(table, row, cells, problems, marked=marked)
    finally:
        csv.field_size_limit(before)
    if not table.header and table.whole:
        problems.append(Problem(table.file, 1, "", "is empty", header_row(table)))
    table.whole = table.whole and bool(table.header)
    return table, problems


def records(
    text: str, table: Table, problems: list[Problem]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the row and the cells of every record until the file makes no sense."""
    if mark := other_separator(text, table):
        what = f"cells are separated by {mark!r}"
        problems.append(Problem(table.file, 1, "", what, "a comma"))
        table.whole = False
        return
    reader = csv.reader(io.StringIO(text, newline="\n"), strict=True)
    start = 1
    try:
        for cells in reader:
            row, start = start, reader.line_num + 1
            if cells:
                yield row, cells
            else:
                what = "is an empty line"
                problems.append(Problem(table.file, row, "", what, "no empty lines"))
    except csv.Error as error:
        unclosed = "unexpected end" in str(error)
        what = (
            "has a quotation mark that opens a cell and is never closed"
            if unclosed
            else "has text after the quotation mark that closes a cell"
        )
        allowed = 'cells such as "a, b", with "" for a quotation mark inside'
        problems.append(Problem(table.file, start, "", what, allowed))
        table.whole = False


def other_separator(text: str, table: Table) -> str:
    """Return the separator a spreadsheet wrote instead of the comma, or nothing."""
    first = text.split("\n", 1)[0]
    names = [spec["name"] for spec in table.fields]
    for mark in (";", "\t", "|"):
        parts = [part.strip('" ') for part in first.split(mark)]
        if len(parts) > 1 and len(set(parts) & set(names)) > 1:
            return mark
    return ""


def add_record(
    table: Table, row: int, cells: list[str], problems: list[Problem], *, marked: bool
) -> None:
    """Add one record to a table; report wrong lengths and, if marked, bad bytes."""
    width = len(table.header)
    if marked:
        for name, cell in zip(table.header, cells, strict=False):
            if what := bad_byte(cell):
                problems.append(Problem(table.file, row, name, what, UTF_8))
        cells = [BAD_BYTE.sub("\ufffd", cell) for cell in cells]
    if len(cells) != width:
        what = f"has {len(cells)} cell{'s' * (len(cells) != 1)}"
        if len(cells) > width:
            what += " (a cell with a comma needs quotation marks)"
        allowed = f"{width}, as in the header"
        problems.append(Problem(table.file, row, "", what, allowed))
        table.ragged.add(row)
        cells = (cells + [""] * width)[:width]
    table.records.append(dict(zip(table.header, cells, strict=True)))
    table.rows.append(row)


def header_row(table: Table) -> str:
    """Return the header row a table must have, as it stands in the file."""
    return ",".join(spec["name"] for spec in table.fields)


def check_header(table: Table) -> list[Problem]:
    """Report missing, unknown, repeated and misplaced columns."""
    names = [spec["name"] for spec in table.fields]
    header = table.header
    problems = []

    def report(column: str, what: str, allowed: str) -> None:
        problems.append(Problem(table.file, 1, column, what, allowed))

    missing = [name for name in names if name not in header]
    for name in missing:
        report(name, "column is missing", f"columns {', '.join(names)}")
    for place, name in enumerate(header, 1):
        if name and name in header[: place - 1]:
            report(name, "column stands twice", "each column once")
        elif not name.strip():
            report("", f"column {place} has no name", ", ".join(names))
        elif name not in names:
            what = bad_byte(name) or f"unknown column{guess(name, names)}"
            report(shown(name)[1:-1], what, ", ".join(names))
    if not problems and header != names:
        report("", "columns stand in another order", header_row(table))
    return problems
