"""Check a data folder against the one schema, ``data/datapackage.json``.

The descriptor follows the Frictionless Data Package and Table Schema standards
(https://specs.frictionlessdata.io). Two extra properties are ours:
``personomics:maxWords`` on a field, and ``personomics:files`` on the package for
files that are not tables.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CONTRACT = Path(__file__).resolve().parent.parent / "data" / "datapackage.json"
DESCRIPTOR = "datapackage.json"
SEMANTIC_VERSION = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with a data folder: where, what, and what is allowed."""

    file: str
    row: int
    column: str
    what: str
    allowed: str = ""

    def __str__(self) -> str:
        place = self.file + (f":{self.row}" if self.row else "")
        column = f": {self.column}" if self.column else ""
        allowed = f"; allowed: {self.allowed}" if self.allowed else ""
        return f"{place}{column}: {self.what}{allowed}"


@dataclass
class Table:
    """The cells of one CSV file as text, with the file row of each record."""

    resource: dict[str, Any]
    header: list[str] = field(default_factory=list)
    records: list[dict[str, str]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    @property
    def file(self) -> str:
        """Name of the CSV file inside the data folder."""
        return str(self.resource["path"])

    @property
    def fields(self) -> list[dict[str, Any]]:
        """Field descriptors, in column order."""
        return list(self.resource["schema"]["fields"])

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]]]:
        return iter(zip(self.rows, self.records, strict=True))


def contract() -> dict[str, Any]:
    """Return the schema that every data folder must follow."""
    return dict(json.loads(CONTRACT.read_text(encoding="utf-8")))


def shown(value: str, limit: int = 60) -> str:
    """Quote a cell for an error message: one line, shortened, nothing invisible."""
    text = value if len(value) <= limit else value[: limit - 1] + "…"
    return repr(text)


