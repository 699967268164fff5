"""REST as OpenAPI 3.1 has it (https://spec.openapis.org/oas/v3.1.1), made of the catalogue and the models."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from sentry.values import as_list, as_object
from sentry_mcp import __version__
from service.access.callers import Scope
from tools.schema import answers_of
from tools.tool import MAX_TEXT
from web.rest import words
from web.rest.arguments import arguments_of
from web.rest.catalogue import ROUTES, Route
from web.rest.routing import VARIABLE

Schema = dict[str, Any]
TEXT = {"maxLength": MAX_TEXT, "pattern": r"\S"}
"""Of any text: a blank one is refused."""


@cache
def description(server: str, routes: tuple[Route, ...] = tuple(ROUTES), *, knows_callers: bool) -> Schema:
    """All that may be asked, by the address of the server; `knows_callers` where it wants a token of them."""
    document: Schema = {
        "openapi": "3.1.1",
        "info": {
            "title": "Sentry for agents",
            "version": __version__,
            "description": words.INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "tags": [{"name": tag} for tag in dict.fromkeys(_tag(route) for route in routes)],
        "paths": {},
        "components": {
            "schemas": {**_answers(routes), "Error": words.ERROR},
            "responses": {
                name: _error(name) for name in words.FAILURES if any(name in _failures(route) for route in routes)
            },
            "headers": {"Link": {"description": words.LINK, "schema": {"type": "string"}}},
        },
    }
    if knows_callers:
        document["components"]["securitySchemes"] = {
            "caller": {"type": "http", "scheme": "bearer", "description": words.TOKEN}
        }
    names: set[str] = set()
    for route in routes:
        name = route.call.__name__
        if name in names:  # a call by a second address
            name = f"{name}_of_{VARIABLE.findall(route.path)[-1]}"
        names.add(name)
        operation = _operation(route, name)
        if knows_callers:
            operation["security"] = [{"caller": [route.scope.value]}]
        document["paths"].setdefault(route.path, {})[route.method.lower()] = operation
    return document


def _tag(route: Route) -> str:
    return route.path.split("/")[1]


def _operation(route: Route, name: str) -> Schema:
    answers = [{"$ref": f"#/components/schemas/{answer.__name__}"} for answer in answers_of(route.call)]
    answered: Schema = {"schema": answers[0] if len(answers) == 1 else {"anyOf": answers}}
    if example := words.ANSWERS.get(name):
        answered["example"] = example
    operation: Schema = {
        "operationId": name,
        "summary": route.title,
        "description": " ".join(filter(None, [words.ABOUT.get(name), f"Needs the scope `{route.scope}`."])),
        "tags": [_tag(route)],
        "parameters": list(_parameters(route)),
        "responses": {
            "200": {
                "description": "The answer.",
                "content": {"application/json": answered},
                **({"headers": {"Link": {"$ref": "#/components/headers/Link"}}} if route.is_paged else {}),
            },
            **{name: {"$ref": f"#/components/responses/{name}"} for name in _failures(route)},
        },
    }
    if route.changes:
        operation["requestBody"] = _body(route)
    return operation


def _failures(route: Route) -> list[str]:
    """The statuses with which it may fail."""
    others = frozenset[str]()
    if not route.changes:
        others |= words.OF_BODIES
    if route.scope != Scope.ALERTS_WRITE:
        others |= words.OF_CLAIMS
    return [name for name in words.FAILURES if name not in others]


def _fields(route: Route) -> dict[str, Schema]:
    """The schemas of a call's arguments, each with what it is for."""
    model = arguments_of(route.call, strict=route.changes)
    schema = _plain(model.model_json_schema())
    found: dict[str, Schema] = {}
    for name, field in schema["properties"].items():
        one = {key: value for key, value in field.items() if value not in (None, [])}
        if one.get("type") == "string" and "enum" not in one:
            one |= TEXT
        of_call = route.call.__name__, name
        one["description"] = words.ARGUMENTS_OF.get(of_call) or words.ARGUMENTS.get(name) or one.get("description", "")
        if (example := words.EXAMPLES_OF.get(of_call, words.EXAMPLES.get(name))) is not None:
            one["examples"] = [example]
        found[name] = one
    return found


def _parameters(route: Route) -> Iterator[Schema]:
    variables = VARIABLE.findall(route.path)
    for name, schema in _fields(route).items():
        if route.changes and name not in variables:
            continue
        about = schema.pop("description")
        place = {"in": "path", "required": True} if name in variables else {"in": "query"}
        if name in variables:
            schema.pop("default", None)
        if schema.get("type") == "array":  # with commas between its items
            place |= {"style": "form", "explode": False}
            schema["minItems"] = 1
            schema["items"] |= TEXT if schema["items"].get("type") == "string" else {}
        yield {"name": name, **place, "description": about, "schema": schema}


def _body(route: Route) -> Schema:
    variables = VARIABLE.findall(route.path)
    fields = {name: field for name, field in _fields(route).items() if name not in variables}
    name = route.call.__name__
    schema: Schema = {"type": "object", "properties": fields, "additionalProperties": False}
    if name not in words.MAY_BE_EMPTY:
        schema["minProperties"] = 1
    return {"required": True, "content": {"application/json": {"schema": schema, "examples": words.BODIES[name]}}}


def _error(status: str) -> Schema:
    about, name, message, details = words.FAILURES[status]
    example = {"error": name, "message": message, "status_code": int(status), "details": details}
    return {
        "description": about,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "example": example}},
    }


def _answers(routes: tuple[Route, ...]) -> dict[str, Schema]:
    """The schemas of all answers, by their models' names."""
    models = {model.__name__: model for route in routes for model in answers_of(route.call)}
    _, made = models_json_schema(
        [(model, "serialization") for model in models.values()], ref_template="#/components/schemas/{model}"
    )
    schemas: dict[str, Schema] = _plain(made)["$defs"]
    for name in models:
        schemas[name]["properties"] = {**words.OF_EACH_ANSWER, **schemas[name]["properties"]}
    return schemas


def _plain(value: Any) -> Any:
    """A schema as its readers need it. A field that is not required is left out where there is nothing to tell, and so
    is never null; and an answer may have more fields than these one day."""
    if (items := as_list(value)) is not None:
        return [_plain(item) for item in items]
    schema = as_object(value)
    if schema is None:
        return value
    plain = {
        key: {name: _plain(field) for name, field in inner.items()} if key in ("properties", "$defs") else _plain(inner)
        for key, inner in schema.items()
        if key not in ("title", "x-detail") and not (key == "additionalProperties" and inner is False)
    }
    for name in set(plain.get("properties", {})) - set(plain.get("required", ())):
        plain["properties"][name] = _not_null(plain["properties"][name])
    return plain


def _not_null(schema: Schema) -> Schema:
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    kept = {key: value for key, value in schema.items() if key != "anyOf" and not (key == "default" and value is None)}
    return {**choices[0], **kept} if len(choices) == 1 else schema
