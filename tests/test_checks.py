"""One defect at a time, then all of them at once: each is named by place and remedy."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import MINI, Folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personomics import InvalidDataError, load
from personomics.checks import validate

LEVELS = "individual, microsystem, mesosystem, exosystem, macrosystem, chronosystem"
CLAIMS = "claim_id, kind, claim, paper_value, check"
UTF_8 = "UTF-8 (in a spreadsheet, save as 'CSV UTF-8')"
QUOTES = 'cells such as "a, b", with "" for a quotation mark inside'
THIRTEEN = "one two three four five six seven eight nine ten eleven twelve thirteen"


def unlink(f: Folder, file: str) -> None:
    """Delete a file."""
    (f.path / file).unlink()


def recode(f: Folder, file: str, change: Callable[[bytes], bytes]) -> None:
    """Rewrite the bytes of a file."""
    (f.path / file).write_bytes(change((f.path / file).read_bytes()))


#: The defects that the data model must catch: name, how to make it, the lines.
DEFECTS: list[tuple[str, Callable[[Folder], object], list[str]]] = [
    (
        "missing file",
        lambda f: unlink(f, "provenance.csv"),
        ["provenance.csv: file is missing; allowed: a file named provenance.csv"],
    ),
    (
        "missing column",
        lambda f: f.write("claims.csv", [r[:4] for r in f.read("claims.csv")]),
        [f"claims.csv:1: check: column is missing; allowed: columns {CLAIMS}"],
    ),
    (
        "unknown column",
        lambda f: f.write("inclusion_rules.csv",
                          [[*r, "Labels"] for r in f.read("inclusion_rules.csv")]),
        [
            "inclusion_rules.csv:1: Labels: unknown column (did you mean 'label'?); "
            "allowed: rule_id, label, description, position"
        ],
    ),
    (
        "empty required cell",
        lambda f: f.set("factors.csv", 3, definition=""),
        ["factors.csv:3: definition: is empty; allowed: a value"],
    ),
    (
        "empty required cell of a list",
        lambda f: f.set("factors.csv", 3, level=""),
        [f"factors.csv:3: level: is empty; allowed: {LEVELS}"],
    ),
    (
        "wrong type: whole number",
        lambda f: f.set("instruments.csv", 4, n_items="sixty"),
        [
            "instruments.csv:4: n_items: 'sixty' is not a whole number; "
            "allowed: digits only, such as 12"
        ],
    ),
    (
        "wrong type: decimal comma",
        lambda f: f.set("trial_fact_values.csv", 3, value="0,8"),
        [
            "trial_fact_values.csv:3: value: '0,8' is not a number; "
            "allowed: digits with a point for decimals, such as 12 or 0.5"
        ],
    ),
    (
        "wrong type: what a spreadsheet makes of true",
        lambda f: f.set("cases.csv", 2, eligible="TRUE"),
        [
            "cases.csv:2: eligible: 'TRUE' is not true or false; "
            "allowed: true, false (in small letters)"
        ],
    ),
    (
        "value outside an enumeration",
        lambda f: f.set("factors.csv", 4, level="Mesosystem", resolution="so decided"),
        [
            "factors.csv:4: level: 'Mesosystem' is not a listed value "
            f"(did you mean 'mesosystem'?); allowed: {LEVELS}"
        ],
    ),
    (
        "duplicate key",
        lambda f: f.add("trial_facts.csv", 2),
        [
            "trial_facts.csv:4: fact_id: 'X1' stands already in row 2; "
            "allowed: each one once"
        ],
    ),
    (
        "duplicate key of two columns",
        lambda f: f.add("screening.csv", 2),
        [
            "screening.csv:25: article_id, rater_id: 'a-1, zoe' stands already in "
            "row 2; allowed: each one once"
        ],
    ),
    (
        "dangling foreign key",
        lambda f: f.set("instrument_factors.csv", 5, factor_id="P_3"),
        [
            "instrument_factors.csv:5: factor_id: 'P_3' is not in factors.csv (did you "
            "mean 'P-3'?); allowed: what stands in factors.csv under factor_id"
        ],
    ),
    (
        "phrase too long",
        lambda f: f.set("terms.csv", 10, term=THIRTEEN),
        [
            "terms.csv:10: term: has 13 words: 'one two three four five six seven "
            "eight nine ten eleven twe…'; allowed: at most 12 words"
        ],
    ),
    (
        "evidence too long",
        lambda f: f.set("case_items.csv", 6, evidence=THIRTEEN),
        [
            "case_items.csv:6: evidence: has 13 words: 'one two three four five six "
            "seven eight nine ten eleven twe…'; allowed: at most 12 words"
        ],
    ),
    (
        "verdict no rater gave",
        lambda f: f.set("screening.csv", 16, verdict="exclude"),
        [
            "screening.csv:16: verdict: no rater gave the consensus 'exclude', and "
            "'reason' does not say why; allowed: awaiting full text, or a stated reason"
        ],
    ),
    (
        "term code no rater gave",
        lambda f: f.set("term_codes.csv", 4, factor_id="P-2", resolution=""),
        [
            "term_codes.csv:4: factor_id: no rater gave the consensus 'P-2', and "
            "'resolution' does not say why; allowed: P-1, or a stated resolution"
        ],
    ),
    (
        "case code no rater gave",
        lambda f: f.set("case_codes.csv", 13, factor_id="P-2", resolution=""),
        [
            "case_codes.csv:13: factor_id: no rater gave the consensus 'P-2', and "
            "'resolution' does not say why; allowed: a rater's answer, or a stated "
            "resolution"
        ],
    ),
    (
        "case rating no rater gave",
        lambda f: f.set("case_ratings.csv", 7, primary_adaptation=""),
        [
            "case_ratings.csv:7: primary_adaptation: no rater gave the consensus "
            "(empty), and 'resolution' does not say why; allowed: communication "
            "adapted, or a stated resolution"
        ],
    ),
    (
        "label no rater gave",
        lambda f: f.set("factors.csv", 4, stability="stable"),
        [
            "factors.csv:4: stability: no rater gave the consensus 'stable', and "
            "'resolution' does not say why; allowed: dynamic, or a stated resolution"
        ],
    ),
    (
        "DOI with an address",
        lambda f: f.set("articles.csv", 2, doi="https://doi.org/10.5555/toy"),
        [
            "articles.csv:2: doi: 'https://doi.org/10.5555/toy' is not well formed; "
            "allowed: a DOI without an address before it, such as 10.1000/xyz123"
        ],
    ),
    (
        "PMID with a word",
        lambda f: f.set("cases.csv", 2, pmid="PMID 123"),
        [
            "cases.csv:2: pmid: 'PMID 123' is not well formed; allowed: a PubMed "
            "number of one to eight digits, such as 12345678"
        ],
    ),
    (
        "PMC number without its letters",
        lambda f: f.set("cases.csv", 2, pmcid="123"),
        [
            "cases.csv:2: pmcid: '123' is not well formed; allowed: a PubMed Central "
            "number, such as PMC1234567"
        ],
    ),
    (
        "address without a scheme",
        lambda f: f.set("terms.csv", 2, source_url="example.org/a"),
        [
            "terms.csv:2: source_url: 'example.org/a' is not well formed; allowed: an "
            "address that begins with http:// or https:// and has no blanks"
        ],
    ),
    (
        "address of a script",
        lambda f: f.set("terms.csv", 2, source_url="javascript:alert(1)"),
        [
            "terms.csv:2: source_url: 'javascript:alert(1)' is not well formed; "
            "allowed: an address that begins with http:// or https:// and has no blanks"
        ],
    ),
    (
        "address without a host, among others",
        lambda f: f.set("articles.csv", 2, source_urls="https://a.example https:///x"),
        [
            "articles.csv:2: source_urls: 'https://a.example https:///x' is not well "
            "formed; allowed: addresses that begin with http:// or https://, separated "
            "by one blank"
        ],
    ),
    (
        "not UTF-8",
        lambda f: f.swap("raters.csv", "Ü".encode(), b"\xdc"),
        [f"raters.csv:4: name: is not UTF-8 (byte 0xdc); allowed: {UTF_8}"],
    ),
    (
        "UTF-16",
        lambda f: recode(f, "claims.csv", lambda b: b.decode().encode("utf-16")),
        [f"claims.csv:1: is not UTF-8 but UTF-16; allowed: {UTF_8}"],
    ),
    (
        "byte order mark",
        lambda f: recode(f, "case_ratings.csv", lambda b: b"\xef\xbb\xbf" + b),
        [
            "case_ratings.csv:1: starts with a byte order mark (BOM); "
            "allowed: UTF-8 without one"
        ],
    ),
    (
        "CRLF",
        lambda f: recode(f, "ontology.csv", lambda b: b.replace(b"\n", b"\r\n")),
        ["ontology.csv:1: has carriage returns (CRLF); allowed: line feeds (LF) only"],
    ),
    (
        "ragged row, a cell short",
        lambda f: f.swap("trial_facts.csv", b",Invented for tests.,\n",
                         b",Invented for tests.\n"),
        ["trial_facts.csv:2: has 7 cells; allowed: 8, as in the header"],
    ),
    (
        "ragged row, a comma without quotation marks",
        lambda f: f.swap("factors.csv", b"Invented: what the body can do.",
                         b"Invented: what, the body can do."),
        [
            "factors.csv:3: has 12 cells (a cell with a comma needs quotation marks); "
            "allowed: 11, as in the header"
        ],
    ),
    (
        "factor without ground",
        lambda f: f.add("factors.csv", 6, factor_id="P-6", label="Sixth",
                        named_in_abstract=""),
        [
            "factors.csv:7: factor_id: 'P-6' has no ground: no term, no case, not "
            "named in the abstract; allowed: a consensus row in term_codes.csv or "
            "case_codes.csv, or named_in_abstract"
        ],
    ),
]  # fmt: skip

#: What hostile or careless hands do besides.
ATTACKS: list[tuple[str, Callable[[Folder], object], list[str]]] = [
    (
        "NUL byte",
        lambda f: f.swap("claims.csv", b"toy articles", b"toy\0articles"),
        [
            "claims.csv:2: claim: contains the control character '\\x00': 'Invented: 3 "
            "toy\\x00articles were eligible.'; allowed: one line of text"
        ],
    ),
    (
        "line break in a cell",
        lambda f: f.set("claims.csv", 3, claim="one\ntwo"),
        ["claims.csv:3: claim: contains a line break: 'one\\ntwo'; "
         "allowed: one line of text"],
    ),
    (
        "tab in a cell",
        lambda f: f.set("claims.csv", 3, claim="one\ttwo"),
        ["claims.csv:3: claim: contains a tab: 'one\\ttwo'; allowed: one line of text"],
    ),
    (
        "quotation mark never closed",
        lambda f: f.swap("claims.csv", b"Q-B,method,", b'Q-B,method,"'),
        ["claims.csv:3: has a quotation mark that opens a cell and is never closed; "
         f"allowed: {QUOTES}"],
    ),
    (
        "text after a closing quotation mark",
        lambda f: f.swap("claims.csv", b"Q-B,method,", b'Q-B,"met"hod,'),
        ["claims.csv:3: has text after the quotation mark that closes a cell; "
         f"allowed: {QUOTES}"],
    ),
    (
        "empty file",
        lambda f: recode(f, "claims.csv", lambda _: b""),
        ["claims.csv:1: is empty; allowed: claim_id,kind,claim,paper_value,check"],
    ),
    (
        "empty line",
        lambda f: f.swap("claims.csv", b"\nQ-B", b"\n\nQ-B"),
        ["claims.csv:3: is an empty line; allowed: no empty lines"],
    ),
    (
        "semicolons",
        lambda f: recode(f, "claims.csv", lambda b: b.replace(b",", b";")),
        ["claims.csv:1: cells are separated by ';'; allowed: a comma"],
    ),
    (
        "repeated column",
        lambda f: f.write("claims.csv", [[*r, r[1]] for r in f.read("claims.csv")]),
        ["claims.csv:1: kind: column stands twice; allowed: each column once"],
    ),
    (
        "column without a name",
        lambda f: f.write("claims.csv", [[*r, ""] for r in f.read("claims.csv")]),
        [f"claims.csv:1: column 6 has no name; allowed: {CLAIMS}"],
    ),
    (
        "columns in another order",
        lambda f: f.write("claims.csv", [r[::-1] for r in f.read("claims.csv")]),
        ["claims.csv:1: columns stand in another order; "
         "allowed: claim_id,kind,claim,paper_value,check"],
    ),
    (
        "file named in capitals",
        lambda f: (f.path / "claims.csv").rename(f.path / "Claims.csv"),
        ["claims.csv: file is missing (the folder has 'Claims.csv'); "
         "allowed: a file named claims.csv"],
    ),
    (
        "folder in place of a file",
        lambda f: (unlink(f, "claims.csv"), (f.path / "claims.csv").mkdir()),
        ["claims.csv: is not a file; allowed: a file named claims.csv"],
    ),
    (
        "symlink to nowhere",
        lambda f: (unlink(f, "claims.csv"),
                   (f.path / "claims.csv").symlink_to("claims.csv")),
        ["claims.csv: file is missing; allowed: a file named claims.csv"],
    ),
    (
        "cell of five megabytes",
        lambda f: f.set("claims.csv", 2, claim="x" * 5_000_000),
        [f"claims.csv:2: claim: has 5,000,000 characters: '{'x' * 59}…'; "
         "allowed: at most 32,767"],
    ),
    (
        "number beyond the floats",
        lambda f: f.set("trial_fact_values.csv", 2, value="1e400"),
        ["trial_fact_values.csv:2: value: '1e400' is not a number; "
         "allowed: digits with a point for decimals, such as 12 or 0.5"],
    ),
    (
        "not-a-number",
        lambda f: f.set("trial_fact_values.csv", 2, value="nan"),
        ["trial_fact_values.csv:2: value: 'nan' is not a number; "
         "allowed: digits with a point for decimals, such as 12 or 0.5"],
    ),
    (
        "digits of another script",
        lambda f: f.set("articles.csv", 2, year="١٩٩٩"),
        ["articles.csv:2: year: '١٩٩٩' is not a whole number; "
         "allowed: digits only, such as 12"],
    ),
    (
        "year with a digit too many",
        lambda f: f.set("articles.csv", 2, year="20233"),
        ["articles.csv:2: year: 20233 is too large; allowed: 2100 or less"],
    ),
    (
        "no items",
        lambda f: f.set("instruments.csv", 2, n_items="0"),
        ["instruments.csv:2: n_items: 0 is too small; allowed: 1 or more"],
    ),
    (
        "cell of blanks",
        lambda f: f.set("articles.csv", 2, note="   "),
        ["articles.csv:2: note: holds only blanks; "
         "allowed: a value, or nothing at all"],
    ),
    (
        "blank before an id",
        lambda f: f.set("claims.csv", 2, claim_id=" Q-A"),
        ["claims.csv:2: claim_id: ' Q-A' has a blank at its start or end; "
         "allowed: no blank there"],
    ),
    (
        "invisible blank after a label",
        lambda f: f.set("factors.csv", 3, label="Bodily strength\u00a0"),
        ["factors.csv:3: label: 'Bodily strength\\xa0' has a blank at its start or "
         "end; allowed: no blank there"],
    ),
    (
        "id beyond ASCII",
        lambda f: f.set("claims.csv", 2, claim_id="Ä1"),
        ["claims.csv:2: claim_id: 'Ä1' is not well formed; allowed: letters, digits "
         "and . _ -, beginning with a letter (A to Z)"],
    ),
    (
        "no consensus among the raters",
        lambda f: f.set("raters.csv", 4, role="rater"),
        ["raters.csv: role: no raters have the role 'consensus'; allowed: exactly one"],
    ),
    (
        "two of them",
        lambda f: f.set("raters.csv", 3, role="consensus"),
        ["raters.csv:4: role: 2 raters have the role 'consensus'; "
         "allowed: exactly one"],
    ),
    (
        "code missing from the codebook",
        lambda f: f.drop("codebook.csv", 13),
        ["codebook.csv: code: the level 'macrosystem' has no row; "
         f"allowed: one row for each level: {LEVELS}"],
    ),
    (
        "code only in the codebook",
        lambda f: f.add("codebook.csv", 14, code="cosmos", position="7"),
        ["codebook.csv:34: code: 'cosmos' is no level of the schema; "
         f"allowed: {LEVELS}"],
    ),
    (
        "article without a verdict",
        lambda f: f.drop("screening.csv", 22, 23, 24),
        ["articles.csv:9: article_id: 'a-8' has no consensus verdict; "
         "allowed: a consensus row in screening.csv"],
    ),
    (
        "excluded article in an inclusion set",
        lambda f: f.set("inclusion_sets.csv", 2, article_id="a-6"),
        ["inclusion_sets.csv:2: article_id: 'a-6' is not an included article; "
         "allowed: an article whose consensus verdict is 'include'"],
    ),
    (
        "class of terms of use without terms",
        lambda f: f.set("instruments.csv", 2, licence=""),
        ["instruments.csv:2: licence_class: 'free' rests on no terms: licence is "
         "empty; allowed: not seen, or the terms as seen in the column licence"],
    ),
    (
        "question about an unknown factor",
        lambda f: f.set("question_factors.csv", 2, factor_id="P-99"),
        ["question_factors.csv:2: factor_id: 'P-99' is not in factors.csv; "
         "allowed: what stands in factors.csv under factor_id"],
    ),
    (
        "question named like a factor",
        lambda f: (f.set("questions.csv", 2, question_id="P-1"),
                   f.set("question_factors.csv", 2, question_id="P-1")),
        ["questions.csv:2: question_id: 'P-1' is the identifier of a factor; "
         "allowed: an identifier of its own"],
    ),
    (
        "strategy that is no TOML",
        lambda f: f.swap("search/strategy.toml", b"[[blocks]]", b"[[blocks"),
        ["search/strategy.toml:8: column 9: is not TOML: Expected ']]' at the end of "
         "an array declaration; allowed: a TOML file"],
    ),
    (
        "strategy that names an unknown block",
        lambda f: f.swap("search/strategy.toml", b"toys AND homes", b"toys AND cats"),
        ["search/strategy.toml:4: column 25: combination: no block 'cats'; "
         "allowed: toys, homes"],
    ),
    (
        "references not in UTF-8",
        lambda f: f.swap("references.bib", b"@book", b"\xff@book"),
        ["references.bib:12: is not UTF-8 (byte 0xff); allowed: UTF-8"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "lines"),
    [pytest.param(spoil, lines, id=name) for name, spoil, lines in DEFECTS + ATTACKS],
)
def test_one_defect(
    folder: Folder, spoil: Callable[[Folder], object], lines: list[str]
) -> None:
    """One defect gives exactly the expected lines, and loading raises the same text."""
    assert folder.problems() == []
    spoil(folder)
    assert folder.problems() == lines
    with pytest.raises(InvalidDataError) as error:
        load(folder.path)
    assert str(error.value) == "\n".join(lines)


def test_all_defects_in_one_run(folder: Folder) -> None:
    """Defects of every kind the data model names are reported together in one run."""
    alone = {
        "missing file", "unknown column", "wrong type: whole number",
        "wrong type: what a spreadsheet makes of true", "empty required cell",
        "value outside an enumeration", "duplicate key", "dangling foreign key",
        "phrase too long", "evidence too long", "verdict no rater gave",
        "term code no rater gave", "case rating no rater gave",
        "DOI with an address", "PMID with a word", "address without a scheme",
        "not UTF-8", "byte order mark", "CRLF", "ragged row, a cell short",
        "factor without ground", "missing column",
    }  # fmt: skip
    wanted = set()
    # Those that work on bytes come last: reading and writing cells would mend them.
    late = ("not UTF-8", "byte order mark", "CRLF", "ragged row, a cell short")
    for name, spoil, lines in sorted(DEFECTS, key=lambda d: d[0] in late):
        if name in alone:
            spoil(folder)
            wanted |= set(lines)
            alone.remove(name)
    assert not alone
    found = folder.problems()
    assert set(found) == wanted
    assert len(found) == len(wanted)


@pytest.mark.parametrize("folder_like", ["nowhere", "\0", "x" * 5000, "a\nb"])
def test_no_such_folder(folder_like: str) -> None:
    """A path that cannot be a folder is a problem of one line, not an exception."""
    [problem] = validate(folder_like)
    assert "\n" not in str(problem)
    assert problem.what == "does not exist"


def test_file_in_place_of_the_folder() -> None:
    """The path of a file is told from a path that does not exist."""
    [problem] = validate(MINI / "claims.csv")
    assert problem.what == "is not a folder"


def test_empty_folder(folder: Folder) -> None:
    """An empty folder lists every file that it lacks and nothing else."""
    names = {str(p.relative_to(folder.path)) for p in folder.path.rglob("*.*")}
    for name in names:
        unlink(folder, name)
    lines = folder.problems()
    assert {line.split(":")[0] for line in lines} == names
    assert all("file is missing" in line for line in lines)


def test_unreadable_file(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without permission is a problem, not an exception."""
    read_bytes = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "claims.csv":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return read_bytes(path)

    # Not by chmod: the tests may run as root, who may read every file.
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert folder.problems() == [
        "claims.csv: cannot be opened: Permission denied; "
        "allowed: a file that may be read"
    ]


