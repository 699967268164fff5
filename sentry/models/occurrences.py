"""What Sentry found by itself: the evidence of issues that are not errors."""

from typing import Any

from sentry.models.tolerance import Rows, SentryModel


class Evidence(SentryModel):
    """In words, for a person."""

    name: str | None = None
    value: str | None = None
    important: bool | None = None


class Occurrence(SentryModel):
    """Of a slow query, a regression, a metric alert, a failed check, a rage click, a feedback, and kinds to come.

    `evidence_data` is for programs: its names are camelCase or snake_case, by kind.
    https://docs.sentry.io/api/events/retrieve-an-issue-event/
    """

    type: int | None = None  # the number of its kind
    subtitle: str | None = None
    evidence_data: dict[str, Any] = {}
    evidence_display: Rows[Evidence] = []
