"""What a bounded caller sees of each kind of Sentry, and of one that answers with what was not asked for."""

import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from standins.clients import client_of
from standins.knowing import Answering, asked
from standins.known import Known, both, opened
from standins.old_lists import OldLists
from standins.sockets import listening

from sentry.changes import IssueChange
from sentry.client import SentryClient
from sentry.connection import Connection
from sentry.dialects import Dialect
from sentry.errors import SentryError
from sentry.protocol import SentryClientProtocol
from service.access.callers import Caller
from service.access.guarded import Guarded, guarded

Call = Callable[[SentryClientProtocol], Awaitable[Any]]
EVENT, OTHERS_EVENT = "a" * 32, "b" * 32
NOWHERE = {"detail": "The requested resource does not exist"}
SHOP = {"id": "7", "slug": "shop"}
PAY = {"id": "8", "slug": "pay"}
OWN_ISSUE: dict[str, Any] = {"id": "5", "shortId": "SHOP-1", "project": SHOP}
OTHERS_ISSUE: dict[str, Any] = {"id": "6", "shortId": "PAY-1", "project": PAY}


def caller(*projects: str, organizations: tuple[str, ...] | None = ("acme",)) -> Caller:
    return Caller(
        name="engine",
        scopes=frozenset(),
        organizations=None if organizations is None else frozenset(organizations),
        projects=frozenset(projects) if projects else None,
    )


def with_status(known: dict[str, Any]) -> dict[str, tuple[int, Any]]:
    return {path: found if type(found) is tuple else (200, found) for path, found in known.items()}


async def seen_by(who: Caller, known: dict[str, Any], call: Call, kind: Dialect | None = None) -> tuple[Any, list[str]]:
    """What a caller gets or is told, and what Sentry was asked; it answers 200 where a status is not given."""
    return await asked(with_status(known), lambda client: call(guarded(client, who)), kind)


def _issue(name: str, client: SentryClientProtocol) -> Awaitable[Any]:
    return client.get_issue(name)


def _project(name: str, client: SentryClientProtocol) -> Awaitable[Any]:
    return client.get_project(name)


def _code_mappings(number: str, client: SentryClientProtocol) -> Awaitable[Any]:
    return client.get_code_mappings(number)


def _release_commits(client: SentryClientProtocol) -> Awaitable[Any]:
    return client.get_release_commits("1")


def _release_deploys(client: SentryClientProtocol) -> Awaitable[Any]:
    return client.get_release_deploys("1")


async def words(answer: Awaitable[Any]) -> tuple[str, int | None, str, dict[str, Any]]:
    with pytest.raises(SentryError) as failed:
        await answer
    told = failed.value
    return told.error, told.status_code, told.message, told.as_dict()["details"]


def test_no_method_of_the_client_is_forgotten() -> None:
    names = [name for name in vars(SentryClientProtocol) if not name.startswith("_")]
    assert names
    for name in names:
        theirs, ours = vars(SentryClientProtocol)[name], vars(Guarded)[name]
        if not isinstance(theirs, property):
            assert inspect.signature(ours).parameters.keys() == inspect.signature(theirs).parameters.keys()


PARTS: dict[str, Callable[[SentryClientProtocol, str, str], Awaitable[Any]]] = {
    "issue": lambda client, issue, _: client.get_issue(issue),
    "events": lambda client, issue, _: client.get_events(issue),
    "latest event": lambda client, issue, _: client.get_event("latest", issue=issue),
    "event of an issue": lambda client, issue, event: client.get_event(event, issue=issue),
    "stack trace": lambda client, issue, _: client.get_stacktrace(issue=issue),
    "oldest event": lambda client, issue, _: client.get_oldest_event(issue),
    "tags": lambda client, issue, _: client.get_tags(issue),
    "tag values": lambda client, issue, _: client.get_tag_values(issue, "release"),
    "count": lambda client, issue, _: client.count_events(issue),
    "short ID": lambda client, issue, _: client.get_short_id(issue),
    "activity": lambda client, issue, _: client.get_activity(issue),
    "flags": lambda client, issue, _: client.get_suspect_flags(issue),
    "commits": lambda client, issue, event: client.get_suspect_commits("shop", event, issue=issue),
    "update": lambda client, issue, _: client.update_issue(issue, IssueChange(status="resolved")),
    "comment": lambda client, issue, _: client.add_comment(issue, "Seen."),
}


