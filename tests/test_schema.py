"""The contract: what a cell, a header and a descriptor may be."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import frictionless
import pytest
from conftest import MINI, Folder
from hypothesis import given
from hypothesis import strategies as st

from personomics import schema
from personomics.dataset import DEFAULT
from personomics.tables import Problem, Table, guess, one_line, read_table, shown

HINT = "the companion's data/datapackage.json with another name, title and version"
OURS = "the resources of the companion's own data/datapackage.json"


def spec(**more: Any) -> dict[str, Any]:
    """Return a field descriptor."""
    words = more.pop("words", None)
    field = {"name": "x", "type": more.pop("type", "string"), "constraints": more}
    return field | ({"personomics:maxWords": words} if words else {})


@pytest.mark.parametrize(
    ("field", "value", "sound"),
    [
        (spec(), "", True),
        (spec(required=True), "", False),
        (spec(required=True), "0", True),
        (spec(type="integer"), "-12", True),
        (spec(type="integer"), "1.0", False),
        (spec(type="integer"), "1_000", False),
        (spec(type="integer"), "²", False),
        (spec(type="integer"), "9" * 16, False),
        (spec(type="integer", minimum=1), "0", False),
        (spec(type="integer", minimum=1), "1", True),
        (spec(type="integer", maximum=2100), "2100", True),
        (spec(type="integer", maximum=2100), "2101", False),
        (spec(type="number"), "0.05", True),
        (spec(type="number"), "1e-3", True),
        (spec(type="number"), "inf", False),
        (spec(type="number"), "1e400", False),
        (spec(type="number"), "1,5", False),
        (spec(type="boolean"), "true", True),
        (spec(type="boolean"), "1", False),
        (spec(enum=["a", "b"]), "a", True),
        (spec(enum=["a", "b"]), "A", False),
        (spec(pattern="a+"), "aa", True),
        (spec(pattern="a+"), "aab", False),
        (spec(words=3), "one two three", True),
        (spec(words=3), "one two three four", False),
        (spec(words=3), "one\u00a0two\u2003three four", False),
        (spec(), "x" * 32_767, True),
        (spec(), "x" * 32_768, False),
        (spec(), "\u200fשלום 🧸", True),
        (spec(), "a\u2028b", False),
    ],
)
def test_cell(field: dict[str, Any], value: str, sound: bool) -> None:
    """Each rule of the schema accepts its border and refuses what lies beyond."""
    assert (schema.check_cell(field, value) is None) == sound


@given(st.text(max_size=30))
def test_what_is_accepted_can_be_read(value: str) -> None:
    """Every text accepted as a number or a whole number converts to a finite one."""
    if value and schema.check_cell(spec(type="integer"), value) is None:
        assert abs(int(value)) < 10**15
    if value and schema.check_cell(spec(type="number"), value) is None:
        assert abs(float(value)) < float("inf")


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        ("doi", ["10.1000/a(b)", "10.1002/(SICI)1097:3.0.CO;2-Y"],
         ["doi:10.1/x", "10.12/x", "10.1000/", "10.1000/a b", "10.1000/é\n"]),
        ("pmid", ["1", "40451477"], ["0", "01", "123456789", "12a", "١٢"]),
        ("pmcid", ["PMC1"], ["pmc1", "PMC", "1"]),
        ("source_urls", ["http://a.b", "https://a.b/c?d=e&f#g https://x.y"],
         ["ftp://a.b", "https://a.b  https://c.d", "https://", "https://a b",
          'https://a.b/"', "https://[", "http:///x"]),
        ("article_id", ["a", "A-1_b.c"], ["1a", "a b", "a/b", "é", "a#", "<a>"]),
    ],
)  # fmt: skip
def test_identifiers(column: str, good: list[str], bad: list[str]) -> None:
    """Identifiers and addresses of articles are checked by their own syntax."""
    [articles] = [r for r in schema.contract()["resources"] if r["name"] == "articles"]
    [field] = [f for f in articles["schema"]["fields"] if f["name"] == column]
    assert [v for v in good if schema.check_cell(field, v)] == []
    assert [v for v in bad if not schema.check_cell(field, v)] == []


def test_every_pattern_is_explained_in_words() -> None:
    """No reader of an error message meets a regular expression."""
    for resource in schema.contract()["resources"]:
        for field in resource["schema"]["fields"]:
            if pattern := field.get("constraints", {}).get("pattern"):
                _, allowed = schema.unfit_pattern("é", pattern) or ("", "")
                assert allowed
                assert "\\" not in allowed


def test_problem_is_one_visible_line() -> None:
    """A problem shows on one line, with everything invisible spelled out."""
    problem = Problem("a.csv", 2, "x\ny", "'\u202e'", "")
    assert str(problem) == r"a.csv:2: x\ny: '\u202e'"
    assert one_line("Größe 🧸 שלום") == "Größe 🧸 שלום"
    assert shown("x" * 100) == repr("x" * 59 + "…")


def test_guess() -> None:
    """A hint is given for slips of the pen only."""
    assert guess("Stabel", ["stable", "dynamic"]) == " (did you mean 'stable'?)"
    assert guess("P1", ["P-1", "P-2"]) == " (did you mean 'P-1'?)"
    assert guess("banana", ["stable", "dynamic"]) == ""
    assert guess("stable" * 100_000, ["stable"]) == ""


LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\r")
ROW = st.lists(st.text(LETTERS), min_size=2, max_size=2).filter(any)


@given(st.lists(ROW, max_size=5))
def test_cells_survive_reading(tmp_path_factory: Any, cells: list[list[str]]) -> None:
    """What Python's csv writes is read back cell by cell, whatever it holds."""
    folder = tmp_path_factory.mktemp("read")
    fields = [{"name": "a", "type": "string"}, {"name": "b", "type": "string"}]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([["a", "b"], *cells])
    (folder / "t.csv").write_bytes(out.getvalue().encode())
    table, problems = read_table(
        folder, {"path": "t.csv", "schema": {"fields": fields}}
    )
    assert problems == []
    assert [list(r.values()) for _, r in table] == cells


