"""Projects and organizations."""

from typing import Any

from sentry.models.releases import Release
from sentry.models.tolerance import Moment, Rows, SentryModel


class ProjectRef(SentryModel):
    id: str = ""
    slug: str = ""
    name: str = ""
    platform: str | None = None


class Project(SentryModel):
    """https://docs.sentry.io/api/projects/"""

    id: str = ""
    slug: str = ""
    name: str = ""
    platform: str | None = None
    status: str | None = None
    has_access: bool | None = None
    date_created: Moment = None
    teams: Rows[dict[str, Any]] = []
    organization: dict[str, Any] = {}
    latest_release: Release | None = None


class Organization(SentryModel):
    id: str = ""
    slug: str = ""
    name: str = ""
    links: dict[str, Any] = {}
