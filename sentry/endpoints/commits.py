"""Commits that Sentry suspects of an event."""

from dataclasses import dataclass

from sentry.dialects import Route
from sentry.endpoints.caller import Caller
from sentry.identifiers import slug
from sentry.models import Commit
from sentry.transport.answers import Reply, one
from sentry.transport.cache import Lifetime
from sentry.values import as_list, as_object, objects


@dataclass(frozen=True)
class Commits:
    caller: Caller

    async def get_suspect_commits(self, project: str, event: str, *, issue: str | None = None) -> list[Commit]:
        """Commits that touched the code of an event's frames, by Sentry's judgement, each with its author.
        The issue says in which organization. https://docs.sentry.io/product/issues/suspect-commits/"""
        named = (await self.caller.reference(issue)).organization if issue else None
        owner = await self.caller.organization(named)
        path = ("projects", owner, slug(project, "a project"), "events", event, "committers")

        async def get() -> list[Commit]:
            wanted = f"The suspect commits of event {event}"
            return await self.caller.get(*path, wanted=wanted, lifetime=Lifetime.ISSUE, read=_commits)

        return await self.caller.first("name suspect commits", {Route.ORGANIZATION: get})


def _commits(reply: Reply) -> list[Commit]:
    return [
        Commit.model_validate({"author": as_object(committer.get("author")), **commit})
        for committer in objects(as_list(one(reply).get("committers")))
        for commit in objects(committer.get("commits"))
    ]
