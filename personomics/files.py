"""Files written aside and renamed, and folders held by one process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

#: How the name of a file or folder begins that is not complete yet.
ASIDE = ".part-"


def write(path: Path, content: str | bytes | Iterable[str]) -> None:
    """Write a file aside, see it on the disk, and give it its name.

    Parameters
    ----------
    path : Path
        The file; what it held stays if the writing fails.
    content : str, bytes or iterable of str
        What it shall hold; text is written as UTF-8, line feeds as they are.
    """
    pieces = [content] if isinstance(content, str | bytes) else content
    handle, aside = tempfile.mkstemp(prefix=ASIDE, dir=path.parent)
    try:
        with open(handle, "wb") as file:
            for piece in pieces:
                file.write(piece.encode() if isinstance(piece, str) else piece)
            file.flush()
            os.fchmod(handle, 0o644)
            os.fsync(handle)
        os.replace(aside, path)
        sync(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        if isinstance(error, OSError) and not error.filename:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def update(path: Path, content: str | bytes) -> None:
    """Write a file unless it holds that already; make its folder."""
    data = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, data)


def sweep(folder: Path) -> None:
    """Delete what runs that were killed left incomplete; hold the folder meanwhile."""
    for rest in folder.glob(f"{ASIDE}*"):
        if rest.is_dir():
            shutil.rmtree(rest)
        else:
            rest.unlink()


def sync(folder: Path) -> None:
    """See the names of a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a folder for this process; the lock ends with the process.

    Raises
    ------
    BlockingIOError
        If another process holds it and `wait` is false.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)
