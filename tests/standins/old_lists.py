"""Lists of issues as Sentry 9 keeps and pages them: by project, and by the value of what they are sorted by."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS = {"date": "lastSeen", "new": "firstSeen", "freq": "count"}


@dataclass
class OldLists:
    """By project the value of each issue, by its ID: microseconds since 1970, or how often it was seen.

    `heeds_cursors` is whether a page begins where a cursor says, or always at the top.
    """

    projects: dict[str, dict[str, int]]
    heeds_cursors: bool = True
    asked: list[str] = field(default_factory=list[str])

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/0").strip("/").split("/")
        self.asked.append(str(request.url))
        match path:
            case ["organizations"]:
                return httpx.Response(200, json=[{"slug": "acme", "require2FA": False, "isEarlyAdopter": False}])
            case ["organizations", "acme", "projects"]:
                return httpx.Response(200, json=[{"slug": slug} for slug in self.projects])
            case ["organizations", "acme", "issues"]:
                return httpx.Response(500, json={"detail": "Internal Error"})
            case ["projects", "acme", slug, "issues"]:
                return self._page(slug, dict(request.url.params))
            case _:
                return httpx.Response(404)

    def _page(self, project: str, asked: dict[str, str]) -> httpx.Response:
        sort, limit = asked.get("sort", "date"), int(asked["limit"])
        value, offset, _ = (int(part) for part in asked.get("cursor", "0:0:0").split(":"))
        scale = 1 if sort == "freq" else 1_000
        if not self.heeds_cursors:
            value, offset = 0, 0
        rows = sorted(self.projects[project].items(), key=lambda row: row[1], reverse=True)
        rows = [row for row in rows if not value or row[1] <= value * scale]
        page, rest = rows[offset : offset + limit], rows[offset + limit :]
        following = 'rel="next"; results="false"; cursor="0:0:0"'
        if rest:
            next_value = math.ceil(rest[0][1] / scale)
            equal = [row for row in page if math.ceil(row[1] / scale) == next_value]
            skipped = len(equal) + (offset if len(equal) == len(page) and next_value == value else 0)
            following = f'rel="next"; results="true"; cursor="{next_value}:{skipped}:0"'
        body = [_issue(project, name, sort, value) for name, value in page]
        return httpx.Response(200, json=body, headers={"Link": f"<http://sentry/>; {following}"})


def _issue(project: str, name: str, sort: str, value: int) -> dict[str, Any]:
    """Times are shown cut to milliseconds."""
    seen = EPOCH + timedelta(milliseconds=value // 1_000)
    shown = str(value) if sort == "freq" else seen.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": name, FIELDS[sort]: shown, "permalink": f"http://sentry/acme/{project}/issues/1/"}
