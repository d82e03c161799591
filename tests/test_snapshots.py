"""Snapshots: complete or absent, never overwritten, checked and compared by hand."""

from __future__ import annotations

import csv
import datetime
import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personomics import files, snapshots
from personomics.records import COLUMNS, Record, to_csv

DAY = datetime.date(2026, 1, 5)


def written(
    home: Path, records: list[Record], missing: tuple[str, ...] = (), **meta: Any
) -> Path:
    """Write the snapshot of a search by hand-made records."""
    ids = sorted([*missing, *(r.record_id for r in records)], key=int)
    whole = {
        "kind": "search", "source": "PubMed", "date": "2026-01-05", "query": "q",
        "interface": "NCBI E-utilities", "translation": "t", "warnings": [["a", "b"]],
        "count": len(ids), "retrieved": len(records), "missing": [*missing], **meta,
    }  # fmt: skip
    name = snapshots.next_name(home, datetime.date.fromisoformat(whole["date"]))
    files = {
        "pmids.txt": "".join(f"{i}\n" for i in ids),
        "records.csv": to_csv(records),
    }
    return snapshots.publish(home / "snapshots" / name, whole, files)


def record(number: int, **values: str) -> Record:
    """Return a record of PubMed."""
    return Record(record_id=str(number), pmid=str(number), **values)


def test_written_and_read(tmp_path: Path) -> None:
    """What was written is read again: identifier, description, records."""
    records = [record(9, title="Größe"), record(10, authors="Ada A; Bea B")]
    path = written(tmp_path, records)
    snapshot = snapshots.read(path)
    assert snapshot.id == "2026-01-05-1"
    assert list(snapshot.records()) == records
    assert snapshot.meta["query"] == "q"
    data = (path / "records.csv").read_bytes()
    said = snapshot.meta["files"]["records.csv"]
    assert said == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert snapshots.verify(path) == []


def test_a_field_of_any_length(tmp_path: Path) -> None:
    """Fifteen thousand authors are read again; Python's own limit stays as it was."""
    before = csv.field_size_limit()
    long = record(9, authors="; ".join(f"Muster{n} A" for n in range(15_000)))
    path = written(tmp_path, [long, record(10)])
    assert snapshots.verify(path) == []
    assert list(snapshots.read(path).records()) == [long, record(10)]
    assert csv.field_size_limit() == before


def test_order(tmp_path: Path) -> None:
    """Snapshots come by date and then by number, and a used number never returns."""
    assert snapshots.all(tmp_path) == []
    for _ in range(11):
        written(tmp_path, [])
    written(tmp_path, [], date="2025-12-31")
    (tmp_path / "snapshots" / "notes").mkdir()
    (tmp_path / "snapshots" / ".part-x").mkdir()
    ids = [s.id for s in snapshots.all(tmp_path)]
    assert ids == ["2025-12-31-1", *(f"2026-01-05-{n}" for n in range(1, 12))]
    assert snapshots.next_name(tmp_path, DAY) == "2026-01-05-12"


def test_never_overwritten(tmp_path: Path) -> None:
    """A name that is taken is refused, and what is there stays."""
    path = written(tmp_path, [record(1)])
    before = (path / "snapshot.json").read_bytes()
    with pytest.raises(FileExistsError, match="never overwritten"):
        snapshots.publish(path, {"kind": "search"}, {})
    assert (path / "snapshot.json").read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_absent_when_it_fails(tmp_path: Path) -> None:
    """A snapshot that cannot be completed leaves nothing; a dead one's rest goes."""
    rest = tmp_path / "snapshots" / ".part-of-a-dead-run"
    rest.mkdir(parents=True)
    with pytest.raises(FileNotFoundError):
        snapshots.publish(tmp_path / "snapshots" / "2026-01-05-1", {}, {"a/b": ""})
    assert list((tmp_path / "snapshots").iterdir()) == []


def test_a_file_is_whole_or_as_before(tmp_path: Path) -> None:
    """A file whose writing breaks off keeps its old words, and nothing lies beside."""
    path = tmp_path / "file"
    files.write(path, "old")

    def breaks() -> Iterator[str]:
        yield "new"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.write(path, breaks())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def several(home: Path, start: Any) -> None:
    """Write imports for as long as a name is free."""
    start.wait()
    done = 0
    while done < 5:
        try:
            name = snapshots.next_name(home, DAY)
            snapshots.publish(home / "snapshots" / name, {"kind": "import"}, {})
            done += 1
        except FileExistsError:
            continue


