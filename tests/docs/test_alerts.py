"""docs/alerts.md, followed line by line as whoever sets alerts up would."""

import re
import signal
import subprocess
import sys
from collections.abc import Generator
from typing import NamedTuple

import pytest
from broken import divide
from readme import blocks, commands, page, printed, served, shell
from wire import ROOT, Sentry

from alerts import inbox
from alerts.alert import WORK, Kind, State
from local import Embedded
from tools.alerts import LONGEST_WAIT
from tools.catalogue import CATALOGUE

PAGE = "docs/alerts.md"
TEXT = page(PAGE)
FIRST = "From nothing"
OF_OTHERS = "claude "
"""A program of others, which no test starts."""
RUN_HERE = (
    "sentry-mcp token ",
    "SENTRY_MCP_ALERTS=true ",
    "export ",
    "body=",
    "signature=",
    "curl ",
    "python examples/engine.py",
)


class Followed(NamedTuple):
    """Where the page's reader has come to: a server, a token, and the shell they type in."""

    url: str
    token: str
    shell: dict[str, str]


@pytest.fixture(scope="module")
def followed(embedded: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Generator[Followed]:
    folder = tmp_path_factory.mktemp("followed")
    (folder / "bin").mkdir()
    for name, program in {"sentry-mcp": f'"{ROOT / "server.py"}"', "python": ""}.items():
        command = folder / "bin" / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" {program} "$@"\n')
        command.chmod(0o755)
    organization = "acme-of-alerts"
    token = embedded.store.create_organization(organization)
    project = embedded.store.create_project(organization, "shop", platform="python")
    Sentry(embedded, organization, token, project).capture(divide)
    environment = shell(folder / "bin", folder, SENTRY_URL=embedded.url, SENTRY_MCP_HTTP_PORT="0")

    make, start, *_ = blocks("sh", FIRST, PAGE)
    said = printed(["bash", "-euc", make], environment)
    (caller_token,) = re.findall(r"^smcp_\S+$", said, re.MULTILINE)
    (digest,) = re.findall(r'^token_sha256 = "(\w+)"$', said, re.MULTILINE)
    (table,) = blocks("toml", FIRST, PAGE)
    assert all(scope in said for scope in re.findall(r"\w+:\w+", table)), "the command names each scope"
    (folder / "callers.toml").write_text(table.replace("0" * 64, digest))
    start = start.replace("sntryu_...", token).replace("ORG=acme", f"ORG={organization}")
    with served(start.replace(" sentry-mcp ", " exec sentry-mcp "), folder, environment, 1) as first:
        url = first.split("serving MCP on ")[1].strip().removesuffix("/mcp")
        yield Followed(url, caller_token, environment)


def test_each_command_is_run_by_a_test() -> None:
    for line in commands(PAGE):
        assert line.startswith((*RUN_HERE, OF_OTHERS)), line


def test_what_is_signed_as_the_page_says_is_taken_and_worked_off(followed: Followed) -> None:
    _, _, send, work = (block.replace("http://localhost:3004", followed.url) for block in blocks("sh", FIRST, PAGE))
    issue = re.findall(r'"id":"(\d+)"', curl("/issues", followed))[0]
    send = send.replace('"id": "1"', f'"id": "{issue}"').replace("curl ", "curl -sS ")
    for _ in range(2):
        assert printed(["bash", "-euc", send], followed.shell) == '{"alerts":[1]}'
    assert "unauthorized" in printed(["bash", "-euc", send.replace("$signature", "${signature}0")], followed.shell)

    work = work.replace("smcp_...", followed.token).replace("python examples", "exec python examples")
    engine = subprocess.Popen(
        ["bash", "-euc", work], cwd=ROOT, env=followed.shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert engine.stdout is not None
    said = [engine.stdout.readline() for _ in range(2)]
    engine.send_signal(signal.SIGINT)
    rest, failed = engine.communicate(timeout=60)
    assert (said[1][:27], rest, failed, engine.returncode) == ("engine: alert 1: given_back", "", "", 0)


def curl(path: str, followed: Followed) -> str:
    return printed(
        ["curl", "-sS", "-H", f"Authorization: Bearer {followed.token}", followed.url + path], followed.shell
    )


def test_the_example_is_as_short_as_the_page_says() -> None:
    assert len((ROOT / "examples" / "engine.py").read_text().splitlines()) <= 150


def test_the_page_has_each_kind_and_each_state() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
    assert set(rows) >= {*WORK, *State}
    (told,) = re.findall(r"^All else is \*\*told\*\*.*?\n\n", TEXT, re.MULTILINE | re.DOTALL)
    assert {kind for kind in Kind if f"`{kind}`" in told} == set(Kind) - WORK


def test_its_figures_are_the_codes() -> None:
    said = " ".join(TEXT.split())
    for words in (
        f"The lease** is {'ten' if inbox.LEASE == 600 else inbox.LEASE} minutes",
        f"{inbox.MAX_ATTEMPTS} attempts came to nothing",
        f"{inbox.KEPT_FOR / 86_400:.0f} days when it is done, {inbox.WAITS_FOR / 86_400:.0f} days when nobody",
        f"not more than {inbox.MOST_KEPT:,} in all",
        f"With {inbox.MOST_WAITING:,} that wait",
        f"`wait_seconds` (up to {LONGEST_WAIT})",
    ):
        assert words in said, words


def test_what_the_page_names_is_there() -> None:
    config = (ROOT / "config.toml").read_text()
    tools = {entry.call.__name__ for entry in CATALOGUE}
    for name in re.findall(r"^\| `(alerts_\w+)` \|", TEXT, re.MULTILINE):
        assert name in config, name
    for name in re.findall(r"`(\w+_alerts?)\b[(`]", TEXT):
        assert name in tools | {"event_alert", "metric_alert"}, name
    for file in re.findall(r"`((?:docs|examples)/[a-z]+\.(?:md|py))`", TEXT):
        assert (ROOT / file).exists(), file
