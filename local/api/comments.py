"""Comments on issues, which Sentry calls notes."""

from local.api.paging import limit_of, page
from local.api.request import ApiRequest, ApiResponse, issue_of
from local.errors import invalid_field
from local.intake.life_cycle import add_activity
from local.shapes.issues import activity_shape
from local.values import Json


def list_comments(request: ApiRequest) -> ApiResponse:
    """The newest first."""
    with request.store.reading() as connection:
        issue = issue_of(request, connection)
        query = "SELECT *, date_created AS sort_value, id AS row_id FROM activity WHERE issue_id = ? AND type = 'note'"
        shown = page(connection, request, query, [issue["id"]], limit_of(request))
        return ApiResponse([activity_shape(connection, row) for row in shown.rows], headers=shown.headers)


def add_comment(request: ApiRequest) -> ApiResponse:
    """`{"text": "..."}`; answers 201 with the comment."""
    words: Json = request.fields.get("text")
    if words is None:
        raise invalid_field(text=["This field is required."])
    if not isinstance(words, str) or not words.strip():
        raise invalid_field(text=["This field may not be blank."])
    with request.store.writing() as connection:
        issue = issue_of(request, connection)
        identifier = add_activity(connection, issue["id"], "note", {"text": words[:65536]}, request.caller.user)
        row = connection.execute("SELECT * FROM activity WHERE id = ?", (identifier,)).fetchone()
        return ApiResponse(activity_shape(connection, row), 201)
