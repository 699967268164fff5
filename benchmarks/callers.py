"""A cached get_project with a caller's token, beside the echo tool of a bare SDK server that checks tokens, too (a
TokenVerifier and AuthSettings of the SDK's): `python benchmarks/callers.py`.

As benchmarks/over_http.py measures, over the same connections and in the same turns. Ends with 1 when a bar is missed:
calls per second of at least 0.7 of the bare server's, in both eras, for 1, 8 and 64 clients.
"""

import argparse
import asyncio
import hashlib
import secrets
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from benchmarks.over_http import ECHO, GET_PROJECT, Served, bare, compare, ours

RATIO = 0.7
"""Calls per second, ours to bare."""
TOKEN = f"smcp_{secrets.token_urlsafe(32)}"
VERIFYING = f"""
import sys
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
class Verifier:
    async def verify_token(self, token):
        return AccessToken(token=token, client_id="bench", scopes=["read"]) if token == {TOKEN!r} else None
at = f"http://127.0.0.1:{{sys.argv[1]}}"
auth = AuthSettings(
    issuer_url=at, resource_server_url=f"{{at}}/mcp", required_scopes=["read"], validate_token_resource=False
)
server = MCPServer("bare", log_level="WARNING", token_verifier=Verifier(), auth=auth)
@server.tool()
def echo(text: str) -> str:
    return text
server.run("streamable-http", port=int(sys.argv[1]))
"""
CALLERS = f"""
[[callers]]
name = "bench"
token_sha256 = "{hashlib.sha256(TOKEN.encode()).hexdigest()}"
scopes = ["issues:read"]
calls_per_minute = 1_000_000_000
calls_at_once = 1_000_000
"""
"""No call is refused, each is counted."""


async def measure(rounds: int, calls: int) -> bool:
    headers = {"authorization": f"Bearer {TOKEN}"}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "callers.toml"
        file.write_text(CALLERS)
        async with ours(SENTRY_MCP_CALLERS_FILE=str(file)) as port, bare(VERIFYING) as control:
            mine, theirs = Served(port, GET_PROJECT, headers), Served(control, ECHO, headers)
            return all(ratio >= RATIO for _, ratio, _ in await compare(mine, theirs, rounds, calls))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--calls", type=int, default=128, help="in each round")
    chosen = parser.parse_args()
    is_within = asyncio.run(measure(chosen.rounds, chosen.calls))
    print(f"bar, {RATIO}: {'met' if is_within else 'MISSED'}")
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
