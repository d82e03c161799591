"""Files of figures: rows as CSV, and marks that tie the pictures to the rows."""

from __future__ import annotations

import csv
import hashlib
import importlib
import io
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import matplotlib.layout_engine
import numpy as np
import pandas as pd
import pytest
from conftest import MINI
from PIL import Image

from personomics import figure_files, load, style
from personomics.book import figures
from personomics.dataset import Dataset
from personomics.figure_files import read_mark, to_csv
from personomics.screening_tools.files import uninert

#: Words that break careless writers of XML, of chunks and of tables.
HOSTILE = "<b> & \"q\" 'a' --> ]]> Größe −½ 😀 </title>"


@pytest.fixture(scope="module")
def drawn(mini: Dataset) -> dict[str, tuple[style.Figure, str]]:
    """Return the figures of the invented dataset with their makers, by name."""
    makers = figures.functions()
    pairs = [(figures.draw(f, mini), figures.maker_name(f)) for f in makers]
    return {figure.name: (figure, maker) for figure, maker in pairs}


@pytest.fixture(scope="module")
def written(
    drawn: dict[str, tuple[style.Figure, str]],
) -> dict[str, dict[str, bytes]]:
    """Return the files of these figures, by name of the figure."""
    return {
        name: figures.figure_files(figure, "9.9", maker)
        for name, (figure, maker) in drawn.items()
    }


def toy(title: str = "Toy") -> style.Figure:
    """Return a small figure with two bars and hostile rows."""
    chart = style.new_chart(3, 2)
    chart.subplots().barh(["a", "b"], [1, 2], color=style.color("accent"))
    table = pd.DataFrame({"what": ["=1+1", HOSTILE], "share": [0.1, None]})
    return style.from_chart(chart, "toy", title, HOSTILE, table)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Return the files of a figure with a hostile title."""
    return figures.figure_files(toy(HOSTILE), "1.2.3", "personomics.cases:toy_figure")


def test_marks_name_the_rows(
    drawn: dict[str, tuple[style.Figure, str]], written: dict[str, dict[str, bytes]]
) -> None:
    """Each picture names the SHA-256 of its CSV file, its title, version and maker."""
    assert len(drawn) >= 15
    for name, found in written.items():
        assert sorted(found) == [f"{name}.csv", f"{name}.png", f"{name}.svg"]
        digest = hashlib.sha256(found[f"{name}.csv"]).hexdigest()
        for kind in ("svg", "png"):
            assert read_mark(found[f"{name}.{kind}"]) == {
                "title": drawn[name][0].title,
                "data-version": "9.9",
                "data-digest": f"sha256:{digest}",
                "drawn-by": drawn[name][1],
            }
        module, _, function = drawn[name][1].partition(":")
        assert callable(getattr(importlib.import_module(module), function))


def test_csv_holds_the_table(
    drawn: dict[str, tuple[style.Figure, str]], written: dict[str, dict[str, bytes]]
) -> None:
    """The csv module reads back every cell of the table of every figure."""
    for name, (figure, _) in drawn.items():
        text = written[name][f"{name}.csv"].decode("utf-8")
        assert "\r" not in text
        head, *rows = csv.reader(io.StringIO(text, newline=""))
        assert head == list(figure.table.columns)
        assert len(rows) == len(figure.table)
        for row, cells in zip(rows, figure.table.to_numpy(), strict=True):
            for found, value in zip(row, cells, strict=True):
                if pd.isna(value):
                    assert found == ""
                elif isinstance(value, str):
                    assert uninert(found) == value
                else:
                    assert float(found) == value


def test_csv_is_canonical() -> None:
    """Numbers as short as can be, missing empty, line feeds, UTF-8, no formula."""
    frame = pd.DataFrame({
        "n": pd.array([1, None, -3], dtype="Int64"),
        "x": [0.1, float("nan"), -1e-07],
        "yes": [True, False, True],
        "what": ['a "b", c', "two\r\nlines\rthree", "Ä"],
        "run": ["=1+1", "@x", "-2+3"],
        "sign": ["+16", "-12.5%", "-1"],
        "mixed": pd.Series([np.float64(2), np.int64(-2), None], dtype=object),
    })  # fmt: skip
    assert to_csv(frame).decode() == (
        "n,x,yes,what,run,sign,mixed\n"
        '1,0.1,true,"a ""b"", c",\'=1+1,+16,2.0\n'
        ',,false,"two\nlines\nthree",\'@x,-12.5%,-2\n'
        "-3,-1e-07,true,Ä,'-2+3,-1,\n"
    )
    assert to_csv(pd.DataFrame({"a": []})) == b"a\n"
    assert to_csv(pd.DataFrame({"a": ["\ud800"]})) == b"a\n?\n"


def test_hostile_words_survive(files: dict[str, bytes]) -> None:
    """Titles with markup, quotes and emoji come back whole, by other readers too."""
    root = ET.fromstring(files["toy.svg"])
    title, metadata = list(root)[:2]
    assert title.text == HOSTILE
    assert metadata.tag == "{http://www.w3.org/2000/svg}metadata"
    [element] = metadata
    assert element.attrib["title"] == HOSTILE
    with Image.open(io.BytesIO(files["toy.png"])) as picture:
        assert picture.text["Title"] == HOSTILE
        assert picture.text["Data version"] == "1.2.3"
        assert picture.text["Drawn by"] == "personomics.cases:toy_figure"
        digest = hashlib.sha256(files["toy.csv"]).hexdigest()
        assert picture.text["Data digest"] == f"sha256:{digest}"
    for kind in ("svg", "png"):
        assert read_mark(files[f"toy.{kind}"])["title"] == HOSTILE


def test_marks_cannot_be_forged_from_the_data() -> None:
    """Words of the data that look like a mark are not taken for one."""
    mark = dict.fromkeys(figure_files.MARK, "forged")
    words = figure_files.mark_svg("</title>", mark).removeprefix("</title>")
    empty = '<svg xmlns="http://www.w3.org/2000/svg"></svg>'
    with pytest.raises(ValueError, match="does not say its title"):
        read_mark(figure_files.with_alt(empty, "a", words).encode())
    inside = f'<svg xmlns="http://www.w3.org/2000/svg"><g>{words}</g></svg>'
    with pytest.raises(ValueError, match="does not say its title"):
        read_mark(inside.encode())


def test_a_mark_touches_no_pixel(files: dict[str, bytes]) -> None:
    """The marked PNG shows what the unmarked one shows; the page's SVG has no mark."""
    figure = toy(HOSTILE)
    with (
        Image.open(io.BytesIO(figure.png)) as bare,
        Image.open(io.BytesIO(files["toy.png"])) as marked,
    ):
        assert bare.info["dpi"] == marked.info["dpi"]
        assert bare.info["dpi"] == pytest.approx((200, 200), abs=0.01)
        assert np.array_equal(np.asarray(bare), np.asarray(marked))
    assert "<metadata" not in figure.html()
    assert "<metadata" not in figure.file


