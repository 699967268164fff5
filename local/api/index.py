"""The root of the Web API: who calls, and what the token may do."""

from local.api.request import ApiRequest, ApiResponse
from local.shapes.accounts import find_user


def get_index(request: ApiRequest) -> ApiResponse:
    with request.store.reading() as connection:
        user = find_user(connection, request.caller.user)
    return ApiResponse({"version": "0", "auth": {"scopes": sorted(request.caller.scopes)}, "user": user})
