"""The command that simulates engagement as the road of a factor to the outcome."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from personomics.cli_words import DONE, Add, print_json, say
from personomics.words import counted, missing

MISUSED = 2


def simulate(args: argparse.Namespace) -> int:
    """Simulate trials in which a factor acts through engagement alone.

    Factor, engagement, dose received, outcome: every combination of the values given
    with --set is simulated; the other parameters keep their defaults, which are shown
    with --parameters. The output is a CSV file, with settings and versions in a JSON
    file beside it. After an interruption the same command goes on where it was. The
    values are invented; no number comes from a trial.
    """
    from personomics.engagement.backends import chosen
    from personomics.engagement.grid import grid
    from personomics.progress import Progress

    if args.parameters:
        return parameters(as_json=args.json)
    try:
        values = read(args.set, args.n)
        chosen(args.jobs, args.backend, args.scheduler)
        if args.out is None:
            msg = "--out must be the name of a CSV file; it is missing"
            raise ValueError(msg)
    except ValueError as error:
        say(str(error))
        return MISUSED
    bar = Progress(unit="cells") if sys.stderr.isatty() else None
    try:
        rows = grid(
            values, trials=args.trials, seed=args.seed, jobs=args.jobs,
            backend=args.backend, scheduler=args.scheduler, out=args.out, watch=bar,
        )  # fmt: skip
    except (KeyboardInterrupt, SystemExit):
        say(f"stopped; the same command goes on with what is kept beside {args.out}")
        raise
    finally:
        if bar:
            bar.close()
    if args.json:
        found = [known(row) for row in rows.to_dict("records")]
        print_json({"out": str(args.out), "trials": args.trials, "rows": found})
    else:
        print(f"{args.out}: {counted(len(rows), 'cell')}, {args.trials:,} trials each")
    return DONE


def read(given: list[str], n: str | None) -> dict[str, list[Any]]:
    """Return the values of parameters as they were written: ``name=1,2``."""
    from personomics.engagement.setting import from_text

    found: dict[str, list[Any]] = {}
    for words in [*given, *([f"n={n}"] if n is not None else [])]:
        name, equals, several = words.partition("=")
        if not equals:
            msg = f"--set must be a parameter and its values, as b=0,1; not {words!r}"
            raise ValueError(msg)
        if name in found:
            msg = f"conflicting options: {name} is set twice; allowed: once"
            raise ValueError(msg)
        found[name] = [from_text(name, one.strip()) for one in several.split(",")]
    return found


def known(row: dict[Any, Any]) -> dict[str, Any]:
    """Return a row with nothing in place of what is missing, as JSON has it."""
    return {str(k): None if missing(v) else v for k, v in row.items()}


def parameters(*, as_json: bool) -> int:
    """Print the parameters, what they are and may be, and the defaults of a run."""
    from personomics.engagement.setting import Setting
    from personomics.engagement.story import assumptions

    rows = assumptions(Setting())
    if as_json:
        print_json(rows.to_dict("records"))
        return DONE
    print("\n".join("\t".join(map(str, row)) for row in rows.itertuples(index=False)))
    return DONE


def add(command: Add) -> None:
    """Add the command."""
    one = command(simulate)
    one.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE,…",
        help="values of a parameter; may be given for several",
    )  # fmt: skip
    one.add_argument("--n", help="participants of a trial (400)")
    one.add_argument("--trials", type=whole, default=2000, help="of each cell (2000)")
    one.add_argument("--seed", type=whole, default=1, help="of the random numbers (1)")
    one.add_argument("--out", type=Path, metavar="FILE.csv", help="where it goes")
    one.add_argument("--jobs", type=whole, help="processes of this machine (1)")
    one.add_argument("--backend", default="process", metavar="process|dask",
                     help="this machine, or a Dask cluster")  # fmt: skip
    one.add_argument("--scheduler", metavar="ADDRESS", help="of the Dask cluster")
    one.add_argument("--parameters", action="store_true", help="show them and end")
    one.add_argument("--json", action="store_true", help="print one JSON object")


def whole(words: str) -> int:
    """Read a whole number from the command line."""
    if not (words.isascii() and words.isdigit()):
        msg = f"{words!r} is not a whole number"
        raise argparse.ArgumentTypeError(msg)
    return int(words)
