"""Fixtures of all tests: one embedded Sentry for the run, an organization of its own for each test."""

import itertools
from collections.abc import Generator

import pytest
from wire import ERAS, Era, Sentry, served_in_background

from local import Embedded, Store

_numbers = itertools.count(1)


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
