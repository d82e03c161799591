"""A change of tables is all or nothing: refused, full, killed, or two at once."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import MINI, Folder
from hypothesis import given
from hypothesis import strategies as st

from personomics import checks, table_edit
from personomics.dataset import DEFAULT
from personomics.table_edit import NotConformingError, Tables, editing, finish

HERE = Path(__file__).parent
#: A program that adds a note to three tables, and stops dead before one of its moves.
KILLED = """
import os, sys
from personomics import table_edit
folder, last = sys.argv[1], int(sys.argv[2])
real, moves = os.replace, iter(range(1000))
def replace(*args):
    if next(moves) == last:
        os._exit(9)
    real(*args)
table_edit.os.replace = replace
with table_edit.editing(folder) as tables:
    for name in ("articles", "records", "screening"):
        tables[name][0]["reason" if name == "screening" else "note"] = "Changed."
os._exit(0)
"""


def content(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder, the hidden ones too."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def edit(folder: Folder, change: Callable[[Tables], None]) -> None:
    """Make one change of a folder."""
    with editing(folder.path) as tables:
        change(tables)


def add_record(tables: Tables, name: str = "r-new") -> None:
    """Add a record that an automation tool removed: a change that conforms."""
    cells = {"source": "Embase", "found_by": "database", "removed": "automation"}
    row = tables.row("records", record_id=name, title="A title", **cells)
    tables["records"].append(row)


@pytest.mark.parametrize("folder", [DEFAULT, MINI], ids=["shipped", "mini"])
def test_reading_and_writing_gives_the_same_bytes(folder: Path) -> None:
    """Every table comes out as it went in, and nothing waits to be written."""
    tables = Tables(folder)
    for name, resource in tables.resources.items():
        assert tables.text(name).encode() == (folder / resource["path"]).read_bytes()
    assert tables.pending() == {}


CELL = st.text(st.sampled_from("ab,\"'= \n;é漢🧸\u200f"), max_size=5)


@given(st.lists(st.lists(CELL, min_size=2, max_size=3), min_size=1, max_size=5))
def test_a_row_as_it_stands_and_its_cells_are_those_of_the_csv_module(
    rows: list[list[str]],
) -> None:
    """Rows keep their text, quoted or not, and the csv module reads the same cells."""
    text = "".join(table_edit.written(row) for row in rows)
    found = list(table_edit.raw_rows(text))
    assert "".join(raw for raw, _ in found) == text
    assert [cells for _, cells in found] == rows


def test_only_what_changes_changes(folder: Folder) -> None:
    """One cell changes one line; needless quotation marks elsewhere stay."""
    folder.swap("articles.csv", b"a-2,,2003", b'"a-2",,"2003"')
    before = content(folder.path)
    with editing(folder.path) as tables:
        tables["articles"][0]["note"] = "Seen, twice."
    assert tables.changed == ("articles.csv",)
    after = content(folder.path)
    assert after.keys() == before.keys()
    assert [name for name in after if after[name] != before[name]] == ["articles.csv"]
    old, new = (c["articles.csv"].split(b"\n") for c in (before, after))
    assert [n for n, line in enumerate(new) if line != old[n]] == [1]
    assert new[1].endswith(b',original,"Seen, twice."')
    assert new[2].startswith(b'"a-2",,"2003"')


def test_no_change_writes_nothing(folder: Folder) -> None:
    """An edit that changes nothing leaves every file as it is, by time and bytes."""
    path = folder.path / "records.csv"
    stamp = path.stat().st_mtime_ns
    with editing(folder.path) as tables:
        tables["records"][0]["note"] += ""
    assert tables.changed == ()
    assert path.stat().st_mtime_ns == stamp


def test_a_change_against_the_rules_is_refused_with_every_problem(
    folder: Folder,
) -> None:
    """The folder stays as it was, and the error names file, row and column."""
    before = content(folder.path)

    def spoil(tables: Tables) -> None:
        tables["articles"][0]["year"] = "soon"
        tables["records"][1]["removed"] = "lost"

    with pytest.raises(NotConformingError) as caught:
        edit(folder, spoil)
    assert content(folder.path) == before
    lines = str(caught.value).splitlines()
    assert "nothing was written" in lines[0]
    assert lines[1].startswith("articles.csv:2: year: 'soon' is not a whole number")
    assert any(line.startswith("records.csv:3: removed:") for line in lines)


def test_a_change_may_mend_what_was_wrong(folder: Folder) -> None:
    """A folder with a problem can be edited when the edit ends the problem."""
    folder.set("articles.csv", 2, year="soon")
    with editing(folder.path) as tables:
        tables["articles"][0]["year"] = "1999"
    assert folder.problems() == []


def test_an_error_inside_writes_nothing(folder: Folder) -> None:
    """What goes wrong while rows are changed leaves the files alone."""
    before = content(folder.path)

    def fail(tables: Tables) -> None:
        add_record(tables)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        edit(folder, fail)
    assert content(folder.path) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("records.csv", b"record_id,", b"record,"),
        ("records.csv", b"r-a-1,a-1", b'"r-a-1,a-1'),
        ("records.csv", b"r-a-1,", b"r-a-1\xff,"),
        ("records.csv", b"r-a-1,a-1", b"r-a-1,a-1,,"),
    ],
    ids=["header", "quote", "byte", "cells"],
)
def test_a_table_that_is_none_is_not_rewritten(
    folder: Folder, file: str, old: bytes, new: bytes
) -> None:
    """A file that cannot be read to the end is left alone, with a pointer."""
    folder.swap(file, old, new)
    before = content(folder.path)
    with pytest.raises(ValueError, match="personomics validate"):
        edit(folder, lambda tables: tables["records"].clear())
    assert content(folder.path) == before


def test_two_at_once_take_turns(folder: Folder) -> None:
    """While one edit is open, another is told to wait; afterwards it succeeds."""
    with editing(folder.path) as tables:
        add_record(tables)
        with pytest.raises(ValueError, match="another command; wait, then repeat"):
            edit(folder, add_record)
    with editing(folder.path) as tables:
        add_record(tables, "r-newer")
    assert [r[0] for r in folder.read("records.csv")[-2:]] == ["r-new", "r-newer"]


def test_many_threads_lose_no_row(folder: Folder) -> None:
    """Eight writers that repeat when told to wait end with eight rows."""

    def work(number: int) -> None:
        while True:
            with suppress(ValueError):
                edit(folder, lambda tables: add_record(tables, f"r-t{number}"))
                return

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    names = {row[0] for row in folder.read("records.csv")}
    assert {f"r-t{n}" for n in range(8)} <= names
    assert folder.problems() == []


def test_a_change_underneath_stops_the_edit(folder: Folder) -> None:
    """What a person saves meanwhile is kept, and the edit says so."""

    def change(tables: Tables) -> None:
        add_record(tables)
        folder.swap("raters.csv", b"Invented rater", b"Some rater")

    before = content(folder.path)
    with pytest.raises(ValueError, match=r"raters\.csv: was changed meanwhile"):
        edit(folder, change)
    after = content(folder.path)
    assert b"Some rater" in after.pop("raters.csv")
    assert after == {n: c for n, c in before.items() if n != "raters.csv"}


@pytest.mark.parametrize("where", ["write", "fsync"])
def test_a_full_disk_leaves_everything_as_it_was(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """No space left: an OSError that says so, no rubbish, and the old bytes."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = content(folder.path)
    if where == "write":
        monkeypatch.setattr(table_edit, "write_through", full)
    else:
        monkeypatch.setattr(table_edit.os, "fsync", full)
    with pytest.raises(OSError, match="nothing was written: No space left"):
        edit(folder, add_record)
    assert content(folder.path) == before


