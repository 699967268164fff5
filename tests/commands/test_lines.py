"""What a host sends over stdio is answered, whatever it is; and what it asked before it went, too."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from standins.sockets import Request, Server, Wire, listening
from wire import ROOT, bare_environment

META: dict[str, object] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
SETTINGS = {"SENTRY_AUTH_TOKEN": "none", "SENTRY_ORG": "acme", "SENTRY_URL": "http://127.0.0.1:9"}
MEGABYTE = 1_000_000
INITIALIZE = (
    '{"jsonrpc":"2.0","id":"first","method":"initialize","params":{"protocolVersion":"2025-11-25",'
    '"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}'
)
INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}'


def request(method: str, request_id: object, **parameters: object) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method, "params": {"_meta": META, **parameters}})


def call(request_id: object, **arguments: object) -> str:
    return request("tools/call", request_id, name="list_projects", arguments=arguments)


class Host:
    """What starts the server and speaks with it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process, self._stdin, self._stdout = process, process.stdin, process.stdout

    async def say(self, *lines: str) -> None:
        for line in lines:
            self._stdin.write(line.encode() + b"\n")
        await self._stdin.drain()

    def leave(self, last: str = "") -> None:
        self._stdin.write(last.encode())
        self._stdin.close()

    async def answer(self) -> dict[str, Any]:
        async with asyncio.timeout(20):
            answer: dict[str, Any] = json.loads(await self._stdout.readline())
        return answer

    async def rest(self) -> list[dict[str, Any]]:
        """All that is still said before the end."""
        async with asyncio.timeout(20):
            return [json.loads(line) for line in (await self._stdout.read()).splitlines()]


