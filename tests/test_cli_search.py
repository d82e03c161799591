"""What the commands of the search say when something is wrong, and where they say it.

The whole way through them is in ``test_workflow.py``.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Folder

from personomics import cli
from personomics.dataset import VARIABLE
from personomics.pubmed.eutils import Manner

ROOT = Path(__file__).resolve().parent.parent
EXPORTS = Path(__file__).parent / "data" / "imports"
MEDLINE = Path(__file__).parent / "data" / "medline" / "articles.xml"
COMMANDS = (
    *(f"search {name}" for name in
      "show lint run delta import adopt settle rehearse".split()),
    *(f"screening {name}" for name in "export import conflicts agree".split()),
    "prisma",
)  # fmt: skip
#: A port on which nobody listens, should a command that must not ask do so.
RUN = "search run --email ada@example.org --base-url http://127.0.0.1:9/"
#: Commands that need the data folder.
WITH_DATA = (
    "search show", "search lint", RUN, "search delta a b", "search adopt a",
    f"search import {EXPORTS / 'embase.ris'} --source Embase", "search settle",
    f"search rehearse {MEDLINE}", "screening export --tool rayyan",
    "screening import FILE --rater zoe", "screening conflicts", "screening agree",
)  # fmt: skip
#: Commands that read a file, which stands where it says FILE.
WITH_FILE = (
    "search show --strategy FILE", "search lint --strategy FILE",
    f"{RUN} --strategy FILE", "search import FILE --source Embase",
    "search rehearse FILE", "screening import FILE --rater zoe", "prisma --from FILE",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _use(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work on the copy of the toy data, in the folder that holds it."""
    monkeypatch.chdir(folder.path.parent)
    monkeypatch.setenv(VARIABLE, str(folder.path))
    monkeypatch.delenv("NCBI_API_KEY", raising=False)
    for name, seconds in {"patience": 0.3, "base": 0.05}.items():
        monkeypatch.setitem(Manner.__init__.__kwdefaults__, name, seconds)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, list[str]]:
    """Give a command; return its code, what it printed, and its lines of talk."""
    code = cli.main([*words])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert "[Errno" not in err
    return code, out, err.splitlines()


def import_(file: Path | str, source: str = "Embase") -> str:
    """Import a file and return the name of its snapshot."""
    known = set(os.listdir("mini/search/snapshots")) if kept() else set()
    assert cli.main(["search", "import", str(file), "--source", source]) == 0
    [new] = set(os.listdir("mini/search/snapshots")) - known
    return new


def kept() -> bool:
    """Say whether there is a folder of snapshots."""
    return Path("mini/search/snapshots").is_dir()


