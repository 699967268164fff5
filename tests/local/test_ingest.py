"""What SDKs send is taken in and counted, however they pack it and whatever it holds."""

import asyncio
import base64
import gzip
import importlib
import json
import sys
import time
import types
import uuid
import zlib
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from sending import Local, envelope, failure

from local import Store, create_app
from local.intake import envelopes

ENVELOPES = Path(__file__).parent / "envelopes"


def recorded(name: str) -> bytes:
    return (ENVELOPES / f"{name}.envelope").read_bytes()


@pytest.mark.parametrize("version", ["9", "10", "11"])
async def test_an_exception_of_node_becomes_an_issue(local: Local, version: str) -> None:
    response = await local.client.post(
        f"/api/1/envelope/?sentry_version=7&sentry_key={local.store.dsn_key}&sentry_client=sentry.javascript.node",
        content=recorded(f"node-{version}-exception"),
    )
    event_id = json.loads(recorded(f"node-{version}-exception").split(b"\n")[0])["event_id"]
    assert (response.status_code, response.json()) == (200, {"id": event_id})
    (issue,) = await local.get("issues/")
    assert issue["title"] == "Error: checkout failed"
    assert issue["platform"] == "node"
    event = await local.get(f"issues/{issue['id']}/events/latest/")
    cause, raised = next(entry for entry in event["entries"] if entry["type"] == "exception")["data"]["values"]
    assert (cause["type"], raised["type"]) == ("TypeError", "Error")
    last = cause["stacktrace"]["frames"][-1]
    assert (last["function"], last["filename"], last["inApp"]) == ("charge", "/srv/shop/node.js", True)
    assert [last["lineNo"], "function charge"] == [
        line if i == 0 else line[:15]
        for i, line in enumerate(next(row for row in last["context"] if row[0] == last["lineNo"]))
    ]
    assert cause["stacktrace"]["hasSystemFrames"] is True
    assert {"key": "release", "value": "shop-backend@2.1.0+7"} in event["tags"]
    assert {"key": "runtime", "value": "node v20.20.2"} in event["tags"]


@pytest.mark.parametrize("version", ["9", "10", "11"])
async def test_an_exception_of_a_browser_becomes_an_issue(local: Local, version: str) -> None:
    response = await local.client.post(
        f"/api/1/envelope/?sentry_version=7&sentry_key={local.store.dsn_key}",
        content=recorded(f"browser-{version}-exception"),
        headers={"Content-Type": "text/plain;charset=UTF-8", "Origin": "https://shop.example.com"},
    )
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "*"
    (issue,) = await local.get("issues/")
    assert issue["title"] == "TypeError: Cannot read properties of undefined (reading 'code')"
    event = await local.get(f"issues/{issue['id']}/events/latest/")
    request = next(entry for entry in event["entries"] if entry["type"] == "request")["data"]
    assert request["url"] == "https://shop.example.com/cart"
    assert request["query"] == [["coupon", "SPRING"]]
    crumbs = next(entry for entry in event["entries"] if entry["type"] == "breadcrumbs")["data"]["values"]
    assert crumbs[0]["category"] == "ui.click"


async def test_the_same_error_of_two_versions_of_an_sdk_is_one_issue(local: Local) -> None:
    for version in ("9", "10", "11"):
        await local.post(recorded(f"browser-{version}-exception"))
    (issue,) = await local.get("issues/")
    assert (issue["count"], issue["userCount"]) == ("3", 1)


async def test_a_session_is_accepted_and_counted_but_is_no_issue(local: Local) -> None:
    response = await local.post(recorded("node-10-session"))
    assert (response.status_code, response.json()) == (200, {})
    assert local.store.received() == {"event": 0, "session": 1}
    assert await local.get("issues/", query="") == []


async def test_items_of_any_type_are_accepted_beside_an_event(local: Local) -> None:
    body = envelope(failure(), event_id=uuid.uuid4().hex) + b'{"type":"attachment","length":4}\n\x00\n\xff\x01\n'
    body += b'{"type":"not_invented_yet"}\nanything at all\n\n{"type":"attachment","length":0}\n'
    assert (await local.post(body)).status_code == 200
    assert local.store.received() == {"event": 1, "attachment": 2, "not_invented_yet": 1}


async def test_empty_lines_take_no_longer_than_spaces(local: Local) -> None:
    """Ten million of them are ten kilobytes as sent: a small body, for which others wait."""
    took = {}
    for filler in (b" ", b"\n"):
        packed = gzip.compress(envelope(failure()) + filler * 10_000_000)
        started = time.process_time()
        assert (await local.post(packed, encoding="gzip")).status_code == 200
        took[filler] = time.process_time() - started
    assert took[b"\n"] < 10 * took[b" "]


