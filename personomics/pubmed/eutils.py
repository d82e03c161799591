"""A polite client of NCBI's E-utilities that believes no answer unseen.

It sends one request at a time, never more in a second than NCBI allows, waits longer
after every fault and as long as the server asks, and reads each answer whole before
it counts: an error page with status 200 is a fault like a broken connection.
"""

from __future__ import annotations

import datetime
import http
import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from personomics import __version__
from personomics.pubmed.answers import (
    WINDOW,
    AttemptError,
    Found,
    broken,
    found,
    refusal,
    refuse_errors,
)

if TYPE_CHECKING:
    import requests

T = TypeVar("T")
BASE_URL = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
TOOL = "personomics"
RATE, RATE_WITH_KEY = 3.0, 10.0
#: Times the server may say no, or answer what was not asked, before that is final.
REFUSALS = 6
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class ServerError(OSError):
    """The server could not be made to answer; the message says what and where.

    Attributes
    ----------
    refused : bool
        Whether it answered, but said no or gave what was not asked.
    """

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How politely and how patiently a client asks.

    Attributes
    ----------
    rate : float, optional
        Requests a second; by default what NCBI allows, 3, or 10 with a key.
    patience : float
        Seconds one request may take with all its repetitions.
    base, cap : float
        Bounds of the pause after the first fault and after many, in seconds. The pause
        is drawn evenly from zero to a bound that doubles each time (full jitter:
        Brooker, Exponential backoff and jitter, AWS Architecture Blog, 2015).
    connect, read, whole : float
        Seconds to wait for a connection, for the next bytes, for a whole answer.
    limit : int
        Bytes an answer may have.
    sleep, clock : callable
        As in :mod:`time`.
    """

    rate: float | None = None
    patience: float = 900.0
    base: float = 1.0
    cap: float = 60.0
    connect: float = 15.0
    read: float = 60.0
    whole: float = 600.0
    limit: int = 256 * 2**20
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


@dataclass(kw_only=True)
class Client:
    """A client of the E-utilities.

    Attributes
    ----------
    email : str
        Sent with each request, so that NCBI can reach the person who searches.
    api_key : str, optional
        Sent with each request, and never written or shown.
    base_url : str
        Address under which ``esearch.fcgi`` and ``efetch.fcgi`` are found.
    manner : Manner
        Rate, pauses and limits.
    say : callable
        Told in one sentence what went wrong and how long the client waits.

    Raises
    ------
    ValueError
        If the address or the e-mail address cannot be one.
    """

    email: str
    api_key: str = field(default="", repr=False)
    base_url: str = BASE_URL
    manner: Manner = field(default_factory=Manner)
    say: Callable[[str], None] = lambda _: None
    _started: float = field(default=float("-inf"), init=False, repr=False)
    _ended: deque[float] = field(
        default_factory=lambda: deque(maxlen=1000), init=False, repr=False
    )

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s]+", self.email):
            msg = (f"{self.email!r} is no e-mail address; NCBI asks for one, "
                   "as in --email name@example.org")  # fmt: skip
            raise ValueError(msg)
        if self.api_key and not re.fullmatch("[!-~]+", self.api_key):
            msg = "NCBI_API_KEY holds blanks or letters that no key has"
            raise ValueError(msg)
        self.base_url = base_url(self.base_url)
        parts = urlsplit(self.base_url)
        if self.api_key and parts.scheme == "http" and parts.hostname not in LOOPBACK:
            msg = f"{self.base_url}: an API key is not sent without https"
            raise ValueError(msg)

    @cached_property
    def session(self) -> requests.Session:
        """The connection, kept open between requests."""
        import requests

        session = requests.Session()
        session.headers["User-Agent"] = f"{TOOL}/{__version__}"
        return session

    def search(
        self,
        term: str,
        *,
        start: int = 0,
        size: int = WINDOW,
        dates: tuple[datetime.date, datetime.date] | None = None,
    ) -> Found:
        """Search PubMed and return a page of PMIDs.

        Parameters
        ----------
        term : str
            Query in PubMed syntax.
        start, size : int
            First PMID of the page, counted from 0, and PMIDs on it.
        dates : pair of date, optional
            Only records that entered PubMed between these days, both included.
        """
        fields: dict[str, Any] = {
            "db": "pubmed", "term": term, "usehistory": "y", "retmode": "xml",
            "retstart": start, "retmax": size,
        }  # fmt: skip
        if dates:
            first, last = (day.strftime("%Y/%m/%d") for day in dates)
            fields |= {"datetype": "edat", "mindate": first, "maxdate": last}
        return self.post("esearch", fields, lambda body: found(body, start, size))

    def post(
        self,
        tool: str,
        fields: Mapping[str, Any],
        read: Callable[[bytes], T],
        refusals: int = REFUSALS,
    ) -> T:
        """Send a request until its answer can be read.

        Parameters
        ----------
        tool : str
            "esearch" or "efetch".
        fields : mapping
            The form that is posted.
        read : callable
            Makes the result of the body; raises :class:`AttemptError` if it cannot.
        refusals : int
            Times the server may answer something else before that is final.

        Raises
        ------
        ServerError
            When patience is at its end.
        """
        begun, tries, refused = self.manner.clock(), 0, 0
        while True:
            try:
                body = self._answer(tool, fields)
                refuse_errors(body)
                return read(body)
            except AttemptError as error:
                fault = error
            tries, refused = tries + 1, refused + fault.refused
            spent = self.manner.clock() - begun
            pause = max(fault.after, self.pause(tries))
            what = f"{self.base_url}{tool}.fcgi: {self.safe(str(fault))}"
            if fault.after and fault.after > self.manner.patience - spent:
                what += f", and asks to wait {fault.after:.0f} s"
            if refused >= refusals or spent + pause > self.manner.patience:
                times = "once" if tries == 1 else f"{tries} times in {spent:.0f} s"
                msg = f"{what} (tried {times})"
                raise ServerError(msg, refused=fault.refused)
            self.say(f"{what}; trying again in {pause:.0f} s")
            self.manner.sleep(pause)

    def pause(self, tries: int) -> float:
        """Draw the seconds to wait after a number of failed attempts."""
        bound = self.manner.base * 2.0 ** min(tries - 1, 30)
        return random.random() * min(self.manner.cap, bound)

    def safe(self, words: str) -> str:
        """Make words of a server fit for a message: one visible line, no key."""
        if self.api_key:
            words = words.replace(self.api_key, "(key)")
        line = " ".join(words.split())
        line = "".join(c if c.isprintable() else "?" for c in line)
        return line if len(line) <= 300 else line[:299] + "…"

    def _wait_turn(self) -> None:
        """Wait until another request may start.

        Requests start evenly apart, and none within a second of the end of the one
        that came as many before it as a second may see: however long each is on its
        way, the server never sees more.
        """
        rate = self.manner.rate or (RATE_WITH_KEY if self.api_key else RATE)
        many = max(1, int(rate))
        turn = self._started + 1 / rate
        if len(self._ended) >= many:
            turn = max(turn, self._ended[-many] + many / rate)
        if (pause := turn - self.manner.clock()) > 0:
            self.manner.sleep(pause)
        self._started = self.manner.clock()

    def _answer(self, tool: str, fields: Mapping[str, Any]) -> bytes:
        """Send one request and return the body of its answer, or give up in time.

        The time to wait for the next bytes begins anew with each of them, so a thread
        waits for the answer: a server that drips its headers would hold us for ever.
        """
        form = {**fields, "tool": TOOL, "email": self.email}
        if self.api_key:
            form["api_key"] = self.api_key
        came: list[bytes | BaseException] = []

        def ask(session: requests.Session) -> None:
            try:
                came.append(self._sent(session, f"{self.base_url}{tool}.fcgi", form))
            except BaseException as error:  # raised again below
                came.append(error)

        thread = threading.Thread(target=ask, args=(self.session,), daemon=True)
        self._wait_turn()
        try:
            thread.start()
            thread.join(self.manner.whole)
        finally:
            self._ended.append(self.manner.clock())
        if not came:
            del self.session  # the thread keeps this one
            raise self._too_late()
        if isinstance(came[0], BaseException):
            raise came[0]
        return came[0]

    def _sent(
        self, session: requests.Session, url: str, form: Mapping[str, Any]
    ) -> bytes:
        """Post a form and return the body of the answer."""
        import requests
        import urllib3

        times = (self.manner.connect, self.manner.read)
        try:
            with session.post(
                url, data=form, timeout=times, stream=True, allow_redirects=False
            ) as answer:
                body = self._body(answer)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            refused = isinstance(error, requests.exceptions.SSLError)
            raise AttemptError(broken(error), refused=refused) from None
        if answer.status_code == http.HTTPStatus.OK:
            return body
        raise refusal(answer.status_code, answer.headers, body)

    def _too_late(self) -> AttemptError:
        """Return the fault of an answer that takes too long."""
        return AttemptError(f"no whole answer within {self.manner.whole:.0f} s")

    def _body(self, answer: requests.Response) -> bytes:
        """Read a body that may be too long, too slow, or end too soon."""
        end = self.manner.clock() + self.manner.whole
        body = bytearray()
        # What has come, not a full piece: a server that drips would never fill one.
        while piece := answer.raw.read1(2**16, decode_content=True):
            body += piece
            if len(body) > self.manner.limit:
                msg = f"an answer of more than {self.manner.limit} bytes"
                raise AttemptError(msg, refused=True)
            if self.manner.clock() > end:
                raise self._too_late()
        return bytes(body)


def base_url(words: str) -> str:
    """Return the address of a service, ending in a slash, or say why it is none.

    >>> base_url("https://example.org/eutils")
    'https://example.org/eutils/'
    """
    try:
        parts = urlsplit(words)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
        good = good and parts.port != 0 and not re.search(r"[\x00-\x20\x7f\\]", words)
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or "@" in parts.netloc:
        msg = (f"{words[:200]!r} is no address of a service; allowed: "
               "http:// or https://, a host, a path")  # fmt: skip
        raise ValueError(msg)
    return words.rstrip("/") + "/"
