"""Today's Sentry in place of the network: exactly the routes and parameters that its description of the API names.

A request to another host, by another route, with a parameter or a field that the route does not take, or without the
token, is no request of a good client: the test fails. https://docs.sentry.io/api/
"""

import json
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import respx
from standins import todays_answers as answers
from standins import todays_explore as explore
from standins.recorded import TOKEN

from sentry.values import as_object

SENTRY_IO, REGION, SELF_HOSTED = "https://sentry.io", "https://us.sentry.io", "https://sentry.acme.test"
VERSION = quote(answers.VERSION, safe="")
ISSUES, RELEASES, PROJECT = (
    "organizations/acme/issues",
    "organizations/acme/releases",
    f"projects/acme/{answers.PROJECT}",
)
LIMITS = {
    "x-sentry-rate-limit-limit": "40",
    "x-sentry-rate-limit-remaining": "39",
    "x-sentry-rate-limit-reset": "1795640060",
    "x-sentry-rate-limit-concurrentlimit": "25",
    "x-sentry-rate-limit-concurrentremaining": "24",
}
CODE = "code-mappings/?project=4507&per_page=100"
"""What the first question about a project's code asks besides, once an hour."""
SORTS = {"date", "freq", "inbox", "new", "recommended", "trends", "user", "timestamp"}
FIELDS = set(
    "inbox status statusDetails substatus hasSeen isBookmarked isPublic isSubscribed merge discard assignedTo priority"
    " inNextRelease inRelease inCommit ignoreDuration ignoreCount ignoreWindow ignoreUserCount ignoreUserWindow"
    " commit repository text"
    " data".split()  # GlitchTip wants the text of a comment in it
)
"""Of all that is written, at any depth."""
PAGED = "per_page cursor limit"
"""The last is GlitchTip's per_page, which goes along while the server's kind may not be known yet."""
ANY_TRACE = "any_trace"
"""Stands for the ID of one in a route's path."""
_FOUND = {
    "organizationSlug": answers.ORGANIZATION,
    "projectSlug": answers.PROJECT,
    "groupId": answers.ISSUE_ID,
    "eventId": answers.EVENT_ID,
    "event": answers.FOUND_EVENT,
}


@dataclass(frozen=True)
class Route:
    """`takes` are the parameters of the query that the route may be asked with; the answer may be made of them."""

    path: str
    answer: Any
    takes: str = ""
    method: str = "GET"
    status: int = 200


def _routes(region: str) -> list[Route]:
    of_project = "environment project statsPeriod start end"
    return [
        Route("organizations", [answers.organization(region)], "owner cursor query sortBy per_page"),
        Route("organizations/acme", answers.organization(region), "detailed"),
        Route("organizations/acme/projects", [answers.PROJECT_ROW, answers.SPARSE_PROJECT], "cursor per_page query"),
        Route("organizations/acme/eventids/" + answers.EVENT_ID, _FOUND),
        Route(PROJECT, answers.PROJECT_WHOLE),
        Route(f"{PROJECT}/events/{answers.EVENT_ID}", answers.EVENT, "environment"),
        Route(f"{PROJECT}/events/{answers.EVENT_ID}/committers", answers.COMMITTERS),
        Route(
            "organizations/acme/code-mappings",
            [answers.CODE_MAPPING, answers.SPARSE_CODE_MAPPING],
            "integrationId project per_page cursor",
        ),
        Route(
            ISSUES,
            [answers.ISSUE_ROW, answers.SPARSE_ISSUE_ROW],
            f"{of_project} groupStatsPeriod shortIdLookup query viewId sort limit expand collapse cursor",
        ),
        *_of_issue(answers.ISSUE_ID, answers.ISSUE_WHOLE, answers.EVENT),
        *_of_issue(answers.SHORT_ID, answers.ISSUE_WHOLE, answers.EVENT),
        *_of_issue(answers.SPARSE_ID, answers.SPARSE_ISSUE, answers.SPARSE_EVENT),
        Route(RELEASES, [answers.RELEASE, answers.SPARSE_RELEASE], f"project environment query {PAGED}"),
        Route(
            f"{RELEASES}/{VERSION}",
            answers.RELEASE,
            "project_id project health adoptionStages summaryStatsPeriod healthStatsPeriod sort status query",
        ),
        Route(f"{RELEASES}/{VERSION}/commits", [answers.COMMIT, answers.SPARSE_COMMIT], "cursor"),
        Route(f"{RELEASES}/{VERSION}/deploys", answers.DEPLOYS, "cursor"),
        # Sentry's own pages give the moment and the projects besides.
        Route(
            f"organizations/acme/trace/{answers.TRACE_ID}",
            answers.TRACE,
            "statsPeriod start end referrer errorId additional_attributes include_uptime timestamp project",
        ),
        Route(
            f"organizations/acme/trace-meta/{ANY_TRACE}",
            answers.TRACE_META,
            "statsPeriod start end include_uptime timestamp project",
        ),
        *_of_explore(of_project),
    ]


def _rows(request: httpx.Request) -> Any:
    """Of a trace its logs; else what Explore finds."""
    is_of_trace = request.url.params.get("query") == f"trace:{answers.TRACE_ID}"
    return answers.LOGS_OF_TRACE if is_of_trace else explore.rows(request)


