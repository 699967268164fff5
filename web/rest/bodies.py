"""A request's body, as it was sent."""

from starlette.requests import Request

from web.rest.failures import RefusedError


async def body_of(request: Request) -> bytes:
    """Its bytes, of which web.limits lets be as many as may be. Raises RefusedError for one that is compressed,
    ClientDisconnect for one that does not come."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RefusedError(415, "unsupported_media_type", "Send the body without a Content-Encoding.")
    return await request.body()
