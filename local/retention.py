"""What is forgotten, so that the store stays small: events that are old, too many of one issue, or too many at all.

Issues stay, with their counts; values of tags go with the last event that has them. Only where room is short and issues
without events take most of it, the oldest of these go, too.

Pages that become free are used again: a file whose size is at its bound grows no further.
"""

# ruff: noqa: S608 - values travel as parameters; only our own names are put into SQL

import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread

from local.clock import DAY, now
from local.forgetting import delete
from local.store import Store

FORGOTTEN = ("events", "spans", "logs")
"""Tables of what comes in, each with `id`, `project_id` and `timestamp` (ms)."""

SIZES = {
    "events": "LENGTH(body) + 3 * LENGTH(CAST(tags AS BLOB)) + LENGTH(CAST(fields AS BLOB))"
    " + 2 * LENGTH(CAST(message AS BLOB)) + 500",
    "spans": "LENGTH(CAST(attributes AS BLOB)) + LENGTH(CAST(description AS BLOB)) + 500",
    "logs": "LENGTH(CAST(attributes AS BLOB)) + 2 * LENGTH(CAST(message AS BLOB)) + 250",
    "issues": "LENGTH(CAST(message AS BLOB)) + LENGTH(CAST(metadata AS BLOB)) + LENGTH(CAST(title AS BLOB)) + 500",
}
"""Bytes that a row takes with its part of the indexes, about."""

SAMPLE = 64
PRESSING = 1.05
"""Of the bound: with more, forgetting takes all the time it needs, and what comes in waits for it."""

ALWAYS_THEIRS = 0.2
"""Of the bound: with less than that of their own, nothing more goes for want of room."""

BATCH = 100
"""Rows of one transaction: who writes meanwhile waits for some milliseconds."""

_IDLE_ISSUES = (
    "SELECT id FROM issues i WHERE NOT EXISTS (SELECT 1 FROM events WHERE issue_id = i.id)"
    f" ORDER BY last_seen LIMIT {1000 * BATCH}"
)

EVERY = 5.0
"""Seconds between two looks."""

MEGABYTE = 1_000_000
IN_A_FILE, IN_MEMORY = 1000, 200


@dataclass(frozen=True)
class Retention:
    """For how long, how many of one issue, and how much in all is kept; without `megabytes`, 1000 in a file and 200 in
    memory."""

    days: int = 30
    events_of_issue: int = 50_000
    megabytes: int | None = None


@contextmanager
def retaining(store: Store, retention: Retention) -> Generator[None]:
    """Forget in the background, at once and every few seconds, until the block ends."""
    ended = Event()
    thread = Thread(target=_retain, args=(store, retention, ended), name="retention", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def forget(store: Store, retention: Retention, ended: Event | None = None) -> int:
    """Delete all that is not kept, in small steps between which others write; how many rows there were."""
    ended = ended or Event()
    deleted = 0
    for table, rows, is_pressing in _steps(store, retention):
        began = time.monotonic()
        with store.writing() as connection:
            deleted += delete(connection, table, rows)
        # As long as it took: at most half of the time is ours, unless it would be too little.
        if ended.wait(0 if is_pressing else time.monotonic() - began):
            break
    return deleted


def _retain(store: Store, retention: Retention, ended: Event) -> None:
    while not ended.is_set():
        with suppress(sqlite3.OperationalError):  # the disk is full, or another process writes: the next time
            forget(store, retention, ended)
        ended.wait(EVERY)


_Rows = tuple[str, list[int]]
"""A table, and ids of rows in it."""


def _steps(store: Store, retention: Retention) -> Generator[tuple[str, list[int], bool]]:
    """Rows to delete, and whether that cannot wait."""
    for table, rows in _too_old(store, now() - retention.days * DAY):
        yield table, rows, False
    for table, rows in _too_many(store, retention.events_of_issue):
        yield table, rows, False
    most = (retention.megabytes or (IN_A_FILE if store.is_kept else IN_MEMORY)) * MEGABYTE
    for table, rows in _too_much(store, most):
        yield table, rows, _used(store) > PRESSING * most


def _too_old(store: Store, before: int) -> Generator[_Rows]:
    with store.reading() as connection:
        projects = [row["id"] for row in connection.execute("SELECT id FROM projects")]
    for table in FORGOTTEN:
        for project in projects:
            query = f"SELECT id FROM {table} WHERE project_id = ? AND timestamp < ? LIMIT {BATCH}"
            while rows := _ids(store, query, project, before):
                yield table, rows


def _too_many(store: Store, most: int) -> Generator[_Rows]:
    for issue in _ids(store, "SELECT id FROM issues WHERE times_seen > ?", most):
        with store.reading() as connection:
            last = connection.execute(
                "SELECT timestamp, id FROM events WHERE issue_id = ? ORDER BY timestamp DESC, id DESC LIMIT 1 OFFSET ?",
                (issue, most),
            ).fetchone()
        query = f"SELECT id FROM events WHERE issue_id = ? AND (timestamp, id) <= (?, ?) LIMIT {BATCH}"
        while last and (rows := _ids(store, query, issue, *last)):
            yield "events", rows


def _too_much(store: Store, most: int) -> Generator[_Rows]:
    """Of the kind that takes most room, what came first goes first; of issues without events, what was not seen for
    the longest. A part of the room is always theirs: what else fills it is not made less by forgetting them."""
    while _used(store) > most:
        idle = _ids(store, _IDLE_ISSUES)
        counts = {**{table: _count(store, table) for table in FORGOTTEN}, "issues": len(idle)}
        room = {table: _size_of_one(store, table) * count for table, count in counts.items()}
        if sum(room.values()) < most * ALWAYS_THEIRS:
            return
        table = max(room, key=lambda name: room[name])
        for start in range(0, counts[table] // 10 + 1, BATCH):  # then it is looked at again which takes most
            if _used(store) <= most:
                return
            query = f"SELECT id FROM {table} ORDER BY id LIMIT {BATCH}"
            yield table, idle[start : start + BATCH] if table == "issues" else _ids(store, query)


def _size_of_one(store: Store, table: str) -> float:
    """The mean of SAMPLE rows, evenly spread."""
    with store.reading() as connection:
        first, last = connection.execute(f"SELECT MIN(id), MAX(id) FROM {table}").fetchone()
        if first is None:
            return 0.0
        query = f"SELECT {SIZES[table]} FROM {table} WHERE id >= ? ORDER BY id LIMIT 1"
        step = (last - first) / SAMPLE
        starts = [first + int(step * number) for number in range(SAMPLE)]
        return sum(int(connection.execute(query, (start,)).fetchone()[0]) for start in starts) / SAMPLE


def _count(store: Store, table: str) -> int:
    with store.reading() as connection:
        return int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


def _used(store: Store) -> int:
    """Bytes of the store, without what is free in it."""
    with store.reading() as connection:
        pages, free, size = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * size


def _ids(store: Store, query: str, *values: int) -> list[int]:
    with store.reading() as connection:
        return [row["id"] for row in connection.execute(query, values)]
