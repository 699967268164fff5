"""Answers of Sentry 9 and GlitchTip, for a server that knows nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

INTERNAL_ERROR = (500, {"detail": "Internal Error"})
NOTHING: tuple[int, list[Any]] = (200, [])
NOW = datetime.now(UTC)
SHOP = {"slug": "shop", "id": "7", "hasAccess": True}
PROJECTS = {"GET /organizations/acme/projects/": (200, [SHOP]), "GET /projects/acme/shop/": (200, SHOP)}


def seen(number: int, ago: timedelta, **fields: Any) -> dict[str, Any]:
    """An issue as GlitchTip lists it."""
    link = f"http://glitchtip.test/acme/issues/{number}"
    return {"id": str(number), "permalink": link, "lastSeen": (NOW - ago).isoformat(), **fields}


LISTED = [seen(1, timedelta(hours=1)), seen(2, timedelta(hours=30)), seen(3, timedelta(days=20))]
