"""The network is refused: another machine never, this one as before."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import requests

from personomics import offline
from personomics.offline import NetworkRefusedError

#: Documentation addresses (RFC 5737, RFC 3849): no machine has them.
ELSEWHERE = "192.0.2.1"
ELSEWHERE_6 = "2001:db8::1"
ROOT = Path(__file__).parent.parent
UDP = (socket.AF_INET, socket.SOCK_DGRAM)


def free() -> dict[str, str]:
    """Return an environment that refuses nothing."""
    return {name: v for name, v in os.environ.items() if name != offline.VARIABLE}


def python(code: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run some lines in a process of their own."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
@pytest.mark.parametrize(
    ("family", "host"),
    [
        (socket.AF_INET, ELSEWHERE),
        (socket.AF_INET6, ELSEWHERE_6),
        (socket.AF_INET6, f"::ffff:{ELSEWHERE}"),
        (socket.AF_INET, "example.org"),
        (socket.AF_INET, "localhost.example.org"),
        (socket.AF_INET, "<broadcast>"),
    ],
)
def test_connection_elsewhere(
    family: socket.AddressFamily, host: str, method: str
) -> None:
    """A connection elsewhere is refused at once, by a sentence that names it."""
    begin = time.monotonic()
    with socket.socket(family) as one:
        one.settimeout(20)
        with pytest.raises(NetworkRefusedError, match="is refused") as caught:
            getattr(one, method)((host, 80))
    assert time.monotonic() - begin < 1
    assert str(caught.value) == (
        f"contact with '{host}' is refused: builds and tests do without the network "
        "(PERSONOMICS_OFFLINE is set); allowed: this machine (localhost, 127.0.0.1, "
        "::1)"
    )


def test_connection_by_the_c_type() -> None:
    """The type below Python's sockets is refused as well."""
    import _socket

    one = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    with pytest.raises(NetworkRefusedError):
        one.connect((ELSEWHERE, 80))
    one.close()


@pytest.mark.parametrize("host", [ELSEWHERE, "example.org"])
def test_datagram_elsewhere(host: str) -> None:
    """No datagram leaves, by name or by address."""
    with socket.socket(*UDP) as one:
        for send in (
            lambda: one.sendto(b"x", (host, 9)),
            lambda: one.sendto(b"x", 0, (host, 9)),
            lambda: one.sendmsg([b"x"], [], 0, (host, 9)),
            lambda: one.bind((host, 0)),
        ):
            with pytest.raises(NetworkRefusedError):
                send()


@pytest.mark.parametrize(
    "look_up",
    [
        lambda: socket.getaddrinfo("example.org", 443),
        lambda: socket.getaddrinfo(b"example.org", 443),
        lambda: socket.gethostbyname("example.org"),
        lambda: socket.gethostbyname_ex("example.org"),
        lambda: socket.gethostbyaddr(ELSEWHERE),
        lambda: socket.getnameinfo((ELSEWHERE, 80), 0),
        lambda: socket.create_connection(("example.org", 80)),
        lambda: asyncio.run(asyncio.open_connection("example.org", 80)),
        lambda: asyncio.run(asyncio.open_connection(ELSEWHERE, 80)),
    ],
)
def test_look_up(look_up: object) -> None:
    """A name is not even looked up."""
    with pytest.raises(NetworkRefusedError):
        look_up()  # type: ignore[operator]


def test_libraries_report_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of the web fail as without a network, a proxy on this machine or not."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    with pytest.raises(OSError, match=r"'example\.org' is refused"):
        urllib.request.urlopen("http://example.org/", timeout=5)
    with pytest.raises(requests.ConnectionError, match=r"'example\.org' is refused"):
        requests.get("https://example.org/", timeout=5)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0.0.0.0", "", b"127.0.0.1"]
)
def test_this_machine(host: str | bytes) -> None:
    """A server on this machine is found, spoken to by stream and by datagram."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = (host, server.getsockname()[1])
        with socket.socket() as client:
            client.connect(address)
            there, _ = server.accept()
            with there:
                there.sendall(b"here")
                assert client.recv(9) == b"here"
    with socket.socket(*UDP) as one, socket.socket(*UDP) as other:
        other.bind(("0.0.0.0", 0))
        port = other.getsockname()[1]
        one.sendto(b"first", (host, port))
        one.sendmsg([b"second"], [], 0, (host, port))
        one.connect((host, port))
        one.sendmsg((b"th", b"ird"))
        assert [other.recv(9) for _ in range(3)] == [b"first", b"second", b"third"]


def test_unix_socket(tmp_path: Path) -> None:
    """A socket that is a file, and a pair of sockets, are no network."""
    near, far = socket.socketpair()
    with near, far, socket.socket(socket.AF_UNIX) as server:
        near.sendmsg([b"x"])
        server.bind(str(tmp_path / "s"))
        server.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "s"))


def test_once() -> None:
    """Refusing again changes nothing."""
    before = socket.socket.connect
    offline.refuse()
    assert socket.socket.connect is before


TRY = """
import socket
try:
    socket.socket().connect(("192.0.2.1", 80))
except OSError as error:
    print(type(error).__name__)
"""


def test_processes_started_here_refuse() -> None:
    """What a test starts refuses as soon as it imports the package."""
    assert os.environ[offline.VARIABLE] == "1"
    done = python("import personomics" + TRY, dict(os.environ))
    assert (done.stdout, done.stderr) == ("NetworkRefusedError\n", "")


def test_processes_of_a_process_that_refuses() -> None:
    """The same holds for the children of a process that called it itself."""
    code = f"""
import subprocess, sys
from personomics.offline import refuse
refuse()
sys.exit(subprocess.call([sys.executable, "-c", {"import personomics" + TRY!r}]))
"""
    done = python(code, free())
    assert (done.stdout, done.stderr) == ("NetworkRefusedError\n", "")


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_nothing_leaves(tmp_path: Path) -> None:
    """Seen from outside the process, no socket of the Internet is even connected."""
    code = """
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.2", 9))
for host in ("192.0.2.1", "example.invalid"):
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (host, 9))
    except OSError:
        pass
"""
    log = tmp_path / "calls"
    trace = ["strace", "-f", "-o", str(log), "-e", "trace=connect,sendto,sendmmsg"]
    program = [sys.executable, "-c", "import personomics" + code]
    done = subprocess.run([*trace, *program], cwd=ROOT, check=False)
    if done.returncode:
        pytest.skip("strace may not look at other processes here")
    hosts = set(re.findall(r"inet6?_(?:addr|pton)\(.*?\"(.+?)\"", log.read_text()))
    assert hosts == {"127.0.0.2"}


def test_a_search_does_not_begin() -> None:
    """The command says at once what is refused, and does not try again and again."""
    command = [sys.executable, "-m", "personomics.cli", "search", "run"]
    done = subprocess.run(
        [*command, "--email", "ada@example.org"], cwd=ROOT, capture_output=True,
        text=True, check=False, timeout=20,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("contact with 'eutils.ncbi.nlm.nih.gov' is refused")
    assert done.stderr.count("\n") == 1


def test_nothing_is_refused_unasked() -> None:
    """Importing the package, and even this module, changes no socket."""
    code = """
import socket
before = socket.socket.connect
import personomics.offline
print(socket.socket.connect is before)
"""
    done = python(code, free())
    assert (done.stdout, done.stderr) == ("True\n", "")
