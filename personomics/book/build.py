"""Build the book: check the data, execute the chapters, make the site, swap it in."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from personomics import __version__, style
from personomics.book import figures, flow_page, landing, notebooks, pages
from personomics.book.site import MARK, BuildError, alone, claim, made_from, swap
from personomics.dataset import Dataset, load
from personomics.html import Markup, join, link, tag

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = ("index.md", "_config.yml", "_toc.yml", "requirements.lock")
FOLDERS = ("personomics", "chapters", "reference", "assets")


def say(message: str) -> None:
    """Report progress on standard error."""
    print(message, file=sys.stderr, flush=True)


def files_below(folder: Path) -> Iterable[Path]:
    """Yield the source files of a folder in a stable order."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and "__pycache__" not in path.parts:
            yield path


def digest_of(paths: Iterable[Path], *more: str) -> str:
    """Return the SHA-256 over names and contents of files, and further words."""
    total = hashlib.sha256()
    for path in paths:
        data = path.read_bytes()
        total.update(f"{path.relative_to(ROOT)}\0{len(data)}\0".encode())
        total.update(data)
    for word in more:
        total.update(f"\0{word}".encode())
    return total.hexdigest()


def site_key(ds: Dataset) -> str:
    """Return the digest of everything that the site is made from."""
    paths = [ROOT / name for name in SOURCES]
    for folder in FOLDERS:
        paths += files_below(ROOT / folder)
    changes = ds.folder / "CHANGELOG.md"
    log = changes.read_bytes().hex() if changes.is_file() else ""
    return digest_of(paths, ds.digest, log, os.environ.get("SOURCE_DATE_EPOCH", ""))


def chapter_paths() -> list[Path]:
    """Return the chapters in book order."""
    return sorted((ROOT / "chapters").glob("*.ipynb"))


def executed_chapters(ds: Dataset, jobs: int, cache: Path) -> list[Any]:
    """Return every chapter with the outputs that its code gives on these data.

    A chapter runs again when its code cells, the package, the data or the lock have
    changed; its prose may change without that.
    """
    package = digest_of(
        [*files_below(ROOT / "personomics"), ROOT / "requirements.lock"], ds.digest
    )
    chapters = chapter_paths()
    kept: dict[Path, Path] = {}
    for path in chapters:
        cells = notebooks.read(path).cells
        code = [c.source for c in cells if c.cell_type == "code"]
        key = hashlib.sha256("\0".join([package, *code]).encode()).hexdigest()[:20]
        kept[path] = cache / f"{path.stem}-{key}.ipynb"
    stale = [path for path in chapters if not kept[path].is_file()]
    if stale:
        say(f"executing {len(stale)} of {len(chapters)} chapters")
        for path, result in zip(stale, notebooks.execute(stale, jobs), strict=True):
            notebooks.write(result, kept[path])
    if cache.is_dir():
        for old in set(cache.glob("*.ipynb")) - set(kept.values()):
            old.unlink(missing_ok=True)
    return [with_outputs(path, kept[path]) for path in chapters]


def with_outputs(path: Path, executed: Path) -> Any:
    """Return a chapter as it is now, with the outputs of an execution of its code."""
    chapter = notebooks.normalise(notebooks.read(path))
    done = [c for c in notebooks.read(executed).cells if c.cell_type == "code"]
    code = [c for c in chapter.cells if c.cell_type == "code"]
    for cell, other in zip(code, done, strict=True):
        cell.outputs, cell.execution_count = other.outputs, other.execution_count
    return chapter


def made_by(ds: Dataset, source: str, kind: str, root: str = "..") -> str:
    """Return the note below a page on how it was made and how to cite it."""
    there = f"{root}/reference"
    words = join(
        [
            tag("span", f"{kind} {source} · package {__version__} · data {ds.stamp}"),
            link(f"{there}/reproduce.html", "Rebuild it yourself"),
            link(f"{there}/cite.html", "Cite this page"),
            link(f"{there}/claims.html", "Which numbers are the paper’s?"),
        ],
        " · ",
    )
    label = tag("strong", "How this page was made: ")
    return pages.raw(tag("p", label + words, class_="pc-made"))


def stage(ds: Dataset, folder: Path, chapters: list[Any]) -> None:
    """Write everything that Jupyter Book reads into one fresh folder."""
    for path in files_below(ROOT / "reference"):
        source = f"reference/{path.name}"
        put(folder / source, filled(ds, path) + "\n" + made_by(ds, source, "page"))
    for name, text in pages.pages(ds).items():
        note = made_by(ds, "personomics.book.pages", "generated by")
        put(folder / name, text + "\n" + note)
    for path, chapter in zip(chapter_paths(), chapters, strict=True):
        note = made_by(ds, f"chapters/{path.name}", "notebook")
        chapter.cells.append(notebooks.prose_cell("made-by", note))
        notebooks.write(chapter, folder / "chapters" / path.name)
    note = made_by(ds, "index.md", "page", ".")
    put(folder / "index.md", filled(ds, ROOT / "index.md") + "\n" + note)
    for name, markup in landing.fragments(ds).items():
        put(folder / "generated" / name, str(markup))
    shutil.copyfile(ds.folder / "references.bib", folder / "references.bib")
    shutil.copyfile(ROOT / "_toc.yml", folder / "_toc.yml")
    shutil.copytree(ROOT / "assets", folder / "_static")
    put(folder / "_static" / "palette.css", style.css_variables())
    figures.write_all(ds, folder / "extra" / "figures")
    for name, text in flow_page.files(ds).items():
        put(folder / "extra" / name, text)
    put(folder / "_config.yml", configuration(ds))


