"""Commits that Sentry suspects of an event."""

from dataclasses import dataclass

from sentry.dialects import Route
from sentry.endpoints.caller import Caller
from sentry.errors import BadResponseError, NotFoundError
from sentry.identifiers import EVENT_ID, is_slug
from sentry.models import Commit
from sentry.transport.answers import Reply, one
from sentry.transport.cache import Lifetime
from sentry.values import as_list, as_object, objects

NOTHING_TO_SUSPECT = ("no commits found for release", "release not found")
"""What Sentry says in place of an empty list."""


@dataclass(frozen=True)
class Commits:
    caller: Caller

    async def get_suspect_commits(self, project: str, event: str, *, issue: str | None = None) -> list[Commit]:
        """Commits that touched the code of an event's frames, by Sentry's judgement, each with its author; none where
        the event has no release, or Sentry knows no commits of it. The issue says in which organization. https://docs.sentry.io/product/issues/suspect-commits/"""
        named = (await self.caller.reference(issue)).organization if issue else None
        owner = await self.caller.organization(named)
        if not (is_slug(project) and EVENT_ID.fullmatch(event)):
            raise BadResponseError(f"{self.caller.connection.host} did not say which event of which project it is.")
        path = ("projects", owner, project, "events", event, "committers")

        async def get() -> list[Commit]:
            wanted = f"The list of suspect commits of event {event}"
            try:
                return await self.caller.get(*path, wanted=wanted, lifetime=Lifetime.ISSUE, read=_commits)
            except NotFoundError as error:
                if (error.sentry or "").lower() in NOTHING_TO_SUSPECT:
                    return []
                raise

        return await self.caller.first("name suspect commits", {Route.ORGANIZATION: get})


def _commits(reply: Reply) -> list[Commit]:
    return [
        Commit.model_validate({"author": as_object(committer.get("author")), **commit})
        for committer in objects(as_list(one(reply).get("committers")))
        for commit in objects(committer.get("commits"))
    ]
