"""What is made again is exactly what depends on what has changed, to the byte."""

import ast
import asyncio
import csv
import dataclasses
import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from types import MappingProxyType

import nbformat
import pytest
from test_book import command, project

import personomics.dataset
import personomics.prose
from personomics import load
from personomics.book import build, finding, forks, pages, things, why, written
from personomics.book.record import Recorder, input_name, writes
from personomics.book.site import PROVENANCE

ROOT = Path(__file__).resolve().parent.parent
MINI = ROOT / "tests" / "data" / "mini"
#: Pages that show the digest of all data.
OF_ALL = {"reference/cite", "reference/data-dictionary"}
WORD = " kingfisher"
#: One value of every table: its column, and what it becomes or what is added to it.
CHANGES = {
    "articles": ("title", WORD),
    "case_adaptations": ("adaptation_type", "=goal changed"),
    "case_codes": ("factor_id", "=P-2"),
    "case_items": ("evidence", WORD),
    "case_ratings": ("primary_adaptation", "=goal changed"),
    "cases": ("summary", WORD),
    "claims": ("claim", WORD),
    "codebook": ("definition", WORD),
    "duplicates": ("evidence", WORD),
    "factor_ratings": ("rationale", WORD),
    "factors": ("definition", WORD),
    "history": ("note", WORD),
    "inclusion_rules": ("description", WORD),
    "inclusion_sets": ("article_id", "=a-3"),
    "instrument_factors": ("directness", "=partial"),
    "instruments": ("name", WORD),
    "ontology": ("definition", WORD),
    "progress_plus": ("reason", WORD),
    "provenance": ("statement", WORD),
    "question_factors": ("factor_id", "=P-1"),
    "questions": ("reason", WORD),
    "raters": ("name", WORD),
    "records": ("note", WORD),
    "reporting": ("note", WORD),
    "screening": ("reason", WORD),
    "term_codes": ("factor_id", "=P-2"),
    "terms": ("place", WORD),
    "trial_fact_values": ("label", WORD),
    "trial_facts": ("caveat", WORD),
}


def change(folder, table):
    """Change one value of a table, in its first row."""
    column, word = CHANGES[table]
    path = folder / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    place = rows[0].index(column)
    old = rows[1][place]
    rows[1][place] = word[1:] if word.startswith("=") else (old + word).strip()
    assert rows[1][place] != old
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def tree(site):
    """Return the digest of every file of a site by its place."""
    return {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(site.rglob("*"))
        if path.is_file()
    }


