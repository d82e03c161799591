"""However a build ends, the last good site stands whole and nothing of it runs on."""

import contextlib
import errno
import hashlib
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import fields
from pathlib import Path

import pytest

from personomics.book import site as sites
from personomics.book.fresh import Kept, Record

ROOT = Path(__file__).resolve().parent.parent
MINI = ROOT / "tests" / "data" / "mini"
PROC = Path("/proc")
MARK = "PERSONOMICS_TEST_RUN"
#: A guard against hanging; how long a thing may take is said where it matters.
LONG = 150
#: Seconds in which all processes of a dead build are gone, on a slow machine.
SOON = 20
#: Runs the command, and sends the process itself a signal at a given step: the events
#: of its own file operations, one after the other, as (event, words, how many times).
DRIVER = """
import os, sys
number, steps = int(sys.argv[1]), eval(sys.argv[2])
def hear(event, args):
    if steps and event == steps[0][0] and steps[0][1] in " ".join(map(str, args)):
        steps[0][2] -= 1
        if not steps[0][2]:
            del steps[0]
            if not steps:
                os.kill(os.getpid(), number)
from personomics.cli import main
sys.addaudithook(hear)
sys.exit(main(sys.argv[3:]))
"""
EXCHANGE = ("ctypes.dlsym", "renameat2", 1)

pytestmark = pytest.mark.skipif(
    not (PROC / "self" / "environ").exists(), reason="processes are found in /proc"
)


