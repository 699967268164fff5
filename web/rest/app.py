"""REST as an ASGI app: a request is a route's call, its answer that of the one door, as JSON."""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sentry.errors import SentryError
from sentry.values import as_list
from service.answers import Answers
from service.calls import note_route
from service.cleaning import Clean, cleaned
from service.current import FindClient, current_caller
from settings import Settings
from web.rest.access import admit, is_there, offered
from web.rest.arguments import checked, in_body, in_query
from web.rest.bodies import body_of
from web.rest.catalogue import Route
from web.rest.failures import RefusedError, told
from web.rest.pages import PAGES
from web.rest.responses import HEADERS, responded
from web.rest.routing import find, path_of, sent_path
from web.rest.waiting import while_there

if TYPE_CHECKING:
    from views.reader import Answer

WHOLE_PAGE = 50_000
"""Tokens for a page of a list: rows that give way to a budget would be missing for whoever follows its links."""
Answering = Callable[[FindClient], AbstractContextManager[None]]
HOST = re.compile(r"[A-Za-z0-9.:_\[\]-]+")


class Rest:
    """Answers whatever no other route of the server does, and so tells of paths that are none, too."""

    find_client: FindClient | None = None
    """Set for as long as anything is served."""

    def __init__(
        self, answers: Answers, answering: Answering, settings: Settings, make_clean: Callable[[], Clean]
    ) -> None:
        """`make_clean` is called for the first failure: one may repeat what was asked for, be it a token in the wrong
        place."""
        self._answers = answers
        self._answering = answering
        self._settings = settings
        self._switches = settings.switches
        self._make_clean = make_clean

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        assert self.find_client is not None
        try:
            with self._answering(self.find_client):
                response = await self._answer(request)
        except RefusedError as error:
            response = responded(error.status, cleaned(error.body, self._make_clean()), error.headers)
        except ClientDisconnect:  # whose body will not come: nobody hears
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            path = sent_path(request.scope)
            found = find(path)
        except UnicodeDecodeError:
            raise RefusedError(400, "invalid_request", "The path is not percent-encoded UTF-8.") from None
        page = PAGES.get(path)
        routes = [route for route in found.routes if is_there(route, self._switches)] if found else []
        methods = ["GET"] if page else [route.method for route in routes]
        if not methods:
            raise RefusedError(
                404, "not_found", "There is no such path here. /openapi.json lists those that there are."
            )
        there = offered(self._switches)
        listed = methods if found is None else [route.method for route in routes if route in there]
        allowed = {"Allow": ", ".join([*listed, *(["HEAD"] if "GET" in listed else []), "OPTIONS"])}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={**HEADERS, **allowed})
        method = "GET" if request.method == "HEAD" else request.method
        if method not in methods:
            raise RefusedError(405, "method_not_allowed", f"This path takes {allowed['Allow']}.", headers=allowed)
        if page:
            return page(self._settings)
        assert found is not None
        route = next(route for route in routes if route.method == method)
        request.scope["route"] = route  # as Starlette's own routes do: a span is named by it
        note_route(f"{request.method} {route.path}")
        admit(route, current_caller(), self._switches)
        return await self._call(route, found.variables, request)

    async def _call(self, route: Route, variables: dict[str, str], request: Request) -> Response:
        body = await self._body(request) if route.changes else b""
        try:
            query = in_query(route, request.scope["query_string"])
            beside = in_body(body) if route.changes else query
            if route.changes and query:
                raise RefusedError(
                    400, "invalid_request", "What is to be changed stands in the body, not in the query."
                )
            given = checked(route, variables, beside)
            asked = None if route.changes else (route.path, json.dumps(given, sort_keys=True))

            async def answering() -> "Answer":
                return await self._answers.answer(
                    asked, lambda: route.call(**given), budget(route, given), wanted="json"
                )

            answer = await (while_there(request.receive, answering) if route.waits else answering())
        except SentryError as error:
            failed = told(error, self._answers.failure(error).data)
            return responded(failed.status, cleaned(failed.body, self._make_clean()), failed.headers)
        links = self._links(route, variables, beside, answer.data, request)
        return responded(200, answer.data, links)

    async def _body(self, request: Request) -> bytes:
        """The request's JSON."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise RefusedError(
                415, "unsupported_media_type", "Send JSON, with the header Content-Type: application/json."
            )
        return await body_of(request)

    def _links(
        self,
        route: Route,
        variables: dict[str, str],
        given: Mapping[str, Any],
        data: Mapping[str, Any],
        request: Request,
    ) -> dict[str, str]:
        """To the page that follows (RFC 8288), as Sentry tells it, with the cursor by itself."""
        cursor = data.get("next_cursor")
        if not cursor:
            return {}
        base = self._settings.public_url or _base_of(request)
        query = {name: ",".join(items) if (items := as_list(value)) else value for name, value in given.items()}
        url = f"{base.rstrip('/')}{path_of(route, variables)}?{urlencode({**query, 'cursor': cursor})}"
        return {"Link": f'<{url}>; rel="next"; results="true"; cursor="{cursor}"'}


def _base_of(request: Request) -> str:
    """Where the client found this; a link without it is of the same server."""
    host = request.headers.get("host", "")
    known = f"{request.url.scheme}://{host}" if HOST.fullmatch(host) else ""
    return f"{known}{request.scope.get('root_path', '')}"


def budget(route: Route, given: Mapping[str, Any]) -> int | None:
    """Tokens of an answer; None for the setting's."""
    return WHOLE_PAGE if route.is_paged else given.get("max_tokens")
