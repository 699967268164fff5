"""Sentry's objects as its Web API returns them: only the fields we use, and tolerant of every odd one."""

from typing import Any

from pydantic import AliasChoices, Field

from sentry.models.event_parts import (
    Breadcrumb,
    Entry,
    ExceptionValue,
    Frame,
    Mechanism,
    Message,
    Request,
    Stacktrace,
    Tag,
    Tags,
    Thread,
)
from sentry.models.tolerance import Json, Moment, Rows, SentryModel, Strings, as_list, as_object, objects

__all__ = [
    "Activity",
    "Actor",
    "Author",
    "Breadcrumb",
    "Commit",
    "Deploy",
    "Entry",
    "Event",
    "ExceptionValue",
    "Frame",
    "Issue",
    "Json",
    "Mechanism",
    "Message",
    "Organization",
    "Project",
    "ProjectRef",
    "Release",
    "Request",
    "SentryModel",
    "Stacktrace",
    "Tag",
    "TagSummary",
    "TagValue",
    "TagValues",
    "Thread",
    "as_list",
    "as_object",
]


class ProjectRef(SentryModel):
    id: str = ""
    slug: str = ""
    name: str = ""
    platform: str | None = None


class Actor(SentryModel):
    """A user or team an issue is assigned to, or who did something."""

    type: str | None = None
    id: str = ""
    name: str = ""
    email: str | None = None


class Author(SentryModel):
    name: str | None = None
    email: str | None = None


class Commit(SentryModel):
    id: str = ""
    message: str | None = None
    date_created: Moment = None
    author: Author | None = None


class Deploy(SentryModel):
    environment: str | None = None
    name: str | None = None
    url: str | None = None
    date_finished: Moment = None


class Release(SentryModel):
    """https://docs.sentry.io/api/releases/"""

    version: str = ""
    short_version: str | None = None
    date_created: Moment = None
    date_released: Moment = None
    first_event: Moment = None
    last_event: Moment = None
    new_groups: int | None = None
    commit_count: int | None = None
    deploy_count: int | None = None
    last_commit: Commit | None = None
    last_deploy: Deploy | None = None
    authors: Rows[Author] = []
    projects: Rows[dict[str, Any]] = []
    url: str | None = None


class Activity(SentryModel):
    type: str = ""
    date_created: Moment = None
    data: dict[str, Any] = {}
    user: Actor | None = None


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
    metadata: dict[str, Any] = {}
    project: ProjectRef = ProjectRef()
    count: int | None = None  # on the wire a string of digits
    user_count: int | None = None
    first_seen: Moment = None
    last_seen: Moment = None
    assigned_to: Actor | None = None
    first_release: Release | None = None
    last_release: Release | None = None
    stats: dict[str, list[list[float]]] = {}
    tags: Rows[TagSummary] = []
    activity: Rows[Activity] = []
    annotations: list[Any] = []
    plugin_issues: Rows[dict[str, Any]] = []
    is_unhandled: bool | None = None
    num_comments: int | None = None

    @property
    def name(self) -> str:
        """What a person calls it: the short ID, else the numeric one."""
        return self.short_id or self.id


class Event(SentryModel):
    """https://docs.sentry.io/api/events/retrieve-an-event-for-a-project/"""

    id: str = Field("", validation_alias=AliasChoices("eventID", "id", "event_id"))
    group_id: str | None = Field(None, validation_alias=AliasChoices("groupID", "groupId", "issue_id"))
    title: str | None = None
    message: str | None = None
    culprit: str | None = None
    location: str | None = None
    platform: str | None = None
    type: str | None = None
    metadata: dict[str, Any] = {}
    date_created: Moment = None
    tags: Tags = []
    user: dict[str, Any] | None = None
    contexts: dict[str, Any] | None = None
    context: dict[str, Any] | None = None  # what SDKs call extra
    release: Release | None = None
    dist: str | None = None
    sdk: dict[str, Any] | None = None
    errors: list[Any] = []
    fingerprints: Strings = []
    entries: Rows[Entry] = []
    previous_event_id: str | None = Field(None, validation_alias="previousEventID")
    next_event_id: str | None = Field(None, validation_alias="nextEventID")

    def entry(self, kind: str) -> dict[str, Any]:
        """The data of the first entry of that type, `{}` when there is none."""
        found = (as_object(entry.data) for entry in self.entries if entry.type == kind)
        return next((data for data in found if data is not None), None) or {}

    def tag(self, key: str) -> str | None:
        return next((t.value for t in self.tags if t.key == key), None)

    @property
    def exceptions(self) -> list[ExceptionValue]:
        """The chain, oldest cause first, the exception that was raised last."""
        return [ExceptionValue.model_validate(v) for v in objects(self.entry("exception").get("values"))]

    @property
    def threads(self) -> list[Thread]:
        return [Thread.model_validate(v) for v in objects(self.entry("threads").get("values"))]

    @property
    def breadcrumbs(self) -> list[Breadcrumb]:
        return [Breadcrumb.model_validate(v) for v in objects(self.entry("breadcrumbs").get("values"))]

    @property
    def request(self) -> Request | None:
        found = self.entry("request")
        return Request.model_validate(found) if found else None

    @property
    def release_version(self) -> str | None:
        return (self.release.version if self.release else None) or self.tag("release") or self.tag("sentry:release")

    @property
    def environment(self) -> str | None:
        return self.tag("environment")


class Project(SentryModel):
    """https://docs.sentry.io/api/projects/"""

    id: str = ""
    slug: str = ""
    name: str = ""
    platform: str | None = None
    status: str | None = None
    date_created: Moment = None
    teams: Rows[dict[str, Any]] = []
    organization: dict[str, Any] = {}
    latest_release: Release | None = None


class Organization(SentryModel):
    id: str = ""
    slug: str = ""
    name: str = ""
    links: dict[str, Any] = {}
