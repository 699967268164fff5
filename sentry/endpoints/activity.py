"""What was done with an issue and said of it, where the issue itself does not bring that along."""

from dataclasses import dataclass

from sentry.dialects import Route
from sentry.endpoints.issues import Issues
from sentry.errors import UnsupportedError
from sentry.models import Activity
from sentry.models.pages import Page
from sentry.transport.answers import PageOf, Reply, one
from sentry.transport.cache import Lifetime
from sentry.values import objects

COMMENTS_ALONE = "This Sentry tells no history of an issue, only its comments."


@dataclass(frozen=True)
class Activities:
    issues: Issues

    async def get_activity(self, issue: str) -> Page[Activity]:
        """The newest entries of an issue's history, 100 at most, by the route that Sentry's pages read; where a kind
        of Sentry has none, the comments alone, and a note that says so."""
        caller = self.issues.caller
        reference = await caller.reference(issue)
        organization = await caller.organization(reference.organization)
        wanted = f"The history of issue {reference.id}"

        async def history() -> Page[Activity]:
            path = ("organizations", organization, "issues", reference.id, "activities")
            return await caller.get(*path, wanted=wanted, lifetime=Lifetime.ISSUE, read=_history)

        async def comments(part: str) -> Page[Activity]:
            path = ("issues", await self.issues.number(reference), part)
            page = await caller.get(*path, wanted=wanted, lifetime=Lifetime.ISSUE, read=PageOf(Activity))
            return Page(page.items, page.next_cursor, notes=(*page.notes, COMMENTS_ALONE))

        try:
            return await caller.first(
                "read the history of an issue",
                {
                    Route.ORGANIZATION: history,
                    Route.NUMBER: lambda: comments("comments"),
                    Route.NOTES: lambda: comments("notes"),
                },
            )
        except UnsupportedError as error:
            error.message += " The issue's page in it may show it: open its link."
            raise


def _history(reply: Reply) -> Page[Activity]:
    return Page([Activity.model_validate(row) for row in objects(one(reply).get("activity"))])
