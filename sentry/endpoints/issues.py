"""Issues: read, updated and commented on, by whichever name a server takes."""

from sentry.endpoints.issue_lists import IssueListCalls
from sentry.endpoints.listing import IssueQuery
from sentry.errors import BadResponseError, InvalidRequestError, NotFoundError, UnsupportedError
from sentry.models import Issue, TagValues
from sentry.paths import quoted
from sentry.protocol import IssueChange
from sentry.references import IssueReference
from sentry.transport.answers import Reply, one, rows
from sentry.transport.cache import Kind
from sentry.transport.deadlines import within_deadline, write_within_deadline

SEARCHED_PAGES = 10
"""Pages of 100 issues read for a short ID where no lookup exists (GlitchTip)."""


class IssueCalls(IssueListCalls):
    @within_deadline
    async def get_issue(self, issue: str, *, fresh: bool = False) -> Issue:
        """https://docs.sentry.io/api/events/retrieve-an-issue/"""
        return await self._issue(self._reference(issue), fresh)

    async def _issue(self, reference: IssueReference, fresh: bool = False) -> Issue:
        wanted = f"Issue {reference.id}"
        organization = await self._organization(reference.organization)

        async def today() -> Reply:
            path = ("organizations", organization, "issues", reference.id)
            return await self._get(*path, wanted=wanted, kind=Kind.ISSUE, fresh=fresh)

        async def by_number() -> Reply:
            number = await self._number(reference, organization)
            try:
                return await self._get("issues", number, wanted=wanted, kind=Kind.ISSUE, fresh=fresh)
            except NotFoundError:
                self._short_ids.forget(organization, reference.id)
                raise

        found = self._one(Issue, await self._routes.first("read an issue", today, by_number))
        self._short_ids.learn(organization, [found])
        return found

    async def _number(self, reference: IssueReference, organization: str) -> str:
        """The numeric ID, which is all that older servers take."""
        if not reference.is_short:
            return reference.id
        if known := self._short_ids.number(organization, reference.id):
            return known
        wanted = f"Issue {reference.id}"

        async def lookup() -> str:
            """https://docs.sentry.io/api/organizations/resolve-a-short-id/"""
            path = ("organizations", organization, "shortids", reference.id)
            found = one((await self._get(*path, wanted=wanted, kind=Kind.PROJECT)).body, self.connection.host)
            number = str(found.get("groupId"))
            if not number.isdecimal():
                raise BadResponseError(f"{self.connection.host} gave no number for {reference.id}.")
            self._short_ids.learn(organization, [Issue(id=number, short_id=reference.id)])
            return number

        async def search() -> str:
            cursors: list[str | None] = [None]
            while cursors[-1] not in cursors[:-1] and len(cursors) <= SEARCHED_PAGES:
                asked = IssueQuery(query="", limit=100, cursor=cursors[-1])
                page = await self._list(asked, "organizations", organization)
                for row in page.items:
                    if (row.short_id or "").upper() == reference.id and row.id:
                        return row.id
                cursors.append(page.next_cursor)
            raise NotFoundError(
                f"{wanted} is not among the newest issues, and this Sentry cannot look up a short ID. Give "
                "the numeric ID, or find the issue with list_issues."
            )

        return await self._routes.first("find an issue by its short ID", lookup, search)

    @write_within_deadline
    async def update_issue(self, issue: str, change: IssueChange) -> Issue:
        """The issue after the change. https://docs.sentry.io/api/events/update-an-issue/"""
        reference = self._reference(issue)
        wanted = f"Issue {reference.id}"
        organization = await self._organization(reference.organization)
        body = change.body()

        async def today() -> Reply:
            path = ("organizations", organization, "issues", reference.id)
            return await self._send("PUT", *path, body=body, wanted=wanted)

        async def by_number() -> Reply:
            number = await self._number(reference, organization)
            return await self._send("PUT", "issues", number, body=body, wanted=wanted)

        try:
            reply = await self._routes.first("update an issue", today, by_number)
        except InvalidRequestError as error:
            if error.status_code == 422 and "'unresolved', 'resolved' or 'ignored'" in (error.sentry or ""):
                raise UnsupportedError(
                    f"This Sentry (GlitchTip) has no status {change.status}: only unresolved, resolved and "
                    "ignored. Nothing was changed.",
                    status_code=422,
                    sentry=error.sentry,
                ) from error
            raise
        changed = self._one(Issue, reply)
        if change.assigned_to and changed.assigned_to is None:
            raise UnsupportedError(
                "This Sentry took the request but assigned the issue to nobody: an older GlitchTip cannot "
                f"assign.{' The rest of the change was made.' * (len(body) > 1)}"
            )
        return changed

    @write_within_deadline
    async def add_comment(self, issue: str, text: str) -> None:
        """Sentry's own UI calls it a note. GlitchTip wants the text inside of `data`."""
        reference = self._reference(issue)
        wanted = f"Issue {reference.id}"
        organization = await self._organization(reference.organization)
        body = {"text": text, "data": {"text": text}}

        async def today() -> Reply:
            path = ("organizations", organization, "issues", reference.id, "comments")
            return await self._send("POST", *path, body=body, wanted=wanted)

        async def by_number() -> Reply:
            number = await self._number(reference, organization)
            return await self._send("POST", "issues", number, "comments", body=body, wanted=wanted)

        async def as_a_note() -> Reply:
            number = await self._number(reference, organization)
            return await self._send("POST", "issues", number, "notes", body=body, wanted=wanted)

        await self._routes.first("comment on an issue", today, by_number, as_a_note)

    @within_deadline
    async def get_tag_values(self, issue: str, tag: str) -> TagValues:
        """https://docs.sentry.io/api/events/retrieve-tag-details/"""
        reference = self._reference(issue)
        wanted = f"Tag {quoted(tag)} of issue {reference.id}"
        organization = await self._organization(reference.organization)

        async def today() -> TagValues:
            path = ("organizations", organization, "issues", reference.id, "tags", tag)
            return self._one(TagValues, await self._get(*path, wanted=wanted, kind=Kind.ISSUE))

        async def by_number() -> TagValues:
            path = ("issues", await self._number(reference, organization), "tags", tag)
            return self._one(TagValues, await self._get(*path, wanted=wanted, kind=Kind.ISSUE))

        async def among_all() -> TagValues:
            number = await self._number(reference, organization)
            reply = await self._get("issues", number, "tags", wanted=wanted, kind=Kind.ISSUE)
            for row in rows(reply.body, self.connection.host):
                if row.get("key") == tag:
                    return TagValues.model_validate(row)
            raise NotFoundError(f"{wanted} was not found: no event of the issue has this tag.")

        return await self._routes.first("read the values of a tag", today, by_number, among_all)
