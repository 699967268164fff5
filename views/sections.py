"""What an event holds beside its stack trace: user, tags, breadcrumbs, request, contexts, extra."""

import re
from datetime import datetime
from typing import Annotated, Any, Self

from sentry.models import Breadcrumb as SentryBreadcrumb
from sentry.models import Entry, Event
from sentry.models import Frame as SentryFrame
from sentry.models import Request as SentryRequest
from sentry.values import Json, as_list, as_object
from views.bounds import DETAIL, brief, briefs, compact, cut, line, plain, plain_object, raw, rows
from views.headers import ranked
from views.results import OUTSIDER, Detail, Details, Evidence, Moment, Word
from views.secrets.redaction import REDACTED
from views.wording import LEVELS, joined, when

BREADCRUMBS = 50
"""Breadcrumbs that are looked at: the last ones before the crash."""
TOLD_ELSEWHERE = re.compile(
    r"(release|environment|level|user|url|handled|mechanism|transaction|dist|replayId|trace|"
    r"sentry:\w+|(user|os|runtime|browser|device|client_os|app|trace)\..*|runtime|os|browser|client_os|device)"
)
"""Tags that repeat what another section says."""
NAMED = ("runtime", "browser", "os", "client_os", "device", "app")
"""Contexts that are told by name and version on one line."""
DULL = (
    "trace",
    "culture",
    "gpu",
    "cloud_resource",
    "otel",
    "profile",
    "replay",
    "organization",
    "missing_instrumentation",
)
"""Contexts that explain no error: an event shows them, an issue does not."""
HIDDEN_EXTRA = ("sys.argv",)


class Breadcrumb(Detail):
    """One step before the crash; `times` in a row."""

    at: Moment | None = None  # seconds from the event, `-1.9s`; without those, the moment
    category: Evidence | None = None
    message: Evidence | None = None
    level: Word | None = None
    data: Details = {}
    times: int = 1

    def line(self) -> str:
        """`-1.9s query: SELECT ... {rows: 2}`."""
        level = f"{self.level}: " if self.level in ("fatal", "error", "warning") else ""
        data = _http(self.data) if "url" in self.data else f" {compact(self.data, 160)}" if self.data else ""
        again = f" ({self.times} times)" if self.times > 1 else ""
        text = line(f"{level}{self.message or ''}{data}", 400)
        return joined([self.at, f"{self.category or '-'}: {text}{again}"], " ")

    def shown(self, scale: float) -> Self:
        found = self.model_copy(update={"data": briefs(self.data, 80 * scale, 6)})
        return found.with_texts(line, category=60, message=200 * scale)


class Request(Detail):
    method: Evidence | None = None
    url: Evidence | None = None
    query: Annotated[Any, OUTSIDER] = None
    headers: Details = {}
    cookies: Details = {}
    body: Annotated[Any, OUTSIDER] = None

    def lines(self) -> list[str]:
        fields = as_object(self.query)
        pairs = "&".join(f"{name}={value}" for name, value in fields.items()) if fields else str(self.query or "")
        query = f"?{line(pairs, 300)}" if pairs and "?" not in (self.url or "") else ""
        lines = [f"Request: {self.method or ''} {self.url or ''}{query}".replace(":  ", ": ")]
        if self.headers:
            lines.append("  " + "; ".join(f"{name}: {compact(value, 120)}" for name, value in self.headers.items()))
        if self.cookies:
            more = f" {found}" if (found := self.cookies.get("…")) else ""
            lines.append(f"  cookies: {', '.join(self.cookies)}{more}")
        if self.body is not None:
            lines.append(f"  body: {compact(self.body, 2_000)}")
        return lines

    def shown(self, scale: float) -> Self:
        found = self.model_copy(
            update={
                "headers": briefs(self.headers, 100 * scale, int(6 * scale) + 4),
                "cookies": briefs(self.cookies, 40, 8),
                "body": brief(self.body, 400 * scale),
                "query": brief(self.query, 200 * scale),
            }
        )
        return found.with_texts(line, method=20, url=300)

    def in_brief(self) -> Self:
        return self.model_copy(update={"headers": briefs(self.headers, 60, 2), "cookies": {}, "body": None})


def _http(data: dict[str, Any]) -> str:
    """Of a request that was made: `GET https://... 200`, and what else is known."""
    request = joined([str(data.get("method") or ""), str(data["url"]), str(data.get("status_code") or "")], " ")
    rest = {key: value for key, value in data.items() if key not in ("method", "url", "status_code")}
    return request + (f" {compact(rest, 120)}" if rest else "")


def _offset(moment: datetime | None, crash: datetime | None) -> str | None:
    seconds = (moment - crash).total_seconds() if moment and crash else None
    return when(moment) if seconds is None or abs(seconds) > 10_000 else f"{seconds:+.1f}s"


def breadcrumbs(event: Event) -> tuple[list[Breadcrumb], int]:
    """The last ones, repeats folded; and how many there were."""
    found: list[Breadcrumb] = []
    every = rows(event.entry("breadcrumbs").get("values"))
    for row in every[-BREADCRUMBS:]:
        one = _breadcrumb(SentryBreadcrumb.model_validate(row), event.date_created)
        last = found[-1] if found else None
        if last and (last.category, last.message, last.data) == (one.category, one.message, one.data):
            found[-1] = last.model_copy(update={"times": last.times + 1, "at": one.at})
        else:
            found.append(one)
    return found, len(every)


def _breadcrumb(read: SentryBreadcrumb, crash: datetime | None) -> Breadcrumb:
    return Breadcrumb(
        at=_offset(read.timestamp, crash),
        category=raw(read.category or read.type),
        message=raw(read.message),
        level=read.level if read.level in LEVELS else None,
        data=plain_object(read.data, 2_000),
    )


