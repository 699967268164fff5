"""Spans and errors of a trace as the Web API shows them, and the tree they make."""

import json
import sqlite3
from collections.abc import Sequence

from local.values import Json, mapping, text

DEEPEST = 200
"""Levels of the tree; what lies deeper stands beside its parent, so that any trace can be written as JSON."""

Node = dict[str, Json]


def span_shape(row: sqlite3.Row, attributes: Sequence[str] = ()) -> Node:
    """One span without children; `attributes` are those asked for by name."""
    own = mapping(json.loads(row["attributes"]))
    shown: Node = {
        "event_type": "span",
        "event_id": row["span_id"],
        "transaction_id": row["event_id"] or row["segment_id"] or "",
        "project_id": row["project_id"],
        "project_slug": row["slug"],
        "parent_span_id": row["parent_span_id"],
        "profile_id": text(own.get("profile.id")) or "",
        "profiler_id": text(own.get("profiler.id")) or "",
        "sdk_name": text(own.get("sdk.name")) or "",
        "is_transaction": bool(row["is_segment"]),
        "transaction": row["segment_name"] or "",
        "description": row["description"],
        "op": row["op"],
        "name": row["name"],
        "start_timestamp": row["start"],
        "end_timestamp": row["start"] + row["duration"] / 1000,
        "duration": row["duration"],
        "measurements": _numbers(own, "measurements."),
        "browser_web_vital": _numbers(own, "browser.web_vital."),
        "mobile_app_vital": _numbers(own, "app.vitals."),
        "children": [],
        "errors": [],
        "occurrences": [],
    }
    if attributes:
        status = {"span.status": row["status"]} if row["status"] else {}
        known = {**own, **status, "release": row["release"], "environment": row["environment"]}
        shown["additional_attributes"] = {name: known[name] for name in attributes if known.get(name) is not None}
    return shown


def error_shape(row: sqlite3.Row) -> Node:
    return {
        "event_type": "error",
        "event_id": row["event_id"],
        "issue_id": row["issue_id"],
        "issue_type": 1,
        "short_id": row["short_id"],
        "project_id": row["project_id"],
        "project_slug": row["slug"],
        "level": row["own_level"] or row["level"],
        "culprit": row["culprit"],
        "description": row["title"] or "",
        "transaction": row["transaction_name"] or "",
        "start_timestamp": row["timestamp"] / 1000,
        "end_timestamp": row["timestamp"] / 1000,
    }


def tree(spans: list[Node], errors: list[tuple[str | None, Node]]) -> list[Node]:
    """The roots of spans in their order, each with its children; an error in its span, or a root where that is not
    there."""
    by_id: dict[Json, Node] = {}
    for span in spans:
        by_id.setdefault(span["event_id"], span)
    alone: list[Node] = []
    for span_id, error in errors:
        found = by_id.get(span_id)
        (found["errors"] if found else alone).append(error)
    children: dict[Json, list[Node]] = {}
    for span in spans:
        children.setdefault(span["parent_span_id"], []).append(span)
    placed: set[int] = set()
    roots = [span for span in spans if span["parent_span_id"] not in by_id]
    for root in roots:
        _grow(root, children, placed)
    for span in spans:  # those whose parents are each other's children
        if id(span) not in placed:
            roots.append(span)
            _grow(span, children, placed)
    return [*roots, *alone]


def _grow(root: Node, children: dict[Json, list[Node]], placed: set[int]) -> None:
    placed.add(id(root))
    waiting = [(root, root, 1)]  # a span, where its children are put, and how deep that is
    while waiting:
        span, holder, depth = waiting.pop()
        for child in children.pop(span["event_id"], ()):
            if id(child) not in placed:
                placed.add(id(child))
                holder["children"].append(child)
                waiting.append((child, child, depth + 1) if depth < DEEPEST else (child, holder, depth))


def _numbers(attributes: dict[str, Json], prefix: str) -> dict[str, Json]:
    return {
        name: value for name, value in attributes.items() if name.startswith(prefix) and isinstance(value, int | float)
    }
