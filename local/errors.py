"""What the Web API answers when it refuses: a status and a JSON body in Sentry's words."""

from local.values import Json


class ApiError(Exception):
    """A refusal; `body` is what the caller reads."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(body)
        self.status = status
        self.body = body


def bad_request(detail: str) -> ApiError:
    return ApiError(400, {"detail": detail})


def invalid_field(**fields: Json) -> ApiError:
    """`{"field": ["what is wrong"]}`: no `detail`, as Sentry answers for one field of a body."""
    return ApiError(400, fields)


def unauthorized(detail: str) -> ApiError:
    return ApiError(401, {"detail": detail})


def forbidden() -> ApiError:
    return ApiError(403, {"detail": "You do not have permission to perform this action."})


def not_found(detail: str = "The requested resource does not exist") -> ApiError:
    return ApiError(404, {"detail": detail})