@both
async def test_older_servers_show_the_callers_own(known: Known) -> None:
    async with opened(known) as (client, _):
        own = guarded(client, caller(known.project, organizations=(known.organization,)))
        assert (await own.get_issue(known.issue)).id == known.issue
        assert (await own.get_event("latest", issue=known.issue)).id == known.latest
        assert [issue.project.slug for issue in (await own.list_issues()).items]
        assert [project.slug for project in (await own.list_projects()).items] == [known.project]
        assert (await own.get_release(known.release)).version == known.release
        assert (await own.get_event(known.event, project=known.project)).id == known.event


@pytest.mark.parametrize("whose", ["project", "organization"])
@both
async def test_older_servers_read_an_issue_by_its_number_whosever_it_is(known: Known, whose: str) -> None:
    """Asked by whoever has another project, or one of that name in another organization."""
    is_project = whose == "project"
    who = (
        caller("others", organizations=(known.organization,))
        if is_project
        else caller(known.project, organizations=("others",))
    )
    async with opened(known) as (client, server):
        bounded = guarded(client, who)
        for name, part in PARTS.items():
            told = await words(part(bounded, known.issue, known.event))
            unknown = await words(part(bounded, "999999", "0" * 32))
            assert told == (*unknown[:2], unknown[2].replace("999999", known.issue), {}), name
        assert all(request.method == "GET" for request in server.requests)


@pytest.mark.parametrize("told_by", ["its link", "its project's number"])
@pytest.mark.parametrize("kind", [Dialect.SENTRY_10, Dialect.GLITCHTIP])
async def test_an_issue_is_of_the_organization_that_says_so(kind: Dialect, told_by: str) -> None:
    """Both organizations have a project of that name."""
    has_link = told_by == "its link"
    known = {
        "GET /issues/5/": (200, OWN_ISSUE),
        "GET /issues/": (404, NOWHERE),
        "GET /projects/acme/shop/": (200, SHOP),
        "GET /projects/beta/shop/": (200, {"id": "7" if has_link else "70", "slug": "shop"}),
    }
    sentry = Answering(known, kind=kind)
    async with listening(sentry.answer) as server, client_of(server.url, cache_ttl=0) as client:
        if has_link:
            sentry.known["GET /issues/5/"] = (
                200,
                {**OWN_ISSUE, "permalink": f"{server.url}/organizations/acme/issues/5/"},
            )
        assert (await guarded(client, caller("shop")).get_issue("5")).id == "5"
        others = guarded(client, caller("shop", organizations=("beta",)))
        told, unknown = await words(others.get_issue("5")), await words(others.get_issue("6"))
        assert told == (*unknown[:2], unknown[2].replace("6", "5"), {})


async def test_old_sentry_is_asked_for_the_lists_of_a_callers_projects_alone() -> None:
    lists = OldLists({"shop": {"1": 5, "2": 3}, "web": {"3": 4}, "pay": {"4": 9}})

    def answer(request: httpx.Request) -> httpx.Response:
        found = lists.answer(request)
        slug = request.url.path.split("/")[-3]
        if request.url.path.startswith("/api/0/projects/") and found.status_code == 200:
            rows = [{**row, "project": {"slug": slug}} for row in found.json()]
            return httpx.Response(200, json=rows, headers={"Link": found.headers["Link"]})
        return found

    connection = Connection("http://sentry.test", SecretStr("none"), organization="acme")
    async with SentryClient(connection, httpx.MockTransport(answer)) as client:
        own = guarded(client, caller("shop", "web"))
        rows: list[str] = []
        cursor: str | None = None
        while cursor is not None or not rows:
            page = await own.list_issues(query="", sort="freq", limit=2, cursor=cursor)
            rows, cursor = rows + [row.id for row in page.items], page.next_cursor
    assert rows == ["1", "3", "2"]
    assert not [url for url in lists.asked if "pay" in url or url.endswith("/organizations/acme/projects/")]


NUMBERS = (400, {"detail": "Invalid project parameter. Values must be numbers."})


