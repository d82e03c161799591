"""``personomics screening`` and ``personomics prisma``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from personomics.cli_search import abstracts, data
from personomics.cli_words import DONE, FAILED, Add, print_json, say
from personomics.words import counted


def export(args: argparse.Namespace) -> int:
    """Write the articles to screen as a file for ASReview or Rayyan."""
    from personomics import screening_tools

    text, number = screening_tools.export(
        data(), args.tool, args.format, rater=args.rater or "",
        only="all" if args.all else "unscreened", abstracts=abstracts(),
    )  # fmt: skip
    put(text, args.out)
    say(counted(number, "article"))
    return DONE


def import_(args: argparse.Namespace) -> int:
    """Take decisions made in ASReview or Rayyan into the table of screening.

    Nothing is overwritten: a decision that differs from the one in the table is listed.
    """
    from personomics import screening_tools

    decisions = screening_tools.read(args.file, args.tool or "")
    made = screening_tools.import_decisions(data(), decisions, whose(args.rater))
    for conflict in made.conflicts:
        print(f"conflict: {conflict}")
    if made.not_ours:
        more = len(made.not_ours) - 5
        say(
            f"{counted(len(made.not_ours), 'record')} of the file are not in these "
            f"data: {'; '.join(made.not_ours[:5])}" + (f"; {more} more" * (more > 0))
        )
    for kind, lines in (("could be several articles", made.unclear),
                        ("decisions not asked for", made.others),
                        ("note", made.notes)):  # fmt: skip
        for words in lines:
            say(f"{kind}: {words}")
    say(
        f"{counted(made.added, 'decision')} added, {made.same} known already, "
        f"{len(made.conflicts)} differ and were not taken, {made.undecided} undecided"
    )
    return FAILED if made.conflicts or made.unclear else DONE


def conflicts(args: argparse.Namespace) -> int:
    """List the articles on which the raters differ."""
    from personomics import screening_tools

    found = screening_tools.conflicts(data(), settled=args.settled)
    for one in found:
        print(one)
    say(counted(len(found), "conflict"))
    return DONE


def agree(_: argparse.Namespace) -> int:
    """Write the consensus where two or more raters gave the same verdict."""
    from personomics import screening_tools

    done = screening_tools.agree(data())
    for article in done:
        print(article)
    say(f"consensus written for {counted(len(done), 'article')}")
    return DONE


def prisma(args: argparse.Namespace) -> int:
    """Print or draw the PRISMA 2020 flow diagram.

    With --from it is drawn from the typed numbers of a PRISMA2020 template, which are
    checked first.
    """
    from personomics import flow, prisma, prisma_sums, prisma_template
    from personomics.dataset import load

    if args.source:
        counts = prisma_template.read(args.source)
        for remark in counts.remarks:
            say(remark)
        wrong = prisma_sums.problems(counts)
        for sentence in wrong:
            say(sentence)
        figure = prisma.template_figure(counts)
    else:
        ds, wrong = load(), ()
        counts, figure = flow.counts(ds), prisma.flow_figure(ds)
    if args.as_ in ("svg", "png"):
        put(figure.png if args.as_ == "png" else figure.file, args.out)
    elif args.as_ == "json":
        print_json({**counts.n})
    elif args.as_ == "csv" and not args.source:
        put(prisma_template.export(ds), args.out)
    else:
        for row in figure.table.to_dict("records"):
            print("\t".join(str(value) for value in row.values()))
    return FAILED if wrong else DONE


def whose(names: list[str]) -> str | dict[str, str]:
    """Read "rater1", or several "Name=rater1", from the command line."""
    if len(names) == 1 and "=" not in names[0]:
        return names[0]
    pairs = [name.rpartition("=") for name in names]
    if not all(who and rater for who, _, rater in pairs):
        msg = "--rater: give one rater, or for each person of the file Name=rater"
        raise ValueError(msg)
    return {who: rater for who, _, rater in pairs}


def put(content: str | bytes, path: Path | None) -> None:
    """Write a result into a file, or print it."""
    from personomics import files

    data = content.encode() if isinstance(content, str) else content
    if path is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
    else:
        files.write(path, data)
        say(f"{path}: written")


def add(command: Add, top: Add) -> None:
    """Add the commands of ``personomics screening``, and ``personomics prisma``."""
    tools = ("asreview", "rayyan")
    one = command(export)
    one.add_argument("--tool", required=True, choices=tools)
    one.add_argument("--format", choices=("csv", "ris"), default="csv")
    one.add_argument("--rater", metavar="ID", help="leave out what this rater judged")
    one.add_argument("--all", action="store_true", help="also what has been judged")
    one.add_argument("--out", type=Path, metavar="FILE")
    one = command(import_)
    one.add_argument("file", type=Path, metavar="FILE", help="CSV, RIS or Rayyan's zip")
    one.add_argument("--tool", choices=tools, help="by default told by the file")
    one.add_argument(
        "--rater", required=True, nargs="+", metavar="RATER",
        help="whose decisions: a rater, or Name=rater of each",
    )  # fmt: skip
    one = command(conflicts)
    one.add_argument(
        "--settled", action="store_true", help="also those that have a consensus"
    )
    command(agree)
    one = top(prisma)
    kinds = one.add_mutually_exclusive_group()
    for kind, what in (("csv", "the template of the PRISMA2020 R package"),
                       ("json", "the number in each box"), ("svg", "the diagram"),
                       ("png", "the diagram as a bitmap")):  # fmt: skip
        kinds.add_argument(f"--{kind}", dest="as_", action="store_const", const=kind,
                           help=what)  # fmt: skip
    one.add_argument("--from", dest="source", type=Path, metavar="FILE",
                     help="a filled-in template, in place of these data")  # fmt: skip
    one.add_argument("--out", type=Path, metavar="FILE")
