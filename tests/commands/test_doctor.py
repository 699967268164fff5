"""`sentry-mcp doctor`: what it says of any Sentry, token and organization; it changes nothing anywhere."""

import asyncio
import json
import re
from collections.abc import Callable

import pytest
from standins.faults import FAULTS, Fault, happening
from standins.recorded import GLITCHTIP, READ_ONLY_TOKEN, SENTRY_9, TOKEN, recordings, replaying
from standins.sockets import Request, Wire, listening
from wire import Sentry

from server import main

Doctor = Callable[..., tuple[int, str]]
SCOPES = ["event:read", "event:write", "org:read", "project:read", "project:releases"]


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Runs the command with these settings; its exit code, and what it printed."""

    def run(*arguments: str, **environment: str) -> tuple[int, str]:
        for name in ("SENTRY_URL", "SENTRY_ORG", "SENTRY_AUTH_TOKEN", "SENTRY_MCP_TIMEOUT", "SENTRY_MCP_INGEST_PORT"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = main(["doctor", *arguments])
        printed = capsys.readouterr()
        token = environment.get("SENTRY_AUTH_TOKEN", "none at all")
        assert token not in printed.out + printed.err
        return code, printed.out

    return run


def verdict(printed: str, what: str) -> str:
    """The line of a report on something: its verdict and words."""
    found = re.search(rf"^  (\S+) +{re.escape(what)} +(.*)$", printed, re.MULTILINE)
    assert found, printed
    return f"{found[1]} {found[2]}"


def test_it_says_that_all_is_well(doctor: Doctor, sentry: Sentry) -> None:
    sentry.capture(lambda: "hello")

    code, printed = doctor(**sentry.environment())

    assert code == 0, printed
    for what in ("address", "token", "organization", "server", "scopes", "event:read", "event:write", "project:read"):
        assert verdict(printed, what).startswith("ok ")
    assert "All is well." in printed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SENTRY_AUTH_TOKEN": "sntryu_wrong"}, "FAIL  token"),
        ({"SENTRY_ORG": "elsewhere"}, "FAIL  organization        elsewhere is not among those"),
        ({"SENTRY_URL": "http://127.0.0.1:9", "SENTRY_MCP_TIMEOUT": "3"}, "FAIL  address"),
    ],
)
def test_it_says_what_does_not_work(doctor: Doctor, sentry: Sentry, change: dict[str, str], words: str) -> None:
    code, printed = doctor(**{**sentry.environment(), **change})

    assert code == 1
    assert words in printed


def test_it_says_where_a_better_token_is_made_and_put(doctor: Doctor, sentry: Sentry) -> None:
    code, printed = doctor(**{**sentry.environment(), "SENTRY_AUTH_TOKEN": "sntryu_wrong"})

    assert code == 1
    assert f"{sentry.embedded.url}/settings/account/api/auth-tokens/" in printed
    assert "event:write" in printed
    assert "SENTRY_AUTH_TOKEN in the `env` of\nyour host's JSON" in printed


@pytest.mark.parametrize("left_out", ["event:read", "event:write", "org:read", "project:read"])
def test_it_names_the_scope_that_is_missing(doctor: Doctor, sentry: Sentry, left_out: str) -> None:
    token = sentry.store.create_token(sentry.organization, scopes=[scope for scope in SCOPES if scope != left_out])
    # Whoever may write events may read them; whoever may read an organization, its projects.
    if left_out == "event:read":
        token = sentry.store.create_token(sentry.organization, scopes=["org:read", "project:read"])
    if left_out == "project:read":
        token = sentry.store.create_token(sentry.organization, scopes=["event:read", "event:write"])

    code, printed = doctor(**{**sentry.environment(), "SENTRY_AUTH_TOKEN": token})

    if left_out == "org:read":
        assert verdict(printed, "organization").endswith("(the token may not list organizations: not checked)")
        assert code == 0
    else:
        assert code == 1
        assert verdict(printed, left_out).startswith("FAIL the token ")
        assert left_out in verdict(printed, left_out)


def test_without_an_organization_it_says_what_to_set(doctor: Doctor, sentry: Sentry) -> None:
    token = sentry.store.create_token(sentry.organization, scopes=["project:read"])

    code, printed = doctor(**{**sentry.environment(), "SENTRY_AUTH_TOKEN": token, "SENTRY_ORG": ""})

    assert code == 1
    assert verdict(printed, "organization").startswith("FAIL set SENTRY_ORG")


def test_it_examines_the_embedded_sentry(doctor: Doctor) -> None:
    code, printed = doctor("--local", SENTRY_MCP_INGEST_PORT="0")

    assert code == 0, printed
    assert verdict(printed, "organization") == "ok local"
    assert verdict(printed, "event:read") == "ok issues can be listed"


@pytest.mark.parametrize("server", [SENTRY_9, GLITCHTIP])
@pytest.mark.parametrize("token", [TOKEN, READ_ONLY_TOKEN, "another-token"])
async def test_it_asks_a_recorded_server_and_changes_nothing(doctor: Doctor, server: str, token: str) -> None:
    async with replaying(server) as replayed:
        environment = {"SENTRY_URL": replayed.url, "SENTRY_AUTH_TOKEN": token}
        code, printed = await asyncio.to_thread(doctor, **environment)

    assert {request.method for request in replayed.requests} == {"GET"}
    if token == "another-token":
        assert code == 1
        assert verdict(printed, "token").startswith("FAIL ")
        return
    assert code == 0, printed
    assert verdict(printed, "event:write").startswith("? not known")
    assert verdict(printed, "server").startswith({SENTRY_9: "ok Sentry 9,", GLITCHTIP: "ok GlitchTip"}[server])
    assert ("it cannot           name suspect commits" in printed) is (server == GLITCHTIP)
    assert "priority" in verdict(printed, "update_issue")
    assert verdict(printed, "list_issues").startswith("- its search knows only is:")


@pytest.mark.parametrize(
    ("path", "told", "words"),
    [
        ("/api/client-config/", {"version": {"current": "26.8.0"}}, "ok today's Sentry, version 26.8.0"),
        ("/api/settings/", {"version": "5.1.1"}, "ok GlitchTip, version 5.1.1"),
        ("/api/0/", {"version": "6.2.6", "auth": None}, "ok GlitchTip 6, version 6.2.6"),
        ("/api/0/", {"version": "0", "auth": {"scopes": []}}, "ok today's Sentry, which does not say its version"),
        ("/api/settings/", {"version": "99999.1"}, "ok GlitchTip, which does not say its version"),
        ("/api/0/", [], "ok today's Sentry, which does not say its version"),
        ("/api/client-config/", {"version": {"current": 5}}, "ok today's Sentry, which does not say its version"),
        ("/api/client-config/", "\x1b[2J", "ok today's Sentry, which does not say its version"),
    ],
)
async def test_it_says_which_version_answers_where_the_server_does(
    doctor: Doctor, path: str, told: object, words: str
) -> None:
    glitchtip = recordings(GLITCHTIP)["orgs"].body
    today = json.dumps([{"slug": "acme", "links": {"regionUrl": "https://x.org"}}]).encode()

    async def answer(request: Request, wire: Wire) -> None:
        if request.path == path:
            await wire.answer(body=json.dumps(told).encode())
        elif request.path == "/api/0/organizations/":
            await wire.answer(body=glitchtip if "GlitchTip" in words else today)
        elif request.path.startswith("/api/0/organizations/"):
            await wire.answer(body=b"[]")
        else:
            await wire.answer(404, b"<!doctype html>", "text/html")

    async with listening(answer) as server:
        environment = {"SENTRY_URL": server.url, "SENTRY_AUTH_TOKEN": "a-token"}
        _, printed = await asyncio.to_thread(doctor, **environment)

    assert verdict(printed, "server") == words
    assert "\x1b" not in printed


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
@pytest.mark.parametrize("since", ["first", "after the organizations"])
async def test_no_answer_of_any_server_is_a_traceback(doctor: Doctor, fault: Fault, since: str) -> None:
    async def answer(request: Request, wire: Wire) -> None:
        if request.path == "/api/0/organizations/":
            await wire.answer(body=b'[{"slug": "acme", "links": {}}]')
        elif fault.handler is None:
            wire.reset()
        else:
            await fault.handler(request, wire)

    limits = {"SENTRY_MCP_TIMEOUT": "0.4", "SENTRY_MCP_READ_TIMEOUT": "0.2", "SENTRY_MCP_MAX_ANSWER_SIZE": "200000"}
    environment = {"SENTRY_AUTH_TOKEN": "a-token", "SENTRY_ORG": "acme", **limits}
    async with happening(fault) if since == "first" else listening(answer) as served:
        url = served if isinstance(served, str) else served.url
        code, printed = await asyncio.to_thread(doctor, **environment, SENTRY_URL=url)

    assert code == 1
    assert "Something is wrong, see FAIL." in printed


def test_it_says_which_proxy_reads_the_token(doctor: Doctor) -> None:
    proxied = {"NO_PROXY": "", "ALL_PROXY": "http://somebody:hunter2@127.0.0.1:9", "SENTRY_AUTH_TOKEN": "sntryu_0"}

    _, printed = doctor(SENTRY_URL="http://sentry.invalid", **proxied)
    assert "clear text through the proxy 127.0.0.1:9," in verdict(printed, "proxy")
    assert verdict(printed, "proxy").startswith("?")

    _, secure = doctor(SENTRY_URL="https://sentry.invalid", **proxied)
    assert verdict(secure, "proxy").startswith("ok requests go through 127.0.0.1:9,")

    _, near = doctor(SENTRY_URL="http://127.0.0.1:9", **proxied)
    assert "proxy" not in near
    assert "hunter2" not in printed + secure + near


def test_it_says_what_is_switched_and_wants_no_scope_for_what_is_not_offered(doctor: Doctor, sentry: Sentry) -> None:
    confirmed = {**sentry.environment(), "SENTRY_MCP_CONFIRM_WRITES": "always"}

    _, printed = doctor("--read-only", "--exclude-tools", "get_event", **confirmed)

    assert re.search(r"^\d+ of \d+ are offered: list_issues, ", verdict(printed, "tools").removeprefix("- "))
    assert "update_issue" not in verdict(printed, "tools")
    assert verdict(printed, "confirm_writes").startswith("- the user is asked before each write")
    assert verdict(printed, "event:write") == "- not needed: no tool is offered that changes anything"
