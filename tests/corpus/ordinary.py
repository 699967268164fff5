"""An ordinary event and issue with every section filled, in the Web API's shape, for something odd to be put in.

Shape: https://docs.sentry.io/api/events/retrieve-an-event-for-a-project/
"""

from typing import Any

EVENT_ID = "0123456789abcdef0123456789abcdef"


def _frame(number: int) -> dict[str, Any]:
    return {
        "filename": f"shop/pay{number}.py",
        "absPath": f"/srv/shop/pay{number}.py",
        "module": f"shop.pay{number}",
        "function": f"pay{number}",
        "package": None,
        "symbol": None,
        "instructionAddr": None,
        "lineNo": 7,
        "colNo": None,
        "inApp": number > 0,
        "context": [[6, "def pay(order):"], [7, "    return charge(order)"], [8, ""]],
        "vars": {"order": "<Order 7>", "lines": ["a", {"sku": "SKU-7"}]},
    }


def ordinary_event() -> dict[str, Any]:
    """One event with every section filled."""
    raised = {
        "type": "PaymentError",
        "value": "card declined",
        "module": "shop.errors",
        "threadId": "1",
        "mechanism": {"type": "django", "handled": False},
        "stacktrace": {"frames": [_frame(0), _frame(1)]},
    }
    thread = {"id": "1", "name": "worker", "crashed": True, "current": True, "stacktrace": None}
    crumb = {
        "type": "http",
        "category": "httplib",
        "level": "info",
        "message": "POST",
        "timestamp": "2026-11-24T21:39:16Z",
        "data": {"url": "https://stock.example.test/", "status_code": 200},
    }
    request = {
        "method": "POST",
        "url": "https://shop.example.test/pay",
        "query": [["ref", "mail"]],
        "headers": [["Content-Type", "application/json"], ["X-Request-Id", "r7"]],
        "cookies": [["theme", "dark"]],
        "data": {"order": 7},
        "env": {"SERVER_NAME": "web1"},
    }
    return {
        "id": EVENT_ID,
        "eventID": EVENT_ID,
        "groupID": "5",
        "projectID": "2",
        "previousEventID": None,
        "nextEventID": "f" * 32,
        "title": "PaymentError: card declined",
        "message": "card declined",
        "culprit": "shop.pay in pay1",
        "location": "shop/pay1.py",
        "platform": "python",
        "type": "error",
        "dateCreated": "2026-11-24T21:39:17.192Z",
        "metadata": {"type": "PaymentError", "value": "card declined"},
        "tags": [{"key": "environment", "value": "production"}, {"key": "region", "value": "eu"}],
        "user": {"id": "102", "username": "bob", "email": None, "name": "Bob", "data": {"plan": "gold"}},
        "contexts": {"runtime": {"name": "CPython", "version": "3.11.7"}, "order": {"id": "7"}},
        "context": {"attempt": 2, "cart": {"id": "c7"}},
        "release": {"version": "shop@1.4.2", "shortVersion": "1.4.2"},
        "dist": "7",
        "sdk": {"name": "sentry.python", "version": "2.40.0"},
        "errors": [{"type": "invalid_data", "message": "Discarded invalid value", "data": {"name": "tags.x"}}],
        "fingerprints": ["aaaabbbbccccddddeeeeffff00001111"],
        "entries": [
            {"type": "exception", "data": {"values": [{**raised, "type": "IOError", "threadId": None}, raised]}},
            {"type": "threads", "data": {"values": [thread]}},
            {"type": "breadcrumbs", "data": {"values": [crumb, {**crumb, "data": None}]}},
            {"type": "request", "data": request},
            {"type": "message", "data": {"formatted": "paid 7", "message": "paid %s"}},
            {
                "type": "csp",
                "data": {"blocked_uri": "https://cdn.example.test/", "effective_directive": "script"},
            },
            {"type": "template", "data": {"filename": "pay.html", "context_line": "{{ order }}"}},
        ],
    }


def ordinary_issue() -> dict[str, Any]:
    """One issue with every field filled."""
    return {
        "id": "5",
        "shortId": "SHOP-1",
        "title": "PaymentError: card declined",
        "culprit": "shop.pay in pay1",
        "permalink": "https://sentry.example.test/organizations/acme/issues/5/",
        "level": "error",
        "status": "unresolved",
        "statusDetails": {},
        "substatus": "ongoing",
        "priority": "high",
        "platform": "python",
        "type": "error",
        "issueType": "error",
        "issueCategory": "error",
        "metadata": {"type": "PaymentError", "value": "card declined", "filename": "shop/pay1.py", "function": "pay1"},
        "project": {"id": "2", "slug": "shop", "name": "Shop", "platform": "python"},
        "count": "14",
        "userCount": 3,
        "firstSeen": "2026-11-21T23:51:17.192Z",
        "lastSeen": "2026-11-24T21:39:17.192Z",
        "assignedTo": {"type": "user", "id": "7", "name": "Ann Lee", "email": None},
        "firstRelease": {"version": "shop@1.4.0", "shortVersion": "1.4.0"},
        "lastRelease": {"version": "shop@1.4.2", "shortVersion": "1.4.2"},
        "stats": {"24h": [[1795467600.0, 0], [1795471200.0, 4]]},
        "tags": [{"key": "region", "name": "Region", "totalValues": 14}],
        "activity": [{"type": "note", "dateCreated": "2026-11-24T21:39:17Z", "data": {"text": "on it"}, "user": None}],
        "annotations": [{"displayName": "SHOP-77", "url": "https://tracker.example.test/SHOP-77"}],
        "pluginIssues": [{"issue": {"label": "#7", "url": "https://tracker.example.test/7"}}],
        "isUnhandled": True,
        "numComments": 1,
    }
