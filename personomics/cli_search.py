"""``personomics search``: from the strategy to records in the tables."""

from __future__ import annotations

import argparse
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from personomics.cli_words import (
    DONE,
    FAILED,
    INTERRUPTED,
    Add,
    abstracts,
    data,
    home,
    print_json,
    say,
    source_name,
)
from personomics.words import counted, listed

if TYPE_CHECKING:
    from personomics.records import Record
    from personomics.snapshots import Snapshot
    from personomics.strategy import Strategy
    from personomics.strategy.lint import Lint

FOUND_BY = ("database", "register", "website", "organisation", "citation searching")


def show(args: argparse.Namespace) -> int:
    """Print the exact string for PubMed."""
    from personomics.strategy import query

    print(query(plan(args)))
    return DONE


def lint(args: argparse.Namespace) -> int:
    """Find mistakes in the strategy, by line and column."""
    found = linted(args)
    for problem in found.errors:
        print(problem)
    for problem in found.advice:
        print(f"advice: {problem}")
    advice = f" and {counted(len(found.advice), 'piece')} of advice"
    say(f"{counted(len(found.errors), 'mistake')}{advice if found.advice else ''} "
        f"in {strategy_file(args)}")  # fmt: skip
    return FAILED if found.errors else DONE


def run(args: argparse.Namespace) -> int:
    """Search PubMed through NCBI E-utilities and keep the result as a snapshot.

    Give the same command again to go on where it stopped. An API key is taken from the
    variable NCBI_API_KEY.
    """
    from personomics import offline, snapshots
    from personomics.pubmed import run as search_run
    from personomics.pubmed.eutils import BASE_URL, Client
    from personomics.strategy import fingerprint, query

    if found := linted(args).errors:
        print("\n".join(map(str, found)))
        say(f"not sent: {counted(len(found), 'mistake')} in {strategy_file(args)}")
        return FAILED
    wanted, folder = plan(args), home()
    key = os.environ.get("NCBI_API_KEY", "").strip()
    client = Client(email=args.email, api_key=key, base_url=args.base_url or BASE_URL)
    offline.allowed(client.base_url)
    from personomics.folder import CACHE

    cache = folder / CACHE
    cache.mkdir(parents=True, exist_ok=True)
    (cache / ".gitignore").write_text("*\n", encoding="utf-8")
    before = [s.id for s in snapshots.all(folder) if s.meta["kind"] == "search"]
    batch = search_run.BATCH if args.batch is None else args.batch
    try:
        made = search_run.run(
            query(wanted), client, folder=folder, cache=cache,
            strategy_digest=fingerprint(wanted), batch=batch,
        )  # fmt: skip
    except KeyboardInterrupt:
        return INTERRUPTED  # it has said how far it came
    meta = snapshots.read(made).meta
    print(made)
    if before and before[-1] != made.name:
        say(f"what is new: personomics search delta {before[-1]} {made.name}")
    say(f"{meta['retrieved']:,} of {meta['count']:,} records; "
        f"next: personomics search adopt {made.name}")  # fmt: skip
    return DONE


def delta(args: argparse.Namespace) -> int:
    """Say what a later snapshot has that an earlier one has not."""
    import dataclasses

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

    folder, found = home(), imports.read(args.file)
    problems = [str(problem) for problem in found.problems]
    for problem in problems:
        say(problem)
    read = f"{counted(len(found.records), 'record')} read from {args.file.name}"
    lost = f"{found.lost} not" if found.lost else "none lost"
    if found.lost and not args.partial:
        say(f"{read} ({found.format}), {lost}; nothing is written. "
            "Mend the file, or take what was read with --partial")  # fmt: skip
        return FAILED
    with args.file.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    for one in snapshots.all(folder):
        if one.meta.get("file", {}).get("sha256") == digest:
            say(f"{args.file.name} has been imported already, as {one.id}; nothing is "
                f"written. Next: personomics search adopt {one.id}")  # fmt: skip
            return FAILED
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
    say(f"{read} ({found.format}), {lost}; next: personomics search adopt {made.name}")
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
    if made.missing:
        say(f"{counted(made.missing, 'record')} the source counted but did not give")
    known = f"{counted(made.known, 'record')} in the tables already"
    if not made.records:
        say(f"nothing to add: {known}")
        return DONE
    added = f"{counted(made.records, 'record')} and {counted(made.articles, 'article')}"
    say(f"{added} added, {counted(made.duplicates, 'duplicate')} linked"
        + (f"; {known}" if made.known else ""))  # fmt: skip
    if made.maybe:
        say(f"{counted(made.maybe, 'pair')} may be duplicates: {decide()}")
    elif made.articles:
        say("next: personomics screening export")
    return DONE


