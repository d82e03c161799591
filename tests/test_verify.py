"""Everything made anew is compared with what was kept; releases are read with care."""

from __future__ import annotations

import argparse
import contextlib
import copy
import gzip
import hashlib
import io
import json
import os
import random
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from conftest import MINI

from personomics import __version__, cli, cli_book, load
from personomics.book import figures, notebooks, picture_files, released, verify
from personomics.cli_words import Commands
from personomics.dataset import Dataset
from personomics.style import Figure

VERSION = load(MINI).version


def part(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check


PNG = b"\x89PNG\r\n\x1a\n" + b"".join([
    part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
    part(b"IDAT", zlib.compress(b"\0abc")), part(b"IEND", b""),
])  # fmt: skip


def ages_figure(ds: Dataset, *, n: int = 3, path: str = "M1 2") -> Figure:
    """Return a figure of one row."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><path d="{path}"/></svg>'
    rows = pd.DataFrame({"age": ["old", "young"], "persons": [n, 5]})
    del ds
    return Figure("ages", "Ages", "Two rows.", rows, svg, lambda: PNG)


ages_figure.__module__ = "personomics.ages"


def chapter(*outputs: Any) -> Any:
    """Return a normalised notebook that shows something."""
    cells = [nbformat.v4.new_markdown_cell("# Ages")]
    cells += [nbformat.v4.new_code_cell("show()", outputs=[one]) for one in outputs]
    return notebooks.normalise(nbformat.v4.new_notebook(cells=cells))


def shown(html: str) -> Any:
    """Return an output of HTML."""
    return nbformat.v4.new_output("execute_result", {"text/html": html})


TABLE = shown(
    "<table><caption>Narratives</caption><thead><tr><th>Who</th><th>N</th></tr></thead>"
    "<tbody><tr><th>Ekua</th><td>1</td></tr></tbody></table>"
)
PICTURE = shown('<figure class="pc-figure" id="fig-ages"><svg/></figure>')


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small project: two chapters, one figure shown in the second."""
    root = tmp_path_factory.mktemp("made") / "project"
    for name, one in {"01-a": chapter(TABLE), "02-b": chapter(PICTURE)}.items():
        notebooks.write(one, root / "chapters" / f"{name}.ipynb")
    shutil.copytree(MINI, root / "data")
    (root / "personomics").mkdir()
    (root / "personomics" / "__init__.py").write_text(
        f'__version__ = "{__version__}"\n'
    )
    shutil.copyfile(verify.ROOT / "requirements.lock", root / "requirements.lock")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "functions", lambda: iter([ages_figure]))
        figures.write_all(load(MINI), root / "figures")
    return root


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the project, whose chapters give what they hold."""
    monkeypatch.setattr(figures, "functions", lambda: iter([ages_figure]))
    monkeypatch.setattr(notebooks, "execute", runs())
    monkeypatch.delenv("PERSONOMICS_DATA", raising=False)
    return shutil.copytree(made, tmp_path / "project")


def runs(change: Callable[[Any], None] = lambda _: None) -> Any:
    """Return an executor that gives back the chapters, changed."""

    def execute(paths: list[Path], jobs: int) -> list[Any]:
        assert jobs
        made = [copy.deepcopy(notebooks.read(path)) for path in paths]
        for one in made:
            change(one)
        return made

    return execute


def told(root: Path, **more: Any) -> list[str]:
    """Return the lines of a report on a release."""
    return list(verify.verify(release=root, **more).lines())


SAME = ["chapters/01-a: same (1 output, 1 table, 0 figures, 0 numbers)"]
SAME_B = ["chapters/02-b: same (1 output, 0 tables, 1 figure, 0 numbers)"]


def test_all_the_same(project: Path) -> None:
    """One line a chapter, and everything is the same."""
    report = verify.verify(release=project)
    assert report.same
    assert list(report.lines()) == SAME + SAME_B


def test_a_changed_cell_is_said_below_its_chapter(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chapter differs, and the cell of its table is named with both values."""

    def change(one: Any) -> None:
        for cell in one.cells[1:]:
            data = cell.outputs[0].data
            data["text/html"] = data["text/html"].replace("<td>1<", "<td>2<")

    monkeypatch.setattr(notebooks, "execute", runs(change))
    assert told(project) == [
        "chapters/01-a: differs",
        "  cell 2, table 'Narratives', row 'Ekua', column 'N': released '1', here '2'",
        *SAME_B,
    ]