def tree(site):
    """Return the SHA-256 of every file of a site by its path."""
    return {
        str(path.relative_to(site)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(site.rglob("*"))
        if path.is_file()
    }


def family(mark):
    """Return the words of the living processes that have a mark, by their ids."""
    found = {}
    for path in PROC.glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # gone again
            if mark.encode() in path.read_bytes():
                words = (path.parent / "cmdline").read_text().split("\0")
                found[int(path.parent.name)] = words
    return found


def all_gone(mark):
    """Check that no process with a mark lives on."""
    started = time.monotonic()
    while left := family(mark):
        assert time.monotonic() - started < SOON, left
        time.sleep(0.02)


class Run:
    """A build in a process of its own, and what it has left so far.

    Parameters
    ----------
    site, data : Path
        The site and the data it is to be built from.
    steps : list of tuple
        Steps at the last of which the process sends itself a signal.
    number : int
        That signal.
    """

    def __init__(self, site, data, steps=(), number=signal.SIGKILL):
        self.site, self.mark = site, f"{MARK}={uuid.uuid4()}"
        words = ["book", "--out", str(site)]
        driven = ["-c", DRIVER, str(int(number)), str([list(one) for one in steps])]
        environment = dict([self.mark.split("=")])
        self.began = time.time_ns()
        self.process = subprocess.Popen(
            [sys.executable, *driven, *words],
            stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=ROOT,
            env={**os.environ, **environment, "PERSONOMICS_DATA": str(data)},
        )  # fmt: skip

    def new(self, pattern):
        """Return files beside the site that this build has written."""
        found = []
        for path in self.site.parent.glob(f".html.{pattern}"):
            with contextlib.suppress(OSError):  # gone again
                # The clock of files lags behind by up to a hundredth of a second.
                if path.stat().st_mtime_ns > self.began + 20_000_000:
                    found.append(path)
        return found

    def wait_for(self, happened):
        """Wait for something to happen; False if the build ended without it."""
        started = time.monotonic()
        while not happened():
            if self.process.poll() is not None:
                return False
            assert time.monotonic() - started < LONG, "it never came"
            time.sleep(0.005)
        return True

    def ended(self):
        """Wait for the end; return the exit code and the lines that were said."""
        said = self.process.communicate(timeout=LONG)[1]
        assert "Traceback" not in said, said
        return self.process.returncode, said.splitlines()

    def members(self, imported, *, forked):
        """Return ids of a parent that imported a module, or of what it has forked."""
        found = []
        for pid, words in family(self.mark).items():
            with contextlib.suppress(ProcessLookupError):
                leads = os.getpgid(pid) == os.getsid(pid)
                if imported in words and leads != forked:
                    found.append(pid)
        return found

    def children(self, imported):
        """Return ids of the processes forked by the parent that imported a module."""
        return self.members(imported, forked=True)

    def parent(self, imported):
        """Return the id of the parent that imported a module."""
        return self.members(imported, forked=False)[:1]

    def kernels(self):
        """Return ids of the processes that run a chapter."""
        found = []
        for pid in self.children("pandas"):
            with contextlib.suppress(OSError):
                if os.path.basename(os.readlink(PROC / str(pid) / "cwd")) == "chapters":
                    found.append(pid)
        return found


class Ground:
    """Two data folders that differ in one cell, the sites they make, and one in use."""

    def __init__(self, root):
        self.data = {}
        for name in "ab":
            self.data[name] = root / f"data-{name}"
            shutil.copytree(MINI, self.data[name])
        table = self.data["b"] / "trial_facts.csv"
        text = table.read_text(encoding="utf-8")
        assert text.count("Invented for tests.") == 1
        table.write_text(text.replace("Invented for tests.", "Made up for tests."))
        self.site = root / "one" / "html"
        # Two builds at the same time, in different places, do not meet.
        two = root / "two" / "html"
        runs = {"a": Run(self.site, self.data["a"]), "b": Run(two, self.data["b"])}
        for run in runs.values():
            assert run.ended()[0] == 0
        self.trees = {name: tree(run.site) for name, run in runs.items()}
        assert self.trees["a"] != self.trees["b"]

    def whole(self):
        """Check that the site is whole, and return which of the two it is."""
        return self.which(tree(self.site))

    def which(self, now):
        """Return which of the two sites a tree is; fail if it is neither."""
        apart = {
            name: sorted({path for path, _ in now.items() ^ known.items()})
            for name, known in self.trees.items()
        }
        assert [] in apart.values(), f"neither the old site nor the new one: {apart}"
        return next(name for name, paths in apart.items() if not paths)

    def start(self, steps=(), number=signal.SIGKILL):
        """Start a build that changes the site."""
        other = {"a": "b", "b": "a"}[self.whole()]
        return Run(self.site, self.data[other], steps, number)

    def interrupted(self, moment, number, send=os.kill):
        """Interrupt a build at a moment: steps of its own, or what can be seen."""
        for _ in range(2):  # pages may have been finished by a build before
            if callable(moment):
                run = self.start()
                came = run.wait_for(lambda now=run: moment(now))
                if came:
                    send(run.process.pid, number)
            else:
                run = self.start(moment, number)
                came = run.wait_for(lambda: False) or run.process.returncode != 0
            code, said = run.ended()
            all_gone(run.mark)
            self.whole()
            assert not list(self.site.rglob(".*"))
            if came:
                return code, said
            assert code == 0, said
        pytest.fail("the moment never came")


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    """Build both sites once."""
    return Ground(tmp_path_factory.mktemp("crash"))


#: Moments of a build: what can be seen on the disk, or steps. What one leaves done is
#: not done again by the next, so the order decides how long the tests take.
MOMENTS = {
    "at once": lambda run: run.process.pid,
    "the stage is made": lambda run: run.new("stage-*"),
    "modules are imported": lambda run: run.parent("pandas"),
    "a chapter runs": lambda run: run.new("kept/.*chapters*/used.jsonl"),
    "a page is kept": [("os.rename", "kept/reference--", 1)],
    "a chapter is kept": [("open", "executed.ipynb w", 1)],
    "Jupyter Book writes": lambda run: run.new("work/out/_build/html/*.html"),
    "Jupyter Book starts": lambda run: run.new("work/said.txt"),
    "sources are laid out": [("open", ".md w ", 1)],
    "the site is put together": [
        ("shutil.copytree", ".stage-", 1),
        ("open", " w ", 80),
    ],
    "its last file is written": [("open", "html/made-from.json w", 1)],
    "just before the swap": [EXCHANGE],
    "just after the swap": [EXCHANGE, ("shutil.rmtree", "/html ", 1)],
    "the old site is deleted": [EXCHANGE, ("os.remove", "", 50)],
}


@pytest.mark.book
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_build_leaves_a_whole_site(ground, moment):
    """After kill -9 the site is the old or the new one, and every process is gone."""
    code, _ = ground.interrupted(MOMENTS[moment], signal.SIGKILL)
    assert code == -signal.SIGKILL


@pytest.mark.book
@pytest.mark.parametrize(
    ("victim", "words"),
    [
        ("kernel", "05-research-agenda.ipynb: cell .* failed: Kernel died"),
        ("parent that imports", "needs was killed; run the command again"),
        ("parent of the chapters", "needs was killed; run the|failed: Kernel died"),
        ("parent of Jupyter Book", "needs was killed; run the command again"),
        ("Jupyter Book", r"the process was killed \(signal 9\)"),
    ],
)
def test_a_killed_helper_fails_the_build(ground, victim, words):
    """If a process that the build needs is killed, it says so and ends with 1."""
    victims = {
        "kernel": lambda run: run.kernels(),
        "parent that imports": lambda run: run.parent("pandas"),
        "parent of the chapters": lambda run: run.kernels() and run.parent("pandas"),
        "parent of Jupyter Book": lambda run: (
            run.kernels() and run.parent("jupyter_book.cli.main")
        ),
        "Jupyter Book": lambda run: (
            run.new("work/said.txt") and run.children("jupyter_book.cli.main")
        ),
    }
    found, at = [], {}

    def kill(_, number):
        at.update(site=ground.whole(), time=time.monotonic())
        os.kill(found[0], number)

    code, said = ground.interrupted(
        lambda run: found.extend(victims[victim](run) or ()) or found,
        signal.SIGKILL,
        kill,
    )
    assert time.monotonic() - at["time"] < 2 * SOON
    assert code == 1
    assert any(re.search(words, line) for line in said), said
    assert len(said) <= 12, said  # with what Jupyter Book has said so far
    assert ground.whole() == at["site"]


@pytest.mark.book
@pytest.mark.parametrize(
    ("moment", "number", "send"),
    [
        ("Jupyter Book writes", signal.SIGINT, os.kill),
        ("Jupyter Book starts", signal.SIGTERM, os.kill),
        ("just before the swap", signal.SIGINT, None),
        ("a chapter runs", signal.SIGINT, os.killpg),
        ("a chapter runs", signal.SIGTERM, os.kill),
    ],
)
def test_a_build_told_to_stop_stops_at_once(ground, moment, number, send):
    """Ctrl-C ends with 130 and one word, SIGTERM with 143; nothing is left behind."""
    code, said = ground.interrupted(MOMENTS[moment], number, send)
    assert code == 128 + number
    words = [line for line in said if not line.startswith(("executing", "writing"))]
    assert words == (["interrupted"] if number == signal.SIGINT else [])
    beside = {path.name for path in ground.site.parent.iterdir()}
    assert beside == {"html", ".html.kept", ".html.lock", ".html.work"}


@pytest.mark.book
def test_two_builds_take_turns(ground):
    """The second says that it waits; both succeed, and the site is a clean build's."""
    after = {"a": "b", "b": "a"}[ground.whole()]
    first = Run(ground.site, ground.data[after])
    assert first.wait_for(lambda: first.new("stage-*"))
    second = Run(ground.site, ground.data[after])
    line = second.process.stderr.readline()
    assert line == f"another build of {ground.site} is at work; waiting for its end\n"
    assert first.process.poll() is None
    assert first.ended()[0] == 0
    code, said = second.ended()
    assert code == 0
    assert [line[:15] for line in said] == ["nothing changed"]
    assert ground.whole() == after


def on_small_disk(disk, model, data):
    """Build on a disk with less and less used, and on one that cannot be written to."""
    site = disk / "html"
    for path in model.iterdir():
        if path.is_dir():
            shutil.copytree(path, disk / path.name)
    before = tree(site)

    def build():
        run = Run(site, data)
        said = run.process.communicate(timeout=LONG)[1]
        all_gone(run.mark)
        return [run.process.returncode, said, tree(site) == before]

    found = []
    for free in (0, 600_000, 4_000_000):
        with (disk / "filler").open("wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, shutil.disk_usage(disk).free - free)
        found.append([free, *build()])
        (disk / "filler").unlink()
    mount = ["mount", "-o", "remount,ro", str(disk)]
    subprocess.run(mount, check=True)
    found.append(["read-only", *build()])
    subprocess.run([*mount[:2], "remount,rw", str(disk)], check=True)
    return [*found, ["room", *build()[:2], tree(site)]]


@pytest.fixture(scope="module")
def small_disk(ground, tmp_path_factory):
    """Build on a disk of 60 MB that only the processes of this test can see."""
    disk = tmp_path_factory.mktemp("disk")
    mounted = 'mount -t tmpfs -o size=60m none "$2" && exec "$0" "$@"'
    inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mounted]
    data = ground.data[{"a": "b", "b": "a"}[ground.whole()]]
    ours = [sys.executable, __file__, str(disk), str(ground.site.parent), str(data)]
    try:
        tried = subprocess.run(
            [*inside, *ours], capture_output=True, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        pytest.skip(f"no disk can be made here: {error}")
    if not tried.stdout and "Traceback" not in tried.stderr:
        pytest.skip(f"no disk can be made here: {tried.stderr.strip()}")
    assert tried.stdout, tried.stderr
    found = json.loads(tried.stdout)
    return {row[0]: row[1:] for row in found}


@pytest.mark.book
def test_a_full_disk_is_told_in_one_line(ground, small_disk):
    """However little room is left, the build says so, and the old site stands whole."""
    for free, (code, said, same) in small_disk.items():
        if isinstance(free, int):
            *progress, last = said.splitlines()
            assert all(re.match("executing|writing", line) for line in progress), said
            assert last.startswith("the disk is full: no room for /"), said
            assert (code, same) == (1, True), free
    code, said, made = small_disk["room"]
    assert code == 0, said
    assert ground.which(made)


@pytest.mark.book
def test_a_disk_that_cannot_be_written_to_is_told_in_one_line(small_disk):
    """A site on a read-only disk is refused at once, in one line."""
    code, said, same = small_disk["read-only"]
    assert (code, same) == (1, True)
    assert said.count("\n") == 1
    assert "cannot be written to; name another folder" in said


def killed_at_each_step(work):
    """Yield after each change of the file system at which work was killed."""
    changes = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "open", "ctypes.dlsym")
    for last in itertools.count(1):
        if (pid := os.fork()) == 0:
            left = [last]

            def hear(event, _, left=left):
                if event in changes:
                    left[0] -= 1
                    if not left[0]:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(hear)
            work()
            os._exit(0)
        status = os.waitpid(pid, 0)[1]
        yield last
        if os.waitstatus_to_exitcode(status) == 0:
            return
        assert os.WIFSIGNALED(status)


def write(folder, word):
    """Write three files with a word in them."""
    folder.mkdir(parents=True)
    for name in "abc":
        (folder / name).write_text(word)


def words(folder):
    """Return the words in a folder."""
    return [path.read_text() for path in sorted(folder.iterdir())]


FOREVER = """
import asyncio
from personomics.book import forks
async def main():
    async with forks.parent(["signal"]) as parent:
        _, ended = await parent.begin("signal:pause")
        print(parent._process.pid, flush=True)
        print(await ended)
        try:
            await parent.begin("signal:pause")
        except forks.ForkError as error:
            print(error)
asyncio.run(main())
"""


@pytest.mark.parametrize("victim", ["build", "parent"])
def test_no_forked_process_outlives_its_parent(victim):
    """A forked process that would never end goes with its parent or with the build."""
    mark = f"{MARK}={uuid.uuid4()}"
    with subprocess.Popen(
        [sys.executable, "-c", FOREVER], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, **dict([mark.split("=")])},
    ) as build:  # fmt: skip
        parent = int(build.stdout.readline())
        assert len(family(mark)) == 3
        os.kill({"build": build.pid, "parent": parent}[victim], signal.SIGKILL)
        told = build.stdout.read().splitlines()
    all_gone(mark)
    killed = "a process that the build needs was killed; run the command again"
    assert told == {"build": [], "parent": ["-9", killed]}[victim]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_swap_killed_at_any_step_is_made_good(tmp_path, monkeypatch, at_once):
    """The site is the old or the new one, whether or not folders can be exchanged."""
    site, fresh = tmp_path / "html", tmp_path / ".html.stage-x" / "html"
    if not at_once:
        monkeypatch.setattr(sites, "exchange", lambda *_: False)

    def prepare():
        for path in tmp_path.iterdir():
            shutil.rmtree(path)
        write(site, "old")
        write(fresh, "new")

    prepare()
    for last in killed_at_each_step(lambda: sites.swap(fresh, site)):
        assert site.is_dir() or not at_once
        sites.recover(site)
        assert words(site) in (["old"] * 3, ["new"] * 3), last
        assert [path.name for path in tmp_path.iterdir()] == ["html"]
        if last > 1:
            done = words(site)
        prepare()
    assert done == ["new"] * 3


