"""What an answer of Sentry's means: its JSON, or the error it stands for. Pure, no I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from sentry.errors import (
    LATER,
    BadResponseError,
    DeadlineError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    SentryError,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
)
from sentry.models import SentryModel
from sentry.models.pages import Page
from sentry.site import Site
from sentry.steps import Steps
from sentry.transport.bodies import MAX_ERROR_BODY, Sent
from sentry.transport.links import next_cursor, total_rows
from sentry.transport.parsing import Content, parse
from sentry.transport.reading import ROWS, Reading, TooLargeError, reading
from sentry.transport.waits import asked_wait, retry_after
from sentry.values import Json, as_list, as_object

M = TypeVar("M", bound=SentryModel)

ASK_LESS = "Ask for less: a narrower query or a smaller limit."
"""What to do about an answer that is too large."""
PAGE = 100
"""Rows that are asked for at once, at most, where a list takes a limit."""
MAX_QUOTE = 2_000
"""Characters of Sentry's own words that an error carries: more than are shown, so that no cut hides half a secret."""
_SLUG = re.compile(r"[a-z0-9_-]{1,100}")
_SITE = re.compile(r"https?://(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?", re.IGNORECASE)


class RouteMissingError(BadResponseError):
    """This server has no such route, which says nothing about the object; another route may.

    `otherwise` is the error to tell if no other route helps, `is_page` whether a web page came instead of JSON.
    """

    otherwise: SentryError | None = None

    @property
    def is_page(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


def missing_instead(error: SentryError) -> RouteMissingError:
    """The same failure as a reason to ask otherwise, not to give up: it is told if no other route helps."""
    missing = RouteMissingError(error.message, status_code=error.status_code, sentry=error.sentry)
    missing.otherwise = error
    return missing


@dataclass(frozen=True)
class Reply:
    """A good answer of `host`: its JSON, the bytes it takes, and of a list the cursor of the next page,
    whether it is without its last rows, as there were too many, and how many there are in all, where that is said.
    `sent` is what other servers are to have of it."""

    body: Json
    host: str
    next_cursor: str | None = None
    memory: int = 0
    is_cut: bool = False
    total: int | None = None
    sent: Sent | None = None


def interpret(
    status: int,
    headers: Mapping[str, str],
    content: Content,
    *,
    wanted: str,
    host: str,
    scope: str,
    token: str,
    parsed_by: Reading = reading,
) -> Steps[Reply]:
    """The reply in an answer, or the error it stands for, raised.

    `wanted` names what was asked for ("Issue SHOP-1"), `host` who was asked, `scope` what a token needs for it, all for
    messages. The `token` stands in none: a server, or a page in between, may echo what it was sent. `parsed_by` reads
    the JSON of a good answer.
    """
    is_html = headers.get("content-type", "").partition(";")[0].strip() == "text/html"
    if 200 <= status < 300:
        return (yield from _good(status, headers, content, parsed_by, is_html=is_html, host=host))
    body = _json_or_none(content)
    said = sentry_words(body, token)
    it = wanted[:1].lower() + wanted[1:]  # within a sentence
    match status:
        case 404 if said is not None:
            raise NotFoundError(
                f"{wanted} was not found. Check the spelling, and that the token may see it.",
                status_code=404,
                sentry=said,
            )
        case 404 | 405:
            raise RouteMissingError(
                f"{host} has no route for {it}. If this is unexpected, check sentry_url.",
                status_code=status,
            )
        case 401:
            raise UnauthorizedError(
                "Sentry does not accept the token: it is invalid, expired or of another Sentry. "
                "The server has it from SENTRY_AUTH_TOKEN, SENTRY_ACCESS_TOKEN or SENTRY_AUTH_TOKEN_FILE.",
                status_code=401,
                sentry=said,
            )
        case 403:
            forbidden = ForbiddenError(
                f"The token may not do this ({it}): it needs the scope {scope}, and its user access to the "
                "project. `sentry-mcp doctor` says what it may do.",
                status_code=403,
                sentry=said,
            )
            if is_html:  # GlitchTip's way to say that it has no such route to write to
                raise missing_instead(forbidden)
            raise forbidden
        case 429:
            wait = retry_after(headers)
            again = f"in {wait:.0f} seconds" if wait is not None else "later"
            raise RateLimitedError(
                f"Sentry limits the rate of requests. Try again {again}.",
                status_code=429,
                sentry=said,
                retry_after=wait,
            )
        case _ if 400 <= status < 500:
            raise InvalidRequestError(f"Sentry refused the request for {it}.", status_code=status, sentry=said)
        case _ if 300 <= status < 400 and (renamed := _new_slug(body)):
            raise NotFoundError(
                f"{wanted} was not found: the project was renamed. Its slug is now {renamed}.", status_code=status
            )
        case _ if 300 <= status < 400:
            raise BadResponseError(
                f"{host} redirected the request elsewhere, which is never followed with a token. "
                "Set sentry_url to the address it redirects to.",
                status_code=status,
                redirected_to=_site(headers.get("location", "")),
            )
        case _:
            raise UnavailableError(
                f"Sentry failed on the request for {it} (status {status}). {LATER}",
                status_code=status,
                sentry=said,
                **({} if (wait := asked_wait(headers)) is None else {"retry_after": wait}),
            )


def _good(
    status: int, headers: Mapping[str, str], content: Content, parsed_by: Reading, *, is_html: bool, host: str
) -> Steps[Reply]:
    if status == 204 or (not content and status != 200):
        return Reply(None, host)
    try:
        found = yield from parsed_by(content)
    except TooLargeError as error:
        raise BadResponseError(
            f"{host} sent more than is ever read: {error}. {ASK_LESS}",
            status_code=status,
        ) from None
    except ValueError as error:
        if is_html or content[:100].lstrip()[:1] == b"<":
            raise RouteMissingError(
                f"{host} answered with a web page instead of JSON. Check that sentry_url is the address of "
                "a Sentry and no login or proxy page is in between.",
                status_code=status,
            ) from None
        raise BadResponseError(
            f"{host} answered with something that is not JSON ({len(content)} bytes, {_flaw(error)}).",
            status_code=status,
        ) from None
    return Reply(found.value, host, next_cursor(headers.get("link")), found.memory, found.is_cut, total_rows(headers))


def rows(reply: Reply) -> list[dict[str, Json]]:
    """The objects of a list; rows that are no objects are skipped."""
    found = as_list(reply.body)
    if found is None:
        raise BadResponseError(f"{reply.host} answered with {_kind(reply.body)} where a list was expected.")
    return [row for row in map(as_object, found) if row is not None]


def one(reply: Reply) -> dict[str, Json]:
    found = as_object(reply.body)
    if found is None:
        raise BadResponseError(f"{reply.host} answered with {_kind(reply.body)} where an object was expected.")
    return found


@dataclass(frozen=True)
class OneOf(Generic[M]):
    """Reads an answer as one object."""

    model: type[M]

    def __call__(self, reply: Reply) -> M:
        return self.model.model_validate(one(reply))


@dataclass(frozen=True)
class PageOf(Generic[M]):
    """Reads an answer as a page of objects, `most` at most."""

    model: type[M]
    most: int = ROWS

    def __call__(self, reply: Reply) -> Page[M]:
        found = rows(reply)
        kept = found[: self.most]
        is_cut = reply.is_cut or len(kept) < len(found)
        notes = (f"Sentry sent more rows than are read: these are the first {len(kept)}.",) if is_cut else ()
        return Page([self.model.model_validate(row) for row in kept], reply.next_cursor, reply.total, notes)


def sentry_words(body: Json, token: str) -> str | None:
    """Sentry's own words in an error's body, in any of the shapes that the three servers use, without our token.

    `{"detail": "..."}`, `{"detail": {"code", "message"}}`, `{"detail": [{"loc", "msg"}]}` (GlitchTip),
    `{"field": ["..."]}` possibly nested, or a bare string. None when there are none.
    """
    body = (as_object(body) or {}).get("detail", body)
    if isinstance(body, str) and body.startswith("{"):  # an error within an error, which Sentry 9 writes as text
        body = (as_object(_json_or_none(body.encode())) or {}).get("detail", body)
    words = "; ".join(_words(body, "", 0)).replace(token, "[token]")
    words = Site(token=token).without_token(words)  # before a cut could leave half of it
    return words[:MAX_QUOTE] or None


def _words(value: Json, where: str, depth: int) -> list[str]:
    if isinstance(value, str):
        return [f"{where}: {value}" if where else value]
    if depth > 5:
        return []
    if (items := as_list(value)) is not None:
        return [words for item in items[:20] for words in _words(item, where, depth + 1)]
    fields = as_object(value) or {}
    if "msg" in fields:
        place = as_list(fields.get("loc")) or []
        return _words(fields["msg"], ".".join(str(part) for part in place[1:]) or where, depth + 1)
    if "message" in fields:
        return _words(fields["message"], where, depth + 1)
    return [
        words
        for key, item in list(fields.items())[:20]
        for words in _words(item, f"{where}.{key}" if where else key, depth + 1)
    ]


def may_have_acted(error: SentryError) -> bool:
    """Whether Sentry may have done what a request asked for that failed so: it broke off, or something else answered
    in Sentry's place, such as a proxy that did not wait. Only a write of which this is not so is repeated."""
    if error.details.get("request_sent") is False:
        return False
    match error:
        case BadResponseError():
            return error.status_code is None or 200 <= error.status_code < 300
        case UnavailableError() | DeadlineError() | UnreachableError():
            return True
        case _:
            return False


def _json_or_none(content: Content) -> Json:
    try:
        return parse(content) if len(content) <= MAX_ERROR_BODY else None
    except ValueError:
        return None


def _site(location: str) -> str | None:
    """Scheme and host of a redirect, which is all that a setting needs; the rest may be secret, or somebody's words."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return None
    site = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return site if _SITE.fullmatch(site) else None


def _flaw(error: ValueError) -> str:
    return "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error).partition(":")[0].lower()


def _new_slug(body: Json) -> str | None:
    """Of a project that was renamed, as Sentry says it instead of an answer."""
    detail = as_object((as_object(body) or {}).get("detail")) or {}
    slug = (as_object(detail.get("extra")) or {}).get("slug")
    is_moved = detail.get("code") == "resource-moved" and isinstance(slug, str)
    return str(slug) if is_moved and _SLUG.fullmatch(str(slug)) else None


def _kind(body: Json) -> str:
    if isinstance(body, dict):
        return "an object"
    return "a list" if isinstance(body, list) else "nothing" if body is None else "a single value"
