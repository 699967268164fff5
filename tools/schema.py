"""JSON schemas cut to what a model needs: every token of them is paid for by every user on every request."""

from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from sentry.values import as_list, as_object

Schema = dict[str, Any]

_SCALARS: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


_UNSAID = ("title", "minimum", "maximum")
"""Left out of input schemas. A range stands in the words of its argument, where a model reads it, and is checked."""


def input_schema(schema: Schema, unlisted: frozenset[str]) -> Schema:
    """An argument model's schema in the few words that every vendor's models take: one type for each argument, but
    for the arguments that are `unlisted`.

    No `additionalProperties` (google-genai breaks on it; the server itself refuses unknown arguments), no nulls.
    """
    properties = {name: one for name, one in schema["properties"].items() if name not in unlisted}
    return dict(_compact({**schema, "properties": properties}))


def _compact(value: Any) -> Any:
    if (items := as_list(value)) is not None:
        return [_compact(item) for item in items]
    schema = as_object(value)
    if schema is None:
        return value
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        return _compact({**choices[0], **{key: inner for key, inner in schema.items() if key != "anyOf"}})
    compact: Schema = {}
    for key, inner in schema.items():
        if key == "properties":
            compact[key] = {name: _compact(field) for name, field in inner.items()}
        elif key not in _UNSAID and not (key == "default" and inner in (None, [])):
            compact[key] = _compact(inner)
    return compact


def output_schema(call: Callable[..., Any]) -> Schema:
    """What a tool answers with, perhaps one of several: the fields and their types, nothing else.

    Made from the annotations, since pydantic's way to the same costs a twentieth of the server's start. A
    field with a default is left out of an answer that has nothing for it, and so is never null. Nothing is
    required at the top: clients hold a failed call's `{"error", "message", ...}` against this schema too, as
    the Inspector does.
    """
    parts: dict[str, Schema] = {}
    properties: Schema = {"notice": {"type": "string"}, "age_seconds": {"type": "integer"}}
    for one in answers_of(call):
        properties |= _part(one, parts)["properties"]
    return {"type": "object", "properties": properties, **({"$defs": parts} if parts else {})}


def answers_of(call: Callable[..., Any]) -> tuple[type[BaseModel], ...]:
    """The models that a tool answers with: one, or one of several."""
    answer = get_type_hints(call, localns=_types_of_answers())["return"]
    return get_args(answer) or (answer,)


def _types_of_answers() -> dict[str, Any]:
    """By name. Loaded only where output schemas are asked for: tools name the type, no more."""
    from views import alerts, events, issues, projects, releases, search_trends, searches, tags, trace_tree, updates
    from views.traces import stacktraces

    modules = (
        *(alerts, events, issues, projects, releases, search_trends, searches),
        *(stacktraces, tags, trace_tree, updates),
    )
    return {name: value for module in modules for name, value in vars(module).items()}


def _part(part: type[BaseModel], parts: dict[str, Schema]) -> Schema:
    fields = part.model_fields
    properties = {name: _of(field.annotation, parts, nullable=field.is_required()) for name, field in fields.items()}
    required = [name for name, field in fields.items() if field.is_required()]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _of(annotation: Any, parts: dict[str, Schema], *, nullable: bool = True) -> Schema:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of(arguments[0], parts, nullable=nullable)
    if origin in (Union, UnionType):
        (kind,) = [argument for argument in arguments if argument is not NoneType]
        schema = _of(kind, parts)
        return {**schema, "type": [schema["type"], "null"]} if nullable and "type" in schema else schema
    if origin is list:
        return {"type": "array", "items": _of(arguments[0], parts)}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is dict or _is_detail(annotation):
        return {"type": "object"}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation.__name__ not in parts:
            parts[annotation.__name__] = {}
            parts[annotation.__name__] = _part(annotation, parts)
        return {"$ref": f"#/$defs/{annotation.__name__}"}
    return {"type": _SCALARS[annotation]} if annotation in _SCALARS else {}


def _is_detail(annotation: Any) -> bool:
    """Whether its fields stand in no schema (views.results.Detail)."""
    return (
        isinstance(annotation, type)
        and issubclass(annotation, BaseModel)
        and "x-detail" in (as_object(annotation.model_config.get("json_schema_extra")) or {})
    )
