"""Sentry's objects as its Web API returns them: only the fields we use, and tolerant of every odd one.

All three servers send nulls, unknown values and fields of the wrong type (see docs of each in
https://docs.sentry.io/api/). A field that does not fit counts as absent, a row that is no object is
skipped: one odd row never fails a list.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, TypeVar, cast

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic.alias_generators import to_camel

Json = Any
"""What json.loads gives: the untyped edge."""


class SentryModel(BaseModel):
    """Every field has a default, and a value that does not fit becomes that default."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        frozen=True,
        coerce_numbers_to_str=True,
        defer_build=True,
    )

    @field_validator("*", mode="wrap")
    @classmethod
    def _odd_is_absent(cls, value: Json, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Json:
        try:
            return handler(value)
        except ValidationError:
            return cls.model_fields[info.field_name or ""].get_default(call_default_factory=True)


def as_object(value: Json) -> dict[str, Any] | None:
    """The value if it is a JSON object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def as_list(value: Json) -> list[Any] | None:
    """The value if it is a JSON array."""
    return cast("list[Any]", cast("object", value)) if isinstance(value, list) else None


def _objects(value: Json) -> list[dict[str, Any]]:
    return [row for row in as_list(value) or [] if isinstance(row, dict)]


def _strings(value: Json) -> list[str]:
    return [str(item) for item in as_list(value) or [] if isinstance(item, str | int | float)]


def _moment(value: Json) -> Json:
    """Sentry sends ISO 8601, always UTC, sometimes without saying so; SDKs also epoch seconds."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None:
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _tags(value: Json) -> list[dict[str, Any]]:
    """Objects in the Web API, pairs in webhooks and what SDKs send."""
    pairs = [pair for pair in map(as_list, as_list(value) or []) if pair is not None and len(pair) == 2]
    return _objects(value) + [{"key": key, "value": text} for key, text in pairs]


T = TypeVar("T")
Rows = Annotated[list[T], BeforeValidator(_objects)]
Strings = Annotated[list[str], BeforeValidator(_strings)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]


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
    issue_type: str | None = None
    issue_category: str | None = None
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
    matching_event_id: str | None = None

    LIFE_CYCLE: ClassVar = ("unresolved", "resolved", "ignored", "resolvedInNextRelease")

    @property
    def name(self) -> str:
        """What a person calls it: the short ID, else the numeric one."""
        return self.short_id or self.id


class Frame(SentryModel):
    """One call. The Web API writes camelCase, webhooks and SDKs write snake_case; both are read."""

    filename: str | None = None
    abs_path: str | None = Field(None, validation_alias=AliasChoices("absPath", "abs_path"))
    module: str | None = None
    function: str | None = None
    line_no: int | None = Field(None, validation_alias=AliasChoices("lineNo", "lineno"))
    col_no: int | None = Field(None, validation_alias=AliasChoices("colNo", "colno"))
    in_app: bool | None = Field(None, validation_alias=AliasChoices("inApp", "in_app"))
    vars: dict[str, Any] | None = None
    package: str | None = None
    symbol: str | None = None
    instruction_addr: str | None = Field(None, validation_alias=AliasChoices("instructionAddr", "instruction_addr"))
    platform: str | None = None
    numbered: list[Any] = Field([], validation_alias="context")
    context_line: str | None = None
    pre_context: Strings = []
    post_context: Strings = []

    def source(self) -> tuple[list[str], str | None, list[str]]:
        """The lines before the call, the line of the call, the lines after it."""
        pairs = [pair for pair in map(as_list, self.numbered) if pair is not None and len(pair) == 2]
        lines = [(number, str(text or "")) for number, text in pairs]
        here = [text for number, text in lines if number == self.line_no]
        if not lines or not here:
            return self.pre_context, self.context_line, self.post_context
        before = [text for number, text in lines if isinstance(number, int) and number < (self.line_no or 0)]
        after = [text for number, text in lines if isinstance(number, int) and number > (self.line_no or 0)]
        return before, here[0], after


class Stacktrace(SentryModel):
    """Frames, the oldest call first."""

    frames: Rows[Frame] = []


class Mechanism(SentryModel):
    type: str | None = None
    handled: bool | None = None


class ExceptionValue(SentryModel):
    type: str | None = None
    value: str | None = None
    module: str | None = None
    thread_id: str | None = None
    mechanism: Mechanism | None = None
    stacktrace: Stacktrace | None = None
    raw_stacktrace: Stacktrace | None = None


class Thread(SentryModel):
    id: str | None = None
    name: str | None = None
    crashed: bool | None = None
    current: bool | None = None
    stacktrace: Stacktrace | None = None


class Breadcrumb(SentryModel):
    type: str | None = None
    category: str | None = None
    message: str | None = None
    level: str | None = None
    timestamp: Moment = None
    data: dict[str, Any] | None = None


class Request(SentryModel):
    """Headers, cookies and query come as pairs, a mapping or a string, by server and SDK."""

    url: str | None = None
    method: str | None = None
    query: Any = Field(None, validation_alias=AliasChoices("query", "query_string"))
    headers: Any = None
    cookies: Any = None
    data: Any = None
    env: dict[str, Any] | None = None


class Message(SentryModel):
    formatted: str | None = None
    message: str | None = None


class Entry(SentryModel):
    type: str = ""
    data: Any = None


class Tag(SentryModel):
    key: str | None = None
    value: str | None = None


class Event(SentryModel):
    """https://docs.sentry.io/api/events/retrieve-an-event-for-a-project/"""

    id: str = Field("", validation_alias=AliasChoices("eventID", "id", "event_id"))
    group_id: str | None = Field(None, validation_alias=AliasChoices("groupID", "groupId", "issue_id"))
    project_id: str | None = Field(None, validation_alias=AliasChoices("projectID", "project"))
    title: str | None = None
    message: str | None = None
    culprit: str | None = None
    location: str | None = None
    platform: str | None = None
    type: str | None = None
    metadata: dict[str, Any] = {}
    date_created: Moment = None
    tags: Annotated[list[Tag], BeforeValidator(_tags)] = []
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
        return [ExceptionValue.model_validate(v) for v in _objects(self.entry("exception").get("values"))]

    @property
    def threads(self) -> list[Thread]:
        return [Thread.model_validate(v) for v in _objects(self.entry("threads").get("values"))]

    @property
    def breadcrumbs(self) -> list[Breadcrumb]:
        return [Breadcrumb.model_validate(v) for v in _objects(self.entry("breadcrumbs").get("values"))]

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
    is_member: bool | None = None
    teams: Rows[dict[str, Any]] = []
    organization: dict[str, Any] = {}
    latest_release: Release | None = None
    platforms: Strings = []
    features: Strings = []


class Organization(SentryModel):
    id: str = ""
    slug: str = ""
    name: str = ""
    links: dict[str, Any] = {}
