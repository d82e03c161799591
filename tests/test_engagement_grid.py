"""Grids of simulated trials: the same bytes wherever, and whatever interrupts them."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import termios
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from personomics import cli, engagement
from personomics.engagement import backends, checkpoint
from personomics.engagement.setting import Setting

VALUES = {"b": [0, 0.5, 1, 1.5, 2, 2.5], "reliability": [0.5, 1]}
TRIALS, CELLS, DONE = 200, 12, 3
WORDS = [f"--set={k}={','.join(map(str, v))}" for k, v in VALUES.items()]
SMALL = {"b": [0, 1]}
LONGEST = 240
#: The command line, which stops after some cells until it is told to go on. A cluster
#: knows of a few cells only, so that work is left whatever happens meanwhile.
HALTING = f"""
import sys
from personomics import cli
from personomics.engagement import backends, checkpoint
backends.AHEAD, add = 4, checkpoint.Checkpoint.add
def halting(kept, key, row):
    add(kept, key, row)
    if len(kept.rows) == {DONE}:
        print("halted", flush=True)
        sys.stdin.readline()
checkpoint.Checkpoint.add = halting
if __name__ == "__main__":
    sys.exit(cli.main(sys.argv[1:]))
"""


def command(out, *words, run=("-m", "personomics.cli")):
    """Return the command that simulates the grid."""
    start = [sys.executable, *run, "simulate", *WORDS, f"--trials={TRIALS}"]
    return [*start, "--out", str(out), *words]


def finish(out, *words):
    """Run the command to its end and return what it wrote and said."""
    done = subprocess.run(
        command(out, *words), capture_output=True, text=True, timeout=LONGEST,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out.read_bytes(), done.stderr


def resume(out):
    """Go on where a run was interrupted, and return what is written in the end."""
    before = kept(out)
    assert not out.exists()
    engagement.grid(VALUES, trials=TRIALS, out=out, watch=(seen := Seen()))
    assert (seen.at_first, seen.total) == (before, CELLS)
    assert not checkpoint.beside(out).exists()
    return out.read_bytes()


class Seen:
    """Notes how much was there at first."""

    def start(self, done, total):
        """Note it."""
        self.at_first, self.total = done, total

    def advance(self, records):
        """Go on."""


def kept(out):
    """Return how many cells are kept beside an output."""
    return checkpoint.beside(out).read_bytes().count(b"\n") - 1


@contextlib.contextmanager
def begun(out, *words):
    """Start the command and wait until it has halted after some cells."""
    script = out.with_suffix(".py")
    script.write_text(HALTING)
    process = subprocess.Popen(
        command(out, *words, run=(str(script),)), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        said = process.stdout.readline()
        assert said == "halted\n", process.communicate()[1]
        assert kept(out) == DONE
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Return the bytes that one process writes without interruption, and where."""
    out = tmp_path_factory.mktemp("one") / "grid.csv"
    data, said = finish(out)
    assert said == ""  # quiet in a pipe
    return data, out


@pytest.fixture(scope="module")
def cluster():
    """Return a cluster of two worker processes on this machine."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as made:
        yield made


def test_two_processes(reference, tmp_path):
    """Two processes write the same bytes as one."""
    assert finish(tmp_path / "two.csv", "--jobs=2")[0] == reference[0]


def test_cluster(reference, cluster, tmp_path):
    """Two workers of a Dask cluster write the same bytes as one process."""
    words = ("--backend=dask", "--scheduler", cluster.scheduler_address)
    data, _ = finish(tmp_path / "dask.csv", *words)
    assert data == reference[0]


def test_worker_killed(reference, cluster, tmp_path):
    """A worker that is killed midway loses nothing: the same bytes."""
    out, address = tmp_path / "killed.csv", cluster.scheduler_address
    with begun(out, "--backend=dask", "--scheduler", address) as process:
        victim = next(iter(cluster.workers.values())).pid
        os.kill(victim, signal.SIGKILL)
        _, said = process.communicate("go on\n", timeout=LONGEST)
        assert process.returncode == 0, said
    assert out.read_bytes() == reference[0]
    assert not checkpoint.beside(out).exists()


def test_process_killed(reference, tmp_path):
    """A process of this machine that is killed midway loses nothing either."""
    out = tmp_path / "killed.csv"
    with begun(out, "--jobs=2") as process:
        os.kill(children(process.pid)[0], signal.SIGKILL)
        _, said = process.communicate("go on\n", timeout=LONGEST)
        assert process.returncode == 0, said
    assert out.read_bytes() == reference[0]


def children(pid):
    """Return the workers of joblib among the processes that a process started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if not listed.exists():
        pytest.skip("this system does not list the children of a process")
    named = {int(c): Path(f"/proc/{c}/cmdline").read_bytes() for c in
             listed.read_text().split()}  # fmt: skip
    return [c for c, words in named.items() if b"popen_loky" in words]


