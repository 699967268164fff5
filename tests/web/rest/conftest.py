"""One server for all tests of REST that leave it as it is."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from standins.rest import Rest, rest_served


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def rest(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Rest]:
    async with rest_served(tmp_path_factory.mktemp("rest")) as served:
        yield served
