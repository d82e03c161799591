"""Loading: all tables or nothing, typed, stamped, and safe to hand around."""

from __future__ import annotations

import dataclasses
import hashlib
import pickle
import shutil
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest
from conftest import MINI, Folder

from personomics import Dataset, InvalidDataError, load
from personomics.dataset import DEFAULT, VARIABLE, folder_in_use, report


def test_tables_have_the_types_of_the_schema(mini: Dataset) -> None:
    """Cells become text, whole numbers, numbers or truth values; empty is missing."""
    assert mini["articles"].loc[0, "year"] == 1999
    assert pd.isna(mini["articles"].loc[4, "year"])
    assert pd.isna(mini["articles"].loc[4, "title"])
    assert str(mini["articles"]["year"].dtype) == "Int64"
    assert mini["trial_fact_values"].loc[1, "low"] == 0.6
    assert pd.isna(mini["trial_fact_values"].loc[0, "low"])
    assert mini["cases"]["eligible"].tolist() == [True, True, False]
    assert mini["factors"].loc[0, "label"] == (
        'Time, money & "daily load" <b>at home</b> 🏡'
    )


def test_rows_keep_file_order(mini: Dataset) -> None:
    """Tables are not sorted on the way in."""
    assert mini["raters"]["rater_id"].tolist() == ["zoe", "okan", "panel"]


def test_what_a_dataset_says_of_itself(mini: Dataset) -> None:
    """Title, version, paper, consensus, codes and statements come from the folder."""
    assert mini.title == "Toy dataset for tests (invented)"
    assert mini.version == "3.1.4"
    assert mini.paper["pmid"] == "12345678"
    assert mini.consensus == "panel"
    assert list(mini.codes("stability")) == ["stable", "dynamic"]
    assert mini.codes("no such scheme") == {}
    assert mini.statement("cases").startswith("Invented for tests")
    assert mini.statement("audit") == ""
    assert mini.stamp == f"3.1.4 ({mini.digest[:12]})"


def test_unknown_table_lists_the_known(mini: Dataset) -> None:
    """A wrong name of a table is answered with the right ones."""
    with pytest.raises(KeyError, match="no table 'factor'; tables are: raters, art"):
        mini["factor"]


def test_changing_a_table_changes_a_copy(mini: Dataset) -> None:
    """One chapter cannot spoil the data of the next."""
    frame = mini["factors"]
    frame.loc[0, "label"] = "spoiled"
    frame["more"] = 1
    assert mini["factors"].loc[0, "label"] != "spoiled"
    assert "more" not in mini["factors"]


