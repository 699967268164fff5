"""Sockets that only this machine reaches, for both servers: MCP over HTTP, and the embedded Sentry."""

import ipaddress
import re
import socket
import sys

MAX_PORT = 65_535
BACKLOG = 1024
"""Connections that may wait to be accepted."""


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_address(host: str) -> bool:
    """Whether this is an address, and not the name of a machine somewhere."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost"
    return True


def names_loopback(authority: str) -> bool:
    """Whether what a Host header holds (RFC 9110, 7.2) means this machine: `localhost:3004`, and nothing that a browser
    could have been led to by a name of somebody else's."""
    named = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:]+)(?::([0-9]{1,5}))?", authority)
    return named is not None and int(named[2] or 0) <= MAX_PORT and is_loopback(named[1].lower())


def listener(host: str, port: int, *, reachable: bool = False) -> socket.socket:
    """A socket that listens; port 0 takes a free one.

    Raises ValueError for a host that others could reach, unless `reachable`; OSError when the port cannot be had.
    """
    if not reachable and not is_loopback(host):
        raise ValueError(f"served on loopback only, not on {host}")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP by its number: only then does asyncio turn off Nagle's algorithm, by which each answer waits 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two servers have one port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def url_of(listening: socket.socket) -> str:
    """Where the server that listens there is reached: http://127.0.0.1:3004."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
