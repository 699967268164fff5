"""What a bounded caller finds by a search of events: that of their own projects, by numbers that are theirs alone."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from standins.knowing import asked

from sentry.dialects import Dialect
from sentry.errors import NotFoundError
from sentry.protocol import SentryClientProtocol
from service.access.callers import Caller
from service.access.guarded import guarded

Call = Callable[[SentryClientProtocol], Awaitable[Any]]
NOWHERE = {"detail": "The requested resource does not exist"}
EVENTS, SERIES, SENT, LOGS = (
    f"GET /organizations/acme/{name}/" for name in ("events", "events-timeseries", "stats_v2", "logs")
)
PROJECTS: dict[str, Any] = {
    "GET /projects/acme/shop/": {"id": "7", "slug": "shop"},
    "GET /projects/acme/web/": {"id": "8", "slug": "web"},
    "GET /projects/acme/pay/": {"id": "9", "slug": "pay"},
    "GET /projects/acme/9/": {"id": "9", "slug": "pay"},
    "GET /projects/acme/7/": {"id": "7", "slug": "shop"},
    "GET /projects/acme/gone/": (404, NOWHERE),
}
ROWS: list[dict[str, Any]] = [
    {"title": "own", "project": "shop"},
    {"title": "own by number", "project.id": 7},
    {"title": "nobody says", "project": None},
    {"title": "another", "project": "pay"},
    {"title": "another by number", "project.id": 9, "project": "shop"},
    {"title": "odd", "project": ["shop"]},
]
FIELDS = ("title", "project", "project.id")


def caller(*projects: str, organizations: tuple[str, ...] = ("acme",)) -> Caller:
    bound = frozenset(projects) if projects else None
    return Caller(name="engine", scopes=frozenset(), organizations=frozenset(organizations), projects=bound)


async def seen_by(
    who: Caller, known: dict[str, Any], call: Call, kind: Dialect = Dialect.TODAY
) -> tuple[Any, list[str]]:
    answers: dict[str, tuple[int, Any]] = {}
    for path, one in {**PROJECTS, **known}.items():
        answers[path] = one if type(one) is tuple else (200, one)
    return await asked(answers, lambda client: call(guarded(client, who)), kind)


def rows(**arguments: Any) -> Call:
    return lambda client: client.search_events(fields=FIELDS, **arguments)


def series(**arguments: Any) -> Call:
    return lambda client: client.get_event_series(functions=["count()"], groups=["project"], **arguments)


async def test_rows_are_asked_of_their_own_projects_and_those_that_name_another_left_out() -> None:
    found, log = await seen_by(caller("shop", "web", "gone"), {EVENTS: {"data": ROWS, "meta": {}}}, rows())
    assert [row["title"] for row in found.items] == ["own", "own by number", "nobody says"]
    assert found.next_cursor is None
    (search,) = [line for line in log if line.startswith(EVENTS)]
    assert "&project=7&project=8&" in search
    assert not [line for line in log if "/pay/" in line]


async def test_series_too() -> None:
    known: dict[str, Any] = {
        SERIES: {
            "timeSeries": [
                {"yAxis": "count()", "groupBy": [{"key": "project", "value": name}], "values": [], "meta": {}}
                for name in ("shop", "pay")
            ]
        }
    }
    found, log = await seen_by(caller("shop"), known, series())
    assert [one.group for one in found.items] == [{"project": "shop"}]
    assert "&project=7&" in next(line for line in log if line.startswith(SERIES))


@pytest.mark.parametrize("call", [rows, series], ids=["rows", "series"])
async def test_who_has_no_project_that_is_there_finds_nothing_and_asks_nothing(call: Callable[..., Call]) -> None:
    found, log = await seen_by(caller("gone"), {}, call())
    assert found.items == []
    assert not [line for line in log if line.startswith((EVENTS, SERIES))]


@pytest.mark.parametrize("call", [rows, series], ids=["rows", "series"])
@pytest.mark.parametrize("project", ["pay", "9", "gone"])
async def test_anothers_project_is_as_one_that_is_not_there(call: Callable[..., Call], project: str) -> None:
    error, log = await seen_by(caller("shop", "gone"), {EVENTS: {"data": ROWS}}, call(project=project))
    assert isinstance(error, NotFoundError)
    assert error.message.startswith(f"Project {project} of acme was not found. Check the spelling")
    assert not [line for line in log if line.startswith((EVENTS, SERIES))]


async def test_another_organization_is_not_found() -> None:
    for call in (rows(organization="beta"), series(organization="beta")):
        error, log = await seen_by(caller(), {}, call)
        assert isinstance(error, NotFoundError)
        assert log == []


async def test_several_projects_are_those_of_them_that_are_theirs() -> None:
    _, log = await seen_by(caller("shop"), {EVENTS: {"data": []}}, rows(projects=["shop", "pay"]))
    (search,) = [line for line in log if line.startswith(EVENTS)]
    assert search.count("project=") == 1
    assert "&project=7&" in search


async def test_what_others_events_have_is_offered_to_nobody_and_what_was_sent_is_told_of_their_own() -> None:
    tags = {"GET /organizations/acme/tags/": [{"key": "plan"}]}
    names, log = await seen_by(caller("shop"), tags, lambda client: client.get_attributes("errors"))
    assert (names, log) == ([], [])
    names, _ = await seen_by(caller(), tags, lambda client: client.get_attributes("errors"))
    assert names == ["plan"]
    sent = {"groups": [{"by": {"outcome": "accepted"}, "totals": {"sum(quantity)": 7}}]}
    found, log = await seen_by(caller("shop"), {SENT: sent}, lambda client: client.get_outcomes("errors"))
    assert found.counts == {"accepted": 7}
    assert log[-1].endswith("&project=7")


async def test_logs_of_glitchtip_that_are_anothers_are_left_out() -> None:
    known = {LOGS: [{"body": "own", "projectId": 7}, {"body": "another", "projectId": 9}]}
    found, log = await seen_by(
        caller("shop"),
        known,
        lambda client: client.search_events(dataset="logs", fields=("message", "project")),
        Dialect.GLITCHTIP,
    )
    assert [row["message"] for row in found.items] == ["own"]
    assert [line for line in log if line.startswith(f"{LOGS}?project=7&")]
