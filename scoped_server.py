"""The MCP server as one caller meets it: what is outside of their scopes is not there."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolResult,
    GetPromptResult,
    InputRequiredResult,
    Prompt,
    Resource,
    ResourceTemplate,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    Tool,
    UnsubscribeRequestParams,
)
from pydantic import AnyUrl

from prompts import catalogue as prompts
from resources import catalogue as resources
from service.current import FindClient, current_caller
from tools.catalogue import is_offered, schema_of_answer

if TYPE_CHECKING:
    from resources.updates import Updates


class ScopedServer(MCPServer[FindClient]):
    """Of what a caller may not have it says what the SDK says of what is not there."""

    def tell_updates(self, updates: "Updates") -> None:
        """Clients of both eras can subscribe to resources, and the server says so."""
        add = self._lowlevel_server.add_request_handler
        add("subscriptions/listen", SubscriptionsListenRequestParams, updates.listen)
        add("resources/subscribe", SubscribeRequestParams, updates.subscribe_session)
        add("resources/unsubscribe", UnsubscribeRequestParams, updates.unsubscribe_session)

    async def list_tools(self) -> list[Tool]:
        offered = [tool for tool in await super().list_tools() if is_offered(tool.name)]
        if not current_caller().structured_content:
            return offered
        return [tool.model_copy(update={"output_schema": schema_of_answer(tool.name)}) for tool in offered]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[FindClient, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        if not is_offered(name):
            raise ToolError(f"Unknown tool: {name}")
        return await super().call_tool(name, arguments, context)

    async def list_resources(self) -> list[Resource]:
        return [found for found in await super().list_resources() if resources.is_there(found.name)]

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        return [found for found in await super().list_resource_templates() if resources.is_there(found.name)]

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[FindClient, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        if not resources.is_there(resources.name_of_uri(str(uri))):
            raise ResourceNotFoundError(f"Unknown resource: {uri}")
        return await super().read_resource(uri, context)

    async def list_prompts(self) -> list[Prompt]:
        return [prompt for prompt in await super().list_prompts() if prompts.is_there(prompt.name)]

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[FindClient, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        if not prompts.is_there(name):
            raise MCPError(INVALID_PARAMS, f"Unknown prompt: {name}")
        return await super().get_prompt(name, arguments, context)
