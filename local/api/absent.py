"""What this server never holds, answered as a Sentry that has none of it: clients ask for it on their way, and would
take a missing route for a failure."""

from local.api.paging import page_of_list
from local.api.request import ApiRequest, ApiResponse, issue_of, organization_of, project_of
from local.values import Json


def list_nothing(request: ApiRequest) -> ApiResponse:
    """An empty list of the organization, project or issue in the path."""
    _check_path(request)
    shown, headers = page_of_list(request, [])
    return ApiResponse(shown, headers=headers)


def list_replays(request: ApiRequest) -> ApiResponse:
    _check_path(request)
    return ApiResponse({"data": []})


def count_replays(request: ApiRequest) -> ApiResponse:
    """By what they were asked for; none has any."""
    _check_path(request)
    return ApiResponse({})


def get_autofix(request: ApiRequest) -> ApiResponse:
    """No run of Seer."""
    _check_path(request)
    return ApiResponse({"autofix": None})


def link_stack_trace(request: ApiRequest) -> ApiResponse:
    """No code mapping leads from a frame to a repository."""
    _check_path(request)
    answer: dict[str, Json] = {"config": None, "sourceUrl": None, "integrations": []}
    return ApiResponse({**answer, "error": "no_code_mappings_for_project"})


def _check_path(request: ApiRequest) -> None:
    """Raises ApiError (404) where the path names what is not there."""
    with request.store.reading() as connection:
        if "issue" in request.path:
            issue_of(request, connection)
        elif "project" in request.path:
            project_of(request, connection)
        else:
            organization_of(request, connection)
