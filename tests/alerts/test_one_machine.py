"""The whole way on one machine: a program breaks, the embedded Sentry tells the server beside it, an agent works it
off."""

from contextlib import closing
from pathlib import Path

from mcp.client.client import Client
from sending import broken, capture
from standins.sockets import Request, Wire, listening
from wire import data_of, free_port, served_http

from alerts.webhooks.signatures import is_signed
from local import Embedded, Store

SECRETS = "newer-secret-for-tests,older-secret-for-tests"


async def test_an_error_is_an_alert_and_so_are_its_regression_and_many_of_it(tmp_path: Path) -> None:
    port, ingest = free_port(), free_port()
    settings = {
        "SENTRY_MCP_ALERTS": "true",
        "SENTRY_MCP_ALERTS_PATH": str(tmp_path / "alerts.db"),
        "SENTRY_MCP_ALERTS_INTERVAL": "0",
        "SENTRY_MCP_INGEST_PORT": str(ingest),
        "SENTRY_MCP_STRUCTURED_CONTENT": "true",
        "SENTRY_WEBHOOK_SECRET": SECRETS,
    }
    data = tmp_path / "errors.db"
    options = ["--local", "--data", str(data), "--port", str(port)]
    options += ["--webhook", f"http://127.0.0.1:{port}/webhooks/sentry"]
    with closing(Store.open(data)) as store:
        async with served_http(settings, *options) as url, Client(url) as client:
            sentry = Embedded(f"http://127.0.0.1:{ingest}", store)
            await capture(sentry, broken())
            claimed = data_of(await client.call_tool("claim_alert", {"wait_seconds": 20}))["alert"]
            assert (claimed["kind"], claimed["issue"]) == ("created", "APP-1")
            await client.call_tool("finish_alert", {"alert": claimed["alert"]})
            await client.call_tool("update_issue", {"issue": "APP-1", "status": "resolved"})

            await capture(sentry, broken(times=10))
            told = [data_of(await client.call_tool("claim_alert", {"wait_seconds": 20}))["alert"] for _ in range(2)]
            assert [one["kind"] for one in told] == ["regressed", "rule"]
            assert told[1]["rule"] == "10 events in 60 seconds"


async def test_of_several_secrets_the_first_signs(tmp_path: Path) -> None:
    async def takes(request: Request, wire: Wire) -> None:
        await wire.answer()

    ingest, data = free_port(), tmp_path / "errors.db"
    settings = {"SENTRY_WEBHOOK_SECRET": SECRETS, "SENTRY_MCP_INGEST_PORT": str(ingest)}
    async with listening(takes) as receiver:
        with closing(Store.open(data)) as store:
            options = ["--local", "--data", str(data), "--webhook", receiver.url]
            async with served_http(settings, *options) as url, Client(url):
                await capture(Embedded(f"http://127.0.0.1:{ingest}", store), broken())
                await receiver.until(lambda: bool(receiver.requests))
        (request,) = receiver.requests
        newer, older = SECRETS.encode().split(b",")
        shown = [request.headers["sentry-hook-signature"]]
        assert is_signed(request.body, shown, [newer])
        assert not is_signed(request.body, shown, [older])
