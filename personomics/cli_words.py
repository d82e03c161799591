"""What the commands of ``personomics`` share: what they say, return and work on."""

from __future__ import annotations

import argparse
import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path

DONE, FAILED, INTERRUPTED, TERMINATED = 0, 1, 130, 143
Run = Callable[[argparse.Namespace], int]
Add = Callable[[Run], argparse.ArgumentParser]


class Commands:
    """Commands below one another: each is named and explained by its function."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.added = parser.add_subparsers(
            title="commands", metavar="COMMAND", required=True
        )

    def command(self, run: Run) -> argparse.ArgumentParser:
        """Add a command."""
        name, about = run.__name__.rstrip("_"), run.__doc__ or ""
        summary, *_ = about.split("\n\n")
        parser = self.added.add_parser(name, help=summary, description=about)
        parser.set_defaults(run=named(run))
        return parser

    def group(self, name: str, about: str) -> Add:
        """Add a command that has commands of its own; return what adds these."""
        parser = self.added.add_parser(name, help=about, description=about)
        return Commands(parser).command


def named(run: Run) -> Run:
    """Let an error of the system begin with its file, as all other messages do."""

    @functools.wraps(run)
    def with_names(args: argparse.Namespace) -> int:
        try:
            return run(args)
        except OSError as error:
            if not (error.filename and error.strerror):
                raise
            what = error.strerror[:1].lower() + error.strerror[1:]
            msg = f"{error.filename}: {what}"
            raise OSError(msg) from error

    return with_names


def print_json(found: object) -> None:
    """Print a result for another program."""
    print(json.dumps(found, indent=1))


def print_problems(folder: object, lines: list[str]) -> int:
    """Print the problems of a folder, one a line, and say how many there are."""
    print("\n".join(lines))
    say(f"{len(lines)} problem{'s' * (len(lines) != 1)} in {folder}")
    return FAILED


def say(message: str) -> None:
    """Tell a person how it went, on the channel that is not the result."""
    print(message, file=sys.stderr)


def positive(words: str) -> int:
    """Read a number of one or more from the command line."""
    if not words.isascii() or not words.isdigit() or not int(words):
        msg = f"{words!r} is not a whole number of 1 or more"
        raise argparse.ArgumentTypeError(msg)
    return int(words)


def source_name(words: str) -> str:
    """Read the name of a source from the command line."""
    from personomics.words import clean

    if not clean(words):
        msg = "a name must not be empty"
        raise argparse.ArgumentTypeError(msg)
    return clean(words)


def data() -> Path:
    """Return the data folder in use."""
    from personomics.folder import VARIABLE, folder_in_use
    from personomics.schema import DESCRIPTOR

    folder = folder_in_use()
    if not (folder / DESCRIPTOR).is_file():
        msg = f"{folder}: is no data folder; allowed: a folder with {DESCRIPTOR}, "
        raise ValueError(msg + f"named in {VARIABLE}")
    return folder


def home() -> Path:
    """Return the folder of the data that holds everything about the search."""
    return data() / "search"


def abstracts() -> dict[str, str]:
    """Return the abstracts at hand, by PMID."""
    from personomics import snapshots
    from personomics.folder import CACHE

    found: dict[str, str] = {}
    for one in snapshots.all(home()):
        try:
            found |= snapshots.abstracts(home() / CACHE, one)
        except (KeyError, TypeError, ValueError):
            msg = f"{one.folder}: it or its abstracts in {home() / CACHE} are damaged; "
            raise ValueError(msg + "see: personomics validate") from None
    return found
