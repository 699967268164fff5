"""The connection to the store: which addresses it takes, what it tells of them, who waits for it."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from standins.certificates import made_certificate, secure_server
from standins.stores import PASSWORD, Valkey, running
from wire import ROOT

from shared.store import LostError, Store


@pytest.mark.parametrize(
    "url",
    [
        f"redis://:{PASSWORD}@valkey:port/0",
        f"redis://:{PASSWORD}@valkey/?socket_timeout=soon",
        f"redis://:{PASSWORD}@valkey/?no_such_parameter=1",
        f"http://:{PASSWORD}@valkey",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_text(url: str) -> None:
    with pytest.raises(ValueError, match="an address that cannot be used") as caught:
        Store(url)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "error"),
    [("redis://:wrong-password@127.0.0.1:{port}/0", "AuthenticationError"), ("redis://127.0.0.1:1", "ConnectionError")],
)
async def test_a_store_that_cannot_be_used_is_told_by_the_errors_name(
    valkey: Valkey, caplog: pytest.LogCaptureFixture, url: str, error: str
) -> None:
    store = Store(url.format(port=valkey.port))
    async with store.opened():
        assert store.lost_since is not None
        with pytest.raises(LostError):
            await store.ask(("PING",))
    assert [record.message for record in caplog.records if record.name == "shared.store"] == [
        f"The store that servers share cannot be used ({error}): each answers by itself meanwhile"
    ]
    assert "wrong-password" not in caplog.text


async def test_who_gives_up_waiting_leaves_nobody_an_answer_that_is_not_theirs() -> None:
    with running() as valkey:
        store = Store(valkey.url)
        async with store.opened():
            for number in range(40):
                await store.ask(("SET", f"name-{number}", number))
            with valkey.hanging():
                async with anyio.create_task_group() as tasks:
                    for number in range(10):
                        tasks.start_soon(store.ask, ("GET", f"name-{number}"))
                    await anyio.wait_all_tasks_blocked()
                    tasks.cancel_scope.cancel()
            for number in range(10, 40):
                assert await store.ask(("GET", f"name-{number}")) == [str(number).encode()]


async def test_nobody_waits_long_for_a_turn_at_a_slow_store_which_is_not_lost_by_that(valkey: Valkey) -> None:
    store = Store(valkey.url)
    told: list[bool] = []

    async def slowly() -> None:
        await asyncio.sleep(0.4)

    async def ask() -> None:
        try:
            await store.using(slowly)
        except LostError:
            told.append(False)
        else:
            told.append(True)

    async with store.opened():
        async with anyio.create_task_group() as tasks:
            for _ in range(100):
                tasks.start_soon(ask)
        assert store.lost_since is None
    assert len(told) == 100
    assert told[-1]
    assert told.count(False) > 50, "who had no turn was told so"


@asynccontextmanager
async def encrypted(valkey: Valkey, certificate: Path) -> AsyncGenerator[int]:
    """The port of what stands before a Valkey, with TLS."""

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65_536):
            writer.write(piece)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward, back = await asyncio.open_connection("127.0.0.1", valkey.port)
        await asyncio.gather(pipe(reader, back), pipe(onward, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=secure_server(certificate)) as server:
        yield server.sockets[0].getsockname()[1]


async def test_with_tls_its_certificate_is_checked(valkey: Valkey, tmp_path: Path) -> None:
    certificate = made_certificate(tmp_path)
    async with encrypted(valkey, certificate) as port:
        address = f"rediss://:{PASSWORD}@127.0.0.1:{port}/0"
        trusting, wary = Store(f"{address}?ssl_ca_certs={certificate}"), Store(address)
        async with trusting.opened(), wary.opened():
            assert await trusting.ask(("PING",)) == [True]
            assert wary.lost_since is not None


def test_who_shares_nothing_loads_none_of_it() -> None:
    """Not over HTTP either."""
    code = (
        "import sys; from application import Application; from settings import load_settings;"
        "from web.calls import Calls;"
        "Application(load_settings(environment={'SENTRY_AUTH_TOKEN': 'x'})).http_app(Calls());"
        "sys.exit('redis' in sys.modules or 'shared.answers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