def test_many_cells_are_counted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one table ten cells are shown, then how many more; the JSON has all."""
    rows = "".join(f"<tr><th>r{n}</th><td>1</td></tr>" for n in range(13))
    html = f"<table><caption>T</caption><tbody>{rows}</tbody></table>"
    notebooks.write(chapter(shown(html)), project / "chapters" / "01-a.ipynb")

    def change(one: Any) -> None:
        data = one.cells[1].outputs[0].data
        data["text/html"] = data["text/html"].replace("<td>1<", "<td>2<")

    monkeypatch.setattr(notebooks, "execute", runs(change))
    lines = told(project)
    assert lines[11] == "  cell 2, table 'T': and 3 differences more"
    found = verify.verify(release=project).as_json()
    assert len(found["chapters"]["chapters/01-a"]["differences"]) == 13


def test_form_alone_is_said(project: Path) -> None:
    """A notebook that was touched without its outputs is not the same file."""
    path = project / "chapters" / "01-a.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["metadata"] = {"by": "hand"}
    path.write_text(json.dumps(notebook))
    made = verify.notebooks.normalise(notebooks.read(path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            notebooks, "execute", lambda paths, _: [made, *runs()(paths[1:], 1)]
        )
        assert told(project)[:2] == [
            "chapters/01-a: differs",
            "  chapters/01-a.ipynb: no output differs, only its form (metadata, "
            "execution counts, order of keys)",
        ]


def test_a_failing_chapter_leaves_the_others_their_verdict(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chapter that fails is said with its cell; the other one is still judged."""

    def execute(paths: list[Path], jobs: int) -> list[Any]:
        if any(path.stem == "01-a" for path in paths):
            msg = "01-a.ipynb: cell 2 (cell-02) failed: NameError"
            raise notebooks.ChapterError(msg)
        return runs()(paths, jobs)

    monkeypatch.setattr(notebooks, "execute", execute)
    assert told(project) == [
        "chapters/01-a: failed",
        "  01-a.ipynb: cell 2 (cell-02) failed: NameError",
        *SAME_B,
    ]


def figure_lines(root: Path) -> list[str]:
    """Return what is said of the figure's files, below the second chapter."""
    lines = told(root)
    assert lines[:2] == [*SAME, "chapters/02-b: differs"]
    return [line.strip() for line in lines[2:]]


def test_a_digit_in_the_csv_is_found(project: Path) -> None:
    """A hand-edited number behind a figure is named with its row and column."""
    path = project / "figures" / "ages.csv"
    path.write_text(path.read_text().replace("old,3", "old,4"))
    first, *rest = figure_lines(project)
    assert first == (
        "figures/ages.csv, row 'old', column 'persons': released '4', here '3'"
    )
    for kind, line in zip(("png", "svg"), rest, strict=True):
        assert line.startswith(f"figures/ages.{kind}: its mark names other rows than ")


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_one_byte_of_a_picture_is_found(project: Path, kind: str) -> None:
    """Whichever byte of a picture is changed, its file is named and no other."""
    here = {p.name: p.read_bytes() for p in (project / "figures").iterdir()}
    good = here[f"ages.{kind}"]
    for place in range(len(good)):
        bad = bytearray(good)
        bad[place] ^= 1
        kept = here | {f"ages.{kind}": bytes(bad)}
        found = {one.place for one in picture_files.apart("ages", kept, here)}
        assert found == {f"figures/ages.{kind}"}, place


