"""Denies every connection and name look-up beyond this machine, and writes each attempt down.

Python imports a module of this name at start-up, so a process (and every Python process it starts) is guarded when
this folder stands on ``PYTHONPATH`` and ``PRIVACY_GUARD_LOG`` names a file. It is an audit hook and not a patch of
``socket``: a hook also sees what C modules do through Python's sockets, and nothing can take it off again. What it
cannot see is a C client with sockets of its own (libpq); that one dials the address in its URL and no other.
"""

from __future__ import annotations

import _socket
import errno
import os
import sys
from typing import Any

_INTERNET = (_socket.AF_INET, _socket.AF_INET6)
_BY_ADDRESS = frozenset({"socket.bind", "socket.connect", "socket.sendto", "socket.sendmsg"})
_BY_NAME = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"})


def is_local(host: object) -> bool:
    """Whether a host, as given to Python's socket functions, is this machine's loopback."""
    if isinstance(host, bytes | bytearray):
        host = bytes(host).decode("ascii", "replace")
    if host is None:
        return True
    if not isinstance(host, str):
        return False
    if host in ("localhost", "::1"):
        return True
    parts = host.removeprefix("::ffff:").split(".")
    # Four numbers: a name such as 127.example.org is not loopback.
    return len(parts) == 4 and parts[0] == "127" and all(part.isdecimal() for part in parts)


def install(log: str) -> None:
    """Guard this process for the rest of its life; attempts are appended to the file ``log``, a line each."""

    def deny(event: str, target: object) -> None:
        with open(log, "a", encoding="utf-8") as file:  # noqa: PTH123 pathlib would slow every start
            file.write(f"{event} {target!r} by {' '.join(sys.argv[:3])}\n")
        raise OSError(errno.ENETUNREACH, f"network guard: {event} to {target!r} denied")

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if not event.startswith("socket."):
            return
        if event in _BY_ADDRESS:
            sock, address = args
            # Unix sockets stay open; a send without address goes where a connect was already allowed to go.
            if address is not None and sock.family in _INTERNET and not is_local(address[0]):
                deny(event, address)
        elif event in _BY_NAME:
            host = args[0][0] if event == "socket.getnameinfo" else args[0]
            if not is_local(host):
                deny(event, host)

    sys.addaudithook(hook)


if __name__ == "sitecustomize":
    install(os.environ["PRIVACY_GUARD_LOG"])
