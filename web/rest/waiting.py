"""Calls that wait for something to happen, for no longer than somebody waits for them."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from service.heard import undone_unless_heard

T = TypeVar("T")


async def while_there(receive: Receive, ask: Callable[[], Awaitable[T]]) -> T:
    """What `ask` gives, and raises what it raises; ClientDisconnect where the client leaves before, and then what was
    done for it is undone. What the client sent must have been read."""
    answers: list[T] = []
    errors: list[Exception] = []
    is_gone = False

    async def watch() -> None:
        nonlocal is_gone
        while (await receive())["type"] != "http.disconnect":
            pass
        is_gone = True
        tasks.cancel_scope.cancel()

    async with undone_unless_heard():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            try:
                answers.append(await ask())
            except Exception as error:  # noqa: BLE001 - raised below: of a task group it would be one of a group
                errors.append(error)
            tasks.cancel_scope.cancel()
        if is_gone:
            raise ClientDisconnect
        if errors:
            raise errors[0]
        return answers[0]
