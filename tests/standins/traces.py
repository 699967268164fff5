"""Traces in the shape of today's Sentry, with each field that its own description of the API names, and values of ours.

https://docs.sentry.io/api/explore/retrieve-a-trace/
"""

from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]

TRACE_ID = "ab" * 16
BEGAN = 1_795_550_400.0
"""2026-11-24T20:00:00Z."""


def span(number: int, *children: Row, at: float = 0, ms: float = 10, **fields: Any) -> Row:
    """`at` is in milliseconds from the beginning of the trace."""
    start = BEGAN + at / 1_000
    return {
        "children": list(children), "errors": [], "occurrences": [], "event_id": f"{number:016x}",
        "transaction_id": "7c0de" + "4" * 27, "project_id": 4507, "project_slug": "shop-backend", "profile_id": "",
        "profiler_id": "", "parent_span_id": f"{number - 1:016x}" if number else None, "start_timestamp": start,
        "end_timestamp": start + ms / 1_000, "measurements": {"http.response_content_length": 512.0},
        "browser_web_vital": {}, "mobile_app_vital": {}, "op": "function", "name": "function",
        "event_type": "span", "description": f"step {number}", "transaction": "/checkout", "is_transaction": False,
        "sdk_name": "sentry.python.django", "duration": float(ms), "additional_attributes": {"span.status": "ok"},
    } | fields  # fmt: skip


def status(name: str) -> Row:
    """What a span is given besides."""
    return {"additional_attributes": {"span.status": name}}


def error(event: str, at: float = 0, **fields: Any) -> Row:
    return {
        "event_id": event, "project_id": 4507, "project_slug": "shop-backend", "transaction": "/checkout",
        "description": "PriceError: no price of SKU-7 in EUR", "event_type": "error", "issue_id": 6012000007,
        "level": "error", "start_timestamp": BEGAN + at / 1_000, "culprit": "shop.cart in checkout",
        "short_id": "SHOP-BACKEND-7", "issue_type": 1,
    } | fields  # fmt: skip


def log(number: int, at: float, message: str, **fields: Any) -> Row:
    """A row of Explore's table, with the fields that every Sentry with logs has of those that are asked for."""
    moment = datetime.fromtimestamp(BEGAN, UTC) + timedelta(milliseconds=int(at))
    return {
        "sentry.item_id": f"{number:032x}", "timestamp": moment.isoformat(timespec="milliseconds"),
        "severity": "info", "message": message, "span_id": None, "project": "shop-backend",
    } | fields  # fmt: skip


def table(rows: list[Row]) -> Row:
    kinds = dict.fromkeys(("sentry.item_id", "timestamp", "severity", "message", "span_id", "project"), "string")
    return {"data": rows, "meta": {"fields": kinds, "units": {}, "dataset": "logs", "dataScanned": "full"}}


def counts(spans: int, errors: int = 0, logs: int = 0) -> Row:
    return {
        "errorsCount": errors, "logsCount": float(logs), "metricsCount": 0.0, "performanceIssuesCount": 0,
        "spansCount": float(spans), "transactionChildCountMap": [], "spansCountMap": {"db": float(spans)},
    }  # fmt: skip


def checkout(event: str = "7c0de" + "1" * 27) -> list[Row]:
    """A request that failed after asking for each product by itself."""
    queries = [
        span(
            10 + number, at=20 + 20 * number, ms=3 + number, op="db",
            description="SELECT name, price FROM products WHERE id = %s",
        )
        for number in range(12)
    ]  # fmt: skip
    charge = span(
        31, at=330, ms=800, op="http.client", description="POST https://pay.acme.test/charge",
        errors=[error(event, 1_120)], **status("deadline_exceeded"),
    )  # fmt: skip
    view = span(
        2, *queries, span(30, at=280, ms=40, op="cache.get", description="rates"), charge,
        span(32, at=1_140, ms=5, op="template.render", description="error.html"),
        at=15, ms=1_150, op="http.server", description="POST /api/checkout", is_transaction=True,
        **status("internal_error"),
    )  # fmt: skip
    page = span(
        1, view, span(40, at=5, ms=8, op="resource.script", description="/app.js", project_slug="shop-web"),
        at=0, ms=1_200, op="pageload", description="/checkout", project_slug="shop-web", is_transaction=True,
    )  # fmt: skip
    return [page]
