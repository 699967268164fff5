"""Webhooks as Sentry sends them, and an inbox as tests fill it."""

import hashlib
import hmac
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from wire import ROOT

from alerts.alert import Happening, Kind, Stored
from alerts.file import FileInbox

SECRET = "client-secret-for-tests"
"""With which the recorded ones are signed."""
RECORDED = ROOT / "tests" / "recorded" / "sentry-9.1.2" / "webhooks"


def recorded(name: str) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of one that a real Sentry 9.1.2 has sent."""
    return (RECORDED / f"{name}.body").read_bytes(), json.loads((RECORDED / f"{name}.headers.json").read_text())


def signed(body: bytes, resource: str = "issue", secret: str = SECRET) -> dict[str, str]:
    """Headers as Sentry sends them with it."""
    return {
        "Content-Type": "application/json",
        "Request-ID": "5c2355a1c059490bb1188e11c99e0e8d",
        "Sentry-Hook-Resource": resource,
        "Sentry-Hook-Timestamp": "1795557369",
        "Sentry-Hook-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }


def issue_body(number: int = 78, action: str = "created", **more: Any) -> bytes:
    issue = {
        "id": str(number),
        "shortId": f"SHOP-{number}",
        "title": "KeyError: 'SUMMER'",
        "level": "error",
        "status": "unresolved",
        "firstSeen": "2026-11-24T21:56:48.736318Z",
        "lastSeen": "2026-11-24T21:56:48.736318Z",
        "project": {"id": "2", "slug": "shop", "name": "Shop", "platform": "python"},
        "web_url": f"https://acme.sentry.io/issues/{number}/",
        "project_url": "https://sentry.io/api/0/projects/acme/shop/",
        **more,
    }
    content = {"action": action, "data": {"issue": issue}, "actor": {"type": "application", "id": "sentry"}}
    return json.dumps(content).encode()


async def post(url: str, body: bytes, headers: dict[str, str] | None = None, path: str = "/webhooks/sentry") -> Any:
    async with httpx.AsyncClient(base_url=url.removesuffix("/mcp"), timeout=20) as client:
        return await client.post(path, content=body, headers=headers if headers is not None else signed(body))


def happening(number: int = 1, kind: Kind = Kind.CREATED, happened: float = 1_000.0, **more: Any) -> Happening:
    fields: dict[str, Any] = {
        "about": f"issue:{number}",
        "organization": "acme",
        "project": "shop",
        "issue": str(number),
        "short_id": f"SHOP-{number}",
        "title": "KeyError: 'SUMMER'",
    }
    return Happening(kind=kind, happened=happened, **{**fields, **more})


@asynccontextmanager
async def inbox_in(file: Path, *told: Happening) -> AsyncGenerator[FileInbox]:
    async with FileInbox.opened(file) as inbox:
        if told:
            await inbox.store(told, "webhook")
        yield inbox


async def kept(file: Path, *told: Happening) -> list[Stored]:
    async with FileInbox.opened(file) as inbox:
        return await inbox.store(told, "webhook")
