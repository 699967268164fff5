"""What people said of an issue and did with it, asked for as an agent does, on each kind of Sentry."""

import json
from typing import Any

import pytest
from broken import checkout
from standins import todays_answers as answers
from standins.activities import BOB, entry, note
from standins.knowing import Answering
from standins.recorded import SENTRY_9, TOKEN, recordings, replaying
from standins.sockets import listening
from standins.today import CODE, ISSUES, SELF_HOSTED, todays_sentry
from wire import Era, Sentry, connected, connected_to, data_of, text_of

from sentry.dialects import Dialect

ISSUE, SPARSE = answers.ISSUE_ID, answers.SPARSE_ID
LATEST = "/events/latest/"


async def test_who_resolved_it_in_which_release_and_what_did_people_say(sentry: Sentry, era: Era) -> None:
    sentry.capture(checkout, release="shop@1.0")
    sentry.store.add_member(sentry.organization, "Ann", "ann@example.com")
    async with connected(sentry, era=era) as client:

        async def update(**arguments: Any) -> None:
            data_of(await client.call_tool("update_issue", {"issue": "SHOP-1", **arguments}))

        await update(assigned_to="ann@example.com", comment="Only where a coupon is lower case.")
        await update(in_release="shop@1.0")
        sentry.capture(checkout, release="shop@1.1")
        result = await client.call_tool("get_issue", {"issue": "SHOP-1"})

    text = text_of(result)
    assert "Z resolved in release shop@1.0 by Local Developer\n" in text
    assert "Z regressed in release shop@1.1 (resolved in shop@1.0)\n" in text
    assert "Z assigned to Ann by Local Developer\n" in text
    assert "Z comment by Local Developer: Only where a coupon is lower case.\n" in text
    assert text.index("regressed in") < text.index("resolved in release") < text.index("comment by")
    assert [one.get("change", "comment").split(" ")[0] for one in data_of(result)["activity"]] == [
        "regressed",
        "resolved",
        "comment",
        "assigned",
    ]


async def test_until_what_it_was_ignored_and_what_ended_that(sentry: Sentry) -> None:
    sentry.capture(checkout)
    async with connected(sentry) as client:
        for change in ({"ignore_until": "escalating"}, {"ignore_until": "forever"}, {"ignore_events": 1}):
            data_of(await client.call_tool("update_issue", {"issue": "SHOP-1", **change}))
        sentry.capture(checkout)
        whole = text_of(await client.call_tool("get_issue", {"issue": "SHOP-1", "include": ["activity"]}))

    told = [line.partition("Z ")[2] for line in whole.splitlines() if "Local Developer" in line or "escalated:" in line]
    assert told == [
        "escalated: it was ignored until 1 more event",
        "ignored until 1 more event by Local Developer",
        "ignored for ever by Local Developer",
        "ignored until it escalates by Local Developer",
    ]


async def test_a_commit_that_resolved_it_is_told_with_its_release(sentry: Sentry) -> None:
    sentry.capture(checkout)
    async with connected(sentry) as client, sentry_api(sentry) as api:
        commit = {"id": "c0ffee" * 5, "repository": "acme/shop", "message": "Fold the case of coupons\n\nlong story"}
        released = {"version": "shop@1.2", "projects": ["shop"], "commits": [commit]}
        (await api.post("releases/", json=released)).raise_for_status()
        named = f"acme/shop@{commit['id']}"
        data_of(await client.call_tool("update_issue", {"issue": "SHOP-1", "in_commit": named}))
        text = text_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))

    assert "resolved in commit c0ffeec0ffee of acme/shop in release shop@1.2 (Fold the case of coupons) by " in text


def sentry_api(sentry: Sentry) -> Any:
    import httpx

    return httpx.AsyncClient(
        base_url=f"{sentry.embedded.url}/api/0/organizations/{sentry.organization}/",
        headers={"Authorization": f"Bearer {sentry.token}"},
    )


@pytest.mark.parametrize("include", [[], ["activity"]], ids=str)
async def test_todays_sentry_is_asked_no_further_for_what_came_with_the_issue(include: list[str]) -> None:
    history = [entry("set_resolved_in_release", {"version": "shop@2.1.1"}), note("Not the price import.", BOB)]
    with todays_sentry(SELF_HOSTED) as today:
        today.answers("GET", f"{ISSUES}/{ISSUE}", 200, {**answers.ISSUE_WHOLE, "activity": history})
        async with connected_to(today.url, SENTRY_AUTH_TOKEN=TOKEN) as client:
            text = text_of(await client.call_tool("get_issue", {"issue": ISSUE, "include": include}))

    asked = [line for line in today.asked if not line.startswith("GET trace-meta/")]
    assert asked == [f"GET {CODE}", f"GET issues/{ISSUE}/", f"GET issues/{ISSUE}/events/latest/"]
    assert "2026-11-24 10:02Z resolved in release shop@2.1.1 by Ann Lee" in text
    assert "2026-11-24 10:02Z comment by Bob Roy: Not the price import." in text
    assert "@acme.test" not in text


async def test_todays_sentry_is_asked_where_the_issue_came_without() -> None:
    with todays_sentry(SELF_HOSTED) as today:
        today.answers("GET", f"{ISSUES}/{SPARSE}/activities", 200, {"activity": [entry("set_unresolved"), None, 5]})
        async with connected_to(today.url, SENTRY_AUTH_TOKEN=TOKEN) as client:
            text = text_of(await client.call_tool("get_issue", {"issue": SPARSE, "include": ["activity"]}))

    assert f"GET issues/{SPARSE}/activities/" in today.asked
    assert "2026-11-24 10:02Z marked as unresolved by Ann Lee" in text


