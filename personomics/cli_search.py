"""``personomics search``: from the strategy to records in the tables."""

from __future__ import annotations

import argparse
import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

from personomics.cli_words import DONE, FAILED, Add, print_json, say
from personomics.words import counted, listed

if TYPE_CHECKING:
    from personomics.records import Record
    from personomics.snapshots import Snapshot
    from personomics.strategy import Strategy

#: Where unfinished searches and abstracts are kept, inside the folder ``search``.
CACHE = ".cache"
FOUND_BY = ("database", "register", "website", "organisation", "citation searching")


def show(args: argparse.Namespace) -> int:
    """Print the exact string for PubMed."""
    from personomics.strategy import query

    print(query(plan(args)))
    return DONE


def lint(args: argparse.Namespace) -> int:
    """Find mistakes in the strategy, by line and column."""
    from personomics.strategy.lint import lint as check

    path = strategy_file(args)
    found = check(path)
    for problem in found.errors:
        print(problem)
    for problem in found.advice:
        print(f"advice: {problem}")
    mistakes = counted(len(found.errors), "mistake")
    say(f"{mistakes} and {len(found.advice)} of advice in {path}")
    return FAILED if found.errors else DONE


def run(args: argparse.Namespace) -> int:
    """Search PubMed through NCBI E-utilities and keep the result as a snapshot.

    Give the same command again to go on where it stopped.
    """
    from personomics import snapshots
    from personomics.pubmed import run as search_run
    from personomics.pubmed.eutils import BASE_URL, Client
    from personomics.strategy import fingerprint, query
    from personomics.strategy.lint import lint as check

    path = strategy_file(args)
    if found := check(path).errors:
        print("\n".join(map(str, found)))
        say(f"not sent: {counted(len(found), 'mistake')} in {path}")
        return FAILED
    wanted = plan(args)
    key = os.environ.get("NCBI_API_KEY", "").strip()
    client = Client(email=args.email, api_key=key, base_url=args.base_url or BASE_URL)
    folder = home()
    cache = folder / CACHE
    cache.mkdir(parents=True, exist_ok=True)
    (cache / ".gitignore").write_text("*\n", encoding="utf-8")
    made = search_run.run(
        query(wanted), client, folder=folder, cache=cache,
        strategy_digest=fingerprint(wanted), batch=args.batch or search_run.BATCH,
    )  # fmt: skip
    meta = snapshots.read(made).meta
    print(made)
    say(f"{meta['retrieved']:,} of {meta['count']:,} records")
    return DONE


def delta(args: argparse.Namespace) -> int:
    """Say what a later snapshot has that an earlier one has not."""
    from personomics import snapshots

    old, new = snapshot(args.old), snapshot(args.new)
    found = snapshots.delta(old, new)
    if args.json:
        parts = {"old": old.id, "new": new.id, "same_query": found.same_query}
        print_json({
            **parts,
            "added": [dataclasses.asdict(r) for r in found.new],
            "gone": [dataclasses.asdict(r) for r in found.gone],
            "changed": [{"record_id": c.new.record_id, "fields": c.fields,
                         "old": [getattr(c.old, f) for f in c.fields],
                         "new": [getattr(c.new, f) for f in c.fields]}
                        for c in found.changed],
        })  # fmt: skip
        return DONE
    for mark, records in (("new", found.new), ("gone", found.gone)):
        for record in records:
            print(f"{mark}\t{line(record)}")
    for change in found.changed:
        print(f"changed\t{line(change.new)}\t{', '.join(change.fields)}")
    parted = "" if found.same_query else "; the two did not ask for the same"
    say(
        f"{old.id} to {new.id}: {len(found.new)} new, {len(found.gone)} gone, "
        f"{len(found.changed)} changed{parted}"
    )
    return DONE


def import_(args: argparse.Namespace) -> int:
    """Keep the export of another database as a snapshot.

    Reads RIS, NBIB, BibTeX, PubMed XML, Web of Science text and CSV.
    """
    from personomics import imports, snapshots

    found = imports.read(args.file)
    problems = [str(problem) for problem in found.problems]
    for problem in problems:
        say(problem)
    read = f"{counted(len(found.records), 'record')} read from {args.file.name}"
    lost = f"{found.lost} not" if found.lost else "none lost"
    if not found.records or (found.lost and not args.partial):
        say(f"{read} ({found.format}), {lost}; nothing is written. "
            "Mend the file, or take what was read with --partial")  # fmt: skip
        return FAILED
    folder = home()
    folder.mkdir(exist_ok=True)
    made = snapshots.write_import(
        folder,
        found.records,
        source=args.source,
        file=args.file,
        problems=problems,
        lost=found.lost,
    )
    print(made)
    say(f"{read} ({found.format}), {lost}")
    return DONE


def adopt(args: argparse.Namespace) -> int:
    """Take the records of snapshots into the tables, after looking for duplicates."""
    from personomics import adopt as work

    made = work.adopt(
        data(), args.snapshots, found_by=args.found_by, source=args.source or "",
        abstracts=abstracts(),
    )  # fmt: skip
    for note in made.notes:
        say(note)
    known = f"; {made.known} were in the tables already" if made.known else ""
    say(
        f"{counted(made.records, 'record')} and {counted(made.articles, 'article')} "
        f"added, {counted(made.duplicates, 'duplicate')} linked{known}"
    )
    if made.missing:
        say(f"{counted(made.missing, 'record')} the source counted but did not give")
    if made.maybe:
        say(f"{counted(made.maybe, 'pair')} may be duplicates: write same or distinct "
            "into data/duplicates.csv, then: personomics search settle")  # fmt: skip
    return DONE


