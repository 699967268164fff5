"""What a client keeps for the server between two requests (`requestState`), sealed so that any server opens it."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from mcp.server.request_state import RequestStateSecurity

from settings import Settings

PURPOSE = b"sentry-mcp/request state/1"


def sealing(settings: Settings) -> RequestStateSecurity | None:
    """With the keys of the settings, the first of which seals. Without any, with a key that is derived from Sentry's
    token, which all servers of a service have in common, and which does not lead back to it. None where there is none.
    """
    keys = [key.get_secret_value() for key in settings.state_keys]
    if keys:
        return RequestStateSecurity(keys=keys)
    if settings.token is None:
        return None
    token = settings.token.get_secret_value().encode()
    return RequestStateSecurity(keys=[HKDF(SHA256(), 32, salt=None, info=PURPOSE).derive(token)])