def test_dataset_is_frozen_and_replaceable(mini: Dataset) -> None:
    """Attributes cannot be set; a changed dataset is another one."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        mini.digest = ""  # type: ignore[misc]
    with pytest.raises(TypeError):
        mini.tables["factors"] = pd.DataFrame()  # type: ignore[index]
    few = {**mini.tables, "factors": mini["factors"].head(1)}
    other = dataclasses.replace(mini, tables=MappingProxyType(few))
    assert len(other["factors"]) == 1
    assert other != mini
    assert len({mini, other}) == 2


def test_invalid_folder_raises_every_problem(folder: Folder) -> None:
    """Loading an invalid folder raises the lines that validate prints, nothing else."""
    folder.set("factors.csv", 2, definition="")
    folder.set("terms.csv", 2, article_id="zzz")
    with pytest.raises(InvalidDataError) as error:
        load(folder.path)
    assert str(error.value).splitlines() == folder.problems()
    assert len(error.value.problems) == 2
    assert error.value.folder == folder.path
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


def test_file_is_no_folder() -> None:
    """The path of a file is refused by its name."""
    with pytest.raises(InvalidDataError, match=r"claims\.csv: is not a folder"):
        load(MINI / "claims.csv")


@pytest.mark.parametrize("name", sorted(p.name for p in MINI.glob("*.csv")))
def test_header_only(folder: Folder, name: str) -> None:
    """A table without rows is no problem of its own; only what rows require is."""
    folder.write(name, folder.read(name)[:1])
    lines = folder.problems()
    needed = {
        "raters.csv": "raters.csv: role: no raters",
        "articles.csv": "is not in articles.csv",
        "screening.csv": "has no consensus verdict",
        "codebook.csv": "has no row",
    }
    if name in needed:
        assert any(needed[name] in line for line in lines)
    assert not any(line.startswith(f"{name}:1") for line in lines)
    if not lines:
        table = load(folder.path)[name.removesuffix(".csv")]
        assert len(table) == 0
        assert list(table.columns) == folder.read(name)[0]


def test_nothing_but_structure(folder: Folder) -> None:
    """A folder with raters and a codebook, and no other row, is a dataset."""
    for path in folder.path.glob("*.csv"):
        if path.name not in ("raters.csv", "codebook.csv"):
            folder.write(path.name, folder.read(path.name)[:1])
    ds = load(folder.path)
    assert {name for name, table in ds.tables.items() if len(table)} == {
        "raters",
        "codebook",
    }


def test_digest_is_of_names_and_bytes(mini: Dataset) -> None:
    """The digest is the SHA-256 of name, length and content of each file, sorted."""
    total = hashlib.sha256()
    files = [p for p in MINI.rglob("*") if p.is_file()]
    for name in sorted(p.relative_to(MINI).as_posix() for p in files):
        data = (MINI / name).read_bytes()
        total.update(name.encode() + b"\0" + str(len(data)).encode() + b"\0" + data)
    assert mini.digest == total.hexdigest()


def test_any_change_changes_the_digest(folder: Folder, mini: Dataset) -> None:
    """One changed cell or reference gives another digest; a copy gives the same."""
    assert load(folder.path).digest == mini.digest
    folder.set("claims.csv", 2, claim="Other words.")
    changed = load(folder.path).digest
    assert changed != mini.digest
    folder.swap("references.bib", b"1977", b"1978")
    assert load(folder.path).digest not in (changed, mini.digest)


def test_report(folder: Folder, mini: Dataset) -> None:
    """The report counts tables and rows, and gives each problem by its parts."""
    found = report(folder.path)
    assert found["valid"]
    assert found["tables"] == 29
    assert found["rows"] == sum(len(t) for t in mini.tables.values())
    assert found["digest"] == mini.digest
    folder.set("factors.csv", 2, definition="")
    assert report(folder.path)["problems"] == [
        {
            "file": "factors.csv",
            "row": 2,
            "column": "definition",
            "what": "is empty",
            "allowed": "a value",
            "line": "factors.csv:2: definition: is empty; allowed: a value",
        }
    ]


def test_folder_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PERSONOMICS_DATA names the folder; empty or absent means the shipped data."""
    shutil.copytree(MINI, tmp_path / "given")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, "given")
    assert load().folder == (tmp_path / "given").resolve()
    for nothing in ("", "  "):
        monkeypatch.setenv(VARIABLE, nothing)
        assert folder_in_use() == DEFAULT
    monkeypatch.delenv(VARIABLE)
    assert folder_in_use() == DEFAULT


def test_linked_folder(tmp_path: Path, mini: Dataset) -> None:
    """A link to a folder loads the folder."""
    (tmp_path / "link").symlink_to(MINI)
    assert load(tmp_path / "link").digest == mini.digest


def test_shipped_data_are_valid() -> None:
    """The data of the repository load."""
    assert load(DEFAULT).folder == DEFAULT


def test_toy_data_differ_from_the_shipped(mini: Dataset) -> None:
    """No id of the toy occurs in the shipped data, nor does any count that matters."""
    ds = load(DEFAULT)
    for table, key in (("articles", "article_id"), ("factors", "factor_id"),
                       ("cases", "case_id"), ("terms", "term_id"),
                       ("raters", "rater_id"), ("instruments", "instrument_id"),
                       ("claims", "claim_id")):  # fmt: skip
        assert not set(ds[table][key]) & set(mini[table][key])
        assert len(ds[table]) != len(mini[table])
    assert "(invented)" in mini.title
