"""Work of ours that may take long, cut into steps so that the event loop stays free between them."""

import time
from collections.abc import Generator
from typing import TypeVar

import anyio
import anyio.lowlevel

T = TypeVar("T")
Steps = Generator[None, None, T]
"""Work that pauses at each `yield` and gives its result in the end. A step takes a few milliseconds at most."""

SLICE = 0.001
"""Seconds of work after which others get their turns."""
TURNS = 4
"""Turns of the event loop for others: to hear a request and to answer it takes some twenty."""


async def in_turns(steps: Steps[T]) -> T:
    """The result of the work, which others' work takes turns with; ends where it is when a deadline passes."""
    begun = time.perf_counter()
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result
        if time.perf_counter() - begun > SLICE:
            for _ in range(TURNS):
                await anyio.lowlevel.checkpoint()
            begun = time.perf_counter()


def at_once(steps: Steps[T]) -> T:
    """The result of the work, done in one go."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result