def test_symlinks_are_followed(folder: Folder) -> None:
    """A linked file is as good as the file itself."""
    (folder.path / "claims.csv").rename(folder.path.parent / "elsewhere.csv")
    (folder.path / "claims.csv").symlink_to(folder.path.parent / "elsewhere.csv")
    assert folder.problems() == []


def test_deprecated_factor_needs_no_ground(folder: Folder) -> None:
    """A factor that went is kept without a term or case."""
    folder.add("factors.csv", 6, factor_id="P-6", label="Sixth", named_in_abstract="",
               status="deprecated")  # fmt: skip
    assert folder.problems() == []


def test_stated_resolution_settles(folder: Folder) -> None:
    """A consensus that no rater gave stands where the reason is recorded."""
    folder.set("screening.csv", 16, verdict="exclude", reason="the text was found")
    folder.set("factors.csv", 4, stability="stable", resolution="by the codebook")
    assert folder.problems() == []


@pytest.mark.parametrize(
    "cell", ["=1+1", "+P", "-x", "@a", "'", '"', ",", "<b>&", "🧸"]
)
def test_harmless_cells(folder: Folder, cell: str) -> None:
    """Cells that look like formulas, markup or CSV syntax are fine as data."""
    folder.set("factors.csv", 2, definition=cell)
    assert folder.problems() == []
    assert load(folder.path)["factors"].loc[0, "definition"] == cell