def settle(_: argparse.Namespace) -> int:
    """Apply what a person decided on possible duplicates."""
    from personomics.settle import settle as work

    made = work(data(), abstracts=abstracts())
    for note in made.notes:
        say(note)
    for record, article in made.merged:
        print(f"{record} is a duplicate of {article}")
    for record, article in made.restored:
        print(f"{record} is an article of its own again: {article}")
    say(
        f"{len(made.merged)} merged, {len(made.restored)} restored, "
        f"{counted(made.waiting, 'pair')} waiting for a decision"
    )
    return DONE


def rehearse(args: argparse.Namespace) -> int:
    """Try the strategy on Medline files, without the network."""
    from personomics import rehearsal
    from personomics.progress import Progress
    from personomics.rehearsal.evaluate import rehearse_files

    progress = Progress()
    seen = 0

    def one_more() -> None:
        nonlocal seen
        seen += 1
        if not seen % 5000:
            progress.say(f"{seen:,} records read")

    found = rehearse_files(plan(args), args.files, one_more)
    if args.json:
        print(rehearsal.to_json(found), end="")
    else:
        for block in found.blocks:
            print(f"{shown(block.hits)}\t{block.name}\t"
                  f"without it the search finds {shown(block.without)}")  # fmt: skip
            for term in block.terms:
                note = f"\t{term.note}" if term.note else ""
                print(f"{shown(term.hits)}\t  {term.term}\t"
                      f"{shown(term.lost)} lost without it{note}")  # fmt: skip
        for limit in found.limits:
            print(f"{shown(limit.hits)}\t{limit.term}\ta limit")
        items = f"{len(found.known_found)} of {len(found.known_in_sample)}"
        print(f"{found.hits}\tthe whole string, of {found.sample.records:,} records; "
              f"known items in these files and found: {items}")  # fmt: skip
    if args.store:
        print(rehearsal.store(found, data(), args.store))
    return DONE


def add(command: Add) -> None:
    """Add the commands of ``personomics search``."""
    for run_it in (show, lint):
        with_strategy(command(run_it))
    one = with_strategy(command(run))
    one.add_argument("--email", required=True, help="sent to NCBI, as it asks")
    one.add_argument("--base-url", metavar="URL", help="a mirror or a test server")
    one.add_argument("--batch", type=int, metavar="N", help="records fetched at once")
    one = command(delta)
    one.add_argument("old", metavar="OLD", help="a snapshot, by name or folder")
    one.add_argument("new", metavar="NEW", help="a later one")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one = command(import_)
    one.add_argument("file", type=Path, metavar="FILE")
    one.add_argument("--source", required=True, help="the database, such as Embase")
    one.add_argument("--partial", action="store_true",
                     help="write what could be read, though not all could")  # fmt: skip
    one = command(adopt)
    one.add_argument("snapshots", nargs="+", metavar="SNAPSHOT")
    one.add_argument("--found-by", choices=FOUND_BY, default="database")
    one.add_argument("--source", help="name of the source, if not the snapshot's own")
    command(settle)
    one = with_strategy(command(rehearse))
    one.add_argument(
        "files", nargs="+", type=Path, metavar="FILE",
        help="Medline XML, plain or gzipped, or a folder of it",
    )  # fmt: skip
    one.add_argument("--store", metavar="NAME", help="keep it in the data folder")
    one.add_argument("--json", action="store_true", help="print one JSON object")


def with_strategy(one: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Let a command take another strategy file than that of the data."""
    one.add_argument("--strategy", type=Path, metavar="FILE",
                     help="by default search/strategy.toml of the data")  # fmt: skip
    return one


def data() -> Path:
    """Return the data folder in use."""
    from personomics.dataset import folder_in_use

    return folder_in_use()


def home() -> Path:
    """Return the folder of the data that holds everything about the search."""
    return data() / "search"


def strategy_file(args: argparse.Namespace) -> Path:
    """Return the strategy file that a command is about."""
    from personomics.strategy import FILE

    return Path(args.strategy) if args.strategy else data() / FILE


def plan(args: argparse.Namespace) -> Strategy:
    """Return the strategy that a command is about."""
    from personomics.strategy import read

    return read(strategy_file(args))


def snapshot(name: str) -> Snapshot:
    """Return a snapshot given by its name or its folder."""
    from personomics import snapshots

    folder = home() / "snapshots"
    path = folder / name if (folder / name).is_dir() else Path(name)
    if not path.is_dir():
        known = listed(snapshots.names(home()), none="none yet")
        msg = f"no snapshot {name!r}; there are: {known}"
        raise ValueError(msg)
    return snapshots.read(path)


def abstracts() -> dict[str, str]:
    """Return the abstracts at hand, by PMID."""
    from personomics import snapshots

    found: dict[str, str] = {}
    for one in snapshots.all(home()):
        found |= snapshots.abstracts(home() / CACHE, one)
    return found


def line(record: Record) -> str:
    """Return a record as one line of text for a terminal."""
    from personomics.tables import one_line

    return one_line(f"{record.record_id}: {record.title or '(no title)'}")


def shown(number: int | None) -> str:
    """Return a count for a table on the terminal."""
    return "?" if number is None else str(number)
