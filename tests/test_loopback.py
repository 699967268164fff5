"""The one listener of both servers: only this machine reaches it, and no answer waits in it."""

import asyncio
import socket

import pytest

from loopback import is_loopback, listener, url_of


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]"])
async def test_what_is_answered_leaves_at_once(host: str) -> None:
    """asyncio turns off Nagle's algorithm for a socket that says that it is TCP, and for no other."""
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 on this machine")
    delays = asyncio.Queue[int]()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        delays.put_nowait(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with listener(host, 0) as listening:
        async with await asyncio.start_server(serve, sock=listening):
            _, writer = await asyncio.open_connection(*listening.getsockname()[:2])
            assert await delays.get() != 0
            writer.close()


def test_a_url_is_one_that_a_client_can_open() -> None:
    with listener("localhost", 0) as listening:
        assert url_of(listening) == f"http://127.0.0.1:{listening.getsockname()[1]}"
    if socket.has_dualstack_ipv6():
        with listener("::1", 0) as listening:
            assert url_of(listening) == f"http://[::1]:{listening.getsockname()[1]}"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com", "", "localhost.example.com"])
def test_what_others_could_reach_is_refused(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(ValueError, match="loopback only"):
        listener(host, 0)


def test_a_port_that_is_taken_is_an_error() -> None:
    with listener("127.0.0.1", 0) as taken, pytest.raises(OSError, match="in use"):
        listener("127.0.0.1", taken.getsockname()[1])
