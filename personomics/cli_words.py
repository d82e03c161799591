"""What every command of ``personomics`` says and returns in the same way."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

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
        name, about = run.__name__.rstrip("_"), run.__doc__
        parser = self.added.add_parser(name, help=about, description=about)
        parser.set_defaults(run=run)
        return parser

    def group(self, name: str, about: str) -> Add:
        """Add a command that has commands of its own; return what adds these."""
        parser = self.added.add_parser(name, help=about, description=about)
        return Commands(parser).command


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
