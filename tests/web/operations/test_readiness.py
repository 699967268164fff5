"""What machines that watch over a server hear: whether it serves, whether it can do its work, and since when not."""

import asyncio
import json
import re
import signal
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from alerting import happening, kept
from pydantic import SecretStr
from services import ADMINS, CALLERS, ENGINES, SENTRYS, Service, service
from standins.sockets import Request, Wire, listening, nobody_listening
from wire import Sentry

from sentry.client import SentryClient
from sentry.connection import Connection
from sentry.errors import UnauthorizedError
from web.operations.readiness import SentryAnswers


def checks(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["checks"]
    return found


async def projects(request: Request, wire: Wire) -> None:
    await wire.answer(body=b'[{"id": "1", "slug": "shop"}]')


class Failing:
    """A Sentry that fails until it is well."""

    is_well = False

    async def __call__(self, request: Request, wire: Wire) -> None:
        await (projects(request, wire) if self.is_well else wire.answer(502))


async def test_it_says_what_is_wrong_since_when_and_no_more_however_often_it_is_asked(tmp_path: Path) -> None:
    failing = Failing()
    async with listening(failing) as sentry, service(tmp_path, sentry.url) as server:
        health = await server.get("/health", Host="10.0.0.7:3004", Origin="http://evil.example")
        polled = [await server.get("/ready", Host="10.0.0.7:3004") for _ in range(20)]

        assert (health.status_code, health.json()) == (200, {"status": "ok"})
        assert {answer.status_code for answer in polled} == {503}
        assert {checks(answer)["sentry"]["problem"] for answer in polled} == {"fails"}
        assert len(since := {checks(answer)["sentry"]["since"] for answer in polled}) == 1
        assert sentry.log == ["GET /api/0/"]
        assert sentry.requests[0].token == SENTRYS

        failing.is_well = True
        (tmp_path / "callers.toml").write_text(f"{CALLERS}\nsecret_plan = 1")
        assert not (await server.call("auto", "list_projects")).is_error  # which shows that Sentry is well
        async with asyncio.timeout(20):
            while checks(answer := await server.get("/ready"))["callers"]["ok"]:
                pass
        assert answer.json()["ready"] is False
        assert checks(answer)["sentry"] == {"ok": True, "problem": None, "since": None}
        assert re.fullmatch(r"2\d{3}-.*Z", checks(answer)["callers"]["since"])
        assert "secret_plan" not in answer.text
        assert {request.token for request in sentry.requests[1:]} == {SENTRYS}
        reason, *told = [record["message"] for record in await server.logged("web.operations.readiness")]
        assert reason.startswith("Sentry was asked whether it answers: 127.0.0.1:")
        assert told == [
            "Not ready: sentry fails",
            f"Ready again: sentry, which was not since {since.pop()}",
            "Not ready: callers are not all known, see the log",
        ]
        assert not [
            record for record in await server.logged() if record["route"].startswith("GET /")
        ]  # polls are not told
        (tmp_path / "callers.toml").write_text(CALLERS.partition('[[callers]]\nname = "operator"')[0])
        async with asyncio.timeout(20):
            while not checks(await server.get("/ready"))["callers"]["ok"]:
                pass
        said = [record["message"] for record in await server.logged("web.callers.known")]
        assert said[0].endswith("still are: number 2 has 'secret_plan', which no caller has")
        assert said[1] == "The file of callers was read again: 1 callers, 0 added (none), 1 gone or changed (operator)"


async def test_a_token_that_sentry_refuses_is_told(tmp_path: Path) -> None:
    async def refusing(request: Request, wire: Wire) -> None:
        await wire.answer(200 if request.path == "/api/0/" else 401)

    async with listening(refusing) as sentry, service(tmp_path, sentry.url) as server:
        assert (await server.get("/ready")).status_code == 200
        assert (await server.call("auto", "list_projects")).is_error
        async with asyncio.timeout(20):
            while (answer := await server.get("/ready")).status_code == 200:
                pass
        assert checks(answer)["sentry"]["problem"] == "does not accept the token"


class Token:
    """A Sentry that knows the token or not, as /api/0/ and all else say it."""

    def __init__(self, *, at_root: int = 200, else_: int = 200, who: str = "user") -> None:
        self.at_root, self.else_, self.who = at_root, else_, who

    async def __call__(self, request: Request, wire: Wire) -> None:
        status = self.at_root if request.path == "/api/0/" else self.else_
        if status != 200:
            await wire.answer(status, f'{{"detail": "Invalid token {SENTRYS}"}}'.encode())
        elif request.path == "/api/0/":
            said = {"version": "0", "auth": None, "user": None} | {self.who: {"token": SENTRYS}}
            await wire.answer(body=json.dumps(said).encode())
        else:
            await projects(request, wire)


async def until_sentry_is(server: Service, problem: str | None) -> httpx.Response:
    async with asyncio.timeout(30):
        while checks(answer := await server.get("/ready"))["sentry"]["problem"] != problem:
            pass
    return answer


async def test_a_wrong_token_is_told_before_any_call_and_a_right_one_where_none_comes(tmp_path: Path) -> None:
    token = Token(at_root=401, else_=401)
    async with listening(token) as sentry, service(tmp_path, sentry.url) as server:
        polled = [await server.get("/ready") for _ in range(20)]
        assert {checks(answer)["sentry"]["problem"] for answer in polled} == {"does not accept the token"}
        assert sentry.log == ["GET /api/0/"]

        token.at_root = 200
        told = await until_sentry_is(server, None)
        assert told.json()["ready"] is True
        assert set(sentry.log) == {"GET /api/0/"}
        assert not [text for text in (server.log.read_text(), *(answer.text for answer in polled)) if SENTRYS in text]


async def test_one_refusal_is_over_when_sentry_knows_the_token(tmp_path: Path) -> None:
    token = Token(else_=401, who="auth")
    async with listening(token) as sentry, service(tmp_path, sentry.url) as server:
        assert (await server.call("auto", "list_projects")).is_error
        await until_sentry_is(server, "does not accept the token")
        asked = len(sentry.requests)
        assert (await until_sentry_is(server, None)).json()["ready"] is True
        assert sentry.log[asked:] == ["GET /api/0/"]
        assert SENTRYS not in server.log.read_text()


@pytest.mark.parametrize("refuses_at_root", [False, True])
async def test_a_refusal_is_forgotten_where_sentry_does_not_tell_who_asks(refuses_at_root: bool) -> None:
    """As a GlitchTip may, which answers /api/0/ to anybody."""
    ahead = 0.0
    token = Token(at_root=401 if refuses_at_root else 200, else_=401, who="nobody")
    async with listening(token) as sentry:
        connection = Connection(url=sentry.url, token=SecretStr(SENTRYS))
        async with SentryClient(connection) as client:
            check = SentryAnswers(lambda: lambda: client, lambda: time.monotonic() + ahead)
            if not refuses_at_root:
                with pytest.raises(UnauthorizedError):
                    await client.list_projects(organization="acme")
            assert await check() == "does not accept the token"
            token.at_root, asked = 200, len(sentry.requests)
            for seconds in (20, 50):
                ahead = seconds
                assert await check() == "does not accept the token"
                assert await check() == "does not accept the token"
            ahead = 61
            assert await check() is None
    assert sentry.log[asked:] == ["GET /api/0/"] * 3


@pytest.mark.parametrize("knows_it", [True, False])
async def test_the_embedded_sentry_tells_whether_it_knows_the_token(
    sentry: Sentry, tmp_path: Path, knows_it: bool
) -> None:
    token = sentry.token if knows_it else SENTRYS
    async with service(tmp_path, sentry.embedded.url, SENTRY_AUTH_TOKEN=token) as server:
        problem = checks(await server.get("/ready"))["sentry"]["problem"]
    assert problem == (None if knows_it else "does not accept the token")


async def test_the_token_goes_nowhere_else(tmp_path: Path) -> None:
    async with listening(projects) as elsewhere:

        async def redirecting(request: Request, wire: Wire) -> None:
            await wire.answer(302, location=f"{elsewhere.url}/api/0/")

        async with listening(redirecting) as sentry, service(tmp_path, sentry.url) as server:
            assert (await server.get("/ready")).status_code == 200  # something answers; calls say what
            assert sentry.log == ["GET /api/0/"]
        assert elsewhere.log == []


async def test_where_callers_bring_their_tokens_none_is_sent_to_look(tmp_path: Path) -> None:
    async with (
        listening(projects) as sentry,
        service(tmp_path, sentry.url, SENTRY_AUTH_TOKEN="", SENTRY_MCP_ACCEPT_SENTRY_TOKENS="true") as server,
    ):
        assert (await server.get("/ready")).status_code == 200
        assert not [request for request in sentry.requests if request.token]


async def test_since_is_when_it_began_not_when_somebody_asked(tmp_path: Path) -> None:
    async with (
        listening(projects) as sentry,
        nobody_listening() as nobody,
        service(tmp_path, sentry.url, SENTRY_MCP_SHARED_URL=f"redis://127.0.0.1:{nobody}") as server,
    ):
        (tmp_path / "callers.toml").write_text("[[callers]]\nname = 5\n")
        async with asyncio.timeout(20):
            while not await server.logged("web.callers.known"):
                pass
        began = datetime.now(UTC)
        await asyncio.sleep(2)
        found = checks(await server.get("/ready"))
        assert found["store"]["problem"] == "cannot be reached"
        assert not found["callers"]["ok"]
        for name in ("store", "callers"):
            assert datetime.fromisoformat(found[name]["since"]) <= began, name


async def test_whether_alerts_can_be_kept_and_how_many_wait(tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    environment = {"SENTRY_MCP_ALERTS": "true", "SENTRY_MCP_ALERTS_PATH": str(folder / "alerts.db")}
    async with listening(projects) as sentry, service(tmp_path, sentry.url, **environment) as server:

        async def until_alerts_are(problem: str | None) -> None:
            async with asyncio.timeout(20):
                while checks(await server.get("/ready"))["alerts"]["problem"] != problem:
                    pass

        async def waiting() -> list[str]:
            text = (await server.get("/metrics", ADMINS)).text
            return re.findall(r"^sentry_mcp_alerts_waiting (\S+)$", text, re.MULTILINE)

        assert (await server.get("/ready")).status_code == 200
        assert await waiting() == ["0.0"]
        await kept(folder / "alerts.db", happening(1), happening(2))
        assert await waiting() == ["2.0"]
        folder.rename(tmp_path / "elsewhere")
        folder.write_text("in the way")
        await until_alerts_are("cannot be written")
        assert await waiting() == []
        folder.unlink()
        (tmp_path / "elsewhere").rename(folder)
        await until_alerts_are(None)
        assert await waiting() == ["2.0"]


async def test_an_emptied_file_puts_nobody_out_and_who_is_added_is_named(tmp_path: Path) -> None:
    file, (engine, operator) = tmp_path / "callers.toml", CALLERS.split("\n[[callers]]")

    async def told(server: Service, number: int) -> str:
        async with asyncio.timeout(20):
            while len(said := await server.logged("web.callers.known")) < number:
                pass
        return str(said[-1]["message"])

    async with listening(projects) as sentry, service(tmp_path, sentry.url, callers=engine) as server:
        for number, nothing in enumerate(("", " \n\n", "\ufeff"), 1):
            file.write_text(nothing, "utf-8")
            assert (await told(server, number)).endswith(
                "still are: is empty; where nobody is to be let in, it has a comment that says so"
            )
            await until_callers_are(server, ok=False)
            assert not (await server.call("auto", "list_projects")).is_error

        again = "The file of callers was read again:"
        file.write_text(f"{engine}\n[[callers]]{operator}")
        assert await told(server, 4) == f"{again} 2 callers, 1 added (operator), 0 gone or changed (none)"
        await until_callers_are(server, ok=True)
        file.write_text(f"{engine}\n[[callers]]{operator.replace('operator', 'other')}")
        assert await told(server, 5) == f"{again} 2 callers, 1 added (other), 1 gone or changed (operator)"
        file.write_text("# nobody, for now\n")
        assert await told(server, 6) == f"{again} 0 callers, 0 added (none), 2 gone or changed (engine, other)"
        assert (await server.get("/openapi.json")).status_code == 200
        assert (await server.get("/issues", ENGINES)).status_code == 401
        await until_callers_are(server, ok=True)


async def until_callers_are(server: Service, *, ok: bool) -> httpx.Response:
    async with asyncio.timeout(20):
        while checks(answer := await server.get("/ready"))["callers"]["ok"] is not ok:
            pass
    return answer


async def test_every_line_of_the_log_is_json_where_that_is_wanted(tmp_path: Path) -> None:
    async with listening(projects) as sentry, service(tmp_path, sentry.url) as server:
        await server.call("auto", "list_projects")
        lines = server.log.read_text().splitlines()
    assert "serving MCP on" in json.loads(lines[0])["message"]
    assert all(isinstance(json.loads(line), dict) for line in lines)


async def test_a_server_that_stops_is_not_ready_while_it_answers_what_it_was_asked(tmp_path: Path) -> None:
    may_answer = asyncio.Event()

    async def slow(request: Request, wire: Wire) -> None:
        await may_answer.wait()
        await projects(request, wire)

    async with listening(slow) as sentry, service(tmp_path, sentry.url) as server, AsyncExitStack() as stack:
        client = await stack.enter_async_context(server.client("auto"))
        await client.list_tools()  # else it asks for their schemas after the call, of a server that has gone
        call = asyncio.create_task(client.call_tool("list_projects", {}))
        await sentry.until(lambda: len(sentry.requests) == 1)
        server.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(3):
            while not (answer := await server.get("/ready")).json()["draining"]:
                pass
        other = await server.get("/nowhere", ENGINES)
        may_answer.set()

        assert not (await call).is_error
        assert answer.status_code == other.status_code == 503
        assert other.json()["message"] == "The server is shutting down."
        assert await server.process.wait() == -signal.SIGTERM
