"""What the E-utilities answer: a page of a search, or one of many faults."""

from __future__ import annotations

import datetime
import email.utils
import http
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from personomics.schema import CONTROL

if TYPE_CHECKING:
    from lxml import etree

#: PubMed gives out only the first records of a search, through ESearch and from the
#: history alike. NCBI writes 10,000 (Sayers, The E-utilities in-depth, NBK25499); the
#: service refuses a ``retstart`` above 9,998 and cuts a longer page short in silence.
WINDOW = 9_999
ERROR = re.compile(rb"<ERROR>(.*?)</ERROR>", re.DOTALL)
TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
PMID = re.compile("[1-9][0-9]{0,8}")
#: Letters of a translation or an address in the history at most.
LONGEST = 1_000_000


def one_line(words: str) -> str:
    r"""Return words in one line without control characters.

    >>> one_line("a\n b\x9b31m")
    'a b31m'
    """
    return CONTROL.sub("", " ".join(words.split()))


class AttemptError(Exception):
    """One failed attempt, worth another one.

    Parameters
    ----------
    what : str
        What happened, for a person.
    after : float, optional
        Seconds the server asks to wait.
    refused : bool
        Whether the server answered, but not what was asked: tried less often.
    """

    def __init__(self, what: str, *, after: float = 0.0, refused: bool = False) -> None:
        super().__init__(what)
        self.after = after
        self.refused = refused


@dataclass(frozen=True)
class Found:
    """What ESearch says of a search: its count and one page of PMIDs.

    Attributes
    ----------
    count : int
        Records the search finds, given out or not.
    ids : tuple of str
        The PMIDs of this page.
    web_env, query_key : str
        Where the history server keeps the search.
    translation : str
        The query as PubMed understood it.
    warnings : tuple of (str, str)
        What PubMed ignored or did not find: kind and words.
    """

    count: int
    ids: tuple[str, ...]
    web_env: str = ""
    query_key: str = ""
    translation: str = ""
    warnings: tuple[tuple[str, str], ...] = ()


def broken(error: Exception) -> str:
    """Say in words what kept a request from being answered."""
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate could not be verified"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy could not be used"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return "no answer in time"
    if "NameResolution" in repr(error):
        return "the name of the host is unknown"
    if "refused" in repr(error):
        return "the connection was refused"
    return "the connection broke off"


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> AttemptError:
    """Make a fault of an answer whose status is not 200."""
    try:
        what = f"HTTP {status} ({http.HTTPStatus(status).phrase})"
    except ValueError:
        what = f"HTTP {status}"
    if said := words_of(body):
        what += f": {said}"
    lasting = status < 500 and status not in (408, 425, 429)
    return AttemptError(what, after=retry_after(headers), refused=lasting)


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds a server asks to wait, as a number or as a date.

    >>> retry_after({"Retry-After": "7"})
    7.0
    """
    words = headers.get("Retry-After", "").strip()
    if words.isascii() and words.isdigit():
        return float(words[:9])
    until, now = date_of(words), date_of(headers.get("Date", ""))
    if until is None:
        return 0.0
    now = now or datetime.datetime.now(datetime.UTC)
    return max(0.0, (until - now).total_seconds())


def date_of(words: str) -> datetime.datetime | None:
    """Read a date of an HTTP header, if it is one."""
    try:
        date = email.utils.parsedate_to_datetime(words)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=datetime.UTC)


def words_of(body: bytes) -> str:
    """Return what an error page says, as far as it can be told; may be empty."""
    head = body[:20_000]
    if match := ERROR.search(head) or TITLE.search(head):
        return match[1].decode("utf-8", "replace")
    try:
        # A line feed inside NCBI's message makes it JSON only for the lenient.
        said = json.loads(head, strict=False)
    except (ValueError, RecursionError):
        return ""
    return str(said.get("error", "")) if isinstance(said, dict) else ""


def refuse_errors(body: bytes) -> None:
    """Raise a fault for an error that came with status 200."""
    head = body[:20_000].lstrip()
    said = words_of(body)
    if not head:
        msg = "an empty answer"
        raise AttemptError(msg)
    if re.match(rb"(<\?xml[^>]*>\s*)?(<!doctype html|<html)", head, re.IGNORECASE):
        msg = f"a web page in place of an answer: {said}"
        raise AttemptError(msg)
    if head.startswith(b"{"):
        msg = f"an error: {said}"
        raise AttemptError(msg, refused="rate limit" not in said)
    if ERROR.search(head):
        msg = f"an error: {said}"
        raise AttemptError(msg, refused=True)


def found(body: bytes, start: int, size: int) -> Found:
    """Read an answer of ESearch and check its page against its own count."""
    root = parse(body)
    if root.tag != "eSearchResult":
        msg = "an answer that is none of ESearch"
        raise AttemptError(msg, refused=True)
    count, first = (root.findtext(name, "") for name in ("Count", "RetStart"))
    ids = tuple((node.text or "").strip() for node in root.iterfind("IdList/Id"))
    if not re.fullmatch("[0-9]{1,9}", count) or first != str(start):
        msg = "an answer without its count or for another page"
        raise AttemptError(msg, refused=True)
    due = max(0, min(size, min(int(count), WINDOW) - start))
    if odd := next((i for i in ids if not PMID.fullmatch(i)), None):
        msg = f"{odd[:40]!r} among the PMIDs"
        raise AttemptError(msg, refused=True)
    if len(ids) != due or len(set(ids)) != due:
        msg = f"{len(set(ids))} PMIDs where {due} are due (count {count})"
        raise AttemptError(msg, refused=True)
    notes = tuple(
        (str(node.tag), one_line(node.text or ""))
        for part in ("ErrorList", "WarningList")
        for node in root.iterfind(f"{part}/*")
        if (node.text or "").strip()
    )
    env, key, means = (
        root.findtext(name, "") for name in ("WebEnv", "QueryKey", "QueryTranslation")
    )
    if max(len(env), len(key), len(means)) > LONGEST:
        msg = f"an answer with a field of more than {LONGEST:,} letters"
        raise AttemptError(msg, refused=True)
    return Found(int(count), ids, env, key, one_line(means), notes)


def parse(body: bytes) -> etree._Element:
    """Parse a small XML answer without entities and without the network."""
    from lxml import etree

    if b"<!ENTITY" in body:
        msg = "an answer that declares entities"
        raise AttemptError(msg, refused=True)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        msg = "an answer that is not well-formed XML"
        raise AttemptError(msg, refused=True) from None
