"""Stands before a real server and passes requests on: what they were can be counted, and made to take long."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
from standins.sockets import Request, Server, Wire, listening


@asynccontextmanager
async def passing_on(url: str, delay: float = 0.0) -> AsyncGenerator[Server]:
    """A server whose answers are those of `url`, each `delay` seconds later."""
    async with httpx.AsyncClient(base_url=url) as onward:

        async def handle(request: Request, wire: Wire) -> None:
            await asyncio.sleep(delay)
            kept: dict[str, str] = {
                name: request.headers[name] for name in ("authorization", "content-type") if name in request.headers
            }
            answer = await onward.request(request.method, request.target, headers=kept, content=request.body)
            link = {"Link": answer.headers["link"]} if "link" in answer.headers else {}
            await wire.answer(answer.status_code, answer.content, answer.headers.get("content-type", ""), **link)

        async with listening(handle) as server:
            yield server
