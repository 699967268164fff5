"""Fixtures of all tests: one embedded Sentry for the run, an organization of its own for each test."""

import itertools
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from wire import ERAS, Era, Sentry, served_in_background

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
