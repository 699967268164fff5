"""Issues, and who did what to them."""

from typing import Any

from pydantic import AliasChoices, Field

from sentry.models.projects import ProjectRef
from sentry.models.releases import Release
from sentry.models.tags import TagSummary
from sentry.models.tolerance import Counts, Moment, Newest, Rows, SentryModel


class Actor(SentryModel):
    """A user or team an issue is assigned to, or who did something."""

    type: str | None = None
    id: str = ""
    name: str = ""
    email: str | None = None


class Activity(SentryModel):
    type: str = ""
    date_created: Moment = None
    data: dict[str, Any] = {}
    user: Actor | None = None  # None is Sentry itself, or somebody whose account is gone
    sentry_app: Actor | None = None  # an integration, in whose name the user acted


class Seen(SentryModel):
    """How often, and by how many."""

    count: int | None = None  # on the wire a string of digits
    user_count: int | None = None


class Issue(SentryModel):
    """https://docs.sentry.io/api/events/retrieve-an-issue/"""

    id: str = ""
    short_id: str | None = None
    title: str = ""
    culprit: str | None = None
    permalink: str | None = None
    level: str | None = None
    status: str | None = None
    status_details: dict[str, Any] = {}
    substatus: str | None = None
    priority: str | None = None
    platform: str | None = None
    type: str | None = None
    issue_type: str | None = None  # `error`, `performance_n_plus_one_db_queries`, ...
    metadata: dict[str, Any] = {}
    project: ProjectRef = ProjectRef()
    count: int | None = None  # on the wire a string of digits
    user_count: int | None = None
    lifetime: Seen | None = None  # of a row: ever; its own counts are of the period that was asked for
    filtered: Seen | None = None  # of a row: of the events that the search asks for
    first_seen: Moment = None
    last_seen: Moment = None
    assigned_to: Actor | None = None
    first_release: Release | None = None
    last_release: Release | None = None
    stats: Counts = {}  # how often it was seen in each part of a period, the newest last
    stats_newest: Newest = Field(
        default={}, validation_alias=AliasChoices("stats")
    )  # when the newest part of a period began
    tags: Rows[TagSummary] = []
    activity: Rows[Activity] = []
    annotations: list[Any] = []
    plugin_issues: Rows[dict[str, Any]] = []
    is_unhandled: bool | None = None
    num_comments: int | None = None
    matching_event_id: str | None = None  # of the event that was searched for by its ID

    @property
    def name(self) -> str:
        """What a person calls it: the short ID, else the numeric one."""
        return self.short_id or self.id
