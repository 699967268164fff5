"""Each live test runs against the embedded Sentry, and against each server that a file names:

    SENTRY_MCP_LIVE_SERVERS=servers.toml pytest tests/live

    [old]
    url = "https://sentry.example.com"
    token = "..."
    organization = "acme"
    read_only_token = "..."        # optional: a token without event:write
    weak_token = "..."             # optional: one without event:read
    assignee = "ann@example.com"   # optional: somebody to assign issues to

A server must hold an unresolved issue with an event. Its newest one is resolved, reopened, commented on and more, and
put back (`Place.put_back`); what stays is the activity that tells of it.
"""

from typing import Any

import broken
import httpx
import pytest
import sentry_sdk
from live.places import COMMIT, EMBEDDED, Place, named_servers
from sending import ago, failure
from wire import Sentry

SERVERS = {place.name: place for place in named_servers()}
OF_THE_EMBEDDED = "developer@local.invalid"


@pytest.fixture(params=[EMBEDDED, *SERVERS])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param in SERVERS:
        return SERVERS[request.param]
    sentry: Sentry = request.getfixturevalue("sentry")
    _captured(sentry)
    return Place(
        EMBEDDED,
        sentry.embedded.url,
        sentry.token,
        sentry.organization,
        read_only_token=sentry.store.create_token(sentry.organization, ["event:read", "project:read", "org:read"]),
        weak_token=sentry.store.create_token(sentry.organization, ["project:read", "org:read"]),
        assignee=OF_THE_EMBEDDED,
    )


def _captured(sentry: Sentry) -> None:
    """Issues whose orders by each sort differ; the one seen last was first seen before the others but one."""
    for days, group in ((20, "old"), (2, "again")):
        old: Any = failure(value=group, timestamp=ago(days=days), fingerprint=[group], release="shop@1.3.0")
        sender = sentry_sdk.Client(sentry.dsn())
        sender.capture_event(old)
        sender.close()
    for user in ("1", "2"):
        sentry.capture(broken.checkout, user={"id": user}, tags={"plan": "free"})
    docs = sentry.store.create_project(sentry.organization, "docs", platform="python")
    sentry.capture(broken.low_stock, project=docs, release="docs@1")
    sentry.capture(broken.divide, fingerprint=["again"])
    httpx.post(
        f"{sentry.embedded.url}/api/0/organizations/{sentry.organization}/releases/",
        headers={"Authorization": f"Bearer {sentry.token}"},
        json={"version": "shop@1.4.0", "projects": ["shop"], "commits": [{"id": COMMIT, "repository": "acme/shop"}]},
    ).raise_for_status()
