"""What a model can search and count of events."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

import service
from tools.arguments import Cursor, Limit, Listed, Organization, Period, Project, Text

if TYPE_CHECKING:
    from views.search_trends import EventTrend
    from views.searches import EventSearch


async def search_events(
    dataset: Literal["errors", "logs", "spans"] = "errors",
    query: Annotated[
        Text, Field(description="Sentry search, e.g. level:error user.id:7 timeout; of spans is_transaction:true")
    ]
    | None = None,
    fields: Annotated[
        list[Text],
        Listed,
        Field(description="Columns, tags, functions: title, release, count(), count_unique(user), p95(span.duration)"),
    ] = [],  # noqa: B006 - copied
    sort: Annotated[Text, Field(description="e.g. -count()")] | None = None,
    period: Period = "24h",
    interval: Annotated[Text, Field(description="e.g. 1h: the functions over time, for the top groups")] | None = None,
    environment: Text | None = None,
    project: Project | None = None,
    limit: Limit = 25,
    cursor: Cursor | None = None,
    organization: Organization | None = None,
) -> "EventSearch | EventTrend":
    """List events of all issues, logs or spans; with functions in fields, count them by the other fields."""
    return await service.searches.search_events(
        organization=organization,
        project=project,
        dataset=dataset,
        query=query,
        fields=tuple(fields),
        sort=sort,
        period=period,
        interval=interval,
        environment=environment,
        limit=limit,
        cursor=cursor,
    )
