"""Every PMID of a search, though PubMed gives out only the first of each."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from personomics.pubmed.answers import WINDOW, Found
from personomics.pubmed.eutils import Client, ServerError

#: Days between which every record has entered PubMed.
FIRST_DAY, LAST_DAY = datetime.date(1800, 1, 1), datetime.date(3000, 12, 31)
#: When records began to enter; only a guess where to cut first.
EARLY = datetime.date(1965, 1, 1)
#: Times a search is sent again because its result changed on the way.
SEARCHES = 6
Days = tuple[datetime.date, datetime.date]


class ChangedError(Exception):
    """The result of the search changed while it was being read."""


@dataclass(frozen=True)
class Part:
    """Part of a search that the history server gives out whole.

    Attributes
    ----------
    ids : tuple of str
        PMIDs in the order of the server.
    web_env, query_key : str
        Where the history server keeps the part.
    """

    ids: tuple[str, ...]
    web_env: str
    query_key: str


@dataclass(frozen=True)
class Plan:
    """A search as PubMed answered it: what it finds, in parts.

    Attributes
    ----------
    count : int
        Records of the search; the parts hold as many PMIDs, each once.
    translation : str
        The query as PubMed understood it.
    warnings : tuple of (str, str)
        What PubMed ignored or did not find.
    parts : tuple of Part
        One, or as many as :data:`WINDOW` requires.
    """

    count: int
    translation: str
    warnings: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]


def plan(client: Client, query: str, today: datetime.date, page: int = WINDOW) -> Plan:
    """Search, and search again while the result changes on the way.

    A search of more than :data:`WINDOW` records is cut by the day on which records
    entered PubMed, until each part is small enough. The parts must add up to the count
    of the whole, no PMID twice; if they do not, PubMed has changed meanwhile.

    Parameters
    ----------
    client : Client
        Asks the server.
    query : str
        Query in PubMed syntax.
    today : date
        Where to expect the latest records.
    page : int
        PMIDs asked for at once.

    Raises
    ------
    ServerError
        If the result changed during every attempt, or one day has too many records.
    """
    for tries in range(1, SEARCHES + 1):
        try:
            return attempt(client, query, today, page)
        except ChangedError as error:
            change = str(error)
        if tries < SEARCHES:
            client.say(f"{change}; searching again")
            client.manner.sleep(client.pause(tries))
    msg = f"{client.base_url}: in each of {SEARCHES} searches {change}"
    raise ServerError(msg)


def attempt(client: Client, query: str, today: datetime.date, page: int) -> Plan:
    """Search once, in parts if need be, and check that the parts make the whole."""
    whole, part = search(client, query, None, page)
    parts = [part] if part else []
    if whole.count > WINDOW:
        client.say(
            f"PubMed finds {whole.count:,} records and gives out {WINDOW:,} of a "
            "search; asking for them by the day they entered PubMed"
        )
        parts = split(client, query, today, page)
    ids = [pmid for part in parts for pmid in part.ids]
    if len(set(ids)) != whole.count or len(ids) != whole.count:
        msg = f"the count was {whole.count:,} and then {len(set(ids)):,} PMIDs came"
        raise ChangedError(msg)
    return Plan(whole.count, whole.translation, whole.warnings, tuple(parts))


def search(
    client: Client, query: str, days: Days | None, page: int
) -> tuple[Found, Part | None]:
    """Search and turn the pages; no part if the result is empty or too large."""
    first = client.search(query, size=page, dates=days)
    if not 0 < first.count <= WINDOW:
        return first, None
    ids = list(first.ids)
    while len(ids) < first.count:
        more = client.search(query, start=len(ids), size=page, dates=days)
        if more.count != first.count:
            msg = f"the count changed from {first.count:,} to {more.count:,}"
            raise ChangedError(msg)
        ids += more.ids
    return first, Part(tuple(ids), first.web_env, first.query_key)


def split(client: Client, query: str, today: datetime.date, page: int) -> list[Part]:
    """Cut a search by days of entry until each part is given out whole."""
    parts = []
    todo = halves(FIRST_DAY, LAST_DAY, today)
    while todo:
        first, last = todo.pop()
        found, part = search(client, query, (first, last), page)
        if part:
            parts.append(part)
        elif found.count and first == last:
            msg = (f"the search finds {found.count:,} records that entered PubMed on "
                   f"{first}, and PubMed gives out {WINDOW:,}: narrow it, for example "
                   "into two searches by year of publication")  # fmt: skip
            raise ServerError(msg)
        elif found.count:
            todo += halves(first, last, today)
    return parts


def halves(
    first: datetime.date, last: datetime.date, today: datetime.date
) -> list[Days]:
    """Cut a span of days in two, in the middle of the years that have records.

    >>> day = datetime.date
    >>> [later, earlier] = halves(day(2000, 1, 1), day(2000, 1, 4), day(2026, 1, 1))
    >>> print(*earlier, *later)
    2000-01-01 2000-01-02 2000-01-03 2000-01-04
    """
    low, high = max(first, EARLY), min(last, today + datetime.timedelta(2))
    if low >= high:
        low, high = first, last
    middle = low + (high - low) // 2
    return [(middle + datetime.timedelta(1), last), (first, middle)]
