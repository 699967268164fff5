"""What was done with an issue, and by whom: its history by itself."""

from local.api.request import ApiRequest, ApiResponse, issue_of
from local.shapes.issues import activity


def list_activities(request: ApiRequest) -> ApiResponse:
    """`{"activity": [...]}`, the last thing first."""
    with request.store.reading() as connection:
        return ApiResponse({"activity": activity(connection, issue_of(request, connection))})
