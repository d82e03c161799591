"""The command that plans the measurement of factors."""

from __future__ import annotations

import argparse
from pathlib import Path

from personomics.cli_words import DONE, Add, say
from personomics.words import counted


def plan(args: argparse.Namespace) -> int:
    """Plan how a trial measures factors: instruments, burden, gaps, and the files.

    For each factor the rule chooses one instrument of these data; an instrument that
    serves several is used once. The page "Plan a trial" of the book makes the same
    plan, byte for byte. Without --out the plan is printed as Markdown.
    """
    from personomics import plans
    from personomics.book.address import base
    from personomics.dataset import load
    from personomics.plans import files, folder

    found = plans.catalogue(load(), base())
    made = plans.choose(found, factor_ids(args.factors), args.rule)
    if args.out:
        written = folder.write(args.out, made)
        numbers = made["totals"]
        say(
            f"{args.out}: {', '.join(written)}. {numbers['text']} "
            f"{counted(numbers['instruments'], 'instrument')}, data {made['version']}"
        )
    if args.json:
        print(files.plan_json(made), end="")
    elif not args.out:
        print(files.plan_md(made), end="")
    return DONE


def factor_ids(given: list[str]) -> list[str]:
    """Return the identifiers given one by one or, as in a link, between commas.

    >>> factor_ids(["F19,F34", "F05"])
    ['F19', 'F34', 'F05']
    """
    found = [key.strip() for words in given for key in words.split(",")]
    return [key for key in found if key]


def folder_named(words: str) -> Path:
    """Return the folder that was named; no name is not the current folder."""
    if not words.strip():
        msg = "must name a folder; '.' is the current one"
        raise argparse.ArgumentTypeError(msg)
    return Path(words)


def add(command: Add) -> None:
    """Add the command."""
    one = command(plan)
    one.add_argument(
        "factors", nargs="*", metavar="FACTOR",
        help="identifiers of factors such as those in a link of the map",
    )  # fmt: skip
    one.add_argument(
        "--rule", action="append", default=[], metavar="RULE",
        help="what decides between instruments: most-direct (the default), shortest "
        "or free-only",
    )  # fmt: skip
    one.add_argument(
        "--out", type=folder_named, metavar="DIR",
        help="write every file of the plan here: CSV, JSON, Markdown, REDCap "
        "dictionary, protocol paragraph, BibTeX and RIS",
    )  # fmt: skip
    one.add_argument("--json", action="store_true", help="print one JSON object")
