"""Reads what a query of Explore finds, and ends what takes too long: a client may ask for anything."""

import sqlite3
import time
from collections.abc import Sequence
from typing import Any

from local.errors import bad_request

LONGEST = 10.0
"""Seconds of one statement; Sentry's own limit is thirty."""

_STEPS = 100_000
"""Instructions of SQLite's between two looks at the clock, some milliseconds."""


def fetch(connection: sqlite3.Connection, sql: str, values: Sequence[Any]) -> list[sqlite3.Row]:
    """All rows. Raises ApiError (400) in Sentry's words when it takes too long, and where a sum is too large."""
    until = time.monotonic() + LONGEST
    connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
    try:
        return connection.execute(sql, values).fetchall()
    except sqlite3.OperationalError as error:
        if str(error) == "integer overflow":
            raise bad_request("The sum is too large.") from error
        if time.monotonic() <= until:
            raise
        raise bad_request(
            "Query timeout. Please try again. If the problem persists try a smaller date range or fewer projects."
        ) from error
    finally:
        connection.set_progress_handler(None, 0)
