"""`sentry-mcp doctor`: what answers there, what the token may do, what to put where. It changes nothing anywhere."""

import argparse
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import anyio

from opening import connection
from sentry.client import SentryClient
from sentry.connection import Connection
from sentry.dialects import NOT_TAKEN, ROUTES, Dialect, not_taken, routes_of, search_of
from sentry.endpoints.server import ServerDescription
from sentry.errors import ForbiddenError, SentryError, UnauthorizedError
from sentry.paths import quoted
from sentry.site import Site
from sentry.transport.proxies import proxy_of, warning_of
from service.access.callers import ANYBODY
from settings import Settings
from tools.catalogue import CATALOGUE, Entry
from views.provenance import visible

T = TypeVar("T")
Verdict = Literal["ok", "FAIL", "?", "-"]
OpenClient = Callable[[], AbstractAsyncContextManager[SentryClient]]

SCOPES = "org:read, project:read, event:read, event:write and project:releases"
WRITING = {"event:write", "event:admin"}


@dataclass
class Report:
    """What was found, line by line; `failed` when something that is needed does not work."""

    lines: list[tuple[Verdict, str, str]] = field(default_factory=list[tuple[Verdict, str, str]])
    is_token_wrong: bool = False
    site: Site = field(default_factory=Site)

    def say(self, verdict: Verdict, what: str, words: str) -> None:
        self.lines.append((verdict, what, words))
        print(f"  {verdict:<4}  {what:<18}  {' '.join(visible(self.site.without_token(words)).split())}")

    @property
    def failed(self) -> bool:
        return any(verdict == "FAIL" for verdict, _, _ in self.lines)


def doctor(options: argparse.Namespace, settings: Settings) -> int:
    """Exit code 0 when everything needed works, 1 otherwise."""
    report = anyio.run(_examine, _opening(options, settings), settings)
    print("\nSomething is wrong, see FAIL." if report.failed else "\nAll is well.")
    return 1 if report.failed else 0


def _opening(options: argparse.Namespace, settings: Settings) -> OpenClient:
    if not options.local:
        return lambda: SentryClient(connection(settings))
    from commands.embedded import embedded

    return embedded(options.data, settings.ingest_port, show_token=options.show_token)


def _say_what_is_switched(settings: Settings, report: Report) -> list[Entry]:
    """The tools that are offered; said where they are not all, as is who is asked before a write."""
    anybody = settings.switches.of(ANYBODY)
    offered = [entry for entry in CATALOGUE if anybody.may_use(entry.call.__name__, entry.scope)]
    if len(offered) < len(CATALOGUE):
        names = ", ".join(entry.call.__name__ for entry in offered) or "none"
        report.say("-", "tools", f"{len(offered)} of {len(CATALOGUE)} are offered: {names}")
    if settings.confirm_writes == "always":
        report.say("-", "confirm_writes", "the user is asked before each write; a client that cannot ask is refused")
    elif settings.confirm_writes != "never":
        names = ", ".join(settings.confirm_writes)
        report.say("-", "confirm_writes", f"the user is asked before each write of {quoted(names, 200)}")
    return offered


async def _examine(open_client: OpenClient, settings: Settings) -> Report:
    report = Report()
    async with open_client() as client:
        url, report.site = client.connection.base, client.site
        print(f"Sentry at {url}")
        _say_which_way(client.connection, report)
        offered = _say_what_is_switched(settings, report)
        server: ServerDescription | None = None
        if await _token_and_organization(client, report):
            server = await _what_works(client, report, offered)
    if report.is_token_wrong:
        print(f"\nA token is made at {_where_tokens_are_made(url, server)},")
        print(f"with {SCOPES}. It goes into SENTRY_AUTH_TOKEN in the `env` of")
        print("your host's JSON, or into a file whose path stands in SENTRY_AUTH_TOKEN_FILE.")
    return report


def _say_which_way(to: Connection, report: Report) -> None:
    if (warning := warning_of(to)) is not None:
        report.say("?", "proxy", warning)
    elif (proxy := proxy_of(to)) is not None:
        report.say("ok", "proxy", f"requests go through {proxy}, which the environment names")


async def _token_and_organization(client: SentryClient, report: Report) -> bool:
    """Whether there is a Sentry, a token and an organization to go on with."""
    named = client.connection.organization
    try:
        slugs = [organization.slug for organization in (await client.list_organizations()).items]
    except UnauthorizedError as error:
        report.say("ok", "address", "Sentry answers there")
        report.say("FAIL", "token", error.message)
        report.is_token_wrong = True
        return False
    except ForbiddenError:
        slugs = []  # an organization's own token may see it without listing it
    except SentryError as error:
        report.say("FAIL", "address", error.message)
        return False
    report.say("ok", "address", "Sentry answers there")
    report.say("ok", "token", "accepted")
    if named and slugs and named not in slugs:
        report.say(
            "FAIL",
            "organization",
            f"{named} is not among those the token sees: set SENTRY_ORG to one of them: {', '.join(slugs)}",
        )
        return False
    if not named and len(slugs) != 1:
        seen = f"the token sees {len(slugs)}: {', '.join(slugs)}" if slugs else "the token lists none"
        report.say("FAIL", "organization", f"set SENTRY_ORG to an organization's slug; {seen}")
        return False
    unseen = "" if slugs else " (the token may not list organizations: not checked)"
    report.say("ok", "organization", f"{named}{unseen}" if named else f"{slugs[0]} (the only one that the token sees)")
    return True


