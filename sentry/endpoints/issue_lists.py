"""Lists of issues: of an organization or a project, by the route and in the words of its kind of server."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sentry.dialects import OLD, SEARCH_OF_GLITCHTIP, SEARCH_OF_SENTRY_9, SEARCHES, Route, Search
from sentry.endpoints.caller import Caller
from sentry.endpoints.issue_query import IssueQuery
from sentry.endpoints.merged_lists import merged_projects
from sentry.endpoints.projects import Projects
from sentry.endpoints.routes import Ask
from sentry.errors import ForbiddenError, InvalidRequestError, NotFoundError, UnavailableError, UnsupportedError
from sentry.models import Issue
from sentry.models.pages import Page
from sentry.paths import quoted
from sentry.search import not_searched
from sentry.transport.answers import PAGE, PageOf, missing_instead
from sentry.transport.cache import Lifetime

COUNTED_IN_ALL = "Events and users of each issue are counted in all: this Sentry does not count them in"
COUNTED_APART = (
    "Events of each issue are counted in the environment, at any time; its users in all: Sentry 9 counts so."
)


@dataclass(frozen=True)
class IssueLists:
    caller: Caller
    projects: Projects

    async def list_issues(
        self,
        *,
        organization: str | None = None,
        project: str | None = None,
        projects: Sequence[str] | None = None,
        query: str = "is:unresolved",
        environment: str | None = None,
        period: str | None = None,
        sort: str | None = None,
        limit: int = 25,
        cursor: str | None = None,
    ) -> Page[Issue]:
        """Of a project, of several slugs of one organization, or of all of them. Of several those that are not there
        are left out. https://docs.sentry.io/api/events/list-an-organizations-issues/"""
        owner, project = await self.caller.scope(project, organization)
        asked = IssueQuery((project,) if project else (), query, environment, period, sort, limit, cursor)
        if project or projects is None:
            try:
                return await self._list(owner, asked)
            except (ForbiddenError, NotFoundError) as error:
                raise await self.projects.unless_missing(project, owner, error) from error
        return await self.projects.of_those_there(
            projects, owner, lambda there: self._list(owner, replace(asked, projects=there))
        )

    async def _list(self, owner: str, asked: IssueQuery) -> Page[Issue]:
        project = asked.projects[0] if len(asked.projects) == 1 else None

        async def of_organization() -> Page[Issue]:
            return await in_todays_words(asked)

        async def by_project_number() -> Page[Issue]:
            """Sentry before 2026 takes numbers of projects only."""
            return await in_todays_words(await by_number(asked))

        async def by_number(query: IssueQuery) -> IssueQuery:
            numbers = [(await self.projects.find_project(name, owner)).id for name in query.projects]
            return replace(query, projects=tuple(numbers))

        async def in_todays_words(asked_today: IssueQuery) -> Page[Issue]:
            in_old_words = asked_today.in_old_words()
            try:
                page = await self.page(asked_today, "organizations", owner)
            except InvalidRequestError:
                if in_old_words is asked_today or await self.caller.identify() not in OLD:
                    raise
                page = Page[Issue]([])
            if not page.items and _is_read_otherwise(asked):
                await self.caller.identify()
            # GlitchTip takes what it does not know, and does nothing about it.
            if self._is_glitchtip() and _is_read_otherwise(asked):
                return await of_glitchtip()
            is_misread = not page.items and in_old_words is not asked_today and self.caller.dialect in OLD
            return await self.page(in_old_words, "organizations", owner) if is_misread else page

        async def of_glitchtip() -> Page[Issue]:
            if lacking := asked.what_glitchtip_lacks():
                raise UnsupportedError(f"GlitchTip cannot list with {lacking}. Leave that out.")
            scope = ("projects", owner, project) if project else ("organizations", owner)
            in_its_words = asked.for_glitchtip()
            page = await self.page(in_its_words if project else await by_number(in_its_words), *scope)
            if project and not page.items:
                await self.projects.must_be_there(project, owner)  # of one that is not its list is empty
            uncounted = asked.period or asked.environment
            note = f"{COUNTED_IN_ALL} {uncounted}." if uncounted else None
            return _explained(_noted(asked.within_period(page), note), asked, SEARCH_OF_GLITCHTIP)

        async def of_each_project() -> Page[Issue]:
            if lacking := asked.what_sentry_9_lacks():
                raise UnsupportedError(
                    f"This Sentry lists issues only project by project, as Sentry 9 does, and cannot list with "
                    f"{lacking}. Leave that out."
                )
            page = await merged_projects(
                asked.for_sentry_9(),
                [*asked.projects] or await self.projects.slugs(owner),
                lambda of, one_page: self.page(one_page, "projects", owner, of),
            )
            note = f"{COUNTED_IN_ALL} {asked.period}." if asked.period else None
            return _explained(_noted(page, COUNTED_APART if asked.environment else note), asked, SEARCH_OF_SENTRY_9)

        routes: dict[Route, Ask[Page[Issue]]] = {
            Route.ORGANIZATION: of_organization,
            Route.PROJECT_NUMBER: by_project_number,
            Route.GLITCHTIP: of_glitchtip,
            Route.EACH_PROJECT: of_each_project,
        }
        return await self.caller.first(f"list issues{' of a project' * bool(asked.projects)}", routes)

    def _is_glitchtip(self) -> bool:
        return self.caller.dialect is not None and self.caller.dialect.is_glitchtip

    async def page(self, asked: IssueQuery, *scope: str) -> Page[Issue]:
        """One page of the list of an organization, or of one of its projects, as `scope` begins their path."""
        in_project = scope[0] == "projects"
        try:
            page = await self.caller.get(
                *scope,
                "issues",
                params=asked.parameters(with_projects=not in_project),
                wanted=f"The list of issues of {scope[-1]}",
                lifetime=Lifetime.ISSUE,
                read=PageOf(Issue, PAGE),
            )
        except UnavailableError as error:
            # Sentry 9's answer on an organization's list; today's has the same words for a real failure.
            # GlitchTip's, on a quotation mark that is none of its own.
            is_quoted = error.status_code == 500 and not {*asked.query}.isdisjoint("'\"\\")
            if (error.sentry == "Internal Error" or is_quoted) and not in_project:
                raise missing_instead(error) from error
            raise
        except InvalidRequestError as error:
            if _is_of_another_dialect(error, asked):
                raise missing_instead(error) from error
            raise
        self.caller.learn(scope[1], page.items)
        return page


