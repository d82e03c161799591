"""Cells that are done, kept beside the output until all are.

A file of lines: the first says what is computed, each other holds one cell and a digest
of it. A last line that was cut off when the process was killed is dropped; a file with
anything else in it is left alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO, Any

#: What is put behind the name of the output.
ENDING = ".unfinished"


def beside(out: Path) -> Path:
    """Return where the cells of an output are kept meanwhile."""
    return out.with_name(out.name + ENDING)


class Checkpoint:
    """The finished cells of one run, held by one process; a context.

    Parameters
    ----------
    path : Path or None
        The file, which is made where there is none; without a file the cells are held
        in memory only.
    about : mapping
        What is computed, with its ``digest``.
    keys : mapping
        The key of every cell to the parameters in its row.
    columns : collection of str
        What else is in a row.

    Raises
    ------
    ValueError
        If the file holds something else, or another process is at work on it.
    """

    def __init__(
        self, path: Path | None, about: Mapping[str, Any],
        keys: Mapping[str, Mapping[str, Any]], columns: Collection[str],
    ) -> None:  # fmt: skip
        self.path, self.about = path, dict(about)
        self.keys, self.columns = keys, set(columns)
        self.rows: dict[str, dict[str, Any]] = {}
        self.file: IO[bytes] | None = None

    def __enter__(self) -> Checkpoint:
        if self.path:
            self.file = self.path.open("a+b")
            try:
                self.hold(self.file)
                self.read(self.file)
            except BaseException:
                self.file.close()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.file:
            if not self.rows:
                self.finish()  # nothing is lost
            self.file.close()

    def hold(self, file: IO[bytes]) -> None:
        """Keep other processes away; that ends with this process."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = f"{self.path}: another run is writing it; allowed: wait for its end"
            raise ValueError(msg) from None

    def read(self, file: IO[bytes]) -> None:
        """Read what is there, and cut off a last line that is not complete."""
        file.seek(0)
        header = file.readline()
        if as_line(self.about).startswith(header) and not header.endswith(b"\n"):
            file.truncate(0)
            self.append(self.about)
            return
        found = parsed(header)
        if found is None or "digest" not in found:
            raise self.foreign(1)
        self.same(found)
        good, end = len(header), file.seek(0, 2)
        file.seek(good)
        for number, line in enumerate(file, 2):
            found = parsed(line)
            if found is None and good + len(line) == end:
                break
            if found is None or not self.ours(found):
                raise self.foreign(number)
            self.rows[found["key"]] = found["row"]
            good += len(line)
        file.truncate(good)

    def ours(self, found: Mapping[str, Any]) -> bool:
        """Say whether a line holds a cell of this run as it was written."""
        key, row = found.get("key"), found.get("row")
        if (
            not isinstance(key, str)
            or key not in self.keys
            or not isinstance(row, dict)
        ):
            return False
        given = self.keys[key]
        return (
            found == line_of(key, row)
            and row.keys() == given.keys() | self.columns
            and all(row[name] == value for name, value in given.items())
        )

    def foreign(self, number: int) -> ValueError:
        """Return the error for a line that this run did not write."""
        return ValueError(
            f"{self.path}: line {number} is not what a run for this output writes; "
            "allowed: another output, or move or delete this file to begin anew"
        )

    def same(self, header: Mapping[str, Any]) -> None:
        """Refuse the cells of another run."""
        if header.get("digest") == self.about["digest"]:
            return
        differ = [k for k in self.about if header.get(k) != self.about[k]]
        what = ", ".join(k for k in differ if k != "digest") or "the file itself"
        msg = (
            f"{self.path}: holds the unfinished cells of another run (different: "
            f"{what}); allowed: the settings and versions it was begun with, another "
            "output, or delete this file to begin anew"
        )
        raise ValueError(msg)

    def add(self, key: str, row: dict[str, Any]) -> None:
        """Keep a finished cell."""
        self.append(line_of(key, row))
        self.rows[key] = row

    def append(self, what: Mapping[str, Any]) -> None:
        """Write a line and hand it to the system, which keeps it if we are killed."""
        if self.file:
            self.file.write(as_line(what))
            self.file.flush()

    def finish(self) -> None:
        """Delete the file: everything is in the output."""
        if self.path:
            self.path.unlink(missing_ok=True)


def as_line(what: Mapping[str, Any]) -> bytes:
    """Return a line of the file."""
    return json.dumps(what).encode() + b"\n"


def line_of(key: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is written of a cell, with a digest of it."""
    text = json.dumps([key, row], sort_keys=True)
    return {"key": key, "row": row, "sum": hashlib.sha256(text.encode()).hexdigest()}


def parsed(line: bytes) -> dict[str, Any] | None:
    """Return what a line holds, or nothing where it was cut off."""
    if not line.endswith(b"\n"):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
