"""Processes that start in no time: a parent that has imported everything forks them.

``python -m personomics.book.forks`` is the parent. It reads one request a line from
its standard input, forks a process for each, and tells on its standard output when
one has begun and when it has ended. When the input ends, for whatever reason, it
ends every process that it has forked, and itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import importlib
import json
import os
import selectors
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Coroutine, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from personomics import offline
from personomics.book.site import FULL, BuildError
from personomics.folder import environment

#: What chapters and pages import, and what Jupyter Book does: ready when it is needed.
FOR_PAGES = (
    "pandas", "matplotlib.figure", "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg", "ipykernel.kernelapp", "ipykernel.ipkernel",
    "matplotlib_inline.backend_inline", "myst_nb", "markdown_it", "docutils.nodes",
    "personomics.book.record", "personomics.dataset", "personomics.book.units:warm",
)  # fmt: skip
FOR_BOOK = (
    "jupyter_book.cli.main", "jupyter_book.sphinx", "sphinx.builders.html",
    "myst_nb.sphinx_ext", "sphinxcontrib.bibtex", "sphinx_external_toc",
    "personomics.book.theme",
)  # fmt: skip
T = TypeVar("T")
#: Bytes of a request or an answer, at most.
LINE = 1 << 20


GONE = "a process that the build needs was killed; run the command again"


class ForkError(BuildError):
    """A process could not be forked, or failed; the message says how."""


class Forks:
    """The side of the build: asks for processes and hears of their end."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._begun: dict[int, asyncio.Future[int]] = {}
        self._ended: dict[int, asyncio.Future[int]] = {}
        #: What the functions called at the start returned, once they have.
        self.ready: asyncio.Future[list[Any]] = (
            asyncio.get_running_loop().create_future()
        )
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            told = json.loads(line)
            if "ready" in told:
                self.ready.set_result(told["ready"])
            for kind, waiting in (("pid", self._begun), ("exit", self._ended)):
                if kind in told and not waiting[told["id"]].done():
                    waiting[told["id"]].set_result(told[kind])
        # The parent is gone, and has taken its processes with it.
        if not self.ready.done():
            self.ready.set_exception(ForkError(GONE))
            self.ready.exception()  # heard of, whether or not anybody waits for it
        for future in [*self._begun.values(), *self._ended.values()]:
            if not future.done():
                future.set_result(-signal.SIGKILL)

    async def begin(
        self, run: str, report: Path | None = None, **words: Any
    ) -> tuple[int, asyncio.Future[int]]:
        """Fork a process that calls "module:function" with words.

        Parameters
        ----------
        run : str
            What to call.
        report : Path, optional
            Where the process writes why it failed.
        words : str
            Arguments of the function.

        Returns
        -------
        tuple
            The process id, and a future of the exit code.
        """
        number, loop = len(self._begun), asyncio.get_running_loop()
        self._begun[number], self._ended[number] = (
            loop.create_future(),
            loop.create_future(),
        )
        request = {"id": number, "run": run, "words": words}
        request["report"] = str(report) if report else ""
        assert self._process.stdin
        with contextlib.suppress(OSError):  # told by the end of the answers
            self._process.stdin.write((json.dumps(request) + "\n").encode())
            await self._process.stdin.drain()
        if self._reading.done() or (pid := await self._begun[number]) < 0:
            raise ForkError(GONE)
        return pid, self._ended[number]

    async def call(self, run: str, report: Path, **words: Any) -> None:
        """Fork a process and wait for its end.

        Raises
        ------
        ForkError
            With what the process wrote to its report, if it failed.
        """
        _, ended = await self.begin(run, report, **words)
        if code := await ended:
            if code in FULL:
                raise OSError(code, os.strerror(code), str(report.parent))
            if self._process.returncode is not None or self._reading.done():
                raise ForkError(GONE)
            said = report.read_text(encoding="utf-8") if report.is_file() else ""
            how = f"was killed (signal {-code})" if code < 0 else f"ended with {code}"
            reason = "" if said and code > 0 else f"the process {how}\n"
            raise ForkError((reason + said).strip())


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run asynchronous work in which Ctrl-C and SIGTERM end all of it.

    A handler that raised wherever the loop happens to be could make it forget what it
    was about to do, and wait for ever; so SIGTERM cancels the work first, as asyncio
    does on Ctrl-C, and the usual handler is called when everything has ended.
    """
    usual = signal.getsignal(signal.SIGTERM)
    told: list[bool] = []

    async def alone() -> T:
        loop: Any = asyncio.get_running_loop()
        task: Any = asyncio.current_task()

        def stop(*_: object) -> None:
            told.append(True)
            with contextlib.suppress(RuntimeError):  # the loop has ended already
                loop.call_soon_threadsafe(task.cancel)

        # Not by the loop: it would leave SIGTERM to the system when it closes.
        if callable(usual):
            with contextlib.suppress(ValueError):  # not in the main thread
                signal.signal(signal.SIGTERM, stop)
        # nbclient would take Ctrl-C for itself and end one kernel only.
        loop.add_signal_handler = lambda *_: None
        return await work

    try:
        return asyncio.run(alone())
    finally:
        if callable(usual):
            with contextlib.suppress(ValueError):  # not in the main thread
                signal.signal(signal.SIGTERM, usual)
            if told:
                usual(signal.SIGTERM, None)


@contextlib.asynccontextmanager
async def parent(preload: Sequence[str], *keep: int) -> AsyncIterator[Forks]:
    """Start a parent that imports some modules, and end it with all its processes.

    Parameters
    ----------
    preload : sequence of str
        Modules to import, and functions "module:function" to call.
    keep : int
        Open files that the parent and its processes hold open, such as a lock.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, *preload,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        limit=LINE, pass_fds=keep, start_new_session=True,
        env={**environment(), offline.VARIABLE: "1"},
    )  # fmt: skip
    forks = Forks(process)
    try:
        yield forks
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()
        await forks._reading


