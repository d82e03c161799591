"""Run a search on PubMed, from where it stopped, into a snapshot.

What has come is kept in a cache folder, a file for each batch, so that a run that was
stopped in whatever way goes on when the same command is given again, and writes the
same bytes as one that was not stopped. The list of PMIDs is that of the day on which
the search was sent, and so is the date of the snapshot: a run that goes on days later
fetches the rest by PMID. After a week (``search_work.KEPT_DAYS``) the search is sent
anew, because by then its list is old.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import hashlib
import json
import shutil
from pathlib import Path

from personomics import snapshots
from personomics.files import locked, sweep, write
from personomics.progress import Progress
from personomics.pubmed.eutils import Client, ServerError
from personomics.pubmed.fetch import Fetcher
from personomics.pubmed.plan import plan
from personomics.pubmed.work import Work
from personomics.records import Record, to_csv

#: Records fetched at once, by default and at most.
BATCH, MOST = 500, 5000


def run(
    query: str,
    client: Client,
    *,
    folder: Path,
    cache: Path,
    strategy_digest: str = "",
    date: datetime.date | None = None,
    batch: int = BATCH,
    progress: Progress | None = None,
) -> Path:
    """Search PubMed and write a snapshot, going on where an earlier run stopped.

    Parameters
    ----------
    query : str
        Query in PubMed syntax, sent as it is.
    client : Client
        Asks the server.
    folder : Path
        The folder ``search`` of a data folder.
    cache : Path
        A folder outside version control: unfinished work, and abstracts.
    strategy_digest : str
        SHA-256 of the strategy from which the query was made.
    date : date, optional
        By default today.
    batch : int
        Records fetched at once.
    progress : Progress, optional
        Where to say how far it is; by default standard error.

    Returns
    -------
    Path
        The folder of the snapshot.

    Raises
    ------
    ValueError
        If the query is empty or the batch too large.
    OSError
        If the server, the disk or another run stands in the way; the message ends
        with what is kept.
    """
    if not query.strip():
        msg = "the query is empty"
        raise ValueError(msg)
    if not 1 <= batch <= MOST:
        msg = f"batches of {batch} records are not possible; allowed: 1 to {MOST}"
        raise ValueError(msg)
    cache.mkdir(parents=True, exist_ok=True)
    progress = progress or Progress()
    client.say = progress.say
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(cache, wait=False))
        except BlockingIOError:
            msg = f"{cache}: another search is running; wait until it has ended"
            raise OSError(msg) from None
        stack.callback(progress.close)
        work = Work(cache, query, client.base_url)
        try:
            today = date or datetime.date.today()
            if not work.resume(today, progress):
                found = plan(client, query, today)
                work.begin(found, today, batch, strategy_digest)
            collect(work, client, progress)
            return finish(work, folder, progress)
        except OSError as error:
            msg = f"{error}; {work.kept()}"
            raise OSError(msg) from error
        except (KeyboardInterrupt, SystemExit):
            progress.say(f"stopped; {work.kept()}")
            raise


def collect(work: Work, client: Client, progress: Progress) -> None:
    """Fetch each batch that is not kept yet."""
    todo = [batch for batch in work.batches() if work.kept_batch(batch) is None]
    count = work.state["count"]
    progress.start(count - sum(len(batch.ids) for batch in todo), count)
    fetcher = Fetcher(client)
    for batch in todo:
        records, missing = fetcher.fetch(batch)
        work.keep(batch, records, missing)
        progress.advance(len(batch.ids))


def finish(work: Work, folder: Path, progress: Progress) -> Path:
    """Write the snapshot of a search whose batches are all there.

    The name is noted before it is used, so that a run that is killed in between finds
    its own snapshot and does not write it again under the next number.
    """
    records, missing, texts = gather(work)
    believe(work, len(records), len(missing))
    names = ("date", "query", "translation", "warnings", "count", "strategy_sha256")
    meta = {
        "kind": "search", "source": "PubMed", "interface": "NCBI E-utilities",
        "base_url": work.base_url, **{name: work.state[name] for name in names},
        "retrieved": len(records), "missing": missing,
    }  # fmt: skip
    pmids = sorted([*missing, *(r.pmid for r in records)], key=int)
    files = {
        snapshots.PMIDS: "".join(f"{pmid}\n" for pmid in pmids),
        snapshots.RECORDS: to_csv(records),
    }
    digest = hashlib.sha256(files[snapshots.RECORDS].encode()).hexdigest()
    path = snapshots.abstracts_file(work.cache, digest)
    path.parent.mkdir(exist_ok=True)
    sweep(path.parent)
    write(path, (json.dumps(pair) + "\n" for pair in texts))
    date = datetime.date.fromisoformat(work.state["date"])
    noted = work.folder / "name"
    while True:
        name = noted.read_text("utf-8") if noted.exists() else ""
        if not snapshots.NAME.fullmatch(name):
            name = snapshots.next_name(folder, date)
            write(noted, name)
        path = folder / "snapshots" / name
        if path.exists() and not snapshots.same(path, meta, files):
            noted.unlink()
            continue
        if not path.exists():
            snapshots.publish(path, meta, files)
        break
    # First what says that there is a search, so that half a rest is no search.
    (work.folder / "search.json").unlink()
    shutil.rmtree(work.folder, ignore_errors=True)
    tell(work, missing, progress)
    return path


def believe(work: Work, came: int, missing: int) -> None:
    """Refuse a search of which more is missing than PubMed ever withholds.

    What was missing is then asked for again by the next run.
    """
    total = came + missing
    if missing <= max(10, total // 10) and (came or total < 2):
        return
    for batch in work.batches():
        kept = work.kept_batch(batch)
        if kept is None or kept[1]:
            work.path(batch).unlink(missing_ok=True)
    msg = (f"{work.base_url}efetch.fcgi: gives only {came:,} of {total:,} records "
           "that it found")  # fmt: skip
    raise ServerError(msg)


def gather(
    work: Work,
) -> tuple[list[Record], list[str], list[tuple[str, str]]]:
    """Return records in the order of their PMIDs, the missing, and the abstracts."""
    records: list[Record] = []
    missing: list[str] = []
    texts: list[tuple[str, str]] = []
    for batch in work.batches():
        kept = work.kept_batch(batch)
        if kept is None:
            msg = f"{work.path(batch)}: has been changed or deleted"
            raise OSError(msg)
        missing += kept[1]
        for record in kept[0]:
            if record.abstract:
                texts.append((record.pmid, record.abstract))
            records.append(dataclasses.replace(record, abstract=""))
    records.sort(key=lambda record: int(record.pmid))
    texts.sort(key=lambda pair: int(pair[0]))
    return records, sorted(missing, key=int), texts


def tell(work: Work, missing: list[str], progress: Progress) -> None:
    """Say what a person must know of a search that is complete."""
    for kind, words in work.state["warnings"]:
        progress.say(f"PubMed's {kind}: {words!r}")
    if missing:
        progress.say(
            f"{len(missing)} of {work.state['count']:,} records PubMed found but does "
            f"not give, not even one by one; listed as missing: {', '.join(missing)}"
        )
