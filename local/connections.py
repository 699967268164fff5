"""The connections to a store: one that writes, a few that read, all to one file."""

import queue
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from local.percentiles import Percentile

READERS = 4
"""Connections that read at once, each for one thread; who comes later waits."""

PAGE = 8192
"""Bytes; of a file that is there already they stay as they are. With SQLite's 4096 an event, of 2,500 in the mean, has
one for itself: the file is a third larger, and there are twice as many pages to walk."""

BUSY_SECONDS = 30.0
"""How long a writer waits for another process that writes the same file."""


class Connections:
    """Any thread may use them. Reading never waits for a writer, nor one reader for another while there are no more
    than READERS.

    Without a path they share a file of their own that nobody else can open: it lies in a folder of this user alone, and
    its names are taken away once all connections are open, so that nothing is left however the process ends. SQLite's
    databases in memory have no such readers: of those that connections can share, one is locked by table, the other as
    a whole.
    """

    def __init__(self, path: Path | None) -> None:
        self._writing = Lock()
        self._readers: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._opened: list[sqlite3.Connection] = []
        self._folder = Path(tempfile.mkdtemp(prefix="sentry-mcp-")) if path is None else None
        file = self._folder / "store.sqlite3" if self._folder else path
        try:
            self._writer = self._open(file)
            for _ in range(READERS):
                self._readers.put(self._open(file))
        except BaseException:
            self._close()
            raise
        self._take_names_away()

    def close(self) -> None:
        with self._writing:
            readers = [self._readers.get() for _ in range(READERS)]  # waits for who reads
            self._close()
            for reader in readers:
                self._readers.put(reader)  # who comes later is told that it is closed

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """One transaction that may write: kept when the block ends, undone when it raises."""
        with self._writing:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """One consistent view; what is read inside does not change half-way."""
        reader = self._readers.get()
        try:
            reader.execute("BEGIN")
            try:
                yield reader
            finally:
                if reader.in_transaction:  # an error may have undone it
                    reader.execute("ROLLBACK")
        finally:
            self._readers.put(reader)

    def _open(self, file: Path | None) -> sqlite3.Connection:
        """A connection that any one thread at a time may use; transactions are begun by hand.

        WAL lets readers go on while one writes; `synchronous = NORMAL` keeps the file whole after a crash
        and spares one disk flush a transaction (https://www.sqlite.org/pragma.html#pragma_synchronous).
        """
        connection = sqlite3.connect(
            file or "",
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        self._opened.append(connection)
        connection.row_factory = sqlite3.Row
        connection.create_aggregate("percentile", 2, Percentile)
        connection.execute(f"PRAGMA synchronous = {'OFF' if self._folder else 'NORMAL'}")
        connection.execute(f"PRAGMA page_size = {PAGE}")
        _write_ahead(connection)
        connection.execute("PRAGMA wal_autocheckpoint = 2000")  # pages: those written often are copied less often
        connection.execute("PRAGMA journal_size_limit = 64000000")
        connection.execute("PRAGMA temp_store = MEMORY")  # files of its own may have no folder
        connection.execute("PRAGMA cache_size = -64000")
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # opens the files beside it, too
        return connection

    def _close(self) -> None:
        for connection in self._opened:
            connection.close()
        self._take_names_away()

    def _take_names_away(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)  # where what is open keeps its name, once more at the end


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL; SQLite does not wait by itself while another process does the same."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