def provenance(site):
    """Return what a site says that its pages were made from."""
    return json.loads((site / PROVENANCE).read_text(encoding="utf-8"))["pages"]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Return a copy of the invented data and the site built from it."""
    home = tmp_path_factory.mktemp("fresh")
    shutil.copytree(MINI, home / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERSONOMICS_DATA", str(home / "data"))
        build.build(home / "html")
    return home


@pytest.fixture
def home(small, monkeypatch):
    """Return the folder of the invented data and their site, in use."""
    monkeypatch.setenv("PERSONOMICS_DATA", str(small / "data"))
    return small


def uses(page, table):
    """Say whether a page was made from the value of a table that is changed here."""
    columns = page["columns"].get(table, [CHANGES[table][0]])
    return table in page["tables"] and CHANGES[table][0] in columns


def made_of(place):
    """Return the page that a file of the site belongs to; files of all have none."""
    place = place.removeprefix("_sources/")
    if place.startswith("figures/"):
        return "figures"
    if place.endswith(".csv") and place != "reference/agenda.csv":
        return "reference/flow"
    if place == pages.PICTURE:
        return "map"
    if (folder := place.partition("/")[0]) in pages.COLLECTIONS:
        return folder
    return place.rpartition(".")[0]


def test_every_table_has_a_change():
    """The next test leaves no table out."""
    descriptor = json.loads((MINI / "datapackage.json").read_bytes())
    assert set(CHANGES) == {one["name"] for one in descriptor["resources"]}


@pytest.mark.book
def test_a_changed_value_changes_its_pages_and_no_other_byte(home, capsys):
    """One value of each table in turn: the pages that use it change, nothing else.

    At the end the site equals, byte by byte, one that is built from nothing.
    """
    site = home / "html"
    pages_now, files_now = provenance(site), tree(site)
    for table in CHANGES:
        users = {n for n, page in pages_now.items() if uses(page, table)}
        assert users, table
        change(home / "data", table)
        build.build(site)
        said = capsys.readouterr().err
        pages_then, files_then = pages_now, files_now
        pages_now, files_now = provenance(site), tree(site)
        moved = {n for n in files_now | files_then
                 if files_now.get(n) != files_then.get(n)}  # fmt: skip
        expected = users | OF_ALL
        common = {PROVENANCE, finding.FOUND, things.CARDS}
        assert {made_of(n) for n in moved - common} - {"figures"} == expected, table
        assert PROVENANCE in moved
        drawn = {figure for name in users for figure in pages_then[name]["figures"]}
        files = {Path(n).stem for n in moved if n.startswith("figures/")}
        assert files <= drawn, table
        for name in pages_now:
            same = pages_now[name]["digest"] == pages_then[name]["digest"]
            assert same == (name not in expected), (table, name)
        chapters = sum(name.startswith("chapters/") for name in users)
        ran = f"executing {chapters} of 5 chapters\n" if chapters else "writing pages\n"
        assert said.startswith(ran), table
    build.build(home / "again" / "html")
    assert tree(home / "again" / "html") == files_now


class Gone(dict):
    """Numbers that a chapter gave to its prose."""


def content(name, ds, built, monkeypatch):
    """Make a page without the build: its text, or what the cells of a chapter show."""
    if name in (*pages.GENERATED, *pages.COLLECTIONS, *pages.CHECKLISTS):
        return pages.make(name, ds, built), pages.extras(name, ds)
    if not name.startswith("chapters/"):
        return written.filled(ds, ROOT / f"{name}.md")
    shown = []
    monkeypatch.setattr(personomics.dataset, "load", lambda: ds)
    monkeypatch.setattr(
        personomics.prose, "glue", lambda _, numbers: shown.append(dict(numbers))
    )
    space = {}
    for cell in nbformat.read(ROOT / f"{name}.ipynb", as_version=4).cells:
        if cell.cell_type != "code":
            continue
        *most, last = ast.parse(cell.source).body
        exec(compile(ast.Module(most, []), name, "exec"), space)
        value = eval(compile(ast.Expression(last.value), name, "eval"), space)
        shown.append(value._repr_mimebundle_() if value is not None else None)
    return repr(shown)


@pytest.mark.parametrize("name", build.Book(build.default_site()).pages)
def test_what_is_not_recorded_is_not_used(name, home, tmp_path, monkeypatch):
    """A page is the same when every table that it did not record is another one."""
    shutil.copytree(MINI, tmp_path / "other")
    for table in CHANGES:
        change(tmp_path / "other", table)
    ds, other = load(MINI), load(tmp_path / "other")
    page = provenance(home / "html")[name]
    recorded = {table for table in CHANGES if uses(page, table)}
    mixed = {t: (ds if t in recorded else other).tables[t] for t in CHANGES}
    spoilt = dataclasses.replace(ds, tables=MappingProxyType(mixed))
    built = pages.pages(ds) if name in pages.CHECKLISTS else {}
    before = content(name, ds, built, monkeypatch)
    assert content(name, spoilt, built, monkeypatch) == before
    # The change is of another item; the invented data hold no published trial.
    if recorded and name not in {"reference/prisma-s", "power"}:
        wholly = content(name, other, built, monkeypatch)
        assert wholly != before, "the changes would not have shown"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Return a copy of the project with its book built from the invented data."""
    folder = project(tmp_path_factory.mktemp("copy") / "project")
    done = run(folder, "book", "--out", folder / "html")
    assert done.returncode == 0, done.stderr
    return folder


def run(folder, *words):
    """Run a command of a copy of the project on the invented data."""
    data = str(folder / "tests" / "data" / "mini")
    return command(folder, *words, PERSONOMICS_DATA=data)


def rewrite(path, old, new):
    """Replace words in a file, which must be there, and return its bytes before."""
    before = path.read_bytes()
    assert old.encode() in before
    path.write_bytes(before.replace(old.encode(), new.encode(), 1))
    return before


def reasons(copy, *names):
    """Return what `personomics why` says of some pages."""
    done = run(copy, "why", *names, "--out", copy / "html")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.book
