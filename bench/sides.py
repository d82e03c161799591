"""The two sides of the book's benchmark: a copy of the project, and the stock builder.

Every edit really changes something, and the pages are searched for it: a build that is
fast and wrong is a :class:`measure.FailedError`.
"""

import csv
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from lxml import html
from measure import FailedError, Taken, cpu, processors, run

PROJECT = Path(__file__).resolve().parent.parent
STAGED = Path("_build", ".html.work", "source")
TABLE, COLUMN, CHAPTER = "data/cases.csv", "adaptation", "chapters/02-extraction.ipynb"
#: Seconds for one cell; the same as our own limit, where stock's is 30.
TIMEOUT = 300
NOTHING = "nothing changed"  # as our build says it
#: What our configuration sets in place of stock's own theme and extensions.
OURS = ("extensions", "html_theme", "html_theme_options", "html_use_index",
        "use_multitoc_numbering")  # fmt: skip


def word(kind: str, number: int) -> str:
    """Return a word that stands nowhere else in the book.

    >>> word("row", 2)
    'rowedit002'
    """
    return f"{kind}edit{number:03}"


def swap_word(path: Path, kind: str, number: int) -> None:
    """Replace the word of the edit before by that of this one."""
    old, new = word(kind, number - 1), word(kind, number)
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        msg = f"{path.name} holds {old} {text.count(old)} times, not once"
        raise FailedError(msg)
    path.write_text(text.replace(old, new), encoding="utf-8", newline="")


def with_row_word(text: str) -> str:
    """Return the table with a first word in a cell that chapters and pages show."""
    for row in csv.DictReader(text.splitlines()):
        cell = row[COLUMN]
        if row["eligible"] == "true" and cell and text.count(cell) == 1:
            return text.replace(cell, f"{cell} {word('row', 0)}")
    msg = f"{TABLE}: no eligible case has a cell of its own in {COLUMN}"
    raise FailedError(msg)