def test_field_size_limit_is_left_alone(folder: Folder) -> None:
    """Reading a long cell leaves the limit of the csv module as it was."""
    folder.set("claims.csv", 2, claim="x" * 200_000)
    before = csv.field_size_limit()
    folder.problems()
    assert csv.field_size_limit() == before


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (b'"version": "3.1.4",', b'"version": "3.1.4"',
         ["datapackage.json:7: is not JSON: Expecting ',' delimiter at character 2; "
          f"allowed: {HINT}"]),
        (b'"3.1.4"', b'"3.1"',
         ["datapackage.json: version: '3.1' is not well formed; "
          "allowed: three numbers such as 0.1.0"]),
        (b'"3.1.4"', '"٣.1.4"'.encode(),
         ["datapackage.json: version: '٣.1.4' is not well formed; "
          "allowed: three numbers such as 0.1.0"]),
        (b'"title": "Toy dataset for tests (invented)"', b'"title": " "',
         ["datapackage.json: title: is missing; allowed: one line of text"]),
        (b'"personomics-toy"', b'"Toy data"',
         ["datapackage.json: name: 'Toy data' is not well formed; "
          "allowed: small letters, digits and . _ -"]),
        (b'"12345678"', b'"none"',
         ["datapackage.json: personomics:paper.pmid: 'none' is not well formed; "
          'allowed: an object with the PubMed number, {"pmid": "12345678"}']),
        (b'"personomics:paper"', b'"paper"',
         ["datapackage.json: personomics:paper: is missing; "
          'allowed: an object with the PubMed number, {"pmid": "12345678"}']),
        (b'"resources"', b'"tables"',
         [f"datapackage.json: resources: is missing or not a list; allowed: {OURS}"]),
        (b'"name": "claims"', b'"name": "claim"',
         [f"datapackage.json: resources: the table 'claims' is not described; "
          f"allowed: {OURS}",
          "datapackage.json: resources: unknown table 'claim' (did you mean "
          f"'claims'?); allowed: {OURS}"]),
        (b'"macrosystem",', b'"cosmos",',
         ["datapackage.json: resources: the table 'factors' is described differently "
          f"(schema.fields.level.constraints.enum.5); allowed: {OURS}"]),
    ],
)  # fmt: skip
def test_descriptor(folder: Folder, old: bytes, new: bytes, lines: list[str]) -> None:
    """A wrong descriptor is told by its key, and the tables are checked as well."""
    folder.swap("datapackage.json", old, new)
    folder.set("factors.csv", 2, definition="")
    extra = "factors.csv:2: definition: is empty; allowed: a value"
    assert folder.problems() == [*lines, extra]


@pytest.mark.parametrize(
    "text", ["", "[]", "7", "null", "[" * 99_999, "1" * 9999, "\x00"]
)
def test_descriptor_that_is_no_object(folder: Folder, text: str) -> None:
    """Whatever stands in the descriptor's place is refused in one line."""
    (folder.path / "datapackage.json").write_text(text, encoding="utf-8")
    [line] = folder.problems()
    assert re.match(r"datapackage\.json(:1)?: is not (a )?JSON", line)


