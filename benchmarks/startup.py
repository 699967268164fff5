"""From process start to the answer of tools/list over stdio, and peak memory, beside a bare server with one tool.

The two are started in turns, so that the machine's noise meets both; medians and their ratio are printed.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
ROUNDS = 15
MOST_RATIO, MOST_MEGABYTES = 1.10, 75

BARE = """
from mcp.server.mcpserver import MCPServer
server = MCPServer("bare")
@server.tool()
def add(a: int, b: int) -> int:
    return a + b
server.run()
"""
META: dict[str, object] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
LIST: dict[str, object] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}


def once(command: list[str]) -> tuple[float, float]:
    """Seconds to the answer, and the peak of resident memory in MB."""
    environment = {"PATH": os.environ["PATH"], "SENTRY_AUTH_TOKEN": "none", "SENTRY_URL": "http://127.0.0.1:9"}
    started = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(LIST).encode() + b"\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    seconds = time.perf_counter() - started
    assert answer["result"]["tools"], answer
    peak = _peak(process.pid)
    process.stdin.close()
    process.wait(10)
    return seconds, peak


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1_000
    return psutil.Process(pid).memory_info().rss / 1_000_000


def main() -> int:
    commands = {"bare": [sys.executable, "-c", BARE], "sentry-mcp": [sys.executable, "-m", "sentry_mcp"]}
    os.chdir(ROOT)
    for command in commands.values():
        once(command)  # bytecode and disk caches
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            runs[name].append(once(command))
    seconds = {name: statistics.median(run[0] for run in found) for name, found in runs.items()}
    peaks = {name: max(run[1] for run in found) for name, found in runs.items()}
    for name in commands:
        print(
            f"{name:<12} {seconds[name] * 1000:>7.0f} ms to tools/list (median of {ROUNDS}), peak {peaks[name]:.0f} MB"
        )
    ratio = seconds["sentry-mcp"] / seconds["bare"]
    print(f"ratio {ratio:.2f} (bar {MOST_RATIO}), peak {peaks['sentry-mcp']:.0f} MB (bar {MOST_MEGABYTES})")
    return 0 if ratio <= MOST_RATIO and peaks["sentry-mcp"] <= MOST_MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
