"""Make the chapters and figures anew, and say where they differ from what was kept."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from personomics import __version__
from personomics.book import compare, figures, notebooks, picture_files, released
from personomics.book.grids import Difference
from personomics.dataset import Dataset, load
from personomics.folder import DEFAULT, VARIABLE, InvalidDataError, folder_in_use
from personomics.tables import one_line
from personomics.words import counted, listed

#: Differences that are shown of one table, or of the numbers of one cell.
SHOWN = 10
ROOT = Path(__file__).resolve().parent.parent.parent
FORM = "no output differs, only its form (metadata, execution counts, order of keys)"
Tell = Callable[[str], None]


class UnknownChapterError(ValueError):
    """A chapter was named that is not there; the message lists those that are."""


@dataclass(frozen=True)
class Verdict:
    """Whether a chapter, or a figure of no chapter, is the same when made anew.

    Attributes
    ----------
    name : str
        Such as ``chapters/04-cases``.
    counts : dict of str to int
        How many of what were compared.
    differences : list of Difference
        What differs.
    failed : str
        Why it could not be made, if so.
    """

    name: str
    counts: dict[str, int]
    differences: list[Difference] = field(default_factory=list)
    failed: str = ""

    @property
    def verdict(self) -> str:
        """Same, differs or failed."""
        return "failed" if self.failed else "differs" if self.differences else "same"

    def lines(self, word: str) -> Iterator[str]:
        """Yield the verdict, and below it what differs; `word` says what was kept."""
        of = ", ".join(counted(n, what.removesuffix("s"))
                       for what, n in self.counts.items())  # fmt: skip
        yield f"{self.name}: {self.verdict}" + (f" ({of})" * (self.verdict == "same"))
        yield from (f"  {one_line(line.strip())}" for line in self.failed.splitlines())
        places: dict[str, list[Difference]] = {}
        for one in self.differences:
            places.setdefault(one.place, []).append(one)
        for place, found in places.items():
            yield from (f"  {one.line(word)}" for one in found[:SHOWN])
            if (more := len(found) - SHOWN) > 0:
                yield f"  {one_line(place)}: and {counted(more, 'difference')} more"


@dataclass(frozen=True)
class Report:
    """What came of making everything anew.

    Attributes
    ----------
    word : str
        What was kept: committed or released.
    made_with : dict of str to str
        Version of the code, and version and digest of the data.
    verdicts : list of Verdict
        One per chapter and per figure of no chapter.
    notes : list of str
        What to bear in mind, one a line.
    faults : list of str
        Files of a release that are not as its checksums say; then nothing was made.
    """

    word: str
    made_with: dict[str, str]
    verdicts: list[Verdict]
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether everything is the same."""
        return not self.faults and all(v.verdict == "same" for v in self.verdicts)

    def lines(self) -> Iterator[str]:
        """Yield everything as lines for a reader."""
        yield from self.notes
        yield from self.faults[: 2 * SHOWN]
        if (more := len(self.faults) - 2 * SHOWN) > 0:
            yield f"and {counted(more, 'file')} more"
        for verdict in self.verdicts:
            yield from verdict.lines(self.word)

    def as_json(self) -> dict[str, Any]:
        """Return everything, with all differences, for another program."""

        def told(one: Verdict) -> dict[str, Any]:
            found = [{**asdict(d), "line": d.line(self.word)} for d in one.differences]
            more = {"failed": one.failed} if one.failed else {}
            return {"verdict": one.verdict, **one.counts, **more, "differences": found}

        kinds: dict[str, dict[str, Any]] = {"chapters": {}, "figures": {}}
        for one in self.verdicts:
            kinds[one.name.split("/")[0]][one.name] = told(one)
        return {"same": self.same, "compared-with": self.word, **self.made_with,
                "notes": self.notes, "checksums": self.faults, **kinds}  # fmt: skip


def verify(
    chosen: Sequence[str] = (), *, release: Path | None = None, jobs: int = 3,
    root: Path = ROOT, tell: Tell = lambda _: None,
) -> Report:  # fmt: skip
    """Make chapters and figures anew and compare them with what was kept.

    Parameters
    ----------
    chosen : sequence of str
        Chapters, such as ``04-cases``; by default all, and every figure.
    release : Path, optional
        A release to compare with, on its own data; by default what is committed.
    jobs : int
        Chapters executed at the same time.
    root : Path
        Holds what is committed.
    tell : callable
        Is told what is being done.

    Raises
    ------
    InvalidDataError
        If the data do not conform.
    ValueError
        If there is no such chapter, or the release cannot be read.
    """
    if release is None:
        return compared(root, chosen, jobs, tell, "committed", other_data(root))
    tell(f"unpacking {release}")
    with released.opened(release) as kept:
        if kept.faults:
            return Report("released", {"code": __version__}, [], [], kept.faults)
        with data_at(kept.folder / "data"):
            notes = other_versions(kept, root)
            try:
                return compared(kept.folder, chosen, jobs, tell, "released", notes)
            except InvalidDataError as error:
                raise InvalidDataError(release / "data", error.problems) from None