def test_difference_names_the_place() -> None:
    """The first place where two descriptions differ is named by keys and names."""
    wanted = {"fields": [{"name": "a", "type": "string"}, {"name": "b"}], "key": ["a"]}
    assert schema.difference(wanted, wanted) == ""
    assert schema.difference({**wanted, "key": "a"}, wanted) == "key"
    assert schema.difference({**wanted, "fields": wanted["fields"][:1]}, wanted) == (
        "fields.b"
    )
    assert schema.difference({**wanted, "more": 1}, wanted) == "more"
    assert schema.difference(None, wanted) == "itself"


def columns(name: str) -> dict[str, list[str]]:
    """Return the enumerated columns of a table with their listed values."""
    [table] = [r for r in schema.contract()["resources"] if r["name"] == name]
    return {
        field["name"]: field["constraints"]["enum"]
        for field in table["schema"]["fields"]
        if "enum" in field.get("constraints", {})
    }


@pytest.mark.parametrize("path", [DEFAULT, MINI], ids=["shipped", "toy"])
def test_codebook_and_schema_list_the_same_codes(path: Any) -> None:
    """Codebook and schema agree on the codes, in the same order."""
    with (path / "codebook.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda r: int(r["position"]))
    codes: dict[str, list[str]] = {}
    for row in rows:
        codes.setdefault(row["scheme"], []).append(row["code"])
    for table in ("factors", "factor_ratings"):
        for scheme in ("level", "com_b", "stability"):
            assert columns(table)[scheme] == codes[scheme]
    assert columns("case_ratings")["com_b_target"] == codes["com_b"]
    assert columns("case_ratings")["primary_adaptation"] == codes["adaptation"]
    assert columns("case_adaptations")["adaptation_type"] == codes["adaptation"]
    assert columns("screening")["verdict"] == codes["verdict"]
    criteria = [c.upper() for c in columns("screening") if re.fullmatch(r"e\d", c)]
    assert criteria == codes["criterion"]


def test_contract_is_sound() -> None:
    """Every foreign key points to the only key column of a table that exists."""
    resources = {r["name"]: r for r in schema.contract()["resources"]}
    for resource in resources.values():
        names = [f["name"] for f in resource["schema"]["fields"]]
        assert len(set(names)) == len(names) > 1
        assert all(f["description"] for f in resource["schema"]["fields"])
        for key in schema.unique_keys(resource):
            assert set(key) <= set(names)
        for key in resource["schema"].get("foreignKeys", []):
            target = resources[key["reference"]["resource"]]
            assert key["reference"]["fields"] == target["schema"]["primaryKey"]
            assert set(key["fields"]) <= set(names)
    assert isinstance(Table(resources["factors"]).fields, list)


@pytest.mark.parametrize("path", [DEFAULT, MINI], ids=["shipped", "toy"])
def test_frictionless_finds_the_data_valid(path: Any) -> None:
    """Another program, frictionless, finds the data packages valid."""
    report = frictionless.validate(str(path / "datapackage.json"))
    assert report.flatten(["type", "note"]) == []


@pytest.mark.parametrize(
    ("file", "row", "cell", "kind"),
    [
        ("factors.csv", 3, {"definition": ""}, "constraint-error"),
        ("factors.csv", 3, {"level": "cosmos"}, "constraint-error"),
        ("articles.csv", 2, {"year": "20233"}, "constraint-error"),
        ("articles.csv", 2, {"year": "soon"}, "type-error"),
        ("articles.csv", 2, {"doi": "doi:10"}, "constraint-error"),
        ("terms.csv", 3, {"article_id": "a-99"}, "foreign-key"),
        ("claims.csv", 3, {"claim_id": "Q-A"}, "unique-error"),
    ],
)
def test_frictionless_agrees(
    folder: Folder, file: str, row: int, cell: dict[str, str], kind: str
) -> None:
    """Frictionless refuses the same cells in the same rows."""
    folder.set(file, row, **cell)
    [column] = cell
    ours = [line for line in folder.problems() if f"{file}:{row}: {column}" in line]
    assert len(ours) == 1
    package = json.loads((folder.path / "datapackage.json").read_text("utf-8"))
    used = {file} | ({"articles.csv"} if kind == "foreign-key" else set())
    package["resources"] = [r for r in package["resources"] if r["path"] in used]
    for resource in package["resources"]:
        kept = [k for k in resource["schema"].get("foreignKeys", [])
                if k["reference"]["resource"] + ".csv" in used]  # fmt: skip
        resource["schema"]["foreignKeys"] = kept
    (folder.path / "one.json").write_text(json.dumps(package), "utf-8")
    theirs = frictionless.validate(str(folder.path / "one.json"))
    assert [row, kind] in theirs.flatten(["rowNumber", "type"])
