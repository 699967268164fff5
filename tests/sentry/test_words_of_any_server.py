"""Changes, comments, short IDs and releases, however a server words them."""

import json
from contextlib import suppress
from typing import Any

import pytest
from standins.clients import client_of
from standins.knowing import Answering, asked
from standins.sockets import Request, Wire, listening

from sentry.changes import IssueChange
from sentry.dialects import Dialect
from sentry.errors import BadResponseError, NotFoundError, SentryError
from service.side_by_side import together

EVENT = "0123456789abcdef0123456789abcdef"


async def test_a_search_for_a_short_id_through_ever_more_pages_ends() -> None:
    pages = 0

    async def endless(request: Request, wire: Wire) -> None:
        nonlocal pages
        if request.path == "/api/0/organizations/":
            await wire.answer(200, b'[{"slug": "acme", "isAcceptingEvents": true}]')
        elif request.path == "/api/0/organizations/acme/issues/":
            pages += 1
            link = f'<http://x/>; rel="next"; results="true"; cursor="{pages}"'
            await wire.answer(200, b'[{"id": "1", "shortId": "SHOP-1"}]', link=link)
        else:
            await wire.answer(404, b"")

    async with listening(endless) as server, client_of(server.url, organization="acme") as client:
        with pytest.raises(NotFoundError, match="not among the newest issues"):
            await client.get_issue("SHOP-9")
    assert pages == 10


async def test_a_lookup_that_gives_no_number_is_a_bad_response() -> None:
    error, _ = await asked(
        {"GET /organizations/acme/shortids/SHOP-1/": (200, {"groupId": None})},
        lambda client: client.get_issue("SHOP-1"),
        Dialect.SENTRY_10,
    )
    assert (error.error, "no number for SHOP-1" in error.message) == ("bad_response", True)


async def test_a_status_that_is_refused_for_another_reason_is_an_invalid_request() -> None:
    error, _ = await asked(
        {"PUT /issues/5/": (422, {"detail": "no"})},
        lambda client: client.update_issue("5", IssueChange(status="ignored")),
        Dialect.GLITCHTIP,
    )
    assert error.error == "invalid_request"


async def test_a_comment_is_sent_in_the_words_of_every_server() -> None:
    async with listening(Answering({"POST /": (201, {})}).answer) as server:
        async with client_of(server.url, organization="acme") as client:
            await client.add_comment("5", "looking at it")
        assert json.loads(server.requests[0].body) == {"text": "looking at it", "data": {"text": "looking at it"}}


async def test_releases_of_a_project_are_read_where_projects_have_numbers() -> None:
    mine = {"version": "mine", "projects": [{"slug": "mine"}]}
    asked_for = "GET /organizations/acme/releases/?per_page=25&limit=25&project"
    page, _ = await asked(
        {
            f"{asked_for}=mine": (400, {"detail": "Invalid project parameter."}),
            f"{asked_for}=7": (200, [mine, {"version": "of nobody"}]),
            "GET /projects/acme/mine/": (200, {"id": "7", "slug": "mine"}),
        },
        lambda client: client.list_releases(project="mine"),
    )
    assert [release.version for release in page.items] == ["mine", "of nobody"]
    error, _ = await asked(
        {"GET /organizations/acme/releases/": (400, {"detail": "bad query"})}, lambda client: client.list_releases()
    )
    assert error.error == "invalid_request"


async def test_a_release_is_asked_for_with_its_health_which_no_sentry_tells_otherwise() -> None:
    release, _ = await asked(
        {
            "GET /organizations/acme/releases/1.0/": (200, {"version": "1.0"}),
            "GET /organizations/acme/releases/1.0/?health=1": (200, {"version": "1.0", "newGroups": 3}),
        },
        lambda client: client.get_release("1.0"),
    )
    assert release.new_groups == 3


async def test_commits_and_deploys_of_a_release_are_read() -> None:
    known = {
        "GET /organizations/acme/releases/1.0/commits/": (200, [{"id": "abc", "author": {"name": "Ada"}}]),
        "GET /organizations/acme/releases/1.0/deploys/": (200, [{"environment": "production"}]),
    }
    commits, _ = await asked(known, lambda client: client.get_release_commits("1.0"))
    deploys, _ = await asked(known, lambda client: client.get_release_deploys("1.0"))
    assert (commits[0].id, commits[0].author.name, deploys[0].environment) == ("abc", "Ada", "production")