async def _what_works(client: SentryClient, report: Report, offered: list[Entry]) -> ServerDescription:
    issues = await _tried(client.list_issues(query="", limit=1))  # an issue tells the kind of server, too
    described = await _tried(client.describe_server())
    server = ServerDescription(None, None, None) if isinstance(described, SentryError) else described
    report.say("ok" if server.dialect else "?", "server", _name(server, is_sentry_io=client.connection.is_sentry_io))
    for what, words in _limits(server.dialect):
        report.say("-", what, words)
    if server.scopes is not None:
        report.say("ok", "scopes", ", ".join(sorted(server.scopes)) or "none")
    used_by = "list_issues, get_issue and the rest"
    _say_how_it_went(report, server, "event:read", issues, "issues can be listed", used_by)
    projects = await _tried(client.list_projects())
    slugs = [] if isinstance(projects, SentryError) else [project.slug for project in projects.items[:10]]
    words = f"projects: {quoted(', '.join(slugs), 200)}" if slugs else "projects can be listed; the token sees none"
    _say_how_it_went(report, server, "project:read", projects, words, "list_projects, get_project")
    _writing(report, server, offered)
    releases = await _tried(client.list_releases(limit=1))
    used_by = "list_releases, get_release"
    _say_how_it_went(report, server, "project:releases", releases, "releases can be listed", used_by, is_needed=False)
    return server


async def _tried(asked: Awaitable[T]) -> T | SentryError:
    try:
        return await asked
    except SentryError as error:
        return error


def _say_how_it_went(
    report: Report,
    server: ServerDescription,
    scope: str,
    outcome: object,
    words: str,
    used_by: str,
    *,
    is_needed: bool = True,
) -> None:
    if not isinstance(outcome, SentryError):
        report.say("ok", scope, words)
        return
    if isinstance(outcome, ForbiddenError):
        report.is_token_wrong = True
    reason = _lack(scope, server.scopes) if isinstance(outcome, ForbiddenError) else outcome.message
    report.say("FAIL" if is_needed else "?", scope, f"{reason} ({used_by} need it)")


def _lack(scope: str, scopes: frozenset[str] | None) -> str:
    """Why something was refused, as far as the token's scopes tell."""
    if scopes is None:
        return f"refused: the token lacks {scope}, or the access to the organization"
    missing = [needed for needed in (scope, "org:read") if needed not in scopes]
    if not missing:
        return "refused: the token has the scope, but no access to the organization"
    return f"the token lacks {' and '.join(missing)}"


def _writing(report: Report, server: ServerDescription, offered: list[Entry]) -> None:
    """By what the server says of the token: to try it would be a change, or on GlitchTip an error in its log."""
    if all(entry.touches.read_only_hint for entry in offered):
        report.say("-", "event:write", "not needed: no tool is offered that changes anything")
    elif server.scopes is None:
        report.say("?", "event:write", "not known: this server does not tell a token's scopes, and trying is a change")
    elif server.scopes & WRITING:
        report.say("ok", "event:write", "update_issue may change issues")
    else:
        report.say("FAIL", "event:write", "the token may only read; update_issue needs event:write")
        report.is_token_wrong = True


def _name(server: ServerDescription, *, is_sentry_io: bool) -> str:
    if server.dialect is None:
        return f"a Sentry that does not say of which kind{f', version {server.version}' if server.version else ''}"
    if is_sentry_io:
        return "sentry.io"
    version = f"version {server.version}" if server.version else "which does not say its version"
    # Of an organization 9 says the same as 10 to 21; an issue tells them apart, if there is one.
    kind = "Sentry 9 to 21" if server.dialect is Dialect.SENTRY_10 else server.dialect.value
    return f"{kind}, {version}"


def _limits(dialect: Dialect | None) -> list[tuple[str, str]]:
    """What this kind of server has no way to do, and what it concerns."""
    if dialect is None:
        return []
    limits = [("it cannot", operation) for operation in ROUTES if not routes_of(dialect, operation)]
    if parts := not_taken(dialect, [part for part, _, _ in NOT_TAKEN]):
        limits.append(("update_issue", f"it does not take {', '.join(parts)}"))
    if search := search_of(dialect):
        limits.append(("list_issues", f"its search knows only {search.knows}"))
    return limits


def _where_tokens_are_made(url: str, server: ServerDescription | None) -> str:
    of_sentry, of_glitchtip = f"{url}/settings/account/api/auth-tokens/", f"{url}/profile/auth-tokens"
    if server is None or server.dialect is None:
        return f"{of_sentry} (of a GlitchTip: {of_glitchtip})"
    return of_glitchtip if server.dialect.is_glitchtip else of_sentry
