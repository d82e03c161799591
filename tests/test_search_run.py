"""A search on a server that misbehaves, stopped in every way, ends as one snapshot."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import errno
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eutils_server import FAULTS, Server, entered, pmid, serving

from personomics import files, snapshots
from personomics.progress import Progress
from personomics.pubmed import run as search_run
from personomics.pubmed import work as search_work
from personomics.pubmed.eutils import Client, Manner

DAY = datetime.date(2026, 1, 5)
QUICK = Manner(rate=1000, base=0.01, cap=0.05, patience=30)
HASTY = dataclasses.replace(QUICK, read=0.4, whole=0.8)
DRIVER = """
import datetime, sys
from pathlib import Path
import requests
from personomics import medline_fields, medline_input
from personomics.pubmed import run as search_run
from personomics.pubmed.eutils import Client, Manner
home, url, query, batch = sys.argv[1:]
client = Client(email="ada@example.org", base_url=url, manner=Manner(rate=40))
print("ready", flush=True)
search_run.run(query, client, folder=Path(home) / "search", cache=Path(home) / "cache",
               date=datetime.date(2026, 1, 5), batch=int(batch))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server for this file."""
    with serving(tmp_path_factory.mktemp("server")) as one:
        yield one


def search(server: Server, home: Path, query: str, **how: Any) -> Path:
    """Run a search that wastes no time; what it says goes to `out`."""
    client = Client(email="ada@example.org", base_url=server.url,
                    manner=how.pop("manner", QUICK))  # fmt: skip
    out = how.pop("out", io.StringIO())
    return search_run.run(
        query, client, folder=home / "search", cache=home / "cache",
        **{"date": DAY, "progress": Progress(out), "strategy_digest": "d1", **how},
    )  # fmt: skip


def content(path: Path) -> dict[str, bytes]:
    """Return the bytes of each file of a snapshot."""
    return {file.name: file.read_bytes() for file in sorted(path.iterdir())}


def left(home: Path) -> list[str]:
    """Return files that a finished run should not leave."""
    return [
        str(path.relative_to(home))
        for path in home.rglob("*")
        if path.name.startswith(files.ASIDE) or "unfinished/" in str(path)
    ]


def numbers_of(path: Path) -> list[int]:
    """Return the PMIDs of the records of a snapshot, read without our own reader."""
    with (path / "records.csv").open(encoding="utf-8", newline="") as file:
        return [int(row["pmid"]) for row in csv.DictReader(file)]


def test_snapshot_is_exact(server: Server, tmp_path: Path) -> None:
    """Records, PMIDs, count and abstracts are those the server holds, by hand."""
    server.set()
    path = search(server, tmp_path, "n=7", batch=3)
    assert path.name == "2026-01-05-1"
    assert sorted(content(path)) == ["pmids.txt", "records.csv", "snapshot.json"]
    assert numbers_of(path) == [900_000 + 37 * n for n in range(7)]
    assert (path / "pmids.txt").read_text().split() == [
        str(n) for n in numbers_of(path)
    ]
    row = list(csv.reader((path / "records.csv").open(encoding="utf-8")))[4]
    assert row == [
        "900111", "Größe <3> & context of person № 3 in vivo.", "Ödegård I; Group 3",
        str(entered(3).year), "Journal of Invented Trials", "3", "3", "3-12",
        "10.5555/inv.3", "900111", "", "eng", "Journal Article", "", "", "",
    ]  # fmt: skip
    meta = json.loads((path / "snapshot.json").read_text())
    assert (meta["count"], meta["retrieved"], meta["missing"]) == (7, 7, [])
    assert (meta["query"], meta["date"]) == ("n=7", "2026-01-05")
    assert meta["translation"] == '"person"[MeSH] AND n=7'
    assert meta["warnings"] == [["PhraseNotFound", "xyzzy"]]
    assert (meta["strategy_sha256"], meta["source"]) == ("d1", "PubMed")
    assert snapshots.verify(path) == []
    texts = snapshots.abstracts(tmp_path / "cache", snapshots.read(path))
    assert texts[str(pmid(3))] == "AIM: To see 3.\nRESULTS: p < 0.05"
    assert b"RESULTS" not in b"".join(content(path).values())
    assert left(tmp_path) == []


def test_history_is_used(server: Server, tmp_path: Path) -> None:
    """Records come from the history server, a batch a request, all by POST."""
    server.set()
    search(server, tmp_path, "n=7", batch=3)
    fetches = [f for f in server.stats()["forms"] if f["tool_"] == "efetch"]
    assert [(f["retstart"], f["retmax"], f["id"]) for f in fetches] == [
        ("0", "3", ""), ("3", "3", ""), ("6", "1", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(("n", "batch"), [(6, 500), (60, 5)])
def test_a_server_that_gives_nothing(
    server: Server, tmp_path: Path, n: int, batch: int
) -> None:
    """Records of which none came are no snapshot, however small the batches are.

    The next run asks for them again.
    """
    server.set(gone=[pmid(number) for number in range(n)])
    with pytest.raises(OSError, match=f"gives only 0 of {n} records"):
        search(server, tmp_path, f"n={n}", batch=batch)
    assert not (tmp_path / "search" / "snapshots").exists()
    server.set()
    assert len(numbers_of(search(server, tmp_path, f"n={n}", batch=batch))) == n


def test_nothing_found(server: Server, tmp_path: Path) -> None:
    """A search without a result is a snapshot without records."""
    server.set()
    path = search(server, tmp_path, "n=0")
    assert numbers_of(path) == []
    assert snapshots.verify(path) == []


def test_12000_records_through_every_fault(server: Server, tmp_path: Path) -> None:
    """12,000 records, beyond what PubMed gives at once, come whole through faults."""
    server.set()
    plain = search(server, tmp_path / "a", "person")
    spoilt = [word for fault in FAULTS for word in (fault, "ok")]
    server.set(faults={"esearch": spoilt, "efetch": spoilt}, silence=0.6)
    out = io.StringIO()
    path = search(server, tmp_path / "b", "person", batch=250, out=out, manner=HASTY)
    assert numbers_of(path) == [pmid(n) for n in range(12_000)]
    assert content(path) == content(plain)
    assert snapshots.verify(path) == []
    stats = server.stats()
    # The 3 searches are sent again until they succeed, the 48 batches likewise.
    assert all(stats["seen"][f"efetch {fault}"] for fault in FAULTS)
    assert stats["seen"]["efetch ok"] >= 24
    assert "12,000 of 12,000 records" in out.getvalue()


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_a_batch(server: Server, tmp_path: Path, fault: str) -> None:
    """Each fault, twice in a row in the midst of a search, changes no byte."""
    server.set()
    plain = search(server, tmp_path / "a", "n=40")
    server.set(faults={"efetch": ["ok", fault, fault]}, silence=0.6)
    manner = HASTY if fault in ("drip", "silence") else QUICK
    path = search(server, tmp_path / "b", "n=40", batch=10, manner=manner)
    assert content(path) == content(plain)
    assert server.stats()["seen"][f"efetch {fault}"] == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("500", r"HTTP 500 \(Internal Server Error\)"),
        ("html", "a web page in place of an answer"),
        ("cut", "cut short"),
        ("malformed", "records that cannot be read"),
        ("double", "the record 90.* twice"),
        ("stranger", "the record .* unasked"),
        ("drop", "the connection broke off"),
        ("refused", "API key invalid"),
    ],
)
def test_a_fault_that_stays(
    server: Server, tmp_path: Path, fault: str, words: str
) -> None:
    """A lasting fault is an error that says what is kept; the next run goes on."""
    server.set(faults={"efetch": ["ok", "ok"]}, always={"efetch": fault})
    manner = Manner(rate=1000, base=0.01, cap=0.02, patience=0.4)
    with pytest.raises(OSError, match=words) as error:
        search(server, tmp_path, "n=40", batch=10, manner=manner)
    assert str(error.value).endswith(
        "; 20 of 40 records are here, and the same command goes on from there"
    )
    assert "\n" not in str(error.value)
    assert "efetch.fcgi" in str(error.value)
    assert snapshots.names(tmp_path / "search") == []
    server.set()
    path = search(server, tmp_path, "n=40", batch=10)
    assert numbers_of(path) == [pmid(n) for n in range(40)]
    assert server.stats()["seen"] == {"efetch ok": 2}


def test_records_that_are_not_given(server: Server, tmp_path: Path) -> None:
    """A record found but not given is listed as missing, and that is said aloud."""
    gone = [pmid(3), pmid(17)]
    server.set(gone=gone)
    out = io.StringIO()
    path = search(server, tmp_path, "n=20", batch=10, out=out)
    meta = json.loads((path / "snapshot.json").read_text())
    assert meta["missing"] == [str(n) for n in gone]
    assert (meta["count"], meta["retrieved"]) == (20, 18)
    assert numbers_of(path) == [pmid(n) for n in range(20) if pmid(n) not in gone]
    assert str(pmid(3)) in (path / "pmids.txt").read_text().split()
    assert snapshots.verify(path) == []
    assert f"listed as missing: {gone[0]}, {gone[1]}" in out.getvalue()


def test_too_many_that_are_not_given(server: Server, tmp_path: Path) -> None:
    """A server that withholds a good part of a batch is believed to be at fault."""
    server.set(gone=[pmid(n) for n in range(30)])
    with pytest.raises(OSError, match="gives only 70 of 100 records that it found"):
        search(server, tmp_path, "n=100", batch=100)
    assert snapshots.names(tmp_path / "search") == []


def test_one_short_for_ever(server: Server, tmp_path: Path) -> None:
    """Batches that are always one short are completed by asking for the rest."""
    server.set(always={"efetch": "short"})
    manner = Manner(rate=1000, base=0.01, cap=0.02, patience=5)
    path = search(server, tmp_path, "n=12", batch=4, manner=manner)
    meta = json.loads((path / "snapshot.json").read_text())
    assert meta["retrieved"] + len(meta["missing"]) == meta["count"] == 12


def test_resumed_days_later(server: Server, tmp_path: Path) -> None:
    """A run that goes on later keeps the list and the date; an old one starts anew."""
    quick = Manner(rate=1000, base=0.01, cap=0.02, patience=0.2)
    for later, total, day in [(6, 40, "2026-01-05"), (8, 41, "2026-01-13")]:
        home, out = tmp_path / str(later), io.StringIO()
        server.set(faults={"efetch": ["ok"]}, always={"efetch": "503"})
        with pytest.raises(OSError, match="HTTP 503"):
            search(server, home, "n=40", batch=10, manner=quick)
        server.set(faults={"efetch": ["expired"]}, grow=1)
        date = DAY + datetime.timedelta(later)
        path = search(server, home, "n=40", date=date, out=out)
        assert path.name == f"{day}-1"
        assert json.loads((path / "snapshot.json").read_text())["date"] == day
        assert len(numbers_of(path)) == total
        said = "going on with" if later == 6 else "searching anew"
        assert said in out.getvalue()
        assert "going on by PMID" in out.getvalue()


def test_spoilt_cache(server: Server, tmp_path: Path) -> None:
    """Kept work that was damaged is fetched again, never believed."""
    server.set()
    plain = search(server, tmp_path / "a", "n=40", batch=10)
    quick = Manner(rate=1000, base=0.01, cap=0.02, patience=0.2)
    spoil: list[Callable[[Path], object]] = [
        lambda work: (work / "00001.jsonl").write_text("[]\n"),
        lambda work: (work / "00001.jsonl").write_bytes(b"\xff\n{"),
        lambda work: (work / "search.json").write_text("{}"),
        lambda work: (work / "search.json").write_text("[1"),
        lambda work: os.rename(work / "00000.jsonl", work / "00001.jsonl"),
    ]
    for n, damage in enumerate(spoil):
        home = tmp_path / f"b{n}"
        server.set(faults={"efetch": ["ok"] * 3}, always={"efetch": "503"})
        with pytest.raises(OSError, match="30 of 40"):
            search(server, home, "n=40", batch=10, manner=quick)
        damage(next((home / "cache" / "unfinished").iterdir()))
        server.set()
        path = search(server, home, "n=40", batch=10)
        assert content(path) == content(plain)


def test_second_run_at_once(server: Server, tmp_path: Path) -> None:
    """A second run in the same cache says so and leaves the first alone."""
    server.set()
    (tmp_path / "cache").mkdir()
    with (
        files.locked(tmp_path / "cache"),
        pytest.raises(OSError, match="another search is running"),
    ):
        search(server, tmp_path, "n=5")
    assert server.stats()["forms"] == []


def test_two_days_two_snapshots(server: Server, tmp_path: Path) -> None:
    """Each finished run is a snapshot of its own, even if nothing has changed."""
    server.set()
    first, second = (search(server, tmp_path, "n=5") for _ in range(2))
    assert (first.name, second.name) == ("2026-01-05-1", "2026-01-05-2")
    assert content(first) == content(second)


@pytest.mark.parametrize("how", [{"batch": 0}, {"batch": 5001}, {"query": " "}])
def test_wrong_orders(server: Server, tmp_path: Path, how: dict[str, Any]) -> None:
    """An impossible batch or an empty query is refused before anything is sent."""
    server.set()
    with pytest.raises(ValueError, match=r"empty|not possible"):
        search(server, tmp_path, **{"query": "n=5", **how})
    assert server.stats()["forms"] == []


def test_disk_full_at_every_write(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at any write leaves the work to go on, and no half file."""
    server.set()
    plain = search(server, tmp_path / "a", "n=12", batch=4)
    real, writes, due = os.fsync, 0, 0

    def full(handle: int) -> None:
        nonlocal writes
        writes += 1
        if writes == due:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    for number in range(1, 100):
        due, writes, home = number, 0, tmp_path / f"b{number}"
        said = failure(server, home)
        if not said:
            break
        assert "No space left on device" in said
        assert said.endswith(("goes on from there", "starts again"))
        assert [p for p in home.rglob("*") if p.name.startswith(files.ASIDE)] == []
        due = 0
        path = search(server, home, "n=12", batch=4)
        assert content(path) == content(plain)
        assert left(home) == []
    assert 14 < number < 99


