"""What a client keeps for the server between two requests (`requestState`), sealed so that any server opens it."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from mcp.server.request_state import RequestStateSecurity

from settings import Settings

PURPOSE = b"sentry-mcp/request state/1"


def sealing(settings: Settings) -> RequestStateSecurity | None:
    """With the keys of the settings, the first of which seals.

    Without any, where servers share a store, with a key that is derived from Sentry's token, which they have in common,
    and which does not lead back to it. None, for a key of this process, where nothing is shared: what was let through
    once is known for as long as the process lives.
    """
    keys = [key.get_secret_value() for key in settings.state_keys]
    if keys:
        return RequestStateSecurity(keys=keys)
    if settings.token is None or not settings.is_shared:
        return None
    token = settings.token.get_secret_value().encode()
    return RequestStateSecurity(keys=[HKDF(SHA256(), 32, salt=None, info=PURPOSE).derive(token)])
