"""The files by which the service is run: what they name is there, and they are what their readers take."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml
from readme import blocks
from wire import ROOT, bare_environment

from commands.ending import GRACE
from commands.over_http import CLOSING
from settings import Settings, load_settings

KUBERNETES = "1.30"
"""The first that the page's manifest works on."""
PAGE = "docs/kubernetes.md"
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def instruction(name: str) -> list[str]:
    """The JSON that one of the Dockerfile's instructions holds."""
    (text,) = re.findall(rf"^{name} (\[.*\])$", DOCKERFILE, re.MULTILINE)
    words: list[str] = json.loads(text)
    return words


def settings_of(variables: dict[str, str], folder: Path) -> Settings:
    """As the server reads them, with files that are there; raises SettingsError for what is no setting."""
    (folder / "token").write_text("sntryu_0")
    given = {**variables, "SENTRY_AUTH_TOKEN_FILE": str(folder / "token")}
    return load_settings(environment=given)


@pytest.fixture(scope="module")
def compose() -> Any:
    """With what Compose puts in where nothing is set."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (ROOT / "compose.yaml").read_text())
    assert "$" not in text
    return yaml.safe_load(text)


@pytest.fixture(scope="module")
def manifest() -> dict[tuple[str, str], Any]:
    """The page's objects, by kind and name."""
    (text,) = blocks("yaml", of=PAGE)
    return {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(text)}


def test_the_dockerfile_has_no_flaw_that_its_linter_knows() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    found = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (found.stdout, found.returncode) == ("", 0)


def test_the_image_serves_where_the_port_is_that_it_names() -> None:
    port = str(load_settings(environment={}).http_port)
    assert re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE) == [port]
    assert f"'127.0.0.1', {port}," in instruction("HEALTHCHECK .* CMD")[-1]
    assert re.findall(r"^USER (\d+):\1$", DOCKERFILE, re.MULTILINE) == ["10001"]


def test_the_image_starts_what_the_wheel_brings_with_options_that_it_takes(installed: Path, tmp_path: Path) -> None:
    (command,) = instruction("ENTRYPOINT")
    ended = subprocess.run(
        [str(installed / command), *instruction("CMD")],
        env=bare_environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "callers are configured" in ended.stderr


def test_nothing_secret_comes_into_the_image_or_into_git() -> None:
    for file in (".dockerignore", ".gitignore"):
        assert {"callers", "secrets"} <= {line.strip("/") for line in (ROOT / file).read_text().splitlines()}, file


def test_what_the_wheel_is_built_from_comes_into_the_image() -> None:
    left_out = {line.strip("/") for line in (ROOT / ".dockerignore").read_text().splitlines()}
    carried = re.findall(r'^"(\S+)" = "sentry_mcp/', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert "web" in carried
    assert not left_out & {*carried, "sentry_mcp", "pyproject.toml", "README.md", "LICENSE", "NOTICE"}


def test_compose_takes_its_file() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    checked = [str(checker), "--builtin-schema", "vendor.compose-spec", str(ROOT / "compose.yaml")]
    ended = subprocess.run(checked, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_compose_sets_what_the_server_reads(compose: Any, tmp_path: Path) -> None:
    server = compose["services"]["sentry-mcp"]
    settings = settings_of(server["environment"], tmp_path)

    assert settings.knows_callers
    assert urlsplit(settings.shared_url.get_secret_value()).hostname in compose["services"]
    mounts = [volume.split(":")[1] for volume in server["volumes"]]
    assert str(Path(settings.callers_file).parent) in mounts
    assert server["environment"]["SENTRY_AUTH_TOKEN_FILE"] == f"/run/secrets/{server['secrets'][0]}"
    proxy = compose["configs"]["haproxy"]["content"]
    assert set(re.findall(r"server-template \S+ \S+ (\S+)", proxy)) == {f"sentry-mcp:{settings.http_port}"}
    assert set(re.findall(r"httpchk GET (\S+)", proxy)) == {"/ready", "/health"}


def test_compose_bounds_what_it_starts_and_lets_calls_end(compose: Any) -> None:
    server = compose["services"]["sentry-mcp"]
    assert server["deploy"]["replicas"] == 2
    assert int(server["stop_grace_period"].rstrip("s")) > GRACE + CLOSING
    for name, service in compose["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
    published = {name for name, service in compose["services"].items() if "ports" in service}
    assert published == {"proxy"}
    assert all(port.startswith("127.0.0.1:") for port in compose["services"]["proxy"]["ports"])


def test_kubernetes_takes_each_object_of_the_page(manifest: dict[tuple[str, str], Any]) -> None:
    assert {kind for kind, _ in manifest} == {
        *("ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service")
    }
    for one in manifest.values():
        kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_kubernetes_sets_what_the_server_reads(manifest: dict[tuple[str, str], Any], tmp_path: Path) -> None:
    settings = settings_of(manifest["ConfigMap", "sentry-mcp"]["data"], tmp_path)
    pod = manifest["Deployment", "sentry-mcp"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    assert settings.knows_callers
    assert container["ports"][0]["containerPort"] == settings.http_port
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    token_file = manifest["ConfigMap", "sentry-mcp"]["data"]["SENTRY_AUTH_TOKEN_FILE"]
    assert mounts == {str(Path(settings.callers_file).parent), str(Path(token_file).parent)}
    created = "".join(blocks("sh", of=PAGE))
    assert f"--from-file={Path(token_file).name}\n" in created
    assert f"--from-file={Path(settings.callers_file).name}\n" in created
    assert f"create secret generic {pod['volumes'][0]['secret']['secretName']} " in created
    assert f"create configmap {pod['volumes'][1]['configMap']['name']} " in created
    begun = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > begun + GRACE + CLOSING


def test_what_kubernetes_puts_into_a_pod_beside_the_service_is_no_setting(
    manifest: dict[tuple[str, str], Any], tmp_path: Path
) -> None:
    beside = {
        "SENTRY_MCP_SERVICE_HOST": "10.0.0.1",
        "SENTRY_MCP_SERVICE_PORT": "3004",
        "SENTRY_MCP_SERVICE_PORT_HTTP": "3004",
        "SENTRY_MCP_PORT": "tcp://10.0.0.1:3004",
        "SENTRY_MCP_PORT_3004_TCP": "tcp://10.0.0.1:3004",
        "SENTRY_MCP_PORT_3004_TCP_PROTO": "tcp",
        "SENTRY_MCP_PORT_3004_TCP_ADDR": "10.0.0.1",
    }
    data = manifest["ConfigMap", "sentry-mcp"]["data"]
    assert settings_of({**data, **beside}, tmp_path) == settings_of(data, tmp_path)


def test_what_is_selected_is_there(manifest: dict[tuple[str, str], Any]) -> None:
    pods = [
        one["spec"]["template"]["metadata"]["labels"] for (kind, _), one in manifest.items() if kind == "Deployment"
    ]
    selectors = [
        one["spec"]["podSelector"]["matchLabels"]
        if kind == "NetworkPolicy"
        else one["spec"]["selector"].get("matchLabels", one["spec"]["selector"])
        for (kind, _), one in manifest.items()
        if kind != "ConfigMap"
    ]
    assert all(selector in pods for selector in selectors)
