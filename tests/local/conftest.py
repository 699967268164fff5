"""A fresh embedded Sentry for each test."""

from collections.abc import AsyncGenerator, Generator

import pytest
from sending import Local, connect

from local import Store


@pytest.fixture
def store() -> Generator[Store]:
    store = Store.open(None)
    yield store
    store.close()


@pytest.fixture
async def local(store: Store) -> AsyncGenerator[Local]:
    async with connect(store) as client:
        yield Local(store, client)
