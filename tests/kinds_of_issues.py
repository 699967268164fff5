"""Issues that are not errors, each with an event, in the shapes of today's Sentry, with values of ours.

The shapes are those of getsentry/sentry: src/sentry/issue_detection/detectors/, src/sentry/monitors/logic/,
src/sentry/uptime/grouptype.py, src/sentry/incidents/grouptype.py, src/sentry/replays/usecases/ and
src/sentry/feedback/usecases/.
"""

from typing import Any

from sentry.models import Event, Issue

Row = dict[str, Any]
AT = 1_764_010_757.0  # 2025-11-24T18:59:17Z
EVENT = "e0" * 16
TRACE = "7a" * 16


def issue_of(kind: str, category: str, title: str, culprit: str = "", **more: Any) -> Row:
    return {
        "id": "6507376041", "shareId": None, "shortId": "SHOP-BACKEND-41", "title": title, "culprit": culprit,
        "permalink": "https://sentry.example.test/organizations/acme/issues/6507376041/", "logger": None,
        "level": "info", "status": "unresolved", "statusDetails": {}, "substatus": "ongoing", "isPublic": False,
        "platform": "python", "priority": "medium", "priorityLockedAt": None,
        "project": {"id": "4507", "name": "Shop Backend", "slug": "shop-backend", "platform": "python"},
        "type": "generic", "metadata": {"title": title, "initial_priority": 50}, "issueType": kind,
        "issueCategory": category, "numComments": 0, "assignedTo": None, "annotations": [], "isUnhandled": False,
        "count": "1204", "userCount": 87, "firstSeen": "2026-11-20T08:30:00Z", "lastSeen": "2026-11-24T21:39:17Z",
        "firstRelease": None, "lastRelease": None, "activity": [], "stats": {}, **more,
    }  # fmt: skip


def event_of(title: str, occurrence: Row | None, **more: Any) -> Row:
    level = (occurrence or {}).get("level", "info")
    tags = [{"key": "environment", "value": "production"}, {"key": "level", "value": level}]
    return {
        "id": EVENT, "eventID": EVENT, "groupID": "6507376041", "projectID": "4507", "size": 547, "entries": [],
        "dist": None, "message": "", "title": title, "location": None, "user": None,
        "contexts": {"trace": {"trace_id": TRACE, "span_id": "ab" * 8, "type": "trace"}}, "sdk": None, "context": {},
        "packages": {}, "type": "generic", "metadata": {"title": title}, "platform": "python",
        "dateReceived": "2026-11-24T21:39:18Z", "dateCreated": "2026-11-24T21:39:17Z", "errors": [],
        "crashFile": None, "culprit": (occurrence or {}).get("culprit"), "fingerprints": ["d41d8cd98f00b204"],
        "release": None, "userReport": None, "sdkUpdates": [], "resolvedWith": [], "nextEventID": None,
        "previousEventID": None, "occurrence": occurrence, **more, "tags": [*tags, *more.get("tags", [])],
    }  # fmt: skip


def occurrence_of(number: int, title: str, culprit: str = "", **more: Any) -> Row:
    """`data` is its evidenceData, `display` the rows of its evidenceDisplay: name, value, and whether important."""
    display = [{"name": n, "value": value, "important": important} for n, value, important in more.pop("display", [])]
    return {
        "id": "ae" * 16, "projectId": 4507, "eventId": EVENT, "fingerprint": ["ddf744fc1a47831e"],
        "issueTitle": title, "subtitle": more.pop("subtitle", ""), "resourceId": None, "culprit": culprit,
        "evidenceData": more.pop("data", {}), "evidenceDisplay": display, "type": number,
        "detectionTime": 1_795_640_358.1, "level": "info", "priority": 50, "assignee": None, **more,
    }  # fmt: skip


def span(number: int, op: str, text: str, took: float, parent: str = "aa" * 8, **data: Any) -> Row:
    """`took` milliseconds, one span every 50."""
    start = AT + number * 0.05
    return {
        "span_id": f"{number:016x}", "trace_id": TRACE, "parent_span_id": parent, "op": op, "description": text,
        "status": "ok", "hash": "858fea692d4d93e8", "start_timestamp": start, "timestamp": start + took / 1_000,
        "same_process_as_parent": True, "sentry_tags": {"system": "postgresql"}, "data": data,
    }  # fmt: skip


