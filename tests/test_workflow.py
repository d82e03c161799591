"""From the strategy to the book, by the command line only, as a user goes.

The tests are the stages of one walk on one folder, and run in their order.
"""

from __future__ import annotations

import csv
import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from conftest import MINI
from eutils_server import Server, pmid, serving

from personomics import cli
from personomics.dataset import VARIABLE

ROOT = Path(__file__).resolve().parent.parent
EXPORTS = ROOT / "tests" / "data" / "imports"
KEY = "s3cret0key"
QUERY = (
    '(kite*[ti] OR "toy framework"[tiab]) AND (household*[tiab] OR '
    '"Family Characteristics"[mh]) AND english[la] AND n=240'
)
#: The first pair differs in nothing but the PMID; the second has no DOI.
PAIRS = """\
Title,Authors,Year,Journal,DOI,PMID
A letter about houses,"Ødegård, I.",2020,Hjemmet,10.5555/zz.1,95000001
A letter about houses,"Ødegård, I.",2020,Hjemmet,10.5555/zz.1,95000002
Kites over the city of the old,"Прасад, Я.",2011,Hjemmet,,95000003
Kites over the city of the old,"Прасад, Я.",2011,Hjemmet,,95000004
"""
#: What the 494 records add to the boxes of the toy data, worked out by hand: 240 and
#: 249 records of two searches, 4 of an index; 239 were there before, 1 is decided to
#: be a duplicate. Of 253 articles 9 are included by both, 240 excluded by both on the
#: abstract, 1 is a conflict, 3 are undecided.
ADDED = {
    "dbr_results": 493, "database_results": 493, "dbr_removed": 240,
    "duplicates": 240, "dbr_unsettled": 4, "records_screened": 249,
    "records_excluded": 240, "dbr_sought_reports": 9, "dbr_assessed": 9,
    "new_studies": 9, "total_studies": 9,
}  # fmt: skip


