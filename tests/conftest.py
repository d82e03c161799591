"""What several test files need: the shipped data, the toy data, a copy to spoil."""

from __future__ import annotations

import csv
import dataclasses
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import pytest
from site_server import CHROMIUM, chromium, served

from personomics import Dataset, load, offline
from personomics.checks import validate

# No test reaches another machine, nor does a Python process that a test starts.
offline.refuse()

MINI = Path(__file__).parent / "data" / "mini"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve the built site on this machine, compressed."""
    with served() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start one browser for the tests of a file."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with chromium() as started:
        yield started


class Folder:
    """A copy of the toy dataset that a test may spoil; rows are lines of the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, file: str) -> list[list[str]]:
        """Return the cells of a CSV file, the header first."""
        text = (self.path / file).read_text(encoding="utf-8")
        return list(csv.reader(io.StringIO(text, newline="\n")))

    def write(self, file: str, rows: list[list[str]]) -> None:
        """Write the cells of a CSV file, the header first."""
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows(rows)
        (self.path / file).write_bytes(out.getvalue().encode("utf-8"))

    def set(self, file: str, row: int, **cells: str) -> None:
        """Change cells of one row; row 2 is the first below the header."""
        rows = self.read(file)
        for column, value in cells.items():
            rows[row - 1][rows[0].index(column)] = value
        self.write(file, rows)

    def add(self, file: str, row: int, **cells: str) -> None:
        """Add a row at the end: a copy of another row with some cells changed."""
        rows = self.read(file)
        self.write(file, [*rows, rows[row - 1]])
        self.set(file, len(rows) + 1, **cells)

    def drop(self, file: str, *gone: int) -> None:
        """Delete rows."""
        kept = [r for n, r in enumerate(self.read(file), 1) if n not in gone]
        self.write(file, kept)

    def swap(self, file: str, old: bytes, new: bytes) -> None:
        """Replace the first occurrence of some bytes, which must be there."""
        data = (self.path / file).read_bytes()
        assert old in data, f"{file} has no {old!r}"
        (self.path / file).write_bytes(data.replace(old, new, 1))

    def problems(self) -> list[str]:
        """Return the problems of the folder as lines."""
        return [str(problem) for problem in validate(self.path)]


@pytest.fixture(scope="session")
def ds() -> Dataset:
    """Return the data folder in use."""
    return load()


@pytest.fixture(scope="session")
def mini() -> Dataset:
    """Return the toy dataset."""
    return load(MINI)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return a fresh copy of the toy dataset."""
    shutil.copytree(MINI, tmp_path / "mini")
    return Folder(tmp_path / "mini")


#: Articles A, B, C and D with the factors (by place in the list) of their terms, as
#: first choice of rater one, first choice of rater two, consensus; None: no factor.
FOUR_TERMS = [
    ("A", 0, 0, 0),
    ("A", 0, 0, 0),
    ("A", 1, 1, 1),
    ("B", 0, 0, 0),
    ("B", 1, 2, 2),
    ("B", 3, None, None),
    ("C", 3, 3, 3),
    ("C", None, None, None),
]
FOUR_RULES = {"wide": "ABCD", "narrow": "AB", "odd": "C"}


@pytest.fixture(scope="session")
def four(ds: Dataset) -> Dataset:
    """Return four articles, four factors and eight terms, small enough to count."""
    raters = ds["raters"]
    first, second = raters.loc[raters["role"] == "rater", "rater_id"].head(2)
    columns = {first: 1, second: 2, ds.consensus: 3}
    factors = ds["factors"].head(4).assign(
        factor_id=["Fa", "Fb", "Fc", "Fd"],
        label=["Alpha", "Beta", "Gamma", "Delta"],
        com_b=["social opportunity", "reflective motivation",
               "social opportunity", "physical capability"],
        status="active",
    )  # fmt: skip
    articles = ds["articles"].head(4).assign(
        article_id=list("ABCD"), year=[2001, 2002, 2003, 2004],
        authors=["Ada A", "Bea B", "Cid C", "Dan D"],
        text_seen=["abstract", "abstract", "full text", "abstract"],
    )  # fmt: skip
    screening = (
        ds["screening"]
        .head(4)
        .assign(article_id=list("ABCD"), rater_id=ds.consensus, verdict="include")
    )
    terms = ds["terms"].head(len(FOUR_TERMS)).assign(
        term_id=[f"T{n}" for n in range(len(FOUR_TERMS))],
        article_id=[t[0] for t in FOUR_TERMS],
        term=[f"word {n}" for n in range(len(FOUR_TERMS))],
    )  # fmt: skip
    codes = []
    for n, term in enumerate(FOUR_TERMS):
        for rater, column in columns.items():
            place = term[column]
            factor = None if place is None else factors["factor_id"].iloc[place]
            silent = factor is None and rater != ds.consensus
            done = "agree" if term[1] == term[2] else "second rater kept"
            codes.append({
                "term_id": f"T{n}", "rater_id": rater, "choice": 1,
                "factor_id": factor, "reason": "too general" if silent else None,
                "resolution": done if rater == ds.consensus else None,
            })  # fmt: skip
    # The first rater's second choice for the term on which the raters differ.
    codes.append({**codes[4 * 3], "choice": 2, "factor_id": "Fc"})
    sets = [(rule, a) for rule, members in FOUR_RULES.items() for a in members]
    rules = pd.DataFrame({
        "rule_id": list(FOUR_RULES), "label": [r.title() for r in FOUR_RULES],
        "description": "A rule.", "position": [1, 2, 3],
    })  # fmt: skip
    tables = {
        "factors": factors, "articles": articles, "screening": screening,
        "terms": terms, "term_codes": pd.DataFrame(codes), "inclusion_rules": rules,
        "inclusion_sets": pd.DataFrame(sets, columns=["rule_id", "article_id"]),
    }  # fmt: skip
    return dataclasses.replace(ds, tables=MappingProxyType({**ds.tables, **tables}))