def decide() -> str:
    """Say how a person decides on possible duplicates."""
    file = data() / "duplicates.csv"
    return (f"write same or distinct, and your name, into decision and decided_by of "
            f"{file}, then: personomics search settle")  # fmt: skip


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
    done = f"{len(made.merged)} merged, {len(made.restored)} restored"
    if made.waiting:
        say(f"{done}; {counted(made.waiting, 'pair')} left: {decide()}")
    else:
        say(f"{done}; no pair is left to decide")
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
    if not found.sample.records:
        msg = f"{listed(args.files)}: no Medline record to search; give files of them"
        raise ValueError(msg)
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
        say(f"kept in {rehearsal.store(found, data(), args.store)}")
    return DONE


def add(command: Add) -> None:
    """Add the commands of ``personomics search``."""
    for run_it in (show, lint):
        with_strategy(command(run_it))
    one = with_strategy(command(run))
    one.add_argument("--email", required=True, help="sent to NCBI, as it asks")
    one.add_argument("--base-url", metavar="URL", help="a mirror or a test server")
    one.add_argument("--batch", type=int, metavar="N",
                     help="records fetched at once, by default 500")  # fmt: skip
    one = command(delta)
    one.add_argument("old", metavar="OLD", help="a snapshot, by name or folder")
    one.add_argument("new", metavar="NEW", help="a later one")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one = command(import_)
    one.add_argument("file", type=Path, metavar="FILE", help="the export")
    one.add_argument("--source", type=source_name, required=True, metavar="NAME",
                     help="the database, such as Embase")  # fmt: skip
    one.add_argument("--partial", action="store_true",
                     help="write what could be read, though not all could")  # fmt: skip
    one = command(adopt)
    one.add_argument("snapshots", nargs="+", metavar="SNAPSHOT", help="by name")
    one.add_argument("--found-by", choices=FOUND_BY, default="database", metavar="HOW",
                     help=f"{', '.join(FOUND_BY)}; by default %(default)s")  # fmt: skip
    one.add_argument("--source", type=source_name, metavar="NAME",
                     help="name of the source, if not the snapshot's own")  # fmt: skip
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


def strategy_file(args: argparse.Namespace) -> Path:
    """Return the strategy file that a command is about."""
    from personomics.strategy import FILE

    return Path(args.strategy) if args.strategy else data() / FILE


def plan(args: argparse.Namespace) -> Strategy:
    """Return the strategy that a command is about."""
    from personomics.strategy import read

    return read(strategy_file(args))


def linted(args: argparse.Namespace) -> Lint:
    """Return the mistakes of the strategy that a command is about."""
    from personomics.strategy.lint import lint as check

    path = strategy_file(args)
    try:
        return check(path)
    except UnicodeDecodeError as error:
        msg = f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8"
        raise ValueError(msg) from error


def snapshot(name: str) -> Snapshot:
    """Return a snapshot given by its name or its folder."""
    from personomics import snapshots

    folder = home() / "snapshots"
    path = folder / name if (folder / name).is_dir() else Path(name)
    if not path.is_dir():
        known = listed(snapshots.names(home()), none="none yet")
        msg = f"no snapshot {name!r}; there are: {known}"
        raise ValueError(msg)
    if wrong := snapshots.verify(path):
        raise ValueError("; ".join(wrong[:3]))
    return snapshots.read(path)


def line(record: Record) -> str:
    """Return a record as one line of text for a terminal."""
    from personomics.tables import one_line

    return one_line(f"{record.record_id}: {record.title or '(no title)'}")


def shown(number: int | None) -> str:
    """Return a count for a table on the terminal."""
    return "?" if number is None else str(number)
