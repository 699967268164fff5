"""Issues: read, listed, searched, updated and commented on."""

from sentry.answers import Reply, RouteMissingError, one, rows
from sentry.cache import Kind
from sentry.calls import Calls, within_deadline
from sentry.errors import InvalidRequestError, NotFoundError, UnavailableError, UnsupportedError
from sentry.listing import IssueQuery
from sentry.merging import merged_projects
from sentry.models import Issue, TagValues
from sentry.pages import Page
from sentry.protocol import IssueChange
from sentry.references import IssueReference, slug

SEARCHED_PAGES = 10
"""Pages of 100 issues read for a short ID where no lookup exists (GlitchTip)."""


class IssueCalls(Calls):
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

        async def today() -> Page[Issue]:
            return await self._list(asked, "organizations", owner)

        async def glitchtip() -> Page[Issue]:
            if project:
                return await self._list(asked.for_glitchtip(), "projects", owner, project)
            return await self._list(asked.for_glitchtip(), "organizations", owner)

        async def sentry_9() -> Page[Issue]:
            if lacking := asked.what_sentry_9_lacks():
                raise UnsupportedError(f"This old Sentry cannot list issues with {lacking}.")
            return await merged_projects(
                asked.for_sentry_9(),
                [project] if project else await self._project_slugs(owner),
                lambda of, one_page: self._list(one_page, "projects", owner, of),
            )

        return await self._routes.first("list issues", today, glitchtip, sentry_9)

    async def _list(self, asked: IssueQuery, *scope: str) -> Page[Issue]:
        in_project = scope[0] == "projects"
        try:
            reply = await self._get(
                *scope,
                "issues",
                params=asked.parameters(with_project=not in_project),
                wanted=f"The issues of {scope[-1]}",
                kind=Kind.ISSUE,
            )
        except UnavailableError as error:
            # Sentry 9's answer on an organization's list; today's has the same words for a real failure,
            # and then the other routes fail alike.
            if error.sentry == "Internal Error" and not in_project:
                raise RouteMissingError(error.message, status_code=500, sentry=error.sentry) from error
            raise
        except InvalidRequestError as error:
            if _is_of_another_dialect(error, asked):
                raise RouteMissingError(
                    error.message, status_code=error.status_code, sentry=error.sentry
                ) from error
            raise
        return self._page(Issue, reply)

    async def _project_slugs(self, organization: str) -> list[str]:
        reply = await self._get(
            "organizations",
            organization,
            "projects",
            wanted=f"The projects of {organization}",
            kind=Kind.PROJECT,
        )
        return [str(row["slug"]) for row in rows(reply.body, self.connection.host) if row.get("slug")]

    @within_deadline
    async def get_issue(self, issue: str, *, fresh: bool = False) -> Issue:
        """https://docs.sentry.io/api/events/retrieve-an-issue/"""
        return self._one(Issue, await self._issue_reply(self._reference(issue), fresh))

    async def _issue_reply(self, reference: IssueReference, fresh: bool = False) -> Reply:
        wanted = f"Issue {reference.id}"
        organization = await self._organization(reference.organization)

        async def today() -> Reply:
            return await self._get(
                *("organizations", organization, "issues", reference.id),
                wanted=wanted,
                kind=Kind.ISSUE,
                fresh=fresh,
            )

        async def by_number() -> Reply:
            number = await self._number(reference, organization)
            return await self._get("issues", number, wanted=wanted, kind=Kind.ISSUE, fresh=fresh)

        return await self._routes.first("read an issue", today, by_number)

    async def _number(self, reference: IssueReference, organization: str) -> str:
        """The numeric ID, which is all that older servers take."""
        if not reference.is_short:
            return reference.id

        async def lookup() -> str:
            """https://docs.sentry.io/api/organizations/resolve-a-short-id/"""
            reply = await self._get(
                "organizations",
                organization,
                "shortids",
                reference.id,
                wanted=f"Issue {reference.id}",
                kind=Kind.PROJECT,
            )
            return str(one(reply.body, self.connection.host).get("groupId") or "")

        async def search() -> str:
            cursor: str | None = None
            for _ in range(SEARCHED_PAGES):
                page = await self._list(
                    IssueQuery(query="", limit=100, cursor=cursor), "organizations", organization
                )
                for row in page.items:
                    if (row.short_id or "").upper() == reference.id and row.id:
                        return row.id
                cursor = page.next_cursor
                if cursor is None:
                    break
            raise NotFoundError(
                f"Issue {reference.id} is not among the newest issues, and this Sentry cannot look up a "
                "short ID. Give the numeric ID, or find the issue with list_issues."
            )

        return await self._routes.first("find an issue by its short ID", lookup, search)

    @within_deadline
    async def update_issue(self, issue: str, change: IssueChange) -> Issue:
        """The issue after the change. https://docs.sentry.io/api/events/update-an-issue/"""
        reference = self._reference(issue)
        wanted = f"Issue {reference.id}"
        organization = await self._organization(reference.organization)
        body = change.body()

        async def today() -> Reply:
            return await self._send(
                "PUT", "organizations", organization, "issues", reference.id, json=body, wanted=wanted
            )

        async def by_number() -> Reply:
            number = await self._number(reference, organization)
            return await self._send("PUT", "issues", number, json=body, wanted=wanted)

        try:
            return self._one(Issue, await self._routes.first("update an issue", today, by_number))
        except InvalidRequestError as error:
            if error.status_code == 422 and "'unresolved', 'resolved' or 'ignored'" in (error.sentry or ""):
                raise UnsupportedError(
                    f"This Sentry (GlitchTip) has no status {change.status}: only unresolved, resolved and "
                    "ignored. Nothing was changed.",
                    status_code=422,
                    sentry=error.sentry,
                ) from error
            raise

    @within_deadline
    async def add_comment(self, issue: str, text: str) -> None:
        """Sentry's own UI calls it a note."""
        reference = self._reference(issue)
        wanted = f"The comments of issue {reference.id}"
        organization = await self._organization(reference.organization)

        async def today() -> Reply:
            return await self._send(
                "POST",
                *("organizations", organization, "issues", reference.id, "comments"),
                json={"text": text},
                wanted=wanted,
            )

        async def by_number() -> Reply:
            number = await self._number(reference, organization)
            return await self._send("POST", "issues", number, "comments", json={"text": text}, wanted=wanted)

        await self._routes.first("comment on an issue", today, by_number)

    @within_deadline
    async def get_tag_values(self, issue: str, tag: str) -> TagValues:
        """https://docs.sentry.io/api/events/retrieve-tag-details/"""
        reference = self._reference(issue)
        wanted = f"Tag {tag} of issue {reference.id}"
        organization = await self._organization(reference.organization)

        async def today() -> TagValues:
            path = ("organizations", organization, "issues", reference.id, "tags", tag)
            return self._one(TagValues, await self._get(*path, wanted=wanted, kind=Kind.ISSUE))

        async def by_number() -> TagValues:
            number = await self._number(reference, organization)
            path = ("issues", number, "tags", tag)
            return self._one(TagValues, await self._get(*path, wanted=wanted, kind=Kind.ISSUE))

        async def among_all() -> TagValues:
            number = await self._number(reference, organization)
            reply = await self._get("issues", number, "tags", wanted=wanted, kind=Kind.ISSUE)
            for row in rows(reply.body, self.connection.host):
                if row.get("key") == tag:
                    return TagValues.model_validate(row)
            raise NotFoundError(f"{wanted} was not found: no event of the issue has this tag.")

        return await self._routes.first("read the values of a tag", today, by_number, among_all)


def _is_of_another_dialect(error: InvalidRequestError, asked: IssueQuery) -> bool:
    """A parameter that this server has under another name: a reason to ask otherwise, not to give up."""
    said = (error.sentry or "").lower()
    if asked.project and "project" in said:
        return True  # GlitchTip and older Sentry take numbers here
    return error.status_code == 422 and asked.sort is not None and "sort" in said
