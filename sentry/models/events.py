"""Events."""

from typing import Any

from pydantic import AliasChoices, Field

from sentry.models.event_parts import Entry, Request, Tags
from sentry.models.occurrences import Occurrence
from sentry.models.releases import Release
from sentry.models.tolerance import Moment, Rows, SentryModel, Strings
from sentry.values import as_object


class Event(SentryModel):
    """https://docs.sentry.io/api/events/retrieve-an-event-for-a-project/"""

    id: str = Field("", validation_alias=AliasChoices("eventID", "id", "event_id"))
    group_id: str | None = Field(None, validation_alias=AliasChoices("groupID", "groupId", "issue_id"))
    project_id: str | None = Field(None, validation_alias="projectID")
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
    occurrence: Occurrence | None = None  # of what Sentry found by itself
    start_timestamp: Moment = None  # of a transaction
    end_timestamp: Moment = None
    previous_event_id: str | None = Field(None, validation_alias="previousEventID")
    next_event_id: str | None = Field(None, validation_alias="nextEventID")

    def entry(self, kind: str) -> dict[str, Any]:
        """The data of the first entry of that type, `{}` when there is none."""
        found = (as_object(entry.data) for entry in self.entries if entry.type == kind)
        return next((data for data in found if data is not None), None) or {}

    def tag(self, key: str) -> str | None:
        return next((t.value for t in self.tags if t.key == key), None)

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