@pytest.mark.parametrize(
    ("words", "how", "code"),
    [
        ((), signal.SIGKILL, -signal.SIGKILL),
        ((), signal.SIGINT, 130),
        (("--jobs=2",), signal.SIGINT, 130),
        ((), signal.SIGTERM, 143),
    ],
)
def test_goes_on(reference, tmp_path, words, how, code):
    """After kill -9, Ctrl-C or SIGTERM the command goes on to the same bytes."""
    out = tmp_path / "resumed.csv"
    with begun(out, *words) as process:
        os.killpg(process.pid, how)  # as a terminal does
        _, said = process.communicate(timeout=LONGEST)
        assert process.returncode == code, said
    if how != signal.SIGKILL:
        assert "the same command goes on" in said
        assert "Traceback" not in said
    assert resume(out) == reference[0]


def test_ctrl_c_on_a_cluster(reference, cluster, tmp_path):
    """Ctrl-C while a cluster computes keeps what is finished, and says how to go on."""
    out, address = tmp_path / "resumed.csv", cluster.scheduler_address
    with begun(out, "--backend=dask", "--scheduler", address) as process:
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=LONGEST)
        assert (process.returncode, "Traceback" in said) == (130, False), said
    assert resume(out) == reference[0]


def test_cells_do_not_depend_on_each_other(reference):
    """A cell computed alone has the numbers that it has in the grid."""
    rows = pd.read_csv(reference[1])
    alone = engagement.grid({"b": 1.5, "reliability": 0.5}, trials=TRIALS)
    same = (rows["b"] == 1.5) & (rows["reliability"] == 0.5)
    assert same.sum() == 1
    assert rows[same].iloc[0].to_dict() == alone.iloc[0].to_dict()


def test_output(reference):
    """The file is sorted; beside it are settings, versions and its digest."""
    data, out = reference
    rows = pd.read_csv(out)
    assert len(rows) == CELLS
    order = ["b", "reliability"]
    assert rows[order].equals(rows.sort_values(order, kind="stable")[order])
    said = json.loads(out.with_suffix(".json").read_text())
    assert said["settings"]["b"] == VALUES["b"]
    assert (said["settings"]["trials"], said["settings"]["seed"]) == (TRIALS, 1)
    assert said["settings"]["versions"]["numpy"]
    digest = subprocess.run(
        ["sha256sum", str(out)], capture_output=True, text=True, check=True
    ).stdout
    assert digest.startswith(said["csv"])
    assert data.isascii()


