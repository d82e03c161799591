"""The book's build beside the stock ``jupyter-book build`` of the same sources.

Both work in a temporary copy of the project, in the same environment, and take turns,
so that a busy spell of the machine falls on both. A bar that is missed is printed and
is no error; a page that does not show what was edited is one.

Usage: book.py [--rounds N], with the Python of the project's environment.
"""

import argparse
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from measure import FailedError, Taken, machine
from sides import CHAPTER, NOTHING, TABLE, Ours, Stock, program, word

STOCK, CLEAN, ROW = (
    "stock, clean build (the 1 of all ratios)",
    "clean build",
    "a row of cases.csv edited",
)
PROSE, FLOOR = "a sentence of prose edited", "the chapters' code as plain scripts"
PAGES, CACHED = "stock, clean, nothing to execute", "stock with its cache, "
BARS = {CLEAN: 0.45, ROW: 0.25, PROSE: 0.15, NOTHING: 0.02}
AT_MOST = {NOTHING: 0.3}  # seconds
#: Builds of ours in each round when nothing has changed; the middle one counts.
TIMES = 3
#: What our build says when a part of its work begins, and what it does until the next.
PHASES = {
    "": "start, check of the data, imports",
    "executing ": "chapters executed, other pages made",
    "writing pages": "Jupyter Book, figure files, site put together",
    "built ": "end of the processes",
}
WIDTH = 50


@dataclass
class Found:
    """What the rounds have shown.

    Attributes
    ----------
    times : dict
        Seconds by what was measured, one for each round.
    cpu : dict
        Seconds of processors, the same way.
    parts : dict
        Seconds of the parts of our clean build, one for each round.
    executed : dict
        What our build said it executed, by what was measured.
    stale, showing : set of str
        Pages of stock's cached build that show a row as it was before all edits, and
        the pages that show this row.
    """

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    parts: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    executed: dict[str, str] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    showing: set[str] = field(default_factory=set)

    def note(self, name: str, taken: Taken) -> None:
        """Note a measurement."""
        self.times[name].append(taken.seconds)
        self.cpu[name].append(taken.cpu)

    def ours(self, name: str, taken: Taken) -> None:
        """Note a build of ours."""
        self.note(name, taken)
        said = [line for _, line in taken.lines if line.startswith("executing ")]
        self.executed[name] = said[0] if said else "executing no chapter"


def phases(lines: Iterable[tuple[float, str]], end: float) -> dict[str, float]:
    """Return the seconds of each part of our build, by when it says what.

    >>> said = [(1.0, "executing 5 of 5 chapters"), (4.0, "writing pages")]
    >>> list(phases([*said, (9.0, "built it")], 9.5).values())
    [1.0, 3.0, 5.0, 0.5]
    """
    begun = {"": 0.0}
    for second, line in lines:
        begun |= {start: second for start in PHASES if start and line.startswith(start)}
    names = [start for start in PHASES if start in begun]
    ends = [*(begun[name] for name in names[1:]), end]
    return {PHASES[n]: stop - begun[n] for n, stop in zip(names, ends, strict=True)}