class Walk:
    """The commands on one folder, and everything they ever said."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder, self.home, self.server = folder, folder.parent, server
        self.said = ""
        self.search = ("search", "run", "--email", "ada@example.org", "--base-url",
                       server.url, "--batch", "40")  # fmt: skip
        self.capture: pytest.CaptureFixture[str] | None = None

    def __call__(self, *words: str | Path, code: int = 0) -> tuple[str, str]:
        """Give a command; return what it printed and its last line of talk."""
        assert self.capture
        got = cli.main([str(word) for word in words])
        out, err = self.capture.readouterr()
        self.said += out + err
        assert got == code, err
        assert "Traceback" not in err
        return out, err.splitlines()[-1] if err else ""

    def stopped(self, number: signal.Signals, batches: int) -> tuple[int, str, str]:
        """Search in a process, and send it a signal after some batches."""
        waits = {"efetch": ["ok"] * batches + ["silence"]}
        self.server.set(faults=waits, silence=5)
        command = [sys.executable, "-m", "personomics.cli", *self.search]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            end = time.monotonic() + 30
            while self.server.stats()["left"] and time.monotonic() < end:
                time.sleep(0.02)
            process.send_signal(number)
            out, err = process.communicate(timeout=180)
        self.said += out + err
        assert "Traceback" not in err
        return process.returncode, out, err.splitlines()[-1]

    def flow(self) -> dict[str, int]:
        """Return the number in each box."""
        found: dict[str, int] = json.loads(self("prisma", "--json")[0])
        return found

    def decide(self, now: Mapping[str, str]) -> None:
        """Answer pairs by hand: the decision by the record."""
        path = self.folder / "duplicates.csv"
        rows = list(csv.reader(path.open(encoding="utf-8", newline="")))
        for row in rows:
            for record, answer in now.items():
                if row[0].endswith(record):
                    row[4:] = [answer, "Ada"]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """Return commands on a copy of the toy data whose search finds 240 records."""
    home = tmp_path_factory.mktemp("walk")
    shutil.copytree(MINI, home / "mini")
    plan = home / "mini" / "search" / "strategy.toml"
    text = plan.read_text(encoding="utf-8")
    limits = 'limits = ["english[la]"'
    assert limits in text
    plan.write_text(text.replace(limits, limits + ', "n=240"'), encoding="utf-8")
    before = {name: os.environ.get(name) for name in (VARIABLE, "NCBI_API_KEY")}
    os.environ |= {VARIABLE: str(home / "mini"), "NCBI_API_KEY": KEY}
    try:
        with serving(home) as server:
            yield Walk(home / "mini", server)
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@pytest.fixture(autouse=True)
def _listen(walk: Walk, capsys: pytest.CaptureFixture[str]) -> None:
    walk.capture = capsys


def records(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def given_back(
    source: Path, target: Path, change: Callable[[int, dict[str, str]], dict[str, str]]
) -> None:
    """Write a table as a tool gives it back: every row with what a person decided."""
    rows = [change(n, row) for n, row in enumerate(records(source))]
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def asreview(included: Iterable[int]) -> Callable[..., dict[str, str]]:
    """Return what makes a row of ASReview; the first 100 are decided."""

    def decided(n: int, row: dict[str, str]) -> dict[str, str]:
        label = "" if n >= 100 else str(int(n in included))
        tag = {"asreview_tag_reasons_e3": str(int(label == "0"))}
        return row | {"asreview_label": label, "asreview_note": ""} | tag

    return decided


def rayyan(n: int, row: dict[str, str]) -> dict[str, str]:
    """Return a row as Rayyan gives it back; two people excluded the 101st to 250th."""
    said = ' | RAYYAN-INCLUSION: {"Zoë Ä"=>"Excluded", "Okan"=>"Excluded"}'
    said += " | RAYYAN-EXCLUSION-REASONS: E1"
    notes = row["notes"] + said * (100 <= n < 250)
    return row | {"key": f"rayyan-{n}", "notes": notes}


def test_1_search(walk: Walk) -> None:
    """The search is checked, shown, stopped twice, gone on with, and run again."""
    out, last = walk("search", "lint")
    assert out.count("advice: ") == 1  # n=240 is a word of the test server
    assert last == (
        f"0 mistakes and 1 piece of advice in {walk.folder}/search/strategy.toml"
    )
    assert walk("search", "show") == (QUERY + "\n", "")
    kept = "of 240 records are here, and the same command goes on from there"
    assert walk.stopped(signal.SIGINT, 2) == (130, "", f"stopped; 80 {kept}")
    assert walk.stopped(signal.SIGTERM, 1) == (143, "", f"stopped; 120 {kept}")
    walk.server.set()
    out, last = walk(*walk.search)
    first = Path(out.strip())
    assert first.parent == walk.folder / "search" / "snapshots"
    assert last == f"240 of 240 records; next: personomics search adopt {first.name}"
    assert walk.server.stats()["seen"] == {"efetch ok": 3}
    assert len((first / "pmids.txt").read_text().split()) == 240
    walk.server.set(grow=10, gone=[pmid(3)])
    out, last = walk(*walk.search)
    second = Path(out.strip())
    assert last == f"249 of 250 records; next: personomics search adopt {second.name}"
    assert f"search delta {first.name} {second.name}\n" in walk.said
    assert f"listed as missing: {pmid(3)}\n" in walk.said
    out, last = walk("search", "delta", first.name, second)
    assert [line.split(":")[0] for line in out.splitlines()] == [
        f"new\t{pmid(n)}" for n in range(240, 250)
    ]
    assert last == f"{first.name} to {second.name}: 10 new, 0 gone, 0 changed"
    found = json.loads(walk("search", "delta", first.name, second.name, "--json")[0])
    assert [r["pmid"] for r in found["added"]] == [
        str(pmid(n)) for n in range(240, 250)
    ]
    assert (found["gone"], found["changed"], found["same_query"]) == ([], [], True)


def test_2_exports_of_other_databases(walk: Walk) -> None:
    """Five formats are read; a bad record stops an import unless that is accepted."""
    kept = walk.folder / "search" / "snapshots"
    for file, read in [
        ("embase.ris", "2 records read from embase.ris (RIS)"),
        ("pubmed.nbib", "2 records read from pubmed.nbib (NBIB)"),
        ("library.bib", "4 records read from library.bib (BibTeX)"),
        ("embase.csv", "1 record read from embase.csv (table)"),
        ("pubmed.xml", "1 record read from pubmed.xml (PubMed XML)"),
    ]:
        out, last = walk("search", "import", EXPORTS / file, "--source", "Embase")
        made = Path(out.strip())
        assert last == f"{read}, none lost; next: personomics search adopt {made.name}"
        assert len(records(made / "records.csv")) == int(read[0])
    there = sorted(kept.iterdir())
    broken = ("search", "import", EXPORTS / "broken.ris", "--source", "Embase")
    out, last = walk(*broken, code=1)
    assert (out, sorted(kept.iterdir())) == ("", there)
    assert "nothing is written. Mend the file, or take" in last
    assert "broken.ris:21: record 4: has no title" in walk.said
    made = Path(walk(*broken, "--partial")[0].strip())
    assert json.loads((made / "snapshot.json").read_text())["lost"] == 1
    out, last = walk(*broken, "--partial", code=1)
    assert out == ""
    assert last.startswith(f"broken.ris has been imported already, as {made.name};")


def test_3_into_the_tables(walk: Walk) -> None:
    """Records are adopted once; a person decides which look-alikes are the same."""
    before = walk.flow()
    first, second = (walk.folder / "search" / "snapshots" / name for name in
                     sorted(searches(walk.folder)))  # fmt: skip
    out, last = walk("search", "adopt", first, second.name)
    assert out == ""
    assert "489 records and 250 articles added, 239 duplicates linked\n" in walk.said
    assert "\n1 record the source counted but did not give\n" in walk.said
    assert last == "next: personomics screening export"
    was = (walk.folder / "records.csv").read_bytes()
    last = walk("search", "adopt", second.name)[1]
    assert last == "nothing to add: 249 records in the tables already"
    assert (walk.folder / "records.csv").read_bytes() == was
    pairs = walk.home / "pairs.csv"
    pairs.write_text(PAIRS, encoding="utf-8")
    out, _ = walk("search", "import", pairs, "--source", "Toy Index")
    last = walk("search", "adopt", Path(out.strip()).name)[1]
    file = walk.folder / "duplicates.csv"
    then = (f"write same or distinct, and your name, into decision and decided_by of "
            f"{file}, then: personomics search settle")  # fmt: skip
    assert last == f"2 pairs may be duplicates: {then}"
    assert walk("validate")[1] == ""
    walk.decide({".95000002": "same"})
    out, last = walk("validate", code=1)
    assert "or apply it with: personomics search settle" in out
    assert last == f"1 problem in {walk.folder}"
    out, last = walk("search", "settle")
    assert re.fullmatch(r"s\S+\.95000002 is a duplicate of PMID95000001\n", out)
    assert last == f"1 merged, 0 restored; 1 pair left: {then}"
    walk.decide({".95000004": "distinct"})
    last = walk("search", "settle")[1]
    assert last == "0 merged, 0 restored; no pair is left to decide"
    added = {k: n - before[k] for k, n in walk.flow().items() if n != before[k]}
    assert added == {"dbr_results": 493, "database_results": 493, "dbr_removed": 240,
                     "duplicates": 240, "dbr_unsettled": 253}  # fmt: skip


def searches(folder: Path) -> list[str]:
    """Return the snapshots of searches, told by the file that only they have."""
    return [p.parent.name for p in folder.glob("search/snapshots/*/pmids.txt")]


def test_4_screening_in_other_tools(walk: Walk) -> None:
    """Two raters decide in two tools; only what both say becomes the consensus."""
    for tool in ("asreview", "rayyan"):
        for form in ("csv", "ris"):
            path = walk.home / f"{tool}.{form}"
            out, last = walk("screening", "export", "--tool", tool, "--format", form,
                             "--out", path)  # fmt: skip
            assert (out, last) == ("", f"253 articles written to {path}")
    rows = records(walk.home / "asreview.csv")
    assert rows[3]["abstract"] == "AIM: To see 3. RESULTS: p < 0.05"
    assert (walk.home / "rayyan.ris").read_text("utf-8").count("\nER  -") == 253
    sent = {rater: walk.home / f"{rater}.csv" for rater in ("zoe", "okan")}
    given_back(walk.home / "asreview.csv", sent["zoe"], asreview(range(10)))
    given_back(walk.home / "asreview.csv", sent["okan"], asreview(range(9)))
    for rater, path in sent.items():
        last = walk("screening", "import", path, "--rater", rater)[1]
        assert last == (
            "100 decisions added, 0 known already, 0 differ and were not "
            "taken, 153 undecided; next: personomics screening conflicts"
        )
    both = walk.home / "both.csv"
    given_back(walk.home / "rayyan.csv", both, rayyan)
    people = ("--rater", "Zoë Ä=zoe", "--rater", "Okan=okan")
    last = walk("screening", "import", both, "--tool", "rayyan", *people)[1]
    assert last.startswith("300 decisions added, 0 known already, 0 differ")
    was = (walk.folder / "screening.csv").read_bytes()
    out, last = walk("screening", "import", sent["zoe"], "--rater", "okan", code=1)
    assert out.startswith(f"conflict: PMID{pmid(9)}, okan, verdict: exclude stands, ")
    assert "0 decisions added, 99 known already, 1 differ" in last
    assert (walk.folder / "screening.csv").read_bytes() == was
    line = f"PMID{pmid(9)}: verdict: zoe include, okan exclude\n"
    out, last = walk("screening", "conflicts")
    assert out == line
    assert last == (f"1 conflict: settle each with a row of the consensus in "
                    f"{walk.folder / 'screening.csv'}")  # fmt: skip
    out, last = walk("screening", "agree")
    assert len(out.split()) == 249
    assert last == ("consensus written for 249 articles; 1 conflict left, see: "
                    "personomics screening conflicts")  # fmt: skip
    assert walk("screening", "conflicts")[0] == line
    assert walk("screening", "agree")[1].startswith("consensus written for 0 articles")
    assert walk("validate")[1] == ""


def test_5_flow_diagram(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each box holds the number worked out by hand, in every form it is printed."""
    now = walk.flow()
    monkeypatch.setenv(VARIABLE, str(MINI))
    before = walk.flow()
    monkeypatch.undo()
    assert {k: n - before[k] for k, n in now.items() if n != before[k]} == ADDED
    rows = [line.split("\t") for line in walk("prisma")[0].splitlines()]
    total = before["dbr_results"] + 493
    assert rows[0] == ["databases and registers", "Records identified", str(total)]
    assert ["databases and registers", "of these: Toy Index", "4"] in rows
    starts = {"svg": b"<svg", "png": b"\x89PNG", "csv": b"data,node,", "json": b"{\n"}
    for form, start in starts.items():
        path = walk.home / f"flow.{form}"
        out, last = walk("prisma", f"--{form}", "--out", path)
        assert (out, last) == ("", f"{path}: written")
        assert path.read_bytes().startswith(start)
    assert json.loads((walk.home / "flow.json").read_text()) == now
    path = walk.home / "flow.csv"
    out, last = walk("prisma", "--from", path)
    assert last == f"{path}: the numbers add up"
    assert out.splitlines()[0] == f"{rows[0][0]}\t{rows[0][1]}\t{total}"
    text = path.read_text(encoding="utf-8")
    screened = f",{now['records_screened']}\n"
    path.write_text(text.replace(screened, ",77\n", 1), encoding="utf-8")
    last = walk("prisma", "--from", path, code=1)[1]
    assert last == f"{path}: 2 mistakes"
    assert f"\nrecords screened 77, but {total} identified minus " in walk.said


