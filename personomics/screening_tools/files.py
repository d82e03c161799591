"""Open an export of a screening tool: CSV, RIS or zip, as records of text."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from personomics.tables import one_line
from personomics.words import uninert

#: Bytes of a file, or of a file in a zip, at most.
LARGEST = 300_000_000
#: The files in a zip of Rayyan.
LOG, TABLE = "customizations_log.csv", "articles.csv"
Cells = Mapping[str, str]


def contents(path: Path) -> tuple[str, str]:
    """Return the text of an export, and of Rayyan's log where it comes with one."""
    if not zipfile.is_zipfile(path):
        if path.stat().st_size > LARGEST:
            msg = f"{path.name}: is larger than {LARGEST:,} bytes; export it in parts"
            raise ValueError(msg)
        return decoded(path.read_bytes(), path.name), ""
    with zipfile.ZipFile(path) as archive:
        sizes = {
            i.filename: i.file_size
            for i in archive.infolist()
            if not i.is_dir() and not i.filename.startswith("__MACOSX/")
        }
        names = {n: PurePosixPath(n).name.lower() for n in sizes}
        found = [n for n, last in names.items()
                 if last.endswith((".csv", ".ris")) and last != LOG]  # fmt: skip
        found = [n for n in found if names[n] == TABLE] or found
        if len(found) != 1:
            listed = one_line(", ".join(found[:6])) or "none"
            msg = f"{path.name}: should hold one CSV or RIS file of records; it holds: "
            raise ValueError(msg + listed + "; unpack it and name the file")
        logs = [n for n, last in names.items() if last == LOG]
        texts = []
        for name in [*found, *logs[:1]]:
            if sizes[name] > LARGEST:
                msg = f"{path.name}: {name} is larger than {LARGEST:,} bytes"
                raise ValueError(msg)
            try:
                data = archive.read(name)
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
                msg = f"{path.name}: {name} cannot be unpacked: {error}"
                raise ValueError(msg) from error
            texts.append(decoded(data, name))
    return texts[0], "".join(texts[1:])


def decoded(data: bytes, name: str) -> str:
    """Return bytes as text with line feeds."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{name}: is not UTF-8 (byte {error.start}); save it as 'CSV UTF-8'"
        raise ValueError(msg) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def csv_rows(text: str, name: str) -> Iterator[tuple[str, Cells, list[str]]]:
    """Yield place, cells by lower-case column, and notes of each record of a CSV."""
    head = text.split("\n", 1)[0]
    mark = max(",;\t", key=head.count)
    before = csv.field_size_limit(max(len(text), 1))
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
        columns = [c.strip().lower() for c in next(reader, [])]
        if "title" not in columns and "primary_title" not in columns:
            msg = f"{name}:1: is no table with a column title, nor a RIS file"
            raise ValueError(msg)
        for cells in reader:
            if len(cells) > len(columns):
                msg = f"{name}:{reader.line_num}: has {len(cells)} cells; "
                raise ValueError(msg + f"allowed: {len(columns)}, as in the header")
            if cells:
                row = dict(zip(columns, map(uninert, cells), strict=False))
                place = f"line {reader.line_num}"
                yield place, row, [row.get("notes", "")]
    except csv.Error as error:
        msg = f"{name}:{reader.line_num}: is no CSV from here on ({error})"
        raise ValueError(msg) from error
    finally:
        csv.field_size_limit(before)


def ris_rows(text: str, name: str) -> Iterator[tuple[str, Cells, list[str]]]:
    """Yield place, cells and notes of each record of a RIS file."""
    import rispy

    entries = rispy.loads(text)
    there = len(re.findall(r"^TY\s{1,2}-", text, re.MULTILINE))
    if len(entries) != there:
        msg = f"{name}: begins {there} records (TY), but only {len(entries)} can be "
        raise ValueError(msg + "read to their end (ER); export it again")
    for number, entry in enumerate(entries, 1):
        notes = [str(note) for note in entry.get("notes", [])]
        row = {key: value for key, value in entry.items() if isinstance(value, str)}
        row["title"] = row.get("title") or row.get("primary_title", "")
        row["abstract"] = row.get("abstract") or row.get("notes_abstract", "")
        row["url"] = " ".join(entry.get("urls", []))
        yield f"record {number}", row, notes
