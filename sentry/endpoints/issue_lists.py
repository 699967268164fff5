"""Lists of issues: of an organization or a project, over the routes and in the dialect its server has."""

from dataclasses import replace

from sentry.endpoints.calls import Calls
from sentry.endpoints.listing import IssueQuery
from sentry.endpoints.merging import merged_projects
from sentry.endpoints.routes import Route
from sentry.errors import InvalidRequestError, SentryError, UnavailableError, UnsupportedError
from sentry.models import Issue, Project
from sentry.models.pages import Page
from sentry.references import slug
from sentry.transport.answers import RouteMissingError, rows
from sentry.transport.cache import Kind
from sentry.transport.deadlines import within_deadline


class IssueListCalls(Calls):
    @within_deadline
    async def list_issues(
        self,
        *,
        organization: str | None = None,
        project: str | None = None,
        query: str = "is:unresolved",
        environment: str | None = None,
        period: str | None = None,
        sort: str | None = None,
        limit: int = 25,
        cursor: str | None = None,
    ) -> Page[Issue]:
        """https://docs.sentry.io/api/events/list-an-organizations-issues/"""
        project = slug(project, "a project") if project else None
        asked = IssueQuery(project, query, environment, period, sort, limit, cursor)
        owner = await self._organization(organization)

        failed: list[RouteMissingError] = []  # what it said tells which of the older kinds it is

        async def of_organization(asked: IssueQuery) -> Page[Issue]:
            try:
                return await self._list(asked, "organizations", owner)
            except RouteMissingError as error:
                failed.append(error)
                raise

        async def today() -> Page[Issue]:
            return await of_organization(asked)

        async def by_project_number() -> Page[Issue]:
            """Sentry before 2026 takes numbers of projects only."""
            if failed and failed[-1].is_doubtful:
                raise failed[-1]
            found = await self._project(owner, project or "")
            return await of_organization(replace(asked, project=found.id))

        async def glitchtip() -> Page[Issue]:
            if failed and failed[-1].is_doubtful:
                raise failed[-1]
            scope = ("projects", owner, project) if project else ("organizations", owner)
            return await self._list(asked.for_glitchtip(), *scope)

        async def sentry_9() -> Page[Issue]:
            if failed and not failed[-1].is_doubtful:
                raise failed[-1]
            if lacking := asked.what_sentry_9_lacks():
                raise UnsupportedError(
                    "Sentry failed on the organization's list of issues, as Sentry 9 does, and Sentry 9 cannot "
                    f"list with {lacking}. Leave that out.",
                    status_code=500,
                )
            return await merged_projects(
                asked.for_sentry_9(),
                [project] if project else await self._project_slugs(owner),
                lambda of, one_page: self._list(one_page, "projects", owner, of),
            )

        routes: list[Route[Page[Issue]]] = [today]
        if project:
            routes.append(by_project_number)
        if project or sort:  # else it is the same request as today's
            routes.append(glitchtip)
        routes.append(sentry_9)
        # Each manner of listing has its own routes, so its own memory of them.
        operation = f"list issues{' of a project' * bool(project)}{', sorted' * bool(sort)}"
        return await self._routes.first(operation, *routes)

    async def _list(self, asked: IssueQuery, *scope: str) -> Page[Issue]:
        in_project = scope[0] == "projects"
        try:
            reply = await self._get(
                *scope,
                "issues",
                params=asked.parameters(with_project=not in_project),
                wanted=f"The list of issues of {scope[-1]}",
                kind=Kind.ISSUE,
            )
        except UnavailableError as error:
            # Sentry 9's answer on an organization's list; today's has the same words for a real failure.
            if error.sentry == "Internal Error" and not in_project:
                raise _missing(error, is_doubtful=True) from error
            raise
        except InvalidRequestError as error:
            if _is_of_another_dialect(error, asked):
                raise _missing(error) from error
            raise
        page = self._page(Issue, reply)
        self._short_ids.learn(scope[1], page.items)
        return page

    async def _project(self, organization: str, project: str) -> Project:
        reply = await self._get(
            *("projects", organization, project),
            wanted=f"Project {project} of {organization}",
            kind=Kind.PROJECT,
        )
        return self._one(Project, reply)

    async def _project_slugs(self, organization: str) -> list[str]:
        reply = await self._get(
            *("organizations", organization, "projects"),
            wanted=f"The projects of {organization}",
            kind=Kind.PROJECT,
        )
        found = rows(reply.body, self.connection.host)
        return [
            row["slug"]
            for row in found
            if row.get("slug") and isinstance(row["slug"], str) and row.get("hasAccess") is not False
        ]


def _missing(error: SentryError, *, is_doubtful: bool = False) -> RouteMissingError:
    missing = RouteMissingError(error.message, status_code=error.status_code, sentry=error.sentry)
    missing.otherwise, missing.is_doubtful = error, is_doubtful
    return missing


def _is_of_another_dialect(error: InvalidRequestError, asked: IssueQuery) -> bool:
    """A parameter that this server has under another name: a reason to ask otherwise, not to give up."""
    said = (error.sentry or "").lower()
    return bool((asked.project and "project" in said) or (asked.sort and "sort" in said))
