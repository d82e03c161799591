"""Words for readers: cut, listed and counted in one way, whatever the data hold."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personomics.words import (
    clean,
    clip,
    counted,
    decimals,
    inert,
    listed,
    percent,
    uninert,
)

ROOT = Path(__file__).resolve().parent.parent
#: What a cell may begin with, and what may follow.
CELLS = st.text(max_size=1).flatmap(
    lambda start: st.text(max_size=6).map(lambda rest: start + rest)
) | st.from_regex(r"[=+@\t\r\n-][0-9.,%=x ]{0,5}", fullmatch=True)
#: Modules whose CSV files programs read as they are; tests of their own hold them.
EXACT = {"prisma_template.py", "records.py", "table_edit.py"}


@given(st.text(max_size=90), st.integers(min_value=2, max_value=60))
def test_clip_never_exceeds_its_length(words: str, letters: int) -> None:
    """A clipped text fits, is one line, and is whole where it was short enough."""
    cut = clip(words, letters)
    assert len(cut) <= letters
    assert "\n" not in cut
    if len(clean(words)) <= letters:
        assert cut == clean(words)
    else:
        assert cut.endswith("…")


@pytest.mark.parametrize(
    ("words", "letters", "cut"),
    [
        ("care in the home", 16, "care in the home"),
        ("care in the home", 15, "care in the …"),
        ("care, in the home", 8, "care …"),
        ("care in the … 2012", 16, "care in the …"),
        ("x" * 4000, 10, "x" * 9 + "…"),
        (" two\n lines\x00 ", 20, "two lines"),
        (None, 20, ""),
    ],
)
def test_clip(words: object, letters: int, cut: str) -> None:
    """Cut between words with a blank before the mark, within a word without."""
    assert clip(words, letters) == cut


def test_listed() -> None:
    """Commas, then "and"; quotation marks around each; a word for nothing."""
    assert listed(["age"]) == "age"
    assert listed(["age", "sex"]) == "age and sex"
    assert listed(["age", "sex", "pain"], quoted=True) == "“age”, “sex” and “pain”"
    assert listed([], none="none of them") == "none of them"
    assert len(listed(["x" * 4000])) == 80


def test_counted() -> None:
    """One stands alone, everything else takes an s."""
    assert [counted(n, "record") for n in (0, 1, 2)] == [
        "0 records", "1 record", "2 records",
    ]  # fmt: skip


def test_percent() -> None:
    """Whole percent without a blank; a dash where nothing can be shared."""
    assert percent(2, 7) == "29%"
    assert percent(0.291) == "29%"
    assert percent(0, 0) == "–"


def test_decimals() -> None:
    """Two decimals always, no minus before zero, a dash for no number."""
    assert decimals(0.3) == "0.30"
    assert decimals(-0.004) == "0.00"
    assert decimals(-0.3) == "-0.30"
    assert decimals(math.nan) == "–"


@given(CELLS)
def test_no_cell_is_run(cell: str) -> None:
    """What begins like a formula is text or a number, and comes back as it was."""
    safe = inert(cell)
    assert not safe.startswith(("=", "@", "\t", "\r", "\n"))
    if safe[:1] in ("+", "-"):
        assert set(safe[1:]) <= set("0123456789.,%")
        assert "%" not in safe[1:-1]
    assert safe in (cell, f"'{cell}")
    if not cell.startswith("'"):
        assert uninert(safe) == cell


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-0.5", "-0.5"),
        ("+16%", "+16%"),
        ("-1,200", "-1,200"),
        ("-", "'-"),
        ("– none", "– none"),
        ("", ""),
    ],
)
def test_inert(cell: str, safe: str) -> None:
    """The cells of OWASP's list get an apostrophe; numbers with a sign stay numbers."""
    assert inert(cell) == safe


@given(CELLS.map(lambda cell: " ".join(cell.split())))
def test_saved_tables_follow_the_same_rule(cell: str) -> None:
    """The pattern of the tables' script marks the same cells of one trimmed line."""
    source = (ROOT / "assets" / "js" / "tables.js").read_text(encoding="utf-8")
    pattern = re.findall(r"FORMULA = /(.*)/;", source)[0].replace("$", r"\Z")
    assert bool(re.search(pattern, cell, re.ASCII)) == (inert(cell) != cell)


def test_every_csv_file_is_written_safely() -> None:
    """A module that writes CSV makes its cells inert; only exact files are exempt."""
    written = re.compile(r"csv\.writer\(|DictWriter\(|\.to_csv\(")
    found = {
        path.name: "inert" in source
        for path in (ROOT / "personomics").rglob("*.py")
        if written.search(source := path.read_text(encoding="utf-8"))
    }
    assert {name for name, safe in found.items() if not safe} == EXACT
