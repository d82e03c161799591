"""Run a command: how long it took, what it said when, how much memory it held."""

import os
import platform
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")
EVERY = 0.05  # seconds from one look at the memory to the next
LAST = 20  # lines of a failed command that are shown


@dataclass
class Taken:
    """What one run of a command took.

    Attributes
    ----------
    seconds : float
        From its start to its end.
    cpu : float
        Seconds of processors that all of its processes used.
    lines : list of (float, str)
        What it printed, each line with the second it came in.
    peak : int or None
        Bytes held at once by all of its processes, where that was looked at.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    lines: list[tuple[float, str]] = field(default_factory=list)
    peak: int | None = None

    def text(self) -> str:
        """Return everything that the command printed."""
        return "\n".join(line for _, line in self.lines)


class FailedError(RuntimeError):
    """A command failed, or what it made is wrong."""


def run(
    command: Sequence[str], folder: Path, env: Mapping[str, str], *, look: bool = False
) -> Taken:
    """Run a command to its end.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    folder : Path
        Where it runs.
    env : mapping
        Its environment.
    look : bool
        Look at the memory of its processes meanwhile, which makes it a little slower.

    Raises
    ------
    FailedError
        With the last lines that it printed.
    """
    taken = Taken()
    started, used = time.perf_counter(), cpu()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )

    def hear() -> None:
        for line in process.stdout or ():
            taken.lines.append((time.perf_counter() - started, line.rstrip()))

    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(EVERY):
            if (held := memory(process.pid)) is not None:
                taken.peak = max(taken.peak or 0, held)

    helpers = [threading.Thread(target=f) for f in ((hear, watch) if look else (hear,))]
    for helper in helpers:
        helper.start()
    code = process.wait()
    taken.seconds, taken.cpu = time.perf_counter() - started, cpu() - used
    ended.set()
    for helper in helpers:
        helper.join()
    if code:
        said = "\n".join(line for _, line in taken.lines[-LAST:])
        msg = f"{Path(command[0]).name} ended with {code}\n{said}"
        raise FailedError(msg)
    return taken


def cpu() -> float:
    """Return the seconds of processors used by all processes that have ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory(pid: int) -> int | None:
    """Return the bytes held by a process and all below it.

    What several of them share counts once: the sum is that of their proportional set
    sizes (PSS). Only Linux tells these.
    """
    if not (PROC / "self" / "smaps_rollup").exists():
        return None
    total = 0
    for one in below(pid, parents()):
        try:
            text = (PROC / str(one) / "smaps_rollup").read_text(encoding="ascii")
        except OSError:  # it has ended
            continue
        total += pss(text)
    return total


def pss(text: str) -> int:
    r"""Return the proportional set size, in bytes, that a ``smaps_rollup`` tells.

    >>> pss("Rss:   900 kB\nPss:   12 kB\nPss_Anon:   7 kB\n")
    12288
    """
    found = [line.split()[1] for line in text.splitlines() if line.startswith("Pss:")]
    return int(found[0]) << 10 if found else 0


def parents() -> dict[int, int]:
    """Return the parent of every process."""
    found = {}
    for name in os.listdir(PROC):
        if name.isdecimal():
            try:
                stat = (PROC / name / "stat").read_text(errors="replace")
            except OSError:  # it has ended
                continue
            # The name of the program, in brackets, may hold spaces and brackets.
            found[int(name)] = int(stat.rpartition(")")[2].split()[1])
    return found


def below(pid: int, parent: Mapping[int, int]) -> list[int]:
    """Return a process and its descendants.

    >>> below(7, {1: 0, 7: 1, 8: 7, 9: 8, 10: 1})
    [7, 8, 9]
    """
    found, new = [pid], [pid]
    while new:
        new = [one for one, above in parent.items() if above in new]
        found += new
    return found


def processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def machine() -> str:
    """Return the machine's numbers in one line, without its name."""
    info = PROC / "cpuinfo"
    text = info.read_text(encoding="utf-8") if info.exists() else ""
    models = [x.partition(":")[2] for x in text.splitlines() if x.startswith("model n")]
    model = " ".join((models or [platform.processor() or "unnamed"])[0].split())
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{platform.system()} {platform.machine()}, {processors()} processors "
        f"({model}), {total:.0f} GB of memory, load {os.getloadavg()[0]:.1f} at the "
        f"start, Python {platform.python_version()}"
    )
