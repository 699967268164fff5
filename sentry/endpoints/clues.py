"""What else Sentry knows about an issue: how its events spread over tags, and which commits it suspects."""

from sentry.endpoints.issues import IssueCalls
from sentry.models import Commit, TagValues, as_list, as_object
from sentry.models.pages import Page
from sentry.references import slug
from sentry.transport.answers import one, rows
from sentry.transport.cache import Kind
from sentry.transport.deadlines import within_deadline


class ClueCalls(IssueCalls):
    @within_deadline
    async def get_tags(self, issue: str) -> list[TagValues]:
        """All tags of an issue with their most frequent values. Sentry's own UI reads this route."""
        reference = self._reference(issue)
        wanted = f"The tags of issue {reference.id}"
        organization = await self._organization(reference.organization)

        async def today() -> Page[TagValues]:
            path = ("organizations", organization, "issues", reference.id, "tags")
            return self._page(TagValues, await self._get(*path, wanted=wanted, kind=Kind.ISSUE))

        async def by_number() -> Page[TagValues]:
            path = ("issues", await self._number(reference, organization), "tags")
            return self._page(TagValues, await self._get(*path, wanted=wanted, kind=Kind.ISSUE))

        return (await self._routes.first("read the tags of an issue", today, by_number)).items

    @within_deadline
    async def get_suspect_commits(self, project: str, event: str) -> list[Commit]:
        """Commits that touched the code of an event's frames, by Sentry's judgement, each with its author.
        https://docs.sentry.io/product/issues/suspect-commits/"""
        owner = await self._organization()

        async def today() -> list[Commit]:
            reply = await self._get(
                *("projects", owner, slug(project, "a project"), "events", event, "committers"),
                wanted=f"The suspect commits of event {event}",
                kind=Kind.ISSUE,
            )
            committers = rows(as_list(one(reply.body, self.connection.host).get("committers")) or [], "")
            return [
                Commit.model_validate({"author": as_object(committer.get("author")), **commit})
                for committer in committers
                for commit in rows(as_list(committer.get("commits")) or [], "")
            ]

        return await self._routes.first("name suspect commits", today)
