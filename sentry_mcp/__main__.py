"""Starts the server as `sentry-mcp` and as `python -m sentry_mcp`, from a wheel and from a checkout."""

import gc
import sys
from pathlib import Path

# The folder with server.py: this one in a wheel, the one above in a checkout. It goes first on the
# path, so that a `tools/` or `server.py` in the folder we are started from is never taken for ours.
sys.path.insert(0, str(next(f for f in Path(__file__).resolve().parents if (f / "server.py").exists())))

# What imports make, they make to stay: to look through it for garbage again and again takes a tenth of the start.
gc.disable()
from server import main  # noqa: E402 - only importable from here on

gc.enable()

if __name__ == "__main__":
    sys.exit(main())
