"""The commands that make the book, say why, and prove it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
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


def pdf(args: argparse.Namespace) -> int:
    """Print the whole book into one PDF, with an installed Chromium.

    The book is built first if it is not up to date. Chromium notes the time in the
    file, so two of them are not equal in bytes.
    """
    from personomics.book import chromium, printing

    def made(site: Path, out: Path) -> Path:
        from personomics.dataset import load

        return printing.write(site, out, load().statement("relation"))

    return one_file(args.out, printing.NAME, made, chromium.browser)


def zip_(args: argparse.Namespace) -> int:
    """Pack the book into one archive that opens without a server or the network.

    The book is built first if it is not up to date. The same book always gives the
    same archive.
    """
    from personomics.book import offline_copy

    return one_file(args.out, offline_copy.NAME, offline_copy.write)


def one_file(
    out: Path | None,
    name: str,
    made: Callable[[Path, Path], Path],
    ready: Callable[[], object] | None = None,
) -> int:
    """Build the book if it is not up to date, make one file of it, and say where."""
    from personomics import offline
    from personomics.book.build import build, default_site
    from personomics.book.offline_copy import about
    from personomics.book.site import BuildError, alone

    offline.refuse()
    site = default_site()
    try:
        if ready:
            ready()  # or nobody needs to wait for the book
        build()
        # No other build may swap the site while it is read.
        with alone(site, lambda: say(f"another build of {site} is at work")):
            path = made(site, out or site.parent / name)
            version = about(site).version
    except BuildError as error:
        say(str(error))
        return FAILED
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, data {version}")
    return DONE


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
    for make in (pdf, zip_):
        one = command(make)
        one.add_argument("--out", type=Path, metavar="FILE", help="where it goes")
