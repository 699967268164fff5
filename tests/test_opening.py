"""A server's client, as it is found by who asks with it and by who tells that something happened."""

from standins.clients import client_of
from standins.one_issue import today
from standins.sockets import listening

from opening import opened_by, opened_late
from settings import load_settings
from shared.store import Store


async def test_what_happens_makes_no_client_and_one_that_is_there_forgets_it() -> None:
    async with listening(today) as server:
        environment = {"SENTRY_URL": server.url, "SENTRY_ORG": "acme", "SENTRY_AUTH_TOKEN": "sntryu_of_the_server"}
        async with opened_late(load_settings(environment=environment), None) as find_client:
            find_client.forget("5")
            await find_client.forget_everywhere("5")
            assert find_client.made is None
            for asked in (1, 2, 3):
                for _ in range(2):
                    await find_client().get_issue("5")
                assert len(server.requests) == asked
                if asked == 1:
                    find_client.forget("5")
                else:
                    await find_client.forget_everywhere("5")


async def test_a_client_that_somebody_else_made_forgets_what_happened_too() -> None:
    async with listening(today) as server, opened_by(lambda: client_of(server.url, organization="acme"))() as find:
        for asked in (1, 2):
            for _ in range(2):
                await find().get_issue("5")
            assert len(server.requests) == asked
            find.forget("5")


async def test_a_server_without_a_token_has_nothing_to_forget_even_if_others_share() -> None:
    store = Store("redis://127.0.0.1:1/0")
    async with opened_late(load_settings(environment={}), store) as find_client:
        await find_client.forget_everywhere("5")
        assert find_client.made is None
