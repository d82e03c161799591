"""Rules on what a search leaves behind: snapshots and rehearsals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from personomics.tables import Problem, Table, shown

HOME = "search"


def kept_files(folder: Path) -> Iterator[str]:
    """Yield the files of a data folder's searches, by name; the cache is none."""
    for part in ("snapshots", "rehearsals"):
        for path in sorted((folder / HOME / part).rglob("*")):
            name = path.relative_to(folder)
            if path.is_file() and not any(p.startswith(".") for p in name.parts):
                yield name.as_posix()


def check_snapshots(folder: Path) -> list[Problem]:
    """Report snapshots that are not as they were written."""
    from personomics import snapshots

    home, allowed = folder / HOME / "snapshots", "the files as they were written"
    problems = []
    for name in snapshots.names(folder / HOME):
        for sentence in snapshots.verify(home / name):
            place, _, what = sentence.removeprefix(f"{folder}/").partition(": ")
            problems.append(Problem(place, 0, "", what, allowed))
    return problems


def check_edit(folder: Path) -> list[Problem]:
    """Report a change of the tables that was interrupted."""
    from personomics.table_edit import READY

    if not (folder / READY).is_dir():
        return []
    what = "a change of the tables was interrupted"
    allowed = "finish it with: personomics search settle"
    return [Problem(READY, 0, "", what, allowed)]


def check_sources(folder: Path, records: Table) -> list[Problem]:
    """Report records that name a snapshot which is not there."""
    from personomics import snapshots

    known = snapshots.names(folder / HOME)
    return [
        Problem(records.file, row, "snapshot", f"{shown(r['snapshot'])} is not there",
                ", ".join(known) or "an empty cell, as there is no snapshot")
        for row, r in records
        if r["snapshot"] and r["snapshot"] not in known
    ]  # fmt: skip


def check_rehearsals(folder: Path) -> list[Problem]:
    """Report rehearsals that cannot be read."""
    from personomics import rehearsal

    try:
        rehearsal.stored(folder)
    except (OSError, ValueError) as error:
        place, _, what = str(error).removeprefix(f"{folder}/").partition(": ")
        allowed = "what personomics search rehearse --store writes"
        return [Problem(place, 0, "", what, allowed)]
    return []
