"""JSON schemas cut to what a model needs: every token of them is paid for by every user on every request."""

from typing import Any, cast

_NOISE = ("title", "description", "default", "minimum", "maximum")
Schema = dict[str, Any]


def input_schema(schema: Schema) -> Schema:
    """Without titles and nulls; closed to unknown arguments."""
    kept = ("description", "default", "minimum", "maximum")
    return {**_compact(schema, kept), "additionalProperties": False}


def output_schema(schema: Schema) -> Schema:
    """Without titles, nulls, defaults and descriptions: an absent field is a null one."""
    return _compact(schema, keep=())


def _compact(schema: Any, keep: tuple[str, ...]) -> Any:
    if isinstance(schema, list):
        return [_compact(item, keep) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    given = cast("Schema", schema)
    choices = [choice for choice in given.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        outer = {key: value for key, value in given.items() if key != "anyOf"}
        return _compact({**choices[0], **outer}, keep)
    compact: Schema = {}
    for key, value in given.items():
        if key in ("properties", "$defs"):
            compact[key] = {name: _compact(inner, keep) for name, inner in value.items()}
        elif not _says_nothing(key, value, keep):
            compact[key] = _compact(value, keep)
    return compact


def _says_nothing(key: str, value: Any, keep: tuple[str, ...]) -> bool:
    if key == "default" and value is None:
        return True
    if key == "additionalProperties":
        return isinstance(value, bool)
    return key in _NOISE and key not in keep
