"""Starts the server as `sentry-mcp` and as `python -m sentry_mcp`, from a wheel and from a checkout."""

import sys
from pathlib import Path

# The folder with server.py: this one in a wheel, the one above in a checkout. It goes first on the
# path, so that a `tools/` or `server.py` in the folder we are started from is never taken for ours.
sys.path.insert(0, str(next(f for f in Path(__file__).resolve().parents if (f / "server.py").exists())))

from server import main

if __name__ == "__main__":
    sys.exit(main())