@pytest.mark.parametrize(
    ("kind", "known", "last"),
    [
        (
            Dialect.TODAY,
            {"GET /organizations/acme/issues/?query=&project=shop&project=web": [OWN_ISSUE]},
            "project=shop&project=web",
        ),
        (
            Dialect.TODAY,
            {
                "GET /organizations/acme/issues/": NUMBERS,
                "GET /organizations/acme/issues/?query=&project=7&project=9": [OWN_ISSUE],
                "GET /projects/acme/shop/": SHOP,
                "GET /projects/acme/web/": {"id": "9", "slug": "web"},
            },
            "project=7&project=9",
        ),
        (
            Dialect.GLITCHTIP,
            {
                "GET /organizations/acme/issues/": (422, {"detail": [{"loc": ["query", "project", 0]}]}),
                "GET /organizations/acme/issues/?query=&project=7&project=9": [OWN_ISSUE],
                "GET /projects/acme/shop/": SHOP,
                "GET /projects/acme/web/": {"id": "9", "slug": "web"},
            },
            "project=7&project=9",
        ),
        (  # one of them is not there
            Dialect.TODAY,
            {
                "GET /organizations/acme/issues/": (403, {"detail": "no"}),
                "GET /organizations/acme/issues/?query=&project=shop&limit": [OWN_ISSUE],
                "GET /projects/acme/shop/": SHOP,
                "GET /projects/acme/web/": (404, NOWHERE),
            },
            "project=shop",
        ),
    ],
    ids=["today", "before 2026", "GlitchTip", "one is gone"],
)
async def test_a_list_is_asked_for_a_callers_own_projects(kind: Dialect, known: dict[str, Any], last: str) -> None:
    page, log = await seen_by(caller("shop", "acme/web"), known, lambda client: client.list_issues(query=""), kind)
    assert [issue.id for issue in page.items] == ["5"]
    assert log[-1] == f"GET /organizations/acme/issues/?query=&{last}&limit=25"
    assert not [line for line in log if line == "GET /organizations/acme/projects/"]


async def test_of_releases_too() -> None:
    both_projects: list[dict[str, Any]] = [{"slug": "shop", "newGroups": 1}, {"slug": "pay", "newGroups": 2}]
    rows: list[dict[str, Any]] = [
        {"version": "1", "projects": both_projects, "newGroups": 3, "lastEvent": "2026-01-01T00:00:00Z"},
        {"version": "2", "projects": both_projects[1:]},
        {"version": "3", "projects": []},
    ]
    known = {"GET /organizations/acme/releases/?per_page=25&limit=25&project=shop&project=web": rows}
    page, _ = await seen_by(caller("shop", "web"), known, lambda client: client.list_releases(), Dialect.TODAY)
    (release,) = page.items
    assert (release.projects, release.new_groups, release.last_event) == (both_projects[:1], 1, None)
    known = {
        "GET /organizations/acme/releases/": [{"version": "9", "projects": [PAY]}],  # it heeds no project
        "GET /projects/acme/shop/releases/": [
            {"version": "1", "dateCreated": "2026-01-01T00:00:00Z", "projects": [SHOP]}
        ],
        "GET /projects/acme/web/releases/": [
            {"version": "2", "dateCreated": "2026-01-02T00:00:00Z", "projects": [{"slug": "web"}]}
        ],
    }
    page, _ = await seen_by(
        caller("shop", "web"), known, lambda client: client.list_releases(limit=1), Dialect.GLITCHTIP
    )
    assert [release.version for release in page.items] == ["2"]
    assert "project by project" in page.notes[0]


async def test_of_a_release_with_others_nothing_is_told_that_may_be_theirs() -> None:
    commit, deploy, author = {"id": "c0ffee", "message": "Pay"}, {"environment": "pay"}, {"name": "Ann of pay"}
    told = {"version": "1", "authors": [author], "lastCommit": commit, "lastDeploy": deploy, "commitCount": 1}
    for projects, count in (([SHOP], 1), ([SHOP, PAY], 0)):
        known = {
            "GET /organizations/acme/releases/1/commits/": [commit],
            "GET /organizations/acme/releases/1/deploys/": [deploy],
            "GET /organizations/acme/releases/1/": {**told, "projects": projects},
        }
        for part in (_release_commits, _release_deploys):
            rows, _ = await seen_by(caller("shop"), known, part, Dialect.TODAY)
            assert len(rows) == count
        release, _ = await seen_by(caller("shop"), known, lambda client: client.get_release("1"), Dialect.TODAY)
        assert len(release.authors) == count
        assert (release.last_commit is None, release.last_deploy is None) == (count == 0, count == 0)
        assert release.commit_count == (count or None)


