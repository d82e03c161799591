"""Change tables of a data folder together: all of the change, or none of it.

How a change becomes safe
-------------------------
1. One at a time: the folder is locked (by the system, so that a killed program leaves
   no lock behind).
2. The changed tables are written aside, into a folder of links to everything else, and
   the data check runs on that. Nothing has been touched so far; a full disk or Ctrl-C
   ends here.
3. Every file is compared with what was read at the start: somebody else's change in
   the meantime stops ours.
4. The folder aside gets the name :data:`READY` in one step. From here on the change
   counts as made: each file in it is moved into place, then the folder goes. If the
   program is killed in between, the next :func:`editing` or :func:`finish` moves the
   rest; a file that somebody changed in between is named and not overwritten.

A row that does not change keeps its bytes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from personomics import checks, schema
from personomics.files import locked, sync
from personomics.tables import Problem

#: Folders that a change makes inside the data folder while it lasts.
ASIDE, READY = ".personomics-edit-", ".personomics-ready"
JOURNAL = "journal.json"
Row = dict[str, str]


class NotConformingError(ValueError):
    """A change would break a rule of the data; nothing was written.

    Attributes
    ----------
    problems : list of Problem
        What the data check says of the tables with the change.
    """

    def __init__(self, folder: Path, problems: list[Problem]) -> None:
        super().__init__(folder, problems)
        self.folder, self.problems = folder, problems

    def __str__(self) -> str:
        start = f"{self.folder}: nothing was written; with the change:\n"
        return start + "\n".join(map(str, self.problems))


class Tables:
    """The tables of a folder as rows of text, to read and to change.

    ``tables[name]`` is a list of rows in file order; each row maps columns to text.
    Change rows, append, remove or reorder them; :func:`editing` writes what changed.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        contract = schema.contract()
        self.resources = {r["name"]: r for r in contract["resources"]}
        paths = [str(r["path"]) for r in self.resources.values()]
        self.files = {
            name: (self.folder / name).read_bytes()
            for name in [schema.DESCRIPTOR, *contract["personomics:files"], *paths]
            if (self.folder / name).is_file()
        }
        #: Names of the files that :func:`editing` changed, after it has.
        self.changed: tuple[str, ...] = ()
        self._rows: dict[str, list[Row]] = {}
        self._heads: dict[str, str] = {}
        self._kept: dict[int, tuple[Row, Row, str]] = {}

    def __getitem__(self, name: str) -> list[Row]:
        if name not in self._rows:
            self._rows[name] = self._read(name)
        return self._rows[name]

    def columns(self, name: str) -> list[str]:
        """Return the columns of a table, in file order."""
        return [field["name"] for field in self.resources[name]["schema"]["fields"]]

    def field(self, name: str, column: str) -> dict[str, Any]:
        """Return what the schema says of a column."""
        fields = self.resources[name]["schema"]["fields"]
        return next(field for field in fields if field["name"] == column)

    def row(self, name: str, **cells: str) -> Row:
        """Return a new row of a table: empty but for the given cells."""
        if unknown := set(cells) - set(self.columns(name)):
            msg = f"{name} has no column {', '.join(sorted(unknown))}"
            raise KeyError(msg)
        return {column: cells.get(column, "") for column in self.columns(name)}

    def _read(self, name: str) -> list[Row]:
        path = str(self.resources[name]["path"])
        columns, rows = self.columns(name), []
        hint = f"{self.folder / path}: cannot be changed while it is no sound table; "
        hint += "see: personomics validate"
        if path not in self.files:
            msg = f"{self.folder / path}: file is missing; see: personomics validate"
            raise ValueError(msg)
        try:
            for number, (raw, cells) in enumerate(raw_rows(self.files[path].decode())):
                if (number == 0 and cells != columns) or len(cells) != len(columns):
                    raise ValueError(hint)
                if number == 0:
                    self._heads[name] = raw
                    continue
                rows.append(row := dict(zip(columns, cells, strict=True)))
                self._kept[id(row)] = row, dict(row), raw
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(hint) from error
        return rows

    def text(self, name: str) -> str:
        """Return a table as the text of its file."""
        rows, columns = self[name], self.columns(name)
        lines = [self._heads.get(name) or written(columns)]
        for row in rows:
            kept = self._kept.get(id(row))
            same = kept is not None and kept[1] == row
            cells = [row[column] for column in columns]
            lines.append(kept[2] if kept and same else written(cells))
        return "".join(lines)

    def pending(self) -> dict[str, bytes]:
        """Return the files that differ from what was read, with their new content."""
        new = {}
        for name in self._rows:
            path = str(self.resources[name]["path"])
            text = self.text(name)
            # A last line without its line feed is no change.
            if text.rstrip("\n") != self.files[path].decode().rstrip("\n"):
                new[path] = text.encode()
        return new


def written(cells: list[str]) -> str:
    """Return cells as a line of a CSV file.

    >>> print(written(["a, b", "", "c"]), end="")
    "a, b",,c
    """
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerow(cells)
    return file.getvalue()


