"""The client of the E-utilities against a server of its own that misbehaves."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import random
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from eutils_server import Server, efetch, pmid, serving
from hypothesis import given
from hypothesis import strategies as st

from personomics.pubmed import eutils
from personomics.pubmed.answers import WINDOW, AttemptError, found, retry_after
from personomics.pubmed.eutils import Client, Manner, ServerError
from personomics.pubmed.fetch import read_set
from personomics.pubmed.plan import FIRST_DAY, LAST_DAY, halves, plan

EMAIL = "ada@example.org"
TODAY = datetime.date(2026, 1, 5)
QUICK = Manner(rate=1000, base=0.01, cap=0.05, patience=20)
HASTY = dataclasses.replace(QUICK, read=0.4, whole=0.8)
KEY = "secret0key"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server for this file."""
    with serving(tmp_path_factory.mktemp("server")) as one:
        yield one


def client(server: Server, **how: Any) -> Client:
    """Return a client that wastes no time."""
    return Client(**{"email": EMAIL, "base_url": server.url, "manner": QUICK, **how})


@pytest.mark.parametrize(("key", "rate"), [("", 3), (KEY, 10)])
def test_rate(server: Server, key: str, rate: int) -> None:
    """By default no second sees more than 3 requests, or 10 with a key."""
    server.set()
    one = Client(email=EMAIL, base_url=server.url, api_key=key)
    for _ in range(rate + 3):
        one.search("n=1")
    assert 2 <= server.stats()["most"] <= rate


def test_request(server: Server) -> None:
    """A request is posted with the tool, the address, the key and the history."""
    server.set()
    client(server, api_key=KEY).search("n=3 Größe & more")
    [form] = server.stats()["forms"]
    assert form["term"] == "n=3 Größe & more"
    assert (form["tool"], form["email"]) == ("personomics", EMAIL)
    assert (form["api_key"], form["usehistory"]) == (KEY, "y")


def test_answer(server: Server) -> None:
    """The count, the PMIDs, the translation and PubMed's warnings are read."""
    server.set()
    got = client(server).search("n=3")
    assert (got.count, got.ids) == (3, tuple(str(pmid(n)) for n in (2, 1, 0)))
    assert got.translation == '"person"[MeSH] AND n=3'
    assert got.warnings == (("PhraseNotFound", "xyzzy"),)
    assert got.web_env.startswith("MCID_")


@pytest.mark.parametrize(
    "fault",
    "drop long chunked drip silence cut malformed html error json empty short double "
    "count expired 429 429-date 500 502 503 400".split(),
)
def test_each_fault_of_a_search(server: Server, fault: str) -> None:
    """After any two faults the answer is the right one, and each was told."""
    server.set(faults={"esearch": [fault, fault]}, silence=0.6)
    told: list[str] = []
    manner = HASTY if fault in ("drip", "silence") else QUICK
    one = client(server, manner=manner, say=told.append)
    assert len(one.search("n=1200").ids) == 1200
    stats = server.stats()
    assert stats["seen"][f"esearch {fault}"] == 2
    assert len(told) >= 2
    assert all("trying again" in line for line in told)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("502", "HTTP 502 (Bad Gateway)"),
        ("html", "a web page in place of an answer: Error Blocked"),
        ("error", "an error: Search Backend failed:"),
        ("json", "an error: API rate limit exceeded"),
        ("cut", "not well-formed"),
        ("drop", "broke off"),
        ("short", "2 PMIDs where 3 are due (count 3)"),
        ("empty", "an empty answer"),
    ],
)
def test_a_fault_that_stays(server: Server, fault: str, words: str) -> None:
    """What persists ends as an error that names the place and the fault."""
    server.set(always={"esearch": fault})
    manner = Manner(rate=1000, base=0.01, cap=0.02, patience=0.3)
    with pytest.raises(ServerError) as error:
        client(server, manner=manner).search("n=3")
    assert words in str(error.value)
    assert f"{server.url}esearch.fcgi" in str(error.value)
    assert "tried" in str(error.value)


def test_retry_after(server: Server) -> None:
    """The client waits as long as it is asked to, in seconds or until a date."""
    for fault in ("429", "429-date"):
        server.set(faults={"esearch": [fault]}, wait=3)
        slept: list[float] = []
        manner = Manner(rate=1e6, base=0.01, sleep=slept.append)
        client(server, manner=manner).search("n=3")
        assert max(slept) == pytest.approx(3, abs=1.01)