def record_of(word):
    """Return a record of a page that is made from one word."""
    return Record(**{f.name: {} for f in fields(Record)} | {"inputs": {"x": word}})


def test_a_page_kept_is_complete_or_not_trusted(tmp_path):
    """A page whose files are replaced is never taken for whole when it is not."""
    kept = Kept(tmp_path)

    def prepare():
        for path in tmp_path.iterdir():
            shutil.rmtree(path)
        write(kept.unfinished("page"), "old")
        kept.keep("page", record_of("old"))
        write(kept.unfinished("page"), "new")

    prepare()
    for last in killed_at_each_step(lambda: kept.keep("page", record_of("new"))):
        if record := kept.record("page"):
            names = {path.name for path in kept.place("page").iterdir()}
            assert names == {"a", "b", "c", "record.json"}, last
            assert words(kept.place("page"))[0] == record.inputs["x"]
        prepare()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk to write to")
def test_what_cannot_be_noted_is_not_passed_over():
    """A process that cannot note what a page uses ends, whoever catches the error."""
    code = (
        "from personomics.book import record; from pathlib import Path; import sys\n"
        f"record.begin(Path('/dev/full'), Path({str(MINI)!r})).start()\n"
        f"try: open({str(MINI / 'factors.csv')!r})\n"
        "except OSError: print('passed over')"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (errno.ENOSPC, "")


@pytest.mark.parametrize("part", ["above", "site"])
def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path, monkeypatch, part):
    """A read-only site, or the folder it is in, is named before any work is done."""
    site = tmp_path / "above" / "html"
    write(site, "old")
    (site / sites.PROVENANCE).write_text("{}")
    refused = {"above": site.parent, "site": site}[part]
    # Permissions do not bind the administrator, as whom tests may run.
    monkeypatch.setattr(os, "access", lambda path, _: path != refused)
    with pytest.raises(sites.BuildError, match=f"{refused} cannot be written to; name"):
        sites.claim(site)


if __name__ == "__main__":
    print(json.dumps(on_small_disk(*map(Path, sys.argv[1:]))))
