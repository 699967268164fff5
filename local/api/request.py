"""One request of the Web API: who calls, what was asked for, what is answered."""

import hmac
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, QueryParams

from local.errors import forbidden, invalid_field, not_found, unauthorized
from local.happening import Tell, tell_nobody
from local.shapes.issues import ISSUE_ROWS
from local.store import Caller, Store
from local.values import Json, mapping


@dataclass(frozen=True)
class ApiRequest:
    """`path` holds the decoded segments of the route, `base_url` how the caller reached us, without a final
    slash."""

    store: Store
    caller: Caller
    path: dict[str, str]
    query: QueryParams
    body: Any
    base_url: str
    url_path: str
    tell: Tell = tell_nobody

    @property
    def fields(self) -> dict[str, Json]:
        """The JSON object that was sent. Raises ApiError for anything else."""
        fields = mapping(self.body)
        if not fields and self.body not in (None, {}):
            raise invalid_field(nonFieldErrors=["Invalid data. Expected a dictionary."])
        return fields


@dataclass(frozen=True)
class ApiResponse:
    body: Json
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])


Endpoint = Callable[[ApiRequest], ApiResponse]


@dataclass(frozen=True)
class Route:
    """What answers a path, and the scopes of which a token needs one."""

    method: str
    path: str
    endpoint: Endpoint
    scopes: tuple[str, ...]


def authenticate(store: Store, headers: Headers) -> Caller:
    """Who calls. Raises ApiError (401)."""
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    if not hmac.compare_digest(scheme.lower().encode(), b"bearer") or not token.strip():
        raise unauthorized("Authentication credentials were not provided.")
    caller = store.caller(token.strip())
    if caller is None:
        raise unauthorized("Invalid token")
    return caller


def require(caller: Caller, scopes: tuple[str, ...]) -> None:
    """Raises ApiError (403) unless the caller has one of the scopes."""
    if not caller.scopes.intersection(scopes):
        raise forbidden()


def organization_of(request: ApiRequest, connection: sqlite3.Connection) -> sqlite3.Row:
    """The organization the path names, by slug or id; another one than the token's does not exist for the
    caller."""
    row: sqlite3.Row = connection.execute(
        "SELECT * FROM organizations WHERE id = ?", (request.caller.organization,)
    ).fetchone()
    named = request.path.get("organization")
    if named is not None and named not in (row["slug"], str(row["id"])):
        raise not_found()
    return row


def project_of(request: ApiRequest, connection: sqlite3.Connection) -> sqlite3.Row:
    """The project the path names, by slug or id."""
    organization_of(request, connection)
    row = find_project(connection, request.caller.organization, request.path["project"])
    if row is None:
        raise not_found()
    return row


def find_project(connection: sqlite3.Connection, organization: int, named: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = connection.execute(
        "SELECT * FROM projects WHERE organization_id = ? AND ? IN (slug, CAST(id AS TEXT))",
        (organization, named),
    ).fetchone()
    return found


def issue_of(request: ApiRequest, connection: sqlite3.Connection) -> sqlite3.Row:
    """The issue the path names, by id or short ID (in any case)."""
    organization_of(request, connection)
    named = request.path["issue"]
    row: sqlite3.Row | None = connection.execute(
        f"{ISSUE_ROWS} WHERE p.organization_id = ? AND {'i.id' if named.isdecimal() else 'i.short_id'} = ?",
        (request.caller.organization, _identifier(named)),
    ).fetchone()
    if row is None:
        raise not_found()
    return row


def _identifier(named: str) -> int | str:
    if not named.isdecimal():
        return named.upper()
    return int(named) if len(named) < 19 else -1
