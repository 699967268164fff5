"""The file in which alerts lie: opened, and opened anew where it is no longer there."""

import logging
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from alerts.inbox import InboxError
from alerts.tables import TABLES, VERSION

PATIENCE = 5.0
"""Seconds that a write waits for another process's."""
PARTS = ("", "-wal", "-shm")
"""What SQLite adds to the file's name: its log, and what processes share of that (https://sqlite.org/walformat.html)."""

_logger = logging.getLogger(__name__)


class DiskError(InboxError):
    """The disk is full, or fails: that may pass, as no other file would."""


class Database:
    """What is written by an open connection after its file was removed or replaced is on no disk that anybody finds
    again (https://sqlite.org/howtocorrupt.html), and SQLite does not say so: hence the looks at the names."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._opened: list[tuple[int, int] | None] = []
        """Device and inode of each of PARTS."""

    @property
    def connection(self) -> sqlite3.Connection:
        """After look_after()."""
        assert self._connection is not None
        return self._connection

    def look_after(self) -> None:
        """Opens the file where it is not open, or is no longer the one of that name; raises InboxError."""
        if self._connection is not None and not self.is_there():
            _logger.warning("The file of the inbox was removed or replaced: it is opened anew, with what is in it now")
            self.close()
        if self._connection is None:
            self._connection = _connected(self._path)
            self._opened = self._named()

    def is_there(self) -> bool:
        """Whether what was opened still has its name."""
        return self._named() == self._opened

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _named(self) -> list[tuple[int, int] | None]:
        return [_identity(Path(f"{self._path}{part}")) for part in PARTS]


def check(path: Path) -> None:
    """Raises InboxError for what is no file of an inbox, or may not be used: no waiting helps."""
    with suppress(DiskError):
        _connected(path).close()


def failure(error: sqlite3.Error) -> InboxError:
    reason = getattr(error, "sqlite_errorname", type(error).__name__).removeprefix("SQLITE_").lower()
    if reason.startswith(("full", "ioerr")):  # a full disk is both
        words = f"The inbox cannot be read or written: its disk is full, or fails ({reason}). Try again."
        return DiskError(words, status_code=503)
    return InboxError(f"The inbox cannot be read or written ({reason}). Try again.", status_code=503)


def _connected(path: Path) -> sqlite3.Connection:
    """With the tables in it; raises InboxError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # titles of errors are nobody else's
        connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    except OSError as error:
        raise InboxError(f"The file of the inbox cannot be opened ({error.strerror}).", status_code=503) from error
    except sqlite3.Error as error:
        raise failure(error) from error
    try:
        _set_up(connection)
    except sqlite3.Error as error:
        connection.close()
        raise failure(error) from error
    except InboxError:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    """Writes nothing where all is there: that takes room."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what was answered 2xx is there after a power cut, too
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version != VERSION and (version or tables):
        raise InboxError("The file of the inbox is none, or one of another version.", status_code=503)
    for statement in TABLES.split(";"):
        connection.execute(statement)
    if version != VERSION:
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
