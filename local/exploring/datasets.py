"""The datasets of Explore: errors, spans and logs, with the names that Sentry has for what is in them.

https://docs.sentry.io/concepts/search/searchable-properties/
"""

# ruff: noqa: S608 - values travel as parameters; only our own names are put into SQL

import sqlite3
from dataclasses import replace

from local.exploring.columns import Column, Dataset, is_typed
from local.searching.conditions import TEXT, Condition, Conditions, Scope, alternatives
from local.searching.event_terms import FEW_VALUES, FIELDS, add_event_term, values_of
from local.searching.issue_terms import ISSUE_TERMS
from local.searching.syntax import Term
from local.terms import term_of


def _event_field(name: str, kind: str = "string") -> Column:
    test = " = 'true'" if kind == "boolean" else ""
    return Column(f"json_extract(e.fields, '$.\"{name}\"'){test}", type=kind)


def _issue(column: str) -> Column:
    return Column(f"(SELECT i.{column} FROM issues i WHERE i.id = e.issue_id)")


def _attribute(alias: str, name: str, kind: str = "string") -> Column:
    return Column(f"json_extract({alias}.attributes, '$.\"{name}\"')", type=kind)


def _everywhere(alias: str) -> dict[str, Column]:
    """What all datasets have."""
    slug = f"(SELECT p.slug FROM projects p WHERE p.id = {alias}.project_id)"
    return {
        "timestamp": Column(f"{alias}.timestamp", type="date"),
        "project": Column(slug),
        "project.name": Column(slug),
        "project.id": Column(f"{alias}.project_id", type="integer"),
        "project_id": Column(f"{alias}.project_id", type="integer"),
        "environment": Column(f"{alias}.environment"),
        "release": Column(f"{alias}.release"),
    }


_USER_DISPLAY = (
    "COALESCE(json_extract(e.fields, '$.\"user.email\"'), json_extract(e.fields, '$.\"user.username\"'),"
    " json_extract(e.fields, '$.\"user.id\"'), json_extract(e.fields, '$.\"user.ip\"'))"
)


def _error_term(term: Term, scope: Scope) -> Condition | None:
    """Terms about an event or its issue mean here what they mean in a search of issues."""
    by_issue = ISSUE_TERMS.get(term.key.lower())
    if by_issue:
        sql, values = alternatives(term, scope, by_issue)
        return f"e.issue_id {'NOT ' * term.negated}IN (SELECT i.id FROM issues i WHERE {sql})", values
    if is_typed(term.key) or (term.key in _ERRORS and term.key not in _SEARCHED):
        return None
    found = Conditions()
    add_event_term(found, term, scope)
    if found.sets and len(found.quick.parts) < len(found.parts):
        found += found.within("e.issue_id")
    return str(found).replace("e.message", TEXT), found.values


_SEARCHED = {*FIELDS, "message", "id", "timestamp", "release", "environment", "error.handled"} - {"trace"}

_ERRORS: dict[str, Column] = {
    **_everywhere("e"),
    "id": Column("e.event_id"),
    "title": _event_field("title"),
    "message": Column("e.message"),
    "culprit": _issue("culprit"),
    "issue": replace(_issue("short_id"), key=Column("e.issue_id")),
    "issue.id": Column("e.issue_id", type="integer"),
    "event.type": _issue("type"),
    "trace": Column("json_extract(e.fields, '$.trace')"),
    "trace.span": _event_field("trace.span"),
    "user": Column("e.user"),
    "transaction": Column("e.transaction_name"),
    "user.display": Column(_USER_DISPLAY),
    "platform.name": _event_field("platform"),
    "error.handled": Column("json_extract(e.fields, '$.\"error.unhandled\"') = 'false'", type="boolean"),
    **{name: _event_field(name) for name in FIELDS if name not in ("title", "trace")},
    **{name: _event_field(name, "array") for name in FIELDS if name.startswith(("error.value", "stack."))},
    "error.type": Column("e.error_types", type="array"),
    "error.unhandled": _event_field("error.unhandled", "boolean"),
}