@contextlib.contextmanager
def data_at(folder: Path) -> Iterator[None]:
    """Let every process that is started meanwhile use a data folder."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before


def other_data(root: Path) -> list[str]:
    """Say that other data are in use than those that the chapters were made from."""
    if folder_in_use().resolve() in (root / "data", DEFAULT.resolve()):
        return []
    return [f"made anew from the data in {folder_in_use()}, named in {VARIABLE}"]


def other_versions(kept: released.Release, root: Path) -> list[str]:
    """Say in one line that a release has another code or other libraries than here."""
    parts = []
    version = kept.version()
    if version != __version__:
        parts.append(f"code {version or 'of no known version'}, here {__version__}")
    lock = root / "requirements.lock"
    here = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    if kept.lock() != here:
        pins, ours = pinned(kept.lock()), pinned(here)
        moved = [f"{name} {pins.get(name, 'not at all')}, here {ours.get(name, 'none')}"
                 for name in sorted({*pins, *ours})
                 if pins.get(name) != ours.get(name)]  # fmt: skip
        more = f"; {len(moved) - 5} more" if len(moved) > 5 else ""
        parts.append(f"requirements.lock ({'; '.join(moved[:5])}{more})" if moved
                     else "requirements.lock (with the same versions)")  # fmt: skip
    said = one_line("; ".join(parts))
    note = f"the release has another {said}: differences may come from that"
    return [note] if parts else []


def pinned(lock: str) -> dict[str, str]:
    """Return the versions that a lock names."""
    return dict(re.findall(r"^([\w.-]{1,80})==([\w.+!-]{1,40})", lock, re.MULTILINE))


def compared(
    root: Path, chosen: Sequence[str], jobs: int, tell: Tell, word: str,
    notes: list[str],
) -> Report:  # fmt: skip
    """Make everything below a folder anew and compare it."""
    paths = picked(root, chosen)
    ds = load()
    files = {path: path.read_bytes() for path in paths}
    kept = {path: opened(path) for path in paths}
    tell(f"executing {counted(len(paths), 'chapter')}")
    here, failed = executed(paths, jobs)
    shown = {path: compare.figures(kept[path]) for path in paths}
    for path, notebook in here.items():
        shown[path] |= compare.figures(notebook)
    tell("drawing the figures")
    wanted = set().union(*shown.values()) if chosen else None
    drawn = {v.name.partition("/")[2]: v for v in pictures(ds, root, wanted)}
    verdicts = []
    for path in paths:
        found = []
        if path in here:
            found = compare.notebooks(kept[path], here[path])
            if not found and files[path] != written(here[path]):
                found = [Difference(f"chapters/{path.name}", "", FORM)]
        own = [drawn.pop(name) for name in sorted(shown[path] & drawn.keys())]
        found += [one for verdict in own for one in verdict.differences]
        reasons = "\n".join(filter(None, [failed.get(path), *(v.failed for v in own)]))
        counts = compare.counts(kept[path])
        verdicts.append(Verdict(f"chapters/{path.stem}", counts, found, reasons))
    made_with = {"code": __version__, "data": ds.version, "data-digest": ds.digest}
    return Report(word, made_with, verdicts + list(drawn.values()), notes)


def written(notebook: Any) -> bytes:
    """Return the file that a notebook is written as."""
    import nbformat

    text = str(nbformat.writes(notebook, version=4))
    return (text.rstrip("\n") + "\n").encode()


def picked(root: Path, chosen: Sequence[str]) -> list[Path]:
    """Return the chapters that are named, in book order.

    Raises
    ------
    UnknownChapterError
        Naming those that are not there.
    """
    there = {path.stem: path for path in sorted((root / "chapters").glob("*.ipynb"))}
    stems = [Path(name).name.removesuffix(".ipynb") for name in chosen] or list(there)
    if unknown := [name for name in stems if name not in there]:
        msg = f"no chapter {listed(unknown)}; chapters are: {listed(there)}"
        raise UnknownChapterError(msg)
    return [path for stem, path in there.items() if stem in stems]


def opened(path: Path) -> Any:
    """Read a kept notebook.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        return notebooks.read(path)
    except Exception as error:  # whatever nbformat makes of a damaged one
        reason = next(iter(str(error).splitlines()), type(error).__name__)[:200]
        msg = one_line(f"chapters/{path.name}: is no notebook that can be read: ")
        raise ValueError(msg + one_line(reason)) from error


def executed(
    paths: list[Path], jobs: int
) -> tuple[dict[Path, Any], dict[Path, str]]:  # fmt: skip
    """Execute chapters; return the notebooks, and why others failed."""
    try:
        done = notebooks.execute(paths, jobs)
        return dict(zip(paths, done, strict=True)), {}
    except RuntimeError as error:
        if len(paths) == 1:
            return {}, {paths[0]: str(error)}
    # One failure loses what the others gave; only then each goes by itself.
    here: dict[Path, Any] = {}
    failed: dict[Path, str] = {}
    for path in paths:
        one, reason = executed([path], 1)
        here, failed = here | one, failed | reason
    return here, failed


def pictures(ds: Dataset, root: Path, wanted: set[str] | None) -> Iterator[Verdict]:
    """Yield a verdict for the files of every figure, and for files of none."""
    folder = root / "figures"
    names = sorted(path.name for path in folder.glob("[!.]*"))
    made: set[str] = set()
    for function in figures.functions():
        maker = figures.maker_name(function)
        try:
            figure = figures.draw(function, ds)
            made.add(figure.name)
            if wanted is not None and figure.name not in wanted:
                continue
            here = figures.figure_files(figure, ds.version, maker)
        except Exception as error:
            yield Verdict(f"figures/{maker}", {}, [], f"{maker} failed: {error!r}")
            continue
        kept = {n: (folder / n).read_bytes() for n in here if (folder / n).is_file()}
        found = list(picture_files.apart(figure.name, kept, here))
        yield Verdict(f"figures/{figure.name}", {"files": len(here)}, found)
    own = {f"{name}{kind}" for name in made for kind in figures.KINDS}
    for name in names:
        if name not in own and (wanted is None or Path(name).stem in wanted):
            what = "is drawn by no function"
            yield Verdict(
                f"figures/{name}", {}, [Difference(f"figures/{name}", "", what)]
            )
