"""Cells that are done, kept beside the output until all are.

A file of lines: the first says what is computed, each other holds one cell. A line that
was cut off when the process was killed is dropped.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Mapping
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

    Raises
    ------
    ValueError
        If the file holds cells of something else, or another process is at work on it.
    """

    def __init__(self, path: Path | None, about: Mapping[str, Any]) -> None:
        self.path, self.about = path, dict(about)
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
        """Read what is there, and cut off a line that is not complete."""
        file.seek(0)
        good = 0
        for number, line in enumerate(file):
            found = parsed(line)
            if found is None:
                break
            if number == 0:
                self.same(found)
            else:
                self.rows[found["key"]] = found["row"]
            good += len(line)
        file.truncate(good)
        if good == 0:
            self.append(self.about)

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
        self.append({"key": key, "row": row})
        self.rows[key] = row

    def append(self, what: Mapping[str, Any]) -> None:
        """Write a line and hand it to the system, which keeps it if we are killed."""
        if self.file:
            self.file.write(json.dumps(what).encode() + b"\n")
            self.file.flush()

    def finish(self) -> None:
        """Delete the file: everything is in the output."""
        if self.path:
            self.path.unlink(missing_ok=True)


def parsed(line: bytes) -> dict[str, Any] | None:
    """Return what a line holds, or nothing where it was cut off."""
    if not line.endswith(b"\n"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
