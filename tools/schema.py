"""JSON schemas cut to what a model needs: every token of them is paid for by every user on every request."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from sentry.models import as_list, as_object

_NOISE = ("title", "description", "default", "minimum", "maximum")
Schema = dict[str, Any]


class _AnswerSchema(GenerateJsonSchema):
    """Makes no defaults and titles: they would be taken out again, and making them takes time at every start."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def input_schema(schema: Schema) -> Schema:
    """Without titles and nulls; closed to unknown arguments."""
    kept = ("description", "default", "minimum", "maximum")
    return {**_compact(schema, kept), "additionalProperties": False}


def output_schema(*answers: type[BaseModel]) -> Schema:
    """What a tool answers with, perhaps one of several, without titles, defaults and descriptions.

    A field that may be absent is never null. Nothing is required at the top: clients hold a failed call's
    `{"error", "message", ...}` against this schema too, as the Inspector does.
    """
    merged: Schema = {"type": "object", "properties": {}}
    for answer in answers:
        schema: Schema = dict(_compact(answer.model_json_schema(schema_generator=_AnswerSchema), ()))
        merged["properties"] |= schema["properties"]
        if "$defs" in schema:
            merged["$defs"] = {**merged.get("$defs", {}), **schema["$defs"]}
    return merged


def _compact(value: Any, keep: tuple[str, ...]) -> Any:
    if (items := as_list(value)) is not None:
        return [_compact(item, keep) for item in items]
    schema = as_object(value)
    if schema is None:
        return value
    if "x-detail" in schema:
        return {"type": "object"}
    required = schema.get("required", [])
    compact: Schema = {}
    for key, inner in schema.items():
        if key == "properties":
            compact[key] = {
                name: _compact(_with_null(field) if name in required else _without_null(field), keep)
                for name, field in inner.items()
            }
        elif key == "$defs":
            compact[key] = {name: _compact(part, keep) for name, part in inner.items()}
        elif not _says_nothing(key, inner, keep):
            compact[key] = _compact(inner, keep)
    return compact


def _without_null(field: Schema) -> Schema:
    """An argument may be left out, and a field of an answer is: neither is ever null."""
    choices = [choice for choice in field.get("anyOf", []) if choice != {"type": "null"}]
    if not choices:
        return field
    outer = {key: value for key, value in field.items() if key != "anyOf"}
    return {**choices[0], **outer} if len(choices) == 1 else {**outer, "anyOf": choices}


def _with_null(field: Schema) -> Schema:
    """`{"type": ["string", "null"]}` is shorter than a choice of two."""
    types = [choice.get("type") for choice in field.get("anyOf", []) if set(choice) == {"type"}]
    if len(types) < 2 or len(types) != len(field["anyOf"]):
        return field
    return {"type": types, **{key: value for key, value in field.items() if key != "anyOf"}}


def _says_nothing(key: str, value: Any, keep: tuple[str, ...]) -> bool:
    if key == "default" and value is None:
        return True
    if key == "additionalProperties":
        return isinstance(value, bool)
    return key in _NOISE and key not in keep
