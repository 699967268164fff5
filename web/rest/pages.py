"""What anybody may read: the description of REST, and a page of it for people, which needs no other host and no script.

It is the same for all, and holds nothing of Sentry's.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from html import escape
from typing import Any

from starlette.responses import Response

from settings import Settings
from web.rest.access import offered
from web.rest.catalogue import Route
from web.rest.responses import HEADERS

DESCRIPTION, PAGE = "/openapi.json", "/docs"
SHORT = {"Cache-Control": "public, max-age=300"}
_STYLE = """\
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code,pre{font:14px/1.4 ui-monospace,monospace}
pre{overflow-x:auto;padding:.7rem;border:1px solid #8886;border-radius:6px}
details{border:1px solid #8886;border-radius:6px;margin:.5rem 0;padding:.5rem .8rem}
summary{cursor:pointer}summary b{display:inline-block;min-width:3rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .8rem .25rem 0;border-bottom:1px solid #8883}
.put,.post{color:#b35900}.get{color:#1a7f37}"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def described(settings: Settings) -> Response:
    return Response(_as_json(*_asked(settings)), 200, {**HEADERS, **SHORT}, "application/json")


def page(settings: Settings) -> Response:
    headers = {**HEADERS, **SHORT, "Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
    return Response(_as_page(*_asked(settings)), 200, headers, "text/html")


PAGES: Mapping[str, Callable[[Settings], Response]] = {DESCRIPTION: described, PAGE: page}


# Written once: whoever asks may ask as often as they like, without a token.
@cache
def _as_json(server: str, routes: tuple[Route, ...], knows_callers: bool) -> bytes:
    return json.dumps(_description(server, routes, knows_callers), ensure_ascii=False, indent=1).encode()


@cache
def _as_page(server: str, routes: tuple[Route, ...], knows_callers: bool) -> bytes:
    return rendered(_description(server, routes, knows_callers)).encode()


def _asked(settings: Settings) -> tuple[str, tuple[Route, ...], bool]:
    server = settings.public_url.rstrip("/") or settings.path_prefix or "/"
    return server, offered(settings.switches), settings.knows_callers


def _description(server: str, routes: tuple[Route, ...], knows_callers: bool) -> dict[str, Any]:
    from web.rest.description import description  # only now: the models of all answers are loaded for it

    return description(server, routes, knows_callers=knows_callers)


def rendered(document: Mapping[str, Any]) -> str:
    """A description as a page, all of its texts escaped."""
    info = document["info"]
    about = "".join(f"<p>{_text(part)}</p>" for part in info["description"].split("\n\n"))
    operations = "".join(
        _operation(method, path, operation, document)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    schemas = "".join(
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>{_fields(schema)}</details>'
        for name, schema in document["components"]["schemas"].items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>{about}"
        f'<p>For programs: <a href="{DESCRIPTION.lstrip("/")}">{DESCRIPTION}</a>'
        f" (OpenAPI {escape(document['openapi'])}).</p>"
        f"<h2>Routes</h2>{operations}<h2>Objects</h2>{schemas}</body></html>"
    )


def _operation(method: str, path: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    responses = operation["responses"]
    answer = responses["200"]["content"]["application/json"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    rows = [(p["name"], p["in"], p["schema"], p["description"]) for p in operation["parameters"]]
    rows += [
        (name, "body", field, field["description"])
        for name, field in body.get("schema", {}).get("properties", {}).items()
    ]
    arguments = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(place)}</td><td>{_type(schema)}</td>"
        f"<td>{_text(about)}</td></tr>"
        for name, place, schema, about in rows
    )
    examples = [*(one["value"] for one in body.get("examples", {}).values())]
    failures = ", ".join(f"<code>{escape(status)}</code>" for status in responses if status != "200")
    return (
        f'<details><summary><b class="{escape(method)}">{escape(method.upper())}</b> <code>{escape(path)}</code> '
        f"{escape(operation['summary'])}</summary><p>{_text(operation['description'])}</p>"
        f"<table><tr><th>Argument</th><th>In</th><th>Is</th><th></th></tr>{arguments}</table>"
        f"{''.join(map(_json, examples))}"
        f"<p>Answers with {_type(answer['schema'])}{', paged by <code>Link</code>' * ('headers' in responses['200'])}; "
        f"fails with {failures}.</p>{_json(answer['example']) if 'example' in answer else ''}</details>"
    )


def _fields(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{_type(field)}</td>"
        f"<td>{'always' if name in required else ''}</td><td>{_text(field.get('description', ''))}</td></tr>"
        for name, field in schema.get("properties", {}).items()
    )
    return f"<table>{rows}</table>"


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}"><code>{name}</code></a>'
    if choices := schema.get("anyOf"):
        return " or ".join(map(_type, choices))
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(choice))}</code>" for choice in schema["enum"])
    kind = escape(str(schema.get("type", "anything")))
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    bounds = [f"{word} {schema[key]:,}" for word, key in (("from", "minimum"), ("to", "maximum")) if key in schema]
    default = f"default <code>{escape(json.dumps(schema['default']))}</code>" if "default" in schema else ""
    return ", ".join(filter(None, [" ".join([kind, *bounds]), default]))


def _json(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, ensure_ascii=False, indent=2))}</pre>"


def _text(text: str) -> str:
    """Escaped; what stands between backticks as code."""
    parts = [escape(part) for part in text.replace("**", "").split("`")]
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
