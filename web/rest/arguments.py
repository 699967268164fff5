"""A request's arguments, checked as the tools check theirs, without what models are forgiven there: a number in place
of a text, a list within a text, null or a blank for what is not given."""

import inspect
from collections.abc import Callable, Iterable
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from urllib.parse import parse_qsl

import pydantic_core
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, create_model

from sentry.errors import InvalidRequestError
from sentry.values import as_object
from tools.arguments import in_items
from tools.tool import check_arguments, is_blank, refused_arguments
from web.rest.catalogue import Route

MOST_FIELDS = 100
"""Of one query."""


@cache
def arguments_of(call: Callable[..., Any], *, strict: bool) -> type[BaseModel]:
    """The arguments of a tool's function as a model; `strict` where they come as JSON, which has types of its own."""
    fields: dict[str, Any] = {
        name: (_exact(parameter.annotation), ... if parameter.default is inspect.Parameter.empty else parameter.default)
        for name, parameter in inspect.signature(call).parameters.items()
    }
    return create_model(call.__name__, __config__=ConfigDict(extra="forbid", strict=strict), **fields)


def is_list(annotation: Any) -> bool:
    return get_origin(get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation) is list


def checked(route: Route, variables: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a route's call: of its path, and those `given` besides. Raises InvalidRequestError."""
    model = arguments_of(route.call, strict=route.changes)
    beside = {name: field for name, field in model.model_fields.items() if name not in variables}
    check_arguments(given, beside)
    check_arguments(variables, model.model_fields)
    arguments = {**given, **variables}
    for name, value in arguments.items():
        if is_blank(value):
            raise InvalidRequestError(f"{name} is {'null' if value is None else 'blank'}. Leave it out.")
    try:
        found = model.model_validate(arguments)
    except ValidationError as error:
        raise refused_arguments(error) from error
    return {name: getattr(found, name) for name in found.model_fields_set}


def in_query(route: Route, query: bytes) -> dict[str, Any]:
    """The arguments of a query; items of a list stand with commas between. Raises InvalidRequestError."""
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise InvalidRequestError(
            f"The query is not readable: it is percent-encoded UTF-8, with at most {MOST_FIELDS} fields."
        ) from None
    _refuse_repeated(name for name, _ in pairs)
    lists = {name for name, one in inspect.signature(route.call).parameters.items() if is_list(one.annotation)}
    return {name: in_items(value) if name in lists and value else value for name, value in pairs}


def in_body(body: bytes) -> dict[str, Any]:
    """The fields of a JSON object. Raises InvalidRequestError."""
    try:
        found = as_object(pydantic_core.from_json(body, allow_inf_nan=False))
    except ValueError:  # which quotes no more of it than a position
        raise InvalidRequestError("The body is not JSON (RFC 8259) in UTF-8.") from None
    if found is None:
        raise InvalidRequestError("The body must be a JSON object.")
    return found


def _refuse_repeated(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidRequestError(
                f"{name[:60]!a} is given twice. Give it once; a list has commas between its items."
            )
        seen.add(name)


def _exact(annotation: Any) -> Any:
    """Without null, and without what makes of a value another one."""
    if get_origin(annotation) is Annotated:
        kind, *metadata = get_args(annotation)
        kept = [one for one in metadata if not isinstance(one, BeforeValidator)]
        return Annotated[(_exact(kind), *kept)] if kept else _exact(kind)
    if get_origin(annotation) in (Union, UnionType):
        (kind,) = (one for one in get_args(annotation) if one is not NoneType)
        return _exact(kind)
    if get_origin(annotation) is list:
        return list[_exact(get_args(annotation)[0])]  # type: ignore[misc]  # made at run time
    return annotation
