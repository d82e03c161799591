"""A stand-in for NCBI's E-utilities on the loopback interface, which can misbehave.

Run it as a process: ``python eutils_server.py PORTFILE``. It answers ``esearch.fcgi``
and ``efetch.fcgi`` by POST as PubMed does, for invented records, and holds to
PubMed's limits: 9,999 records of a search, ``retstart`` at most 9,998, a longer page
cut short in silence. The query ``n=700`` finds the first 700 records.

``POST /control`` takes a JSON object: ``faults``, a list for each tool of what to do
with its next requests (a name of :data:`FAULTS`, or "ok"); ``always``, a fault for all
requests of a tool; ``gone``, PMIDs that are found but not given; ``wait``, what 429
asks for; ``grow``, records added at each search. ``GET /stats`` tells what was asked.
"""

from __future__ import annotations

import contextlib
import datetime
import html
import json
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter, deque
from collections.abc import Iterator
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

WINDOW = 9_999
BROKEN = ("drop", "long", "chunked", "drip", "silence")
BODIES = ("cut", "malformed", "html", "error", "json", "empty", "short", "double",
          "stranger", "count", "expired", "refused")  # fmt: skip
STATUSES = ("429", "429-date", "500", "502", "503", "400")
FAULTS = (*BROKEN, *BODIES, *STATUSES)
HTML = "<!DOCTYPE html><html><head><title>Error Blocked</title></head></html>"
LOST = "<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>"
HEAD = (
    '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD '
    'PubMedArticle, 1st January 2025//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n'
)
SEARCH_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eSearchResult PUBLIC '
    '"-//NLM//DTD esearch 20060628//EN" '
    '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n'
)
START = datetime.date(1975, 1, 1)
DAYS = (datetime.date(2025, 12, 31) - START).days


def pmid(number: int) -> int:
    """Return the PMID of a record; its digits vary in number."""
    return 900_000 + 37 * number


def entered(number: int) -> datetime.date:
    """Return the day a record entered: more and more of them as the years go by."""
    return START + datetime.timedelta(int(DAYS * (number % 12_000 / 12_000) ** 0.5))


def article(number: int, version: int = 1) -> str:
    """Return a record in PubMed's XML, the same each time."""
    day = entered(number)
    title = html.escape(f"Größe <{number}> & context of person № {number}")
    return f"""<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM">
<PMID Version="{version}">{pmid(number)}</PMID>
<Article PubModel="Print-Electronic"><Journal><ISSN IssnType="Electronic">1234-5678
</ISSN><JournalIssue CitedMedium="Internet"><Volume>{number % 90}</Volume><Issue>
{number % 12}</Issue><PubDate><Year>{day.year}</Year></PubDate></JournalIssue><Title>
Journal of Invented Trials</Title><ISOAbbreviation>J Inv Trials</ISOAbbreviation>
</Journal><ArticleTitle>{title} in <i>vivo</i>.</ArticleTitle><Pagination>
<MedlinePgn>{number}-{number + 9}</MedlinePgn></Pagination><ELocationID EIdType="doi"
 ValidYN="Y">10.5555/inv.{number}</ELocationID><Abstract><AbstractText Label="AIM">To
 see {number}.</AbstractText><AbstractText Label="RESULTS">p &lt; 0.05</AbstractText>
</Abstract><AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Ödegård</LastName>
<ForeName>Ina {number % 7}</ForeName><Initials>I</Initials></Author><Author
 ValidYN="Y"><CollectiveName>Group {number % 5}</CollectiveName></Author></AuthorList>
<Language>eng</Language><PublicationTypeList><PublicationType UI="D016428">Journal
 Article</PublicationType></PublicationTypeList></Article><MedlineJournalInfo>
<Country>Norway</Country><MedlineTA>J Inv Trials</MedlineTA><NlmUniqueID>1</NlmUniqueID>
</MedlineJournalInfo></MedlineCitation><PubmedData><History><PubMedPubDate
 PubStatus="entrez"><Year>{day.year}</Year><Month>{day.month}</Month><Day>{day.day}
</Day></PubMedPubDate></History><PublicationStatus>ppublish</PublicationStatus>
<ArticleIdList><ArticleId IdType="pubmed">{pmid(number)}</ArticleId></ArticleIdList>
</PubmedData></PubmedArticle>
"""


