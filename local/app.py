"""The embedded Sentry as one ASGI app: every route it answers, on one screen."""

import json
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

import anyio.to_thread
from pydantic_core import PydanticSerializationError, to_json
from starlette import routing
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from local.api import (
    absent,
    activities,
    attributes,
    comments,
    committers,
    events,
    explore,
    index,
    issues,
    keys,
    projects,
    releases,
    tags,
    teams,
    timeseries,
    trace_items,
    traces,
    updates,
    validation,
)
from local.api.request import ApiRequest, ApiResponse, Route, authenticate, require
from local.errors import ApiError, bad_request
from local.happening import Tell, tell_nobody
from local.intake import ingest
from local.pages import show_issue
from local.store import ALL_SCOPES, Store
from local.values import Json, parse

MOST_BODY = 10 * 1024 * 1024
"""Bytes of a call's body: commits of a release are the longest there is."""

READ_EVENTS = ("event:read", "event:write", "event:admin")
WRITE_EVENTS = ("event:write", "event:admin")
READ_PROJECTS = ("project:read",)
WRITE_PROJECTS = ("project:write",)
READ_ORGANIZATION = ("org:read",)
READ_TEAMS = ("team:read", "org:read")
WRITE_TEAMS = ("team:write",)
READ_RELEASES = ("project:read", "project:releases", "org:read")
WRITE_RELEASES = ("project:releases",)
READ_EXPLORE = (*READ_ORGANIZATION, *READ_EVENTS)

ORGANIZATION = "/api/0/organizations/{organization}/"
PROJECT = "/api/0/projects/{organization}/{project}/"
TEAM = "/api/0/teams/{organization}/{team}/"

ABSENT = (
    "repos/",
    "monitors/",
    "uptime/",
    "workflows/",
    "detectors/",
    "dashboards/",
    "integrations/",
    "agents/conversations/",
    "org-auth-tokens/",
)
"""Lists of an organization that hold nothing here."""

