"""The folder that readers open: whose it is, one build at a time, swapped in."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

MARK = ".made-from"


class BuildError(RuntimeError):
    """The site could not be built; the last good one is untouched."""


def made_from(site: Path) -> str:
    """Return what the site in a folder was made from; empty where there is none."""
    mark = site / MARK
    return mark.read_text(encoding="utf-8") if mark.is_file() else ""


def claim(site: Path, *keep: Path) -> None:
    """Refuse a folder that holds something else than a book made here.

    Raises
    ------
    BuildError
        If replacing the folder would delete what this program did not write.
    """
    for other in keep:
        if site == other or site in other.parents:
            msg = f"{site} holds {other}; name another folder for the book"
            raise BuildError(msg)
    empty = site.is_dir() and not any(site.iterdir())
    if site.exists() and not empty and not made_from(site):
        msg = f"{site} is not a book made by this command; name another folder"
        raise BuildError(msg)


@contextlib.contextmanager
def alone(site: Path) -> Iterator[None]:
    """Hold the place of a site; wait while another build holds it."""
    import fcntl

    site.parent.mkdir(parents=True, exist_ok=True)
    with (site.parent / f".{site.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        recover(site)
        yield


def recover(site: Path) -> None:
    """Clear away what a killed build left, and bring back the site it had set aside."""
    old = set_aside(site)
    if old.is_dir() and not site.exists():
        os.replace(old, site)
    shutil.rmtree(old, ignore_errors=True)
    for stage in site.parent.glob(f".{site.name}.stage-*"):
        shutil.rmtree(stage, ignore_errors=True)


def set_aside(site: Path) -> Path:
    """Return where the last site waits while the new one takes its place."""
    return site.with_name(f".{site.name}.old")


def swap(fresh: Path, site: Path) -> None:
    """Put a finished site in place of the last one."""
    old = set_aside(site)
    try:
        if site.exists():
            os.replace(site, old)
        os.replace(fresh, site)
    except BaseException:
        if old.exists() and not site.exists():
            os.replace(old, site)
        raise
    shutil.rmtree(old, ignore_errors=True)
