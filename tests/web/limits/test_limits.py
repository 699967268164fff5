"""How much one caller may ask of a server, as its clients meet it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest
import pytest_asyncio
from limited import ACCEPT, BEGIN, SETTINGS, Service, callers_file
from mcp.shared.exceptions import MCPError
from standins.sockets import Request, Wire, listening
from wire import ERAS, Era, served_http, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIZE = 20_000
LIMITED = {
    **SETTINGS,
    "SENTRY_MCP_LIMITS_SESSIONS": "6",
    "SENTRY_MCP_LIMITS_SESSIONS_PER_CALLER": "2",
    "SENTRY_MCP_LIMITS_REQUEST_SIZE": str(SIZE),
}
LIMITS = {
    "few-auto": "calls_per_minute = 2",
    "few-legacy": "calls_per_minute = 2",
    "few-raw": "calls_per_minute = 2",
    "narrow": "calls_at_once = 1",
    "gone": "calls_at_once = 1",
    "crowd": "",
    "other": "",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    asked, let = asyncio.Event(), asyncio.Event()

    async def answer(request: Request, wire: Wire) -> None:
        if "/slow/" in request.path:
            asked.set()
            await let.wait()
        slug = request.path.rstrip("/").split("/")[-1]
        is_list = slug in ("organizations", "releases")
        await wire.answer(body=json.dumps([] if is_list else {"id": "1", "slug": slug, "name": slug}).encode())

    file = callers_file(tmp_path_factory.mktemp("callers"), LIMITS)
    async with (
        listening(answer) as sentry,
        served_http({**LIMITED, "SENTRY_URL": sentry.url, "SENTRY_MCP_CALLERS_FILE": file}) as url,
    ):
        yield Service(url, asked, let)


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_too_many_a_minute_tells_the_model_when_to_try_again(service: Service, era: Era) -> None:
    async with service.client(f"few-{era}", era) as client, service.client("other", era) as other:
        for _ in range(2):
            assert not (await client.call_tool("get_project", {"project": "shop"})).is_error
        with pytest.raises(MCPError, match=r"^rate_limited: .* 2 calls a minute. Try again in \d+ s\.$"):
            await client.call_tool("get_project", {"project": "shop"})
        with pytest.raises(MCPError, match="rate_limited"):
            await client.read_resource("sentry://projects/acme/shop")
        assert (await client.list_tools()).tools, "what asks Sentry nothing is no call"
        result = await other.call_tool("get_project", {"project": "shop"})
        assert "shop" in text_of(result), "another caller has calls of their own"


async def test_a_call_too_many_is_429_with_the_seconds_to_wait(service: Service) -> None:
    async with service.http("few-raw") as http:
        for _ in range(2):
            assert (await service.call(http)).status_code == 200
        refused = await service.call(http, id=7)
        assert refused.status_code == 429
        wait = int(refused.headers["Retry-After"])
        assert 1 <= wait <= 60
        told = {
            "error": "rate_limited",
            "message": f"This caller may make 2 calls a minute. Try again in {wait} s.",
            "status_code": 429,
            "details": {"retry_after": wait},
        }
        error = refused.json()["error"]
        assert refused.json()["id"] == 7
        assert (error["message"], error["data"]) == (f"rate_limited: {told['message']}", told)
        elsewhere = await http.get(httpx.URL(service.url).join("/issues"))
        assert (elsewhere.status_code, set(elsewhere.json())) == (429, set(told)), "whatever the route"


async def test_calls_at_once(service: Service) -> None:
    service.asked.clear()
    async with service.http("narrow") as http, service.http("other") as other, asyncio.TaskGroup() as tasks:
        under_way = tasks.create_task(service.call(http, "slow"))
        await service.asked.wait()
        more = [tasks.create_task(service.call(http)) for _ in range(2)]  # one may wait for a place, not two
        done, _ = await asyncio.wait(more, return_when=asyncio.FIRST_COMPLETED)
        refused = done.pop().result()
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        assert "1 calls at once" in refused.json()["error"]["message"]
        assert (await service.call(other)).status_code == 200
        service.let.set()
        assert (await under_way).status_code == 200
    async with service.http("narrow") as http:
        assert (await service.call(http)).status_code == 200, "there is a place again"


async def test_a_call_counts_until_it_has_ended_even_if_its_client_has_left(service: Service) -> None:
    service.asked.clear()
    service.let.clear()
    async with service.http("gone") as http:
        begun = await service.begin(http)
        session = {"Mcp-Session-Id": begun.headers["Mcp-Session-Id"]}

        async def call(project: str) -> httpx.Response:
            params = {"name": "get_project", "arguments": {"project": project}}
            message = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}
            return await http.post(service.url, json=message, headers=session)

        leaving = asyncio.ensure_future(call("slow"))
        await service.asked.wait()
        leaving.cancel()
        await asyncio.wait([leaving])
        with anyio.fail_after(20):
            while (refused := await call("shop")).status_code != 200:
                assert refused.json()["error"]["message"].startswith("rate_limited"), "its connection is still open"
            assert "rate_limited" in refused.text
            service.let.set()
            while "rate_limited" in (await call("shop")).text:
                pass
        await http.delete(service.url, headers=session)


@pytest.mark.parametrize("member", ["jsonrpc", "id", "method", "params"])
async def test_of_a_message_any_member_may_be_anything(service: Service, member: str) -> None:
    values: list[Any] = [None, True, -1, 1.5, "x", [], {}, ["tools/call"], {"tools/call": []}]
    async with service.http("other") as http:
        for value in values:
            answer = await service.call(http, **{member: value})
            assert answer.status_code < 500, (value, answer.text)


@pytest.mark.parametrize("route", ["/mcp", "/issues"])
async def test_a_request_may_have_so_many_bytes(service: Service, route: str) -> None:
    url = httpx.URL(service.url).join(route)
    async with service.http("other") as http:
        for size, is_refused in ((SIZE, False), (SIZE + 1, True), (SIZE * 9, True)):
            answer = await http.post(url, content=b"x" * size, headers={"Content-Type": "application/json"})
            assert (answer.status_code == 413, str(SIZE) in answer.text) == (is_refused, is_refused)
            assert answer.status_code < 500


@pytest.mark.parametrize("route", ["/mcp", "/issues"])
@pytest.mark.parametrize(
    "length", ["Transfer-Encoding: chunked", f"Content-Length: {10**12}", f"Content-Length: {'9' * 20}"]
)
async def test_a_request_without_end_is_not_read_to_it(service: Service, route: str, length: str) -> None:
    url = httpx.URL(service.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST {route} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer other\r\n{length}\r\n\r\n"
    chunk = b"2710\r\n" + b"x" * 10_000 + b"\r\n"
    writer.write(head.encode() + chunk * 3 * length.endswith("chunked"))
    async with asyncio.timeout(20):
        assert (await reader.read()).startswith(b"HTTP/1.1 413 "), "and the connection is closed"
    writer.close()


async def test_no_caller_takes_the_sessions_of_the_others(service: Service) -> None:
    async with service.http("crowd") as http, service.http("other") as other:
        own = [await service.begin(http) for _ in range(2)]
        assert [begun.status_code for begun in own] == [200, 200]
        refused = await service.begin(http)
        assert refused.status_code == 503
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert "unavailable: There is no room" in refused.json()["error"]["message"]
        another = await service.begin(other)
        assert another.status_code == 200
        strange = {"Mcp-Session-Id": own[0].headers["Mcp-Session-Id"]}
        assert (await other.delete(service.url, headers=strange)).status_code == 404, "none of theirs"
        assert (await service.begin(http)).status_code == 503
        assert (await http.delete(service.url, headers=strange)).status_code == 200
        again = await service.begin(http)
        assert again.status_code == 200
        for of, begun in ((http, own[1]), (http, again), (other, another)):
            await of.delete(service.url, headers={"Mcp-Session-Id": begun.headers["Mcp-Session-Id"]})


async def test_wrong_tokens_are_answered_later_and_later_and_right_ones_as_ever(service: Service) -> None:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=30, limits=limits) as guessing, service.http("other") as http:

        async def guess(number: int) -> httpx.Response:
            return await guessing.post(service.url, json=BEGIN, headers={"Authorization": f"Bearer guess-{number}"})

        refused = await guess(0)
        assert refused.status_code == 401
        guesses = [asyncio.ensure_future(guess(number)) for number in range(1, 120)]
        for answered in asyncio.as_completed(guesses):
            refused = await answered
            if refused.status_code != 401:
                break
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "10")
        assert refused.headers["Connection"] == "close"
        assert not all(guess.done() for guess in guesses), "the others wait"
        assert (await service.call(http)).status_code == 200
        for guess_under_way in guesses:
            guess_under_way.cancel()
        await asyncio.wait(guesses)


async def test_without_callers_nobody_is_told_to_wait() -> None:
    async def answer(_: Request, wire: Wire) -> None:
        await wire.answer(body=b'{"id": "1", "slug": "shop", "name": "Shop"}')

    few = {"SENTRY_MCP_LIMITS_CALLS_PER_MINUTE": "1", "SENTRY_MCP_LIMITS_CALLS_AT_ONCE": "1"}
    async with listening(answer) as sentry, served_http({**LIMITED, **few, "SENTRY_URL": sentry.url}) as url:
        here = Service(url, asyncio.Event(), asyncio.Event())
        async with httpx.AsyncClient(headers=ACCEPT, timeout=30) as http:
            answers = await asyncio.gather(*(here.call(http, id=number) for number in range(8)))
            assert {answer.status_code for answer in answers} == {200}
            assert (await http.post(url, content=b"x" * (SIZE + 1))).status_code == 413