Pair = tuple[Row, Row]
_ORDERS = "SELECT orders.id, orders.total FROM orders WHERE orders.shop_id = %s ORDER BY orders.id DESC LIMIT 25"
_CUSTOMER = "SELECT customers.id, customers.name FROM customers WHERE customers.id = "
_VIEW = "GET /api/orders/"
_REQUEST: Row = {
    "type": "request",
    "data": {"method": "GET", "url": "https://shop.example.test/api/orders/", "query": [["page", "2"]],
             "headers": [["Accept", "application/json"], ["Host", "shop.example.test"]]},
}  # fmt: skip


def _of_transaction(spans: list[Row], **more: Any) -> Row:
    start = {"type": "transaction", "startTimestamp": AT - 0.1, "endTimestamp": AT + 1.9}
    return {**start, "entries": [{"type": "spans", "data": spans}, _REQUEST], **more}


def n_plus_one() -> Pair:
    code: Row = {"code.filepath": "shop/serializers.py", "code.lineno": 41, "code.function": "get_customer"}
    parent = span(0xAA, "django.view", "orders.list", 1_900)
    source = span(1, "db.sql.query", _ORDERS, 18.2)
    queries = [span(2 + n, "db.sql.query", f"{_CUSTOMER}{n + 7}", 11 + n % 3, **code) for n in range(25)]
    data = {
        "transactionName": _VIEW, "op": "db", "parentSpanIds": [parent["span_id"]],
        "parentSpan": "django.view - orders.list", "causeSpanIds": [source["span_id"]],
        "offenderSpanIds": [one["span_id"] for one in queries], "repeatingSpans": f"db - {_CUSTOMER}7",
        "repeatingSpansCompact": f"{_CUSTOMER}7", "numRepeatingSpans": "25", "detectorId": 77,
    }  # fmt: skip
    found = occurrence_of(
        1006, "N+1 Query", _VIEW, data=data, subtitle=f"{_CUSTOMER}7",
        display=[("Offending Spans", f"db - {_CUSTOMER}7", True)],
    )  # fmt: skip
    issue = issue_of("performance_n_plus_one_db_queries", "db_query", "N+1 Query", _VIEW, priority="low")
    tags = [{"key": "transaction", "value": _VIEW}, {"key": "server_name", "value": "web-3"}]
    return issue, event_of("N+1 Query", found, tags=tags, **_of_transaction([parent, source, *queries]))


def n_plus_one_api() -> Pair:
    url = "https://api.example.test/v1/products/"
    spans = [span(n, "http.client", f"GET {url}{300 + n}?lang=en", 160 + n) for n in range(1, 13)]
    data = {
        "op": "http.client", "causeSpanIds": [], "parentSpanIds": ["aa" * 8], "transactionName": "/cart",
        "offenderSpanIds": [one["span_id"] for one in spans], "numRepeatingSpans": "12",
        "repeatingSpans": "/v1/products/301", "repeatingSpansCompact": f"GET {url}301?lang=en",
        "parameters": ["lang: en"], "pathParameters": [str(300 + n) for n in range(1, 13)],
        "commonUrl": f"{url}*?lang=*",
    }  # fmt: skip
    display = [("Offending Spans", f"http.client - {url}*?lang=*", True)]
    found = occurrence_of(1010, "N+1 API Call", "/cart", data=data, display=display)
    issue = issue_of("performance_n_plus_one_api_calls", "http_client", "N+1 API Call", "/cart", platform="javascript")
    return issue, event_of("N+1 API Call", found, platform="javascript", **_of_transaction(spans))


def slow_query() -> Pair:
    query = "SELECT DISTINCT orders.* FROM orders JOIN items ON items.order_id = orders.id WHERE lower(items.sku) = %s"
    code: Row = {"db.system": "postgresql", "code.filepath": "shop/search.py", "code.lineno": 88}
    slow = span(3, "db.sql.query", query, 1_532.4, **code, **{"code.function": "by_sku"})
    data = {
        "op": "db", "causeSpanIds": [], "parentSpanIds": [], "offenderSpanIds": [slow["span_id"]],
        "transactionName": "GET /api/search/", "repeatingSpans": f"db.sql.query - {query}",
        "repeatingSpansCompact": query, "numRepeatingSpans": "1",
    }  # fmt: skip
    display = [("Offending Spans", f"db.sql.query - {query}", True)]
    found = occurrence_of(1001, "Slow DB Query", "GET /api/search/", data=data, display=display)
    issue = issue_of("performance_slow_db_query", "db_query", "Slow DB Query", "GET /api/search/", priority="low")
    return issue, event_of("Slow DB Query", found, **_of_transaction([span(1, "db.sql.query", "BEGIN", 1), slow]))