def test_a_drawing_by_other_code_is_only_a_drawing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal rows and another path: only the drawing differs, with both digests."""

    def other_figure(ds: Dataset) -> Figure:
        return ages_figure(ds, path="M3 4")

    other_figure.__module__, other_figure.__name__ = "personomics.ages", "ages_figure"
    kept = hashlib.sha256((project / "figures" / "ages.svg").read_bytes()).hexdigest()
    monkeypatch.setattr(figures, "functions", lambda: iter([other_figure]))
    (line,) = figure_lines(project)
    assert line.startswith("figures/ages.svg: only the drawing differs (code, fonts, ")
    assert f"released '{kept[:12]}', here '" in line


def test_a_mark_that_names_other_rows_is_found(project: Path) -> None:
    """A digest in the metadata that is not that of the CSV file is said to be so."""
    path = project / "figures" / "ages.svg"
    rows = hashlib.sha256((project / "figures" / "ages.csv").read_bytes()).hexdigest()
    path.write_text(path.read_text().replace(rows, "0" * 64))
    (line,) = figure_lines(project)
    assert line == (
        "figures/ages.svg: its mark names other rows than the CSV file beside it: "
        f"sha256:{'0' * 64}, not sha256:{rows}"
    )


def test_a_stale_version_in_a_mark_is_found(project: Path) -> None:
    """A figure of an earlier version of the data differs in its mark alone."""
    path = project / "figures" / "ages.svg"
    path.write_text(path.read_text().replace(f'"{VERSION}"', '"0.0.1"'))
    assert figure_lines(project) == [
        f"figures/ages.svg, mark data-version: released '0.0.1', here '{VERSION}'"
    ]


def test_missing_and_surplus_figure_files_are_named(project: Path) -> None:
    """A figure file that is gone is said; one that nothing draws has its own line."""
    (project / "figures" / "ages.csv").unlink()
    (project / "figures" / "old.png").write_bytes(b"x")
    assert told(project) == [
        *SAME,
        "chapters/02-b: differs",
        "  figures/ages.csv: here, not released",
        "figures/old.png: differs",
        "  figures/old.png: is drawn by no function",
    ]


def test_a_figure_of_no_chapter_has_its_own_line(project: Path) -> None:
    """Without the chapter that shows it, a figure is still checked."""
    (project / "chapters" / "02-b.ipynb").unlink()
    assert told(project) == [*SAME, "figures/ages: same (3 files)"]


def test_chapters_can_be_named(project: Path) -> None:
    """Only the named chapter and its figures are made; an unknown one is refused."""
    assert told(project, chosen=["chapters/02-b.ipynb"]) == SAME_B
    assert told(project, chosen=["01-a"]) == SAME
    with pytest.raises(verify.UnknownChapterError, match="no chapter 09-x; chapters a"):
        told(project, chosen=["09-x"])


def test_other_code_and_libraries_are_said_first(project: Path) -> None:
    """A release of another code version or lock says so in one line."""
    (project / "personomics" / "__init__.py").write_text('__version__ = "0.0.9"\n')
    lock = project / "requirements.lock"
    text = lock.read_text()
    ours = verify.pinned(text)["pandas"]
    lock.write_text(text.replace(f"pandas=={ours}", "pandas==0.25"))
    assert told(project)[0] == (
        f"the release has another code 0.0.9, here {__version__}; requirements.lock "
        f"(pandas 0.25, here {ours}): differences may come from that"
    )


def test_committed_chapters_are_compared_in_place(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a release the project itself is compared; other data are pointed out."""
    monkeypatch.setenv("PERSONOMICS_DATA", str(MINI))
    before = {p: p.read_bytes() for p in project.rglob("*") if p.is_file()}
    report = verify.verify(root=project)
    assert list(report.lines()) == [
        f"made anew from the data in {MINI.resolve()}, named in PERSONOMICS_DATA",
        *SAME, *SAME_B,
    ]  # fmt: skip
    assert report.word == "committed"
    assert before == {p: p.read_bytes() for p in project.rglob("*") if p.is_file()}


def test_data_that_do_not_conform_are_told(project: Path) -> None:
    """Problems of the release's data name the release, not a temporary folder."""
    (project / "data" / "factors.csv").write_text("x\n")
    with pytest.raises(verify.InvalidDataError) as caught:
        told(project)
    assert caught.value.folder == project / "data"
    assert "PERSONOMICS_DATA" not in os.environ


def test_a_chapter_that_is_no_notebook_is_told(project: Path) -> None:
    """A damaged chapter is named in one line."""
    (project / "chapters" / "01-a.ipynb").write_text("{}}")
    with pytest.raises(ValueError, match=r"chapters/01-a\.ipynb: is no notebook") as e:
        told(project)
    assert "\n" not in str(e.value)