def main(preload: list[str]) -> None:
    """Import modules, then fork one process for each request until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    heard, told = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)  # what a process prints must not be taken for an answer
    ready = [call(name) for name in preload]
    gc.freeze()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, int] = {}
    try:
        with contextlib.suppress(BrokenPipeError):  # nobody is there to be told
            tell(told, ready=ready)
            serve(heard, told, woken, running)
    finally:
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        while running:
            running.pop(os.wait()[0], None)


def call(what: str, **words: Any) -> Any:
    """Import "module", and call "module:function" where a function is named."""
    module, _, name = what.partition(":")
    found = importlib.import_module(module)
    return getattr(found, name)(**words) if name else None


def serve(heard: int, told: int, woken: int, running: dict[int, int]) -> None:
    """Answer requests until there are no more."""
    rest = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(heard, selectors.EVENT_READ)
        waiting.register(woken, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                data = os.read(key.fd, LINE)
                if key.fd == woken:
                    reap(told, running)
                elif not data:
                    return
                else:
                    *lines, rest = (rest + data).split(b"\n")
                    for line in lines:
                        begin(json.loads(line), told, running)


def begin(request: dict[str, Any], told: int, running: dict[int, int]) -> None:
    """Fork the process of one request."""
    ours = os.getpid()
    if (pid := os.fork()) == 0:
        os.close(told)  # open as long as the parent lives, and no longer
        work(request, ours)
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)  # also done by the process; whichever comes first
    running[pid] = request["id"]
    tell(told, id=request["id"], pid=pid)


def reap(told: int, running: dict[int, int]) -> None:
    """Tell of every process that has ended."""
    for pid in list(running):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            tell(told, id=running.pop(pid), exit=code)


def tell(told: int, **words: Any) -> None:
    """Write one answer."""
    os.write(told, (json.dumps(words) + "\n").encode())


def work(request: dict[str, Any], parent: int) -> NoReturn:
    """Do what was asked for, in the process forked for it, and end it."""
    code = 1
    try:
        os.setpgid(0, 0)
        end_with_parent(parent)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        call(request["run"], **request["words"])
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException as error:
        code = full(error) or code
        if report := request["report"]:
            Path(report).write_text(traceback.format_exc(), encoding="utf-8")
        else:
            traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def end_with_parent(parent: int) -> None:
    """Have the system end this process when the one that forked it is killed (Linux).

    Elsewhere kernels look after that themselves, and other processes end soon.
    """
    ends_with_parent = 1  # PR_SET_PDEATHSIG
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(ends_with_parent, signal.SIGKILL)
    if os.getppid() != parent:  # it was killed before the system was told
        os._exit(1)


def full(error: BaseException | None) -> int:
    """Return the number of a full disk if that is behind an error, otherwise 0.

    >>> full(OSError(FULL[0], "no room")) == FULL[0], full(KeyError("x"))
    (True, 0)
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return int(error.errno)
        error = error.__cause__ or error.__context__
    return 0


if __name__ == "__main__":
    main(sys.argv[1:])
