"""What one caller may ask, and how much of it at once; and how large any request may be."""

from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access.callers import ANYBODY, Caller
from service.calls import note_limit
from service.current import current_caller
from settings import Settings
from web.limits.pace import Pace, Turns
from web.limits.places import Places
from web.limits.refusals import (
    Refusal,
    too_large,
    too_many_at_once,
    too_many_calls,
    too_many_others,
    too_many_sessions,
    too_many_streams,
)
from web.limits.requests import SESSION, Asked, Kind, again, asked, declared_size, read_body
from web.limits.sessions import IDLE, Opening, Sessions

if TYPE_CHECKING:
    from web.limits.windows import Windows

OTHERS = 10
"""Requests that are no calls, to one that is: a session begins and ends with eight, most of them lists."""
PATIENCE = 1.0
"""Seconds that a call waits for a place: an agent that makes a few too many at once does not have to know."""
REFUSALS = 20
"""Answers a second that refuse a caller, after the first few. Who comes back at once, against what was said, waits for
the answer: to refuse takes as much of the processor's time as a short call."""
FIRST_REFUSALS = 8
LONGEST_REFUSAL = 10.0
"""Seconds; with that the number of those who wait is bounded, too. Beyond it the connection is closed."""
PASSED_BY = 10
"""Times the size that a request may have: as much of a larger one is taken without being looked at."""


class Limits:
    """ASGI middleware behind Authentication. Whoever is not known, as where no callers are configured, is limited in
    the size of a request and in sessions alone: a person's own agents, on their machine, are in nobody's way."""

    def __init__(
        self, app: ASGIApp, settings: Settings, windows: "Windows | None" = None, patience: float = PATIENCE
    ) -> None:
        """`windows` is there where callers are known; `patience` is how many seconds a call waits for a place."""
        self._app = app
        self._settings = settings
        self._windows = windows
        self._places = {Kind.CALL: Places(patience), Kind.OTHER: Places(patience), Kind.STREAM: Places(0)}
        of_one = settings.limits_sessions_per_caller if windows is not None else settings.limits_sessions
        self._sessions = Sessions(settings.limits_sessions, of_one, IDLE)
        self._turns = Turns()
        self._refusing = Pace(FIRST_REFUSALS, LONGEST_REFUSAL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller, most, declared = current_caller(), self._settings.limits_request_size, declared_size(scope)
        body = await read_body(receive, most) if declared <= most else None
        if body is None:
            # Some clients hear an answer only when they have sent all: what will end soon is let pass by.
            closes = not most < declared <= most * PASSED_BY
            await self._refuse(caller, too_large(most), asked(scope, b""), scope, receive, send, closes=closes)
            return
        request = asked(scope, body)
        receiving = again(body, receive)
        del body  # not kept for as long as it is answered
        if self._windows is None or caller is ANYBODY:
            refusal = await self._in_session(caller, request, scope, receiving, send)
        else:
            refusal = await self._in_place(caller, self._windows, request, scope, receiving, send)
        if refusal is not None:
            del receiving
            await self._refuse(caller, refusal, request, scope, receive, send)

    async def _in_place(
        self, caller: Caller, windows: "Windows", request: Asked, scope: Scope, receive: Receive, send: Send
    ) -> Refusal | None:
        size = self._size(caller, request.kind)
        async with self._places[request.kind].place(caller.name, size) as has_place:
            if not has_place:
                return too_many_streams(size) if request.kind is Kind.STREAM else too_many_at_once(size)
            refusal = await self._over_rate(caller, windows, request.kind)
            if refusal is not None:
                return refusal
            wait = self._turns.wait(caller.name)
            if wait:
                await anyio.sleep(wait)
            try:
                return await self._in_session(caller, request, scope, receive, send)
            finally:
                self._turns.served()

    def _size(self, caller: Caller, kind: Kind) -> int:
        if kind is Kind.STREAM:
            return self._settings.limits_sessions_per_caller
        return caller.calls_at_once or self._settings.limits_calls_at_once

    async def _over_rate(self, caller: Caller, windows: "Windows", kind: Kind) -> Refusal | None:
        calls = caller.calls_per_minute or self._settings.limits_calls_per_minute
        if not calls:
            return None
        if kind is Kind.CALL:
            wait = await windows.take(caller.name, calls)
            return too_many_calls(calls, wait) if wait else None
        others = calls * OTHERS
        wait = await windows.take(f"{caller.name} others", others, shared=False)
        return too_many_others(others, wait) if wait else None

    async def _in_session(
        self, caller: Caller, request: Asked, scope: Scope, receive: Receive, send: Send
    ) -> Refusal | None:
        """The request is served, unless it would open a session for which there is no room."""
        sessions, owner, session = self._sessions, caller.name, request.session
        opening: Opening | None = None

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                if request.opens_session and message["status"] < 400:
                    begun = Headers(raw=message["headers"]).get(SESSION)
                    if begun and opening is not None:
                        sessions.opened(owner, opening, begun)
                elif session is not None and (
                    message["status"] == 404 or (request.ends_session and message["status"] < 300)
                ):
                    sessions.ended(owner, session)
            await send(message)

        if request.opens_session:
            with sessions.opening(owner) as opening:
                if opening.wait:
                    return too_many_sessions(opening.wait)
                await self._app(scope, receive, sending)
        elif session is not None:
            with sessions.using(owner, session):
                await self._app(scope, receive, sending)
        else:
            await self._app(scope, receive, send)
        return None

    async def _refuse(
        self,
        caller: Caller,
        refusal: Refusal,
        request: Asked,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        closes: bool = False,
    ) -> None:
        note_limit(refusal.limit)
        held = self._refusing.wait(caller.name, 1 / REFUSALS)
        if held:
            await anyio.sleep(held)
            if refusal.wait is not None:
                refusal = replace(refusal, wait=refusal.wait - held)
        response = refusal.response(is_mcp=request.is_mcp, request_id=request.request_id, closes=closes or held is None)
        await response(scope, receive, send)
