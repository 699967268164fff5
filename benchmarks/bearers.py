"""What hostile bearers cost, and whether one opens anything: `python benchmarks/bearers.py`.

A real server with configured callers and an identity provider on loopback is shown 10,000 tokens: random ones, each
kind of forged JWT, good ones with one character changed, and some of a megabyte. Ends with 1 when one of them was let
in, when a status was 5xx, when the server's memory grew by more than 4 MB after the first quarter, or when the provider
was asked for its keys more often than once in 15 s. A good token is shown in between, and must be let in.
"""

import argparse
import asyncio
import hashlib
import json
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import httpx
import psutil
from calling import LIST_TOOLS, OF_LIST_TOOLS, address_of, bearing
from standins.forged import forged
from standins.identity_provider import AUDIENCE, Provider, providing
from wire import served_http

AT_ONCE = 16
GROWTH = 4.0
"""MB."""
AGAIN = 15
REFUSED = frozenset((400, 401, 431))
LONG = 60_000
"""Characters of a header that may be hung up on."""
MEGABYTE = 1_000_000
OURS = "smcp_" + "B" * 43
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}},
}
WAYS: list[tuple[str, str, object]] = [
    ("POST", "/mcp", LIST_TOOLS),
    ("POST", "/mcp", INITIALIZE),
    ("GET", "/mcp", None),
    ("DELETE", "/mcp", None),
    ("GET", "/issues", None),
    ("GET", "/metrics", None),
]


def environment(provider: Provider, callers: Path) -> dict[str, str]:
    digest = hashlib.sha256(OURS.encode()).hexdigest()
    callers.write_text(f'[[callers]]\nname = "one"\ntoken_sha256 = "{digest}"\nscopes = ["issues:read"]\n')
    return {
        "SENTRY_AUTH_TOKEN": "none",
        "SENTRY_URL": "http://127.0.0.1:9",
        "SENTRY_MCP_CALLERS_FILE": str(callers),
        "SENTRY_MCP_IDENTITY_PROVIDER_ISSUER": provider.issuer,
        "SENTRY_MCP_IDENTITY_PROVIDER_AUDIENCE": AUDIENCE,
        "SENTRY_MCP_LOG_LEVEL": "ERROR",
    }


def hostile(provider: Provider, many: int, dice: random.Random) -> Iterator[tuple[str, str]]:
    """A kind, and a token of that kind."""
    kinds, good = forged(provider), [provider.token(), OURS]
    for number in range(many):
        choice = dice.random()
        if number % 200 == 0:
            yield "a megabyte", dice.choice(["x", "a.", "=", "eyJ"]) * (MEGABYTE // 2)
        elif choice < 0.25:
            yield "random", secrets.token_urlsafe(dice.choice([1, 16, 32, 43, 200, 3_000]))
        elif choice < 0.30:
            yield "random bytes", bytes(dice.choice(range(0x80, 0x100)) for _ in range(40)).decode("latin-1")
        elif choice < 0.45:
            yield "good but for a character", changed(dice.choice(good), dice)
        else:
            kind = dice.choice(list(kinds))
            yield kind, kinds[kind] if dice.random() < 0.5 else changed(kinds[kind], dice)


def changed(token: str, dice: random.Random) -> str:
    at = dice.randrange(len(token))
    other = dice.choice([letter for letter in 'Aa0_-.=/+ !\t\0\x7f\xff,"' if letter != token[at]])
    return token[:at] + other + token[at + 1 :]


async def ask(port: int, token: str, way: tuple[str, str, object], number: int) -> int:
    """The status, by a client that sends whatever bytes it likes, from another address each time; 0 where it was hung
    up on."""
    method, path, said = way
    body = json.dumps(said).encode() if said else b""
    named = {"Host": f"127.0.0.1:{port}", "Connection": "close", "Content-Length": str(len(body))}
    named |= {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    named |= OF_LIST_TOOLS if said is LIST_TOOLS else {}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=address_of(number))
    try:
        shown = f"{method} {path} HTTP/1.1\r\n{head}Authorization: Bearer {token}\r\n\r\n"
        writer.write(shown.encode("latin-1") + body)
        answer = (await asyncio.wait_for(reader.read(MEGABYTE), 30)).decode("latin-1")
    except ConnectionError:  # a header that is too long is not read to its end
        return 0
    finally:
        writer.close()
    assert len(token) < 16 or token not in answer, "a token was said again"
    return int(answer.split(" ")[1]) if answer else 0


def resident(server: psutil.Process) -> float:
    rss: int = server.memory_info().rss
    return rss / MEGABYTE


async def measure(many: int, seed: int) -> bool:
    dice, outcomes, times, failures = random.Random(seed), Counter[int](), list[float](), list[str]()
    before = {child.pid for child in psutil.Process().children()}
    with tempfile.TemporaryDirectory() as folder:
        async with (
            providing() as provider,
            served_http(environment(provider, Path(folder) / "callers.toml")) as url,
            httpx.AsyncClient(timeout=60) as http,
        ):
            port = httpx.URL(url).port or 0
            server = next(child for child in psutil.Process().children() if child.pid not in before)
            tokens, done, marks = hostile(provider, many, dice), 0, list[float]()
            good = [provider.token(), OURS]
            started = time.monotonic()

            async def work() -> None:
                nonlocal done
                for kind, token in tokens:
                    began = time.perf_counter()
                    outcome = await ask(port, token, dice.choice(WAYS), len(times))
                    times.append((time.perf_counter() - began) * 1_000)
                    outcomes[outcome] += 1
                    if outcome not in REFUSED and (outcome or len(token) < LONG):
                        failures.append(f"{outcome} for {kind}")
                    done += 1
                    if done % (many // 8) == 0:
                        marks.append(resident(server))
                        answers = [
                            await http.post(url, json=LIST_TOOLS, headers={**OF_LIST_TOOLS, **bearing(of)})
                            for of in good
                        ]
                        failures.extend(
                            f"{one.status_code} for a good one" for one in answers if one.status_code != 200
                        )

            await asyncio.gather(*(work() for _ in range(AT_ONCE)))
            seconds = time.monotonic() - started
            looks = provider.looks
    grown = max(marks[2:]) - marks[1]
    shown = ", ".join(f"{status}: {number}" for status, number in sorted(outcomes.items(), key=str))
    print(
        f"{done} bearers in {seconds:.0f} s ({done / seconds:.0f}/s, median {statistics.median(times):.1f} ms): {shown}"
    )
    print(f"memory, each eighth: {' '.join(f'{mark:.1f}' for mark in marks)} MB; grew by {grown:.1f} of {GROWTH} MB")
    print(f"the provider was asked for its keys {looks} times, {1 + seconds // AGAIN:.0f} allowed")
    for failure, number in Counter(failures).most_common(10):
        print(f"FAILED: {failure}, {number} times")
    return not failures and grown <= GROWTH and looks <= 1 + seconds // AGAIN


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bearers", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    is_within = asyncio.run(measure(chosen.bearers, chosen.seed))
    print(f"bars: {'met' if is_within else 'MISSED'}")
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