def test_broken_file_spreads_no_blame(folder: Folder) -> None:
    """A file read only in part causes no complaints about references to it."""
    folder.swap("factors.csv", b"P-3,", b'P-3,"')
    [line] = folder.problems()
    assert line.startswith("factors.csv:4: has a quotation mark")


FILES = sorted(path.name for path in MINI.glob("*.csv"))
CELLS = st.one_of(
    st.sampled_from(["", " ", "\0", "\n", "\r", '"', "1e400", "nan", "-1", "٣", "🧸",
                     "true", "P-1", "a-1", "consensus", "https://[", "http://[::1",
                     "10.5555/x", "x" * 40_000, "\ud7ff", "\u202eabc"]),
    st.text(max_size=20),
)  # fmt: skip


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(file=st.sampled_from(FILES), place=st.integers(0, 10**6), cell=CELLS)
def test_any_cell_may_be_spoiled(
    folder: Folder, file: str, place: int, cell: str
) -> None:
    """Whatever one cell becomes, checking returns lines; loading fails only by them."""
    rows = folder.read(file)
    row, column = divmod(place % (len(rows) * len(rows[0])), len(rows[0]))
    before, kept = rows[row][column], (folder.path / file).read_bytes()
    rows[row][column] = cell.encode("utf-8", "ignore").decode()
    folder.write(file, rows)
    try:
        lines = folder.problems()
        assert all(re.match(r"\S+?(:\d+)?: .+", line) for line in lines)
        assert not any("\n" in line for line in lines)
        if lines:
            with pytest.raises(InvalidDataError):
                load(folder.path)
        else:
            assert len(load(folder.path).tables) == len(FILES)
    finally:
        (folder.path / file).write_bytes(kept)
    assert before == folder.read(file)[row][column]


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(file=st.sampled_from([*FILES, "datapackage.json", "search/strategy.toml"]),
       start=st.integers(0, 10**6), junk=st.binary(max_size=6))  # fmt: skip
def test_any_bytes_may_be_spoiled(
    folder: Folder, file: str, start: int, junk: bytes
) -> None:
    """Whatever some bytes of a file become, checking returns one-line problems."""
    kept = (folder.path / file).read_bytes()
    start %= len(kept)
    (folder.path / file).write_bytes(kept[:start] + junk + kept[start + len(junk) :])
    try:
        assert all(line.isprintable() for line in folder.problems())
    finally:
        (folder.path / file).write_bytes(kept)