def test_finished_is_not_computed_again(reference, capsys):
    """The same command after the end computes nothing and says the same."""
    _, out = reference
    before = out.stat().st_mtime_ns
    words = [*WORDS, f"--trials={TRIALS}", "--out", str(out), "--json"]
    assert cli.main(["simulate", *words]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert len(printed["rows"]) == CELLS
    assert out.stat().st_mtime_ns == before


def test_another_grid_in_the_same_file(tmp_path):
    """Another grid is refused in a finished file and in an unfinished one."""
    out = tmp_path / "grid.csv"
    engagement.grid(SMALL, trials=10, out=out)
    before = out.read_bytes()
    with pytest.raises(ValueError, match="out must be a new file or one made with"):
        engagement.grid({"b": [0, 2]}, trials=10, out=out)
    assert out.read_bytes() == before
    other = tmp_path / "other.csv"
    half(other, SMALL, 10)
    with pytest.raises(ValueError, match=r"another run \(different: trials\)"):
        engagement.grid(SMALL, trials=20, out=other)


def test_a_file_that_is_not_ours(tmp_path):
    """A file that was there before is never overwritten."""
    for name in ("grid.csv", "grid.json"):
        own = tmp_path / name
        own.write_text("mine")
        with pytest.raises(ValueError, match="out must be a new file"):
            engagement.grid(SMALL, trials=10, out=tmp_path / "grid.csv")
        assert own.read_text() == "mine"
        own.unlink()
    with pytest.raises(ValueError, match=r"out must be the name .* in \.csv"):
        engagement.grid(SMALL, trials=10, out=tmp_path / "grid.json")


class StopError(Exception):
    """Somebody pulled the plug."""


class Plug:
    """Stops a run after its first cell."""

    def start(self, done, total):
        """Begin."""

    def advance(self, _):
        """Stop."""
        raise StopError


def half(out, values, trials):
    """Leave a run after its first cell."""
    with pytest.raises(StopError):
        engagement.grid(values, trials=trials, out=out, watch=Plug())


@pytest.mark.parametrize("torn", [b'{"key": "x", "ro', b'{"key"\n', b"\x00\x00\n", b""])
def test_torn_line(tmp_path, torn):
    """A line that was cut off is dropped, and nothing that is written after it."""
    whole, out, values = tmp_path / "whole.csv", tmp_path / "torn.csv", {"b": [0, 1, 2]}
    engagement.grid(values, trials=10, out=whole)
    half(out, values, 10)
    path = checkpoint.beside(out)
    path.write_bytes(path.read_bytes() + torn)
    half(out, values, 10)
    engagement.grid(values, trials=10, out=out, watch=(seen := Seen()))
    assert seen.at_first == 2
    assert out.read_bytes() == whole.read_bytes()


def test_two_runs_on_one_file(tmp_path):
    """A second run on the same file is refused while the first is at work."""
    out = tmp_path / "grid.csv"

    class Second(Plug):
        def advance(self, _):
            with pytest.raises(ValueError, match="another run is writing it"):
                engagement.grid(SMALL, trials=10, out=out)

    assert len(engagement.grid(SMALL, trials=10, out=out, watch=Second())) == 2


CONFLICTS = [
    (["--scheduler=tcp://127.0.0.1:8786"], "conflicting options: scheduler"),
    (["--backend=dask"], "scheduler must be the address of a Dask scheduler"),
    (["--backend=dask", "--scheduler=tcp://127.0.0.1:1", "--jobs=2"],
     "conflicting options: jobs"),
    (["--backend=slurm"], "backend must be one of process, dask, not 'slurm'"),
    (["--n=400", "--set=n=800"], "conflicting options: n is set twice"),
    (["--set=relability=1"], "did you mean reliability?"),
    (["--set=reliability=0.5,0"], "reliability must be a number above 0 and at most"),
    (["--set=b"], "--set must be a parameter and its values"),
    (["--set=b="], "b must be a number from -5 to 5, not ''"),
    (["--n=12"], "n must be a whole number from 20 to 1000000, not 12"),
    (["--jobs=0"], "jobs must be a whole number of 1 or more, not 0"),
    (["--out=grid.txt"], "out must be the name of a file that ends in .csv"),
    (["--set=prevalence=0.01"], "n must be a whole number from 1000 for"),
    (["--trials=0"], "trials must be a whole number from 1 to"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "said"), CONFLICTS)
def test_wrong_options(words, said, tmp_path, capsys, monkeypatch):
    """Options that are wrong or do not go together: one sentence, and no file."""
    monkeypatch.chdir(tmp_path)
    given = ["simulate", "--out=grid.csv", *words]
    assert cli.main(given) in (1, 2)
    message = capsys.readouterr().err
    assert said in message
    assert message.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["closed", "silent", "word"])
