"""The book is whole, follows its data, and cannot be broken by a bad input."""

import asyncio
import csv
import functools
import hashlib
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from docutils import nodes
from docutils.utils import new_document
from site_server import single_pages

from personomics import InvalidDataError, load, power
from personomics.book import build, figures, notebooks, pages, press, theme
from personomics.book import site as sites
from personomics.book.press import Press
from personomics.book.site import PROVENANCE, BuildError, swap
from personomics.engagement import story

ROOT = Path(__file__).resolve().parent.parent
MINI = ROOT / "tests" / "data" / "mini"
SITE = ROOT / "_build" / "html"
#: Numbers of columns, commands and volumes are the same for every dataset.
UNCOUNTED = tuple(
    f"reference/{name}.html"
    for name in ("data-dictionary", "reproduce", "bibliography")
)


class Page(html.parser.HTMLParser):
    """What a test wants to know of a page."""

    def __init__(self, source):
        super().__init__()
        self.ids, self.alts, self.outside, self.links = [], [], [], []
        self.words, self.depth, self.skip, self.groups = [], 0, 0, []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        """Collect ids, alternative texts and addresses."""
        found = dict(attrs)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "img":
            self.alts.append(found.get("alt"))
        address = found.get("src") if tag != "a" else None
        if tag == "link" and found.get("rel") != "canonical":
            address = found.get("href")
        if address and re.match(r"(https?:)?//", address):
            self.outside.append(address)
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag == "article" or (tag == "div" and self.depth):
            self.depth += 1
        if tag in ("script", "style", "pre"):
            self.skip += 1
        if tag == "g":  # the numbers along an axis are no result
            self.groups.append("tick_" in (found.get("id") or ""))

    def handle_endtag(self, tag):
        """Leave an element."""
        if tag == "article" or (tag == "div" and self.depth):
            self.depth -= 1
        if tag in ("script", "style", "pre"):
            self.skip -= 1
        if tag == "g":
            self.groups.pop()

    def handle_data(self, data):
        """Collect the words of the article."""
        if self.depth and not self.skip and not any(self.groups):
            self.words.append(data)

    @property
    def text(self):
        """The article as one line of text."""
        return " ".join(" ".join(self.words).split())


async def never(*_):
    """Stand for what must not be called."""
    pytest.fail("executed")