async def test_the_envelopes_own_dsn_is_enough(local: Local) -> None:
    body = envelope(failure(), dsn=f"http://{local.store.dsn_key}@127.0.0.1/1")
    assert (await local.client.post("/api/1/envelope/", content=body)).status_code == 200


async def test_the_old_endpoint_takes_the_event_alone(local: Local) -> None:
    event = failure()
    plain = await local.client.post("/api/1/store/", json=event, headers=local.auth)
    assert plain.json() == {"id": event["event_id"]}
    packed = base64.b64encode(zlib.compress(json.dumps(failure()).encode()))
    assert (await local.client.post("/api/1/store/", content=packed, headers=local.auth)).status_code == 200
    assert local.store.received() == {"event": 2}


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate", "identity"])
async def test_compressed_envelopes_are_read(local: Local, encoding: str) -> None:
    body = envelope(failure())
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = {
        "gzip": gzip.compress(body),
        "deflate": zlib.compress(body),
        "raw deflate": raw.compress(body) + raw.flush(),
        "identity": body,
    }[encoding]
    response = await local.post(packed, encoding=encoding.removeprefix("raw "))
    assert response.status_code == 200, response.text


class _Brotli(types.ModuleType):
    """Stands in for the package brotli, which tests do without: "compresses" by reversing, grows 3 bytes each."""

    error = ValueError

    class Decompressor:
        def process(self, part: bytes) -> bytes:
            if part.startswith(b"!"):
                raise ValueError
            self.last = part
            return part[::-1] * (1000 if part.startswith(b"*") else 1)

        def is_finished(self) -> bool:
            return not self.last.startswith(b"-")


