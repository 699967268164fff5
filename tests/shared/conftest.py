"""One Valkey for the tests of what servers share."""

from collections.abc import Generator

import pytest
from standins.stores import Valkey, running


@pytest.fixture(scope="session")
def running_valkey() -> Generator[Valkey]:
    with running() as valkey:
        yield valkey


@pytest.fixture
def valkey(running_valkey: Valkey) -> Valkey:
    """With nothing in it."""
    with running_valkey.client() as client:
        client.flushall()
    return running_valkey
