"""What a model can do with tags."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import service
from tools.arguments import IssueId, Period, Text

if TYPE_CHECKING:
    from views.tags import TagValuesResult


async def get_tag_values(
    issue: IssueId,
    tag: Annotated[Text, Field(description="e.g. release, user")],
    environment: Text | None = None,
    period: Period | None = None,
) -> "TagValuesResult":
    """Get how an issue's events spread over a tag."""
    return await service.events.get_tag_values(issue, tag, environment=environment, period=period)
