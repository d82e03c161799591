"""Hold a data folder against the one schema, ``data/datapackage.json``.

The descriptor follows the Frictionless Data Package and Table Schema standards
(https://specs.frictionlessdata.io). Two extra properties are ours:
``personomics:maxWords`` on a field, and ``personomics:files`` on the package for
files that are not tables.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from personomics.tables import Problem, Table, bad_byte, guess, read_text, shown

CONTRACT = Path(__file__).resolve().parent.parent / "data" / "datapackage.json"
DESCRIPTOR = "datapackage.json"
PACKAGE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
SEMANTIC_VERSION = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}")
PUBMED_ID = re.compile(r"[1-9][0-9]{0,7}")
PLAIN_HOST = re.compile(r"https?://[A-Za-z0-9.-]+(?=[/?#]|\Z)")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: Characters in a cell; spreadsheets cut off what is longer.
LONGEST = 32_767
#: What a cell of a type is called, and how it is written.
TYPES = {
    "integer": ("a whole number", "digits only, such as 12"),
    "number": ("a number", "digits with a point for decimals, such as 12 or 0.5"),
    "boolean": ("true or false", "true, false (in small letters)"),
}
#: What a pattern of the schema asks for, in words: how it begins, and the words.
PATTERNS = (
    (r"10\.", "a DOI without an address before it, such as 10.1000/xyz123"),
    ("[1-9][0-9]{0,7}", "a PubMed number of one to eight digits, such as 12345678"),
    ("PMC", "a PubMed Central number, such as PMC1234567"),
    ("[A-Za-z]", "letters, digits and . _ -, beginning with a letter (A to Z)"),
    ("https?", "an address that begins with http:// or https:// and has no blanks"),
)
SEVERAL = "addresses that begin with http:// or https://, separated by one blank"


def contract() -> dict[str, Any]:
    """Return the schema that every data folder must follow."""
    return dict(json.loads(CONTRACT.read_text(encoding="utf-8")))


def read_descriptor(folder: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Read a folder's ``datapackage.json`` and hold it against the contract."""
    wanted = contract()
    text, problems = read_text(folder, DESCRIPTOR)
    hint = "the companion's data/datapackage.json with another name, title and version"
    if text is None:
        return wanted, [replace(problem, allowed=hint) for problem in problems]
    if what := bad_byte(text):
        return wanted, [*problems, Problem(DESCRIPTOR, 0, "", what, "UTF-8")]
    found, faults = parse_descriptor(text, hint)
    if found is None:
        return wanted, [*problems, *faults]
    problems += check_package(found) + check_resources(found, wanted)
    return {**found, "resources": wanted["resources"]}, problems


def parse_descriptor(
    text: str, hint: str
) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Return the object that a descriptor's text holds, or what is wrong with it."""
    row, allowed = 0, hint
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        row, what = error.lineno, f"is not JSON: {error.msg} at character {error.colno}"
    except (ValueError, RecursionError) as error:
        what = f"is not JSON: {error}"
    else:
        if not isinstance(found, dict):
            what = "is not a JSON object"
        elif HALF_CHARACTER.search(json.dumps(found, ensure_ascii=False)):
            what, allowed = "holds half of a character", "whole characters"
        else:
            return found, []
    return None, [Problem(DESCRIPTOR, row, "", what, allowed)]


def check_package(found: dict[str, Any]) -> list[Problem]:
    """Report what is missing of a package's name, title, version and paper."""
    problems = []

    def report(key: str, value: object, allowed: str) -> None:
        blank = value is None or not str(value).strip()
        what = "is missing" if blank else f"{shown(str(value))} is not well formed"
        problems.append(Problem(DESCRIPTOR, 0, key, what, allowed))

    def fits(value: object, pattern: re.Pattern[str]) -> bool:
        return isinstance(value, str) and bool(pattern.fullmatch(value))

    if not fits(found.get("name"), PACKAGE_NAME):
        allowed = "small letters, digits and . _ -"
        report("name", found.get("name"), allowed)
    title = found.get("title")
    if not isinstance(title, str) or not title.strip() or CONTROL.search(title):
        report("title", title, "one line of text")
    if not fits(found.get("version"), SEMANTIC_VERSION):
        allowed = "three numbers such as 0.1.0"
        report("version", found.get("version"), allowed)
    paper = found.get("personomics:paper")
    pmid = paper.get("pmid") if isinstance(paper, dict) else paper
    if not isinstance(paper, dict) or not fits(pmid, PUBMED_ID):
        key = "personomics:paper" + (".pmid" if isinstance(paper, dict) else "")
        report(key, pmid, 'an object with the PubMed number, {"pmid": "12345678"}')
    return problems


