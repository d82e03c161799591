"""The records of a search, batch by batch, none more and none fewer than asked for."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from personomics import medline
from personomics.pubmed.answers import AttemptError
from personomics.pubmed.eutils import Client, ServerError
from personomics.pubmed.plan import Part
from personomics.records import Record


@dataclass(frozen=True)
class Batch:
    """Records that are fetched together.

    Attributes
    ----------
    number : int
        Its place in the search, from 0.
    part : Part
        The part of the search to which it belongs.
    start : int
        Place in the part of its first record.
    ids : tuple of str
        The PMIDs it must hold.
    """

    number: int
    part: Part
    start: int
    ids: tuple[str, ...]


class Fetcher:
    """Fetches batches from the history server and, where that fails, by PMID.

    Parameters
    ----------
    client : Client
        Asks the server.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.lost: set[str] = set()

    def fetch(self, batch: Batch) -> tuple[list[Record], list[str]]:
        """Return the records of a batch, and the PMIDs for which there is none.

        A record is missing when the server does not give it alone either, as for one
        deleted since the search.

        Raises
        ------
        ServerError
            If the server fails for good, or more are missing than can be believed.
        """
        got = self.from_history(batch)
        rest, idle = [i for i in batch.ids if i not in got], 0
        while rest and idle < 2:
            new = self.by_id(rest)
            idle = 0 if new else idle + 1
            got |= new
            rest = [i for i in rest if i not in got]
        if len(rest) > max(10, len(batch.ids) // 10):
            msg = (f"{self.client.base_url}efetch.fcgi: gives only {len(got)} of "
                   f"{len(batch.ids)} records that it found")  # fmt: skip
            raise ServerError(msg)
        for pmid in rest if len(rest) > 1 else ():
            got |= self.by_id([pmid])
        return (
            [got[i] for i in batch.ids if i in got],
            [i for i in batch.ids if i not in got],
        )

    def from_history(self, batch: Batch) -> dict[str, Record]:
        """Fetch a batch from the history server; nothing if that has lost it."""
        part = batch.part
        if not part.web_env or part.web_env in self.lost:
            return {}
        fields = {
            "WebEnv": part.web_env, "query_key": part.query_key,
            "retstart": batch.start, "retmax": len(batch.ids),
        }  # fmt: skip
        try:
            return self.post(fields, batch.ids, refusals=1)
        except ServerError as error:
            if not error.refused:
                raise
            self.lost.add(part.web_env)
            self.client.say(f"{error}; going on by PMID")
            return {}

    def by_id(self, ids: Sequence[str]) -> dict[str, Record]:
        """Fetch records by their PMIDs."""
        try:
            return self.post({"id": ",".join(ids)}, ids)
        except ServerError as error:
            if error.refused and "ID list is empty" in str(error):
                return {}
            raise

    def post(
        self, fields: dict[str, Any], ids: Collection[str], **how: int
    ) -> dict[str, Record]:
        """Ask EFetch for records; some may be lacking, none may be another's."""
        form = {"db": "pubmed", "retmode": "xml", **fields}
        wanted = frozenset(ids)
        return self.client.post("efetch", form, lambda b: read_set(b, wanted), **how)


def read_set(body: bytes, wanted: Collection[str]) -> dict[str, Record]:
    """Read an answer of EFetch: records by PMID, each wanted, none twice.

    Raises
    ------
    AttemptError
        If it is anything else. Of a record in several versions the latest counts.
    """
    end = body.rstrip()[-40:]
    if b"<PubmedArticleSet" not in body[:2000]:
        msg = "an answer that is no set of records"
        raise AttemptError(msg, refused=True)
    if not end.endswith((b"</PubmedArticleSet>", b"<PubmedArticleSet/>")):
        msg = "a set of records that is cut short"
        raise AttemptError(msg)
    records: dict[str, Record] = {}
    versions: dict[str, int] = {}
    try:
        for citation in medline.read(io.BytesIO(body)):
            if citation.deleted:
                continue
            pmid, version = citation.pmid, int(citation.version or 1)
            if pmid not in wanted or version == versions.get(pmid):
                msg = f"the record {pmid} " + ("twice" if pmid in wanted else "unasked")
                raise AttemptError(msg, refused=True)
            if version > versions.get(pmid, version - 1):
                versions[pmid] = version
                records[pmid] = medline.to_record(citation)
    except (ValueError, SyntaxError) as error:
        msg = f"records that cannot be read: {error}"
        raise AttemptError(msg, refused=True) from None
    return records
