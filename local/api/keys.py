"""Client keys, which SDKs send events with: https://docs.sentry.io/api/projects/list-a-projects-client-keys/

Every project's key is the store's one.
"""

from local.api.list_parameters import projects_asked
from local.api.paging import page_of_list
from local.api.request import ApiRequest, ApiResponse, organization_of, project_of
from local.errors import not_found
from local.shapes.keys import key_shape


def list_project_keys(request: ApiRequest) -> ApiResponse:
    """`status` is `active` or `inactive`; none is inactive."""
    with request.store.reading() as connection:
        rows = [project_of(request, connection)]
    return _listed(request, [row["id"] for row in rows])


def list_organization_keys(request: ApiRequest) -> ApiResponse:
    """Of each project; https://docs.sentry.io/api/organizations/list-an-organizations-client-keys/"""
    with request.store.reading() as connection:
        organization_of(request, connection)
        projects = projects_asked(request, connection)
    return _listed(request, projects)


def get_key(request: ApiRequest) -> ApiResponse:
    with request.store.reading() as connection:
        project = project_of(request, connection)
    if request.path["key"] != request.store.dsn_key:
        raise not_found()
    return ApiResponse(key_shape(request.store.dsn_key, project["id"], request.base_url))


def _listed(request: ApiRequest, projects: list[int]) -> ApiResponse:
    if request.query.get("status") == "inactive":
        projects = []
    rows = [key_shape(request.store.dsn_key, project, request.base_url) for project in projects]
    shown, headers = page_of_list(request, rows)
    return ApiResponse(shown, headers=headers)