async def test_sentry_9_tells_it_with_the_issue() -> None:
    changed = json.loads(recordings(SENTRY_9)["issue_after_next_release"].body)
    commented = json.loads(recordings(SENTRY_9)["note_post"].body)
    issue = {**changed, "activity": [commented, *changed["activity"]], "numComments": 1}
    known: dict[str, tuple[int, Any]] = {"GET /issues/5/": (200, issue), f"GET /issues/5{LATEST}": (200, {})}
    sentry_9 = Answering(known, kind=Dialect.SENTRY_10)
    async with listening(sentry_9.answer) as server, connected_to(server.url) as client:
        text = text_of(await client.call_tool("get_issue", {"issue": "5", "include": ["activity"]}))
        asked = [line for line in server.log if "/issues/5/" in line and "organizations" not in line]

    assert asked == ["GET /api/0/issues/5/", f"GET /api/0/issues/5{LATEST}"]
    told = [line.partition("Z ")[2] for line in text.splitlines() if line.startswith("2026-11-24 21:52Z ")]
    assert told == [
        "comment by Ada Admin: looking at this **now**",
        "resolved in the next release by Ada Admin",
        "ignored for ever by Ada Admin",
        "marked as unresolved by Ada Admin",
        "resolved by Ada Admin",
    ]
    assert "admin@example.com" not in text


async def test_an_issue_as_sentry_9_recorded_it_says_nothing_more() -> None:
    async with replaying(SENTRY_9) as server, connected_to(server.url, SENTRY_AUTH_TOKEN=TOKEN) as client:
        data = data_of(await client.call_tool("get_issue", {"issue": "5"}))

    assert "activity" not in data
    assert "earlier activity" not in str(data)


GLITCHTIP: dict[str, Any] = {
    "id": "5", "title": "KeyError: x", "status": "resolved", "permalink": "http://glitchtip.test/acme/issues/5",
    "numComments": 2, "statusDetails": {"inRelease": "shop@1.0"}, "assigned_to": None,
}  # fmt: skip
COMMENTS: list[Any] = [
    {"id": 1, "type": "note", "data": {"text": "First."}, "dateCreated": "2026-11-23T10:00:00Z", "user": None},
    {"id": 2, "type": "note", "data": {"text": "Still there."}, "dateCreated": "2026-11-24T10:00:00Z",
     "user": {"id": "7", "email": "ann@acme.test"}},
]  # fmt: skip


async def of_glitchtip(comments: tuple[int, Any], include: list[str]) -> tuple[str, list[str]]:
    known: dict[str, tuple[int, Any]] = {
        "GET /issues/5/": (200, GLITCHTIP),
        f"GET /issues/5{LATEST}": (200, {}),
        "GET /issues/5/comments/": comments,
    }
    async with (
        listening(Answering(known, kind=Dialect.GLITCHTIP).answer) as server,
        connected_to(server.url, SENTRY_MCP_REDACT_PII="false") as client,
    ):
        text = text_of(await client.call_tool("get_issue", {"issue": "5", "include": include}))
        return text, [line for line in server.log if "comments" in line]


async def test_glitchtip_counts_comments_and_tells_them_when_asked() -> None:
    counted, not_asked = await of_glitchtip((200, COMMENTS), [])
    told, asked = await of_glitchtip((200, COMMENTS), ["activity"])

    assert "| 2 comments\n" in counted
    assert 'Left out earlier activity: get_issue(issue="5", include=["activity"])' in counted
    assert not not_asked
    assert asked == ["GET /api/0/issues/5/comments/"]
    assert "2026-11-24 10:00Z comment by ann@acme.test: Still there.\n2026-11-23 10:00Z comment: First." in told
    assert "only its comments" in told
    assert "Left out earlier activity" not in told


@pytest.mark.parametrize(
    ("comments", "words"),
    [
        (
            (404, None),
            "activity could not be fetched: GlitchTip 6 has no way to read the history of an issue. The issue's page",
        ),
        (
            (500, {"detail": "x"}),
            "activity could not be fetched: Sentry failed on the request for the history of issue",
        ),
    ],
    ids=["no such route", "a failure"],
)
async def test_what_could_not_be_read_is_said_with_what_to_do(comments: tuple[int, Any], words: str) -> None:
    text, _ = await of_glitchtip(comments, ["activity"])

    assert words in text
    assert "KeyError: x" in text
    assert "Left out earlier activity" not in text


async def test_an_applications_json_has_it_too(sentry: Sentry) -> None:
    sentry.capture(checkout)
    async with connected(sentry) as client:
        await client.call_tool("update_issue", {"issue": "SHOP-1", "status": "resolved", "comment": "Fixed."})
        (content,) = (await client.read_resource("sentry://issues/SHOP-1")).contents

    data = json.loads(content.text)  # type: ignore[union-attr]  # a resource of text
    said = [(one["by"], one.get("change"), one.get("comment")) for one in data["activity"]]
    assert said == [("Local Developer", None, "Fixed."), ("Local Developer", "resolved", None)]
    assert "activity[].comment" in data["notice"]