def test_scheduler_out_of_reach(kind, tmp_path, capsys, monkeypatch):
    """A scheduler that does not answer is named, soon, and no file is left."""
    monkeypatch.setattr(backends, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if kind == "closed":
            server.close()
        address = "nowhere" if kind == "word" else f"tcp://127.0.0.1:{port}"
        given = ["simulate", f"--out={tmp_path / 'grid.csv'}", "--backend=dask"]
        assert cli.main([*given, "--scheduler", address]) == 1
    message = capsys.readouterr().err
    assert f"none answered at '{address}'" in message
    assert not list(tmp_path.iterdir())


def test_without_dask(monkeypatch):
    """Without Dask the error says how to install it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match=r"pip install 'personomics\[cluster\]'"):
        engagement.grid(SMALL, trials=10, backend="dask", scheduler="127.0.0.1:1")


class KilledWorker(Exception):  # noqa: N818 (as Dask calls it)
    """What Dask raises when a cell has cost too many workers."""


class Cluster:
    """Stands for Dask and its client; the first tries of each cell kill workers."""

    def __init__(self, deaths):
        self.deaths, self.tried, self.loop = deaths, Counter(), None

    def submit(self, function, one, *rest, pure):
        """Compute a cell, or fail."""
        assert pure is False
        self.tried[one] += 1
        return Future(self.tried[one] <= self.deaths, lambda: function(one, *rest))

    def as_completed(self, futures, loop):
        """Return futures as they come, with those that are added meanwhile."""
        assert loop is None
        return Coming(futures)

    def cancel(self, futures, force):
        """Nothing is left."""

    def close(self, timeout):
        """Nothing is open."""


class Coming(list):
    """Futures; what is added while they are gone through comes too."""

    add = list.append


class Future:
    """A cell that is computed when it is asked for."""

    def __init__(self, died, work):
        self.status, self.died, self.work = "error" if died else "finished", died, work

    def exception(self):
        """Return why there is no result."""
        return KilledWorker("a worker died") if self.died else None

    def result(self):
        """Return the result."""
        if self.died:
            raise self.exception()
        return self.work()


def on_cluster(monkeypatch, deaths):
    """Compute a small grid where each cell costs some workers their life."""
    made = Cluster(deaths)
    monkeypatch.setattr(backends, "imported", lambda: made)
    monkeypatch.setattr(backends, "connected", lambda *_: made)
    monkeypatch.setattr(backends, "AHEAD", 1)
    return engagement.grid(SMALL, trials=10, backend="dask", scheduler="tcp://here:1")


def test_cells_that_kill_workers(monkeypatch):
    """A cell that Dask gives up is tried again, and not for ever."""
    assert on_cluster(monkeypatch, 2).equals(engagement.grid(SMALL, trials=10))
    with pytest.raises(ValueError, match="died again and again"):
        on_cluster(monkeypatch, 99)


def test_other_versions():
    """Workers with other versions are refused, and both are named."""
    own = backends.versions()
    said = backends.unlike(own, own | {"numpy": "1.0"})
    assert f"a worker has numpy 1.0, this machine has numpy {own['numpy']}" in said


def test_bar_on_a_terminal(tmp_path):
    """On a terminal a bar counts the cells."""
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with subprocess.Popen(
        [sys.executable, "-m", "personomics.cli", "simulate", "--set=b=0,1",
         "--trials=10", "--out", str(tmp_path / "grid.csv")],
        stdout=subprocess.PIPE, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # the terminal is gone
            while select.select([ours], [], [], LONGEST)[0]:
                part = os.read(ours, 4096)
                if not part:
                    break
                said += part
        assert process.wait(LONGEST) == 0
    os.close(ours)
    assert b"2/2" in said
    assert b"cells" in said


def test_parameters(capsys):
    """The parameters are listed with meaning, value and range."""
    assert cli.main(["simulate", "--parameters", "--json"]) == 0
    rows = {row["parameter"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["reliability"]["allowed"] == "a number above 0 and at most 1"
    assert cli.main(["simulate", "--parameters"]) == 0
    assert "reliability\t" in capsys.readouterr().out


def test_a_cell_is_what_simulate_gives():
    """A row of a grid holds what simulate returns for its setting."""
    row = engagement.grid({"b": 1}, trials=50, seed=3).iloc[0]
    found = engagement.simulate(Setting(b=1), 50, 3)
    assert row["interaction"] == pytest.approx(found["interaction"], rel=1e-5)


FOREIGN = [b"my notes\nof years\n", b"mine", b'{"a": 1}\n', b"[" * 99_999 + b"\n"]


@pytest.mark.parametrize("data", FOREIGN)
def test_foreign_unfinished(tmp_path, data):
    """A file beside the output that no run wrote is refused and stays as it is."""
    path = checkpoint.beside(tmp_path / "grid.csv")
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"unfinished: line 1 is not what"):
        engagement.grid(SMALL, trials=10, out=tmp_path / "grid.csv")
    assert path.read_bytes() == data


@pytest.mark.parametrize("length", [0, 30])
def test_torn_header(tmp_path, length):
    """A run that was killed in its first line begins anew."""
    out = tmp_path / "grid.csv"
    half(out, SMALL, 10)
    path = checkpoint.beside(out)
    path.write_bytes(path.read_bytes()[:length])
    assert len(engagement.grid(SMALL, trials=10, out=out)) == 2


@pytest.mark.parametrize("name", ["grid.csv", "grid.json"])
def test_foreign_output_of_a_begun_run(tmp_path, name):
    """What is begun does not make a foreign file ours."""
    half(tmp_path / "grid.csv", SMALL, 10)
    own = tmp_path / name
    own.write_text("mine")
    with pytest.raises(ValueError, match="out must be a new file"):
        engagement.grid(SMALL, trials=10, out=tmp_path / "grid.csv")
    assert own.read_text() == "mine"


def test_killed_before_the_last_step(tmp_path):
    """Settings or both files written, and the cells not yet deleted: it goes on."""
    whole, out = tmp_path / "whole.csv", tmp_path / "grid.csv"
    engagement.grid(SMALL, trials=10, out=whole)
    half(out, SMALL, 10)
    out.with_suffix(".json").write_bytes(whole.with_suffix(".json").read_bytes())
    cells = checkpoint.beside(out).read_bytes()
    for _ in range(2):
        engagement.grid(SMALL, trials=10, out=out)
        assert out.read_bytes() == whole.read_bytes()
        assert not checkpoint.beside(out).exists()
        checkpoint.beside(out).write_bytes(cells)


TAMPERED = {
    "no key": lambda _: {"kee": 1},
    "key a list": lambda line: line | {"key": [1]},
    "row a text": lambda line: checkpoint.line_of(line["key"], "abc"),
    "number changed": lambda line: line | {"row": line["row"] | {"itt": 9.0}},
    "no digest": lambda line: {"key": line["key"], "row": line["row"]},
    "other cell": lambda line: checkpoint.line_of("{}", line["row"]),
    "column more": lambda line: checkpoint.line_of(line["key"], line["row"] | {"x": 1}),
    "column less": lambda line: checkpoint.line_of(
        line["key"], {k: v for k, v in line["row"].items() if k != "itt"}
    ),
    "other parameters": lambda line: checkpoint.line_of(
        line["key"], line["row"] | {"b": 4.0}
    ),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_tampered_cells(tmp_path, change):
    """A kept cell that is not as it was written is refused, with its line."""
    out = tmp_path / "grid.csv"
    half(out, SMALL, 10)
    path = checkpoint.beside(out)
    header, line = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(header + json.dumps(change(json.loads(line))).encode() + b"\n")
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"grid\.csv\.unfinished: line 2 is not"):
        engagement.grid(SMALL, trials=10, out=out)
    assert path.read_bytes() == before


def test_damage_in_the_middle(tmp_path):
    """Only a last line can have been cut off."""
    out = tmp_path / "grid.csv"
    half(out, SMALL, 10)
    path = checkpoint.beside(out)
    header, line = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(header + b'{"key"\n' + line)
    with pytest.raises(ValueError, match="line 2 is not"):
        engagement.grid(SMALL, trials=10, out=out)


@pytest.mark.parametrize("word", ["--trials=", "--seed=", "--n=", "--set=b="])
def test_enormous_numbers(word, tmp_path, capsys):
    """A number that no decimal number can hold is out of range like any other."""
    given = ["simulate", f"--out={tmp_path / 'g.csv'}", f"{word}1{'0' * 400}"]
    assert cli.main(given) in (1, 2)
    message = capsys.readouterr().err
    assert " must be a " in message
    assert message.count("\n") == 1


def test_deeply_nested_notes(tmp_path):
    """Settings that no parser can read to their end are somebody else's."""
    (tmp_path / "grid.json").write_text("[" * 99_999)
    with pytest.raises(ValueError, match="out must be a new file"):
        engagement.grid(SMALL, trials=10, out=tmp_path / "grid.csv")


def test_numbers_without_end(tmp_path, capsys):
    """What is infinite is empty in the CSV and null in the JSON."""
    out = tmp_path / "grid.csv"
    given = ["simulate", "--set=factor=normal", "--set=cutoff=5", "--trials=3"]
    assert cli.main([*given, "--json", f"--out={out}"]) == 0
    said = capsys.readouterr().out
    assert json.loads(said, parse_constant=pytest.fail)["rows"][0]["cost_from"] is None
    names, cells = (line.split(",") for line in out.read_text().splitlines())
    assert cells[names.index("cost_from")] == ""


@pytest.mark.parametrize(("cells", "number"), [(1, None), (2, 2), (3, 3)])
def test_no_more_processes_than_cells(cells, number, monkeypatch):
    """Processes that would have nothing to do are not started."""
    import joblib

    started, real = [], joblib.Parallel

    def watched(n_jobs, **rest):
        started.append(n_jobs)
        return real(n_jobs=1, **rest)

    monkeypatch.setattr(joblib, "Parallel", watched)
    engagement.grid({"b": list(range(cells))}, trials=2, jobs=6)
    assert started == ([] if number is None else [number])


def test_python_arguments(tmp_path):
    """The output may be text; what is no value or no name is refused in words."""
    engagement.grid(SMALL, trials=2, out=str(tmp_path / "grid.csv"))
    assert (tmp_path / "grid.csv").exists()
    for values, said in [
        ({"b": None}, "b must be a number from -5 to 5, not None"),
        ({"link": None}, "link must be one of probit, logistic, not None"),
        ({7: 1}, "7 is no parameter"),
        ({"b": range(100_001)}, "a grid must have at most 100,000 cells"),
    ]:
        with pytest.raises(ValueError, match=said):
            engagement.grid(values, trials=2)
    with pytest.raises(ValueError, match="out must be the name of a file"):
        engagement.grid(SMALL, trials=2, out=7)
