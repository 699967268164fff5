"""How the events of an issue spread over the values of a tag."""

from sentry.models.tolerance import Moment, Rows, SentryModel


class TagSummary(SentryModel):
    key: str = ""
    name: str | None = None
    total_values: int | None = None


class TagValue(SentryModel):
    value: str | None = None
    name: str | None = None
    count: int = 0
    first_seen: Moment = None
    last_seen: Moment = None


class TagValues(SentryModel):
    """One tag of an issue, its values by how often they were seen (most first)."""

    key: str = ""
    name: str | None = None
    unique_values: int | None = None
    total_values: int | None = None
    top_values: Rows[TagValue] = []
