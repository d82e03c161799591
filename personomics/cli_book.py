"""The commands that make the book, say why, and prove it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from personomics.cli_words import DONE, FAILED, Add, positive, print_json, say
from personomics.words import counted

MISUSED = 2


def book(args: argparse.Namespace) -> int:
    """Build the whole book, making anew only what has changed."""
    from personomics import offline
    from personomics.book.build import build
    from personomics.book.site import BuildError

    offline.refuse()
    try:
        build(args.out, args.jobs, force=args.force)
    except BuildError as error:
        say(str(error))
        return FAILED
    return DONE


def why(args: argparse.Namespace) -> int:
    """Say what the next build would run again, and because of which file."""
    from personomics.book import why as work
    from personomics.book.build import Book, default_site

    site = (args.out or default_site()).resolve()
    now = Book(site)
    for name in [work.find(now, words) for words in args.pages] or now.pages:
        print(work.line(now, name))
    return DONE


def figures(args: argparse.Namespace) -> int:
    """Draw every figure of the book: SVG, PNG and the numbers behind it as CSV."""
    from personomics.book.figures import write_all
    from personomics.book.record import ROOT
    from personomics.dataset import load

    folder = args.out or ROOT / "figures"
    names = write_all(load(), folder, sweep=args.out is None)
    say(f"{len(names)} figures in {folder}")
    return DONE


def notebooks(args: argparse.Namespace) -> int:
    """Execute the chapters and write their outputs into them."""
    from personomics import offline
    from personomics.book.build import chapter_paths, check_data
    from personomics.book.notebooks import ChapterError, execute, write
    from personomics.folder import folder_in_use

    offline.refuse()
    check_data(folder_in_use())
    paths = chapter_paths()
    try:
        executed = execute(paths, args.jobs)
    except ChapterError as error:
        say(str(error))
        return FAILED
    for path, notebook in zip(paths, executed, strict=True):
        write(notebook, path)
    say(f"{len(paths)} chapters executed")
    return DONE


def verify(args: argparse.Namespace) -> int:
    """Make the chapters and figures anew and say what differs.

    Every table, figure, number and other output is compared with what is committed, or
    with a release, on the data of that release. Nothing is written. The chapters are
    programs, and this runs them: verify only a release whose origin you trust.
    """
    from personomics import offline
    from personomics.book import verify as work
    from personomics.progress import Progress

    offline.refuse()
    tell = Progress().say if sys.stderr.isatty() else lambda _: None
    try:
        report = work.verify(
            args.chapters, release=args.release, jobs=args.jobs, tell=tell
        )
    except work.UnknownChapterError as error:
        say(str(error))
        return MISUSED
    if args.json:
        print_json(report.as_json())
    else:
        print("\n".join(report.lines()))
    if report.faults:
        number = counted(len(report.faults), "file")
        say(f"{number} not as the release’s checksums say; nothing was executed")
    return DONE if report.same else FAILED


def add(command: Add) -> None:
    """Add the commands."""
    jobs: dict[str, Any] = {"type": positive, "help": "chapters run at once"}
    one = command(book)
    one.add_argument("--out", type=Path, metavar="DIR", help="where the site goes")
    one.add_argument("--jobs", default=0, **jobs)
    one.add_argument("--force", action="store_true", help="make everything anew")
    one = command(why)
    one.add_argument(
        "pages", nargs="*", metavar="CHAPTER", help="or page; by default all of them"
    )
    one.add_argument("--out", type=Path, metavar="DIR", help="where the site is")
    one = command(figures)
    one.add_argument("--out", type=Path, metavar="DIR", help="where the files go")
    one = command(notebooks)
    one.add_argument("--jobs", default=3, **jobs)
    one = command(verify)
    one.add_argument(
        "chapters", nargs="*", metavar="CHAPTER",
        help="such as 04-cases, with its figures; by default everything",
    )  # fmt: skip
    one.add_argument(
        "--release", type=Path, metavar="FILE",
        help="a folder, .zip, .tar or .tar.gz to compare with what it holds",
    )  # fmt: skip
    one.add_argument("--jobs", default=3, **jobs)
    one.add_argument("--json", action="store_true", help="print one JSON object")