def one_round(number: int, found: Found, ours: Ours, stock: dict[str, Stock]) -> None:
    """Measure everything once; the two builders take turns."""
    clean = ours.build(clean=True)
    found.ours(CLEAN, clean)
    for name, seconds in phases(clean.lines, clean.seconds).items():
        found.parts[name].append(seconds)
    found.note(STOCK, stock["force"].build(clean=True))
    found.note(PAGES, stock["off"].build(clean=True))
    found.note(FLOOR, ours.floor(ours.home.with_name("scripts")))

    cached = stock["cache"]
    found.ours(ROW, ours.edit(TABLE, "row", number))
    found.note(CACHED + ROW, cached.build())
    found.showing = ours.site.showing(word("row", number))
    found.stale = cached.site.showing(word("row", 0)) & found.showing

    found.ours(PROSE, ours.edit(CHAPTER, "prose", number))
    found.note(CACHED + PROSE, cached.build())
    if not cached.site.showing(word("prose", number)):
        msg = "stock with its cache does not show an edited sentence"
        raise FailedError(msg)

    again = sorted((ours.unchanged() for _ in range(TIMES)), key=lambda t: t.seconds)
    found.ours(NOTHING, again[TIMES // 2])
    found.note(CACHED + NOTHING, cached.build())


def against(times: Sequence[float], base: Sequence[float]) -> tuple[float, ...]:
    """Return the ratio of the medians, and the lowest and highest of the rounds.

    >>> against([1.0, 4.0, 2.0], [10.0, 10.0, 8.0])
    (0.2, 0.1, 0.4)
    """
    rounds = [one / other for one, other in zip(times, base, strict=True)]
    middle = statistics.median(times) / statistics.median(base)
    return middle, min(rounds), max(rounds)


def verdict(name: str, ratio: float, seconds: float) -> str:
    """Return the bar of a measurement, and whether it is met.

    >>> verdict("clean build", 0.451, 20.0)
    '0.45 missed'
    >>> verdict("nothing changed", 0.01, 0.4)
    '0.02, 0.3 s missed'
    """
    if name not in BARS:
        return ""
    most = AT_MOST.get(name)
    met = ratio <= BARS[name] and (most is None or seconds <= most)
    bar = f"{BARS[name]:.2f}" + (f", {most:.1f} s" if most else "")
    return f"{bar} {'met' if met else 'missed'}"


def line(
    name: str,
    times: Sequence[float],
    cpu: Sequence[float] = (),
    base: Sequence[float] = (),
) -> str:
    """Return a line of a table: seconds and, where there is a base, the ratio to it."""
    middle, bar = statistics.median(times), ""
    cells = [f"{x:.2f}" for x in (middle, min(times), max(times))]
    cells += [f"{statistics.median(cpu):.2f}"] if cpu else []
    if base:
        ratios = against(times, base)
        cells += [f"{x:.3f}" for x in ratios]
        bar = verdict(name, ratios[0], middle)
    return (f"{name:{WIDTH}}" + "".join(f"{x:>9}" for x in cells) + f"  {bar}").rstrip()


def title(words: str, *columns: str) -> str:
    """Return the head of a table."""
    return f"\n{words:{WIDTH}}" + "".join(f"{one:>9}" for one in columns)


def report(found: Found, peaks: dict[str, int | None]) -> list[str]:
    """Return what is printed at the end."""

    def beside_stock(names: Iterable[str]) -> list[str]:
        base = found.times[STOCK]
        return [line(name, found.times[name], found.cpu[name], base) for name in names]

    seconds = ("s", "lowest", "highest", "CPU s")
    ratios = ("ratio", "lowest", "highest")
    lines = [title("personomics book", *seconds, *ratios) + "  bar"]
    lines += beside_stock([*BARS, STOCK])
    lines += [f"{name}: {found.executed[name]}" for name in (CLEAN, ROW, PROSE)]

    lines += [title("for comparison, no bar", *seconds, *ratios)]
    lines += beside_stock(name for name in found.times if name.startswith(CACHED))
    pages = f"{len(found.stale)} of the {len(found.showing)} pages that show it"
    lines += [
        f"After the row was edited, {pages} are wrong in stock's cached",
        f"build, as they were before: {', '.join(sorted(found.stale)) or 'none'}.",
    ]

    lines += [title("where our clean build's time goes", *seconds)]
    lines += [line(name, times) for name, times in found.parts.items()]
    lines += [line(name, found.times[name], found.cpu[name]) for name in (CLEAN,)]
    lines += [title("the floor", *seconds)]
    lines += [line(name, found.times[name], found.cpu[name]) for name in (FLOOR, PAGES)]

    lines += [title("peak memory of all processes, clean build", "MB")]
    for name, peak in peaks.items():
        said = "not measured" if peak is None else f"{peak / 1e6:.0f}"
        lines += [f"{name:{WIDTH}}{said:>9}"]
    return lines


def versions() -> str:
    """Return the versions of the peer."""
    names = ("jupyter-book", "Sphinx", "myst-nb", "jupyter-cache", "ipykernel")
    return ", ".join(f"{name} {metadata.version(name)}" for name in names)


def say(message: str) -> None:
    """Tell on standard error how far it is."""
    print(message, file=sys.stderr, flush=True)


def measure(rounds: int, folder: Path) -> None:
    """Do everything in a folder and print it."""
    program("jupyter-book")
    print("The book: personomics book beside stock jupyter-book build, same sources")
    print(f"{machine()}\n{versions()}", flush=True)
    print(f"Rounds: {rounds}; medians, and the lowest and highest of the rounds")
    ours = Ours(folder / "project")
    stock = {how: Stock(ours, folder / how, how) for how in ("force", "cache", "off")}
    say("memory, and a first run of everything")
    peaks = {"personomics book": ours.build(clean=True, look=True).peak}
    peaks["stock"] = stock["force"].build(clean=True, look=True).peak
    stock["cache"].build(clean=True)
    found = Found()
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}")
        one_round(number, found, ours, stock)
    print("\n".join(report(found, peaks)))


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description="The book's build beside stock.")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    found = parser.parse_args(words)
    if found.rounds < 1:
        parser.error("--rounds: at least 1")
    return found


def main() -> None:
    """Measure in a temporary folder."""
    rounds = arguments().rounds
    with tempfile.TemporaryDirectory(prefix="book-") as folder:
        try:
            measure(rounds, Path(folder).resolve())
        except FailedError as error:
            sys.exit(str(error).replace(folder, "…"))


if __name__ == "__main__":
    main()