async def test_suspect_commits_are_read_each_with_its_author() -> None:
    committers = [{"author": {"name": "Ada"}, "commits": [{"id": "abc"}, {"id": "def"}]}, {"commits": None}]
    commits, _ = await asked(
        {f"GET /projects/acme/shop/events/{EVENT}/committers/": (200, {"committers": committers})},
        lambda client: client.get_suspect_commits("shop", EVENT),
    )
    assert [(commit.id, commit.author.name) for commit in commits] == [("abc", "Ada"), ("def", "Ada")]


async def test_calls_side_by_side_fail_each_for_itself() -> None:
    async def good() -> str:
        return "good"

    async def bad() -> str:
        raise NotFoundError("gone")

    first, second, third = await together(good(), bad(), good())
    assert [first.result(), second.value, third.result()] == ["good", None, "good"]
    with pytest.raises(NotFoundError):
        second.result()


@pytest.mark.parametrize(
    ("change", "body"),
    [
        (IssueChange(), {}),
        (IssueChange(status="resolvedInNextRelease"), {"status": "resolvedInNextRelease"}),
        (
            IssueChange(status="resolved", in_commit="abc", repository="shop"),
            {"status": "resolved", "statusDetails": {"inCommit": {"commit": "abc", "repository": "shop"}}},
        ),
        (
            IssueChange(status="resolved", in_release="1.0"),
            {"status": "resolved", "statusDetails": {"inRelease": "1.0"}},
        ),
        (
            IssueChange(status="ignored", ignore_events=10, ignore_minutes=5, ignore_users=3),
            {
                "status": "ignored",
                "substatus": "archived_until_condition_met",
                "statusDetails": {"ignoreCount": 10, "ignoreDuration": 5, "ignoreUserCount": 3},
            },
        ),
        (
            IssueChange(status="ignored", ignore_until="escalating"),
            {"status": "ignored", "substatus": "archived_until_escalating"},
        ),
        (IssueChange(assigned_to="", priority="high"), {"assignedTo": "", "priority": "high"}),
    ],
)
def test_a_change_is_sent_in_sentrys_words(change: IssueChange, body: dict[str, Any]) -> None:
    assert change.body() == body


PAGE = b"<!doctype html><title>Back soon</title>"


async def test_a_page_in_between_moves_nothing_to_another_route() -> None:
    paged: list[bool] = [False]

    async def answer(request: Request, wire: Wire) -> None:
        if paged[0]:
            await wire.answer(200, PAGE, "text/html")
        elif request.path == "/api/0/organizations/":
            await wire.answer(200, b'[{"slug": "acme", "links": {}}]')
        else:
            await wire.answer(200, b'{"id": "5", "shortId": "SHOP-1"}')

    async with (
        listening(answer) as server,
        client_of(server.url, organization="acme", cache_ttl=0) as client,
    ):
        for is_page in (True, False, True, False):
            paged[0] = is_page
            if is_page:
                with pytest.raises(BadResponseError, match="web page instead of JSON"):
                    await client.get_issue("5")
            else:
                await client.get_issue("5")
        assert {line for line in server.log if "issues" in line} == {"GET /api/0/organizations/acme/issues/5/"}


@pytest.mark.parametrize("kind", [None, Dialect.TODAY, Dialect.SENTRY_10, Dialect.GLITCHTIP], ids=str)
async def test_a_write_that_is_answered_with_a_page_is_not_sent_again(kind: Dialect | None) -> None:
    server_like = Answering({}, unknown=(200, PAGE), kind=kind)
    async with listening(server_like.answer) as server, client_of(server.url, organization="acme") as client:
        with suppress(SentryError):
            await client.list_organizations()
        for write in (lambda: client.add_comment("5", "Hello"), lambda: client.update_issue("5", IssueChange())):
            server.requests.clear()
            with pytest.raises(BadResponseError, match="Whether Sentry made the change is not known"):
                await write()
            assert len([line for line in server.log if not line.startswith("GET")]) == 1