def test_an_edited_case_does_not_run_the_search_again(copy):
    """`why` names the file, chapter 1 is up to date, and chapter 4 would run."""
    path = copy / "tests" / "data" / "mini" / "cases.csv"
    before = rewrite(path, "Invented: a patient", "Invented: one patient")
    search, cases = reasons(copy, "01-search", "4")
    path.write_bytes(before)
    assert re.fullmatch(
        r"chapters/01-search: up to date; it was made from \d+ tables and \d+ modules",
        search,
    )
    assert cases == (
        "chapters/04-cases: would run again, because data/cases.csv changed"
    )
    assert reasons(copy, "cases")[0].startswith("reference/cases: up to date")


@pytest.mark.book
def test_edited_prose_executes_nothing(copy):
    """A sentence of a chapter is on its page after a build that runs no chapter."""
    path = copy / "chapters" / "04-cases.ipynb"
    before = rewrite(path, "Before any counting, a story.", "First a heron, a story.")
    assert reasons(copy, "04-cases") == [
        "chapters/04-cases: runs nothing; its page is made again, because its prose "
        "changed"
    ]
    done = run(copy, "book", "--out", copy / "html")
    path.write_bytes(before)
    assert "executing" not in done.stderr
    assert "First a heron" in (copy / "html" / "chapters" / "04-cases.html").read_text(
        encoding="utf-8"
    )


@pytest.mark.book
def test_an_edited_function_runs_what_imports_it(copy):
    """A changed module runs the chapters that import it, by whatever road."""
    path = copy / "personomics" / "case_story.py"
    before = rewrite(path, "from __future__", "# a remark\nfrom __future__")
    said = reasons(copy, "01-search", "04-cases")
    path.write_bytes(before)
    assert "up to date" in said[0]
    assert said[1].endswith("because personomics/case_story.py changed")
    path = copy / "personomics" / "evidence.py"
    before = rewrite(path, "from __future__", "# a remark\nfrom __future__")
    said = reasons(copy)
    path.write_bytes(before)
    again = [line for line in said if "personomics/evidence.py changed" in line]
    assert len([line for line in again if line.startswith("chapters/")]) == 5
    assert not [line for line in again if line.startswith("reference/cite:")]


@pytest.mark.book
def test_code_lock_and_new_files_are_inputs(copy):
    """An edited cell, another lock and a new file of the data are seen."""
    path = copy / "chapters" / "04-cases.ipynb"
    before = rewrite(
        path, "cases.eligibility_table(ds)", "cases.eligibility_table(ds) "
    )
    assert reasons(copy, "04-cases")[0].endswith("because its code changed")
    path.write_bytes(before)
    path = copy / "requirements.lock"
    before = rewrite(path, "\n", "\n# another\n")
    assert all("requirements.lock changed" in line for line in reasons(copy))
    path.write_bytes(before)
    path = copy / "tests" / "data" / "mini" / "search" / "rehearsals"
    path.mkdir()
    (path / "new.json").write_text("{}")
    [line] = reasons(copy, "01-search")
    shutil.rmtree(path)
    assert line.endswith("because the list of files in the data folder changed")


def test_an_unknown_page_is_named(copy):
    """`why` of a page that is not there lists the pages."""
    done = run(copy, "why", "04-case", "--out", copy / "html")
    assert done.returncode == 1
    assert done.stderr.startswith("no page '04-case'")
    assert "chapters/04-cases" in done.stderr


@pytest.mark.book
def test_a_site_that_was_touched_is_made_good(copy):
    """A page that was edited or deleted by hand is there again after a build."""
    site = copy / "html"
    run(copy, "book", "--out", site)
    before = tree(site)
    (site / "index.html").write_text("gone")
    (site / "reference" / "cite.html").unlink()
    done = run(copy, "book", "--out", site)
    assert "executing" not in done.stderr
    assert tree(site) == before
    done = run(copy, "book", "--out", site)
    assert done.stderr == f"nothing changed: {site / 'index.html'} is up to date\n"