def command(*words: str) -> int:
    """Run the command as the command line does."""
    top = argparse.ArgumentParser()
    cli_book.add(Commands(top).command)
    args = top.parse_args(["verify", *words])
    return cli.run(args)


def test_the_command_prints_verdicts_and_exits(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 0 all the same, 1 otherwise, 2 misused; nothing but verdicts in a pipe."""
    release = ["--release", str(project)]
    assert command(*release) == 0
    assert capsys.readouterr() == ("\n".join(SAME + SAME_B) + "\n", "")
    assert command(*release, "nothing") == 2
    (project / "figures" / "ages.csv").unlink()
    assert command(*release, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["same"] is False
    assert found["chapters"]["chapters/01-a"]["verdict"] == "same"
    (one,) = found["chapters"]["chapters/02-b"]["differences"]
    assert one["line"] == "figures/ages.csv: here, not released"
    assert command("--release", "/nowhere/at/all") == 1
    assert "does not exist" in capsys.readouterr().err


# Releases


def zipped(project: Path, path: Path, top: str = "") -> Path:
    """Pack a project as a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(project.rglob("*")):
            archive.write(file, top + file.relative_to(project).as_posix())
    return path


def tarred(project: Path, path: Path, top: str = ".", mode: Any = "w:gz") -> Path:
    """Pack a project as a tar archive."""
    form = tarfile.GNU_FORMAT if mode == "w" else tarfile.PAX_FORMAT
    with tarfile.open(path, mode, format=form) as archive:
        for folder in ("chapters", "data", "figures", "personomics"):
            archive.add(project / folder, f"{top}/{folder}")
        archive.add(project / "requirements.lock", f"{top}/requirements.lock")
    return path


def test_every_form_of_a_release_says_the_same(project: Path, tmp_path: Path) -> None:
    """A zip, a tar and a packed tar, below a folder or not, are read alike."""
    packed = [
        zipped(project, tmp_path / "a.zip"),
        zipped(project, tmp_path / "b.zip", "personomics-1.0/"),
        tarred(project, tmp_path / "c.tar.gz", "personomics-1.0"),
        tarred(project, tmp_path / "d.tar", "personomics-1.0", "w"),
    ]
    for path in packed:
        assert told(path) == SAME + SAME_B


def test_checksums_are_checked_first(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files that differ, miss or are extra are named, and nothing is executed."""
    files = [p for p in sorted(project.rglob("*")) if p.is_file()]
    sums = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  "
            f"{p.relative_to(project).as_posix()}\n" for p in files]  # fmt: skip
    (project / "SHA256SUMS").write_text("".join(sums))
    assert told(project) == SAME + SAME_B
    (project / "SHA256SUMS").write_text("".join(sums) + f"{'0' * 64}  gone.txt\n")
    (project / "new.txt").write_text("x")
    (project / "figures" / "ages.csv").write_text("x")
    monkeypatch.setattr(notebooks, "execute", None)
    assert command("--release", str(project)) == 1
    out, err = capsys.readouterr()
    listed = [line.split(":")[0] for line in out.splitlines()]
    assert listed == ["figures/ages.csv", "gone.txt", "new.txt"]
    assert "nothing was executed" in err
    (project / "SHA256SUMS").write_text("nonsense\n")
    with pytest.raises(ValueError, match="SHA256SUMS:1: is no line of sha256sum"):
        told(project)


def entry(name: str, data: bytes = b"x", **more: Any) -> tuple[tarfile.TarInfo, bytes]:
    """Return an entry of a tar archive."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in more.items():
        setattr(info, key, value)
    return info, data


HOSTILE = {
    "../evil.txt": "a name that leads elsewhere",
    "data/../../evil.txt": "a name that leads elsewhere",
    "/etc/evil.txt": "a name that leads elsewhere",
    "C:/evil.txt": "a name that leads elsewhere",
    "data\\..\\evil.txt": "a name that leads elsewhere",
    "data/\x1b[2Jevil": "a name that leads elsewhere",
    "data//evil.txt": "a name that leads elsewhere",
    "chapters/01-a.ipynb": "stands there twice",
    "CHAPTERS/01-A.ipynb": "stands there twice",
    "data": "as a file and a folder",
    "data/factors.csv/evil": "as a file and a folder",
    "data/" + "x" * 300: "a name that is too long",
}


@contextlib.contextmanager
def refused(path: Path, why: str) -> Iterator[None]:
    """Expect that a release is refused in one clear line and leaves nothing."""
    before = {*path.parent.rglob("*"), path}
    yield
    with pytest.raises(ValueError, match=why) as caught:
        told(path)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(str(path))
    assert {*path.parent.rglob("*")} == before


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_hostile_names_are_refused(project: Path, tmp_path: Path, name: str) -> None:
    """A name that leads out of the folder, or stands there twice, is named."""
    one = zipped(project, tmp_path / "a.zip")
    with refused(one, HOSTILE[name]), zipfile.ZipFile(one, "a") as archive:
        archive.writestr(name, "x")
    two = tmp_path / "b.tar"
    with refused(two, HOSTILE[name]), tarfile.open(two, "w") as archive:
        for folder in ("chapters", "data", "figures"):
            archive.add(project / folder, folder)
        info, data = entry(name)
        archive.addfile(info, io.BytesIO(data))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE,
                                  tarfile.CHRTYPE])  # fmt: skip