def with_prose_word(text: str) -> str:
    """Return a notebook with one more sentence in its last prose cell."""
    notebook = json.loads(text)
    cell = [c for c in notebook["cells"] if c["cell_type"] == "markdown"][-1]
    sentence = f"\n\nThis sentence was added: {word('prose', 0)}."
    cell["source"] = "".join(cell["source"]) + sentence
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def without_outputs(text: str) -> str:
    """Return a notebook as nobody has executed it."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def script(text: str) -> str:
    """Return the code cells of a notebook one after the other."""
    cells = [c for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
    return "\n\n".join("".join(cell["source"]) for cell in cells) + "\n"


def configured(text: str, how: str) -> str:
    """Return ``_config.yml`` as stock has it: its own theme, and how it executes.

    >>> "theme" in configured("sphinx: {config: {html_theme: ours}}", "off")
    False
    """
    config = yaml.safe_load(text)
    for name in OURS:
        config.get("sphinx", {}).get("config", {}).pop(name, None)
    config["execute"] = {"execute_notebooks": how, "timeout": TIMEOUT}
    return yaml.safe_dump(config, allow_unicode=True, sort_keys=False)


def words(page: str) -> list[str]:
    """Return the words of a page's article, without scripts and marks beside headings.

    >>> words('<p>no</p><article><h1>T<a class="headerlink">#</a></h1> a  b</article>')
    ['T', 'a', 'b']
    """
    found = re.search(r"<article.*?</article>", page, re.DOTALL)
    if not found:
        return []
    article = html.document_fromstring(found[0])
    for aside in [*article.find_class("headerlink"), *article.iter("script")]:
        aside.drop_tree()
    return str(article.text_content()).split()


class Site:
    """The pages that a build made.

    Parameters
    ----------
    folder : Path
        Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def pages(self) -> dict[str, str]:
        """Return the text of every page by its place."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(self.folder.rglob("*.html"))
            if "_static" not in path.parts
        }

    def showing(self, what: str) -> set[str]:
        """Return the pages that show a word."""
        return {name for name, page in self.pages().items() if what in page}


class Ours:
    """A copy of the project, and its build.

    Parameters
    ----------
    home : Path
        Where the copy goes.
    """

    def __init__(self, home: Path) -> None:
        self.home, self.site = home, Site(home / "_build" / "html")
        self.env = environment(home)
        shutil.copytree(PROJECT, home, ignore=left_out)
        for place, change in ((TABLE, with_row_word), (CHAPTER, with_prose_word)):
            text = (home / place).read_text(encoding="utf-8")
            (home / place).write_text(change(text), encoding="utf-8", newline="")
        code = "from personomics.book.record import ROOT; print(ROOT)"
        used = run([sys.executable, "-c", code], home.parent, self.env).text()
        if Path(used) != home.resolve():
            msg = "the package that is imported is not the one of the copy"
            raise FailedError(msg)

    def build(self, *, clean: bool = False, look: bool = False) -> Taken:
        """Build the book as ``personomics book`` does."""
        if clean:
            shutil.rmtree(self.home / "_build", ignore_errors=True)
        return run([program("personomics"), "book"], self.home, self.env, look=look)

    def edit(self, place: str, kind: str, number: int) -> Taken:
        """Change a word, build, and see that every page that showed it has the new."""
        before = self.site.showing(word(kind, number - 1))
        swap_word(self.home / place, kind, number)
        taken = self.build()
        left = self.site.showing(word(kind, number - 1))
        if not before or left or self.site.showing(word(kind, number)) != before:
            msg = f"{place} was edited and not all pages show it: {sorted(before)}"
            raise FailedError(msg)
        return taken

    def unchanged(self) -> Taken:
        """Build when nothing has changed."""
        taken = self.build()
        if NOTHING not in taken.text():
            msg = f"nothing was edited, and yet: {taken.text()}"
            raise FailedError(msg)
        return taken

    def floor(self, aside: Path) -> Taken:
        """Tell what the code of the chapters takes, as scripts run in parallel."""
        paths = sorted((self.home / "chapters").glob("*.ipynb"))
        aside.mkdir(exist_ok=True)
        for path in paths:
            code = script(path.read_text(encoding="utf-8"))
            (aside / f"{path.stem}.py").write_text(code, encoding="utf-8")

        def one(path: Path) -> Taken:
            file = str(aside / f"{path.stem}.py")
            return run([sys.executable, file], self.home / "chapters", self.env)

        paths.sort(key=lambda path: -path.stat().st_size)
        started, used = time.perf_counter(), cpu()
        with ThreadPoolExecutor(processors()) as pool:
            list(pool.map(one, paths))
        return Taken(time.perf_counter() - started, cpu() - used)


class Stock:
    """The sources as our build stages them, and the stock builder.

    Parameters
    ----------
    ours : Ours
        Where the sources come from.
    folder : Path
        Where they go.
    how : str
        What ``execute_notebooks`` says; "off" keeps the outputs of our execution.
    """

    def __init__(self, ours: Ours, folder: Path, how: str) -> None:
        self.ours, self.folder, self.how = ours, folder, how
        self.site = Site(folder / "_build" / "html")

    def stage(self) -> None:
        """Take over the sources; a file that is as it was keeps its time."""
        staged = self.ours.home / STAGED
        for path in sorted(p for p in staged.rglob("*") if p.is_file()):
            content = path.read_bytes()
            if path.name == "_config.yml":
                content = configured(content.decode(), self.how).encode()
            elif path.suffix == ".ipynb" and self.how != "off":
                content = without_outputs(content.decode()).encode()
            there = self.folder / path.relative_to(staged)
            if not there.is_file() or there.read_bytes() != content:
                there.parent.mkdir(parents=True, exist_ok=True)
                there.write_bytes(content)

    def build(self, *, clean: bool = False, look: bool = False) -> Taken:
        """Build as ``jupyter-book build`` does."""
        if clean:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.stage()
        command = [program("jupyter-book"), "build", str(self.folder)]
        taken = run(command, self.folder, self.ours.env, look=look)
        if clean:
            self.compare()
        return taken

    def compare(self) -> None:
        """See that every page of stock's has the words of ours, whatever is around."""
        theirs, mine = self.site.pages(), self.ours.site.pages()
        names = [n for n in theirs if n not in ("search.html", "genindex.html")]
        other = [n for n in names if words(theirs[n]) != words(mine.get(n, ""))]
        if other or not names:
            msg = (
                f"stock and we did not build the same book: {', '.join(sorted(other))}"
            )
            raise FailedError(msg)


def left_out(folder: str, names: Sequence[str]) -> list[str]:
    """Return what of the project is not copied: what was built, hidden folders."""
    del folder
    made = ("_build", "__pycache__")
    return [name for name in names if name.startswith(".") or name in made]


def environment(home: Path) -> dict[str, str]:
    """Return the environment of all that is measured; the package is the copy's."""
    not_ours = ("PERSONOMICS_DATA", "SOURCE_DATE_EPOCH", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in not_ours}
    fixed = {"PYTHONPATH": str(home), "PYTHONHASHSEED": "0", "MPLBACKEND": "agg"}
    return kept | fixed


def program(name: str) -> str:
    """Return a program of the environment in use."""
    path = Path(sys.executable).with_name(name)
    if not path.is_file():
        msg = f"{name} is not beside this Python; use that of the project's .venv"
        raise FailedError(msg)
    return str(path)