def test_a_folder_that_may_not_be_written_says_so(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only folder ends in one sentence, not in a trace."""

    def forbid(**_: object) -> str:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(table_edit.tempfile, "mkdtemp", forbid)
    with pytest.raises(OSError, match="nothing was written: Permission denied"):
        edit(folder, add_record)


def test_what_is_no_folder_is_named(tmp_path: Path) -> None:
    """A wrong path is an error that says what to give."""
    with pytest.raises(ValueError, match=r"is not a folder; .*datapackage\.json"):
        edit(Folder(tmp_path / "none"), add_record)


@pytest.mark.parametrize("last", range(4))
def test_a_kill_between_the_moves_is_finished_later(folder: Folder, last: int) -> None:
    """Killed before the first, second or third move, the next edit ends the change."""
    before = content(folder.path)
    command = [sys.executable, "-c", KILLED, str(folder.path), str(last)]
    done = subprocess.run(command, cwd=HERE.parent, check=False)
    assert done.returncode == (9 if last < 3 else 0)
    names = ("articles.csv", "records.csv", "screening.csv")
    now = content(folder.path)
    assert sum(now[n] != before[n] for n in names) == last
    assert len(finish(folder.path)) == 3 - last
    after = content(folder.path)
    assert after.keys() == before.keys()
    assert all(b"Changed." in after[n] for n in names)
    assert checks.validate(folder.path) == []
    assert finish(folder.path) == ()


def test_a_file_changed_after_a_kill_is_not_overwritten(folder: Folder) -> None:
    """A person's change after the interruption is named, kept, and nothing is lost."""
    command = [sys.executable, "-c", KILLED, str(folder.path), "1"]
    subprocess.run(command, cwd=HERE.parent, check=False)
    folder.swap("records.csv", b"Hand search", b"By hand")
    before = content(folder.path)
    with pytest.raises(ValueError, match=r"records\.csv: was changed while.*compare"):
        finish(folder.path)
    assert content(folder.path) == before


def test_ctrl_c_during_the_moves_ends_the_change_first(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt between two moves still leaves all of the change, and is raised."""
    real, moves = os.replace, iter(range(100))

    def replace(*args: Path) -> None:
        if next(moves) == 1:
            raise KeyboardInterrupt
        real(*args)

    monkeypatch.setattr(table_edit.os, "replace", replace)

    def change(tables: Tables) -> None:
        add_record(tables)
        tables["articles"][0]["note"] = "Changed."

    with pytest.raises(KeyboardInterrupt):
        edit(folder, change)
    assert folder.read("records.csv")[-1][0] == "r-new"
    assert folder.read("articles.csv")[1][-1] == "Changed."
    assert not list(folder.path.glob(".personomics-*"))


def test_what_a_kill_before_the_moves_left_is_swept(folder: Folder) -> None:
    """Folders aside that were never ready go with the next edit."""
    (folder.path / f"{table_edit.ASIDE}x" / "trial").mkdir(parents=True)
    (folder.path / table_edit.READY).mkdir()
    with editing(folder.path) as tables:
        add_record(tables)
    assert not list(folder.path.glob(".personomics-*"))


def test_a_link_is_not_replaced_by_a_file(folder: Folder) -> None:
    """A table that lies elsewhere is named and left, rather than parted from it."""
    table, elsewhere = folder.path / "records.csv", folder.path.parent / "there.csv"
    table.rename(elsewhere)
    table.symlink_to(elsewhere)
    before = content(folder.path)
    with pytest.raises(ValueError, match=r"records\.csv: is a link; nothing was"):
        edit(folder, add_record)
    assert table.is_symlink()
    assert content(folder.path) == before