@asynccontextmanager
async def started(**environment: str) -> AsyncGenerator[Host]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "server.py"),
        cwd=ROOT,
        env={**bare_environment(), **SETTINGS, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        limit=10 * MEGABYTE,
    )
    try:
        yield Host(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


UNREADABLE: dict[str, tuple[str, object, int, str]] = {
    "half a surrogate pair": (call(7, query="\ud800"), 7, -32700, "surrogate pair"),
    "cut off": ('{"jsonrpc": "2.0", "id": 7, "method": ', 7, -32700, "Invalid JSON"),
    "no JSON": ("hello", None, -32700, "Invalid JSON"),
    "nested too deeply": (call(7, query="deep").replace('"deep"', "[" * 100_000 + "]" * 100_000), 7, -32700, "deeply"),
    "nested deeply": (call(7, query="deep").replace('"deep"', "[" * 300 + "]" * 300), 7, -32700, "recursion limit"),
    "too long": (call(7, query="x" * 10 * MEGABYTE), 7, -32600, "Longer than 4194304 bytes"),
    "too long, its id last": (
        '{"method": "ping", "params": {"x": "' + "x" * 5 * MEGABYTE + '"}, "jsonrpc": "2.0", "id": "a"}',
        *("a", -32600, "Longer than"),
    ),
    "too long, its id not to be seen": (
        '{"method": "ping", "params": {"x": {"id": 7}, "y": "' + "x" * 5 * MEGABYTE + '"}, "id": 8, "jsonrpc": "2.1"}',
        *(None, -32600, "Longer than"),
    ),
    "a batch": (f"[{call(7)}]", None, -32600, "no batch"),
    "a batch of 100,000": ("[" + ",".join(["1"] * 100_000) + "]", None, -32600, "no batch"),
    "a lone value": ("5", None, -32600, "no lone value"),
    "without a method": ('{"jsonrpc": "2.0", "id": 7}', 7, -32600, "method: Field required"),
    "of another version": (
        '{"jsonrpc": "1.0", "id": 7, "method": "ping"}',
        7,
        -32600,
        "jsonrpc: Input should be '2.0'",
    ),
    "parameters that are none": ('{"jsonrpc": "2.0", "id": 7, "method": "ping", "params": []}', 7, -32600, "params"),
    "an id that is none": (call(1.5), None, -32600, "id: Input should be"),
    "null for an id": (call(None), None, -32600, "id: Input should be"),
    "a number that is none": (call(7).replace("7", "9" * 5_000, 1), None, -32700, "number out of range"),
}


async def test_whatever_is_sent_is_answered_or_needs_no_answer() -> None:
    async with started() as host:
        for name, (line, request_id, code, words) in UNREADABLE.items():
            await host.say(line)
            answer = await host.answer()
            assert (answer["jsonrpc"], answer["id"], answer["error"]["code"]) == ("2.0", request_id, code), name
            assert words in answer["error"]["message"], name
            assert len(answer["error"]["message"]) < 300

        for silent in (
            "",
            "  ",
            '{"jsonrpc": "1.0", "method": "cancelled"}',
            '{"jsonrpc": "2.0", "id": 5, "result": []}',
        ):
            await host.say(silent)
        await host.say(request("tools/list", 8))
        answer = await host.answer()
        assert (answer["id"], bool(answer["result"]["tools"])) == (8, True)


async def test_a_handshake_after_what_cannot_be_read_is_one() -> None:
    async with started() as host:
        await host.say("hello", INITIALIZE, INITIALIZED, '{"jsonrpc":"2.0","id":2,"method":"ping"}')
        assert [(await host.answer())["id"] for _ in range(3)] == [None, "first", 2]


async def test_odd_but_good_lines_are_read() -> None:
    async with started() as host:
        await host.say(f"\r{request('tools/list', 1)}\r", request("tools/list", 2).replace(", ", ",\r "))
        assert {(await host.answer())["id"] for _ in range(2)} == {1, 2}
        await host.say(call(3, query="NaN").replace('"NaN"', "NaN"))
        assert (await host.answer())["result"]["isError"]


class Slow:
    """A Sentry that answers when it is told to."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()

    async def __call__(self, _: Request, wire: Wire) -> None:
        await self.may_answer.wait()
        await wire.answer(body=b'[{"id": "1", "slug": "shop"}]')


async def asked(host: Host, sentry: Server) -> None:
    await host.say(call(1))
    await sentry.until(lambda: len(sentry.requests) == 1)


async def test_what_was_asked_before_the_host_left_is_answered() -> None:
    slow = Slow()
    async with listening(slow) as sentry, started(SENTRY_URL=sentry.url) as host:
        await asked(host, sentry)
        host.leave()
        slow.may_answer.set()
        answers = await host.rest()
        assert [answer["id"] for answer in answers] == [1]
        assert "shop" in answers[0]["result"]["content"][0]["text"]
        assert await host.process.wait() == 0


async def test_what_was_asked_at_once_and_without_waiting_is_answered() -> None:
    """As `printf '...' | sentry-mcp` does; the last line may lack its end."""
    async with started() as host:
        await host.say(request("tools/list", 1), call(2))
        host.leave(request("prompts/list", 3))
        assert {answer["id"] for answer in await host.rest() if "result" in answer} == {1, 2, 3}


def test_a_host_that_left_and_does_not_read_is_not_waited_for() -> None:
    with subprocess.Popen(
        [sys.executable, "server.py"],
        cwd=ROOT,
        env={**bare_environment(), **SETTINGS},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,  # whose 64 kB are soon full
    ) as process:
        assert process.stdin is not None
        process.stdin.write("".join(request("tools/list", number) + "\n" for number in range(50)).encode())
        process.stdin.close()
        try:
            assert process.wait(20) == 0
        finally:
            process.kill()


async def refused(host: Host) -> dict[str, Any]:
    """The answer to the first ping that is refused: a signal is heard when it is."""
    for request_id in range(100, 10_000):
        await host.say(
            json.dumps({"jsonrpc": "2.0", "id": request_id, "method": "tools/list", "params": {"_meta": META}})
        )
        if "error" in (answer := await host.answer()):
            return answer
    raise AssertionError("never refused")


async def test_what_was_asked_before_a_signal_is_answered_and_what_comes_later_refused() -> None:
    slow = Slow()
    async with listening(slow) as sentry, started(SENTRY_URL=sentry.url) as host:
        await asked(host, sentry)
        host.process.send_signal(signal.SIGTERM)
        assert (await refused(host))["error"] == {"code": -32000, "message": "The server is shutting down."}
        slow.may_answer.set()
        (answer,) = await host.rest()
        assert "shop" in answer["result"]["content"][0]["text"]
        assert await host.process.wait() == 143


async def test_a_second_signal_ends_it_at_once() -> None:
    async with listening(Slow()) as sentry, started(SENTRY_URL=sentry.url) as host:
        await asked(host, sentry)
        host.process.send_signal(signal.SIGTERM)
        await refused(host)
        host.process.send_signal(signal.SIGTERM)
        assert (await host.rest(), await host.process.wait()) == ([], 143)


async def test_what_takes_longer_than_the_grace_is_answered_as_broken_off() -> None:
    async with listening(Slow()) as sentry, started(SENTRY_URL=sentry.url) as host:
        await asked(host, sentry)
        host.leave()
        (answer,) = await host.rest()
        assert (answer["id"], answer["error"]["message"]) == (1, "Connection closed")
        assert await host.process.wait() == 0


async def test_what_the_host_no_longer_wants_is_not_waited_for() -> None:
    async with listening(Slow()) as sentry, started(SENTRY_URL=sentry.url, SENTRY_MCP_TIMEOUT="60") as host:
        await asked(host, sentry)
        await host.say('{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}')
        await sentry.until(lambda: sentry.abandoned == 1)
        host.leave()
        assert await host.rest() == []
