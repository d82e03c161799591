"""Refuse the network: whatever reaches for another machine fails at once.

The book is built and tested without the network. :func:`refuse` has Python itself ask
before a connection, a datagram or a name look-up leaves; this machine (``localhost``,
127.0.0.0/8, ::1, UNIX sockets) may be reached. Programs in other languages, such as a
browser, and libraries with sockets of their own do not ask Python; nothing of theirs
is refused.
"""

from __future__ import annotations

import functools
import ipaddress
import os
import socket
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

#: Set in the environment, it lets every process refuse that imports the package.
VARIABLE = "PERSONOMICS_OFFLINE"
#: Audit events with a socket and an address, and those with only a name or address
#: (https://docs.python.org/3/library/audit_events.html).
REACHES = {"socket.bind", "socket.connect", "socket.sendmsg", "socket.sendto"}
LOOKS_UP = {"socket.getaddrinfo", "socket.gethostbyaddr", "socket.gethostbyname",
            "socket.getnameinfo"}  # fmt: skip
#: Methods of a socket and the place of the address among their arguments.
METHODS = {"bind": 0, "connect": 0, "connect_ex": 0, "sendmsg": 3, "sendto": -1}
#: Families of sockets within this machine: files, and the kernel.
WITHIN = {getattr(socket, name, None) for name in ("AF_UNIX", "AF_NETLINK", "AF_ALG")}
INTERNET = (socket.AF_INET, socket.AF_INET6)


class NetworkRefusedError(OSError):
    """Another machine was to be contacted where the network is refused."""

    def __init__(self, host: object) -> None:
        super().__init__(
            f"contact with {host!r} is refused: builds and tests do without the "
            f"network ({VARIABLE} is set); allowed: this machine (localhost, "
            "127.0.0.1, ::1)"
        )


def refuse() -> None:
    """Refuse the network in this process and in the Python processes it starts.

    It cannot be taken back. Processes started from here refuse as soon as they import
    ``personomics``. Connections that are open already stay open.
    """
    os.environ[VARIABLE] = "1"
    # A proxy on this machine would carry everything out of it.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"
    if getattr(socket.socket.connect, "asks_first", False):
        return
    sys.addaudithook(audit)
    for name, place in METHODS.items():
        method = getattr(socket.socket, name)
        setattr(socket.socket, name, asking(method, place))


def allowed(url: str) -> None:
    """Raise where this process refuses the network and a web address is elsewhere.

    A client that tries again and again need not begin.

    Raises
    ------
    NetworkRefusedError
        Naming the machine.
    """
    if os.environ.get(VARIABLE):
        check(urlsplit(url).hostname)


def audit(event: str, args: tuple[Any, ...]) -> None:
    """Raise where an audit event is about another machine.

    Raises
    ------
    NetworkRefusedError
        Naming the machine.
    """
    if event in REACHES:
        one, address = args
        family = one.family
        if family in WITHIN or address is None:  # None: it has been connected before
            return
        if family not in INTERNET:
            raise NetworkRefusedError(address)
        check(address[0])
    elif event in LOOKS_UP:
        check(args[0][0] if isinstance(args[0], tuple) else args[0])


def asking(method: Callable[..., Any], place: int) -> Callable[..., Any]:
    """Let a method of sockets ask first: it looks names up before Python is told."""

    @functools.wraps(method)
    def ask(one: socket.socket, *args: Any) -> Any:
        if one.family in INTERNET and len(args) > place:
            address = args[place]
            if isinstance(address, tuple) and address:
                check(address[0])
        return method(one, *args)

    ask.asks_first = True  # type: ignore[attr-defined]
    return ask


def check(host: object) -> None:
    """Raise unless a name or an address is that of this machine.

    Raises
    ------
    NetworkRefusedError
        Naming it.
    """
    if not is_here(host):
        raise NetworkRefusedError(host)


def is_here(host: object) -> bool:
    """Say whether a name or an address is that of this machine.

    The address for "any", such as 0.0.0.0, is: a server listens there.

    >>> [is_here(host) for host in ("localhost", "127.1.2.3", "0.0.0.0", None)]
    [True, True, True, True]
    >>> [is_here(host) for host in ("::1", "::ffff:127.0.0.1")]
    [True, True]
    >>> [is_here(host) for host in ("192.0.2.1", "localhost.example.org", "::2")]
    [False, False, False]
    """
    name = bytes(host).decode("ascii", "replace") if isinstance(
        host, bytes | bytearray) else str(host or "")  # fmt: skip
    if name.lower() in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    inner = getattr(address, "ipv4_mapped", None) or address
    return inner.is_loopback or inner.is_unspecified
