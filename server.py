"""The entry: `python server.py` is the command `sentry-mcp`."""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; its exit code."""
    if arguments is None:  # until something is served there is nothing to tidy up: Ctrl-C ends the process at once
        signal.signal(signal.SIGINT, _end_at_once)
    from commands.line import run

    return run(sys.argv[1:] if arguments is None else arguments)


def _end_at_once(number: int, _: FrameType | None) -> None:
    os._exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
