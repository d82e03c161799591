"""Note, while a page is made, everything that it is made from.

The interpreter's audit hook tells of every file that is opened and every module that
is imported; the data set raises events of its own (:class:`personomics.Dataset`). A
page is made in a process that does nothing else, so what is noted is what it used.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = "personomics"
DESCRIPTOR = "data/datapackage.json"
WHOLE, NAMES = "data: all files", "data: names of the files"
#: What comes with the machine or the environment; the lock stands for the latter.
SYSTEM = tuple(
    os.path.realpath(place) + os.sep
    for place in (
        sys.prefix, sys.base_prefix, tempfile.gettempdir(), "/dev", "/etc", "/proc",
        "/sys", "/usr", "/lib", "/var",
    )
)  # fmt: skip
#: Folders of the project that nothing is read from but what was made there.
MADE = ("_build", ".venv", ".git", "figures")


class Recorder:
    """What one process used, written to a log as it is used.

    Parameters
    ----------
    log : Path
        Where the notes go: JSON, one a line, complete at every moment.
    data : Path
        The data folder in use.
    """

    def __init__(self, log: Path, data: Path) -> None:
        self.log, self.data = log, data
        self.figures: dict[str, tuple[Any, str]] = {}
        self._seen: set[tuple[str, ...]] = set()
        self._file: IO[str] = log.open("a", encoding="utf-8")
        self._events: dict[str, Callable[[tuple[Any, ...]], None]] = {
            "open": self._opened,
            "import": lambda args: self._imported(args[0]),
            "personomics.table": lambda args: self._note("table", args[0], maker()),
            "personomics.columns": self._columns,
            "personomics.descriptor": lambda args: self._note("part", args[0]),
            "personomics.digest": lambda _: self._note("input", WHOLE),
            "personomics.folder": lambda _: self._note("input", NAMES),
            "personomics.page": lambda args: self._note("page", args[0]),
            "personomics.figure": lambda args: self._drawn(args[0]),
        }

    def start(self) -> None:
        """Note what is imported already, and from now on everything that is used."""
        self.note_modules()
        sys.addaudithook(self._hear)

    def note_modules(self) -> None:
        """Note what is imported; of ``importlib.import_module`` no event tells."""
        for name in sorted(sys.modules):
            self._imported(name)

    def stop(self) -> None:
        """Note nothing more; the hook itself cannot be removed."""
        self._events = {}

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if (note := self._events.get(event)) is not None:
            note(args)

    def _note(self, *words: str) -> None:
        if words not in self._seen:
            self._seen.add(words)
            try:
                self._file.write(json.dumps(words) + "\n")
                self._file.flush()
            except OSError as error:
                # Told to a library, it might be passed over, and the input forgotten.
                os._exit(error.errno or 1)

    def _columns(self, args: tuple[Any, ...]) -> None:
        self._note("columns", args[0], maker(), *sorted(args[1:]))

    def _imported(self, name: str) -> None:
        if name == PACKAGE or name.startswith(PACKAGE + "."):
            self._note("module", name)

    def _opened(self, args: tuple[Any, ...]) -> None:
        path, mode, flags = args
        if isinstance(path, int) or writes(mode, flags) or loading():
            return
        if name := input_name(os.fspath(path), self.data):
            self._note("input", name)

    def _drawn(self, figure: Any) -> None:
        by = maker()
        self._note("figure", figure.name, by)
        self._note("part", "version")
        self.figures[figure.name] = (figure, by)


_RECORDERS: list[Recorder] = []


def begin(log: Path, data: Path) -> Recorder:
    """Make the recorder of this process."""
    _RECORDERS.append(Recorder(log, data))
    return _RECORDERS[-1]


def current() -> Recorder:
    """Return the recorder of this process."""
    return _RECORDERS[-1]


def writes(mode: str | None, flags: int) -> bool:
    """Say whether a file is opened for nothing but writing.

    >>> writes("a", 0), writes("rb", 0), writes(None, os.O_RDONLY)
    (True, False, False)
    """
    if mode is not None:
        return not ("r" in mode or "+" in mode)
    return bool(flags & (os.O_WRONLY | os.O_RDWR))


def frames() -> Iterator[FrameType]:
    """Yield the callers of the caller, the nearest first."""
    frame = sys._getframe(2)
    while frame:
        yield frame
        if (above := frame.f_back) is None:
            return
        frame = above


def loading() -> bool:
    """Say whether the data are being loaded: checking a table is not using it."""
    return any(
        frame.f_code.co_name in ("load", "loaded")
        and frame.f_globals.get("__name__") == f"{PACKAGE}.dataset"
        for frame in frames()
    )


def maker() -> str:
    """Return the figure function at work, "module:function", or an empty string."""
    found = ""
    for frame in frames():
        module = frame.f_globals.get("__name__", "")
        if frame.f_code.co_name.endswith("_figure") and module.startswith(PACKAGE):
            found = f"{module}:{frame.f_code.co_name}"
    return found


def input_name(path: str | bytes, data: Path) -> str:
    """Return what a file is called as an input, or nothing where it is none.

    Files of the data folder are called ``data/…`` wherever that folder is, files of
    the project by their place in it, and any other by its whole path.
    """
    whole = os.path.realpath(os.fsdecode(path))
    for home, called in ((str(data), "data/"), (str(ROOT), "")):
        if whole.startswith(home + os.sep):
            name = called + os.path.relpath(whole, home)
            hidden = any(part.startswith(".") for part in name.split(os.sep))
            made = name.split(os.sep)[0] in MADE or name.endswith((".pyc", ".so"))
            return "" if hidden or made or os.path.isdir(whole) else name
    personal = f"{os.sep}." in whole or os.path.isdir(whole)
    return "" if personal or whole.startswith(SYSTEM) else whole


def module_file(name: str) -> str:
    """Return the file of a module of the package, as an input is called.

    >>> module_file("personomics.cases"), module_file("personomics.book")
    ('personomics/cases.py', 'personomics/book/__init__.py')
    """
    place = name.replace(".", "/")
    folder = (ROOT / place).is_dir()
    return f"{place}/__init__.py" if folder else f"{place}.py"


def read(log: Path) -> list[list[str]]:
    """Return the notes of a log."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