def test_two_writers(tmp_path: Path) -> None:
    """Two processes that write at once get ten names, and none loses its own."""
    fork = multiprocessing.get_context("fork")
    start = fork.Event()
    both = [fork.Process(target=several, args=(tmp_path, start)) for _ in range(2)]
    for one in both:
        one.start()
    start.set()
    for one in both:
        one.join(20)
    assert [one.exitcode for one in both] == [0, 0]
    assert snapshots.names(tmp_path) == [f"2026-01-05-{n}" for n in range(1, 11)]


def change(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Return what replaces words in a file of a snapshot, and its SHA-256 with them."""

    def spoil(path: Path) -> None:
        text = (path / name).read_text(encoding="utf-8")
        assert old in text
        data = text.replace(old, new, 1).encode()
        (path / name).write_bytes(data)
        if name == "snapshot.json":
            return
        meta = json.loads((path / "snapshot.json").read_text())
        digest = hashlib.sha256(data).hexdigest()
        meta["files"][name] = {"bytes": len(data), "sha256": digest}
        (path / "snapshot.json").write_text(json.dumps(meta, indent=1))

    return spoil


def linked(name: str) -> Callable[[Path], None]:
    """Return what puts a link to the same bytes elsewhere in place of a file."""

    def spoil(path: Path) -> None:
        inside, outside = path / name, path.parent / "elsewhere"
        inside.rename(outside)
        inside.symlink_to(outside)

    return spoil


def pipe(path: Path) -> None:
    """Put a pipe, which would never end, in place of a file."""
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p: (p / "records.csv").write_text("x"), "csv: has changed since"),
        (lambda p: (p / "pmids.txt").unlink(), "pmids.txt: is missing"),
        (lambda p: (p / "more.csv").touch(), "more.csv: does not belong here"),
        (lambda p: (p / "snapshot.json").unlink(), "No such file"),
        (lambda p: (p / "snapshot.json").write_text("{"), "is not JSON"),
        (lambda p: (p / "snapshot.json").write_text("[" * 99_999), "is not JSON"),
        (change("snapshot.json", '"format": 1', '"format": 9'), "allowed: format 1"),
        (change("snapshot.json", '"count": 3', '"count": 4'), "but 2 came and 1 are"),
        (change("snapshot.json", '"retrieved": 2', '"retrieved": 3'), "2 records, not"),
        (
            change("snapshot.json", '"missing": [', '"missing": [1,'),
            "missing is [1, '11']",
        ),
        (change("snapshot.json", '"search"', "[]"), "kind search or import"),
        (change("snapshot.json", '"t"', "5"), "translation is 5; allowed: a text"),
        (change("snapshot.json", '"t"', "null"), "translation is None"),
        (change("snapshot.json", '"b"', "7"), "warnings is [['a', 7]]"),
        (change("snapshot.json", '"warnings"', '"other"'), "warnings is missing"),
        (change("snapshot.json", '"count": 3', '"count": 3.0'), "count is 3.0"),
        (change("snapshot.json", '"count": 3', '"count": -3'), "count is -3"),
        (change("snapshot.json", '01-05"', '13-45"'), "date is '2026-13-45'"),
        (linked("records.csv"), "records.csv: is no file of this folder"),
        (linked(""), "is a link"),
        (lambda p: pipe(p / "snapshot.json"), "is no file"),
        (lambda p: pipe(p / "records.csv"), "is no file"),
        (change("snapshot.json", "2026-01-05", "2026-01-06"), "is dated '2026-01-06'"),
        (change("pmids.txt", "10\n", ""), "pmids.txt: does not list"),
        (change("pmids.txt", "9\n10\n", "10\n9\n"), "pmids.txt: does not list"),
        (change("records.csv", "\n10,", "\n9,"), "holds '9' 2 times"),
        (change("records.csv", "record_id", "id"), "is no records file"),
        (change("records.csv", "10,", "10,,,"), "cannot be read"),
    ],
)
def test_verify(tmp_path: Path, spoil: Callable[[Path], None], said: str) -> None:
    """Each thing that can be wrong with a snapshot is told."""
    path = written(tmp_path, [record(9), record(10)], missing=("11",))
    assert snapshots.verify(path) == []
    spoil(path)
    found = snapshots.verify(path)
    assert any(said in line for line in found), found


def test_import(tmp_path: Path) -> None:
    """An import keeps the name and hash of the file, not its folder, and problems."""
    export = tmp_path / "somewhere" / "export.ris"
    export.parent.mkdir()
    export.write_bytes(b"TY  - JOUR\n")
    path = snapshots.write_import(
        tmp_path / "search", [Record(record_id="a1", title="Age")], source="Embase",
        file=export, problems=["line 7: has no title"], lost=2, date=DAY,
    )  # fmt: skip
    meta = snapshots.read(path).meta
    assert meta["kind"] == "import"
    assert meta["source"] == "Embase"
    assert meta["file"] == {
        "name": "export.ris",
        "sha256": hashlib.sha256(b"TY  - JOUR\n").hexdigest(),
    }
    assert meta["problems"] == ["line 7: has no title"]
    assert (meta["count"], meta["retrieved"], meta["lost"]) == (3, 1, 2)
    assert "somewhere" not in (path / "snapshot.json").read_text()
    assert snapshots.verify(path) == []


def test_delta_by_hand(tmp_path: Path) -> None:
    """New, gone and changed records, and the columns that changed, worked by hand."""
    old = written(tmp_path, [
        record(1, title="Stays"), record(2, title="Goes"),
        record(3, title="In press", year="2025"),
    ])  # fmt: skip
    new = written(tmp_path, [
        record(1, title="Stays"), record(4, title="Comes"),
        record(3, title="In print", year="2025", notices="RetractionIn 9"),
    ])  # fmt: skip
    got = snapshots.delta(snapshots.read(old), snapshots.read(new))
    assert [r.title for r in got.new] == ["Comes"]
    assert [r.title for r in got.gone] == ["Goes"]
    [only] = got.changed
    assert only.fields == ("title", "notices")
    assert (only.old.title, only.new.title) == ("In press", "In print")
    assert got.same_query


def test_delta_of_another_question(tmp_path: Path) -> None:
    """Snapshots of different queries are compared, and the difference is told."""
    one, two = written(tmp_path, []), written(tmp_path, [], query="p")
    assert not snapshots.delta(snapshots.read(one), snapshots.read(two)).same_query


def test_delta_with_a_record_twice(tmp_path: Path) -> None:
    """A record that stands twice in a snapshot stops the comparison."""
    one = snapshots.read(written(tmp_path, [record(1), record(1)]))
    with pytest.raises(ValueError, match="holds '1' twice"):
        snapshots.delta(one, one)


numbers = st.dictionaries(st.integers(1, 30), st.sampled_from("abc"), max_size=12)


@settings(max_examples=60)
@given(numbers, numbers)
def test_delta_conserves(
    tmp_path_factory: pytest.TempPathFactory, old: dict[int, str], new: dict[int, str]
) -> None:
    """Old less gone plus new is new, for any two sets of records."""
    home = tmp_path_factory.mktemp("delta")
    first, second = (
        snapshots.read(written(home, [record(n, title=t) for n, t in r.items()]))
        for r in (old, new)
    )
    got = snapshots.delta(first, second)
    gone, came = ({int(r.pmid) for r in part} for part in (got.gone, got.new))
    assert (old.keys() - gone) | came == new.keys()
    changed = {int(c.new.pmid) for c in got.changed}
    assert changed == {n for n in old.keys() & new.keys() if old[n] != new[n]}


def test_abstracts_stay_out(tmp_path: Path) -> None:
    """A snapshot holds no abstract; without the cache there are none to read."""
    path = written(tmp_path, [record(1, abstract="Secret words")])
    assert b"Secret" not in b"".join(p.read_bytes() for p in path.iterdir())
    assert "abstract" not in COLUMNS
    assert snapshots.abstracts(tmp_path / "cache", snapshots.read(path)) == {}