async def test_what_comes_of_others_all_the_same_is_left_out() -> None:
    rows = [OWN_ISSUE, OTHERS_ISSUE, {"id": "9"}, {"id": "10", "project": {"slug": 7}}]
    known = {"GET /organizations/acme/issues/": rows}
    page, _ = await seen_by(caller("shop"), known, lambda client: client.list_issues(), Dialect.TODAY)
    assert ([issue.id for issue in page.items], page.next_cursor, page.total) == (["5"], None, None)


WHOLE: dict[str, Any] = {"eventID": EVENT, "groupID": "5", "projectID": "7", "entries": []}
ISSUES: dict[str, Any] = {
    "GET /organizations/acme/issues/5/": OWN_ISSUE,
    "GET /organizations/acme/issues/6/": OTHERS_ISSUE,
    "GET /organizations/acme/issues/9/": {"id": "9"},
    "GET /organizations/acme/issues/": (404, NOWHERE),
    "GET /organizations/acme/issues/5/events/": (404, NOWHERE),
    "GET /organizations/acme/eventids/": (404, NOWHERE),
    "GET /projects/acme/": (404, NOWHERE),
    "GET /projects/acme/shop/": SHOP,
}


SOMEBODY_ELSES: list[tuple[dict[str, Any], Call | None]] = [
    ({f"GET /organizations/acme/eventids/{EVENT}/": {"groupId": "6"}}, lambda client: client.get_event(EVENT)),
    ({f"GET /organizations/acme/eventids/{EVENT}/": {"event": WHOLE | {"groupID": "6"}}}, None),
    ({f"GET /organizations/acme/eventids/{EVENT}/": {"event": WHOLE | {"projectID": "8"}}}, None),
    ({f"GET /organizations/acme/eventids/{EVENT}/": {"event": WHOLE | {"groupID": None}}}, None),
    ({f"GET /organizations/acme/eventids/{EVENT}/": {"event": WHOLE | {"groupID": "9"}}}, None),
    (
        {f"GET /projects/acme/shop/events/{EVENT}/": WHOLE | {"groupID": None, "projectID": "8"}},
        lambda client: client.get_event(EVENT, project="shop"),
    ),
    (
        {f"GET /organizations/acme/issues/5/events/{EVENT}/": WHOLE | {"projectID": "8"}},
        lambda client: client.get_event(EVENT, issue="5"),
    ),
    (
        {f"GET /organizations/acme/issues/5/events/{EVENT}/": WHOLE | {"projectID": None, "groupID": "6"}},
        lambda client: client.get_stacktrace(EVENT, issue="5"),
    ),
]


@pytest.mark.parametrize(("known", "call"), SOMEBODY_ELSES)
async def test_an_event_that_is_not_surely_of_a_callers_project_is_not_shown(
    known: dict[str, Any], call: Call | None
) -> None:
    call = call or (lambda client: client.get_event(EVENT))
    error, _ = await seen_by(caller("shop"), {**ISSUES, **known}, call, Dialect.TODAY)
    unknown, _ = await seen_by(caller("shop"), ISSUES, call, Dialect.TODAY)
    assert isinstance(error, SentryError)
    assert error.as_dict() == unknown.as_dict()
    assert error.status_code == 404


async def test_an_issue_without_a_project_is_nobodys() -> None:
    for issue in ("6", "9", "77"):
        error, _ = await seen_by(caller("shop"), ISSUES, partial(_issue, issue), Dialect.TODAY)
        assert (error.error, error.message.replace(issue, "#")) == (
            "not_found",
            "Issue # was not found. Check the spelling, and that the token may see it.",
        )


async def test_a_link_that_shares_an_issue_opens_no_others() -> None:
    share = "{url}/share/issue/" + "c" * 32 + "/"
    known = {"GET /organizations/acme/shared/issues/": {"id": "6"}, "GET /shared/issues/": {"id": "6"}, **ISSUES}
    said: list[Any] = []
    for id_, status in (("6", 200), ("6", 404), ("5", 200)):
        answer = (status, {"id": id_} if status == 200 else NOWHERE)
        known |= {"GET /organizations/acme/shared/issues/": answer, "GET /shared/issues/": answer}
        found, _ = await seen_by(
            caller("shop"),
            known,
            lambda client: client.get_issue(share.format(url=client.site.url)),
            Dialect.TODAY,
        )
        said.append(found)
    others, unknown, own = said
    assert others.as_dict() == unknown.as_dict()
    assert own.id == "5"


