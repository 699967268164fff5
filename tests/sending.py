"""What the tests of the embedded Sentry talk through: its API as a client has it, and events as SDKs send them."""

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import sentry_sdk

from local import Embedded, Store, create_app

Json = Any

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def frame(function: str, module: str = "shop.cart", *, in_app: bool = True, **more: Json) -> dict[str, Json]:
    """A frame as SDKs send it."""
    return {
        "filename": module.replace(".", "/") + ".py",
        "module": module,
        "function": function,
        "lineno": 10,
        "in_app": in_app,
        **more,
    }


def failure(
    kind: str = "ValueError",
    value: str = "bad coupon",
    frames: list[dict[str, Json]] | None = None,
    **more: Json,
) -> dict[str, Json]:
    """An event with one exception; `more` are fields of the event."""
    stack = frames if frames is not None else [frame("main", "shop.main"), frame("checkout")]
    exception = {
        "type": kind,
        "value": value,
        "mechanism": {"type": "generic", "handled": True},
        "stacktrace": {"frames": stack},
    }
    return {
        "event_id": uuid.uuid4().hex,
        "platform": "python",
        "level": "error",
        "exception": {"values": [exception]},
        **more,
    }


def ago(**length: float) -> str:
    """An ISO 8601 time, `ago(hours=3)`."""
    return (datetime.now(UTC) - timedelta(**length)).isoformat()


def envelope(event: dict[str, Json], kind: str = "event", **header: Json) -> bytes:
    payload = json.dumps(event).encode()
    lines = [json.dumps(header).encode(), json.dumps({"type": kind, "length": len(payload)}).encode(), payload]
    return b"\n".join(lines) + b"\n"


def seconds_ago(**length: float) -> float:
    """Seconds since 1970, as spans and logs have them."""
    return (datetime.now(UTC) - timedelta(**length)).timestamp()


def typed(**attributes: Json) -> dict[str, Json]:
    """Attributes as SDKs send them; `__` stands for a dot."""
    kinds: dict[Any, str] = {bool: "boolean", int: "integer", float: "double"}
    return {
        name.replace("__", "."): {"value": value, "type": kinds.get(type(value), "string")}
        for name, value in attributes.items()
    }


def span(name: str = "SELECT 1", *, span_id: str = "", trace_id: str = TRACE, took: float = 5, **more: Json) -> Json:
    """A span of the second form, which took so many milliseconds; `more` are its fields."""
    start = more.pop("start_timestamp", None) or seconds_ago(seconds=30)
    return {
        "trace_id": trace_id,
        "span_id": span_id or uuid.uuid4().hex[:16],
        "name": name,
        "status": "ok",
        "is_segment": False,
        "start_timestamp": start,
        "end_timestamp": start + took / 1000,
        "attributes": {},
        **more,
    }


def log(body: str, level: str = "info", **more: Json) -> Json:
    return {"timestamp": seconds_ago(seconds=30), "trace_id": TRACE, "level": level, "body": body, **more}


def container(kind: str, *items: Json, **header: Json) -> bytes:
    """Spans or logs in one item, as today's SDKs send them."""
    version = {"span": "span.v2", "log": "log"}[kind]
    item = {"type": kind, "item_count": len(items), "content_type": f"application/vnd.sentry.items.{version}+json"}
    lines = [header, item, {"version": 2, "items": list(items)}]
    return b"\n".join(json.dumps(line).encode() for line in lines) + b"\n"


@dataclass
class Local:
    """A fresh embedded Sentry in memory, called without a socket."""

    store: Store
    client: httpx.AsyncClient
    organization: str = "local"

    @property
    def auth(self) -> dict[str, str]:
        return {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={self.store.dsn_key}"}

    async def post(self, body: bytes, project: int = 1, encoding: str = "") -> httpx.Response:
        """Send a raw envelope."""
        headers = {**self.auth, "Content-Encoding": encoding} if encoding else self.auth
        return await self.client.post(f"/api/{project}/envelope/", content=body, headers=headers)

    async def send(self, *events: dict[str, Json], project: int = 1) -> str:
        """Send events as SDKs do; the id of the last one."""
        event_id = ""
        for event in events:
            response = await self.post(envelope(event), project)
            assert response.status_code == 200, response.text
            event_id = response.json()["id"]
        return event_id

    async def send_items(self, kind: str, *items: dict[str, Json], project: int = 1) -> None:
        """Send spans or logs in one container."""
        response = await self.post(container(kind, *items), project)
        assert response.status_code == 200, response.text

    async def explore(self, dataset: str, *fields: str, **query: Json) -> list[dict[str, Json]]:
        """The rows of Explore."""
        rows: list[dict[str, Json]] = (await self.get("events/", dataset=dataset, field=list(fields), **query))["data"]
        return rows

    def url(self, path: str) -> str:
        return f"/api/0/organizations/{self.organization}/{path}"

    async def call(self, method: str, path: str, body: Json = None, **query: Json) -> httpx.Response:
        """One call of the Web API; a path without a leading slash is one of the organization."""
        url = path if path.startswith("/") else self.url(path)
        return await self.client.request(method, url, params=query or None, json=body)

    async def get(self, path: str, **query: Json) -> Json:
        response = await self.call("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    async def put(self, path: str, **body: Json) -> Json:
        response = await self.call("PUT", path, body)
        assert response.status_code == 200, response.text
        return response.json()

    async def add(self, path: str, **body: Json) -> Json:
        response = await self.call("POST", path, body)
        assert response.status_code in (200, 201, 208), response.text
        return response.json()

    async def refusal(self, path: str, method: str = "GET", body: Json = None, **query: Json) -> tuple[int, Json]:
        """The status and body of a call that is refused."""
        response = await self.call(method, path, body, **query)
        return response.status_code, response.json()

    async def titles(self, query: str = "", **more: Json) -> list[str]:
        """The titles of the issues a search finds, in their order."""
        return [row["title"] for row in await self.get("issues/", query=query, **more)]


def broken(words: str = "Grüße ✓", times: int = 1) -> Callable[[], None]:
    """A program that captures one error so often; its last call is `fail`."""

    def fail() -> None:
        raise ValueError(words)

    def program() -> None:
        for _ in range(times):
            try:
                fail()
            except ValueError as error:
                sentry_sdk.capture_exception(error)

    return program


async def capture(embedded: Embedded, program: Callable[[], None], **options: Any) -> None:
    """Run a program under the SDK, in a thread of its own, until all it captured was sent."""

    def run() -> None:
        settings: dict[str, Any] = {"default_integrations": False, **options}
        client = sentry_sdk.Client(dsn=embedded.dsn("app"), **settings)
        with sentry_sdk.isolation_scope(), sentry_sdk.new_scope() as scope:
            scope.set_client(client)
            program()
        client.close(timeout=5)

    await asyncio.to_thread(run)


def connect(store: Store, token: str | None = None) -> httpx.AsyncClient:
    """A client of a store's app, with the store's own token unless another is given."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(store)),
        base_url="http://sentry.local",
        headers={"Authorization": f"Bearer {store.token if token is None else token}"},
    )
