"""Snapshots of searches: written once, complete or absent, checked, compared.

A snapshot is a folder ``DATE-N`` with ``snapshot.json`` (what was asked, where, when,
what came, and the SHA-256 of the other files), ``records.csv`` and, for a search,
``pmids.txt``. Abstracts may be copyright: they stay in a local cache, and
:func:`abstracts` finds them there by the SHA-256 of ``records.csv``.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from personomics import __version__
from personomics.files import ASIDE, locked, sweep, sync, write
from personomics.records import COLUMNS, Record, read_csv, to_csv
from personomics.snapshot_form import faults, miscounts

FORMAT = 1
META, RECORDS, PMIDS = "snapshot.json", "records.csv", "pmids.txt"
NAME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})-([1-9][0-9]*)")
FILES = {"search": (PMIDS, RECORDS), "import": (RECORDS,)}


@dataclass(frozen=True)
class Snapshot:
    """One search or one imported file, as it was on its day.

    Attributes
    ----------
    id : str
        Name of its folder, "2026-01-31-1".
    folder : Path
        Where it is.
    meta : mapping
        What ``snapshot.json`` says.
    """

    id: str
    folder: Path
    meta: Mapping[str, Any]

    def records(self) -> Iterator[Record]:
        """Yield the records, without abstracts."""
        return read_csv(self.folder / RECORDS)


@dataclass(frozen=True)
class Change:
    """A record that two snapshots describe differently.

    Attributes
    ----------
    old, new : Record
        The record in each snapshot.
    fields : tuple of str
        Columns in which they differ.
    """

    old: Record
    new: Record
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Delta:
    """What one snapshot has that another has not.

    Attributes
    ----------
    new, gone : tuple of Record
        Records of the later snapshot only, and of the earlier only; a record that the
        later search counted but could not fetch is not gone.
    changed : tuple of Change
        Records of both that differ in some column.
    same_query : bool
        Whether both asked the same source for the same; if not, new records may be
        due to the question.
    """

    new: tuple[Record, ...]
    gone: tuple[Record, ...]
    changed: tuple[Change, ...]
    same_query: bool


def read(folder: Path) -> Snapshot:
    """Read what a snapshot says of itself.

    Raises
    ------
    ValueError
        If it is none, or of a later format.
    OSError
        If it cannot be read.
    """
    path = folder / META
    if path.exists() and not path.is_file():
        msg = f"{path}: is no file"
        raise ValueError(msg)
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        msg = f"{path}: is not JSON"
        raise ValueError(msg) from None
    kind = meta.get("kind") if isinstance(meta, dict) else None
    if kind not in (*FILES,) or meta.get("format") != FORMAT:
        msg = (f"{path}: is no snapshot that this version reads; "
               f"allowed: format {FORMAT}, kind {' or '.join(FILES)}")  # fmt: skip
        raise ValueError(msg)
    return Snapshot(folder.name, folder, meta)


def all(folder: Path) -> list[Snapshot]:
    """Return the snapshots of a search folder, the oldest first.

    Parameters
    ----------
    folder : Path
        The folder ``search`` of a data folder.
    """
    return [read(folder / "snapshots" / name) for name in names(folder)]


def names(folder: Path) -> list[str]:
    """Return the names of the snapshots of a search folder, the oldest first."""
    home = folder / "snapshots"
    found = os.listdir(home) if home.is_dir() else []
    matches = [match for name in found if (match := NAME.fullmatch(name))]
    return [m[0] for m in sorted(matches, key=lambda m: (m[1], int(m[2])))]


def next_name(folder: Path, date: datetime.date) -> str:
    """Return the name of the next snapshot of a day; a used number never returns."""
    day = date.isoformat()
    used = [int(name[11:]) for name in names(folder) if name.startswith(day)]
    return f"{day}-{max(used, default=0) + 1}"


def publish(path: Path, meta: Mapping[str, Any], files: Mapping[str, str]) -> Path:
    """Write a snapshot aside and give it its name when it is complete.

    Parameters
    ----------
    path : Path
        The folder to be; it must not exist.
    meta : mapping
        What ``snapshot.json`` says, but for the files.
    files : mapping of str to str
        The other files, by name.

    Raises
    ------
    FileExistsError
        If there is a snapshot of this name: it is never overwritten.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.parent):
        sweep(path.parent)
        if os.path.lexists(path):
            msg = f"{path}: is there already; a snapshot is never overwritten"
            raise FileExistsError(msg)
        aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=path.parent))
        try:
            aside.chmod(0o755)
            for name, text in {**files, META: describe(meta, files)}.items():
                write(aside / name, text)
            os.rename(aside, path)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        sync(path.parent)
    return path


def same(path: Path, meta: Mapping[str, Any], files: Mapping[str, str]) -> bool:
    """Say whether a folder is the snapshot that :func:`publish` would write."""
    with contextlib.suppress(OSError, ValueError):
        return (path / META).read_text(encoding="utf-8") == describe(meta, files)
    return False


