"""What REST refuses, and in which words: one shape, the same status, and nothing was done."""

from typing import Any

import httpx
import pytest
from standins.rest import Rest

from service.access.callers import Scope
from web.rest.catalogue import ROUTES, Route
from web.rest.routing import path_of
from web.rest.words import EXAMPLES

pytestmark = pytest.mark.asyncio(loop_scope="session")
JSON = {"Content-Type": "application/json"}


def error_of(answer: httpx.Response) -> dict[str, Any]:
    error: dict[str, Any] = answer.json()
    assert set(error) == {"error", "message", "status_code", "details"}, answer.text
    assert error["status_code"] == answer.status_code
    assert answer.headers["content-type"] == "application/json"
    assert "no-store" in answer.headers["cache-control"]
    return error


QUERIES = {
    "/issues?limt=3": "Did you mean limit?",
    "/issues?nonsense=3": "It takes project, query,",
    "/issues?limit=0": "greater than or equal to 1",
    "/issues?limit=101": "less than or equal to 100",
    "/issues?limit=ten": "valid integer",
    "/issues?limit=": "limit is blank",
    "/issues?limit=1&limit=2": "given twice",
    "/issues?sort=weight": "sort",
    "/issues?project=%20": "project is blank",
    "/issues?query=%00": "NUL",
    "/issues?query=%ff": "percent-encoded UTF-8",
    f"/issues?query={'x' * 10_001}": "at most 10000",
    f"/issues?{'a=1&' * 200}": "at most 100 fields",
    "/issues?cursor=nonsense": "Sentry refused",
    "/issues?issue=5": "There is no argument 'issue'",
    "/issues/SHOP-1?issue=SHOP-2": "There is no argument 'issue'",
    "/issues/SHOP-1?include=everything": "include",
    "/issues/SHOP-1?max_tokens=1": "greater than or equal to 500",
    "/issues/SHOP-1/events?tags=a,b,c,d,e,f": "up to 5 tags",
    "/issues/nonsense": "is not an issue",
    "/issues/%ff": "percent-encoded UTF-8",
    "/issues/%00": "NUL",
    "/issues/%20": "blank",
    "/issues/https%3A%2F%2Fevil.example%2Fissues%2F5%2F": "not on",
    f"/issues/{EXAMPLES['event']}": "is an event",
    "/events/SHOP-1": "is an issue",
    "/events/latest": "issue",
    "/projects/acme/..%2F..%2Fusers": "slug",
    "/releases/acme/%2e%2e": "not a name",
}


async def test_what_no_route_takes(rest: Rest) -> None:
    async with rest.client() as client:
        for path, words in QUERIES.items():
            error = error_of(answer := await client.get(path))
            assert (answer.status_code, error["error"]) == (400, "invalid_request"), path
            assert words in error["message"], (path, error["message"])


@pytest.mark.parametrize(
    "path",
    ["/issues/999999", "/issues/SHOP-999", f"/events/{'0' * 32}", "/projects/acme/none", "/releases/acme/none@1"],
)
async def test_what_is_not_there(rest: Rest, path: str) -> None:
    async with rest.client() as client:
        assert error_of(answer := await client.get(path))["error"] == "not_found"
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/", "/issues/", "/issue", "/issues/1/2/3/4", "//issues", "/docs/", "/projects/acme", "/issues/acme/SHOP-1"],
)
async def test_paths_that_are_none(rest: Rest, path: str) -> None:
    async with rest.client() as client:
        error = error_of(answer := await client.get(httpx.URL(rest.url).copy_with(raw_path=path.encode())))
    assert (answer.status_code, error["error"]) == (404, "not_found")


BODIES: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"{", "not JSON"),
    "nothing": (b"", "not JSON"),
    "a list": (b"[]", "object"),
    "a number without end": (b'{"ignore_minutes": ' + b"9" * 5_000 + b"}", ""),
    "no number": (b'{"ignore_minutes": NaN}', "not JSON"),
    "nested": (b'{"comment": ' + b"[" * 100_000, "not JSON"),
    "half a character": (b'{"comment": "\\ud800"}', "not JSON"),
    "no UTF-8": (b'{"comment": "\xff"}', "not JSON"),
    "NUL": (b'{"comment": "a\\u0000b"}', "NUL"),
    "no change": (b"{}", "Nothing to change"),
    "null": (b'{"status": null}', "null"),
    "blank": (b'{"assigned_to": ""}', "blank"),
    "unknown": (b'{"staus": "resolved"}', "Did you mean status?"),
    "another issue": (b'{"issue": "SHOP-2", "status": "resolved"}', "There is no argument 'issue'"),
    "no status": (b'{"status": "gone"}', "status"),
    "a truth for a number": (b'{"ignore_minutes": true}', "valid integer"),
    "a text for a number": (b'{"ignore_minutes": "5"}', "valid integer"),
    "a number for a text": (b'{"assigned_to": 7}', "valid string"),
    "too small": (b'{"ignore_minutes": 0}', "greater than or equal"),
    "a contradiction": (b'{"status": "ignored", "in_release": "latest"}', "go with the status resolved"),
}


