"""Comments on issues, which Sentry calls notes."""

from local.api.calling import Answer, Call, issue_of
from local.api.paging import limit_of, page
from local.errors import invalid_field
from local.intake.life_cycle import add_activity
from local.reading import Json
from local.shapes.issues import activity_shape


def list_comments(call: Call) -> Answer:
    """The newest first."""
    with call.store.reading() as connection:
        issue = issue_of(call, connection)
        query = "SELECT *, date_created AS sort_value, id AS row_id FROM activity WHERE issue_id = ? AND type = 'note'"
        shown = page(connection, call, query, [issue["id"]], limit_of(call))
        return Answer([activity_shape(connection, row) for row in shown.rows], headers=shown.headers)


def add_comment(call: Call) -> Answer:
    """`{"text": "..."}`; answers 201 with the comment."""
    words: Json = call.fields.get("text")
    if words is None:
        raise invalid_field(text=["This field is required."])
    if not isinstance(words, str) or not words.strip():
        raise invalid_field(text=["This field may not be blank."])
    with call.store.writing() as connection:
        issue = issue_of(call, connection)
        identifier = add_activity(connection, issue["id"], "note", {"text": words[:65536]}, call.caller.user)
        row = connection.execute("SELECT * FROM activity WHERE id = ?", (identifier,)).fetchone()
        return Answer(activity_shape(connection, row), 201)
