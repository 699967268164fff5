"""What the tools cost every model on every request, in o200k tokens, tool by tool."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bpe_openai import get_encoding

from application import build_server
from settings import load_settings
from tools.introduction import introduction

MOST = 2_300
MOST_OF_ALERTS = 350


def main() -> int:
    encoding = get_encoding("o200k_base")

    def count(value: Any) -> int:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return len(encoding.encode(text))

    def listed(**environment: str) -> list[dict[str, Any]]:
        tools = asyncio.run(build_server(load_settings(environment=environment)).list_tools())
        return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]

    tools = listed(SENTRY_AUTH_TOKEN="none", SENTRY_ORG="acme")
    for tool in tools:
        print(f"{tool['name']:<16} {count(tool):>5} tokens")
    whole, of_any = count({"tools": tools}), count({"tools": listed(SENTRY_AUTH_TOKEN="none")})
    print(f"the whole tools/list: {whole} tokens (bar {MOST}); {of_any} where SENTRY_ORG is not set")
    print(f"instructions: {count(introduction(lambda _: True))} tokens (bar 150)")
    with tempfile.TemporaryDirectory() as folder:
        alerts = {"SENTRY_MCP_ALERTS": "true", "SENTRY_MCP_ALERTS_PATH": f"{folder}/alerts.db"}
        more = count({"tools": listed(SENTRY_AUTH_TOKEN="none", SENTRY_ORG="acme", **alerts)}) - whole
    print(f"with alerts: {more} more (bar {MOST_OF_ALERTS})")
    return 0 if whole <= MOST and more <= MOST_OF_ALERTS else 1


if __name__ == "__main__":
    sys.exit(main())
