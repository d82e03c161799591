"""``personomics screening`` and ``personomics prisma``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from personomics.cli_words import DONE, FAILED, Add, abstracts, data, say
from personomics.words import counted


def export(args: argparse.Namespace) -> int:
    """Write the articles to screen as a file for ASReview or Rayyan."""
    from personomics import screening_tools

    text, number = screening_tools.export(
        data(), args.tool, args.format, rater=args.rater or "",
        only="all" if args.all else "unscreened", abstracts=abstracts(),
    )  # fmt: skip
    put(text, args.out)
    where = f" written to {args.out}" if args.out else ""
    all_judged = "" if number or args.all else ": all have been judged"
    say(counted(number, "article") + where + all_judged)
    return DONE


def import_(args: argparse.Namespace) -> int:
    """Take decisions made in ASReview or Rayyan into the table of screening.

    Nothing is overwritten: a decision that differs from the one in the table is listed.
    """
    from personomics import screening_tools

    folder, raters = data(), whose(args.rater)
    decisions = screening_tools.read(args.file, args.tool or "")
    made = screening_tools.import_decisions(folder, decisions, raters)
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
    failed = bool(made.conflicts or made.unclear)
    say(
        f"{counted(made.added, 'decision')} added, {made.same} known already, "
        f"{len(made.conflicts)} differ and were not taken, {made.undecided} undecided"
        + ("" if failed else "; next: personomics screening conflicts")
    )
    return FAILED if failed else DONE


def conflicts(args: argparse.Namespace) -> int:
    """List the articles on which the raters differ."""
    from personomics import screening_tools

    folder = data()
    found = screening_tools.conflicts(folder, settled=args.settled)
    for one in found:
        print(one)
    unsettled = any(not one.settled for one in found)
    what = f": settle each with a row of the consensus in {folder / 'screening.csv'}"
    say(counted(len(found), "conflict") + what * unsettled)
    return DONE


def agree(_: argparse.Namespace) -> int:
    """Write the consensus where two or more raters gave the same verdict."""
    from personomics import screening_tools

    folder = data()
    done = screening_tools.agree(folder)
    for article in done:
        print(article)
    left = len(screening_tools.conflicts(folder))
    see = ", see: personomics screening conflicts" * bool(left)
    written = f"consensus written for {counted(len(done), 'article')}"
    say(f"{written}; {counted(left, 'conflict')} left{see}")
    return DONE


def prisma(args: argparse.Namespace) -> int:
    """Print or draw the PRISMA 2020 flow diagram.

    With --from it is drawn from the typed numbers of a PRISMA2020 template, which are
    checked first.
    """
    from personomics import flow, prisma, prisma_sums, prisma_template
    from personomics.dataset import load

    if args.source and args.as_ == "csv":
        msg = f"--csv: {args.source} is that template already"
        raise ValueError(msg)
    if args.source:
        counts = prisma_template.read(args.source)
        figure = prisma.template_figure(counts)
        wrong = prisma_sums.problems(counts)
    else:
        ds, wrong = load(), ()
        counts, figure = flow.counts(ds), prisma.flow_figure(ds)
    if args.as_ in ("svg", "png"):
        put(figure.png if args.as_ == "png" else figure.file, args.out)
    elif args.as_ == "json":
        put(json.dumps({**counts.n}, indent=1) + "\n", args.out)
    elif args.as_ == "csv":
        put(prisma_template.export(ds), args.out)
    else:
        rows = figure.table.to_dict("records")
        put("".join("\t".join(map(str, r.values())) + "\n" for r in rows), args.out)
    if args.out:
        say(f"{args.out}: written")
    for sentence in (*counts.remarks, *wrong):
        say(sentence)
    if args.source:
        verdict = counted(len(wrong), "mistake") if wrong else "the numbers add up"
        say(f"{args.source}: {verdict}")
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
    if path is None and isinstance(content, str) and sys.stdout.isatty():
        print(content, end="")  # in what letters the terminal has
    elif path is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
    elif path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else "its folder does not exist"
        msg = f"{path}: {what}; give the name of a file, in a folder that exists"
        raise ValueError(msg)
    else:
        files.write(path, data)


def add(command: Add, top: Add) -> None:
    """Add the commands of ``personomics screening``, and ``personomics prisma``."""
    tools = ("asreview", "rayyan")
    one = command(export)
    one.add_argument("--tool", required=True, choices=tools, help="who will read it")
    one.add_argument(
        "--format", choices=("csv", "ris"), default="csv", help="by default csv"
    )
    one.add_argument("--rater", metavar="ID", help="leave out what this rater judged")
    one.add_argument("--all", action="store_true", help="also what has been judged")
    one.add_argument("--out", type=Path, metavar="FILE", help="in place of printing it")
    one = command(import_)
    one.add_argument("file", type=Path, metavar="FILE", help="CSV, RIS or Rayyan's zip")
    one.add_argument("--tool", choices=tools, help="by default told by the file")
    one.add_argument(
        "--rater", required=True, action="append", metavar="RATER",
        help="whose decisions: a rater; for a file of several people, Name=rater of "
        "each, the option once for each",
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
    one.add_argument("--out", type=Path, metavar="FILE", help="in place of printing it")