def consecutive_queries() -> Pair:
    texts = [_ORDERS, "SELECT count(*) FROM coupons", "SELECT sku FROM bestsellers", "SELECT name FROM categories"]
    spans = [span(n, "db.sql.query", text, 120 + 40 * n) for n, text in enumerate(texts, 1)]
    data = {
        "op": "db", "causeSpanIds": [one["span_id"] for one in spans], "parentSpanIds": [],
        "offenderSpanIds": [one["span_id"] for one in spans[1:]], "transactionName": _VIEW,
        "spanEvidenceKeyValue": [{"key": "Transaction", "value": _VIEW}, {"key": "Starting Span", "value": _ORDERS}],
        "transactionDuration": 2_000.0, "slowSpanDuration": 400.0, "repeatingSpans": f"db - {texts[1]}",
        "repeatingSpansCompact": texts[1],
    }  # fmt: skip
    display = [("Offending Spans", f"db - {texts[1]}", True)]
    found = occurrence_of(1007, "Consecutive DB Queries", _VIEW, data=data, display=display)
    issue = issue_of("performance_consecutive_db_queries", "db_query", "Consecutive DB Queries", _VIEW)
    return issue, event_of("Consecutive DB Queries", found, **_of_transaction(spans))


_SLOWER: Row = {
    "absolutePercentageChange": 1.8810815660491678, "aggregateRange1": 909.7721153846148,
    "aggregateRange2": 1711.3555555555554, "breakpoint": 1_795_392_000, "change": "regression",
    "dataEnd": 1_795_640_400, "dataStart": 1_794_430_800, "project": "4507", "requestEnd": 1_795_640_400,
    "requestStart": 1_795_381_200, "transaction": "POST /oauth/token", "trendDifference": 801.5834401709405,
    "trendPercentage": 1.8810815660491678, "unweightedPValue": 0.0014395802, "unweightedTValue": -3.69,
}  # fmt: skip


def endpoint_regression() -> Pair:
    words = "POST /oauth/token duration increased from 909.77ms to 1711.36ms (P95)"
    found = occurrence_of(
        1018, "Endpoint Regression", "POST /oauth/token", subtitle="Increased from 909.77ms to 1711.36ms (P95)",
        data=_SLOWER, display=[("Regression", words, True), ("Transaction", "POST /oauth/token", True)],
    )  # fmt: skip
    issue = issue_of(
        "performance_p95_endpoint_regression", "metric", "Endpoint Regression", "POST /oauth/token", count="3",
        userCount=0, substatus="regressed",
    )  # fmt: skip
    return issue, event_of("Endpoint Regression", found, tags=[{"key": "transaction", "value": "POST /oauth/token"}])


def function_regression() -> Pair:
    data = {
        **{name: value for name, value in _SLOWER.items() if name not in ("transaction", "change", "project")},
        "aggregateRange1": 100_000_000, "aggregateRange2": 212_000_000, "fingerprint": 3_512_345_678,
        "function": "price_cart", "module": "shop.pricing", "package": "shop", "file": "shop/pricing.py",
        "organizationId": 4501, "projectId": 4507,
    }  # fmt: skip
    words = "Duration increased from 100ms to 212ms (P95)."
    display = [("Regression", words, True), ("Function", "shop.pricing.price_cart", False)]
    found = occurrence_of(2011, "Function Regression", "price_cart", subtitle=words, data=data, display=display)
    issue = issue_of("profile_function_regression", "metric", "Function Regression", "price_cart", userCount=0)
    return issue, event_of("Function Regression", found)


def metric_alert() -> Pair:
    query = {"id": "31", "dataset": "events", "query": "transaction:/checkout level:error", "aggregate": "count()",
             "timeWindow": 300, "environment": "production", "eventTypes": ["error"]}  # fmt: skip
    source = {"id": "9", "organizationId": "4501", "type": "snuba_query_subscription", "sourceId": "21",
              "queryObj": {"id": "21", "status": 1, "subscription": "f00", "snubaQuery": query}}  # fmt: skip
    data = {
        "value": 1_204, "alertId": 42, "dataPacketSourceId": "21", "detectorId": 77, "dataSources": [source],
        "conditions": [
            {"id": "1", "type": "gt", "comparison": 500, "conditionResult": 50},
            {"id": "2", "type": "gt", "comparison": 1_000, "conditionResult": 75},
        ],
        "config": {"thresholdPeriod": 1, "detectionType": "static", "comparisonDelta": None},
    }  # fmt: skip
    words = "Critical: Number of events in the last 5 minutes above 1000"
    found = occurrence_of(8001, "Errors at checkout", data=data, subtitle=words, level="error")
    issue = issue_of("metric_issue", "metric", "Errors at checkout", priority="high", level="error", count="1")
    return issue, event_of("Errors at checkout", found)


