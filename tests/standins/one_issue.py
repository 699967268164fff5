"""A Sentry of an issue and its event: it answers at once, or when a test says so."""

import asyncio
import json

from standins.sockets import Request, Wire

EVENT = "0123456789abcdef0123456789abcdef"


async def today(request: Request, wire: Wire) -> None:
    """Today's Sentry, as far as an issue and its event."""
    identity = request.path.split("/")[-2]
    await wire.answer(body=json.dumps({"id": identity, "eventID": EVENT, "status": "unresolved"}).encode())


class Gate:
    """A server that answers when the test says so."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.reached = asyncio.Event()
        self.status = "unresolved"

    async def answer(self, request: Request, wire: Wire) -> None:
        body = json.dumps({"id": "5", "status": self.status}).encode()
        self.reached.set()
        if request.method == "GET":
            await self.open.wait()
        await wire.answer(body=body)
