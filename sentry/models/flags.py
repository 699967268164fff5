"""Feature flags, and how their values differ between an issue's events and all others."""

from typing import Any

from sentry.models.tolerance import SentryModel


class SuspectFlag(SentryModel):
    """`distribution` is `{"outliers": {value: events of the issue}, "baseline": {value: events of the project}}`."""

    flag: str = ""
    score: float | None = None
    distribution: dict[str, Any] = {}
    is_filtered: bool | None = None
