"""Lists of issues: of an organization or a project, by the route and in the words of its kind of server."""

from dataclasses import dataclass, replace

from sentry.dialects import Route
from sentry.endpoints.caller import Caller
from sentry.endpoints.issue_query import IssueQuery
from sentry.endpoints.merged_lists import merged_projects
from sentry.endpoints.projects import Projects
from sentry.endpoints.routes import Ask
from sentry.errors import InvalidRequestError, SentryError, UnavailableError, UnsupportedError
from sentry.models import Issue
from sentry.models.pages import Page
from sentry.references import slug
from sentry.transport.answers import PageOf, RouteMissingError
from sentry.transport.cache import Lifetime


@dataclass(frozen=True)
class IssueLists:
    caller: Caller
    projects: Projects

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
        owner = await self.caller.organization(organization)

        async def of_organization() -> Page[Issue]:
            return await self.page(asked, "organizations", owner)

        async def by_project_number() -> Page[Issue]:
            """Sentry before 2026 takes numbers of projects only."""
            found = await self.projects.get_project(project or "", owner)
            return await self.page(replace(asked, project=found.id), "organizations", owner)

        async def of_glitchtip() -> Page[Issue]:
            scope = ("projects", owner, project) if project else ("organizations", owner)
            return await self.page(asked.for_glitchtip(), *scope)

        async def of_each_project() -> Page[Issue]:
            if lacking := asked.what_sentry_9_lacks():
                raise UnsupportedError(
                    f"This Sentry lists issues only project by project, as Sentry 9 does, and cannot list with "
                    f"{lacking}. Leave that out."
                )
            return await merged_projects(
                asked.for_sentry_9(),
                [project] if project else await self.projects.slugs(owner),
                lambda of, one_page: self.page(one_page, "projects", owner, of),
            )

        routes: dict[Route, Ask[Page[Issue]]] = {
            Route.ORGANIZATION: of_organization,
            Route.PROJECT_NUMBER: by_project_number,
            Route.GLITCHTIP: of_glitchtip,
            Route.EACH_PROJECT: of_each_project,
        }
        return await self.caller.first(f"list issues{' of a project' * bool(project)}", routes)

    async def page(self, asked: IssueQuery, *scope: str) -> Page[Issue]:
        """One page of the list of an organization, or of one of its projects, as `scope` begins their path."""
        in_project = scope[0] == "projects"
        try:
            page = await self.caller.get(
                *scope,
                "issues",
                params=asked.parameters(with_project=not in_project),
                wanted=f"The list of issues of {scope[-1]}",
                lifetime=Lifetime.ISSUE,
                read=PageOf(Issue),
            )
        except UnavailableError as error:
            # Sentry 9's answer on an organization's list; today's has the same words for a real failure.
            if error.sentry == "Internal Error" and not in_project:
                raise _missing(error) from error
            raise
        except InvalidRequestError as error:
            if _is_of_another_dialect(error, asked):
                raise _missing(error) from error
            raise
        self.caller.learn(scope[1], page.items)
        return page


def _missing(error: SentryError) -> RouteMissingError:
    missing = RouteMissingError(error.message, status_code=error.status_code, sentry=error.sentry)
    missing.otherwise = error
    return missing


def _is_of_another_dialect(error: InvalidRequestError, asked: IssueQuery) -> bool:
    """A parameter that this server has under another name, or a list that it does not have at all (Sentry 9 with
    its usual feature flags): a reason to ask otherwise, not to give up."""
    said = (error.sentry or "").lower()
    return bool(
        (asked.project and "project" in said) or (asked.sort and "sort" in said) or "multi project stream" in said
    )