class State:
    """What the server knows and counts; one lock for all of it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.control: dict[str, Any] = {}
        self.faults: dict[str, deque[str]] = {}
        self.history: dict[str, list[int]] = {}
        self.arrivals: list[float] = []
        self.seen: Counter[str] = Counter()
        self.forms: list[dict[str, str]] = []
        self.grown = 0

    def set(self, control: dict[str, Any]) -> None:
        """Begin anew with these orders."""
        with self.lock:
            self.control = control
            self.faults = {t: deque(f) for t, f in control.get("faults", {}).items()}
            self.arrivals, self.forms, self.grown = [], [], 0
            self.seen = Counter()

    def next_fault(self, tool: str) -> str:
        """Return what to do with a request that has just come."""
        due = self.faults.get(tool)
        fault = due.popleft() if due else self.control.get("always", {}).get(tool, "ok")
        self.seen[f"{tool} {fault}"] += 1
        return fault

    def stats(self) -> dict[str, Any]:
        """Return what was asked, and the most requests within any second."""
        with self.lock:
            times = sorted(self.arrivals)
            most = max(
                (sum(1 for t in times[n:] if t < first + 1.0)
                 for n, first in enumerate(times)), default=0,
            )  # fmt: skip
            return {"most": most, "seen": self.seen, "forms": self.forms,
                    "left": sum(len(f) for f in self.faults.values())}  # fmt: skip


STATE = State()


class Handler(BaseHTTPRequestHandler):
    """One connection; answers as PubMed does, or as the fault demands."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves in one piece

    def log_message(self, *_: object) -> None:
        """Write no log."""

    def do_GET(self) -> None:
        """Tell what was asked."""
        self.reply(json.dumps(STATE.stats()))

    def do_POST(self) -> None:
        """Answer a form, or take orders."""
        came = time.monotonic()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/control":
            STATE.set(json.loads(body))
            self.reply("{}")
            return
        form = {key: value[0] for key, value in parse_qs(body.decode()).items()}
        tool = self.path.rpartition("/")[2].removesuffix(".fcgi")
        with STATE.lock:
            STATE.arrivals.append(came)
            STATE.forms.append(form | {"id": form.get("id", "")[:40], "tool_": tool})
            fault = STATE.next_fault(tool)
            status, text = self.answer(tool, form, fault)
        if fault in BROKEN:
            self.misbehave(fault, text.encode())
        elif fault in STATUSES:
            self.fail(fault)
        else:
            self.reply(text, status)

    def answer(self, tool: str, form: dict[str, str], fault: str) -> tuple[int, str]:
        """Return the status and the body of an answer, spoilt if so ordered."""
        plain = {
            "html": HTML, "empty": "",
            "json": '{"error":"API rate limit exceeded","api-key":"k","count":"4"}',
            "error": "<eFetchResult><ERROR>Search Backend failed: \n</ERROR>"
            "</eFetchResult>",
        }  # fmt: skip
        if fault in plain:
            return 200, plain[fault]
        if fault == "refused":
            key = form.get("api_key", "none")
            return 400, json.dumps({"error": f"API key invalid: {key}"})
        if fault == "expired":
            STATE.history.clear()
            return 200, LOST
        make = esearch if tool == "esearch" else efetch
        status, text = make(form, fault)
        if fault == "cut":
            text = text[: len(text) // 2]
        if fault == "malformed":
            text = text.replace("</", "<", 9).replace("<Id>", "<Id", 3)
        return status, text

    def reply(self, text: str, status: int = 200) -> None:
        """Send an answer."""
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def fail(self, fault: str) -> None:
        """Send an error page, with or without a time to wait."""
        text = '{"error":"API rate limit exceeded","count":"4","limit":"3"}'
        self.send_response(int(fault[:3]))
        wait = STATE.control.get("wait", 0)
        if fault == "429":
            self.send_header("Retry-After", str(wait))
        if fault == "429-date":
            now = datetime.datetime.now(datetime.UTC)
            until = now + datetime.timedelta(seconds=wait)
            self.send_header("Retry-After", format_datetime(until, usegmt=True))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def misbehave(self, fault: str, data: bytes) -> None:
        """Break the connection, or keep it without use."""
        self.close_connection = True
        if fault == "silence":
            time.sleep(STATE.control.get("silence", 1.5))
            return
        self.send_response(200)
        if fault == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        half = data[: len(data) // 2]
        if fault == "chunked":
            half = f"{len(half):x}\r\n".encode() + half + b"\r\n"
        try:
            if fault == "drip":
                for byte in data[:60]:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(0.05)
                return
            self.wfile.write(half)
            self.wfile.flush()
        except OSError:
            return
        if fault == "drop":  # a reset in place of a farewell
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def found(form: dict[str, str]) -> list[int]:
    """Return the numbers of the records a search finds, the latest first."""
    words = dict(w.split("=", 1) for w in form["term"].split() if "=" in w)
    STATE.grown += STATE.control.get("grow", 0)
    numbers = range(int(words.get("n", 12_000)) + STATE.grown)
    if "mindate" in form and form.get("datetype") == "edat":
        low, high = (
            datetime.datetime.strptime(form[name], "%Y/%m/%d").date()
            for name in ("mindate", "maxdate")
        )
        return [n for n in reversed(numbers) if low <= entered(n) <= high]
    return [*reversed(numbers)]


def esearch(form: dict[str, str], fault: str) -> tuple[int, str]:
    """Search, and keep the result in the history if asked to."""
    start, size = int(form.get("retstart", 0)), int(form.get("retmax", 20))
    if start > WINDOW - 1:
        return 200, (
            "<eSearchResult><ERROR>Search Backend failed: Exception:\n'retstart' "
            "cannot be larger than 9998.</ERROR></eSearchResult>"
        )
    numbers = found(form)
    page = [pmid(n) for n in numbers[start : min(start + size, WINDOW)]]
    history = ""
    if form.get("usehistory") == "y":
        env = f"MCID_{len(STATE.history):x}{int(time.monotonic() * 1e6):x}"
        STATE.history[env] = numbers
        history = f"<QueryKey>1</QueryKey><WebEnv>{env}</WebEnv>"
    count = len(numbers) + (fault == "count")
    if fault == "short":
        page = page[:-1]
    if fault == "double":
        page = page[:-1] + page[:1]
    ids = "\n".join(f"<Id>{i}</Id>" for i in page)
    return 200, (
        f"{SEARCH_HEAD}<eSearchResult><Count>{count}</Count><RetMax>{len(page)}</RetMax>"
        f"<RetStart>{start}</RetStart>{history}<IdList>\n{ids}\n</IdList>"
        "<TranslationSet/><QueryTranslation>&quot;person&quot;[MeSH] AND "
        f"{html.escape(form['term'])}</QueryTranslation><ErrorList><PhraseNotFound>xyzzy"
        "</PhraseNotFound></ErrorList></eSearchResult>\n"
    )


def efetch(form: dict[str, str], fault: str) -> tuple[int, str]:
    """Return records from the history or by their PMIDs."""
    if form.get("WebEnv"):
        start, size = int(form.get("retstart", 0)), int(form["retmax"])
        if form["WebEnv"] not in STATE.history or start > WINDOW - 1:
            return 400, LOST
        stop = min(start + size, WINDOW)
        numbers = STATE.history[form["WebEnv"]][start:stop]
    else:
        numbers = [(int(i) - 900_000) // 37 for i in form["id"].split(",")]
    gone = set(STATE.control.get("gone", ()))
    numbers = [n for n in numbers if pmid(n) not in gone]
    if fault == "short":
        numbers = numbers[:-1]
    if fault == "double":
        numbers = numbers[:-1] + numbers[:1]
    if fault == "stranger":
        numbers = [*numbers[:-1], 77_777]
    return 200, HEAD + "".join(map(article, numbers)) + "</PubmedArticleSet>\n"


class Server:
    """The server from the side of a test."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/entrez/eutils/"
        self.root = f"http://127.0.0.1:{port}/"

    def set(self, **control: Any) -> None:
        """Give orders, and begin to count anew."""
        data = json.dumps(control).encode()
        urllib.request.urlopen(self.root + "control", data).read()

    def stats(self) -> dict[str, Any]:
        """Return what was asked since the last orders."""
        answer: dict[str, Any] = json.load(urllib.request.urlopen(self.root))
        return answer


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Run a server in its own process."""
    port = folder / "port"
    with subprocess.Popen([sys.executable, __file__, str(port)]) as process:
        try:
            end = time.monotonic() + 20
            while not port.exists() and time.monotonic() < end:
                time.sleep(0.02)
            yield Server(int(port.read_text()))
        finally:
            process.kill()


def main() -> None:
    """Serve until killed, after writing the port into the named file."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    port = Path(sys.argv[1])
    aside = port.with_suffix(".part")
    aside.write_text(str(server.server_address[1]))
    aside.rename(port)
    server.serve_forever()


if __name__ == "__main__":
    main()
