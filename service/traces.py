"""Traces: what happened in one request, in all projects that took part."""

from datetime import datetime
from functools import partial
from typing import NamedTuple

import anyio.to_thread

from sentry.errors import BadResponseError, InvalidRequestError, NotFoundError, SentryError, UnsupportedError
from sentry.identifiers import EVENT_ID
from sentry.models import Event, Trace, TraceCounts, TraceLog
from sentry.models.pages import Page
from sentry.references import trace_reference
from sentry.transport.answers import ASK_LESS
from service.access.bounds import not_found
from service.current import current_client
from service.side_by_side import Outcome, briefly, together
from views import trace_tree as views
from views.trace_tree import TraceResult
from views.tracing import trace_of
from views.wording import counted, joined

MANY = 1_000
"""Spans of which a tree takes some milliseconds to make."""


class _Named(NamedTuple):
    """A trace, whose organization is given where it is not the usual one, and what is known of it."""

    trace: str
    organization: str | None = None
    event: str | None = None
    """Of which it is."""
    timestamp: datetime | None = None


async def get_trace(
    trace: str | None = None,
    *,
    event: str | None = None,
    issue: str | None = None,
    organization: str | None = None,
) -> TraceResult:
    """A trace by its ID, or that of an event, or of an issue's latest event: its spans, errors and logs."""
    named = await _named(trace, event, issue, organization)
    client = current_client()
    owner, moment = named.organization, named.timestamp
    spans, logs, counts = await together(
        client.get_trace(named.trace, organization=owner, timestamp=moment, event=named.event),
        client.get_trace_logs(named.trace, organization=owner, timestamp=moment),
        briefly(client.get_trace_counts(named.trace, organization=owner, timestamp=moment)),
    )
    rows = logs.value or Page[TraceLog]([])
    if spans.error is not None and not (rows.items and isinstance(spans.error, UnsupportedError)):
        raise _explained(named, spans.error, counts.value)
    found = spans.value or Trace()
    if not (found.spans or found.errors or found.hidden or rows.items):
        raise _nothing(named, logs)
    tree = partial(
        views.trace_tree,
        named.trace,
        found,
        rows,
        counts.value,
        event=named.event,
        organization=client.other_organization(organization=named.organization),
        notes=_notes(spans, logs),
    )
    # Beside the event loop where that may take long.
    return await anyio.to_thread.run_sync(tree) if len(found.spans) > MANY else tree()


async def counts_of(event: Event, organization: str | None) -> TraceCounts | None:
    """How much there is in the trace of an event, which is to be read with `briefly`; None where that is not told."""
    trace = trace_of(event)
    if trace is None:
        return None
    client = current_client()
    return await client.get_trace_counts(trace, organization=organization, timestamp=event.date_created)


async def _named(trace: str | None, event: str | None, issue: str | None, organization: str | None) -> _Named:
    client = current_client()
    if trace is not None:
        if event is not None or issue is not None:
            raise InvalidRequestError("Give the trace, or the event or the issue whose trace is meant: one of them.")
        found, owner = trace_reference(trace, client.site.url)
        if owner and organization and owner.lower() != organization.strip().lower():
            raise InvalidRequestError("The trace is named with another organization.")
        return _Named(found, owner or organization)
    if event is None and issue is None:
        raise InvalidRequestError("Give a trace, or an event or an issue whose trace is meant.")
    shown = await client.get_stacktrace(event, issue=issue)
    if (of_event := trace_of(shown)) is None:
        which = "The event" if event is not None else "The latest event of the issue"
        raise NotFoundError(f"{which} names no trace: tracing was off in its SDK. Its breadcrumbs say what led to it.")
    owner = client.other_organization(issue, event, organization=organization)
    name = shown.id if EVENT_ID.fullmatch(shown.id) else None
    return _Named(of_event, owner, name, shown.date_created)


def _explained(named: _Named, error: SentryError, counts: TraceCounts | None) -> SentryError:
    """What is too large is told with how much it is."""
    if isinstance(error, BadResponseError):
        error.message = error.message.replace(ASK_LESS, "").rstrip()  # of a trace nobody can
    if isinstance(error, BadResponseError) and counts is not None:
        has = joined(
            [counted(counts.spans, "span"), counted(counts.errors, "error"), counted(counts.logs, "log")], ", "
        )
        error.message += (
            f" Sentry counts {has or 'nothing'} in this trace: search_events with the query trace:{named.trace}, and "
            "dataset=spans or logs, finds some of them."
        )
    return error


def _nothing(named: _Named, logs: Outcome[Page[TraceLog]]) -> SentryError:
    if logs.error is not None and not isinstance(logs.error, NotFoundError | UnsupportedError):
        return logs.error  # there may be some
    found = not_found(f"Trace {named.trace}")
    if named.event is not None:
        found.message = (
            f"Trace {named.trace} of event {named.event} was not found: Sentry has no span, error or log of it. It was "
            "not sampled, or is gone by now."
        )
    return found


def _notes(spans: Outcome[Trace], logs: Outcome[Page[TraceLog]]) -> list[str]:
    notes = [spans.error.message] if spans.error is not None else []
    if logs.error is not None:
        notes.append(f"Its logs could not be read: {logs.error.message}")
    return notes