ROUTES = [
    Route("GET", "/api/0/", index.get_index, ALL_SCOPES),
    Route("GET", "/api/0/auth/", index.get_self, ALL_SCOPES),
    Route("GET", "/api/0/users/me/", index.get_self, ALL_SCOPES),
    Route("GET", "/api/0/users/me/regions/", index.list_regions, ALL_SCOPES),
    Route("GET", "/api/0/organizations/", projects.list_organizations, READ_ORGANIZATION),
    Route("GET", ORGANIZATION, projects.get_organization, READ_ORGANIZATION),
    Route(
        "GET",
        ORGANIZATION + "projects/",
        projects.list_organization_projects,
        (*READ_ORGANIZATION, *READ_PROJECTS),
    ),
    Route("GET", "/api/0/projects/", projects.list_projects, READ_PROJECTS),
    Route("GET", PROJECT, projects.get_project, READ_PROJECTS),
    Route("PUT", PROJECT, projects.update_project, WRITE_PROJECTS),
    Route("GET", ORGANIZATION + "environments/", projects.list_environments, READ_ORGANIZATION),
    Route("GET", PROJECT + "environments/", projects.list_environments, READ_PROJECTS),
    Route("GET", ORGANIZATION + "project-keys/", keys.list_organization_keys, READ_ORGANIZATION),
    Route("GET", PROJECT + "keys/", keys.list_project_keys, READ_PROJECTS),
    Route("GET", PROJECT + "keys/{key}/", keys.get_key, READ_PROJECTS),
    Route("GET", ORGANIZATION + "teams/", teams.list_teams, READ_TEAMS),
    Route("POST", ORGANIZATION + "teams/", teams.create_team, WRITE_TEAMS),
    Route("GET", PROJECT + "teams/", teams.list_project_teams, READ_PROJECTS),
    Route("GET", TEAM, teams.get_team, READ_TEAMS),
    Route("GET", TEAM + "projects/", teams.list_team_projects, READ_PROJECTS),
    Route("POST", TEAM + "projects/", teams.create_project, WRITE_PROJECTS),
    Route("GET", ORGANIZATION + "issues/", issues.list_issues, READ_EVENTS),
    Route("PUT", ORGANIZATION + "issues/", updates.update_issues, WRITE_EVENTS),
    Route("GET", PROJECT + "issues/", issues.list_issues, READ_EVENTS),
    Route("PUT", PROJECT + "issues/", updates.update_issues, WRITE_EVENTS),
    Route("GET", ORGANIZATION + "shortids/{issue}/", issues.get_short_id, READ_EVENTS),
    Route("GET", ORGANIZATION + "eventids/{event}/", events.get_event_id, READ_EVENTS),
    Route("GET", PROJECT + "events/", events.list_project_events, READ_EVENTS),
    Route("GET", PROJECT + "events/{event}/", events.get_project_event, READ_EVENTS),
    Route("GET", PROJECT + "events/{event}/committers/", committers.list_committers, READ_EVENTS),
    *(
        Route(method, prefix + path, endpoint, scopes)
        for prefix in (ORGANIZATION + "issues/{issue}/", "/api/0/issues/{issue}/")
        for method, path, endpoint, scopes in (
            ("GET", "", issues.get_issue, READ_EVENTS),
            ("PUT", "", updates.update_issue, WRITE_EVENTS),
            ("GET", "events/", events.list_issue_events, READ_EVENTS),
            ("GET", "events/{event}/", events.get_issue_event, READ_EVENTS),
            ("GET", "hashes/", events.list_hashes, READ_EVENTS),
            ("GET", "tags/", tags.list_tags, READ_EVENTS),
            ("GET", "tags/{key}/", tags.get_tag, READ_EVENTS),
            ("GET", "tags/{key}/values/", tags.list_values, READ_EVENTS),
            ("GET", "activities/", activities.list_activities, READ_EVENTS),
            ("GET", "notes/", comments.list_comments, READ_EVENTS),
            ("POST", "notes/", comments.add_comment, WRITE_EVENTS),
            ("GET", "comments/", comments.list_comments, READ_EVENTS),
            ("POST", "comments/", comments.add_comment, WRITE_EVENTS),
        )
    ),
    *(
        Route(method, prefix + path, endpoint, scopes)
        for prefix in (ORGANIZATION + "releases/", PROJECT + "releases/")
        for method, path, endpoint, scopes in (
            ("GET", "", releases.list_releases, READ_RELEASES),
            ("POST", "", releases.create_release, WRITE_RELEASES),
            ("GET", "{version}/", releases.get_release, READ_RELEASES),
            ("PUT", "{version}/", releases.update_release, WRITE_RELEASES),
            ("DELETE", "{version}/", releases.delete_release, WRITE_RELEASES),
            ("GET", "{version}/commits/", releases.list_commits, READ_RELEASES),
            ("GET", "{version}/deploys/", releases.list_deploys, READ_RELEASES),
            ("POST", "{version}/deploys/", releases.create_deploy, WRITE_RELEASES),
            ("GET", "{version}/previous-with-commits/", releases.get_previous_with_commits, READ_RELEASES),
        )
    ),
    Route("GET", ORGANIZATION + "events/validate/", validation.validate_search, (*READ_ORGANIZATION, *READ_EVENTS)),
    *(
        Route("GET", path, endpoint, scopes)
        for path, endpoint, scopes in (
            *((ORGANIZATION + name, absent.list_nothing, READ_ORGANIZATION) for name in ABSENT),
            (PROJECT + "events/{event}/attachments/", absent.list_nothing, READ_EVENTS),
            (PROJECT + "stacktrace-link/", absent.link_stack_trace, READ_PROJECTS),
            (ORGANIZATION + "replays/", absent.list_replays, READ_ORGANIZATION),
            (ORGANIZATION + "replay-count/", absent.count_replays, READ_ORGANIZATION),
            (ORGANIZATION + "issues/{issue}/autofix/", absent.get_autofix, READ_EVENTS),
            (ORGANIZATION + "issues/{issue}/external-issues/", absent.list_nothing, READ_EVENTS),
            (ORGANIZATION + "issues/{issue}/integrations/", absent.list_nothing, READ_EVENTS),
            (ORGANIZATION + "issues/{issue}/user-reports/", absent.list_nothing, READ_EVENTS),
        )
    ),
    Route("GET", ORGANIZATION + "events/", explore.list_events, READ_EXPLORE),
    Route("GET", ORGANIZATION + "events-timeseries/", timeseries.get_timeseries, READ_EXPLORE),
    Route("GET", ORGANIZATION + "events-stats/", timeseries.get_stats, READ_EXPLORE),
    Route("GET", ORGANIZATION + "tags/", attributes.list_organization_tags, READ_EXPLORE),
    Route("GET", ORGANIZATION + "tags/{key}/values/", attributes.list_organization_tag_values, READ_EXPLORE),
    Route("GET", ORGANIZATION + "trace-items/attributes/", attributes.list_attributes, READ_EXPLORE),
    Route("GET", PROJECT + "trace-items/{item}/", trace_items.get_trace_item, READ_EXPLORE),
    Route("GET", ORGANIZATION + "trace/{trace}/", traces.get_trace, READ_EXPLORE),
    Route("GET", ORGANIZATION + "trace-meta/{trace}/", traces.get_trace_meta, READ_EXPLORE),
    Route("GET", ORGANIZATION + "trace-logs/", traces.list_logs, READ_EXPLORE),
]