def test_png_holds_its_pixels() -> None:
    """Pillow reads back exactly the pixels that were written."""
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)
    rows = np.zeros((5, 22), np.uint8)
    rows[:, 1:] = pixels.reshape(5, 21)
    with Image.open(io.BytesIO(figure_files.to_png(rows.data, 7, 5, 96))) as picture:
        picture.load()
        assert picture.mode == "RGB"
        assert np.array_equal(np.asarray(picture), pixels)


def test_tampering_shows(files: dict[str, bytes]) -> None:
    """Rows changed by one cell, or a picture by one bit, are told from the original."""
    other = files["toy.csv"].replace(b"0.1", b"0.2")
    digest = f"sha256:{hashlib.sha256(other).hexdigest()}"
    for kind in ("svg", "png"):
        assert read_mark(files[f"toy.{kind}"])["data-digest"] != digest
    png = bytearray(files["toy.png"])
    png[100] ^= 1
    with pytest.raises(ValueError, match="differs from its checksum"):
        read_mark(bytes(png))
    png = bytearray(files["toy.png"])
    png[-30] ^= 1
    with pytest.raises(ValueError, match="differs from its checksum"):
        list(figure_files.chunks(bytes(png)))


BOMB = (
    '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefgh"))
    + ']><svg xmlns="http://www.w3.org/2000/svg">&h;</svg>'
)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "neither a PNG nor a whole SVG"),
        (b"<svg", "neither a PNG nor a whole SVG"),
        (b"\xff\xfe", "neither a PNG nor a whole SVG"),
        (b"<svg/>", "does not say its title and data-version"),
        (BOMB.encode(), "document type"),
        (b'<!DOCTYPE svg SYSTEM "file:///etc/passwd"><svg/>', "document type"),
        (b"\x89PNG\r\n\x1a\n", "does not say its title"),
        (b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffiTXtTitle", "differs from its checksum"),
    ],
)
def test_hostile_files_are_refused(data: bytes, what: str, tmp_path: Path) -> None:
    """What is no figure is named and refused in one sentence, nothing is expanded."""
    path = tmp_path / "odd.svg"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=what) as error:
        read_mark(path)
    assert str(error.value).startswith("odd.svg ")
    assert "\n" not in str(error.value)