def put(path: Path, text: str) -> None:
    """Write a text file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def configuration(ds: Dataset) -> str:
    """Return ``_config.yml`` with the data version in the footer."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    words = Markup("Data: {}, version {}, digest <code>{}</code>").format(
        ds.title, ds.version, ds.digest[:12]
    )
    config["html"]["extra_footer"] = str(tag("p", words, class_="pc-data-version"))
    return str(yaml.safe_dump(config, allow_unicode=True, sort_keys=False))


def filled(ds: Dataset, path: Path) -> str:
    """Return a hand-written page with each ``{{ name }}`` replaced by its value."""
    values = {
        "data_version": ds.version,
        "data_digest": ds.digest[:12],
        "code_version": __version__,
        "paper_pmid": ds.paper["pmid"],
        "paper_year": ds.paper.get("year", ""),
        "paper_kind": ds.paper.get("kind", "paper"),
    }

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            known = ", ".join(values)
            msg = f"{path.name}: unknown name {match[0]}; known: {known}"
            raise BuildError(msg)
        return str(values[match[1]])

    return re.sub(r"\{\{ ?(\w+) ?\}\}", value, path.read_text(encoding="utf-8"))


def run_jupyter_book(source: Path, out: Path) -> None:
    """Run the unmodified builder; a warning is an error.

    Raises
    ------
    BuildError
        With what the builder printed, or naming pages that were not written.
    """
    program = Path(sys.executable).with_name("jupyter-book")
    command = [str(program), "build", str(source)]
    command += ["--path-output", str(out), "-W", "--keep-going", "-q"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=source, check=False
    )
    html = out / "_build" / "html"
    missing = [page for page in expected_pages() if not (html / page).is_file()]
    if done.returncode or missing:
        report = (done.stdout + done.stderr).strip()
        lost = f"\npages that were not written: {', '.join(missing)}" if missing else ""
        full = "\nthe disk is full" if "No space left" in report else ""
        msg = f"jupyter-book failed (exit {done.returncode}){full}{lost}\n{report}"
        raise BuildError(msg)


def check_citations(ds: Dataset) -> None:
    """Refuse a bibliography that lacks a work the chapters cite.

    Raises
    ------
    BuildError
        Naming every missing key, before anything is executed.
    """
    cited: set[str] = set()
    for path in [*chapter_paths(), *files_below(ROOT / "reference")]:
        text = path.read_text(encoding="utf-8")
        for keys in re.findall(r"\{cite:\w+\}`([^`]+)`", text):
            cited |= {key.strip() for key in keys.split(",")}
    known = (ds.folder / "references.bib").read_text(encoding="utf-8")
    missing = sorted(cited - set(re.findall(r"@\w+\{\s*([^,\s]+)\s*,", known)))
    if missing:
        msg = (
            f"references.bib: no entry for {', '.join(missing)}, which the chapters "
            "cite; copy the entries from the companion's own data/references.bib"
        )
        raise BuildError(msg)


def expected_pages() -> list[str]:
    """Return the pages that the table of contents promises."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [toc["root"]]
    files += [c["file"] for part in toc["parts"] for c in part["chapters"]]
    return [f"{name}.html" for name in files]


def build(out: Path | None = None, jobs: int = 3, *, force: bool = False) -> Path:
    """Build the book and return the path of its landing page.

    Parameters
    ----------
    out : Path, optional
        Where the site goes; by default ``_build/html``.
    jobs : int
        Chapters executed at the same time.
    force : bool
        Build even when nothing has changed.

    Raises
    ------
    InvalidDataError, ChapterError, BuildError
        In that order: bad data stop the build before anything is executed, a failing
        cell before anything is rendered. The last good site stays in place.
    """
    started = time.monotonic()
    site = (out or ROOT / "_build" / "html").resolve()
    ds = load()
    claim(site, ROOT, ds.folder)
    check_citations(ds)
    key = site_key(ds)
    with alone(site):
        if not force and made_from(site) == key:
            say(f"nothing changed: {site / 'index.html'} is up to date")
            return site / "index.html"
        prefix = f".{site.name}.stage-"
        with tempfile.TemporaryDirectory(dir=site.parent, prefix=prefix) as aside:
            cache = site.with_name(f".{site.name}.executed")
            chapters = executed_chapters(ds, jobs, cache)
            source, result = Path(aside) / "source", Path(aside) / "out"
            say("writing pages and figures")
            stage(ds, source, chapters)
            run_jupyter_book(source, result)
            fresh = result / "_build" / "html"
            put(fresh / MARK, key)
            swap(fresh, site)
    took = time.monotonic() - started
    say(f"built {site / 'index.html'} from data {ds.stamp} in {took:.1f} s")
    return site / "index.html"