def describe(meta: Mapping[str, Any], files: Mapping[str, str]) -> str:
    """Return the text of ``snapshot.json`` for these files."""
    known = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted((n, text.encode()) for n, text in files.items())
    }
    tool = {"name": "personomics", "version": __version__}
    whole = {"format": FORMAT, **meta, "tool": tool, "files": known}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def write_import(
    folder: Path,
    records: Sequence[Record],
    *,
    source: str,
    file: Path,
    problems: Sequence[str] = (),
    lost: int = 0,
    date: datetime.date | None = None,
) -> Path:
    """Keep the records of an export of another database as a snapshot.

    Parameters
    ----------
    folder : Path
        The folder ``search`` of a data folder.
    records : sequence of Record
        What could be read.
    source : str
        The database or other place the file comes from.
    file : Path
        The export; its name and SHA-256 are kept, not its folder.
    problems : sequence of str
        What could not be read, a sentence each.
    lost : int
        Entries of the file of which no record could be made.
    date : date, optional
        By default today.

    Returns
    -------
    Path
        The folder of the snapshot.
    """
    date = date or datetime.date.today()
    with file.open("rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    meta = {
        "kind": "import", "source": source, "date": date.isoformat(),
        "file": {"name": file.name, "sha256": digest},
        "count": len(records) + lost, "retrieved": len(records), "lost": lost,
        "problems": [*problems],
    }  # fmt: skip
    name = next_name(folder, date)
    return publish(folder / "snapshots" / name, meta, {RECORDS: to_csv(records)})


def verify(folder: Path) -> list[str]:
    """Return what is wrong with a snapshot, a sentence each; empty if nothing is."""
    try:
        snapshot = read(folder)
    except (OSError, ValueError) as error:
        return [str(error)]
    meta = snapshot.meta
    wrong = [f"{folder / META}: {what}" for what in faults(meta)]
    if folder.is_symlink():
        wrong.append(f"{folder}: is a link; put the folder itself here")
    if folder.name.rpartition("-")[0] != meta.get("date"):
        wrong.append(f"{folder}: is dated {meta.get('date')!r} inside")
    due = {META, *FILES[meta["kind"]]}
    there = set(os.listdir(folder))
    wrong += [f"{folder / name}: is missing" for name in sorted(due - there)]
    wrong += [f"{folder / name}: does not belong here" for name in sorted(there - due)]
    known = meta.get("files")
    for name in sorted(due & there - {META}):
        said = known.get(name) if isinstance(known, dict) else None
        if (folder / name).is_symlink() or not (folder / name).is_file():
            wrong.append(f"{folder / name}: is no file of this folder")
            continue
        data = (folder / name).read_bytes()
        is_now = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        if said != is_now:
            wrong.append(f"{folder / name}: has changed since it was written")
    return wrong if wrong else check_counts(snapshot)


def check_counts(snapshot: Snapshot) -> list[str]:
    """Return what the records of a snapshot and its counts say against each other."""
    path, pmids = snapshot.folder / RECORDS, snapshot.folder / PMIDS
    try:
        ids = [record.record_id for record in snapshot.records()]
        text = pmids.read_text("utf-8") if snapshot.meta["kind"] == "search" else None
    except (ValueError, csv.Error) as error:
        return [f"{path}: cannot be read: {error}"]
    wrong = [f"{path}: {what}" for what in miscounts(snapshot.meta, ids)]
    due = {*ids, *snapshot.meta.get("missing", [])}
    if text is not None and text.split() != sorted(due, key=lambda i: (len(i), i)):
        wrong.append(f"{pmids}: does not list, in order, the PMIDs of the records and "
                     "of the missing")  # fmt: skip
    return wrong


def delta(old: Snapshot, new: Snapshot) -> Delta:
    """Compare two snapshots record by record, by what the source calls them.

    Raises
    ------
    ValueError
        If one of them holds a record twice.
    """
    before, after = by_id(old), by_id(new)
    both = ((r, after[key]) for key, r in before.items() if key in after)
    changes = (
        Change(was, now, differences(was, now)) for was, now in both if was != now
    )
    missed = {*new.meta.get("missing", [])}
    asked = [(s.meta.get("source"), s.meta.get("query")) for s in (old, new)]
    return Delta(
        new=tuple(r for key, r in after.items() if key not in before),
        gone=tuple(r for key, r in before.items() if key not in after.keys() | missed),
        changed=tuple(changes),
        same_query=asked[0] == asked[1],
    )


def differences(old: Record, new: Record) -> tuple[str, ...]:
    """Return the columns in which two records differ."""
    return tuple(c for c in COLUMNS if getattr(old, c) != getattr(new, c))


def by_id(snapshot: Snapshot) -> dict[str, Record]:
    """Return the records of a snapshot by their identifier."""
    known: dict[str, Record] = {}
    for record in snapshot.records():
        if known.setdefault(record.record_id, record) is not record:
            path = snapshot.folder / RECORDS
            msg = f"{path}: holds {record.record_id!r} twice; compare by hand"
            raise ValueError(msg)
    return known


def abstracts(cache: Path, snapshot: Snapshot) -> dict[str, str]:
    """Return the abstracts of a snapshot by PMID, if this machine has them."""
    path = abstracts_file(cache, snapshot.meta["files"][RECORDS]["sha256"])
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8") as lines:
        return dict(json.loads(line) for line in lines)


def abstracts_file(cache: Path, digest: str) -> Path:
    """Return where the abstracts of the records with this SHA-256 are kept."""
    return cache / "abstracts" / f"{digest}.jsonl"
