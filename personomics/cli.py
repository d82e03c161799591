"""The command ``personomics``: one small function per sub-command.

Each function imports what it needs when it runs, so that ``--help`` is quick and a
command works where the packages of another one are not installed.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from personomics import (
    __version__,
    cli_book,
    cli_plan,
    cli_power,
    cli_screening,
    cli_search,
    cli_simulate,
)
from personomics.cli_words import (
    DONE,
    FAILED,
    INTERRUPTED,
    TERMINATED,
    Commands,
    print_json,
    print_problems,
    say,
)


def validate(args: argparse.Namespace) -> int:
    """Check a data folder and print every problem, one a line."""
    from personomics.dataset import report
    from personomics.folder import folder_in_use

    found = report(args.folder or folder_in_use())
    if args.json:
        print_json(found)
        return DONE if found["valid"] else FAILED
    if not found["valid"]:
        return print_problems(found["folder"], [p["line"] for p in found["problems"]])
    print(
        f"{found['folder']}: no problems ({found['tables']} tables, {found['rows']} "
        f"rows, version {found['version']}, digest {found['digest'][:12]})"
    )
    return DONE


def claims(args: argparse.Namespace) -> int:
    """Hold the data against every claim of the paper's abstract."""
    from personomics.claims import ledger
    from personomics.dataset import load
    from personomics.words import text

    rows = [
        {key: text(value) for key, value in row.items()}
        for row in ledger(load()).to_dict("records")
    ]
    if args.json:
        print_json(rows)
        return DONE
    for row in rows:
        print("\t".join(row.values()))
    return DONE


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; each command names its function."""
    top = argparse.ArgumentParser(
        prog="personomics",
        description="Check the data and build the book of the personomics companion.",
        epilog="The data folder is data/, or the one named in PERSONOMICS_DATA. "
        "Exit codes: 0 done, 1 the data or the work failed, 2 wrong usage.",
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = Commands(top)
    command = commands.command
    one = command(validate)
    one.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="data folder")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    cli_book.add(command)
    one = command(claims)
    one.add_argument("--json", action="store_true", help="print a JSON list")
    cli_plan.add(command)
    cli_power.add(command)
    cli_simulate.add(command)
    cli_search.add(commands.group("search", "The search of the literature."))
    group = commands.group("screening", "Screening in ASReview or Rayyan.")
    cli_screening.add(group, command)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``personomics``; by default those of the process.

    Returns
    -------
    int
        0 done, 1 the data or the work failed, 2 wrong usage, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter gets its number, not a traceback.
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        code = run(parser().parse_args(argv))
        if sys.stdout:
            sys.stdout.flush()
    except SystemExit as stop:
        return int(stop.code or DONE)
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone; keep Python from flushing into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        say(str(error))
        return FAILED
    return code


def run(args: argparse.Namespace) -> int:
    """Run the function of a command; data that do not conform are told, not raised."""
    try:
        return int(args.run(args))
    except ValueError as error:
        from personomics.folder import InvalidDataError
        from personomics.table_edit import NotConformingError

        if isinstance(error, InvalidDataError | NotConformingError):
            return print_problems(error.folder, [str(p) for p in error.problems])
        say(str(error))
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
