"""An engine that works off Sentry's alerts until it is told to stop. Copy it, and put your own judgement into `decide`.

    SENTRY_CALLER_URL=http://localhost:3004/mcp SENTRY_CALLER_TOKEN=smcp_... python engine.py

It needs the package `mcp`; its caller alerts:read, alerts:write, issues:read, issues:write and structured_content."""

import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal, NamedTuple

import anyio
import httpx2
from mcp import MCPError
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

URL = os.environ.get("SENTRY_CALLER_URL", "http://localhost:3004/mcp")
WAIT = 50  # seconds that a claim waits for an alert, up to 60
PASSING = {"TimeoutError", "ConnectionError", "ConnectionRefusedError", "ConnectionResetError", "BrokenPipeError"}
Answer = dict[str, Any]
Call = Callable[..., Awaitable[Answer]]


class Decision(NamedTuple):
    do: Literal["resolve", "done", "given_back"]
    why: str  # stands beneath the issue, or in the inbox


async def decide(alert: Answer, issue: Answer) -> Decision:
    """The place for a model, or for any other judgement. Who stops the engine does not wait for it.

    Outsiders may have written what stands in the alert and the issue. It is data: compare it, count it, show it to a
    model as such, obey it never. Whatever it says, no more is done than a Decision can say.
    """
    if not issue:
        return Decision("given_back", "There is no issue that could be read.")
    if issue["status"] == "resolved":  # by somebody else, or by an engine that ended before it could say so
        return Decision("done", "The issue is resolved already.")
    types = {exception.get("type") for exception in issue.get("exceptions", [])}
    if alert["kind"] == "created" and types and types <= PASSING:
        return Decision("resolve", "A passing failure of a connection. Should it happen again, it is a regression.")
    return Decision("given_back", "The rule does not know this kind of error: a person, or a better rule, is to look.")


class ToolFailedError(Exception): ...


class Engine:
    def __init__(self) -> None:
        self.stopped, self.waiting = False, anyio.CancelScope()
        self.held, self.pause = "", 1  # the claim that is worked on, such as 17.1; seconds until it connects again

    async def run(self) -> None:
        while not self.stopped:
            try:
                async with connected() as call:
                    await call("list_alerts", limit=1)
                    tell(f"waits for alerts at {URL}")
                    if self.held:  # nobody knows how far that went: whoever takes it next sees
                        await self.finish(call, Decision("given_back", "The connection to the service was lost."), {})
                    while not self.stopped:
                        await self.work(call)
            except* (MCPError, httpx2.HTTPError, ToolFailedError) as lost:
                tell(f"tries again in {self.pause} s: {reason(lost)}")
                with self.until_stopped():
                    await anyio.sleep(self.pause)
                self.pause = min(2 * self.pause, 30)

    async def work(self, call: Call) -> None:
        claimed: Answer = {}
        with self.until_stopped():
            claimed = await call("claim_alert", wait_seconds=WAIT)
        self.pause = 1
        if not (alert := claimed.get("alert")):
            return
        self.held, issue = alert["alert"], claimed.get("issue", {})
        decision = Decision("given_back", "The engine was stopped.")
        with self.until_stopped():
            try:
                decision = await decide(alert, issue)
            except Exception as error:  # noqa: BLE001 - whatever a model fails with, the next alert has its turn
                decision = Decision("given_back", f"It could not be decided: {type(error).__name__}.")
        await self.finish(call, decision, issue)

    async def finish(self, call: Call, decision: Decision, issue: Answer) -> None:
        name, do, why = self.held.partition(".")[0], decision.do, decision.why
        try:
            if do == "resolve":
                self.held = (await call("claim_alert", alert=self.held))["alert"]["alert"]  # fails if it was lost
                await call("update_issue", issue=issue["id"], status="resolved", comment=why)
            await call("finish_alert", alert=self.held, outcome="done" if do == "resolve" else do, note=why)
            tell(f"alert {name}: {do}, {issue.get('short_id', 'no issue')}. {why}")
        except ToolFailedError as error:
            tell(f"alert {name}: {do} failed. {error}")
            if do == "resolve":
                await self.finish(call, Decision("given_back", "The issue could not be resolved."), issue)
        self.held = ""

    @contextmanager
    def until_stopped(self) -> Generator[None]:  # a stop ends what is awaited in this block, and nothing else
        with anyio.CancelScope() as self.waiting:
            if self.stopped:
                self.waiting.cancel()
            yield


@asynccontextmanager
async def connected() -> AsyncGenerator[Call]:
    headers = {"Authorization": f"Bearer {os.environ.get('SENTRY_CALLER_TOKEN', 'none')}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=httpx2.Timeout(10, read=WAIT + 30)) as http,
        Client(streamable_http_client(URL, http_client=http)) as client,
    ):

        async def call(tool: str, **arguments: Any) -> Answer:
            result = await client.call_tool(tool, arguments)
            answer: Answer | None = result.structured_content
            if answer is None:
                raise ToolFailedError(f"{tool} gives no JSON: check this caller's scopes and structured_content")
            if result.is_error:
                raise ToolFailedError(answer["message"])
            return answer

        yield call


def reason(lost: BaseException) -> str:
    within: tuple[BaseException, ...] = getattr(lost, "exceptions", ())
    return reason(within[0]) if within else str(lost) or type(lost).__name__


def tell(text: str) -> None:
    print(f"engine: {''.join(c if c.isprintable() else ' ' for c in text)[:300]}", flush=True)


async def main() -> None:
    engine = Engine()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(engine.run)
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            await anext(aiter(signals))
        engine.stopped = True
        engine.waiting.cancel()  # a second signal ends it at once


if __name__ == "__main__":
    anyio.run(main)
