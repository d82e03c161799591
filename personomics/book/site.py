"""The folder that readers open: whose it is, one build at a time, swapped in."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from personomics.folder import InvalidDataError

#: What the system says of a full disk, and of one whose owner has used up a share.
FULL = (errno.ENOSPC, errno.EDQUOT)
#: Bytes below which nothing can be made, whatever else seems to be wrong.
SCANT = 1 << 20
#: The record of what a site was made from; it also tells a site of ours by.
PROVENANCE = "made-from.json"
#: What told a site until version 0.2.
OLD_MARK = ".made-from"


class BuildError(RuntimeError):
    """The site could not be built; the last good one is untouched."""


def claim(site: Path, *keep: Path) -> None:
    """Refuse a folder that holds something else than a book made here.

    Raises
    ------
    BuildError
        If replacing the folder would delete what this program did not write, or if
        it cannot be replaced.
    """
    for other in keep:
        if site == other or site in other.parents:
            msg = f"{site} holds {other}; name another folder for the book"
            raise BuildError(msg)
    empty = site.is_dir() and not any(site.iterdir())
    ours = any((site / name).is_file() for name in (PROVENANCE, OLD_MARK))
    if site.exists() and not empty and not ours:
        msg = f"{site} is not a book made by this command; name another folder"
        raise BuildError(msg)
    if os.path.ismount(site):
        msg = f"{site} is a disk of its own and cannot be swapped; name a folder in it"
        raise BuildError(msg)
    # A folder that is not there yet is made in the nearest one that is.
    above = next(place for place in site.parents if place.exists())
    for place in (above, site):
        if place.exists() and not os.access(place, os.W_OK | os.X_OK):
            msg = f"{place} cannot be written to; name another folder for the book"
            raise BuildError(msg)


@contextlib.contextmanager
def alone(site: Path, waiting: Callable[[], None]) -> Iterator[int]:
    """Hold the place of a site, and yield the open file that holds it.

    The place is free again when every process that has the file open has ended.

    Parameters
    ----------
    site : Path
        The site.
    waiting : callable
        Called when another build holds the place, before waiting for its end.

    Raises
    ------
    BuildError
        If the disk is full, whatever that broke.
    """
    import fcntl

    try:
        site.parent.mkdir(parents=True, exist_ok=True)
        with (site.parent / f".{site.name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(lock, fcntl.LOCK_EX)
            recover(site)
            yield lock.fileno()
    except InvalidDataError:
        raise
    except Exception as error:
        if full := no_room(site.parent, error):
            raise BuildError(full) from error
        raise


def no_room(place: Path, error: BaseException) -> str:
    """Return a message if a disk is full; otherwise an empty string.

    Parameters
    ----------
    place : Path
        A folder on the disk that is written to.
    error : BaseException
        What went wrong; other processes report a full disk in words only.
    """
    where, known = place, shutil.disk_usage(place).free < SCANT
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and found.errno in FULL:
            known, where = True, Path(found.filename or where)
        known = known or any(os.strerror(code) in str(found) for code in FULL)
        found = found.__cause__ or found.__context__
    if not known:
        return ""
    return f"the disk is full: no room for {where}; make room, then try again"


def recover(site: Path) -> None:
    """Clear away what a killed build left, and bring back the site it had set aside."""
    old = set_aside(site)
    if old.is_dir() and not site.exists():
        os.replace(old, site)
    shutil.rmtree(old, ignore_errors=True)
    for stage in site.parent.glob(f".{glob.escape(site.name)}.stage-*"):
        shutil.rmtree(stage, ignore_errors=True)


def set_aside(site: Path) -> Path:
    """Return where the last site waits while the new one takes its place."""
    return site.with_name(f".{site.name}.old")


def swap(fresh: Path, site: Path) -> None:
    """Put a finished site in place of the last one; there is always one of them."""
    old = set_aside(site)
    if site.exists() and exchange(fresh, site):
        shutil.rmtree(fresh, ignore_errors=True)
        return
    try:
        if site.exists():
            os.replace(site, old)
        os.replace(fresh, site)
    except BaseException:
        if old.exists() and not site.exists():
            os.replace(old, site)
        raise
    shutil.rmtree(old, ignore_errors=True)


def exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, where the system can (Linux, ``renameat2``)."""
    import ctypes

    here, exchanging = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    names = os.fsencode(one), os.fsencode(other)
    return bool(rename(here, names[0], here, names[1], exchanging) == 0)
