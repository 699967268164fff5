"""Tags: how the events of an issue spread over them."""

from dataclasses import dataclass

from sentry.dialects import Route
from sentry.endpoints.issues import Issues
from sentry.errors import NotFoundError
from sentry.models import TagValues
from sentry.paths import quoted
from sentry.transport.answers import OneOf, PageOf


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

    async def get_tag_values(self, issue: str, tag: str) -> TagValues:
        """https://docs.sentry.io/api/events/retrieve-tag-details/"""
        reference = await self.issues.caller.reference(issue)
        wanted = f"Tag {quoted(tag)} of issue {reference.id}"

        async def among_all() -> TagValues:
            for found in await self.get_tags(issue):
                if found.key == tag:
                    return found
            raise NotFoundError(f"{wanted} was not found: no event of the issue has this tag.")

        return await self.issues.part(
            "read the values of a tag",
            reference,
            *("tags", tag),
            wanted=wanted,
            read=OneOf(TagValues),
            others={Route.ALL_TAGS: among_all},
        )