def check_resources(found: dict[str, Any], wanted: dict[str, Any]) -> list[Problem]:
    """Report tables that a package leaves out, adds, repeats or describes otherwise."""
    allowed = "the resources of the companion's own data/datapackage.json"
    listed = found.get("resources")
    if not isinstance(listed, list):
        what = "is missing or not a list"
        return [Problem(DESCRIPTOR, 0, "resources", what, allowed)]
    names = [r.get("name") if isinstance(r, dict) else None for r in listed]
    known = [r["name"] for r in wanted["resources"]]
    faults = []
    for resource in wanted["resources"]:
        name = resource["name"]
        if name not in names:
            faults.append(f"the table {name!r} is not described")
        elif names.count(name) > 1:
            faults.append(f"the table {name!r} is described twice")
        elif place := difference(listed[names.index(name)], resource):
            faults.append(f"the table {name!r} is described differently ({place})")
    faults += [
        f"unknown table {shown(str(name))}{guess(str(name), known)}"
        for name in names
        if name not in known
    ]
    return [Problem(DESCRIPTOR, 0, "resources", what, allowed) for what in faults]


def difference(found: Any, wanted: Any) -> str:
    """Return the first place where two JSON values differ, or an empty string.

    >>> difference({"a": [{"name": "x", "b": 1}]}, {"a": [{"name": "x", "b": 2}]})
    'a.x.b'
    """
    if found == wanted:
        return ""
    steps: list[tuple[str, Any, Any]] = []
    if isinstance(found, dict) and isinstance(wanted, dict):
        keys = dict.fromkeys([*wanted, *found])
        steps = [(str(key), found.get(key), wanted.get(key)) for key in keys]
    elif isinstance(found, list) and isinstance(wanted, list):
        for place, (one, other) in enumerate(zip_longest(found, wanted), 1):
            named = other if isinstance(other, dict) else {}
            steps.append((str(named.get("name", place)), one, other))
    for name, one, other in steps:
        if one != other:
            deeper = difference(one, other)
            return f"{name}.{deeper}" if deeper != "itself" else name
    return "itself"


def wrong_type(value: str, kind: str) -> bool:
    """Say whether a cell's text is not of the Table Schema type ``kind``."""
    if kind == "integer":
        return not re.fullmatch(r"[+-]?[0-9]{1,15}", value)
    if kind == "number":
        return not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?", value)
    return kind == "boolean" and value not in ("true", "false")


def unfit_text(value: str) -> tuple[str, str] | None:
    """Return what is wrong with a cell as text, whatever its column, or None."""
    if value.isprintable() and len(value) <= LONGEST and value == value.strip() != "":
        return None  # as nearly all do
    if not value.strip():
        return "holds only blanks", "a value, or nothing at all"
    if len(value) > LONGEST:
        return f"has {len(value):,} characters: {shown(value)}", f"at most {LONGEST:,}"
    if control := CONTROL.search(value):
        names = {"\n": "a line break", "\t": "a tab"}
        name = names.get(control[0], f"the control character {control[0]!r}")
        return f"contains {name}: {shown(value)}", "one line of text"
    if value != value.strip():
        return f"{shown(value)} has a blank at its start or end", "no blank there"
    return None


def unfit_pattern(value: str, pattern: str) -> tuple[str, str] | None:
    """Return what is wrong with a cell that must follow a pattern, or None."""
    is_address = pattern.startswith("https?")
    if re.fullmatch(pattern, value) and (
        not is_address or all(map(has_host, value.split(" ")))
    ):
        return None
    words = [words for start, words in PATTERNS if pattern.startswith(start)]
    allowed = SEVERAL if ")*" in pattern else (words or [f"text matching {pattern}"])[0]
    return f"{shown(value)} is not well formed", allowed