@pytest.mark.parametrize("words", COMMANDS)
def test_help(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command explains itself and every argument that it takes."""
    code, out, err = told(capsys, *words.split(), "--help")
    assert (code, err) == (0, [])
    assert out.startswith(f"usage: personomics {words} ")
    lines = out.splitlines()
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        bare = line.strip()
        if line.startswith("  ") and not line.startswith("   "):
            explained = "  " in bare or after.startswith("       ")
            assert explained, line


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("search", "required: COMMAND"),
        ("search find", "invalid choice: 'find'"),
        ("search run", "required: --email"),
        (f"{RUN} --batch x", "--batch: invalid int value: 'x'"),
        ("search delta a", "required: NEW"),
        ("search import a.ris", "required: --source"),
        ("search import a.ris --source", "expected one argument"),
        ("search import a.ris --source= ", "a name must not be empty"),
        ("search adopt", "required: SNAPSHOT"),
        ("search adopt a --found-by luck", "choose from 'database', 'register'"),
        ("search rehearse", "required: FILE"),
        ("screening export", "required: --tool"),
        ("screening export --tool paper", "choose from 'asreview', 'rayyan'"),
        ("screening import a.csv", "required: --rater"),
        ("prisma --csv --json", "not allowed with"),
    ],
)
def test_wrong_usage(
    words: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong usage ends with code 2 and a line that says what is allowed."""
    code, out, err = told(capsys, *words.split())
    assert (code, out) == (2, "")
    assert err[0].startswith("usage: personomics")
    assert reason in err[-1]


@pytest.mark.parametrize("words", WITH_FILE)
@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("none.x", "no such file or directory"),
        ("mini", "is a directory"),
        ("blob.x", ""),
        ("empty.x", ""),
    ],
)
def test_files(
    words: str, file: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is missing, a folder, empty or garbage is named in the last line."""
    Path("blob.x").write_bytes(bytes(range(128, 256)) * 20 + b"\x1b[31m\x00")
    Path("empty.x").touch()
    before = sorted(Path("mini").rglob("*"))
    if file == "mini" and "rehearse" in words:
        reason = "no Medline record"
    code, out, err = told(capsys, *(w.replace("FILE", file) for w in words.split()))
    assert code == 1
    assert "\x1b" not in out + "".join(err)
    if "lint" not in words and "run" not in words:
        assert out == ""
    assert file in err[-1]
    assert reason in err[-1]
    assert sorted(Path("mini").rglob("*")) == before


@pytest.mark.parametrize("words", WITH_DATA)
@pytest.mark.parametrize("name", ["none", "void"])
def test_no_data_folder(
    words: str, name: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Where there are no data nothing is begun, and the line says what is allowed."""
    Path("void").mkdir()
    place = Path(name).resolve()
    monkeypatch.setenv(VARIABLE, str(place))
    assert told(capsys, *words.split()) == (
        1, "", [f"{place}: is no data folder; allowed: a folder with datapackage.json, "
                f"named in {VARIABLE}"])  # fmt: skip
    assert (Path("none").exists(), os.listdir("void")) == (False, [])


@pytest.mark.parametrize(
    ("words", "last"),
    [
        ("search lint", "0 mistakes in {data}/search/strategy.toml"),
        ("search delta a b", "no snapshot 'a'; there are: none yet"),
        ("search adopt a", "a: there is no such snapshot in {data}/search; "
         "there are: none yet"),
        ("search settle", "0 merged, 0 restored; no pair is left to decide"),
        ("search run --email ada", "'ada' is no e-mail address; NCBI asks for one, as "
         "in --email name@example.org"),
        (f"{RUN} --base-url ftp://a", "'ftp://a' is no address of a service; allowed: "
         "http:// or https://, a host, a path"),
        (f"{RUN} --batch 0", "batches of 0 records are not possible; allowed: 1 to "
         "5000"),
        (f"{RUN} --batch -1", "batches of -1 records are not possible; allowed: 1 to "
         "5000"),
        (f"search rehearse {MEDLINE} --store ../a", "'../a' cannot name a rehearsal; "
         "allowed: letters, digits, - and _"),
        ("screening export --tool rayyan --rater a", "rater 'a' is not in raters.csv; "
         "add a row there first; allowed: zoe, okan"),
        ("screening export --tool rayyan --out mini", "mini: is a folder; give the "
         "name of a file, in a folder that exists"),
        ("screening export --tool rayyan --out a/b", "a/b: its folder does not exist; "
         "give the name of a file, in a folder that exists"),
        ("screening import a.csv --rater b --rater c=d", "--rater: give one rater, or "
         "for each person of the file Name=rater"),
        ("screening conflicts", "0 conflicts"),
        ("screening agree", "consensus written for 0 articles; 0 conflicts left"),
        ("prisma --svg --out a/b", "a/b: its folder does not exist; give the name of a "
         "file, in a folder that exists"),
        ("prisma --csv --from a", "--csv: a is that template already"),
    ],
)  # fmt: skip
def test_last_line(
    words: str, last: str, folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line says what happened, with real paths and what is allowed."""
    code, _, err = told(capsys, *words.split())
    assert code == (
        0 if words.endswith(("lint", "settle", "conflicts", "agree")) else 1
    )
    assert err[-1] == last.format(data=folder.path)


def test_commands_of_the_page() -> None:
    """Each command on the page for people can be given, and none is left out."""
    page = (ROOT / "reference" / "run-the-search.md").read_text(encoding="utf-8")
    blocks = "".join(re.findall(r"```bash\n(.*?)```", page, re.DOTALL))
    given = set()
    for line in blocks.replace("\\\n", "").splitlines():
        first, *words = shlex.split(line, comments=True)
        if first == "personomics":
            cli.parser().parse_args(words)
            given.add(" ".join(words[: 1 + (words[0] != "prisma")]))
    assert given == set(COMMANDS)


def test_faulty_strategy(capsys: pytest.CaptureFixture[str]) -> None:
    """Mistakes go to standard output with line and column; nothing is sent."""
    path = Path("mini/search/strategy.toml")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("kite*[ti]", "kite*[tj]"), encoding="utf-8")
    code, out, err = told(capsys, "search", "lint")
    assert code == 1
    assert out.startswith(f"{path.resolve()}:13: column 19: block 'toys': term ")
    assert out.count("\n") == 1
    assert err == [f"1 mistake in {path.resolve()}"]
    assert told(capsys, *RUN.split()) == (
        1, out, [f"not sent: 1 mistake in {path.resolve()}"])  # fmt: skip


def test_server_that_is_down(capsys: pytest.CaptureFixture[str]) -> None:
    """A server that does not answer ends in one line: where, why, and what is kept."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    code, out, err = told(capsys, *RUN.split(), "--base-url", url)
    assert (code, out) == (1, "")
    assert err[-1].startswith(f"{url}esearch.fcgi: the connection was refused (tried ")
    assert err[-1].endswith(
        "; no records were fetched yet; the same command starts again"
    )
    assert not kept()


def test_key_that_cannot_be_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key with a blank in it is refused and not shown."""
    monkeypatch.setenv("NCBI_API_KEY", "my secret")
    code, out, err = told(capsys, *RUN.split())
    assert (code, out) == (1, "")
    assert err == ["NCBI_API_KEY holds blanks or letters that no key has"]


def test_damaged_snapshots(capsys: pytest.CaptureFixture[str]) -> None:
    """A snapshot that was changed by hand is named by whatever would use it."""
    name = import_(EXPORTS / "embase.ris")
    capsys.readouterr()
    path = Path("mini/search/snapshots", name).resolve()
    file = path / "records.csv"
    file.write_text(file.read_text("utf-8") + "\n", encoding="utf-8")
    for words in (f"search delta {name} {name}", f"search adopt {name}"):
        code, out, err = told(capsys, *words.split())
        assert (code, out) == (1, "")
        assert err == [f"{file}: has changed since it was written"]
    meta = json.loads((path / "snapshot.json").read_text("utf-8"))
    for content in ({**meta, "files": 7}, {"format": 1, "kind": "import"}):
        (path / "snapshot.json").write_text(json.dumps(content), encoding="utf-8")
        for words in ("search settle", "screening export --tool rayyan"):
            code, out, err = told(capsys, *words.split())
            assert (code, out) == (1, "")
            assert err[-1].startswith(f"{path}: it or its abstracts in ")
            assert err[-1].endswith("are damaged; see: personomics validate")


def test_name_of_a_source_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Signs that rule a terminal do not come into the data by the command line."""
    name = import_(EXPORTS / "embase.ris", " Em\x1b[31m\nbase ")
    capsys.readouterr()
    meta = json.loads(Path("mini/search/snapshots", name, "snapshot.json").read_text())
    assert meta["source"] == "Em[31m base"


def test_rehearsal(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """A rehearsal prints one JSON object and no more, and says where it is kept."""
    words = ("search", "rehearse", str(MEDLINE), "--store", "toy", "--json")
    code, out, err = told(capsys, *words)
    assert code == 0
    path = folder.path / "search" / "rehearsals" / "toy.json"
    assert json.loads(out) == json.loads(path.read_text(encoding="utf-8"))
    assert err == [f"kept in {path}"]
    assert told(capsys, "validate")[0] == 0


def test_decisions_of_nobody_and_of_strangers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a file of decisions holds beyond ours is said, singular and plural right."""
    Path("back.csv").write_text(
        "title,asreview_label\nInvented title,1\nAnother one,0\n", encoding="utf-8"
    )
    code, out, err = told(capsys, *"screening import back.csv --rater zoe".split())
    assert (code, out) == (0, "")
    assert err[0].startswith("2 records of the file are not in these data: line 2: ")
    assert err[-1].startswith("0 decisions added, 0 known already, 0 differ")


def test_printed_files_are_utf8(tmp_path: Path) -> None:
    """A file sent down a pipe is the same bytes, whatever the terminal can show."""
    shutil.copy(EXPORTS / "embase.csv", tmp_path / "a.csv")
    name = import_("a.csv")
    assert cli.main(["search", "adopt", name]) == 0
    words = ["screening", "export", "--tool", "rayyan"]
    command = [sys.executable, "-m", "personomics.cli", *words]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=env, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"1 article\n")
    assert cli.main([*words, "--out", "b.csv"]) == 0
    assert done.stdout == Path("b.csv").read_bytes()
    assert "Núñez" in done.stdout.decode("utf-8")


@pytest.mark.parametrize("words", ["search show", "prisma", "prisma --svg"])
def test_reader_that_goes_away(words: str) -> None:
    """A closed pipe is no reason for a traceback."""
    command = [sys.executable, "-m", "personomics.cli", *words.split()]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 1


def judged(rows: str, label: str) -> None:
    """Import two records, tell them apart, and write what ASReview gives back."""
    Path("pair.csv").write_text(f"Title,Authors,Year,DOI,PMID\n{rows}\n", "utf-8")
    assert cli.main(["search", "adopt", import_("pair.csv")]) == 0
    file = Path("mini/duplicates.csv")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(",maybe,rule", ",distinct,Ada"), encoding="utf-8")
    words = "screening export --tool asreview --out sent.csv"
    assert cli.main(words.split()) == 0
    first, *lines = Path("sent.csv").read_text(encoding="utf-8").splitlines()
    lines = [f"{first},asreview_label", *(f"{line},{label}" for line in lines)]
    Path("back.csv").write_text("\n".join(lines), encoding="utf-8")


def test_articles_that_share_a_doi(capsys: pytest.CaptureFixture[str]) -> None:
    """Decisions on articles that a person told apart come back, whatever they share."""
    judged("One letter,A B,2020,10.5555/zz.1,95000001\n"
           "One letter,A B,2020,10.5555/zz.1,95000002", "1")  # fmt: skip
    capsys.readouterr()
    code, _, err = told(capsys, *"screening import back.csv --rater zoe".split())
    assert (code, err[-1].split(",")[0]) == (0, "2 decisions added")


def test_excluded_on_the_title_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Adopted records of which only the title was seen are screened out, not assessed.

    The toy data have one record of a database that was screened out.
    """
    judged("One letter,A B,2020,,95000001\nAnother thing,C D,2011,,95000002", "0")
    for rater in ("zoe", "okan"):
        words = f"screening import back.csv --rater {rater}"
        assert cli.main(words.split()) == 0
    assert cli.main(["screening", "agree"]) == 0
    capsys.readouterr()
    boxes = json.loads(told(capsys, "prisma", "--json")[1])
    assert (boxes["records_excluded"], boxes["dbr_excluded"]) == (3, 0)