def test_6_no_secret_is_told(walk: Walk) -> None:
    """Neither the key nor the e-mail address is printed, or written into the folder."""
    everything = [p.read_bytes() for p in walk.folder.rglob("*") if p.is_file()]
    assert len(everything) > 30
    written = b"".join([*everything, walk.said.encode()])
    assert KEY.encode() not in written
    assert b"ada@example.org" not in written
    forms = walk.server.stats()["forms"]
    assert forms
    assert all(form["api_key"] == KEY for form in forms)


@pytest.mark.book
def test_7_the_book_of_it(walk: Walk) -> None:
    """The book builds, and tells of the search and the flow what the records say."""
    site = walk.home / "site"
    walk("book", "--out", site, "--jobs", "2")
    found = {
        name: " ".join(re.sub("<[^>]+>", " ", html.unescape(page)).split())
        for name in ("chapters/01-search", "reference/flow")
        if (page := (site / f"{name}.html").read_text(encoding="utf-8"))
    }
    chapter, flow = found.values()
    assert "PubMed counted 250 records" in chapter
    assert f"Counted but not delivered {pmid(3)} " in chapter
    assert QUERY in chapter
    assert "New since the search before: 10 records" in chapter
    assert str(pmid(249)) in chapter
    now = walk.flow()
    for words, key in [
        ("Records identified", "dbr_results"),
        ("Records screened", "records_screened"),
        ("Records without a consensus yet", "dbr_unsettled"),
    ]:
        assert f"{words}: {now[key]} " in flow
        assert f"{words} (n = {now[key]})" in flow
        assert f"{words} (n = {now[key]})" in chapter
    assert "PubMed (n = 489)" in chapter