def test_retry_after_beyond_patience(server: Server) -> None:
    """Asked to wait for longer than its patience, it says so and stops at once."""
    server.set(always={"esearch": "429"}, wait=86_400)
    with pytest.raises(ServerError, match="asks to wait 86400 s"):
        client(server).search("n=3")
    assert len(server.stats()["forms"]) == 1


def test_key_is_not_shown(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    """No message holds the key, not even one in which the server repeats it."""
    server.set(always={"esearch": "refused"})
    told: list[str] = []
    one = client(server, api_key=KEY, say=told.append)
    with pytest.raises(ServerError, match="API key invalid") as error:
        one.search("n=3")
    assert KEY not in "".join([str(error.value), repr(one), *told, *capfd.readouterr()])


def test_too_long_an_answer(server: Server) -> None:
    """An answer beyond the limit is not read to its end."""
    server.set()
    manner = Manner(rate=1000, base=0.01, cap=0.02, limit=10_000)
    with pytest.raises(ServerError, match="more than 10000 bytes"):
        client(server, manner=manner).search("n=5000")


def test_no_server() -> None:
    """A host that does not answer is named in one sentence."""
    manner = Manner(rate=1000, base=0.01, patience=0.05)
    one = Client(email=EMAIL, base_url="http://127.0.0.1:1/", manner=manner)
    with pytest.raises(ServerError, match=r"127\.0\.0\.1:1/.*connection was refused"):
        one.search("n=3")


@pytest.mark.parametrize(
    "url",
    ["", "eutils", "ftp://x/", "http://", "http://a b/", "http://u:p@x/", "http://x/?a",
     "http://x/#a", "http://x:0/", "http://x:99999/", "http://[x/", "http://x/\x1b"],
)  # fmt: skip
def test_addresses(url: str) -> None:
    """What is no plain address of a service is refused, with what is allowed."""
    with pytest.raises(ValueError, match="allowed: http:// or https://"):
        eutils.base_url(url)


def test_wrong_identity() -> None:
    """An e-mail address must be one, and a key needs https beyond this machine."""
    for email in ("", "ada", "ada@", "a b@example.org", "a@b\n.org"):
        with pytest.raises(ValueError, match="is no e-mail address"):
            Client(email=email)
    with pytest.raises(ValueError, match="not sent without https"):
        Client(email=EMAIL, api_key=KEY, base_url="http://example.org/")


def test_jitter() -> None:
    """Pauses are drawn evenly below a bound that doubles up to the cap."""
    one = Client(email=EMAIL, manner=Manner(base=1, cap=10))
    random.seed(1)
    for tries, bound in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (99, 10)]:
        pauses = [one.pause(tries) for _ in range(300)]
        assert bound * 0.9 < max(pauses) <= bound
        assert min(pauses) < bound * 0.1


@given(st.text(max_size=40))
def test_retry_after_of_any_kind(words: str) -> None:
    """Whatever the header says, the wait is a number of seconds from zero."""
    assert retry_after({"Retry-After": words}) >= 0


@given(st.binary(max_size=200))
def test_answers_of_any_kind(body: bytes) -> None:
    """Bytes that are no answer are a fault and nothing else."""
    with pytest.raises(AttemptError):
        found(body, 0, 10)
    if b"<PubmedArticleSet" not in body:
        with pytest.raises(AttemptError):
            read_set(body, ["1"])


def answer(**parts: str) -> bytes:
    """Return an answer of ESearch that finds one record, with some parts changed."""
    texts = {"Count": "1", "RetStart": "0", "IdList": "<Id>5</Id>", **parts}
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in texts.items())
    return f"<eSearchResult>{inner}</eSearchResult>".encode()


def test_entities_are_refused() -> None:
    """An answer that declares an entity, for a file or for a bomb, is refused."""
    body = b'<!DOCTYPE eSearchResult [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    with pytest.raises(AttemptError, match="declares entities"):
        found(body + answer(QueryTranslation="&x;"), 0, 10)


@pytest.mark.parametrize("odd", ["abc", "../../x", "-1", "0", "１２", "1" * 400])
def test_what_is_no_pmid_is_named(odd: str) -> None:
    """One PMID of other characters than digits spoils the page, and is named."""
    with pytest.raises(AttemptError, match="among the PMIDs") as error:
        found(answer(IdList=f"<Id>{odd}</Id>"), 0, 10)
    assert odd[:40] in str(error.value)
    assert len(str(error.value)) < 100


