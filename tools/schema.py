"""JSON schemas cut to what a model needs: every token of them is paid for by every user on every request."""

from typing import Any

_NOISE = ("title", "default", "examples", "minimum", "maximum", "minLength", "maxLength")
Schema = dict[str, Any]


def input_schema(schema: Schema) -> Schema:
    """Without titles, nulls and bounds (the server checks them all the same); closed to unknown arguments."""
    return {**_compact(schema, keep=("default", "minimum", "maximum")), "additionalProperties": False}


def output_schema(schema: Schema) -> Schema:
    """Without titles, nulls, defaults and descriptions: an absent field is a null one."""
    return _compact(schema, keep=())


def _compact(schema: Any, keep: tuple[str, ...]) -> Any:
    if isinstance(schema, list):
        return [_compact(item, keep) for item in schema]
    if not isinstance(schema, dict):
        return schema
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        outer = {key: value for key, value in schema.items() if key != "anyOf"}
        return _compact({**choices[0], **outer}, keep)
    compact: Schema = {}
    for key, value in schema.items():
        if key in ("properties", "$defs") and isinstance(value, dict):
            compact[key] = {name: _compact(inner, keep) for name, inner in value.items()}
        elif (key in _NOISE and key not in keep) or (key == "default" and value is None) or (key == "additionalProperties" and value in (True, False)):
            continue
        else:
            compact[key] = _compact(value, keep)
    return compact
