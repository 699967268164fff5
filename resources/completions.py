"""Completion of URIs' variables from what Sentry has."""

from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from sentry.errors import SentryError
from service.answers import Answers
from service.current import current_client

MOST = 100
"""Values in one answer, by the protocol."""


def register_completions(server: MCPServer[Any], answers: Answers) -> None:
    @server.completion()  # type: ignore[no-untyped-call,untyped-decorator]  # the SDK has no types here
    async def complete(
        reference: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion | None:
        chosen = (context.arguments if context else None) or {}
        try:
            values = answers.offered(await _values(argument.name, chosen.get("organization")))
        except SentryError:
            return None  # a completion is a kindness; without Sentry there is none
        matching = [value for value in values if value.lower().startswith(argument.value.lower())]
        return Completion(values=matching[:MOST], total=len(matching), has_more=len(matching) > MOST)


async def _values(name: str, organization: str | None) -> list[str | None]:
    """Only what has the form of such a name."""
    from views import bounds  # only now: whoever completes nothing does not wait for it

    client = current_client()
    match name:
        case "organization":
            return [bounds.slug(found.slug) for found in (await client.list_organizations()).items]
        case "project":
            return [bounds.slug(found.slug) for found in (await client.list_projects(organization)).items]
        case "issue":
            return [
                bounds.identifier(found.name) or bounds.short_id(found.name)
                for found in (await client.list_issues()).items
            ]
        case "release" | "version":
            return [bounds.version(found.version) for found in (await client.list_releases()).items]
        case _:
            return []