def _is_read_otherwise(asked: IssueQuery) -> bool:
    """Whether another kind of server may take this for something else, in silence."""
    in_other_words = asked.in_old_words() is not asked
    is_known = not any(not_searched(asked.query, search) for search in SEARCHES)
    return bool(asked.period or asked.sort or in_other_words or not is_known)


def _noted(page: Page[Issue], note: str | None) -> Page[Issue]:
    """With a word where the counts of rows are not of the period, or the environment, that was asked for."""
    return replace(page, notes=(*page.notes, note)) if note and page.items else page


def _explained(page: Page[Issue], asked: IssueQuery, search: Search) -> Page[Issue]:
    """An empty page, with the terms that this server does not know."""
    unknown = () if page.items else not_searched(asked.query, search)
    if not unknown:
        return page
    return replace(
        page,
        notes=(
            f"{search.kind.value} does not search by {', '.join(map(quoted, unknown))}, and finds nothing with that. "
            f"It knows {search.knows}.",
        ),
    )


def _is_of_another_dialect(error: InvalidRequestError, asked: IssueQuery) -> bool:
    """A parameter that this server has under another name, or a list that it does not have at all (Sentry 9 with
    its usual feature flags): a reason to ask otherwise, not to give up."""
    said = (error.sentry or "").lower()
    return bool(
        (asked.projects and "project" in said) or (asked.sort and "sort" in said) or "multi project stream" in said
    )
