"""The unfinished work of a search, kept so that it can go on after any stop."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from personomics import __version__
from personomics.files import write
from personomics.progress import Progress
from personomics.pubmed.fetch import Batch
from personomics.pubmed.plan import Part, Plan
from personomics.records import Record

#: Days after which an unfinished search is not continued.
KEPT_DAYS = 7
GOES_ON = "the same command goes on from there"


class Work:
    """The unfinished work of one query on one server, in the cache.

    Parameters
    ----------
    cache : Path
        The cache folder.
    query, base_url : str
        What is asked, and where.
    """

    def __init__(self, cache: Path, query: str, base_url: str) -> None:
        key = json.dumps([query, base_url])
        digest = hashlib.sha256(key.encode()).hexdigest()
        self.cache = cache
        self.folder = cache / "unfinished" / digest[:16]
        self.query = query
        self.base_url = base_url
        self.state: dict[str, Any] = {}
        self.parts: list[Part] = []

    def resume(self, today: datetime.date, progress: Progress) -> bool:
        """Read the state of an earlier run, and say whether there is one to go on."""
        try:
            state = json.loads((self.folder / "search.json").read_text("utf-8"))
            parts = [Part(tuple(p["ids"]), p["env"], p["key"]) for p in state["parts"]]
            sent = datetime.date.fromisoformat(state["date"])
            size, version = int(state["batch"]), state["version"]
        except FileNotFoundError:
            return False
        except (ValueError, KeyError, TypeError):
            progress.say("the unfinished search cannot be read: searching anew")
            return False
        if version != __version__ or (today - sent).days > KEPT_DAYS or size < 1:
            progress.say(
                f"the unfinished search of {sent} is more than {KEPT_DAYS} days old or "
                "of another version: searching anew"
            )
            return False
        self.state, self.parts = state, parts
        progress.say(f"going on with the search of {sent}: {self.here()}")
        return True

    def begin(
        self, found: Plan, today: datetime.date, batch: int, strategy: str
    ) -> None:
        """Keep what the search found; from here on it is not sent again."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.parts = list(found.parts)
        self.state = {
            "version": __version__, "query": self.query, "base_url": self.base_url,
            "date": today.isoformat(), "batch": batch, "strategy_sha256": strategy,
            "count": found.count, "translation": found.translation,
            "warnings": [list(pair) for pair in found.warnings],
            "parts": [{"ids": p.ids, "env": p.web_env, "key": p.query_key}
                      for p in found.parts],
        }  # fmt: skip
        write(self.folder / "search.json", json.dumps(self.state))

    def batches(self) -> Iterator[Batch]:
        """Yield the batches in which the records come."""
        size, number = self.state["batch"], 0
        for part in self.parts:
            for start in range(0, len(part.ids), size):
                yield Batch(number, part, start, part.ids[start : start + size])
                number += 1

    def path(self, batch: Batch) -> Path:
        """Return where a batch is kept."""
        return self.folder / f"{batch.number:05}.jsonl"

    def keep(self, batch: Batch, records: list[Record], missing: list[str]) -> None:
        """Keep a batch: the missing on the first line, then a record on each."""
        lines = [missing, *(dataclasses.asdict(record) for record in records)]
        write(self.path(batch), (json.dumps(line) + "\n" for line in lines))

    def kept_batch(self, batch: Batch) -> tuple[list[Record], list[str]] | None:
        """Return a batch that was kept whole, or nothing."""
        try:
            first, *lines = self.path(batch).read_text("utf-8").splitlines()
            missing = [str(pmid) for pmid in json.loads(first)]
            records = [Record(**json.loads(line)) for line in lines]
        except (FileNotFoundError, ValueError, TypeError):
            return None
        there = [record.record_id for record in records] + missing
        return (records, missing) if sorted(there) == sorted(batch.ids) else None

    def here(self) -> str:
        """Say how many records are kept."""
        done = sum(len(b.ids) for b in self.batches() if self.path(b).exists())
        return f"{done:,} of {self.state['count']:,} records are here"

    def kept(self) -> str:
        """Say what a run that stops leaves behind."""
        if not self.state:
            return "no records were fetched yet; the same command starts again"
        return f"{self.here()}, and {GOES_ON}"
