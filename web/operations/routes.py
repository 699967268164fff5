"""What machines that watch over the server ask: /health, /ready, /metrics."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.access.callers import Scope
from service.current import current_caller
from web.operations.metrics import Metrics
from web.operations.readiness import Readiness

NOT_KEPT = {"Cache-Control": "no-store"}


def routes(metrics: Metrics, readiness: Readiness) -> list[Route]:
    async def health(_: Request) -> Response:
        """The process serves. It asks nothing and nobody: to start it anew would mend nothing that /ready tells."""
        return JSONResponse({"status": "ok"}, headers=NOT_KEPT)

    async def ready(_: Request) -> Response:
        state = await readiness.state()
        return JSONResponse(state, 200 if state["ready"] else 503, NOT_KEPT)

    async def numbers(request: Request) -> Response:
        if not current_caller().has(Scope.ADMIN):
            return _not_for_all()
        text, media_type = await metrics.text(request.headers.get("accept", ""))
        return Response(text, headers={**NOT_KEPT, "Content-Type": media_type})

    return [Route("/health", health), Route("/ready", ready), Route("/metrics", numbers)]


def _not_for_all() -> Response:
    """https://www.rfc-editor.org/rfc/rfc6750#section-3.1"""
    challenge = f'Bearer realm="sentry-mcp", error="insufficient_scope", scope="{Scope.ADMIN}"'
    words = f"This needs the scope {Scope.ADMIN}"
    body: dict[str, object] = {"error": "insufficient_scope", "message": words, "status_code": 403, "details": {}}
    return JSONResponse(body, 403, {"WWW-Authenticate": challenge, **NOT_KEPT})
