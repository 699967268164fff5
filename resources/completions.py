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

import service
from sentry.errors import SentryError
from service.access.callers import Scope
from service.answers import Answers
from service.current import current_caller
from tools.catalogue import is_offered

MAX_VALUES = 100
"""Values in one answer, by the protocol."""
LISTED_BY = {
    "issue": "list_issues",
    "project": "list_projects",
    "release": "list_releases",
    "version": "list_releases",
}
"""Whose answer has the same names: who may not use that tool is offered none."""


def register_completions(server: MCPServer[Any], answers: Answers) -> None:
    @server.completion()  # type: ignore[no-untyped-call,untyped-decorator]  # the SDK has no types here
    async def complete(
        reference: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion | None:
        lists = LISTED_BY.get(argument.name)
        if not current_caller().has(Scope.ISSUES_READ) or (lists is not None and not is_offered(lists)):
            return None
        chosen = (context.arguments if context else None) or {}
        try:
            names = await service.names.names_of(argument.name, chosen.get("organization"))
        except SentryError:
            return None  # a completion is a kindness; without Sentry there is none
        values = answers.offered(names)
        matching = [value for value in values if value.lower().startswith(argument.value.lower())]
        return Completion(values=matching[:MAX_VALUES], total=len(matching), has_more=len(matching) > MAX_VALUES)
