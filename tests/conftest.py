"""Fixtures of all tests: one embedded Sentry for the run, an organization of its own for each test."""

import itertools
import os
import shutil
import subprocess
import venv
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from readme import blocks
from standins.stores import Valkey, running
from wire import ERAS, ROOT, Era, Sentry, served_in_background

from local import Embedded, Store

_numbers = itertools.count(1)

# No test is timed: a fresh machine makes Hypothesis' tables of characters first, a busy one is slow.
hypothesis_settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("untimed")


@pytest.fixture(scope="session")
def embedded() -> Generator[Embedded]:
    store = Store.open(None)
    with served_in_background(store) as served:
        yield served
    store.close()


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the commands of an environment into which the README's first block on installing, run in a fresh
    copy, has put the project and what it needs, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copytree(ROOT, folder / "copy", ignore=shutil.ignore_patterns(".*", "__pycache__", "tests", "build", "dist"))
    venv.create(folder / "environment", with_pip=True)
    commands = folder / "environment" / "bin"
    environment = {**os.environ, "PATH": f"{commands}:{os.environ['PATH']}"}
    block = blocks("sh", "Install")[0]
    run = ["bash", "-euc", block]
    subprocess.run(run, cwd=folder / "copy", env=environment, check=True, capture_output=True, timeout=600)
    return commands


@pytest.fixture(scope="session")
def running_valkey() -> Generator[Valkey]:
    with running() as valkey:
        yield valkey


@pytest.fixture
def valkey(running_valkey: Valkey) -> Valkey:
    """One for the tests of what servers share; with nothing in it."""
    with running_valkey.client() as client:
        client.flushall()
    return running_valkey


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> Era:
    """Both eras of the protocol, for a test that says so."""
    era: Era = request.param
    return era


@pytest.fixture
def sentry(embedded: Embedded) -> Sentry:
    """An organization that no other test sees, with one project."""
    organization = f"org-{next(_numbers)}"
    token = embedded.store.create_organization(organization)
    project = embedded.store.create_project(organization, "shop", platform="python")
    return Sentry(embedded, organization, token, project)
