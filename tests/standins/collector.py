"""What collects spans by OTLP over HTTP."""

from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from standins.sockets import Request, Wire


@dataclass
class Collector:
    """Keeps what is exported, as it came and as spans."""

    bodies: list[bytes] = field(default_factory=list[bytes])
    spans: list[Span] = field(default_factory=list[Span])

    async def __call__(self, request: Request, wire: Wire) -> None:
        self.bodies.append(request.body)
        exported = ExportTraceServiceRequest.FromString(request.body)
        self.spans += [
            span for resource in exported.resource_spans for scope in resource.scope_spans for span in scope.spans
        ]
        await wire.answer(body=b"", content_type="application/x-protobuf")
