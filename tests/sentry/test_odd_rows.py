"""No list fails because of a row, whatever that row holds: recorded answers, bent at any place."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standins.clients import connection_to
from standins.recorded import GLITCHTIP, RECORDED, SENTRY_9

from sentry.client import SentryClient
from sentry.endpoints.issue_query import IssueQuery
from sentry.models import (
    Breadcrumb,
    Event,
    ExceptionValue,
    Frame,
    Issue,
    Project,
    Release,
    SentryModel,
    TagValues,
    Thread,
)
from sentry.models.pages import Page
from sentry.values import as_list, as_object, objects


def recorded(*names: str) -> list[Any]:
    """The recorded objects: rows of lists one by one."""
    found: list[Any] = []
    for name in names:
        body = json.loads((RECORDED / f"{name}.json").read_text())
        found += body if isinstance(body, list) else [body]
    return found


ISSUES = recorded(f"{SENTRY_9}/project_issues_page1", f"{SENTRY_9}/issue", f"{GLITCHTIP}/org_issues_page")
EVENTS = recorded(f"{SENTRY_9}/issue_events_latest", f"{GLITCHTIP}/issue_events_l1", f"{GLITCHTIP}/proj_event")
PROJECTS = recorded(f"{SENTRY_9}/org_projects", f"{GLITCHTIP}/projects")
RELEASES = recorded(f"{SENTRY_9}/releases", f"{GLITCHTIP}/releases")
TAGS = recorded(f"{SENTRY_9}/issue_tags", f"{GLITCHTIP}/issue_tags")

ODD: list[Any] = [
    None,
    True,
    -1,
    0.5,
    10**400,
    "",
    "a word never seen",
    "\x00\u202e",
    "9" * 5_000,
    "0001-01-01T00:00:00+23:59",
    "2026-99-99",
    [],
    [None],
    [[]],
    [1, "a"],
    {},
    {"": None},
    {"id": {}},
    [{"key": None, "value": None}],
    [["key", None], ["key"]],
]
GONE = object()


def places(value: Any, where: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside: list[tuple[Any, Any]] = list((as_object(value) or {}).items()) + list(enumerate(as_list(value) or []))
    return [where, *(place for key, inner in inside for place in places(inner, (*where, key)))]


def bent(value: Any, where: tuple[Any, ...], odd: Any) -> Any:
    """A copy with something odd, or nothing, at one place."""
    if not where:
        return None if odd is GONE else odd
    first, *rest = where
    if (fields := as_object(value)) is not None:
        if odd is GONE and not rest:
            return {key: inner for key, inner in fields.items() if key != first}
        return {**fields, first: bent(fields[first], tuple(rest), odd)}
    items = as_list(value) or []
    return [bent(inner, tuple(rest), odd) if index == first else inner for index, inner in enumerate(items)]


def oddities(rows: list[Any]) -> st.SearchStrategy[Any]:
    """Recorded rows, each bent at one to three places."""

    @st.composite
    def build(draw: st.DrawFn) -> Any:
        row = draw(st.sampled_from(rows))
        for _ in range(draw(st.integers(1, 3))):
            row = bent(row, draw(st.sampled_from(places(row))), draw(st.sampled_from([*ODD, GONE])))
        return row

    return build()


def read_everything(model: SentryModel) -> None:
    """All that a view may ask of it; and it can be written as JSON."""
    model.model_dump_json()
    if isinstance(model, Issue):
        assert isinstance(model.name, str)
    if isinstance(model, Event):
        for value in objects(model.entry("exception").get("values")):
            exception = ExceptionValue.model_validate(value)
            for frame in exception.stacktrace.frames if exception.stacktrace else []:
                frame.source()
        for value in objects(model.entry("threads").get("values")):
            Thread.model_validate(value)
        for value in objects(model.entry("breadcrumbs").get("values")):
            Breadcrumb.model_validate(value)
        _ = (model.request, model.release_version, model.environment)


quickly = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quickly
@given(oddities(ISSUES))
def test_an_odd_issue_is_read(row: Any) -> None:
    if isinstance(row, dict):
        read_everything(Issue.model_validate(row))


@quickly
@given(oddities(EVENTS))
def test_an_odd_event_is_read(row: Any) -> None:
    if isinstance(row, dict):
        read_everything(Event.model_validate(row))


@quickly
@given(oddities(PROJECTS), oddities(RELEASES), oddities(TAGS))
def test_an_odd_project_release_or_tag_is_read(project: Any, release: Any, tag: Any) -> None:
    for model, row in ((Project, project), (Release, release), (TagValues, tag)):
        if isinstance(row, dict):
            read_everything(model.model_validate(row))


LINKS = [
    '<http://x/?cursor=1:0:0>; rel="next"; results="true"; cursor="1:0:0"',
    '{\'<http://x/>; rel="previous"; results="false", <http://x/?cursor=b>; rel="next"; results="true"\'}',
    "<<>>;;rel=next",
    "",
]
Lister = Callable[[SentryClient], Awaitable[Page[Any]]]
LISTS: dict[str, tuple[list[Any], Lister]] = {
    "issues": (ISSUES, lambda client: client.list_issues()),
    "events": (EVENTS, lambda client: client.get_events("5")),
    "projects": (PROJECTS, lambda client: client.list_projects()),
    "releases": (RELEASES, lambda client: client.list_releases(project="shop")),
}


@pytest.mark.parametrize("kind", LISTS)
@given(given_data=st.data(), link=st.sampled_from(LINKS))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_no_list_ever_fails_because_of_its_rows(kind: str, given_data: st.DataObject, link: str) -> None:
    rows, call = LISTS[kind]
    body: list[Any] = [*given_data.draw(st.lists(oddities(rows), min_size=1, max_size=4)), rows[0]]

    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=json.dumps(body), headers={"Link": link})

    connection = connection_to("http://sentry.example.com", organization="acme")
    async with SentryClient(connection, httpx.MockTransport(answer)) as client:
        page = await call(client)
    objects = [row for row in body if as_object(row) is not None]
    assert len(page.items) == len(objects) or kind == "releases"
    for item in page.items:
        read_everything(item)


def test_a_value_that_does_not_fit_counts_as_absent_and_the_rest_is_kept() -> None:
    issue = Issue.model_validate(
        {"id": 5, "title": {}, "count": "many", "userCount": "3", "lastSeen": "yesterday", "tags": [None, {"key": "a"}]}
    )
    assert (issue.id, issue.title, issue.count, issue.user_count, issue.last_seen) == ("5", "", None, 3, None)
    assert [tag.key for tag in issue.tags] == ["a"]


def test_tags_are_read_as_objects_and_as_pairs_with_null_keys_too() -> None:
    event = Event.model_validate({"tags": [{"key": None, "value": "x"}, ["release", "1.0"], ["odd"], {"value": None}]})
    assert [(tag.key, tag.value) for tag in event.tags] == [(None, "x"), (None, None), ("release", "1.0")]
    assert event.release_version == "1.0"


def test_moments_are_read_as_utc_from_every_spelling() -> None:
    spellings = ["2026-11-24T21:06:32Z", "2026-11-24T21:06:32", "2026-11-24T22:06:32+01:00", 1795554392, 1795554392.0]
    moments = {Issue.model_validate({"lastSeen": spelling}).last_seen for spelling in spellings}
    assert {moment.isoformat() for moment in moments if moment} == {"2026-11-24T21:06:32+00:00"}
    assert None not in moments


def test_the_source_of_a_frame_is_read_from_numbered_lines_or_from_an_sdks_own() -> None:
    numbered = Frame.model_validate({"lineNo": 2, "context": [[1, "a"], [2, "b"], [3, None], ["x"], None]})
    assert numbered.source() == (["a"], "b", [""])
    own = Frame.model_validate({"lineno": 2, "pre_context": ["a"], "context_line": "b", "post_context": ["c", None, 1]})
    assert own.source() == (["a"], "b", ["c", "1"])


@pytest.mark.parametrize(
    ("query", "ordered"),
    [
        ("charge is:unresolved", "is:unresolved charge"),
        ('a "b c" is:x !tag:"d e" f', 'is:x !tag:"d e" a "b c" f'),
        ("release:[1, 2] x", "release:[1, 2] x"),
        ('unbalanced " [ quote', 'unbalanced " [ quote'),
        ("", ""),
    ],
)
def test_free_text_comes_last_for_old_sentry(query: str, ordered: str) -> None:
    assert IssueQuery(query=query).for_sentry_9().query == ordered