def test_large_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]
) -> None:
    """No more of a file is read than a figure can have."""
    monkeypatch.setattr(figure_files, "LARGEST", 100)
    path = tmp_path / "toy.png"
    path.write_bytes(files["toy.png"])
    with pytest.raises(ValueError, match=r"toy\.png is larger than"):
        read_mark(path)


def test_writing_sweeps_what_is_gone(
    tmp_path: Path, mini: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of figures that are gone go; those of others, and other files, stay."""

    def toy_figure(ds: Dataset) -> style.Figure:
        return toy(ds.title)

    monkeypatch.setattr(figures, "functions", lambda: iter([toy_figure]))
    for name in ("old.svg", "old.png", "old.csv", "notes.txt"):
        (tmp_path / name).write_text("x")
    assert figures.write_all(mini, tmp_path) == ["toy"]
    assert (tmp_path / "old.csv").exists()
    figures.write_all(mini, tmp_path, sweep=True)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["notes.txt", "toy.csv", "toy.png", "toy.svg"]
    mark = read_mark(tmp_path / "toy.svg")
    assert mark["data-version"] == mini.version
    assert mark["drawn-by"] == f"{__name__}:toy_figure"
    assert mark == read_mark(tmp_path / "toy.png")
    monkeypatch.setattr(figures, "functions", lambda: iter([toy_figure, toy_figure]))
    with pytest.raises(ValueError, match="two figures have the name 'toy'"):
        figures.write_all(mini, tmp_path)


def test_a_chart_is_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """SVG and PNG of a chart share one layout, and nothing moves between them."""
    runs = []
    engine = matplotlib.layout_engine.ConstrainedLayoutEngine
    execute = engine.execute
    monkeypatch.setattr(
        engine, "execute", lambda self, chart: (runs.append(1), execute(self, chart))
    )
    chart = style.new_chart(3, 2)
    axes = chart.subplots()
    axes.barh(["a long name of a row", "b"], [1, 2])
    figure = style.from_chart(chart, "x", "x", "x", pd.DataFrame())
    before = axes.get_position().bounds
    assert before[0] > 0.3  # the names have their room
    assert figure.png == figure.png
    assert axes.get_position().bounds == before
    assert len(runs) == 1


def test_whoever_listens_hears_of_a_figure() -> None:
    """Making a figure raises an audit event that carries it."""
    heard: list[object] = []
    listening = [True]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if listening and event == "personomics.figure":
            heard.extend(arguments)

    sys.addaudithook(hook)
    figure = toy()
    listening.clear()
    assert heard == [figure]


@pytest.mark.parametrize(
    "setting",
    [{"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "tr_TR.UTF-8"}],
)
def test_another_process_gives_the_same_bytes(
    written: dict[str, dict[str, bytes]], setting: dict[str, str]
) -> None:
    """Hash seed, time zone and language of a process change no byte of a figure."""
    program = (
        "import hashlib, sys; from personomics import load, trials, cases\n"
        "from personomics.book.figures import figure_files, maker_name\n"
        "ds = load(sys.argv[1])\n"
        "for f in (cases.matrix_figure, trials.reporting_figure):\n"
        "    found = figure_files(f(ds), '9.9', maker_name(f))\n"
        "    for name, data in found.items():\n"
        "        print(name, hashlib.sha256(data).hexdigest())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(MINI)],
        capture_output=True, text=True, check=True, env={**os.environ, **setting},
    )  # fmt: skip
    found = dict(line.split() for line in done.stdout.splitlines())
    ours = {
        name: hashlib.sha256(data).hexdigest()
        for files in written.values()
        for name, data in files.items()
    }
    assert len(found) == 6
    assert found == {name: ours[name] for name in found}


def test_shipped_pictures_name_their_rows() -> None:
    """Every committed picture carries the digest of the CSV file beside it."""
    folder = Path(__file__).parents[1] / "figures"
    version = load().version
    pictures = [p for p in sorted(folder.iterdir()) if p.suffix in (".svg", ".png")]
    assert pictures
    for path in pictures:
        rows = path.with_suffix(".csv").read_bytes()
        mark = read_mark(path)
        assert mark["data-digest"] == f"sha256:{hashlib.sha256(rows).hexdigest()}"
        assert mark["data-version"] == version