def raw_rows(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield every row of a CSV text as it stands, and its cells."""
    lines: list[str] = []

    def feed() -> Iterator[str]:
        for line in io.StringIO(text, newline="\n"):
            lines.append(line)
            yield line

    before = csv.field_size_limit(max(len(text), 1))
    try:
        for cells in csv.reader(feed(), strict=True):
            raw = "".join(lines)
            yield (raw if raw.endswith("\n") else raw + "\n"), cells
            lines.clear()
    finally:
        csv.field_size_limit(before)


@contextmanager
def editing(folder: str | Path) -> Iterator[Tables]:
    """Change tables inside a ``with``; they are written together when it ends well.

    Parameters
    ----------
    folder : str or Path
        The data folder. It may have problems, if the change mends them.

    Yields
    ------
    Tables
        The tables; ``changed`` names the files that were written.

    Raises
    ------
    NotConformingError
        If the folder would not conform with the change. Nothing is written.
    ValueError
        If somebody else changes the folder at the same time, or a table cannot be
        read. Nothing is written.
    OSError
        If the folder cannot be written to, or the disk is full. Nothing is written.
    """
    folder = Path(folder)
    with alone(folder):
        settle_rest(folder)
        tables = Tables(folder)
        yield tables
        if new := tables.pending():
            commit(tables, new)
        tables.changed = tuple(new)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder for one change at a time, or say that somebody else does."""
    if not folder.is_dir():
        msg = f"{folder}: is not a folder; give a folder with {schema.DESCRIPTOR}"
        raise ValueError(msg)
    with ExitStack() as held:
        try:
            held.enter_context(locked(folder, wait=False))
        except BlockingIOError:
            msg = f"{folder}: is being changed by another command; wait, then repeat"
            raise ValueError(msg) from None
        yield


def commit(tables: Tables, new: dict[str, bytes]) -> None:
    """Check changed files aside and move them into place, all or none."""
    folder = tables.folder
    aside: Path | None = None
    try:
        aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=folder))
        trial, ready = aside / "trial", aside / "ready"
        ready.mkdir()
        for name, content in new.items():
            write_through(ready / name, content)
        link_all(folder, trial, ready, set(new))
        if problems := checks.validate(trial):
            raise NotConformingError(folder, problems)
        old = {name: digest(tables.files[name]) for name in new}
        journal = json.dumps({n: [old[n], digest(c)] for n, c in new.items()}, indent=1)
        write_through(ready / JOURNAL, journal.encode())
        if links := [name for name in new if (folder / name).is_symlink()]:
            msg = f"{folder / links[0]}: is a link; nothing was written, put the file "
            raise ValueError(msg + "itself here")
        for name, content in tables.files.items():
            if (folder / name).read_bytes() != content:
                msg = f"{folder / name}: was changed meanwhile; nothing was written, "
                raise ValueError(msg + "repeat the command")
        ready.rename(folder / READY)
        with suppress(OSError):
            sync(folder)
    except OSError as error:
        why = error.strerror or error
        msg = f"{folder}: nothing was written: {why}"
        raise OSError(msg) from error
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
    try:
        settle_rest(folder)
    except KeyboardInterrupt:
        settle_rest(folder)
        raise


def link_all(folder: Path, trial: Path, ready: Path, new: set[str]) -> None:
    """Make a folder that looks like the data folder with the changed files in it."""
    trial.mkdir()
    for entry in folder.iterdir():
        if entry.name.startswith("."):
            continue
        source = ready / entry.name if entry.name in new else entry
        try:
            (trial / entry.name).symlink_to(source.resolve())
        except (OSError, NotImplementedError):  # Windows, without the right to link
            copy = shutil.copytree if source.is_dir() else shutil.copyfile
            copy(source, trial / entry.name)


def finish(folder: str | Path) -> tuple[str, ...]:
    """Finish a change that was interrupted, and remove what an interruption left.

    Parameters
    ----------
    folder : str or Path
        The data folder.

    Returns
    -------
    tuple of str
        The files moved into place; empty when there was nothing to finish.

    Raises
    ------
    ValueError
        If a file was changed after the interruption.
    """
    with alone(Path(folder)):
        return settle_rest(Path(folder))


def settle_rest(folder: Path) -> tuple[str, ...]:
    """Finish an interrupted change of a folder that is held already."""
    ready = folder / READY
    moved = move_ready(folder, ready) if (ready / JOURNAL).is_file() else ()
    for left in [ready, *folder.glob(ASIDE + "*")]:
        shutil.rmtree(left, ignore_errors=True)
    return moved


def move_ready(folder: Path, ready: Path) -> tuple[str, ...]:
    """Move the files of a change that counts as made into place."""
    journal = json.loads((ready / JOURNAL).read_text(encoding="utf-8"))
    waiting = [name for name in journal if (ready / name).is_file()]
    for name in waiting:
        now = digest((folder / name).read_bytes()) if (folder / name).is_file() else ""
        if now not in journal[name]:
            msg = f"{folder / name}: was changed while a change was being written; "
            msg += f"compare it with {ready / name}, then delete the folder {ready}"
            raise ValueError(msg)
    try:
        for name in waiting:
            # Moved by an interrupt between the check and here is as good as moved now.
            with suppress(FileNotFoundError):
                os.replace(ready / name, folder / name)
        with suppress(OSError):
            sync(folder)
        # The journal goes first: without it the folder is mere rubbish.
        (ready / JOURNAL).unlink(missing_ok=True)
    except OSError as error:
        msg = f"{folder}: a change is half written ({error.strerror}); it is kept in "
        raise OSError(msg + f"{ready} and finished by the next command") from error
    return tuple(waiting)


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def write_through(path: Path, content: bytes) -> None:
    """Write a new file through to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
