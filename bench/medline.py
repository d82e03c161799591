"""Citations a second and peak memory of Medline readers, side by side.

Each reading is a process of its own and includes the import of the reader. The programs
take turns, so that a busy spell of the machine falls on all of them.

Usage: medline.py PYTHON [ROUNDS], where PYTHON is that of the project's environment.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from files import FILES, paths

PROGRAMS = {
    "personomics.medline": "ours",
    "pubmed_parser": "pubmed_parser",
    "lxml, nothing read": "lxml",
    "Biopython": "biopython",
}
ENOUGH_FOR_BIOPYTHON = 4 << 30  # it takes more than two


def reading(python: str, program: str, path: Path) -> dict[str, float] | None:
    """Return what one reading took; nothing if it failed."""
    reader = Path(__file__).with_name("reader.py")
    done = subprocess.run(
        [python, str(reader), program, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["killed"]
        print(f"{program} did not read {path.name}: {last[0]}", file=sys.stderr)
        return None
    return json.loads(done.stdout)


def main() -> None:
    """Print the tables."""
    python = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    programs = dict(PROGRAMS)
    if memory < ENOUGH_FOR_BIOPYTHON:
        print(f"Biopython left out: {memory >> 20} MB of memory are free.")
        del programs["Biopython"]
    versions = ", ".join(
        f"{name} {metadata.version(name)}"
        for name in ("pubmed_parser", "biopython", "lxml")
    )
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, load "
        f"{os.getloadavg()[0]:.1f} at the start, Python {platform.python_version()}, "
        f"{versions}; {rounds} rounds, medians"
    )
    for path in paths():
        takes: dict[str, list[dict[str, float]]] = {name: [] for name in programs}
        for turn in range(rounds):
            for name, program in programs.items():
                if program == "biopython" and turn:
                    continue  # one is enough to see the order of size
                used = python if program == "ours" else sys.executable
                if taken := reading(used, program, path):
                    takes[name].append(taken)
        table(path, takes)


def table(path: Path, takes: dict[str, list[dict[str, float]]]) -> None:
    """Print what the readings of one file took."""
    megabytes = path.stat().st_size / 1e6
    print(f"\n{path.name} ({FILES[path.name][1]:,} citations, {megabytes:.1f} MB)")
    columns = "citations/s", "ratio", "lowest", "highest", "s", "CPU s", "peak MB"
    print(f"{'':22}" + "".join(f"{column:>12}" for column in columns))
    base = [take["count"] / take["seconds"] for take in takes["pubmed_parser"]]
    for name, found in takes.items():
        if not found:
            continue
        rates = [take["count"] / take["seconds"] for take in found]
        pairs = [rate / other for rate, other in zip(rates, base, strict=False)] or [0]
        cells = (
            f"{statistics.median(rates):,.0f}",
            f"{statistics.median(rates) / statistics.median(base):.2f}" if base else "",
            f"{min(pairs):.2f}",
            f"{max(pairs):.2f}",
            f"{statistics.median(take['seconds'] for take in found):.2f}",
            f"{statistics.median(take['cpu'] for take in found):.2f}",
            f"{max(take['peak'] for take in found):.0f}",
        )
        print(f"{name:22}" + "".join(f"{cell:>12}" for cell in cells))
        if found[0]["count"] != FILES[path.name][1]:
            print(f"{name} read {found[0]['count']:,.0f} citations")


if __name__ == "__main__":
    main()