def _cron(reason: str, status: str, config: Row) -> Pair:
    title = "Monitor failure: Nightly import"
    monitor = {"id": "0f2e", "slug": "nightly-import", "name": "Nightly import", "config": config, "status": status,
               "type": "cron_job"}  # fmt: skip
    display = [
        ("Failure reason", reason, True),
        ("Environment", "production", False),
        ("Last successful check-in", "2026-11-23T02:00:31.040000+00:00", False),
    ]
    words = "Your monitor has reached its failure threshold."
    found = occurrence_of(4001, title, subtitle=words, display=display, level="error")
    tags = {"monitor.id": "0f2e", "monitor.slug": "nightly-import", "monitor.incident": "981"}
    issue = issue_of("monitor_check_in_failure", "outage", title, level="error", priority="high", userCount=0)
    return issue, event_of(
        title, found, platform="other", tags=[{"key": key, "value": value} for key, value in tags.items()],
        contexts={"monitor": monitor, "trace": {"trace_id": TRACE, "span_id": None}},
    )  # fmt: skip


def cron_missed() -> Pair:
    config = {"schedule": "0 2 * * *", "schedule_type": "crontab", "checkin_margin": 5, "max_runtime": 30,
              "timezone": "Europe/Vienna", "failure_issue_threshold": None, "recovery_threshold": None}  # fmt: skip
    return _cron("A missed check-in was detected", "error", config)


def cron_failed() -> Pair:
    config = {"schedule": [6, "hour"], "schedule_type": 2, "checkin_margin": None, "max_runtime": None,
              "timezone": "UTC", "failure_issue_threshold": 3}  # fmt: skip
    return _cron("2 error and 1 missed check-ins detected", "error", config)


def cron_timeout() -> Pair:
    config = {"schedule": "*/15 * * * *", "schedule_type": 1, "checkin_margin": 1, "max_runtime": 10}
    return _cron("A timeout check-in was detected", "error", config)


def uptime() -> Pair:
    title = "Downtime detected for https://shop.example.test/health"
    display = [
        ("Failure reason", "failure - Received a non-200 response: 503", True),
        ("Duration", "1043ms", False),
        ("Method", "GET", False),
        ("Status Code", "503", False),
    ]
    found = occurrence_of(7001, title, subtitle="Your monitored domain is down", display=display, level="error")
    check = {
        "check_status": "failure", "check_status_reason": "failure", "duration_ms": 1043, "http_status_code": 503,
        "method": "GET", "region": "us-west", "url": "https://shop.example.test/health",
    }  # fmt: skip
    contexts = {"uptime": check, "trace": {"trace_id": TRACE, "span_id": "0" * 16}}
    issue = issue_of("uptime_domain_failure", "outage", title, level="error", priority="high", userCount=0)
    return issue, event_of(title, found, platform="other", tags=[{"key": "uptime_rule", "value": "12"}],
                           contexts=contexts)  # fmt: skip


def rage_click() -> Pair:
    selector = 'body > div#root > main.checkout > form.payment > button.pay.primary[type="submit"]'
    node = {"id": 812, "tagName": "button", "textContent": "Pay now",
            "attributes": {"class": "pay primary", "type": "submit", "aria-label": "Pay now"}}  # fmt: skip
    display = [
        ("Clicked Element", 'button.pay.primary[type="submit"]', True),
        ("Selector Path", selector, True),
        ("React Component Name", "PayButton", True),
    ]
    url = "https://shop.example.test/checkout"
    found = occurrence_of(
        5002, "Rage Click", url, subtitle=selector, data={"node": node, "selector": selector}, display=display,
        level="error",
    )  # fmt: skip
    tags = {"replayId": "c5" * 16, "url": url}
    issue = issue_of("replay_click_rage", "frontend", "Rage Click", url, platform="javascript", level="error")
    return issue, event_of(
        "Rage Click", found, platform="javascript", tags=[{"key": key, "value": value} for key, value in tags.items()],
        contexts={"replay": {"replay_id": "c5" * 16}, "browser": {"name": "Firefox", "version": "144.0"}},
        user={"id": "102", "email": None, "username": None, "ip_address": "203.0.113.7"},
    )  # fmt: skip


