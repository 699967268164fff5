"""What an event holds beside its stack trace: user, tags, breadcrumbs, request, contexts, extra."""

import re
from typing import Annotated, Any
from urllib.parse import urlencode

from sentry.models import Breadcrumb as SentryBreadcrumb
from sentry.models import Event, as_list, as_object
from sentry.models import Request as SentryRequest
from views.bounds import compact, line, plain, raw, short
from views.results import OUTSIDER, Detail, Details, Evidence, Known
from views.wording import joined, when

BREADCRUMBS = 60
"""Breadcrumbs that are looked at: the last ones before the crash."""
TOLD_ELSEWHERE = re.compile(
    r"(release|environment|level|user|url|handled|mechanism|transaction|dist|replayId|trace|"
    r"sentry:\w+|(user|os|runtime|browser|device|client_os|app|trace)\..*|runtime|os|browser)"
)
"""Tags that repeat what another section says."""
HEADERS = ("user-agent", "content-type", "referer", "host", "accept", "origin")
"""Headers that are shown first; the others while there is room."""
IN_BRIEF = ("runtime", "os", "browser", "device", "app", "culture")
HIDDEN_EXTRA = ("sys.argv",)


class Breadcrumb(Detail):
    """One step before the crash; `times` in a row."""

    at: Known | None = None
    category: Evidence | None = None
    message: Evidence | None = None
    level: Known | None = None
    data: Details = {}
    times: int = 1

    def line(self) -> str:
        clock = f"{self.at[11:19]} " if self.at else ""
        level = f"{self.level}: " if self.level and self.level not in ("info", "debug", "log") else ""
        again = f" (×{self.times})" if self.times > 1 else ""
        data = f" {compact(self.data, 160)}" if self.data else ""
        return f"  {clock}{self.category or '-'}: {level}{self.message or ''}{data}{again}"


class Request(Detail):
    method: Evidence | None = None
    url: Evidence | None = None
    query: Evidence | None = None
    headers: Details = {}
    cookies: Details = {}
    body: Annotated[Any, OUTSIDER] = None

    def lines(self) -> list[str]:
        query = f"?{self.query}" if self.query and "?" not in (self.url or "") else ""
        lines = [f"Request: {self.method or ''} {self.url or ''}{query}".replace("  ", " ")]
        if self.headers:
            lines.append("  " + "; ".join(f"{name}: {compact(value, 120)}" for name, value in self.headers.items()))
        if self.cookies:
            lines.append(f"  cookies: {', '.join(self.cookies)}")
        if self.body not in (None, "", {}):
            lines.append(f"  body: {compact(self.body, 600)}")
        return lines


def breadcrumbs(event: Event) -> tuple[list[Breadcrumb], int]:
    """The last ones, repeats folded; and how many there were."""
    rows = as_list(event.entry("breadcrumbs").get("values")) or []
    found: list[Breadcrumb] = []
    for row in rows[-BREADCRUMBS:]:
        if as_object(row) is None:
            continue
        one = _breadcrumb(SentryBreadcrumb.model_validate(row))
        last = found[-1] if found else None
        if last and (last.category, last.message, last.data) == (one.category, one.message, one.data):
            last.times += 1
        else:
            found.append(one)
    return found, len(rows)


def _breadcrumb(read: SentryBreadcrumb) -> Breadcrumb:
    return Breadcrumb(
        at=when(read.timestamp),
        category=raw(read.category or read.type),
        message=raw(read.message),
        level=read.level if read.level in ("fatal", "error", "warning", "info", "debug", "log") else None,
        data=as_object(plain(read.data, 2_000)) or {},
    )


def request(event: Event) -> Request | None:
    read = event.request
    if read is None:
        return None
    return Request(
        method=raw(read.method),
        url=raw(read.url),
        query=_query(read),
        headers=_headers(read.headers),
        cookies=_named(read.cookies),
        body=plain(read.data, 6_000) if read.data not in (None, "", {}, []) else None,
    )


def _query(read: SentryRequest) -> str | None:
    if isinstance(read.query, str):
        return raw(read.query.removeprefix("?"))
    return raw(urlencode([(key, str(value)) for key, value in _named(read.query).items()], errors="replace"))


def _headers(value: Any) -> dict[str, Any]:
    named = _named(value)
    ranked = sorted(named, key=lambda name: HEADERS.index(name.lower()) if name.lower() in HEADERS else 99)
    return {name: named[name] for name in ranked}


def _named(value: Any) -> dict[str, Any]:
    """Names and values, which come as an object or as pairs."""
    pairs = [(as_list(pair) or []) for pair in as_list(value) or []]
    named = as_object(value) or {str(pair[0]): pair[1] for pair in pairs if len(pair) == 2}
    return as_object(plain(named, 4_000)) or {}


def user(event: Event) -> dict[str, Any]:
    found = {key: value for key, value in (event.user or {}).items() if value not in (None, "", {})}
    return as_object(plain(found, 1_000)) or {}


def tags(event: Event) -> dict[str, Any]:
    """Those that no other section tells."""
    named = {tag.key: tag.value for tag in event.tags if tag.key and not TOLD_ELSEWHERE.fullmatch(tag.key)}
    return as_object(plain(named, 4_000)) or {}


def contexts(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in (event.contexts or {}).items():
        fields = as_object(value)
        if name == "trace":
            value = {"trace_id": fields.get("trace_id")} if fields else None
        elif fields is not None:
            value = {key: item for key, item in fields.items() if key != "type" and item not in (None, "", {})}
        if value:
            found[name] = value
    return as_object(plain(found, 8_000)) or {}


def extra(event: Event) -> dict[str, Any]:
    found = {key: value for key, value in (event.context or {}).items() if key not in HIDDEN_EXTRA}
    return as_object(plain(found, 8_000)) or {}


def sdk(event: Event) -> str | None:
    return raw(joined([raw((event.sdk or {}).get("name")), raw((event.sdk or {}).get("version"))], " "))


def context_lines(found: dict[str, Any]) -> list[str]:
    """Runtime, system, browser and the like by name on one line, the others one line each."""
    brief = [_in_brief(name, found[name]) for name in IN_BRIEF if name in found]
    lines = [f"Context: {joined(brief)}"] if any(brief) else []
    return lines + [f"{name}: {compact(value, 300)}" for name, value in found.items() if name not in IN_BRIEF]


def _in_brief(name: str, value: Any) -> str:
    fields = as_object(value) or {}
    told = joined([line(fields[key], 60) for key in ("name", "model", "version") if fields.get(key)], " ")
    return f"{name} {told}" if told else f"{name} {compact(value, 100)}"


def details_line(label: str, found: dict[str, Any], length: float) -> list[str]:
    told = ", ".join(f"{name}={compact(value, 120)}" for name, value in found.items())
    return [f"{label}: {line(told, length)}"] if found else []


def shortened(found: dict[str, Any], length: float, items: int) -> dict[str, Any]:
    return as_object(short(found, length, items)) or {}
