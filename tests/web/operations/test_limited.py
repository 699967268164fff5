"""What limits refuse is counted by the limit, so that whoever runs the server sees which one is too narrow."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from services import ADMINS, CALLERS, ENGINES, service
from standins.sockets import Request, Wire, listening


async def projects(_: Request, wire: Wire) -> None:
    await wire.answer(body=b'[{"id": "1", "slug": "shop"}]')


@pytest.mark.asyncio
async def test_each_refusal_is_counted_by_its_limit(tmp_path: Path) -> None:
    callers = CALLERS.replace('scopes = ["issues:read"', 'calls_per_minute = 1\nscopes = ["issues:read"', 1)
    async with listening(projects) as sentry, service(tmp_path, sentry.url, callers=callers) as server:
        assert [(await server.get("/projects", ENGINES)).status_code for _ in range(3)] == [200, 429, 429]
        large = await server.http.put(
            f"{server.url}/issues/1", content=b" " * 4_000_001, headers={"Authorization": f"Bearer {ENGINES}"}
        )
        assert large.status_code == 413

        families = text_string_to_metric_families((await server.get("/metrics", ADMINS)).text)
        samples = [sample for family in families for sample in family.samples]
    counted = {one.labels["limit"]: one.value for one in samples if one.name == "sentry_mcp_limit_refusals_total"}
    assert counted == {"calls_per_minute": 2, "request_size": 1}
