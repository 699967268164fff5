"""What REST says of itself: an OpenAPI description that holds, and a page of it for people."""

import asyncio
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate
from standins.rest import Rest, token_of

from sentry.values import as_list, as_object
from web.rest.catalogue import ROUTES
from web.rest.pages import rendered

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def described(rest: Rest) -> dict[str, Any]:
    async with rest.client(None) as client:
        answer = await client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


async def test_the_description_is_valid_and_has_every_route(rest: Rest) -> None:
    document = await described(rest)
    validate(document)
    found = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert found == {(route.method, route.path) for route in ROUTES}
    assert document["openapi"].startswith("3.1")
    for route in ROUTES:
        operation = document["paths"][route.path][route.method.lower()]
        assert operation["security"] == [{"caller": [route.scope]}]
        assert all(one["description"] for one in operation["parameters"]), route
        assert operation["description"], route
    names = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names))


async def test_answers_and_examples_are_as_described(rest: Rest) -> None:
    document = await described(rest)
    examined = 0
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for content in _contents(operation, document):
                schema = {**content["schema"], "components": document["components"]}
                examples = [one["value"] for one in content.get("examples", {}).values()]
                for example in [*examples, *([content["example"]] if "example" in content else [])]:
                    jsonschema.validate(example, schema)
                    examined += 1
        if "get" in methods:
            operation = methods["get"]
            values = {one["name"]: one["schema"].get("examples", [""])[0] for one in operation["parameters"]}
            async with rest.client() as client:
                answer = await client.get(path.format_map({n: str(v).replace("@", "%40") for n, v in values.items()}))
            assert answer.status_code == 200, path
            schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
            jsonschema.validate(answer.json(), {**schema, "components": document["components"]})
    assert examined > len(ROUTES)


def _contents(operation: dict[str, Any], document: dict[str, Any]) -> list[dict[str, Any]]:
    responses = [
        document["components"]["responses"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        for one in operation["responses"].values()
    ]
    parts = [*responses, *([operation["requestBody"]] if "requestBody" in operation else [])]
    return [part["content"]["application/json"] for part in parts]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


async def test_the_page_needs_no_script_and_no_other_host(rest: Rest) -> None:
    async with rest.client(None) as client:
        answer = await client.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script" not in policy
    page = _Page()
    page.feed(answer.text)
    assert not {tag for tag, _ in page.tags} & {"script", "img", "link", "iframe", "form", "object"}
    for tag, attributes in page.tags:
        assert set(attributes) <= {"lang", "charset", "name", "content", "class", "id", "href"}, (tag, attributes)
        assert "://" not in (attributes.get("href") or ""), attributes
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    links = {str(attributes["href"]) for tag, attributes in page.tags if tag == "a"}
    assert {link[1:] for link in links if link.startswith("#")} <= ids
    told = "".join(page.texts)
    for route in ROUTES:
        assert f"{route.method} {route.path} {route.title}" in re.sub(r"\s+", " ", told), route


async def test_the_page_shows_texts_as_texts(rest: Rest) -> None:
    hostile = "\"'><script>alert(1)</script>&"
    document = await described(rest)

    def everywhere(value: Any) -> Any:
        if (fields := as_object(value)) is not None:
            return {name: item if name == "$ref" else everywhere(item) for name, item in fields.items()}
        if (items := as_list(value)) is not None:
            return [everywhere(item) for item in items]
        return f"{value} {hostile}" if isinstance(value, str) else value

    page = rendered(everywhere(document))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


WITH_EACH_KIND_OF_ARGUMENT = ("list_issues", "get_issue", "update_issue", "get_release", "list_alerts", "finish_alert")
"""Operations; all 17 of them, and every phase, take schemathesis a minute more, and what it has claim_alert wait:

schemathesis --config-file tests/web/rest/schemathesis.toml run http://127.0.0.1:3004/openapi.json
"""


async def test_schemathesis_finds_nothing(rest: Rest, tmp_path: Path) -> None:
    """Every argument at and beyond its bounds; with no token, and with a method that is none."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "schemathesis.cli", "--config-file", str(Path(__file__).with_name("schemathesis.toml"))),
        *("run", f"{rest.url}/openapi.json", "--header", f"Authorization: Bearer {token_of('engine')}"),
        *("--phases", "coverage", "--generation-deterministic", "--no-color", "--warnings", "off"),
        *(part for name in WITH_EACH_KIND_OF_ARGUMENT for part in ("--include-operation-id", name)),
        cwd=tmp_path,  # where it keeps what it found
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-20_000:]
    assert f"Tested: {len(WITH_EACH_KIND_OF_ARGUMENT)}" in output.decode()
