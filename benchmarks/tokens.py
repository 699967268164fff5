"""What the tools cost every model on every request, in o200k tokens, tool by tool."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bpe_openai import get_encoding

from application import build_server
from settings import load_settings

MOST_INPUT, MOST_WHOLE = 2_200, 5_000


def main() -> int:
    encoding = get_encoding("o200k_base")

    def count(value: Any) -> int:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return len(encoding.encode(text))

    server = build_server(load_settings(environment={"SENTRY_AUTH_TOKEN": "none"}))
    tools = [
        tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in asyncio.run(server.list_tools())
    ]
    inputs = 0
    for tool in tools:
        cost = count({key: tool[key] for key in ("name", "description", "inputSchema")})
        inputs += cost
        print(f"{tool['name']:<16} input {cost:>5}  output schema {count(tool['outputSchema']):>5}")
    whole = count({"tools": tools})
    print(f"names, descriptions and input schemas: {inputs} tokens (bar {MOST_INPUT})")
    print(f"the whole tools/list: {whole} tokens (bar {MOST_WHOLE})")
    print(f"instructions: {count(server.instructions or '')} tokens (bar 150)")
    return 0 if inputs <= MOST_INPUT and whole <= MOST_WHOLE else 1


if __name__ == "__main__":
    sys.exit(main())
