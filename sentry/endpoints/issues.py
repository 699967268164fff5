"""Issues: read, updated and commented on, by whichever name a server takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sentry.changes import IssueChange
from sentry.dialects import Dialect, Route, not_taken
from sentry.endpoints.caller import Caller
from sentry.endpoints.issue_lists import IssueLists
from sentry.endpoints.issue_query import IssueQuery
from sentry.endpoints.routes import Ask
from sentry.errors import BadResponseError, InvalidRequestError, NotFoundError, UnsupportedError
from sentry.identifiers import NUMERIC, IssueReference
from sentry.models import Issue
from sentry.transport.answers import OneOf, Reply, one
from sentry.transport.cache import Lifetime

T = TypeVar("T")

SEARCHED_PAGES = 10
"""Pages of 100 issues read for a short ID where no lookup exists (GlitchTip)."""


@dataclass(frozen=True)
class Issues:
    caller: Caller
    lists: IssueLists

    async def get_issue(self, issue: str, *, fresh: bool = False) -> Issue:
        """https://docs.sentry.io/api/events/retrieve-an-issue/"""
        return await self.by_reference(await self.caller.reference(issue), fresh=fresh)

    async def by_reference(self, reference: IssueReference, *, fresh: bool = False) -> Issue:
        organization = await self.caller.organization(reference.organization)
        try:
            found: Issue = await self.part(
                "read an issue", reference, wanted=f"Issue {reference.id}", read=OneOf(Issue), fresh=fresh
            )
        except NotFoundError:
            self.caller.short_ids.forget(organization, reference.id)
            raise
        self.caller.learn(organization, [found])
        return found

    async def get_short_id(self, issue: str) -> str | None:
        """What people call an issue: as it was named, else as it says itself."""
        reference = await self.caller.reference(issue)
        return reference.id if reference.is_short else (await self.by_reference(reference)).short_id

    async def part(
        self,
        operation: str,
        reference: IssueReference,
        *part: str,
        wanted: str,
        read: Callable[[Reply], T],
        lifetime: Lifetime = Lifetime.ISSUE,
        within: Lifetime | None = None,
        params: list[tuple[str, str]] | None = None,
        fresh: bool = False,
        others: Mapping[Route, Ask[T]] | None = None,
    ) -> T:
        """An issue, or a part of it such as its events, inside its organization or by its number alone.

        `others` are the operation's routes besides these two.
        """
        organization = await self.caller.organization(reference.organization)

        async def get(*segments: str) -> T:
            path = (*segments, *part)
            return await self.caller.get(
                *path, wanted=wanted, lifetime=lifetime, within=within, read=read, params=params, fresh=fresh
            )

        async def inside_its_organization() -> T:
            return await get("organizations", organization, "issues", reference.id)

        async def by_number() -> T:
            return await get("issues", await self.number(reference))

        routes: dict[Route, Ask[T]] = {Route.ORGANIZATION: inside_its_organization, Route.NUMBER: by_number}
        return await self.caller.first(operation, {**routes, **(others or {})})

    async def number(self, reference: IssueReference) -> str:
        """The numeric ID, which is all that older servers take."""
        if not reference.is_short:
            return reference.id
        organization = await self.caller.organization(reference.organization)
        if known := self.caller.short_ids.number(organization, reference.id):
            return known
        wanted = f"Issue {reference.id}"

        async def lookup() -> str:
            """https://docs.sentry.io/api/organizations/resolve-a-short-id/"""
            path = ("organizations", organization, "shortids", reference.id)
            number = await self.caller.get(*path, wanted=wanted, lifetime=Lifetime.PROJECT, read=_number_in_lookup)
            if not NUMERIC.fullmatch(number):
                raise BadResponseError(f"{self.caller.connection.host} gave no number for {reference.id}.")
            self.caller.short_ids.learn(organization, [Issue(id=number, short_id=reference.id)])
            return number

        async def search() -> str:
            cursors: list[str | None] = [None]
            while cursors[-1] not in cursors[:-1] and len(cursors) <= SEARCHED_PAGES:
                asked = IssueQuery(query="", limit=100, cursor=cursors[-1])
                page = await self.lists.page(asked, "organizations", organization)
                for row in page.items:
                    if (row.short_id or "").upper() == reference.id and NUMERIC.fullmatch(row.id):
                        return row.id
                cursors.append(page.next_cursor)
            raise NotFoundError(
                f"{wanted} is not among the newest issues, and this Sentry cannot look up a short ID. Give "
                "the numeric ID, or find the issue with list_issues."
            )

        return await self.caller.first("find an issue by its short ID", {Route.LOOKUP: lookup, Route.SEARCH: search})

    async def update_issue(self, issue: str, change: IssueChange) -> Issue:
        """The issue after the change. https://docs.sentry.io/api/events/update-an-issue/"""
        reference = await self.caller.reference(issue)
        wanted = f"Issue {reference.id}"
        organization = await self.caller.organization(reference.organization)
        dialect = await self._who_takes(change)
        body = change.body(in_details=dialect is Dialect.GLITCHTIP_6)

        async def put(*segments: str) -> Issue:
            return await self.caller.send("PUT", *segments, body=body, wanted=wanted, read=OneOf(Issue))

        async def inside_its_organization() -> Issue:
            return await put("organizations", organization, "issues", reference.id)

        async def by_number() -> Issue:
            return await put("issues", await self.number(reference))

        try:
            changed = await self.caller.first(
                "update an issue", {Route.ORGANIZATION: inside_its_organization, Route.NUMBER: by_number}
            )
        except InvalidRequestError as error:
            if error.status_code == 422 and "'unresolved', 'resolved' or 'ignored'" in (error.sentry or ""):
                raise UnsupportedError(
                    f"This Sentry (GlitchTip) has no status {change.status}: only unresolved, resolved and "
                    "ignored. Nothing was changed.",
                    status_code=422,
                    sentry=error.sentry,
                ) from error
            raise
        return changed

    async def _who_takes(self, change: IssueChange) -> Dialect | None:
        """The server's kind, which is asked for where some do not take all of the change: they drop the rest of it in
        silence. Raises UnsupportedError before anything is changed."""
        parts = change.parts()
        is_taken_by_all = not any(not_taken(kind, parts) for kind in Dialect)
        dialect = self.caller.dialect if is_taken_by_all else await self.caller.identify()
        if dialect is not None and (lacking := not_taken(dialect, parts)):
            raise UnsupportedError(
                f"{dialect.value} does not take {', '.join(lacking)}. {' '.join(dict.fromkeys(lacking.values()))} "
                "Nothing was changed."
            )
        return dialect

    async def add_comment(self, issue: str, text: str) -> None:
        """Sentry's own UI calls it a note. GlitchTip wants the text inside of `data`."""
        reference = await self.caller.reference(issue)
        organization = await self.caller.organization(reference.organization)

        async def post(*segments: str) -> None:
            body = {"text": text, "data": {"text": text}}
            await self.caller.send("POST", *segments, body=body, wanted=f"Issue {reference.id}", read=lambda _: None)

        async def inside_its_organization() -> None:
            await post("organizations", organization, "issues", reference.id, "comments")

        async def by_number() -> None:
            await post("issues", await self.number(reference), "comments")

        async def as_a_note() -> None:
            await post("issues", await self.number(reference), "notes")

        routes = {
            Route.ORGANIZATION: inside_its_organization,
            Route.NUMBER: by_number,
            Route.NOTES: as_a_note,
        }
        await self.caller.first("comment on an issue", routes)


def _number_in_lookup(reply: Reply) -> str:
    return str(one(reply).get("groupId"))