@functools.cache
def page_of(site, name):
    """Parse one page of a site."""
    return Page((site / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def mini_site(tmp_path_factory):
    """Build the whole book from the invented dataset, once."""
    out = tmp_path_factory.mktemp("mini") / "html"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("PERSONOMICS_DATA", "tests/data/mini")  # relative, as typed
        build.build(out)
    return out


def test_every_promised_page_was_built():
    """The site holds each page of the table of contents, with a heading and text."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    names = [toc["root"], *(c["file"] for p in toc["parts"] for c in p["chapters"])]
    assert len(names) >= 15
    for name in names:
        source = (SITE / f"{name}.html").read_text(encoding="utf-8")
        assert "<h1" in source, name
        assert len(Page(source).text) > 400, name


@pytest.mark.parametrize("name", build.expected_pages())
def test_pages_stand_alone(name):
    """No page loads anything from elsewhere, repeats an id or names a file as alt."""
    page = page_of(SITE, name)
    assert not page.outside
    repeated = {i for i in page.ids if page.ids.count(i) > 1}
    assert not repeated
    for alt in page.alts:
        assert alt is not None
        assert not re.search(r"_images/|[0-9a-f]{16}|\.(svg|png)$", alt)


@pytest.mark.parametrize("name", build.expected_pages())
def test_links_inside_the_book_lead_somewhere(name):
    """Every relative link has its file, and its anchor where it names one."""
    for address in page_of(SITE, name).links:
        if re.match(r"[a-z]+:|//", address):
            continue
        file, _, anchor = address.partition("#")
        target = (SITE / name).parent / file if file else SITE / name
        assert target.is_file(), f"{name}: {address}"
        if "=" in anchor:  # the state of the map or of a table
            continue
        if anchor and target.suffix == ".html":
            ids = page_of(target.parent, target.name).ids
            assert anchor in ids, f"{name}: {address}"


def test_every_page_names_data_and_digest():
    """The foot of each page has the version and the digest of the data behind it."""
    ds = load()
    found = json.loads((SITE / PROVENANCE).read_text(encoding="utf-8"))["pages"]
    single = {f"{name}.html" for name in pages.COLLECTIONS}
    assert {f"{name}.html" for name in found} == set(build.expected_pages()) | single
    for name, page in found.items():
        shown = SITE / f"{name}.html"
        if name in pages.COLLECTIONS:
            shown = SITE / name / Path(single_pages(name)[0]).name
        source = shown.read_text(encoding="utf-8")
        foot = source[source.index('<footer class="pc-made">') :]
        lines = [f"{v}  {k}\n" for k, v in sorted(page["inputs"].items())
                 if k.startswith("data")]  # fmt: skip
        digest = hashlib.sha256("".join(lines).encode()).hexdigest()
        if page["all_data"]:  # not another digest than the one that is cited
            digest = ds.digest
        assert page["digest"] == digest
        assert f"Data {ds.version}<" in foot, name
        assert f"<code>{digest[:12]}</code>" in foot, name
        for table in page["tables"]:
            assert f'data-dictionary.html#table-{table}"' in foot, (name, table)
            data = (ROOT / "data" / f"{table}.csv").read_bytes()
            key = f"data/{table}.csv"
            if table not in page["columns"]:
                assert page["inputs"][key] == hashlib.sha256(data).hexdigest(), key


def test_figures_are_committed_and_equal(tmp_path):
    """Drawing every figure again gives the committed files, byte for byte."""
    names = figures.write_all(load(), tmp_path)
    committed = sorted(p.name for p in (ROOT / "figures").iterdir())
    assert committed == sorted(f"{n}{kind}" for n in names for kind in figures.KINDS)
    for name in committed:
        drawn = (tmp_path / name).read_bytes()
        assert drawn == (ROOT / "figures" / name).read_bytes(), name


def test_every_figure_has_words_and_numbers():
    """Each figure has an alternative text that says something, and a table."""
    for figure in figures.drawn(load()):
        assert len(figure.alt.split()) >= 12, figure.name
        assert re.search(r"\d", figure.alt), figure.name
        assert len(figure.table), figure.name


def test_every_figure_stands_in_the_book():
    """Each figure that is drawn is shown on exactly one chapter."""
    shown = [i for n in build.expected_pages() for i in page_of(SITE, n).ids]
    for figure in figures.drawn(load()):
        assert shown.count(f"fig-{figure.name}") >= 1, figure.name


def todays_words():
    """Return names and numbers that only the shipped data can put on a page."""
    ds = load()
    names = [*ds["factors"]["label"], *ds["articles"]["article_id"]]
    names += [*ds["cases"]["case_id"], *ds["cases"]["summary"], ds.digest[:12]]
    counts = {str(len(frame)) for frame in ds.tables.values() if len(frame) > 20}
    states = ds["screening"].groupby(["rater_id", "verdict"]).size()
    counts |= {str(n) for n in states if n > 20}
    return [str(n) for n in names if len(str(n)) > 12], counts  # not "Age"


def test_another_dataset_makes_a_whole_book(mini_site):
    """The invented dataset fills every page, and none of today's numbers is left."""
    names, counts = todays_words()
    ds = load(MINI)
    ours = {str(len(frame)) for frame in ds.tables.values()}
    fixed = story.assumptions_table().plain() + json.dumps(power.page_data())
    ours |= set(re.findall(r"\d{2,}", fixed))  # limits of formulas, not of data
    labels = set(ds["factors"]["label"])
    found = set()
    for name in build.expected_pages():
        page = page_of(mini_site, name)
        text = page.text
        found |= {label for label in labels if " ".join(label.split()) in text}
        left = [n for n in names if n in text]
        assert not left, f"{name} still names {left[:3]}"
        if name in UNCOUNTED:
            continue
        numbers = set(re.findall(r"(?<![\w.,/:+-])\d{2,}(?![\w.,/:-]*\d|%)", text))
        assert not numbers & (counts - ours), f"{name}: {numbers & (counts - ours)}"
    assert found == labels


def test_hostile_cells_stay_text(mini_site):
    """A `<b>` and a `&` in cells of the invented data are shown, not obeyed."""
    source = (mini_site / "reference" / "factors.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;" in source
    assert "&amp;" in source


def test_one_edited_label_moves_everywhere(tmp_path, monkeypatch):
    """A label changed in one cell is changed on every page, and the old one is gone."""
    data = tmp_path / "data"
    shutil.copytree(ROOT / "data", data)
    old, new = "Bond with animals", "Zebra companionship"
    path = data / "factors.csv"
    rows = path.read_text(encoding="utf-8")
    assert rows.count(old) == 1
    path.write_text(rows.replace(old, new), encoding="utf-8")
    monkeypatch.setenv("PERSONOMICS_DATA", str(data))
    out = tmp_path / "html"
    build.build(out)
    before = {n for n in build.expected_pages() if old in page_of(SITE, n).text}
    after = {n for n in build.expected_pages() if new in page_of(out, n).text}
    assert before == after
    assert len(before) >= 4
    for path in out.rglob("*.html"):
        assert old not in path.read_text(encoding="utf-8"), path.name


def test_bad_data_stop_the_build_before_anything_runs(tmp_path, monkeypatch):
    """A wrong cell raises validate's text, executes nothing and keeps the old site."""
    data = tmp_path / "data"
    shutil.copytree(MINI, data)
    with (data / "factors.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows[1][rows[0].index("com_b")] = "physical capabilty"
    with (data / "factors.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    site = tmp_path / "site" / "html"
    site.mkdir(parents=True)
    (site / "index.html").write_text("last good book")
    (site / PROVENANCE).write_text("{}")
    monkeypatch.setenv("PERSONOMICS_DATA", str(data))
    monkeypatch.setattr(notebooks.Run, "execute", never)
    with pytest.raises(InvalidDataError, match=r"factors\.csv:2: com_b: 'physical cap"):
        build.build(site)
    assert (site / "index.html").read_text() == "last good book"
    assert {p.name for p in site.parent.iterdir()} <= {"html", ".html.lock"}


def project(folder):
    """Copy the project, without what was built, so that its sources can be edited."""
    ours = ("personomics", "chapters", "reference", "assets", "data", "tests/data")
    for name in ours:
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    for name in ("index.md", "_config.yml", "_toc.yml", "CITATION.cff",
                 "requirements.lock"):  # fmt: skip
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def command(folder, *words, **variables):
    """Run a command of the copy of the project in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "personomics.cli", *map(str, words)],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(folder), **variables},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_a_failing_cell_fails_the_build_and_is_named(tmp_path):
    """A chapter that raises stops the build, names cell and error, keeps the site."""
    site = tmp_path / "site" / "html"
    site.mkdir(parents=True)
    (site / "index.html").write_text("last good book")
    (site / PROVENANCE).write_text("{}")
    copy = project(tmp_path / "copy")
    path = copy / "chapters" / "05-research-agenda.ipynb"
    chapter = nbformat.read(path, as_version=4)
    chapter.cells = [
        nbformat.v4.new_code_cell("good = 'text'"),
        nbformat.v4.new_code_cell("print(good)\n{}['absent']"),
    ]
    nbformat.write(chapter, path)
    small = str(copy / "tests" / "data" / "mini")
    done = command(copy, "book", "--out", site, PERSONOMICS_DATA=small)
    assert done.returncode == 1
    message = done.stderr.splitlines()
    assert message[0] == "executing 5 of 5 chapters"
    assert message[1].startswith("05-research-agenda.ipynb: cell 2 ")
    assert "KeyError: 'absent'" in message[1]
    assert message[2] == "  first line of the cell: print(good)"
    assert (site / "index.html").read_text() == "last good book"


@pytest.mark.parametrize("name", ["site", "home"])
def test_a_folder_that_is_no_book_is_left_alone(tmp_path, monkeypatch, name):
    """A folder with other files, or one that holds the data, is refused."""
    data = tmp_path / "home" / "data"
    shutil.copytree(MINI, data)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "thesis.txt").write_text("years of work")
    monkeypatch.setenv("PERSONOMICS_DATA", str(data))
    monkeypatch.setattr(notebooks.Run, "execute", never)
    with pytest.raises(BuildError, match="name another folder"):
        build.build(tmp_path / name)
    assert (tmp_path / "site" / "thesis.txt").is_file()
    assert (data / "factors.csv").is_file()


def test_a_missing_reference_is_named_before_anything_runs(tmp_path, monkeypatch):
    """A bibliography without a cited work stops the build and says which."""
    shutil.copytree(MINI, tmp_path / "data")
    (tmp_path / "data" / "references.bib").write_text("")
    monkeypatch.setenv("PERSONOMICS_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(notebooks.Run, "execute", never)
    with pytest.raises(BuildError, match=r"no entry for .*page2021prisma"):
        build.build(tmp_path / "html")


@pytest.mark.parametrize("exchanging", [True, False])
def test_a_swap_leaves_one_site_and_nothing_else(tmp_path, monkeypatch, exchanging):
    """The new site stands where the old one was, in one step or in two."""
    site, fresh = tmp_path / "html", tmp_path / "fresh"
    for folder, words in ((site, "old"), (fresh, "new")):
        folder.mkdir()
        (folder / "index.html").write_text(words)
    if not exchanging:
        monkeypatch.setattr(sites, "exchange", lambda *_: False)
    swap(fresh, site)
    assert (site / "index.html").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["html"]


def test_a_link_that_is_no_web_address_becomes_text():
    """A bibliography's javascript address is shown as words."""
    page = nodes.paragraph()
    for address in ("javascript:alert(4)", "https://doi.org/10.1/x", "cite.html#x"):
        page += nodes.reference("", address, refuri=address)
    document = new_document("page")
    document += page
    theme.plain_links(None, document, "page")
    left = [node["refuri"] for node in document.findall(nodes.reference)]
    assert left == ["https://doi.org/10.1/x", "cite.html#x"]
    assert "javascript:alert(4)" in document.astext()


def test_a_builder_that_makes_nothing_is_an_error(tmp_path):
    """A builder that ends well without pages does not pass for a book."""

    class Nothing:
        async def call(self, *_, **__):
            """Do nothing."""

    bench = Press(tmp_path / "work")
    bench.stage({"index.md": "# Title"})
    (tmp_path / "work" / "said.txt").write_text("")
    with pytest.raises(BuildError, match=r"not written: index\.html"):
        asyncio.run(bench.run(Nothing(), ["index.html"]))


def test_an_unchanged_book_is_not_built_again(monkeypatch, capsys):
    """A second build says in one line that nothing changed."""
    monkeypatch.setattr(press.Press, "stage", lambda *_: pytest.fail("staged"))
    monkeypatch.delenv("PERSONOMICS_DATA", raising=False)
    build.build()
    message = capsys.readouterr().err
    assert message.startswith("nothing changed: ")
    assert message.count("\n") == 1


def test_normalised_chapters_are_what_is_committed():
    """The committed chapters hold nothing that changes from run to run."""
    for path in build.chapter_paths():
        notebook = notebooks.read(path)
        clean = nbformat.writes(notebooks.normalise(notebook), version=4)
        assert clean.rstrip("\n") + "\n" == path.read_text(encoding="utf-8"), path.name
        assert json.loads(clean)["metadata"]["language_info"] == {"name": "python"}
