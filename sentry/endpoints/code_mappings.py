"""Code mappings: which file of which repository the path of a call stands for."""

import time
from collections.abc import Callable
from weakref import WeakValueDictionary

import anyio

from sentry.dialects import Dialect, routes_of
from sentry.endpoints.caller import Caller
from sentry.errors import ForbiddenError, InvalidRequestError, NotFoundError, SentryError, UnsupportedError
from sentry.identifiers import NUMERIC
from sentry.models import CodeMapping
from sentry.transport.answers import PAGE, PageOf, RouteMissingError
from sentry.transport.cache import Lifetime
from sentry.transport.deadlines import BRIEF

ASK_AGAIN = 3600.0
"""Seconds for which a project has no mappings that Sentry does not give."""
TRY_AGAIN = 60.0
"""Seconds for which it has none where Sentry just fails, or is slow."""
NOT_GIVEN = (ForbiddenError, InvalidRequestError, NotFoundError, RouteMissingError, UnsupportedError)

Key = tuple[str | None, str]
"""The organization as it was named, and the number of one of its projects."""


class CodeMappings:
    def __init__(self, caller: Caller, clock: Callable[[], float] = time.monotonic) -> None:
        self._caller = caller
        self._clock = clock
        self._none_until: dict[Key, float] = {}
        self._asking = WeakValueDictionary[Key, anyio.Lock]()

    async def get_code_mappings(self, project: str | None, organization: str | None = None) -> list[CodeMapping]:
        """Those of a project, which is named by its number, kept for an hour. Where they cannot be read, such as by a
        token that may not, there are none for an hour, or a minute where Sentry fails: what is told without them is
        still worth telling, so that this raises no SentryError. Sentry's own pages read this route."""
        kind = self._caller.dialect or Dialect.TODAY
        if not (project and NUMERIC.fullmatch(project) and routes_of(kind, "read code mappings")):
            return []
        key = organization, project
        lock = self._asking.setdefault(key, anyio.Lock())
        async with lock:  # the others wait: who comes when it has just failed is not to ask again
            if self._clock() < self._none_until.get(key, 0.0):
                return []
            with anyio.move_on_after(BRIEF):
                return await self._read(key)
            self._remember_none(key, TRY_AGAIN)
            return []

    async def _read(self, key: Key) -> list[CodeMapping]:
        organization, project = key
        try:
            owner = await self._caller.organization(organization)
            page = await self._caller.get(
                *("organizations", owner, "code-mappings"),
                params=[("project", project), ("per_page", str(PAGE))],
                wanted=f"The list of code mappings of project {project}",
                lifetime=Lifetime.CODE,
                read=PageOf(CodeMapping, PAGE),
            )
        except SentryError as error:
            self._remember_none(key, ASK_AGAIN if isinstance(error, NOT_GIVEN) else TRY_AGAIN)
            return []
        return [mapping for mapping in page.items if mapping.project_id in (None, project)]

    def _remember_none(self, key: Key, seconds: float) -> None:
        now = self._clock()
        self._none_until = {other: until for other, until in self._none_until.items() if now < until}
        self._none_until[key] = now + seconds
