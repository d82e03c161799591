"""The command line: exit codes, what goes where, and no traceback ever."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import MINI, Folder

from personomics import Dataset, __version__, cli, cli_book
from personomics.dataset import VARIABLE

ROOT = Path(__file__).parent.parent
LINE = "factors.csv:2: definition: is empty; allowed: a value"


def run(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    command = [sys.executable, "-m", "personomics.cli", *words]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, **more
    )  # type: ignore[call-overload, no-any-return]


def test_valid_folder(capsys: pytest.CaptureFixture[str], mini: Dataset) -> None:
    """A sound folder gives exit code 0 and one line."""
    assert cli.main(["validate", str(MINI)]) == 0
    rows = sum(len(table) for table in mini.tables.values())
    assert capsys.readouterr() == (
        f"{MINI}: no problems (29 tables, {rows} rows, version 3.1.4, "
        f"digest {mini.digest[:12]})\n",
        "",
    )


def test_folder_in_use(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a folder the one of PERSONOMICS_DATA is checked."""
    monkeypatch.setenv(VARIABLE, str(MINI))
    assert cli.main(["validate"]) == 0
    assert capsys.readouterr().out.startswith(f"{MINI}: no problems")


def test_invalid_folder(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """Every problem is one line on standard output, their number on standard error."""
    folder.set("factors.csv", 2, definition="")
    folder.set("factors.csv", 3, definition="")
    assert cli.main(["validate", str(folder.path)]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [LINE, LINE.replace(":2:", ":3:")]
    assert err == f"2 problems in {folder.path}\n"


def test_json(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints one object, with the same exit codes."""
    assert cli.main(["validate", str(folder.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["valid"] is True
    folder.set("factors.csv", 2, definition="")
    assert cli.main(["validate", "--json", str(folder.path)]) == 1
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert [p["line"] for p in found["problems"]] == [LINE]
    assert (found["valid"], found["digest"], err) == (False, None, "")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["valdiate"],
        ["validate", "a", "b"],
        ["validate", "--jsn"],
        ["book", "--jobs", "0"],
        ["book", "--jobs", "٣"],
        ["book", "--jobs", "many"],
    ],
)
def test_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong usage gives exit code 2 and says so on standard error only."""
    assert cli.main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "usage: personomics" in err


@pytest.mark.parametrize("words", [["--help"], ["validate", "--help"], ["--version"]])
def test_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Asking for help or version is no failure."""
    assert cli.main(words) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert ("personomics " + __version__ if "--version" in words else "usage") in out


def test_invalid_data_stop_other_commands(
    folder: Folder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that needs sound data prints what validate prints, and fails."""
    folder.set("factors.csv", 2, definition="")
    monkeypatch.setenv(VARIABLE, str(folder.path))
    assert cli.main(["claims"]) == 1
    assert capsys.readouterr() == (f"{LINE}\n", f"1 problem in {folder.path}\n")


def test_claims(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, mini: Dataset
) -> None:
    """The ledger is printed one claim a line, or as JSON."""
    monkeypatch.setenv(VARIABLE, str(MINI))
    assert cli.main(["claims"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == mini["claims"][
        "claim_id"
    ].tolist()
    assert cli.main(["claims", "--json"]) == 0
    assert [row["claim_id"] for row in json.loads(capsys.readouterr().out)] == (
        mini["claims"]["claim_id"].tolist()
    )


def test_interrupt(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends with one line and exit code 130."""

    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "run", interrupt)
    assert cli.main(["validate"]) == 130
    assert capsys.readouterr() == ("", "interrupted\n")


def test_reader_that_goes_away(folder: Folder) -> None:
    """A closed pipe is no reason for a traceback."""
    folder.set("factors.csv", 2, definition="")
    command = [sys.executable, "-m", "personomics.cli", "validate", str(folder.path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 1


def test_terminal_without_letters(folder: Folder) -> None:
    """On a terminal that knows ASCII only, other letters are shown by number."""
    folder.set("articles.csv", 2, year="١٩٩٩")
    env = {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT), "PATH": ""}
    done = run("validate", str(folder.path), env=env)
    assert done.returncode == 1
    assert "'\\u0661\\u0669\\u0669\\u0669' is not a whole number" in done.stdout
    assert "Traceback" not in done.stderr


def test_command_as_a_process() -> None:
    """The exit code reaches the shell."""
    done = run("validate", "no/such/folder")
    assert done.returncode == 1
    assert done.stdout == (
        "no/such/folder: does not exist; allowed: a folder with datapackage.json\n"
    )
    assert done.stderr == "1 problem in no/such/folder\n"


def test_every_command_has_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    """--help names each command with its one-line summary."""
    cli.main(["--help"])
    out = " ".join(capsys.readouterr().out.split())
    ours = (cli.validate, cli.claims, cli_book.book, cli_book.why, cli_book.figures,
            cli_book.notebooks, cli_book.verify)  # fmt: skip
    for command in ours:
        summary = command.__doc__.split("\n\n")[0]
        assert f"{command.__name__} {summary}" in out


@pytest.mark.parametrize("module", ["cli", "html", "words", "offline", "schema"])
def test_quick_start(module: str) -> None:
    """What every command imports needs no package that takes long to import."""
    slow = ("pandas", "numpy", "matplotlib", "nbformat", "lxml", "requests")
    code = f"import sys, personomics.{module}; print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    names = done.stdout.replace("'", "").strip("[]\n").split(", ")
    assert f"personomics.{module}" in names
    assert not {name.split(".")[0] for name in names} & set(slow)


@pytest.mark.parametrize(
    "words", [["--version"], ["search", "show"], ["search", "lint"]]
)
def test_commands_without_tables(words: list[str]) -> None:
    """Commands about the strategy do without pandas, which takes half a second."""
    code = f"""
import sys
from personomics.cli import main
code = main({words!r})
print(code, "pandas" in sys.modules, file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stderr.splitlines()[-1] == "0 False"