async def test_names_are_checked_before_sentry_is_asked() -> None:
    calls: list[Call] = [
        lambda client: client.get_project("pay"),
        lambda client: client.get_project("beta/shop"),
        lambda client: client.list_issues(project="pay"),
        lambda client: client.list_releases(organization="beta"),
        lambda client: client.get_release("1", organization="beta"),
        lambda client: client.get_issue("beta/5"),
        lambda client: client.get_event(EVENT, project="pay"),
        lambda client: client.list_projects("beta"),
        lambda client: client.get_code_mappings("8", "beta"),
    ]
    for call in calls:
        error, log = await seen_by(caller("shop"), {}, call, Dialect.TODAY)
        assert (error.error, error.status_code, log) == ("not_found", 404, [])


async def test_a_project_by_its_number_or_in_capitals_is_the_one_it_is() -> None:
    known = {"GET /projects/acme/7/": SHOP, "GET /projects/acme/8/": PAY, "GET /projects/acme/shop/": SHOP}
    for name in ("7", "SHOP", "Acme/Shop"):
        found, _ = await seen_by(caller("shop"), known, partial(_project, name), Dialect.TODAY)
        assert found.slug == "shop"
    told = [(await seen_by(caller("shop"), known, partial(_project, name), Dialect.TODAY))[0] for name in ("8", "9")]
    assert [error.message.replace("8", "9") for error in told] == [told[1].message] * 2


async def test_code_mappings_are_those_of_a_callers_projects() -> None:
    known = {
        "GET /organizations/acme/code-mappings/": [{"stackRoot": "app/"}],
        "GET /projects/acme/7/": SHOP,
        "GET /projects/acme/8/": PAY,
    }
    for number, count in (("7", 1), ("8", 0), ("9", 0)):
        found, _ = await seen_by(caller("shop"), known, partial(_code_mappings, number), Dialect.TODAY)
        assert len(found) == count


@pytest.mark.parametrize(
    ("who", "told"),
    [
        (caller(organizations=("beta",)), "beta"),
        (caller("beta/shop", organizations=None), "beta"),
        (caller("beta/shop", organizations=("acme", "beta")), "beta"),
        (caller(organizations=("acme", "beta")), "acme"),
        (caller("shop", organizations=None), "acme"),
        (caller(organizations=("beta", "gamma")), "Name the organization: beta, gamma."),
        (caller("beta/shop", organizations=("acme",)), "was not found"),
    ],
)
async def test_the_usual_organization_is_the_callers(who: Caller, told: str) -> None:
    usual, log = await seen_by(who, {}, lambda client: client.usual_organization(), Dialect.TODAY)
    assert (usual == told) if isinstance(usual, str) else (told in usual.message)
    assert log == []


async def test_a_caller_costs_one_request_more_at_most_and_that_once() -> None:
    known = with_status(ISSUES) | {
        f"GET /organizations/acme/eventids/{EVENT}/": (200, {"event": WHOLE}),
        "GET /organizations/acme/issues/5/events/": (200, [WHOLE]),
    }
    calls: dict[str, tuple[Call, int]] = {
        "an issue": (lambda client: client.get_issue("5"), 0),
        "its events": (lambda client: client.get_events("5"), 1),
        "an event": (lambda client: client.get_event(EVENT), 1),
        "a project": (lambda client: client.get_project("shop"), 0),
        "a list": (lambda client: client.list_issues(query=""), 0),
    }
    sentry = Answering(known, kind=Dialect.TODAY)
    async with listening(sentry.answer) as server:
        link = f"{server.url}/organizations/acme/issues/5/"
        sentry.known["GET /organizations/acme/issues/5/"] = (200, {**OWN_ISSUE, "permalink": link})
        sentry.known["GET /organizations/acme/issues/?"] = (200, [OWN_ISSUE])
        for name, (call, more) in calls.items():
            costs: list[int] = []
            for who in (None, caller("shop")):
                async with client_of(server.url, organization="acme") as client:
                    server.requests.clear()
                    for _ in range(2):
                        await call(guarded(client, who) if who else client)
                        costs.append(len(server.requests))
            assert costs == [costs[0], costs[0], costs[0] + more, costs[0] + more], name