@pytest.mark.book
def test_two_clean_builds_give_the_same_bytes(tmp_path):
    """Folder, time zone, locale, hash seed and number of jobs leave no trace."""
    ways = {
        "one": ("1", {"TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "1"}),
        "a/b/two": ("3", {"TZ": "America/Lima", "LC_ALL": "C.UTF-8",
                          "PYTHONHASHSEED": "4242", "SOURCE_DATE_EPOCH": "1790000000"}),
    }  # fmt: skip
    trees = []
    for place, (jobs, variables) in ways.items():
        folder = project(tmp_path / place)
        site = folder / "site" / place
        done = command(
            folder,
            "book",
            "--out",
            site,
            "--jobs",
            jobs,
            PERSONOMICS_DATA="",
            **variables,
        )
        assert done.returncode == 0, done.stderr
        trees.append(tree(site))
    assert trees[0] == trees[1]
    assert len(trees[0]) > 100
    here = tree(build.default_site())
    assert here == trees[0]


def test_the_book_holds_what_is_committed():
    """Outputs of the forked kernels are those of kernels started anew, committed."""
    site = build.default_site()
    for path in build.chapter_paths():
        ours = nbformat.read(site / "_sources" / "chapters" / path.name, as_version=4)
        kept = nbformat.read(path, as_version=4)
        assert ours.cells[:-1] == kept.cells, path.name
    for path in (ROOT / "figures").iterdir():
        assert (site / "figures" / path.name).read_bytes() == path.read_bytes()


def test_the_recorder_notes_what_is_read_and_nothing_else(tmp_path):
    """Tables, parts and files are noted once; what is written or loaded is not."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.txt").write_text("x")
    recorder = Recorder(tmp_path / "log", tmp_path / "data")
    for event, args in (
        ("open", (str(tmp_path / "data" / "x.txt"), "r", 0)),
        ("open", (str(tmp_path / "data" / "x.txt"), "rb", 0)),
        ("open", (str(tmp_path / "data" / "y.txt"), "w", os.O_WRONLY)),
        ("open", (3, "r", 0)),
        ("open", (os.__file__, "r", 0)),
        ("personomics.table", ("factors",)),
        ("personomics.descriptor", ("version",)),
        ("import", ("personomics.cases", None, None, None, None)),
        ("import", ("numpy", None, None, None, None)),
        ("socket.connect", (None, None)),
    ):
        recorder._hear(event, args)
    recorder.stop()
    recorder._hear("personomics.table", ("cases",))
    notes = [json.loads(n) for n in (tmp_path / "log").read_text().splitlines()]
    assert notes == [
        ["input", "data/x.txt"],
        ["table", "factors", ""],
        ["part", "version"],
        ["module", "personomics.cases"],
    ]


def test_inputs_are_named_by_place(tmp_path):
    """Data are named alike wherever they are; what was made is no input."""
    data = tmp_path / "elsewhere"
    assert input_name(str(data / "a" / "b.csv"), data) == "data/a/b.csv"
    assert input_name(str(ROOT / "index.md"), data) == "index.md"
    assert (
        input_name(str(ROOT / "data" / "cases.csv"), ROOT / "data") == "data/cases.csv"
    )
    for made in ("_build/html/index.html", "figures/x.svg", ".git/HEAD"):
        assert not input_name(str(ROOT / made), data)
    assert writes("w", 0)
    assert not writes("r+", os.O_RDWR)


def test_no_process_of_a_build_reaches_another_machine(tmp_path, monkeypatch):
    """What is forked for a page or for Jupyter Book is refused the network."""
    monkeypatch.delenv("PERSONOMICS_OFFLINE")
    report = tmp_path / "report"

    async def reach():
        async with forks.parent([]) as made:
            where = {"address": ["192.0.2.1", 80], "timeout": 1}
            await made.call("socket:create_connection", report, **where)

    with pytest.raises(
        forks.ForkError, match=r"contact with '192\.0\.2\.1' is refused"
    ):
        asyncio.run(reach())


def test_causes_are_few_and_in_words():
    """Long lists of causes are cut, and internal names are told in words."""
    names = ["Python", "chapters/x.ipynb: code", "data: all files", "a", "b"]
    assert why.causes(names) == (
        "the version of Python, its code, a file of the data and 2 other inputs changed"
    )


def test_every_generated_page_records_its_own_module():
    """The module that makes a page is among its inputs, compiled before or not."""
    found = provenance(build.default_site())
    for name in (*pages.GENERATED, *pages.CHECKLISTS, pages.LINEAGE):
        module = pages.maker(name).partition(":")[0]
        assert module in found[name]["modules"], name
