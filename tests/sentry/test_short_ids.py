"""Which number a short ID stands for is remembered for a while, and forgotten with the issue."""

import pytest
from standins.clients import client_of
from standins.clocks import Clock
from standins.knowing import Answering
from standins.sockets import listening

from sentry.dialects import Dialect
from sentry.endpoints.short_ids import MAX_REMEMBERED, ShortIds
from sentry.errors import NotFoundError
from sentry.models import Issue


async def test_a_short_id_is_remembered_for_its_lifetime_and_within_bounds() -> None:
    clock = Clock()
    short_ids = ShortIds(60, clock)
    short_ids.learn("acme", [Issue(id="5", short_id="shop-1"), Issue(id="odd", short_id="SHOP-2"), Issue(id="7")])
    assert [short_ids.number("acme", name) for name in ("SHOP-1", "SHOP-2", "SHOP-3")] == ["5", None, None]
    assert short_ids.number("other", "SHOP-1") is None
    clock.now = 60
    assert short_ids.number("acme", "SHOP-1") is None
    numbers = range(1, MAX_REMEMBERED + 2)
    short_ids.learn("acme", [Issue(id=str(number), short_id=f"A-{number}") for number in numbers])
    assert [short_ids.number("acme", f"A-{number}") for number in (1, 2)] == [None, "2"]
    short_ids.forget("acme", "A-2")
    assert short_ids.number("acme", "A-2") is None


async def test_a_short_id_whose_issue_has_gone_is_looked_up_again() -> None:
    who = Answering({}, kind=Dialect.SENTRY_10).known
    server_like = Answering({})
    async with (
        listening(server_like.answer) as server,
        client_of(server.url, organization="acme", cache_ttl=60) as client,
    ):
        server_like.known = {**who, "GET /issues/5/": (200, {"id": "5", "shortId": "SHOP-1"})}
        await client.get_issue("5")
        server_like.known = {
            **who,
            "GET /issues/5/": (404, {"detail": "The requested resource does not exist"}),
            "GET /issues/6/": (200, {"id": "6", "shortId": "SHOP-1"}),
            "GET /organizations/acme/shortids/SHOP-1/": (200, {"groupId": "6"}),
        }
        with pytest.raises(NotFoundError):
            await client.get_issue("SHOP-1", fresh=True)
        assert (await client.get_issue("SHOP-1")).id == "6"