def csp() -> Pair:
    title = "Blocked 'image' from 'blob:'"
    policy = (
        "upgrade-insecure-requests; default-src 'none'; script-src 'self' 'unsafe-inline' www.googletagmanager.com "
        "plausible.io player.vimeo.com; style-src 'unsafe-inline'; font-src 'self' fonts.gstatic.com; img-src 'self' "
        "i.vimeocdn.com images.ctfassets.net data:; connect-src 'self' reload.example.test *.algolia.net *.algolia.io "
        "vimeo.com; media-src videos.ctfassets.net; frame-src demo.arcade.software player.vimeo.com"
    )
    page = "https://blog.example.test/how-to-reduce-ttfb/"
    report = {
        "effective_directive": "img-src", "blocked_uri": "blob", "document_uri": page, "original_policy": policy,
        "referrer": "", "status_code": 200, "violated_directive": "img-src", "source_file": f"{page}app.js",
        "line_number": 61, "column_number": 4, "script_sample": "", "disposition": "enforce",
    }  # fmt: skip
    entries = [{"type": "message", "data": {"formatted": title}}, {"type": "csp", "data": report}]
    tags = {"blocked-uri": "blob", "effective-directive": "img-src", "logger": "csp", "url": page}
    issue = issue_of("error", "error", title, "img-src", level="error", platform="other", type="csp")
    return issue, event_of(
        title, None, type="csp", platform="other", message=title, culprit="img-src", entries=entries,
        tags=[{"key": key, "value": value} for key, value in tags.items()],
        contexts={"browser": {"browser": "Brave 142", "name": "Brave", "version": "142", "type": "browser"}},
    )  # fmt: skip


def feedback() -> Pair:
    message = "The checkout button does nothing on my phone.\nI tried it three times."
    title = "User Feedback: The checkout button does nothing on my phone...."
    url = "https://shop.example.test/checkout"
    data = {
        "associatedEventId": "d3" * 16, "contactEmail": "jane@example.com", "message": message, "name": "Jane Doe",
        "source": "new_feedback_envelope", "isSpam": False, "spamDetectionEnabled": True,
        "summary": "The checkout button does nothing on my phone....",
    }  # fmt: skip
    display = [
        ("associated_event_id", "d3" * 16, False),
        ("contact_email", "jane@example.com", False),
        ("message", message, True),
        ("name", "Jane Doe", False),
        ("is_spam", "False", False),
        ("spam_detection_enabled", "True", False),
    ]
    found = occurrence_of(6001, title, "user", subtitle=message, data=data, display=display)
    context = {"message": message, "contact_email": "jane@example.com", "name": "Jane Doe", "url": url,
               "associated_event_id": "d3" * 16, "replay_id": "c5" * 16, "source": "widget"}  # fmt: skip
    tags = {"user.email": "jane@example.com", "associated_event_id": "d3" * 16, "has_linked_error": "true", "url": url}
    issue = issue_of("feedback", "feedback", title, "user", platform="javascript", count="1", userCount=1)
    return issue, event_of(
        title, found, platform="javascript", tags=[{"key": key, "value": value} for key, value in tags.items()],
        contexts={"feedback": context, "replay": {"replay_id": "c5" * 16}}, message=message,
        user={"id": None, "email": "jane@example.com"},
        entries=[{"type": "message", "data": {"formatted": message}}],
    )  # fmt: skip


def unknown() -> Pair:
    """Of a type that nobody has seen, without a single entry."""
    display = [("Agent", "refund-bot", False), ("Loop", "the same tool was called 14 times in a row", True)]
    data = {"toolName": "search_orders", "calls": 14, "arguments": {"query": "late"}, "detectorId": 5}
    found = occurrence_of(19_001, "Agent loop", "refund-bot", display=display, data=data)
    issue = issue_of("agent_redundant_tool_calls", "agent", "Agent loop", "refund-bot")
    return issue, event_of("Agent loop", found, type="future_agent_trace", contexts={})


PAIRS = {
    "n_plus_one": n_plus_one, "n_plus_one_api": n_plus_one_api, "slow_query": slow_query,
    "consecutive_queries": consecutive_queries, "endpoint_regression": endpoint_regression,
    "function_regression": function_regression, "metric_alert": metric_alert, "cron_missed": cron_missed,
    "cron_failed": cron_failed, "cron_timeout": cron_timeout, "uptime": uptime, "rage_click": rage_click, "csp": csp,
    "feedback": feedback, "unknown": unknown,
}  # fmt: skip


def found(pair: Pair, **changes: Any) -> tuple[Issue, Event]:
    """As the client gives them; `changes` are made to the event."""
    issue, event = pair
    return Issue.model_validate(issue), Event.model_validate({**event, **changes})