async def test_bodies_that_say_no_change(rest: Rest) -> None:
    async with rest.client() as client:
        before = (await client.get("/issues/SHOP-2")).json()
        for name, (body, words) in BODIES.items():
            error = error_of(answer := await client.put("/issues/SHOP-2", content=body, headers=JSON))
            assert (answer.status_code, error["error"]) == (400, "invalid_request"), name
            assert words in error["message"], (name, error["message"])
        in_query = await client.put("/issues/SHOP-2?status=resolved", json={"comment": "x"})
        assert (in_query.status_code, "body" in error_of(in_query)["message"]) == (400, True)
        after = (await client.get("/issues/SHOP-2")).json()
    assert after["status"] == before["status"] == "unresolved"
    assert after.get("comments") == before.get("comments")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/json-patch+json"])
async def test_bodies_of_another_kind(rest: Rest, kind: str) -> None:
    """A page of somebody's in a browser can send these unasked, and no JSON."""
    async with rest.client() as client:
        answer = await client.put("/issues/SHOP-2", content=b'{"status": "resolved"}', headers={"Content-Type": kind})
        packed = await client.put("/issues/SHOP-2", content=b"{}", headers={**JSON, "Content-Encoding": "gzip"})
    assert (answer.status_code, error_of(answer)["error"]) == (415, "unsupported_media_type")
    assert (packed.status_code, error_of(packed)["error"]) == (415, "unsupported_media_type")


async def test_a_body_that_is_too_large(rest: Rest) -> None:
    async with rest.client() as client:
        answer = await client.put("/issues/SHOP-2", content=b" " * 5_000_000, headers=JSON)
        assert (answer.status_code, error_of(answer)["error"]) == (413, "too_large")


ALLOWED = {
    "/issues/{issue}": "GET, PUT, HEAD, OPTIONS",
    "/alerts/{alert}": "GET, PUT, HEAD, OPTIONS",
    "/alerts/claim": "POST, OPTIONS",
}


async def test_other_methods_are_told_which_there_are(rest: Rest) -> None:
    async with rest.client() as client:
        for route in ROUTES:
            path = path_of(route, EXAMPLES)
            allowed = ALLOWED.get(route.path, "GET, HEAD, OPTIONS")
            for method in {"DELETE", "POST", "PUT", "PATCH", "TRACE", "BREW"} - set(allowed.split(", ")):
                answer = await client.request(method, path)
                assert (answer.status_code, error_of(answer)["error"]) == (405, "method_not_allowed"), path
                assert answer.headers["allow"] == allowed
            answer = await client.options(path)
            assert (answer.status_code, answer.content, answer.headers["allow"]) == (204, b"", allowed)
            assert not [name for name in answer.headers if name.startswith("access-control")]


ENGINES = {Scope.ISSUES_READ, Scope.ISSUES_WRITE, Scope.ALERTS_READ, Scope.ALERTS_WRITE}
SCOPES = {
    "engine": ENGINES,
    "reader": {Scope.ISSUES_READ},
    "writer": {Scope.ISSUES_WRITE},
    "operator": {Scope.ALERTS_READ},
    "confirmed": ENGINES - {Scope.ISSUES_WRITE},
}
CHANGES: dict[str, dict[str, Any]] = {"update_issue": {"priority": "medium"}, "claim_alert": {}, "finish_alert": {}}


async def asked(client: httpx.AsyncClient, route: Route) -> httpx.Response:
    """With the arguments of the description's examples."""
    return await client.request(route.method, path_of(route, EXAMPLES), json=CHANGES.get(route.call.__name__))


@pytest.mark.parametrize("caller", SCOPES)
async def test_a_scope_that_a_caller_lacks_is_named(rest: Rest, caller: str) -> None:
    async with rest.client(caller) as client:
        for route in ROUTES:
            answer = await asked(client, route)
            if route.scope in SCOPES[caller]:
                # The alert of the examples may be another's, or nobody's.
                assert answer.status_code in (200, *[409] * (route.call.__name__ == "finish_alert")), answer.text
                continue
            error = error_of(answer)
            assert answer.status_code == 403
            if caller == "confirmed":
                assert error["error"] == "confirmation_required"
                continue
            assert (error["error"], error["details"]) == ("insufficient_scope", {"scope": route.scope})
            assert f'error="insufficient_scope", scope="{route.scope}"' in answer.headers["www-authenticate"]


async def test_a_caller_who_only_reads_is_told_so_and_sent_for_no_scope(rest: Rest) -> None:
    async with rest.client("read-only") as client:
        for route in ROUTES:
            answer = await asked(client, route)
            if not route.changes:
                assert answer.status_code == 200, answer.text
                continue
            error = error_of(answer)
            assert (answer.status_code, error["error"], error["details"]) == (403, "forbidden", {})
            assert error["message"] == "This caller is read-only. Nothing was changed."
            assert "www-authenticate" not in answer.headers


async def test_who_may_not_use_a_tool_may_not_use_its_routes(rest: Rest) -> None:
    async with rest.client("few-tools") as client:
        for route in ROUTES:
            answer = await asked(client, route)
            if route.call.__name__ in ("get_issue", "list_alerts", "get_alert"):  # by get_issue and list_alerts
                assert answer.status_code == 200, route
            else:
                assert (answer.status_code, error_of(answer)["error"]) == (403, "forbidden"), route


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
async def test_nothing_is_told_without_a_token(rest: Rest, headers: dict[str, str]) -> None:
    async with rest.client(None) as client:
        for route in ROUTES:
            answer = await client.request(route.method, path_of(route, EXAMPLES), headers=headers)
            assert error_of(answer)["error"] in ("unauthorized", "invalid_token")
            assert answer.status_code == 401
        for path in ("/", "/nothing"):
            assert (await client.get(path)).status_code == 401
        for path in ("/docs", "/openapi.json"):
            assert (await client.get(path)).status_code == 200