def request(event: Event, *, whole: bool) -> Request | None:
    """All headers and cookies, or only the headers that may explain an error."""
    read = event.request
    if read is None:
        return None
    headers = _named(read.headers)
    cookies = _named(read.cookies) if whole else {}
    some = ranked(headers, event, whole=whole)
    return Request(
        method=raw(read.method),
        url=raw(read.url),
        query=_query(read),
        headers={name: headers[name] for name in some if not (cookies and name.lower() == "cookie")},
        cookies=cookies,
        body=plain(read.data, 6_000) if read.data not in ("", {}, []) else None,
    )


def _query(read: SentryRequest) -> str | dict[str, Any] | None:
    """As it came: encoding it would hide from redaction what is secret in it."""
    return raw(read.query.removeprefix("?")) if isinstance(read.query, str) else _named(read.query) or None


def _named(value: Any) -> dict[str, Any]:
    """Names and values, which come as an object or as pairs."""
    pairs = [(as_list(pair) or []) for pair in as_list(value) or []]
    return plain_object(as_object(value) or {str(pair[0]): pair[1] for pair in pairs if len(pair) == 2}, 4_000)


def user(event: Event) -> dict[str, Any]:
    return plain_object(_filled(event.user or {}), 1_000)


def user_words(found: dict[str, Any]) -> str:
    """What is redacted about a user is not worth its tokens."""
    rest = {key: value for key, value in found.items() if value != REDACTED}
    return compact(rest, 160) if rest else ""


def tags(event: Event) -> dict[str, Any]:
    """Those that no other section tells."""
    named = {tag.key: tag.value for tag in event.tags if tag.key and not TOLD_ELSEWHERE.fullmatch(tag.key)}
    return plain_object(named, 4_000)


def contexts(event: Event, *, whole: bool) -> dict[str, Any]:
    """Those that may explain an error, or all."""
    found: dict[str, Any] = {}
    for name, value in (event.contexts or {}).items():
        if name in DULL and not whole:
            continue
        fields = as_object(value)
        if value := _filled(fields) if fields is not None else value:
            found[name] = value
    return plain_object(found)


def extras(event: Event) -> dict[str, Any]:
    return plain_object({key: value for key, value in (event.context or {}).items() if key not in HIDDEN_EXTRA})


def sdk(event: Event) -> str | None:
    found = event.sdk or {}
    return joined([raw(found.get("name")), raw(found.get("version"))], " ") or None


def problems(event: Event) -> list[dict[str, Any]]:
    """What Sentry could not do with the event: source maps that it did not find, values that it cut."""
    found: list[dict[str, Any]] = []
    for row in rows(event.errors)[:20]:
        worth_reading = {"message": row.get("message") or row.get("type"), "data": row.get("data")}
        if (problem := plain_object(_filled(worth_reading), 2_000)) not in ({}, *found):
            found.append(problem)
    return found[:5]


def problem_line(found: dict[str, Any]) -> str:
    rest = {name: value for name, value in found.items() if name != "message"}
    return joined(
        ["Sentry noted:", str(found.get("message", "")), *(compact(value, 200) for value in rest.values())], " "
    )


def other(entry: Entry) -> Json:
    """An entry of an unusual type, without what is empty; a template's source as it stands there."""
    fields = as_object(entry.data)
    if fields is None:
        return plain(entry.data, 4_000)
    if entry.type == "template":
        return _template(SentryFrame.model_validate(fields))
    return plain({key: value for key, value in fields.items() if value not in (None, "", {}, [])}, 4_000)


def _template(read: SentryFrame) -> Json:
    before, here, after = read.source()
    first = (read.line_no or 0) - len(before)
    lines = [*before[-5:], here or "", *after[:5]] if here is not None else []
    marked = [
        f"{'>' if n == read.line_no else ' '}{n} {text[:DETAIL].rstrip()}"
        for n, text in enumerate(lines, first + max(0, len(before) - 5))
    ]
    return plain({"filename": read.filename or read.abs_path, "line": read.line_no, "source": marked}, 4_000)


def other_lines(found: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for name, value in found.items():
        fields = as_object(value) or {}
        source = as_list(fields.get("source")) if name == "template" else None
        rest = {key: item for key, item in fields.items() if key != "source"} if source is not None else value
        lines += [f"{name}: {compact(rest, 2_000)}", *map(str, source or [])]
    return lines


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != "type" and value not in (None, "", {}, [])}


def brief_contexts(found: dict[str, Any], length: float, items: int) -> dict[str, Any]:
    """Shorter, but for what names the runtime, the system, the browser: it is told in a few words anyhow."""
    named = {name: brief(value, max(length, 250), 8) for name, value in found.items() if name in NAMED}
    return {name: named.get(name, value) for name, value in briefs(found, length, items).items()}


def context_lines(found: dict[str, Any]) -> list[str]:
    """Runtime, system, browser and the like by name on one line, the others one line each."""
    names = [_by_name(found[name]) for name in NAMED if name in found]
    lines = [f"Context: {joined(dict.fromkeys(names))}"] if any(names) else []
    return lines + [f"{name}: {compact(value, 400)}" for name, value in found.items() if name not in NAMED]


def _by_name(value: Any) -> str:
    fields = as_object(value) or {}
    named = joined([line(fields[key], 60) for key in ("name", "model", "version") if fields.get(key)], " ")
    return named or compact(value, 100)


def details_line(label: str, found: dict[str, Any], length: float) -> list[str]:
    pairs = ", ".join(f"{name}={compact(value, 300)}" for name, value in found.items())
    return [f"{label}: {cut(pairs, length)}"] if found else []
