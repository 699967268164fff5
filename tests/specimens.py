"""Issues and events for tests and benchmarks: recorded ones, and one as large as they come."""

import json
from pathlib import Path
from typing import Any

from sentry.models import Event, Issue

Row = dict[str, Any]
RECORDED = Path(__file__).parent / "recorded"


def recorded(name: str) -> Any:
    return json.loads((RECORDED / name).read_text())


def python_issue() -> Issue:
    return Issue.model_validate(recorded("python_issue.json"))


def python_event() -> Event:
    """A KeyError in a Starlette application: 3 of 16 calls are its own."""
    return Event.model_validate(recorded("python_event.json"))


def frame(number: int, *, in_app: bool = True, local: str = "") -> dict[str, Any]:
    line = 100 + number
    return {
        "filename": f"shop/pricing/module_{number}.py",
        "absPath": f"/srv/shop/pricing/module_{number}.py",
        "module": f"shop.pricing.module_{number}",
        "function": f"compute_step_{number}",
        "lineNo": line,
        "colNo": None,
        "inApp": in_app,
        "context": [
            [at, f"        value_{at} = compute(previous, rate={at}, currency='EUR')  # step {at} of {line}"]
            for at in range(line - 5, line + 6)
        ],
        "vars": {
            "self": f"<shop.pricing.Step object at 0x7f{number:08x}>",
            "customer": {"id": str(number), "name": "'Ada Lovelace'", "tags": ["'gold'", "'eu'", "'beta'"]},
            "amount": str(number * 1.5),
            "rows": [{"sku": f"'SKU-{n}'", "quantity": str(n)} for n in range(10)],
            "statement": f"'SELECT * FROM prices WHERE step = {number} AND valid_from < now() ORDER BY sku DESC'",
            **({"payload": local} if local else {}),
        },
    }


def large_event() -> dict[str, Any]:
    """120 calls x 2 exceptions, a 20 kB local, a 50 kB context, 30 kB of extra, 150 breadcrumbs."""
    words = "the quick brown fox jumps over the lazy dog near order 4711 at 10.5 EUR; "
    text = words * 800

    def stack(last: str) -> dict[str, Any]:
        return {"frames": [frame(n, in_app=n % 3 == 0, local=last if n == 119 else "") for n in range(120)]}

    causes = [
        {
            "type": "ConnectionResetError",
            "value": "[Errno 104] Connection reset by peer: stock.example.test",
            "module": "builtins",
            "stacktrace": stack(text[:20_000]),
        },
        {
            "type": "PricingError",
            "value": "no price for SKU-7 in EUR",
            "module": "shop.errors",
            "mechanism": {"type": "starlette", "handled": False},
            "stacktrace": stack(text[:20_000]),
        },
    ]
    crumbs = [
        {
            "type": "default",
            "category": "query",
            "level": "info",
            "message": f"SELECT * FROM prices WHERE sku = %s AND step = {n}",
            "timestamp": f"2026-11-24T21:3{n // 60}:{n % 60:02}.000Z",
            "data": {"rows": n, "statement": words},
        }
        for n in range(150)
    ]
    return {
        "id": "5c8edffb7e5444b29faa229b8e83d319",
        "eventID": "5c8edffb7e5444b29faa229b8e83d319",
        "groupID": "5",
        "projectID": "2",
        "title": "PricingError: no price for SKU-7 in EUR",
        "platform": "python",
        "dateCreated": "2026-11-24T21:39:17.192Z",
        "tags": [{"key": "environment", "value": "production"}, {"key": "region", "value": "eu"}],
        "user": {"id": "102", "username": "bob"},
        "contexts": {"runtime": {"name": "CPython", "version": "3.11.7"}, "order": {"dump": text[:50_000]}},
        "context": {f"setting_{n}": text[:1_000] for n in range(30)},
        "entries": [
            {"type": "exception", "data": {"values": causes, "hasSystemFrames": True}},
            {"type": "breadcrumbs", "data": {"values": crumbs}},
            {
                "type": "request",
                "data": {
                    "method": "POST",
                    "url": "https://shop.example.test/api/prices",
                    "headers": [["Content-Type", "application/json"], ["User-Agent", "curl/8"]],
                    "data": {"items": [words] * 40},
                },
            },
        ],
    }


def raised(platform: str, frames: list[dict[str, Any]], kind: str = "Error", value: str = "boom") -> Event:
    """An event of one exception."""
    return chained(platform, [{"type": kind, "value": value, "stacktrace": {"frames": frames}}])


def chained(platform: str, values: list[dict[str, Any]], **more: Any) -> Event:
    """An event of some exceptions, the oldest cause first."""
    return Event.model_validate(
        {
            "eventID": "a" * 32,
            "groupID": "7",
            "platform": platform,
            "title": f"{values[-1].get('type')}: {values[-1].get('value')}",
            "entries": [{"type": "exception", "data": {"values": values}}],
            **more,
        }
    )


def call(function: str, line: int = 1, *, file: str = "shop.py", ours: bool = True, **more: Any) -> dict[str, Any]:
    """One frame with a line of source."""
    return {
        "filename": file,
        "function": function,
        "lineNo": line,
        "inApp": ours,
        "context": [[line, f"    return {function}({line})"]],
        **more,
    }


def source(first: int, text: str) -> list[list[Any]]:
    """Sentry's numbered lines."""
    return [[number, line] for number, line in enumerate(text.strip("\n").split("\n"), first)]


def of(*entries: Row, **fields: Any) -> Event:
    return Event.model_validate({"eventID": "b" * 32, "entries": list(entries), **fields})
