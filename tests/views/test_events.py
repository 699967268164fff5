"""Events as a model reads them: rows of a list, and every section of one."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from corpus.secrets_table import SECRETS
from specimens import call

from sentry.models import Event
from sentry.models.pages import Page
from views.events import EventResult, event, event_list
from views.reader import Answer, Reader
from views.secrets.redaction import Redaction

Read = Callable[..., Answer]
Golden = Callable[[str, str], None]


def made(entries: list[dict[str, Any]] | None = None, **fields: Any) -> EventResult:
    return event(
        Event.model_validate(
            {
                "eventID": "a" * 32,
                "groupID": "7",
                "title": "it broke",
                "dateCreated": "2026-11-24T21:39:17.500Z",
                **fields,
                "entries": entries or [],
            }
        )
    )


def breadcrumbs(*values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "breadcrumbs", "data": {"values": list(values)}}


def request(**fields: Any) -> dict[str, Any]:
    return {"type": "request", "data": {"method": "GET", "url": "https://shop.test/", **fields}}


def test_a_list_has_one_line_for_each_event_and_tells_once_what_all_share(read: Read, golden: Golden) -> None:
    rows = [
        Event.model_validate(
            {
                "eventID": letter * 32,
                "title": "KeyError: 'SUMMER'",
                "dateCreated": "2026-11-24T21:39:17Z",
                "tags": [{"key": "environment", "value": "production"}, {"key": "release", "value": f"shop@{letter}"}],
                "user": user,
            }
        )
        for letter, user in (("a", {"username": "bob"}), ("b", {"id": "7"}), ("c", None))
    ]

    answer = read(event_list("SHOP-1", Page(rows, "0:25:0")))

    golden("event_list", answer.text)
    assert [row["id"] for row in answer.data["events"]] == ["a" * 32, "b" * 32, "c" * 32]
    assert answer.data["next_cursor"] == "0:25:0"


def test_an_empty_list_says_so(read: Read) -> None:
    assert read(event_list("SHOP-1", Page([]))).text == "No events of issue SHOP-1 match."


def test_breadcrumbs_tell_how_long_before_the_crash_and_fold_repeats(read: Read) -> None:
    query = {"category": "query", "message": "SELECT 1", "timestamp": "2026-11-24T21:39:15Z"}

    answer = read(
        made(
            [
                breadcrumbs(
                    {"category": "auth", "message": "log in", "timestamp": "2026-11-20T21:39:15Z"},
                    *[query] * 3,
                    {"type": "http", "data": {"method": "GET", "url": "https://a.test", "status_code": 503, "ms": 7}},
                    {"category": "shop", "level": "error", "message": "no\nprice"},
                )
            ]
        )
    )

    assert answer.text.split("Breadcrumbs:\n")[1].split("\n```")[0] == (
        "  2026-11-20T21:39:15Z auth: log in\n"
        "  -2.5s query: SELECT 1 (3 times)\n"
        "  http: GET https://a.test 503 {ms: 7}\n"
        "  shop: error: no price"
    )


def test_the_last_breadcrumbs_are_told_and_how_to_get_the_others(read: Read) -> None:
    answer = read(made([breadcrumbs(*[{"category": "n", "message": str(n)} for n in range(90)])]))

    assert "Last 30 breadcrumbs:\n  n: 60\n" in answer.text
    assert answer.data["breadcrumbs_total"] == 90
    assert answer.text.endswith(f'Left out earlier breadcrumbs: get_event(event="{"a" * 32}", max_tokens=20000)')


def test_a_request_is_told_whichever_way_it_is_written(read: Read) -> None:
    pairs = read(
        made(
            [
                request(
                    query=[["page", "2"], ["q", "a b"]],
                    headers=[["X-Odd", "1"], ["Content-Type", "text/plain"], ["Cookie", "sid=1"]],
                    cookies=[["sid", "1"], ["theme", "dark"]],
                    data={"code": "A"},
                )
            ]
        )
    )
    mapping = read(made([request(query_string="?page=2", headers={"Accept": "*/*"}, cookies={"sid": "1"}, data="raw")]))

    assert "Request: GET https://shop.test/?page=2&q=a b\n  Content-Type: text/plain; X-Odd: 1\n" in pairs.text
    assert "\n  cookies: sid, theme\n  body: {code: A}" in pairs.text
    assert "Request: GET https://shop.test/?page=2\n  Accept: */*\n  cookies: sid\n  body: raw" in mapping.text
    assert set(pairs.data["request"]["cookies"].values()) == {"[redacted]"}


def test_user_tags_contexts_and_extra_are_told_once_each(read: Read) -> None:
    answer = read(
        made(
            user={"id": "7", "email": "ada@example.com", "data": {}},
            tags=[{"key": "plan", "value": "pro"}, {"key": "os.name", "value": "Linux"}, {"key": None, "value": "x"}],
            contexts={
                "os": {"name": "Linux", "version": "6.1", "type": "os"},
                "client_os": {"name": "Linux", "version": "6.1"},
                "order": {"id": 7, "lines": [1, 2], "type": "order"},
                "empty": {"type": "empty"},
                "flags": "none",
            },
            context={"cart": {"size": 3}, "sys.argv": ["x"]},
            sdk={"name": "sentry.python", "version": "2"},
            dist="7",
            errors=[{"type": "js_no_source", "message": "Source code was not found", "data": {"url": "a.js"}}] * 2,
        )
    )

    for line in (
        "user {id: 7}",
        "dist 7",
        "tags: plan=pro",
        "Context: Linux 6.1",
        "order: {id: 7, lines: [1, 2]}",
        "flags: none",
        "extra: cart={size: 3}",
        "SDK: sentry.python 2",
        "Sentry noted: Source code was not found {url: a.js}",
    ):
        assert line in answer.text, line
        assert answer.text.count(line) == 1
    assert "sys.argv" not in answer.text
    assert answer.data["user"] == {"id": "7", "email": "[redacted]"}


def test_entries_of_other_kinds_are_told_as_they_are(read: Read) -> None:
    report = {"known_pins": ["pin-sha256=1"], "hostname": "shop.example.test"}

    answer = read(
        made([{"type": "expectct", "data": report}, {"type": "spans", "data": [1]}, {"type": "hpkp", "data": "x"}])
    )

    assert "expectct: {known_pins: [pin-sha256=1], hostname: shop.example.test}\nhpkp: x" in answer.text
    assert "spans" not in answer.text


def test_a_message_is_told_when_it_says_more_than_the_title(read: Read) -> None:
    more = read(made([{"type": "message", "data": {"formatted": "it broke: 7"}}]))
    same = read(made([{"type": "message", "data": {"message": "it broke"}}]))
    search = read(
        made([{"type": "exception", "data": {"values": [{"type": "E"}]}}], message="search words of an exception")
    )

    assert "Message: it broke: 7" in more.text
    assert "Message" not in same.text
    assert "search words" not in search.text


def test_what_was_logged_with_an_exception_is_told(read: Read) -> None:
    """logger.exception("charging order %s failed", 4711): the exception alone does not say which order."""
    raised = {"type": "exception", "data": {"values": [{"type": "ValueError", "value": "bad card"}]}}

    def told(said: str) -> str:
        logged = {"type": "message", "data": {"message": "charging order %s failed", "formatted": said}}
        return read(made([logged, raised], title="ValueError: bad card")).text

    assert "Message: charging order 4711 failed" in told("charging order 4711 failed")
    assert "Message" not in told("bad card")
    assert "Message" not in told("ValueError: bad card")


def test_e_mail_addresses_are_told_where_the_server_allows_it(read: Read) -> None:
    found = made(user={"email": "ada@example.com"})

    assert "ada@example.com" not in read(found).text
    assert "user {email: ada@example.com}" in read(found, reader=Reader(redaction=Redaction(pii=False))).text


def test_a_further_name_is_secret_where_the_server_says_so(read: Read) -> None:
    found = made(context={"tax_id": "12-345"})

    assert "12-345" in read(found).text
    assert "12-345" not in read(found, reader=Reader(redaction=Redaction(keys=frozenset({"tax_id"})))).text


def test_a_secret_is_hidden_wherever_an_event_holds_it(read: Read) -> None:
    token = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    frames = {"frames": [call("pay", vars={"key": token}, context=[[1, f'pay("{token}")']])]}

    answer = read(
        made(
            [
                {"type": "exception", "data": {"values": [{"type": "E", "value": token, "stacktrace": frames}]}},
                breadcrumbs({"message": f"used {token}", "data": {"url": f"https://a.test/?t={token}"}}),
                request(query=[["token", token]], headers=[["Authorization", f"Bearer {token}"]], data={"x": token}),
            ],
            title=f"E: {token}",
            tags=[{"key": "token", "value": token}],
            contexts={"pay": {"token": token}},
            context={"x": [token], token: 1},
        )
    )

    assert "4eC39" not in answer.text
    assert "4eC39" not in str(answer.data)


def test_words_of_somebody_else_are_cleaned_and_cut() -> None:
    reader = Reader()

    assert reader.quote("no such project") == "no such project"
    assert len(reader.quote("x" * 5_000)) == 500
    assert "4eC39" not in reader.quote("bad token sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc")
    assert reader.quote("a\u202eb") == "a<U+202E>b"


@pytest.mark.parametrize(("name", "text", "secret"), SECRETS, ids=[f"{n}-{s[0]}" for n, s in enumerate(SECRETS)])
def test_no_secret_of_the_table_gets_through(read: Read, name: str, text: str, secret: str) -> None:
    said = text.replace("§", secret)
    frames = {"frames": [call("pay", vars={"said": said}, context=[[1, said.partition("\n")[0]]])]}

    answer = read(
        made(
            [
                {"type": "exception", "data": {"values": [{"type": "E", "value": said, "stacktrace": frames}]}},
                breadcrumbs({"message": said, "data": {"said": said}}),
                request(data=said),
            ],
            title=said,
            tags=[{"key": "said", "value": said}],
            context={"said": [said]},
        )
    )

    assert secret not in answer.text
    assert secret not in json.dumps(answer.data)