async def test_brotli_is_read_where_its_package_is(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brotli", _Brotli("brotli"))
    assert importlib.import_module("brotli")
    body = b'{}\n{"type":"event"}\n{"message":"hello"}'
    assert (await local.post(body[::-1], encoding="br")).status_code == 200
    for broken in (b"!" + body, b"-" + body):
        assert (await local.post(broken, encoding="br")).status_code == 400
    with pytest.raises(envelopes.RejectedError, match="exceeded size limits"):
        envelopes.decompress(b"*" * 1000, "br", most=100_000)


async def test_browsers_may_ask_before_they_send(local: Local) -> None:
    response = await local.client.options(
        "/api/1/envelope/",
        headers={"Origin": "https://shop.example.com", "Access-Control-Request-Headers": "x-sentry-auth"},
    )
    assert response.status_code == 200
    assert "x-sentry-auth" in response.headers["access-control-allow-headers"]
    assert response.headers["access-control-allow-origin"] == "*"


async def test_an_event_sent_twice_is_counted_once(local: Local) -> None:
    event = failure(user={"id": 7}, release="shop@1")
    ids = {await local.send(event), await local.send({**event, "event_id": str(uuid.UUID(event["event_id"]))})}
    assert ids == {event["event_id"]}
    (issue,) = await local.get("issues/")
    assert (issue["count"], issue["userCount"]) == ("1", 1)


async def test_an_event_without_an_id_gets_the_envelopes_or_a_new_one(local: Local) -> None:
    named = uuid.uuid4().hex
    assert (await local.post(envelope({"message": "a"}, event_id=named))).json() == {"id": named}
    assert len((await local.post(envelope({"message": "b", "event_id": "bogus"}))).json()["id"]) == 32


NESTED = json.loads('{"a":' * 700 + "1" + "}" * 700)

HOSTILE: list[Any] = [
    {},
    {"exception": None, "message": None, "tags": None, "user": None, "contexts": None, "timestamp": None},
    {"exception": "text", "message": 5, "tags": "x", "user": [], "contexts": [1], "extra": "x", "level": {}},
    {"exception": {"values": [None, 1, "x", {"type": ["x"], "value": {"a": 1}, "stacktrace": "no"}]}},
    {"exception": {"values": [{"type": None, "value": None, "stacktrace": {"frames": [None, {"vars": [1, 2]}]}}]}},
    {"exception": [{"stacktrace": {"frames": {"a": 1}}, "mechanism": {"handled": []}}], "threads": 4},
    {"exception": {"type": "Lone", "value": "not in a list"}, "breadcrumbs": [{"timestamp": "never", "data": 1}]},
    {"message": {"formatted": "x"}, "logentry": {"message": None, "params": {}}, "fingerprint": [None, {}, ""]},
    {"message": "lone \ud800 surrogate and \x00", "tags": {"\udfff": "\x00", "ok": "\ud83d", "a b": "bad key"}},
    {"message": "m" * 1_000_000, "extra": {"k" * 100_000: "v" * 1_000_000}},
    {"extra": NESTED, "contexts": {"deep": NESTED}, "request": {"data": NESTED}},
    {"extra": {"many": [{"a": "b" * 50} for _ in range(50_000)]}},
    {"extra": {"huge": 10**400, "negative": -(2**70), "float": 1e308}, "timestamp": 10**400},
    {"timestamp": "9999-12-31T23:59:59Z"},
    {"timestamp": -1e300, "level": "fatal"},
    {"timestamp": [], "event_id": {"a": 1}},
    {"request": {"url": 5, "headers": "x", "query_string": {"a": [1]}, "cookies": "a=1; b", "data": "{broken"}},
    {"request": {"headers": [["a"], None, ["Content-Type", 5]], "data": "a=1&password=hunter2"}},
    {"debug_meta": {"images": [{"type": "x"}, 5]}, "sdk": [], "modules": [], "stacktrace": {"frames": [{}]}},
    {"threads": {"values": [{"crashed": True, "stacktrace": {"frames": [{"lineno": "x", "colno": 1.5}]}}]}},
    {"stacktrace": {"frames": [{"function": f"f{n}"} for n in range(2000)]}},
    {"tags": [["a", "b"], ["only one"], None, [None, None], {"key": "x"}], "user": {"id": {"a": 1}, "ip_address": 5}},
    {"release": {"a": 1}, "environment": [], "dist": 5, "transaction": {}, "server_name": 1.5, "platform": "p" * 999},
]


@pytest.mark.parametrize("event", HOSTILE, ids=lambda event: ",".join(event)[:40] or "nothing")
async def test_a_hostile_event_is_taken_in_and_can_be_read_again(local: Local, event: Any) -> None:
    body = b'{}\n{"type":"event"}\n' + json.dumps(event).encode()
    response = await local.post(body)
    assert response.status_code == 200, response.text
    await local.send(failure())
    assert local.store.received()["event"] == 2
    event_id = response.json()["id"]
    found = await local.get(f"eventids/{event_id}/")
    issue = found["groupId"]
    for path in ("", "events/", "events/?full=true", "tags/", "hashes/", f"events/{event_id}/"):
        await local.get(f"issues/{issue}/{path}")
    assert await local.get("issues/", query="")
    size = await asyncio.to_thread(_stored_bytes, local)
    assert size < 1_000_000


def _stored_bytes(local: Local) -> int:
    with local.store.reading() as connection:
        (size,) = connection.execute(
            "SELECT MAX(LENGTH(body) + LENGTH(tags) + LENGTH(fields) + LENGTH(message)) FROM events"
        ).fetchone()
    return int(size)


async def test_a_type_that_is_no_text_is_counted_as_if_it_were(local: Local) -> None:
    body = envelope(failure()) + b'{"type":"half of \\ud83d"}\n{}\n'
    assert (await local.post(body)).status_code == 200
    assert local.store.received() == {"event": 1, "half of \ufffd": 1}


async def test_json_that_is_none_is_read_as_sdks_mean_it(local: Local) -> None:
    body = b'{}\n{"type":"event"}\n{"message":"x","extra":{"a":NaN,"b":Infinity,"c":-Infinity,"d":1e999}}'
    event_id = (await local.post(body)).json()["id"]
    event = (await local.get(f"eventids/{event_id}/"))["event"]
    assert event["context"] == {"a": None, "b": None, "c": None, "d": None}


async def test_a_number_is_kept_alike_whatever_stands_beside_it(local: Local) -> None:
    kept: list[Any] = []
    for beside in (b"whole", b"half of \\ud83d"):
        body = b'{}\n{"type":"event"}\n{"extra":{"n":-1234567890123456789,"beside":"%b"}}' % beside
        event_id = (await local.post(body)).json()["id"]
        kept.append((await local.get(f"eventids/{event_id}/"))["event"]["context"]["n"])
    assert kept == [-1234567890123456789] * 2


async def test_invalid_utf8_is_replaced(local: Local) -> None:
    body = b'{}\n{"type":"event"}\n{"message":"caf\xe9 closed"}'
    assert (await local.post(body)).status_code == 200
    assert await local.titles() == ["caf\ufffd closed"]


def test_an_app_takes_in_events_in_two_event_loops_at_once(store: Store) -> None:
    app = create_app(store)

    async def send(sender: int) -> None:
        url = f"http://localhost/api/1/store/?sentry_key={store.dsn_key}"
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            calls = (client.post(url, json={"event_id": f"{sender}{number:031x}"}) for number in range(40))
            assert {response.status_code for response in await asyncio.gather(*calls)} == {200}

    senders = [Thread(target=asyncio.run, args=(send(number),), daemon=True) for number in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(20)
    assert store.received() == {"event": 80}