def _of_explore(of_project: str) -> list[Route]:
    of = "organizations/acme"
    attributes = f"{of_project} dataset itemType attributeType substringMatch query cursor"
    return [
        Route(f"{of}/events", _rows, f"{of_project} dataset field query sort per_page cursor"),
        Route(
            f"{of}/events-timeseries",
            explore.series,
            f"{of_project} dataset yAxis query interval topEvents groupBy sort excludeOther",
        ),
        Route(f"{of}/trace-items/attributes", explore.ATTRIBUTES, attributes),
        Route(f"{of}/tags", explore.TAGS, f"{of_project} dataset use_cache"),
        Route(
            f"{of}/stats_v2",
            explore.outcomes(accepted=1234, filtered=9),
            f"{of_project} groupBy field interval category",
        ),
    ]


def _of_issue(name: str, whole: answers.Row, event: answers.Row) -> list[Route]:
    issue = f"{ISSUES}/{name}"
    return [
        Route(issue, whole, "environment expand collapse"),
        Route(issue, answers.ISSUE_CHANGED, method="PUT"),
        Route(
            f"{issue}/events",
            [answers.EVENT_ROW, answers.SPARSE_EVENT_ROW],
            f"start end statsPeriod environment full sample query {PAGED}",
        ),
        *(
            Route(f"{issue}/events/{of}", event, "environment llmFormat")
            for of in ("latest", "oldest", "recommended", answers.EVENT_ID)
        ),
        Route(f"{issue}/tags/environment", answers.TAG_VALUES, "environment"),
        Route(f"{issue}/tags/plan", answers.SPARSE_TAG, "environment"),
        Route(f"{issue}/tags/level", answers.LEVELS, "environment"),
        # Sentry's own pages ask these, committers and code mappings; its description of the API leaves them out.
        Route(f"{issue}/suspect/flags", answers.SUSPECT_FLAGS, "environment statsPeriod start end"),
        Route(
            f"{issue}/tags",
            [answers.TAG_VALUES, answers.SPARSE_TAG, answers.LEVELS],
            "environment key limit statsPeriod start end",
        ),
        Route(f"{issue}/activities", {"activity": whole["activity"]}),
        Route(f"{issue}/comments", answers.COMMENT_POSTED, method="POST", status=201),
    ]


@dataclass
class Today:
    """A Sentry at `url`, whose organization acme lives at `region`."""

    url: str
    requests: list[httpx.Request] = field(default_factory=list[httpx.Request])
    _instead: dict[str, httpx.Response] = field(default_factory=dict[str, httpx.Response])

    @property
    def region(self) -> str:
        return REGION if self.url == SENTRY_IO else self.url

    @property
    def log(self) -> list[str]:
        """`GET https://us.sentry.io/organizations/acme/issues/?limit=25`, one for each request, in their order."""
        return [f"{request.method} {str(request.url).replace('/api/0', '')}" for request in self.requests]

    @property
    def asked(self) -> list[str]:
        """What was asked of the organization, whatever its host and in whatever order: `GET issues/5/`."""
        of = {f"{self.region}/organizations/acme/": "", f"{self.region}/projects/": "projects/"}
        lines = [line for line in self.log if not line.endswith("/organizations/acme/")]
        for prefix, short in of.items():
            lines = [line.replace(prefix, short) for line in lines]
        return sorted(lines)

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The bodies of the writes."""
        return [json.loads(request.content) for request in self.requests if request.method != "GET"]

    def answers(self, method: str, path: str, status: int, body: Any, **headers: str) -> None:
        """From now on; `retry_after="1"` is the header `Retry-After: 1`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._instead[f"{method} /api/0/{path}/"] = httpx.Response(status, json=body, headers={**LIMITS, **named})

    def handler(self, route: Route) -> Callable[[httpx.Request], httpx.Response]:
        def handle(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            assert request.headers["Authorization"] == f"Bearer {TOKEN}"
            unknown = set(request.url.params) - set(route.takes.split())
            unknown |= _fields(json.loads(request.content or "{}")) - FIELDS
            assert not unknown, f"Today's Sentry does not take {unknown} at {request.method} {route.path}"
            assert route.path != ISSUES or request.url.params.get("sort", "date") in SORTS
            other = self._instead.get(f"{request.method} /api/0/{route.path}/")
            answer = route.answer(request) if callable(route.answer) else route.answer
            return other or httpx.Response(route.status, json=answer, headers=LIMITS)

        return handle


@contextmanager
def todays_sentry(url: str) -> Generator[Today]:
    """sentry.io, or a Sentry of one's own."""
    with respx.mock(assert_all_called=False) as router:
        today = Today(url)
        for route in _routes(today.region):
            base = url if route.path in ("organizations", "organizations/acme") else today.region
            path = re.escape(f"{base}/api/0/{route.path}/").replace(ANY_TRACE, "[0-9a-f]{32}")
            whole = re.compile(rf"{path}(\?.*)?")
            router.route(method=route.method, url__regex=rf"^{whole.pattern}$").mock(side_effect=today.handler(route))
        yield today


def _fields(body: Any) -> set[str]:
    return {name for key, value in (as_object(body) or {}).items() for name in (key, *_fields(value))}


def link(*, more: bool) -> str:
    """The `Link` header of a list: both relations are always there."""
    cursors = {"previous": ("1795640000000:0:1", False), "next": (answers.CURSOR, more)}
    return ", ".join(
        f'<{REGION}/?&cursor={cursor}>; rel="{relation}"; results="{str(results).lower()}"; cursor="{cursor}"'
        for relation, (cursor, results) in cursors.items()
    )
