"""How serving ends: what was asked is still answered, for a while; who asks twice does not wait."""

import os
from types import FrameType

GRACE = 3.0
"""Seconds in which calls that are under way can end, once the server is told to stop or its host has closed its
input. New ones are refused."""


def end_at_once(number: int, _: FrameType | None) -> None:
    """Handles a signal by the end of the process, with the exit code that shells give it."""
    os._exit(128 + number)
