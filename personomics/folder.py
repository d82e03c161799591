"""Which data folder is in use, what belongs to it, and how it is told to be wrong."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from personomics import checks_search, schema
from personomics.tables import Problem

DEFAULT = schema.CONTRACT.parent
VARIABLE, EPOCH = "PERSONOMICS_DATA", "SOURCE_DATE_EPOCH"
#: A folder of unfinished searches and abstracts, which is no part of the data.
CACHE = ".cache"


class InvalidDataError(ValueError):
    """A data folder does not conform; the message lists every problem, one a line."""

    def __init__(self, folder: Path, problems: list[Problem]) -> None:
        super().__init__(folder, problems)
        self.folder = folder
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def folder_in_use() -> Path:
    """Return the folder named by ``PERSONOMICS_DATA``, or the shipped data."""
    named = os.environ.get(VARIABLE, "").strip()
    return Path(named).expanduser().resolve() if named else DEFAULT


def environment() -> dict[str, str]:
    """Return the environment for a process that works in another folder than this.

    A relative folder in ``PERSONOMICS_DATA`` would mean another one there.
    """
    named = {VARIABLE: str(folder_in_use())} if os.environ.get(VARIABLE) else {}
    found = {**os.environ, **named}
    if not found.get(EPOCH):  # empty, it is no time that programs can read
        found.pop(EPOCH, None)
    return found


def state(folder: Path) -> str:
    """Return the SHA-256 over everything in a folder that its check may look at."""
    total = hashlib.sha256()
    for place, below, files in os.walk(folder):
        below[:] = sorted(name for name in below if name != CACHE)
        for name in sorted(files):
            path = os.path.join(place, name)
            total.update(f"{path}\0".encode(errors="surrogateescape"))
            total.update(hashlib.sha256(content(path)).digest())
    return total.hexdigest()


def content(path: str) -> bytes:
    """Return the bytes of a file; of one that cannot be read, that it cannot."""
    try:
        return Path(path).read_bytes() if os.path.isfile(path) else b""
    except OSError as error:
        return str(error).encode()


def digest(folder: Path, descriptor: Mapping[str, Any]) -> str:
    """Return the SHA-256 over names and bytes of every file of a data package."""
    names = [schema.DESCRIPTOR, *schema.contract()["personomics:files"]]
    names += [resource["path"] for resource in descriptor["resources"]]
    names += checks_search.kept_files(folder)
    total = hashlib.sha256()
    for name in sorted(names):
        data = (folder / name).read_bytes()
        total.update(f"{name}\0{len(data)}\0".encode())
        total.update(data)
    return total.hexdigest()
