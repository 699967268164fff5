"""Who calls, and what the token may do: the root of the Web API, and the user by itself."""

from local.api.request import ApiRequest, ApiResponse
from local.shapes.accounts import find_user, self_shape


def get_index(request: ApiRequest) -> ApiResponse:
    """`version` is that of the Web API: Sentry never tells its own here."""
    with request.store.reading() as connection:
        user = find_user(connection, request.caller.user)
    return ApiResponse({"version": "0", "auth": {"scopes": sorted(request.caller.scopes)}, "user": user})


def get_self(request: ApiRequest) -> ApiResponse:
    """The user whose token it is, in full."""
    with request.store.reading() as connection:
        row = connection.execute("SELECT * FROM users WHERE id = ?", (request.caller.user,)).fetchone()
    return ApiResponse(self_shape(row))


def list_regions(request: ApiRequest) -> ApiResponse:
    """None: the server that is asked is all there is. Clients refuse a region without TLS."""
    return ApiResponse({"regions": []})