def has_host(address: str) -> bool:
    """Say whether a web address names a host.

    >>> [has_host(f"https://{rest}") for rest in ("a.b/c", "a:1", "[::1]/", "é.org")]
    [True, True, True, True]
    >>> [has_host(f"https://{rest}") for rest in ("", "/a", ":80", "[x", "a@", "?a")]
    [False, False, False, False, False, False]
    """
    if PLAIN_HOST.match(address):
        return True  # as nearly all do, and parsing takes time
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


def check_cell(spec: dict[str, Any], value: str) -> tuple[str, str] | None:
    """Return what is wrong with a cell and what is allowed, or None.

    Parameters
    ----------
    spec : dict
        The field as the schema describes it.
    value : str
        The cell as it stands in the file.

    Examples
    --------
    >>> check_cell({"name": "year", "type": "integer"}, "soon")
    ("'soon' is not a whole number", 'digits only, such as 12')
    """
    if value == "":
        required = spec.get("constraints", {}).get("required")
        return ("is empty", allowed_value(spec)) if required else None
    return unfit_text(value) or unfit_kind(value, spec) or unfit_size(value, spec)


def unfit_kind(value: str, spec: dict[str, Any]) -> tuple[str, str] | None:
    """Return what is wrong with a cell's type, listed value or form, or None."""
    rules, kind = spec.get("constraints", {}), spec["type"]
    if wrong_type(value, kind):
        name, written = TYPES[kind]
        return f"{shown(value)} is not {name}", written
    if "enum" in rules and value not in rules["enum"]:
        what = f"{shown(value)} is not a listed value{guess(value, rules['enum'])}"
        return what, allowed_value(spec)
    return unfit_pattern(value, rules["pattern"]) if "pattern" in rules else None


def unfit_size(value: str, spec: dict[str, Any]) -> tuple[str, str] | None:
    """Return what is wrong with a cell's size as a number or in words, or None."""
    rules = spec.get("constraints", {})
    if "minimum" in rules and float(value) < rules["minimum"]:
        return f"{value} is too small", f"{rules['minimum']} or more"
    if "maximum" in rules and float(value) > rules["maximum"]:
        return f"{value} is too large", f"{rules['maximum']} or less"
    most = spec.get("personomics:maxWords")
    if most and (words := len(value.split())) > most:
        return f"has {words} words: {shown(value)}", f"at most {most} words"
    return None


def allowed_value(spec: dict[str, Any]) -> str:
    """Say in words what a cell may hold."""
    enum = spec.get("constraints", {}).get("enum")
    return ", ".join(enum) if enum else TYPES.get(spec["type"], ("", "a value"))[1]


def check_cells(table: Table) -> list[Problem]:
    """Check type and constraints of every cell of a table."""
    faults = {}
    for spec in table.fields:
        if (name := spec["name"]) in table.header:
            # Most columns hold few values many times, and no wrong one.
            values = {record[name] for record in table.records}
            faults[name] = {v: found for v in values if (found := check_cell(spec, v))}
    faults = {name: found for name, found in faults.items() if found}
    return [
        Problem(table.file, row, name, *found[record[name]])
        for row, record in (table if faults else ())
        for name, found in faults.items()
        if record[name] in found
    ]


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
        for row, record in zip(table.rows, table.records, strict=True):
            value = tuple(record[name] for name in key)
            if "" in value:
                continue
            if value in seen:
                what = f"{shown(', '.join(value))} stands already in row {seen[value]}"
                place = ", ".join(key)
                problems.append(Problem(table.file, row, place, what, "each one once"))
            seen.setdefault(value, row)
    return problems


def check_foreign(table: Table, tables: dict[str, Table]) -> list[Problem]:
    """Report values that are in no row of the table they point to."""
    problems = []
    for key in table.resource["schema"].get("foreignKeys", []):
        [column] = key["fields"]
        target = tables[key["reference"]["resource"]]
        [there] = key["reference"]["fields"]
        if column not in table.header or there not in target.header or not target.whole:
            continue
        known = dict.fromkeys(record[there] for record in target.records)
        lost = [
            (row, record[column])
            for row, record in table
            if record[column] and record[column] not in known
        ]
        for row, value in lost:
            # Many at once are no slips of the pen, and guessing takes time.
            hint = guess(value, list(known)) if len(lost) <= 50 else ""
            what = f"{shown(value)} is not in {target.file}{hint}"
            allowed = f"what stands in {target.file} under {there}"
            problems.append(Problem(table.file, row, column, what, allowed))
    return problems
