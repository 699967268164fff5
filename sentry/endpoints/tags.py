"""Tags: how the events of an issue spread over them."""

from collections.abc import Callable
from dataclasses import dataclass

from sentry.dialects import Dialect, Route
from sentry.endpoints.issues import Issues
from sentry.endpoints.routes import Ask
from sentry.errors import NotFoundError, UnsupportedError
from sentry.identifiers import IssueReference
from sentry.models import TagValues
from sentry.paths import quoted
from sentry.transport.answers import OneOf, PageOf, Reply
from sentry.transport.cache import Lifetime


@dataclass(frozen=True)
class Tags:
    issues: Issues

    async def get_tags(self, issue: str) -> list[TagValues]:
        """All tags of an issue with their most frequent values. Sentry's own UI reads this route."""
        reference = await self.issues.caller.reference(issue)
        page = await self.issues.part(
            "read the tags of an issue",
            reference,
            "tags",
            wanted=f"The list of tags of issue {reference.id}",
            read=PageOf(TagValues),
        )
        return page.items

    async def get_tag_values(
        self, issue: str, tag: str, *, environment: str | None = None, period: str | None = None
    ) -> TagValues:
        """https://docs.sentry.io/api/events/retrieve-tag-details/; within a period by the list of an issue's tags,
        which alone takes one, as Sentry's own pages read it."""
        reference = await self.issues.caller.reference(issue)
        wanted = f"Tag {quoted(tag)} of issue {reference.id}{f' in {quoted(environment)}' if environment else ''}"

        async def among_all() -> TagValues:
            if environment or period:
                raise _not_within(environment=environment, period=period)
            for found in await self.get_tags(issue):
                if found.key == tag:
                    return found
            raise NotFoundError(f"{wanted} was not found: no event of the issue has this tag.")

        return await self._values(reference, tag, wanted, environment, period, among_all)

    async def count_events(
        self, issue: str, *, environment: str | None = None, period: str | None = None
    ) -> int | None:
        """How many events of an issue its tags are counted in: each has a level, and Sentry counts tags of those events
        alone that it still has, an issue's `count` of all that there ever were. GlitchTip counts both alike."""
        reference = await self.issues.caller.reference(issue)

        async def of_the_issue() -> TagValues:
            return TagValues(total_values=(await self.issues.by_reference(reference)).count)

        wanted = f"Tag 'level' of issue {reference.id}"
        return (await self._values(reference, "level", wanted, environment, period, of_the_issue)).total_values

    async def _values(
        self,
        reference: IssueReference,
        tag: str,
        wanted: str,
        environment: str | None,
        period: str | None,
        among_all: Ask[TagValues],
    ) -> TagValues:
        async def by_number() -> TagValues:
            """Sentry 9 takes an environment here, and counts the events of all."""
            await self.issues.by_reference(reference)  # which tells 9 from 10
            if period or self.issues.caller.dialect is Dialect.SENTRY_9:
                raise _not_within(environment=environment, period=period)
            number = await self.issues.number(reference)
            return await self.issues.caller.get(
                *("issues", number, *path), wanted=wanted, lifetime=Lifetime.ISSUE, read=read, params=params
            )

        others: dict[Route, Ask[TagValues]] = {Route.ALL_TAGS: among_all}
        if environment or period:
            others[Route.NUMBER] = by_number
        params = [("environment", environment)] if environment else []
        read: Callable[[Reply], TagValues] = OneOf(TagValues)
        path: tuple[str, ...] = ("tags", tag)
        if period:
            path = ("tags",)
            params += [("key", tag), ("statsPeriod", period)]
            read = _Only(tag)
        return await self.issues.part(
            "read the values of a tag", reference, *path, wanted=wanted, params=params, read=read, others=others
        )


@dataclass(frozen=True)
class _Only:
    """Reads a list of tags as the one that was asked for; none may have it. Sentry says release of `sentry:release`."""

    tag: str

    def __call__(self, reply: Reply) -> TagValues:
        found, name = PageOf(TagValues)(reply).items, self.tag.removeprefix("sentry:")
        return next((one for one in found if one.key == name), TagValues(key=name))


def _not_within(**what: str | None) -> UnsupportedError:
    names = " or ".join(f"{name}={quoted(value)}" for name, value in what.items() if value)
    return UnsupportedError(
        f"This Sentry cannot count the values of a tag with {names}: it counts those of all events. Leave that out; "
        "get_events with tags shows them event by event."
    )