def failure(server: Server, home: Path) -> str:
    """Run a small search and return how it failed, if it did."""
    try:
        search(server, home, "n=12", batch=4)
    except OSError as error:
        return str(error)
    return ""


def test_killed_at_every_step(server: Server, tmp_path: Path) -> None:
    """Killed before or after any write, rename or deletion, it resumes to the same."""
    server.set()
    plain = search(server, tmp_path / "a", "n=12", batch=4)
    ended = 0
    for due in range(1, 200):
        home = tmp_path / f"b{due}"
        child = os.fork()
        if not child:  # pragma: no cover
            die_at(due)
            search(server, home, "n=12", batch=4)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            break
        path = home / "search" / "snapshots" / "2026-01-05-1"
        if path.exists() and not list(home.rglob("search.json")):
            ended += 1  # the run was over but for cleaning up
        else:
            assert search(server, home, "n=12", batch=4) == path, due
            assert left(home) == []
        assert content(path) == content(plain), due
        assert snapshots.names(home / "search") == [path.name], due
    assert 50 < due < 199
    assert ended < 12


def die_at(due: int) -> None:
    """Let this process end at once before its nth step on the disk."""
    steps = 0

    def watched(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == due:
                os._exit(9)
            return real(*args, **kwargs)

        return step

    for name in ("fsync", "replace", "rename", "unlink", "mkdir", "rmdir", "open"):
        setattr(os, name, watched(getattr(os, name)))


def test_killed_at_20_random_moments(server: Server, tmp_path: Path) -> None:
    """12,000 records, kill -9 at 20 random moments: the same bytes as without."""
    server.set()
    plain = search(server, tmp_path / "a", "person", strategy_digest="")
    home, rng, kills = tmp_path / "b", random.Random(20), 0
    command = [sys.executable, "-c", DRIVER, str(home), server.url, "person", "100"]
    while True:
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout
            process.stdout.readline()
            if kills < 20:
                time.sleep(rng.uniform(0, 0.2))
                process.kill()
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
        kills += 1
    assert kills == 20
    assert snapshots.names(home / "search") == ["2026-01-05-1"]
    assert content(home / "search" / "snapshots" / "2026-01-05-1") == content(plain)
    assert left(home) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_a_signal(server: Server, tmp_path: Path, number: int) -> None:
    """Ctrl-C and SIGTERM end with a sentence on what is kept; nothing is half done."""
    server.set(faults={"efetch": ["ok", "ok", "silence"]}, silence=5)
    handler = "import signal; signal.signal(15, lambda *_: sys.exit(143))\n"
    driver = DRIVER.replace("home, url", handler + "home, url", 1)
    command = [sys.executable, "-c", driver, str(tmp_path), server.url, "n=40", "10"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while not list(tmp_path.glob("cache/unfinished/*/00001.jsonl")):
            time.sleep(0.02)
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert process.returncode in (130, 143, -signal.SIGINT, 1)
    assert "stopped; 20 of 40 records are here, and the same command goes on" in said
    server.set()
    path = search(server, tmp_path, "n=40")
    assert numbers_of(path) == [pmid(n) for n in range(40)]
    assert server.stats()["seen"] == {"efetch ok": 2}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_progress(server: Server, tmp_path: Path) -> None:
    """A terminal gets a bar with counts and time left, a pipe one line now and then."""
    server.set()
    for out in (Terminal(), io.StringIO()):
        search(server, tmp_path / type(out).__name__, "n=40", batch=10, out=out)
        said = out.getvalue()
        assert ("40/40" in said and "<00:00" in said) == out.isatty()
        assert ("40 of 40 records\n" in said) != out.isatty()
        assert said.count("\n") <= 8


def test_no_person_and_no_key_on_the_disk(server: Server, tmp_path: Path) -> None:
    """Neither the e-mail address nor the key is written anywhere."""
    server.set(faults={"efetch": ["ok"]}, always={"efetch": "refused"})
    manner = Manner(rate=1000, base=0.01, cap=0.02, patience=0.2)
    client = Client(email="ada@example.org", api_key="secret0key",
                    base_url=server.url, manner=manner)  # fmt: skip
    out = io.StringIO()
    with pytest.raises(OSError, match="API key invalid") as error:
        search_run.run("n=9", client, folder=tmp_path / "search", batch=5,
                       cache=tmp_path / "cache", progress=Progress(out))  # fmt: skip
    everything = [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()]
    written = b"".join(
        [*everything, out.getvalue().encode(), str(error.value).encode()]
    )
    assert len(everything) >= 2
    assert b"secret0key" not in written
    assert b"ada@example.org" not in written


def test_kept_days_are_documented() -> None:
    """The help of the module tells the number of days its constant holds."""
    assert search_work.KEPT_DAYS == 7
    assert "After a week" in (search_run.__doc__ or "")
