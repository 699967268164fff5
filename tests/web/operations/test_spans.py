"""A call's spans as a collector gets them: from the client's trace to each request to Sentry, and nothing secret."""

import json
from collections.abc import Sequence
from pathlib import Path

import httpx
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from services import ENGINES, SENTRYS, Service, service
from standins.collector import Collector
from standins.sockets import Request, Wire, listening
from wire import ERAS

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Stumbling:
    """A Sentry that fails once at first."""

    def __init__(self) -> None:
        self.failures = 1

    async def __call__(self, _: Request, wire: Wire) -> None:
        self.failures -= 1
        if self.failures >= 0:
            await wire.answer(503)
        else:
            await wire.answer(body=json.dumps([{"id": "1", "slug": "shop"}]).encode())


def chain(spans: Sequence[Span], last: Span) -> list[str]:
    """The names from the outermost span that is there to this one."""
    by_id = {span.span_id: span for span in spans}
    names = [last.name]
    while (parent := by_id.get(last.parent_span_id)) is not None:
        last = parent
        names.insert(0, last.name)
    return names


def attributes(span: Span) -> dict[str, object]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


async def test_from_the_client_s_trace_to_each_request_to_sentry(tmp_path: Path) -> None:
    collector, stumbling = Collector(), Stumbling()
    async with (
        listening(collector) as collecting,
        listening(stumbling) as sentry,
        service(tmp_path, sentry.url, OTEL_EXPORTER_OTLP_ENDPOINT=collecting.url) as server,
    ):
        for era in ERAS:
            headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "tracestate": f"vendor={ENGINES}"}
            async with server.client(era, **headers) as client:
                await client.call_tool("list_projects", {})
                await client.call_tool(SENTRYS, {})
        await server.get("/projects", ENGINES, traceparent=f"00-{TRACE}-b7ad6b7169203331-01")
        await _refused(server)
        server.process.terminate()
        await server.process.wait()

    spans = [span for span in collector.spans if span.trace_id.hex() == TRACE]
    asked = [span for span in spans if span.name == "GET /api/0/organizations/{}/projects/"]
    assert len(asked) == 4
    assert chain(spans, asked.pop()) == ["GET /projects", "GET /api/0/organizations/{}/projects/"]
    for span in asked:
        assert chain(spans, span) == ["POST /mcp", "tools/call list_projects", "GET /api/0/organizations/{}/projects/"]
    assert [attributes(span).get("http.response.status_code") for span in asked] == [503, 200, 200]
    assert [attributes(span).get("http.request.resend_count") for span in asked] == [None, 1, None]
    assert attributes(asked[0])["error.type"] == "sentry_unavailable"
    outer = [span for span in spans if span.name == "POST /mcp" and span.parent_span_id.hex() == "b7ad6b7169203331"]
    assert {attributes(span)["sentry_mcp.caller"] for span in outer} == {"engine"}
    everything = b"".join(collector.bodies)
    for secret in (SENTRYS, ENGINES, "acme"):
        assert secret.encode() not in everything
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE}  # none of who was not let in, or polls


async def _refused(server: Service) -> None:
    async with httpx.AsyncClient(verify=False) as client:
        assert (await client.post(f"{server.url}/mcp", json={})).status_code == 401