def test_words_of_the_server_are_one_visible_line() -> None:
    """Control characters leave translation and warnings; megabytes are refused."""
    words = "a\n<b>\x9b31m\x7f"
    spoilt = words.replace("<", "&lt;")
    warned = f"<PhraseNotFound>{spoilt}</PhraseNotFound>"
    got = found(answer(QueryTranslation=spoilt, ErrorList=warned), 0, 10)
    assert (got.translation, got.warnings[0][1]) == ("a <b>31m", "a <b>31m")
    for name in ("QueryTranslation", "WebEnv"):
        with pytest.raises(AttemptError, match="more than 1,000,000 letters"):
            found(answer(**{name: "x" * 1_000_001}), 0, 10)


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_a_server_that_drips_before_the_body(start: bytes) -> None:
    """Letters of a header or of a length that never ends are waited for in vain."""
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with contextlib.suppress(OSError):
            while True:
                one, _ = listening.accept()
                one.sendall(start)
                for _ in range(60):
                    time.sleep(0.1)
                    one.sendall(b"0")

    threading.Thread(target=drip, daemon=True).start()
    begun = time.monotonic()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    hasty = dataclasses.replace(QUICK, read=1, whole=0.5, patience=0.4)
    with listening, pytest.raises(ServerError, match="no whole answer within"):
        Client(email=EMAIL, base_url=url, manner=hasty).search("x")
    assert time.monotonic() - begun < 120  # it hung


@pytest.mark.parametrize("version", ["0", "-1"])
def test_an_odd_version_is_a_record(version: str) -> None:
    """A record that came is no missing one, whatever its version is called."""
    body = efetch({"id": str(pmid(1))}, "ok")[1]
    spoilt = body.replace('Version="1"', f'Version="{version}"')
    assert list(read_set(spoilt.encode(), [str(pmid(1))])) == [str(pmid(1))]


@pytest.mark.parametrize(("n", "page"), [(0, WINDOW), (1, 1), (WINDOW, 4000)])
def test_plan_of_one_part(server: Server, n: int, page: int) -> None:
    """A search within PubMed's limit is one part, however many pages it has."""
    server.set()
    got = plan(client(server), f"n={n}", TODAY, page)
    assert got.count == n == sum(len(part.ids) for part in got.parts)
    assert len(got.parts) == bool(n)


def test_plan_of_many_parts(server: Server) -> None:
    """A search beyond the limit is cut until every PMID is listed, each once."""
    server.set()
    got = plan(client(server), "n=25000", TODAY)
    assert all(len(part.ids) <= WINDOW for part in got.parts)
    ids = [int(i) for part in got.parts for i in part.ids]
    assert sorted(ids) == [pmid(n) for n in range(25_000)]


def test_count_that_grows_between_pages(server: Server) -> None:
    """A result that changes while it is read is searched again."""
    server.set(grow=1)
    told: list[str] = []
    with pytest.raises(ServerError, match=r"in each of 6 searches the count changed"):
        plan(client(server, say=told.append), "n=300", TODAY, page=100)
    assert len(told) == 5
    assert "the count changed from 301 to 302; searching again" in told[0]


def test_parts_that_do_not_add_up(server: Server) -> None:
    """Parts that hold more than the whole did are not taken for it."""
    server.set(grow=1)
    with pytest.raises(ServerError, match=r"count was 12,\d+ and then 12,\d+ PMIDs"):
        plan(client(server), "n=12000", TODAY)


def test_a_day_with_too_many() -> None:
    """A single day beyond the limit is an error that says what to do."""
    day = datetime.date(1990, 1, 1)

    class Crowded(Client):
        def search(self, _: str, **how: Any) -> Any:
            first, last = how.get("dates") or (FIRST_DAY, LAST_DAY)
            count = 10_500 if first <= day <= last else 0
            ids = tuple(str(n + 1) for n in range(min(count, WINDOW)))
            return eutils.Found(count, ids)

    with pytest.raises(ServerError, match="10,500 records that entered PubMed on 1990"):
        plan(Crowded(email=EMAIL, manner=QUICK), "x", TODAY)


@given(st.dates(FIRST_DAY, LAST_DAY), st.dates(FIRST_DAY, LAST_DAY), st.dates())
def test_halves(one: datetime.date, other: datetime.date, today: datetime.date) -> None:
    """Two halves make the whole, neither is empty, and they do not overlap."""
    first, last = min(one, other), max(one, other)
    if first == last or today > LAST_DAY:
        return
    [(third, fourth), (start, second)] = halves(first, last, today)
    assert (start, fourth) == (first, last)
    assert start <= second < third <= fourth
    assert third - second == datetime.timedelta(1)