def read_descriptor(folder: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Read a folder's ``datapackage.json`` and hold it against the contract."""
    wanted = contract()
    path = folder / DESCRIPTOR
    if not path.is_file():
        hint = "copy data/datapackage.json and edit name, title and version"
        return wanted, [Problem(DESCRIPTOR, 0, "", "file is missing", hint)]
    try:
        found = json.loads(path.read_bytes().decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        return wanted, [Problem(DESCRIPTOR, 0, "", f"cannot be read as JSON: {error}")]
    if not isinstance(found, dict):
        return wanted, [Problem(DESCRIPTOR, 0, "", "is not a JSON object")]
    problems = []
    for key in ("name", "title", "version"):
        if not isinstance(found.get(key), str) or not found[key].strip():
            problems.append(Problem(DESCRIPTOR, 0, key, "is missing", "a text"))
    version = found.get("version")
    if isinstance(version, str) and not SEMANTIC_VERSION.fullmatch(version):
        allowed = "a semantic version such as 0.1.0"
        problems.append(
            Problem(DESCRIPTOR, 0, "version", f"is {shown(version)}", allowed)
        )
    paper = found.get("personomics:paper")
    if not isinstance(paper, dict) or not re.fullmatch(
        r"[1-9][0-9]{0,7}", str(paper.get("pmid", ""))
    ):
        problems.append(
            Problem(
                DESCRIPTOR, 0, "personomics:paper", "has no valid pmid", "a PubMed id"
            )
        )
    if found.get("resources") != wanted["resources"]:
        names = [r.get("name") for r in found.get("resources", []) if isinstance(r, dict)]
        for resource in wanted["resources"]:
            if resource["name"] not in names:
                what = f"the table {resource['name']!r} is not described"
            elif resource not in found["resources"]:
                what = f"the table {resource['name']!r} is described differently"
            else:
                continue
            allowed = "the resources of the companion's own data/datapackage.json"
            problems.append(Problem(DESCRIPTOR, 0, "resources", what, allowed))
        for name in names:
            if name not in [r["name"] for r in wanted["resources"]]:
                problems.append(
                    Problem(DESCRIPTOR, 0, "resources", f"unknown table {name!r}")
                )
    return {**found, "resources": wanted["resources"]}, problems


def read_table(folder: Path, resource: dict[str, Any]) -> tuple[Table, list[Problem]]:
    """Read one CSV file as text and report what makes it unreadable as a table."""
    table = Table(resource)
    file = table.file
    path = folder / file
    if not path.is_file():
        return table, [Problem(file, 0, "", "file is missing")]
    data = path.read_bytes()
    problems = []
    if data.startswith(b"\xef\xbb\xbf"):
        problems.append(
            Problem(file, 1, "", "starts with a byte order mark", "UTF-8 without one")
        )
        data = data[3:]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        what = f"is not UTF-8 (byte 0x{data[error.start]:02x})"
        return table, [*problems, Problem(file, row, "", what, "UTF-8")]
    if "\r" in text:
        row = text[: text.index("\r")].count("\n") + 1
        problems.append(
            Problem(file, row, "", "has carriage returns (CRLF)", "line feeds (LF) only")
        )
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        return table, [*problems, Problem(file, row, "", "contains a NUL character")]
    reader = csv.reader(io.StringIO(text), strict=True)
    start = 1
    try:
        for cells in reader:
            row, start = start, reader.line_num + 1
            if not table.header:
                table.header = cells
                problems += check_header(table)
            elif len(cells) != len(table.header):
                what = f"has {len(cells)} cells"
                problems.append(
                    Problem(file, row, "", what, f"{len(table.header)} as in the header")
                )
            else:
                table.records.append(dict(zip(table.header, cells, strict=True)))
                table.rows.append(row)
    except csv.Error as error:
        problems.append(Problem(file, start, "", f"cannot be read as CSV: {error}"))
    if not table.header:
        problems.append(Problem(file, 1, "", "is empty", "a header row"))
    return table, problems


def check_header(table: Table) -> list[Problem]:
    """Report missing, unknown and repeated columns, with a guess at what was meant."""
    names = [f["name"] for f in table.fields]
    problems = []
    for name in names:
        if name not in table.header:
            problems.append(Problem(table.file, 1, name, "column is missing"))
    unknown = [name for name in dict.fromkeys(table.header) if name not in names]
    for name in unknown:
        near = difflib.get_close_matches(name.strip().lower(), names, n=1)
        guess = f" (did you mean {near[0]!r}?)" if near else ""
        what = f"unknown column{guess}"
        problems.append(
            Problem(table.file, 1, shown(name)[1:-1], what, ", ".join(names))
        )
    for name in dict.fromkeys(table.header):
        if table.header.count(name) > 1:
            problems.append(Problem(table.file, 1, name, "column stands twice"))
    return problems


def wrong_type(value: str, kind: str) -> bool:
    """Say whether a cell's text is not of the Table Schema type ``kind``."""
    if kind == "integer":
        return not re.fullmatch(r"[+-]?[0-9]{1,15}", value)
    if kind == "number":
        return not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?", value)
    if kind == "boolean":
        return value not in ("true", "false")
    return False


def check_cell(spec: dict[str, Any], value: str) -> tuple[str, str] | None:
    """Return what is wrong with a cell and what is allowed, or None."""
    rules = spec.get("constraints", {})
    if value == "":
        return ("is empty", "a value") if rules.get("required") else None
    if not value.strip():
        return "holds only blanks", "a value" if rules.get("required") else "nothing"
    kind = spec["type"]
    if wrong_type(value, kind):
        allowed = {"boolean": "true, false", "integer": "a whole number"}
        return f"{shown(value)} is not of type {kind}", allowed.get(kind, "a number")
    if "enum" in rules and value not in rules["enum"]:
        near = difflib.get_close_matches(value.lower(), rules["enum"], n=1)
        guess = f" (did you mean {near[0]!r}?)" if near else ""
        return f"{shown(value)} is not a listed value{guess}", ", ".join(rules["enum"])
    if "pattern" in rules and not re.fullmatch(rules["pattern"], value):
        return f"{shown(value)} is not well formed", f"text matching {rules['pattern']}"
    if "minimum" in rules and float(value) < rules["minimum"]:
        return f"{value} is too small", f"{rules['minimum']} or more"
    if "maximum" in rules and float(value) > rules["maximum"]:
        return f"{value} is too large", f"{rules['maximum']} or less"
    words = spec.get("personomics:maxWords")
    if words and len(value.split()) > words:
        return f"has {len(value.split())} words: {shown(value)}", f"at most {words}"
    return None


def check_cells(table: Table) -> list[Problem]:
    """Check type and constraints of every cell of a table."""
    problems = []
    specs = [f for f in table.fields if f["name"] in table.header]
    for row, record in table:
        for spec in specs:
            if found := check_cell(spec, record[spec["name"]]):
                problems.append(Problem(table.file, row, spec["name"], *found))
    return problems


def unique_keys(resource: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return every set of columns that must be unique, the primary key first."""
    schema = resource["schema"]
    single = [
        (f["name"],) for f in schema["fields"] if f.get("constraints", {}).get("unique")
    ]
    more = [tuple(key) for key in schema.get("uniqueKeys", [])]
    return list(dict.fromkeys([tuple(schema["primaryKey"]), *single, *more]))


def check_unique(table: Table) -> list[Problem]:
    """Report repeated keys, naming the row that has the key first."""
    problems = []
    for key in unique_keys(table.resource):
        if not set(key) <= set(table.header):
            continue
        seen: dict[tuple[str, ...], int] = {}
        for row, record in table:
            value = tuple(record[name] for name in key)
            if all(part == "" for part in value):
                continue
            if value in seen:
                what = f"{shown(', '.join(value))} stands already in row {seen[value]}"
                problems.append(
                    Problem(table.file, row, ", ".join(key), what, "each key once")
                )
            else:
                seen[value] = row
    return problems


def check_foreign(table: Table, tables: dict[str, Table]) -> list[Problem]:
    """Report values that are in no row of the table they point to."""
    problems = []
    for key in table.resource["schema"].get("foreignKeys", []):
        [column] = key["fields"]
        target = tables[key["reference"]["resource"]]
        [there] = key["reference"]["fields"]
        if column not in table.header or there not in target.header:
            continue
        known = {record[there] for record in target.records}
        for row, record in table:
            value = record[column]
            if value and value not in known:
                near = difflib.get_close_matches(value, sorted(known), n=1)
                guess = f" (did you mean {near[0]!r}?)" if near else ""
                what = f"{shown(value)} is not in {target.file}{guess}"
                allowed = f"a value of {target.file}: {there}"
                problems.append(Problem(table.file, row, column, what, allowed))
    return problems


def check_files(folder: Path, descriptor: dict[str, Any]) -> list[Problem]:
    """Report missing or unreadable files that are not tables."""
    problems = []
    for name in contract()["personomics:files"]:
        path = folder / name
        if not path.is_file():
            problems.append(Problem(name, 0, "", "file is missing"))
            continue
        try:
            text = path.read_bytes().decode("utf-8")
            if name.endswith(".toml"):
                tomllib.loads(text)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            problems.append(Problem(name, 0, "", f"cannot be read: {error}"))
    return problems
