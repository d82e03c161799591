"""The benchmark of the book: what it works out, not what it measures."""

import doctest
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).resolve().parent.parent / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """Return the modules of the benchmark, which are no part of the package."""
    monkeypatch.syspath_prepend(str(BENCH))
    names = ("measure", "sides", "book")
    return {name: importlib.import_module(name) for name in names}


def test_examples(bench: dict[str, ModuleType]) -> None:
    """The examples of the functions are right."""
    for module in bench.values():
        result = doctest.testmod(module)
        assert result.attempted
        assert not result.failed


def test_report(bench: dict[str, ModuleType]) -> None:
    """Medians, ratios and bars are those worked out by hand."""
    book = bench["book"]
    found = book.Found()
    hand = {
        book.STOCK: (20.0, 40.0, 30.0),
        book.CLEAN: (10.0, 12.0, 13.5),
        book.ROW: (8.0, 9.0, 7.0),
        book.PROSE: (4.5, 4.5, 4.5),
        book.NOTHING: (0.31, 0.31, 0.31),
        book.PAGES: (1.0, 1.0, 1.0),
        book.FLOOR: (1.0, 1.0, 1.0),
    }
    for name, times in hand.items():
        for seconds in times:
            found.ours(name, bench["measure"].Taken(seconds, cpu=1.0))
    found.stale, found.showing = {"b.html"}, {"a.html", "b.html"}
    lines = book.report(found, {"ours": 2_000_000, "stock": None})
    rows = {name: next(x for x in lines if x.startswith(name)) for name in hand}
    words = {name: row.removeprefix(name).split() for name, row in rows.items()}
    # 12/30; 10/20, 12/40 and 13.5/30 in the rounds
    expected = "12.00 10.00 13.50 1.00 0.400 0.300 0.500 0.45 met".split()
    assert words[book.CLEAN] == expected
    assert words[book.ROW][-2:] == ["0.25", "missed"]
    # 4.5/30; 4.5/40 and 4.5/20
    assert words[book.PROSE][-5:] == "0.150 0.113 0.225 0.15 met".split()
    assert words[book.NOTHING][-4:] == ["0.02,", "0.3", "s", "missed"]
    text = "\n".join(lines)
    assert "1 of the 2 pages that show it are wrong" in text
    assert [x.split()[-1] for x in lines if x.startswith("ours")] == ["2"]
    assert "not measured" in text


def test_measured(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    """A run tells its seconds, what it said when, and the memory of a child process."""
    child = "import time; x = bytes([1]) * 50_000_000; time.sleep(0.6)"
    code = (
        "import subprocess, sys; print('begun', flush=True);"
        f"subprocess.run([sys.executable, '-c', {child!r}]); print('ended')"
    )
    command = [sys.executable, "-c", code]
    taken = bench["measure"].run(command, tmp_path, os.environ, look=True)
    (early, first), (late, last) = taken.lines
    assert (first, last) == ("begun", "ended")
    assert early + 0.5 < late <= taken.seconds
    assert 0 < taken.cpu < taken.seconds + 1
    if Path("/proc/self/smaps_rollup").exists():
        assert 50e6 < taken.peak < 150e6


def test_failure(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    """A command that fails is told with what it said."""
    measure = bench["measure"]
    command = [sys.executable, "-c", "import sys; sys.exit('no such page')"]
    with pytest.raises(measure.FailedError, match="no such page"):
        measure.run(command, tmp_path, os.environ)


def test_edits(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    """An edit changes one word of the file, and one that changes nothing is refused."""
    sides = bench["sides"]
    table = 'case_id,adaptation,eligible\na,Call,false\nb,"Rest, home",true\n'
    path = tmp_path / "cases.csv"
    path.write_text(sides.with_row_word(table), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == table.replace("home", "home rowedit000")
    sides.swap_word(path, "row", 1)
    assert path.read_text(encoding="utf-8") == table.replace("home", "home rowedit001")
    with pytest.raises(bench["measure"].FailedError, match="0 times"):
        sides.swap_word(path, "row", 1)


def test_sources_of_stock(bench: dict[str, ModuleType]) -> None:
    """Stock gets the cells without their outputs, and the floor gets the code alone."""
    sides = bench["sides"]
    cells = [
        {"cell_type": "markdown", "source": ["# Ä"]},
        {"cell_type": "code", "source": ["a = 1\n", "a"], "outputs": [1]},
        {"cell_type": "code", "source": "b", "outputs": []},
    ]
    text = json.dumps({"cells": cells})
    bare = json.loads(sides.without_outputs(text))["cells"]
    assert [cell.get("outputs") for cell in bare] == [None, [], []]
    assert [cell["source"] for cell in bare] == [cell["source"] for cell in cells]
    assert sides.script(text) == "a = 1\na\n\nb\n"
    config = sides.configured(
        "execute: {execute_notebooks: 'off'}\ntitle: T\n", "force"
    )
    assert "execute_notebooks: force" in config
    assert "title: T" in config


def test_rounds() -> None:
    """A number of rounds below one is refused before anything is measured."""
    command = [sys.executable, str(BENCH / "book.py"), "--rounds", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "at least 1" in done.stderr
