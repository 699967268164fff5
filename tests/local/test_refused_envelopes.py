"""What is no event, cannot be read, is too much or comes without a key is refused in words."""

import base64
import gzip
import sys

import pytest
from sending import Local, envelope, failure

from local.intake import envelopes, limits


async def test_the_old_endpoint_refuses_what_is_no_event(local: Local) -> None:
    for body in (b"%%%", base64.b64encode(b"not zlib"), b"[]", b"{"):
        response = await local.client.post("/api/1/store/", content=body, headers=local.auth)
        assert response.status_code == 400
        assert response.json()["detail"] == "invalid event envelope"


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", b"not gzip", 400),
        ("gzip", gzip.compress(b"x" * 1000)[:-20], 400),
        ("zstd", b"x", 415),
        ("gzip", gzip.compress(b" " * (envelopes.MOST_INFLATED + 1)), 413),
        ("", b" " * (envelopes.MOST_COMPRESSED + 1), 413),
    ],
    ids=["broken", "cut off", "unknown", "bomb", "enormous"],
)
async def test_bodies_that_cannot_be_read_are_refused(local: Local, encoding: str, body: bytes, status: int) -> None:
    response = await local.post(body, encoding=encoding)
    assert response.status_code == status
    assert response.headers["x-sentry-error"] == response.json()["detail"]


async def test_brotli_is_refused_in_words_where_its_package_is_not(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    response = await local.post(b"x", encoding="br")
    assert response.status_code == 415
    assert "needs the Python package brotli" in response.json()["detail"]


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "invalid envelope header"),
        (b"[]\n", "invalid envelope header"),
        (b'{}\n{"type":"event","length":10}\n{}', "unexpected end of file"),
        (b'{}\n{"type":"event","length":-1}\n{}', "invalid item header"),
        (b'{}\n{"type":"event","length":"x"}\n{}', "invalid item header"),
        (b'{}\n{"type":"event","length":1}\n{}', "missing newline after header or payload"),
        (b"{}\nnonsense\n{}", "invalid item header"),
        (b'{}\n{"type":"event"}\n{"a":', "invalid JSON in an event"),
        (b'{}\n{"type":"event"}\n[1]', "an event is a JSON object"),
        (b'{}\n{"type":"event"}\n' + b"[" * 100_000, "recursion limit exceeded"),
    ],
)
async def test_malformed_envelopes_are_refused_with_the_cause(local: Local, body: bytes, cause: str) -> None:
    response = await local.post(body)
    assert response.status_code == 400
    assert response.json()["detail"] == "invalid event envelope"
    assert cause in response.json()["causes"][0]
    assert cause in response.headers["x-sentry-error"]


async def test_an_event_of_more_than_five_megabytes_is_refused(local: Local) -> None:
    response = await local.post(envelope({"message": "x" * limits.MOST_EVENT}))
    assert response.status_code == 413


def item(kind: str, payload: bytes = b"{}") -> bytes:
    return b'{"type":"%s","length":%d}\n%s\n' % (kind.encode(), len(payload), payload)


@pytest.mark.parametrize(
    ("items", "refused"),
    [
        (item("event", b'{"message":"a"}') * 2, "event"),
        (item("event", b'{"message":"a"}') * 100_000, "event"),
        (item("event", b'{"message":"a"}') + item("transaction"), "transaction"),
        (item("feedback") + item("event"), "event"),
        (item("attachment") * 31, "attachment"),
        (item("session") * 101, "session"),
        (item("client_report") * 101, "client_report"),
        (item("client_report", b"x" * 60_000) * 2, "client_report"),
        (item("check_in", b"x" * 110_000), "check_in"),
        (item("log") * 2, "log"),
        (item("tomorrow") * 1_001, "tomorrow"),
        (item("x" * 10_000) * 1_001, "unknown"),
        (item("\N{SNOWMAN}") * 1_001, "unknown"),
    ],
)
async def test_an_envelope_with_more_than_sentry_takes_is_refused_whole(
    local: Local, items: bytes, refused: str
) -> None:
    response = await local.post(b"{}\n" + items)
    words = f"envelope exceeded size limits for type '{refused}'"
    assert (response.status_code, response.json()["detail"], response.headers["x-sentry-error"]) == (413, words, words)
    assert local.store.received() == {"event": 0}


async def test_an_envelope_with_as_much_as_sentry_takes_is_taken_in(local: Local) -> None:
    items = item("event", b'{"message":"a"}') + item("attachment", b"x" * 1_000_000) * 10 + item("session") * 100
    assert (await local.post(b"{}\n" + items + item("client_report") * 100 + item("tomorrow"))).status_code == 200
    assert local.store.received()["event"] == 1


async def test_no_key_a_malformed_one_and_a_wrong_one_are_refused(local: Local) -> None:
    async def status(path: str = "/api/1/envelope/", **headers: str) -> int:
        return (await local.client.post(path, content=envelope(failure()), headers=headers)).status_code

    assert await status() == 401
    assert await status(**{"X-Sentry-Auth": "Basic abc"}) == 401
    assert await status(**{"X-Sentry-Auth": "Sentry sentry_version=7"}) == 401
    assert await status(**{"X-Sentry-Auth": f"Sentry sentry_key={'0' * 32}"}) == 403
    assert await status(f"/api/99/envelope/?sentry_key={local.store.dsn_key}") == 403
    assert await status(f"/api/{'9' * 30}/envelope/?sentry_key={local.store.dsn_key}") == 403
    body = envelope(failure(), dsn="http://[broken")
    assert (await local.client.post("/api/1/envelope/", content=body)).status_code == 401
    assert local.store.received() == {"event": 0}