def test_links_and_devices_are_refused(
    project: Path, tmp_path: Path, kind: bytes
) -> None:
    """A link or a device in a tar archive is named."""
    path = tarred(project, tmp_path / "a.tar", "top", "w")
    with (
        refused(path, "'top/data/link' is a link or no ordinary file"),
        tarfile.open(path, "a") as archive,
    ):
        info, _ = entry("top/data/link", b"", type=kind, linkname="/etc/passwd")
        archive.addfile(info)


def test_links_in_zips_and_folders_are_refused(project: Path, tmp_path: Path) -> None:
    """A symbolic link is refused in a zip and in a folder alike."""
    path = zipped(project, tmp_path / "a.zip")
    with (
        refused(path, "'data/link' is a link or no ordinary file"),
        zipfile.ZipFile(path, "a") as archive,
    ):
        info = zipfile.ZipInfo("data/link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    (project / "data" / "link").symlink_to("/etc/passwd")
    with pytest.raises(ValueError, match="'data/link' is a link or no ordinary file"):
        told(project)


def test_bombs_are_refused(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What unpacks to far more than it is, or to too much in all, is not unpacked."""
    path = zipped(project, tmp_path / "a.zip")
    with (
        refused(path, "'data/bomb.csv' unpacks from .* to 30,000,000 bytes"),
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr("data/bomb.csv", bytes(30_000_000))
    path = tmp_path / "b.tar.gz"
    with refused(path, "unpacks to more than"), gzip.open(path, "wb") as file:
        file.write(bytes(30_000_000))
    monkeypatch.setattr(released, "LARGEST", 20_000)
    with refused(path, "which no release is"):
        path.write_bytes(os.urandom(30_000))
    with pytest.raises(ValueError, match="makes it larger than 20,000 bytes in all"):
        told(project)
    monkeypatch.setattr(released, "LARGEST", 10**9)
    monkeypatch.setattr(released, "MOST", 4)
    with pytest.raises(ValueError, match="is more than the 4 files"):
        told(project)


def test_locked_and_strange_archives_are_refused(project: Path, tmp_path: Path) -> None:
    """A password, no project, two projects and no archive each get their line."""
    path = zipped(project, tmp_path / "a.zip")
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    with refused(path, "'requirements.lock' is locked with a password"):
        path.write_bytes(data)
    for words in (b"", b"no archive at all" * 100, b"\x1f\x8bnonsense", b"PKnonsense"):
        with refused(path, "archive"):
            path.write_bytes(words)
    with refused(path, "should hold chapters/"), zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x")
    with (
        refused(path, "one place, and holds them in: a/, b/"),
        zipfile.ZipFile(path, "w") as archive,
    ):
        for top in "ab":
            archive.writestr(f"{top}/chapters/x.ipynb", "x")
    with refused(path, "holds no data"), zipfile.ZipFile(path, "w") as archive:
        archive.writestr("chapters/x.ipynb", "x")


def test_cut_off_archives_are_refused(project: Path, tmp_path: Path) -> None:
    """Wherever an archive ends too early, it is refused."""
    for path in (zipped(project, tmp_path / "a.zip"),
                 tarred(project, tmp_path / "b.tar", "top", "w"),
                 tarred(project, tmp_path / "c.tar.gz", "top")):  # fmt: skip
        data = path.read_bytes()
        whole = data.rstrip(b"\0")
        for part in (1, 3, 10, 30, 97):
            path.write_bytes(whole[: len(whole) * part // 100])
            with pytest.raises(ValueError, match=str(path)):
                told(path)
        path.write_bytes(data)
        assert told(path) == SAME + SAME_B


def test_no_file_gets_lost_unseen(project: Path, tmp_path: Path) -> None:
    """A damaged entry is no end of the archive: what comes after it would be lost."""
    path = tarred(project, tmp_path / "a.tar", "top", "w")
    data = bytearray(path.read_bytes())
    place = data.rindex(b"top/requirements.lock")
    data[place] ^= 1
    with refused(path, "is the last that can be read: the archive is damaged"):
        path.write_bytes(data)
    with refused(path, "is the last that can be read: the archive is damaged"):
        path.write_bytes(path.read_bytes()[:place])


def test_damaged_archives_are_refused_or_read(project: Path, tmp_path: Path) -> None:
    """Whatever bytes of an archive are changed, no other error comes up."""
    chance = random.Random(4)
    for path in (zipped(project, tmp_path / "a.zip"),
                 tarred(project, tmp_path / "b.tar", "top", "w"),
                 tarred(project, tmp_path / "c.tar.gz", "top")):  # fmt: skip
        good = path.read_bytes()
        for _ in range(25):
            bad = bytearray(good)
            for _ in range(chance.choice((1, 4))):
                late = chance.random() < 0.5 and path.suffix == ".zip"
                low = len(bad) - 3000 if late else 0
                bad[chance.randrange(low, len(bad))] = chance.randrange(256)
            path.write_bytes(bad)
            with contextlib.suppress(ValueError), released.opened(path) as release:
                assert release.folder.is_dir()


def test_a_release_cannot_put_modules_beside_its_chapters(
    project: Path, tmp_path: Path
) -> None:
    """Of the chapters only notebooks are taken out, and nothing stays behind."""
    (project / "chapters" / "pandas.py").write_text("raise SystemExit")
    (project / "chapters" / "personomics").mkdir()
    (project / "chapters" / "personomics" / "__init__.py").write_text("")
    path = zipped(project, tmp_path / "a.zip", "top/")
    with released.opened(path) as release:
        there = sorted(p.name for p in (release.folder / "chapters").iterdir())
        assert there == ["01-a.ipynb", "02-b.ipynb"]
        assert release.version() == __version__
        assert not (release.folder / "chapters" / "pandas.py").exists()
    assert not release.folder.parent.exists()


def test_a_real_kernel_works_on_the_data_of_the_release(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chapter really executed sees the release's data; a stale output is found."""
    monkeypatch.undo()
    monkeypatch.setattr(figures, "functions", lambda: iter([]))
    for file in (project / "figures").iterdir():
        file.unlink()
    (project / "figures" / ".keep").write_text("")
    (project / "chapters" / "02-b.ipynb").unlink()
    code = "from personomics import load\n\nprint(load().title)"
    printed = nbformat.v4.new_output("stream", name="stdout", text="stale\n")
    cell = nbformat.v4.new_code_cell(code, outputs=[printed])
    one = notebooks.normalise(nbformat.v4.new_notebook(cells=[cell]))
    notebooks.write(one, project / "chapters" / "01-a.ipynb")
    before = {p: p.read_bytes() for p in project.rglob("*") if p.is_file()}
    assert told(project) == [
        "chapters/01-a: differs",
        "  cell 1, printed on stdout: released 'stale\\n', "
        f"here {load(MINI).title + chr(10)!r}",
    ]
    assert before == {p: p.read_bytes() for p in project.rglob("*") if p.is_file()}