ERRORS = Dataset(
    name="errors",
    source="events e",
    alias="e",
    columns=_ERRORS,
    attributes="e.tags",
    text="e.message",
    found_by=frozenset({"trace", "id"}),
    special=_error_term,
)


def of_store(dataset: Dataset, connection: sqlite3.Connection) -> Dataset:
    """The dataset with what is known of it in a store: of tags of errors their few values, which are told by the terms
    of an event in a tenth of the time that its JSON takes."""

    def known(name: str) -> Column | None:
        values = values_of(connection, name, FEW_VALUES)
        if not values:
            return None
        terms = [term_of(name, value, is_field=False) for value in values]
        cases = " ".join(f"WHEN instr(e.{column}, ?) THEN {number}" for number, (column, _) in enumerate(terms))
        key = Column(f"CASE {cases} END", tuple(digest for _, digest in terms))
        named = " ".join(f"WHEN {number} THEN ?" for number in range(len(values)))
        return Column(f"CASE {key.sql} {named} END", (*key.values, *values), "any", key=key)

    return replace(dataset, quicker=known) if dataset is ERRORS else dataset


SPANS = Dataset(
    name="spans",
    source="spans s",
    alias="s",
    columns={
        **_everywhere("s"),
        "id": Column("s.span_id"),
        "span_id": Column("s.span_id"),
        "parent_span": Column("s.parent_span_id"),
        "trace": Column("s.trace_id"),
        "span.op": Column("s.op"),
        "span.name": Column("s.name"),
        "span.description": Column("s.description"),
        "description": Column("s.description"),
        "span.duration": Column("s.duration", type="duration", unit="millisecond"),
        "span.self_time": Column("s.self_time", type="duration", unit="millisecond"),
        "span.status": Column("s.status"),
        "transaction": Column("s.segment_name"),
        "transaction.span_id": Column("s.segment_id"),
        "segment.id": Column("s.segment_id"),
        "segment.name": Column("s.segment_name"),
        "transaction.event_id": Column("s.event_id"),
        "transaction.duration": Column(
            "CASE WHEN s.is_segment THEN s.duration END", type="duration", unit="millisecond"
        ),
        "transaction.op": Column("CASE WHEN s.is_segment THEN s.op END"),
        "is_transaction": Column("s.is_segment", type="boolean"),
        "user": Column("s.user"),
        "precise.start_ts": Column("s.start", type="number"),
        "precise.finish_ts": Column("s.start + s.duration / 1000", type="number"),
        **{
            f"measurements.{name}": _attribute("s", f"measurements.{name}", kind)
            for name, kind in (("lcp", "duration"), ("fcp", "duration"), ("ttfb", "duration"), ("inp", "duration"))
        },
        "measurements.cls": _attribute("s", "measurements.cls", "number"),
    },
    attributes="s.attributes",
    text="s.description",
    found_by=frozenset({"trace"}),
    number="span.duration",
)

LOGS = Dataset(
    name="logs",
    source="logs l",
    alias="l",
    columns={
        **_everywhere("l"),
        "id": Column("l.item_id"),
        "sentry.item_id": Column("l.item_id"),
        "timestamp_precise": Column("l.nanoseconds", type="integer"),
        "observed_timestamp": Column("l.nanoseconds", type="integer"),
        "severity": Column("l.severity"),
        "log.severity": Column("l.severity"),
        "severity_number": Column("l.severity_number", type="integer"),
        "log.severity_number": Column("l.severity_number", type="integer"),
        "message": Column("l.message"),
        "log.body": Column("l.message"),
        "trace": Column("l.trace_id"),
        "span_id": Column("l.span_id"),
        "trace.parent_span_id": Column("l.span_id"),
        "payload_size": Column("LENGTH(l.message) + LENGTH(l.attributes)", type="integer"),
        "user": Column("json_extract(l.attributes, '$.\"user.id\"')"),
    },
    attributes="l.attributes",
    text="l.message",
    found_by=frozenset({"trace", "id", "sentry.item_id"}),
)

DATASETS: dict[str, Dataset] = {
    "errors": ERRORS,
    "discover": ERRORS,
    "spans": SPANS,
    "logs": LOGS,
    "ourlogs": LOGS,
}