def create_app(store: Store, tell: Tell = tell_nobody) -> Starlette:
    """Ingest and Web API over a store; works with and without a lifespan. What happens to issues is told."""
    paths = dict.fromkeys(route.path for route in ROUTES)
    served = [routing.Route(path, _answering(path), methods=_METHODS) for path in paths]
    taken_in = [
        routing.Route(f"/api/{{project:int}}/{kind}/", ingest.receive, methods=["POST", "OPTIONS"])
        for kind in ("envelope", "store")
    ]
    page = "/organizations/{organization}/issues/{issue}/"
    pages = [routing.Route(path, show_issue, methods=["GET"]) for path in (page, page + "events/{event}/")]
    app = Starlette(routes=[*taken_in, *served, *pages], exception_handlers={404: _no_route})
    app.router.redirect_slashes = False
    app.state.store = store
    app.state.tell = tell
    app.add_middleware(_SegmentsAsSent)
    return app


_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


class _Json(Response):
    """Written by pydantic's writer, which takes a quarter of the time of Python's: nothing else is served meanwhile.
    What is deeper than it writes, as a trace may be, Python's writes."""

    media_type = "application/json"

    def render(self, content: Json) -> bytes:
        try:
            return to_json(content, inf_nan_mode="null")
        except PydanticSerializationError:
            return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


class _SegmentsAsSent:
    """Routes by the path as it was sent, so that an encoded `/` in a release's version stays inside its
    segment."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("raw_path"):
            scope = {**scope, "path": scope["raw_path"].decode("latin-1").split("?", 1)[0]}
        await self.app(scope, receive, send)


def _answering(path: str) -> Callable[[Request], Awaitable[Response]]:
    methods = {route.method: route for route in ROUTES if route.path == path}

    async def answer(request: Request) -> Response:
        try:
            body = await _body(request)
            found = await anyio.to_thread.run_sync(_respond, request, methods, body)
        except ApiError as refused:
            return _Json(refused.body, refused.status)
        if found.status == 204:
            return Response(status_code=204, headers=found.headers)
        return _Json(found.body, found.status, found.headers)

    return answer


def _respond(request: Request, methods: dict[str, Route], raw: bytes) -> ApiResponse:
    store: Store = request.app.state.store
    caller = authenticate(store, request.headers)
    route = methods.get("GET" if request.method == "HEAD" else request.method)
    if route is None:
        raise ApiError(405, {"detail": f'Method "{request.method}" not allowed.'})
    require(caller, route.scopes)
    call = ApiRequest(
        store=store,
        caller=caller,
        path={name: unquote(value) for name, value in request.path_params.items()},
        query=request.query_params,
        body=_json(raw),
        base_url=str(request.base_url).rstrip("/"),
        url_path=request.scope["path"],
        tell=request.app.state.tell,
    )
    return route.endpoint(call)


async def _body(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_BODY:
            raise ApiError(413, {"detail": "Request entity too large"})
        chunks.append(chunk)
    return b"".join(chunks)


def _json(raw: bytes) -> Json:
    if not raw.strip():
        return None
    try:
        body = parse(raw)
        json.dumps(body, ensure_ascii=False).encode()  # lone surrogates are no text that could be kept
    except ValueError as error:
        raise bad_request(f"JSON parse error - {str(error)[:200]}") from None
    return body


async def _no_route(request: Request, exception: Exception) -> Response:
    """A route that is not there is no object that is not there: no JSON `detail`."""
    return HTMLResponse("<!doctype html><title>Page not found</title><h1>Page not found</h1>", 404)
