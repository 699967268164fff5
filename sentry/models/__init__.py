"""Sentry's objects as its Web API returns them: only the fields we use, and tolerant of every odd one."""

from sentry.models.code import CodeMapping, PullRequest, Repository
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
    Thread,
)
from sentry.models.events import Event
from sentry.models.explore import EventRows, EventSeries, Outcomes, Series
from sentry.models.flags import SuspectFlag
from sentry.models.issues import Activity, Actor, Issue
from sentry.models.occurrences import Evidence, Occurrence
from sentry.models.projects import Organization, Project, ProjectRef
from sentry.models.releases import Author, Commit, Deploy, Release
from sentry.models.tags import TagSummary, TagValue, TagValues
from sentry.models.tolerance import SentryModel
from sentry.models.traces import Span, Trace, TraceCounts, TraceError, TraceLog

__all__ = [
    "Activity",
    "Actor",
    "Author",
    "Breadcrumb",
    "CodeMapping",
    "Commit",
    "Deploy",
    "Entry",
    "Event",
    "EventRows",
    "EventSeries",
    "Evidence",
    "ExceptionValue",
    "Frame",
    "Issue",
    "Mechanism",
    "Message",
    "Occurrence",
    "Organization",
    "Outcomes",
    "Project",
    "ProjectRef",
    "PullRequest",
    "Release",
    "Repository",
    "Request",
    "SentryModel",
    "Series",
    "Span",
    "Stacktrace",
    "SuspectFlag",
    "Tag",
    "TagSummary",
    "TagValue",
    "TagValues",
    "Thread",
    "Trace",
    "TraceCounts",
    "TraceError",
    "TraceLog",
]
