"""The inbox in a file: SQLite, in the mode (WAL) in which several processes read and write it side by side."""

import logging
import math
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from alerts.alert import Alert, Happening, Outcome, Stored, Wanted
from alerts.database import Database, DiskError, failure
from alerts.inbox import KEPT_FOR, LEASE, MAX_ATTEMPTS, MOST_KEPT, MOST_WAITING, WAITS_FOR, InboxError, NotClaimedError
from alerts.steps import begun, by_now, ended, full, held, number_of, prolonged, released, taken
from alerts.tables import COUNT_FREE, FREE, LATER, PLACES, SELECT, WANTED, alert_of, fields_of, parameters
from sentry.errors import NotFoundError

T = TypeVar("T")

LOOK = 1.0
"""Seconds between two looks at whether another process has written."""
AT_ONCE = 200
"""Happenings that are written together: what waits while the disk is busy shares its next turn."""
TIDY = 500
"""Alerts after which what is too old is looked for."""

_logger = logging.getLogger(__name__)


@dataclass(eq=False)
class _Waiting:
    happenings: Sequence[Happening]
    source: str
    outcome: "list[Stored] | InboxError | None" = None


class FileInbox:
    """An Inbox. One connection, which a worker thread has at a time."""

    def __init__(self, database: Database, clock: Callable[[], float], lease: float) -> None:
        self._database = database
        self._clock = clock
        self._lease = lease
        self._turn = anyio.CapacityLimiter(1)
        self._writing = anyio.Lock()
        self._waiting: list[_Waiting] = []
        self._bell = anyio.Event()
        self._stored = anyio.Event()
        self._since_tidy = TIDY

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, path: Path, clock: Callable[[], float] = time.time, lease: float = LEASE
    ) -> AsyncGenerator["FileInbox"]:
        """Raises InboxError for a file that cannot be used; one whose disk is full is opened when it can be."""
        database = Database(path)
        try:
            await anyio.to_thread.run_sync(database.look_after)
        except DiskError as error:
            _logger.warning("%s", error.message)
        try:
            yield cls(database, clock, lease)
        finally:
            database.close()

    async def store(self, happenings: Sequence[Happening], source: str) -> list[Stored]:
        """Whoever comes while the disk is busy waits for the next turn, which writes for all of them at once."""
        waiting = _Waiting(happenings, source)
        self._waiting.append(waiting)
        async with self._writing:
            if waiting.outcome is None:
                with anyio.CancelScope(shield=True):
                    await self._store_together(self._next_batch())
        assert waiting.outcome is not None
        if isinstance(waiting.outcome, InboxError):
            raise InboxError(waiting.outcome.message, status_code=503)
        return waiting.outcome

    async def get(self, wanted: Wanted) -> Alert | None:
        found = await self.look(wanted, 1)
        return found[0] if found else None

    async def look(self, wanted: Wanted, limit: int, before: int | None = None) -> list[Alert]:
        query = f"{SELECT} WHERE (:before IS NULL OR id < :before) AND {WANTED} ORDER BY id DESC LIMIT :limit"

        def rows() -> list[Alert]:
            given = {**parameters(wanted), "before": before, "limit": limit}
            return [alert_of(row) for row in self._execute(query, given)]

        return await self._ask(rows)

    async def newer(self, number: int, limit: int) -> list[Alert]:
        def rows(after: int) -> list[Alert]:
            query = f"{SELECT} WHERE id > ? ORDER BY id LIMIT ?"
            return [alert_of(row) for row in self._execute(query, (after, limit))]

        def last() -> int:
            return int(self._execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence").fetchone()[0])

        while True:
            stored, version = self._stored, await self._version()
            number = number if await self._ask(last) >= number else 0  # another file than before counts anew
            if found := await self._ask(partial(rows, number)):
                return found
            await self._rung(stored, version, math.inf)

    async def places(self) -> frozenset[tuple[str, str]]:
        return await self._ask(lambda: frozenset((row[0], row[1]) for row in self._execute(PLACES)))

    async def waiting(self) -> int:
        given = {"now": self._clock(), "most": MAX_ATTEMPTS}
        return await self._ask(lambda: int(self._execute(COUNT_FREE, given).fetchone()[0]))

    async def touch(self) -> None:
        def touch() -> None:
            (version,) = self._execute("PRAGMA user_version").fetchone()
            self._execute(f"PRAGMA user_version = {version}")  # a row as it is would not be written

        await self._change(touch)

    async def claim(self, who: str, wanted: Wanted, until: float = 0.0) -> Alert | None:
        while True:
            bell, version = self._bell, await self._version()
            is_there = await self._ask(lambda: self._is_free(wanted))
            found = await self._change(lambda: self._take(who, wanted)) if is_there else None
            if found is not None or self._clock() >= until:
                return found
            await self._changed(bell, version, until)

    async def release(self, who: str, claim: str) -> None:
        def release() -> None:
            with suppress(NotClaimedError, NotFoundError):
                found = self._claimed(who, claim, Wanted())
                self._write(released(found))

        await self._change(release)
        self._ring()

    async def lead(self, who: str, seconds: float) -> bool:
        def lead() -> bool:
            now = self._clock()
            statement = "UPDATE looking SET leader = :who, until = :until WHERE leader = :who OR until <= :now"
            return self._execute(statement, {"who": who, "until": now + seconds, "now": now}).rowcount == 1

        return await self._change(lead)

    async def looked(self) -> float | None:
        def look() -> float | None:
            found: float | None = self._execute("SELECT looked FROM looking").fetchone()[0]
            return found

        return await self._ask(look)

    async def note_looked(self, moment: float) -> None:
        await self._change(lambda: self._execute("UPDATE looking SET looked = ?", (moment,)))

    async def prolong(self, who: str, claim: str, wanted: Wanted) -> Alert:
        def prolong() -> Alert:
            found = self._claimed(who, claim, wanted)
            return self._write(prolonged(found, self._clock(), self._lease))

        return await self._change(prolong)

    async def finish(self, who: str, claim: str, wanted: Wanted, outcome: Outcome, note: str) -> Alert:
        def finish() -> Alert:
            found = self._claimed(who, claim, wanted)
            return self._write(ended(found, outcome, note, self._clock()))

        finished = await self._change(finish)
        self._ring()
        return finished

    async def _changed(self, bell: anyio.Event, version: tuple[sqlite3.Connection, int], until: float) -> None:
        """Waits until something may be there to be claimed that was not."""
        free_again = await self._ask(self._next_free)
        await self._rung(bell, version, min(until, free_again) if free_again is not None else until)

    async def _rung(self, bell: anyio.Event, version: tuple[sqlite3.Connection, int], until: float) -> None:
        """Waits for the bell; of what other processes write it hears by looking, once a second, at a number that SQLite
        counts on."""
        while not bell.is_set() and await self._version() == version and (left := until - self._clock()) > 0:
            with anyio.move_on_after(min(LOOK, left)):
                await bell.wait()

    def _is_free(self, wanted: Wanted) -> bool:
        """Whether there is one to claim, or to park: nothing is locked to find out."""
        query = (
            f"SELECT EXISTS(SELECT 1 FROM alerts WHERE {FREE} AND {WANTED}) OR EXISTS(SELECT 1 FROM alerts "  # noqa: S608 - our own words
            "WHERE state = 'claimed' AND lease_ends <= :now AND attempts >= :most)"
        )
        given = {**parameters(wanted), "now": self._clock(), "most": MAX_ATTEMPTS}
        return bool(self._execute(query, given).fetchone()[0])

    def _take(self, who: str, wanted: Wanted) -> Alert | None:
        now = self._clock()
        self._execute(
            "UPDATE alerts SET state = 'parked' WHERE state = 'claimed' AND lease_ends <= ? AND attempts >= ?",
            (now, MAX_ATTEMPTS),
        )
        query = f"{SELECT} WHERE {FREE} AND {WANTED} ORDER BY id LIMIT 1"
        row = self._execute(query, {**parameters(wanted), "now": now}).fetchone()
        if row is None:
            return None
        return self._write(taken(alert_of(row), who, now, self._lease))

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        while self._waiting and sum(len(one.happenings) for one in batch) < AT_ONCE:
            batch.append(self._waiting.pop(0))
        return batch

    async def _store_together(self, batch: list[_Waiting]) -> None:
        def store() -> list[list[Stored]]:
            now, waiting = self._clock(), self._count_waiting()
            stored: list[list[Stored]] = []
            for one in batch:
                stored.append([])
                for happening in one.happenings:
                    made = self._store_one(happening, one.source, now, is_full=waiting >= MOST_WAITING)
                    waiting += made.is_new and happening.is_work
                    stored[-1].append(made)
            self._tidy(now, sum(map(len, stored)))
            return stored

        try:
            outcomes = await self._change(store)
        except InboxError as error:
            for one in batch:
                one.outcome = error
            return
        for one, outcome in zip(batch, outcomes, strict=True):
            one.outcome = outcome
        made = [stored.alert for outcome in outcomes for stored in outcome if stored.is_new]
        if made:
            self._stored.set()
            self._stored = anyio.Event()
        if any(alert.told.is_work for alert in made):
            self._ring()

    def _store_one(self, happening: Happening, source: str, now: float, *, is_full: bool) -> Stored:
        happening = by_now(happening, now)
        query = f"{SELECT} WHERE identity = ? ORDER BY id DESC LIMIT 1"
        row = self._execute(query, (happening.identity,)).fetchone()
        if row is not None and (same := alert_of(row)).is_same(happening):
            return Stored(self._write(same.with_more(happening)), is_new=False)
        if happening.is_work and is_full:
            raise full()
        alert = begun(happening, source, now)
        made = fields_of(alert)
        del made["id"]
        names = ", ".join(made)
        places = ", ".join(f":{name}" for name in made)
        statement = f"INSERT INTO alerts ({names}, identity) VALUES ({places}, :identity) RETURNING id"  # noqa: S608 - our own words
        number = self._execute(statement, {**made, "identity": happening.identity}).fetchone()[0]
        return Stored(replace(alert, id=number), is_new=True)

    def _count_waiting(self) -> int:
        return int(self._execute("SELECT count(*) FROM alerts WHERE state != 'done'").fetchone()[0])

    def _tidy(self, now: float, stored: int) -> None:
        """Forgets what is too old, and of what is done with all beyond MOST_KEPT."""
        self._since_tidy += stored
        if self._since_tidy < TIDY:
            return
        self._since_tidy = 0
        execute = self._execute
        execute("DELETE FROM alerts WHERE state = 'done' AND finished < ?", (now - KEPT_FOR,))
        execute("DELETE FROM alerts WHERE state != 'done' AND received < ?", (now - WAITS_FOR,))
        (kept,) = execute("SELECT count(*) FROM alerts").fetchone()
        if kept > MOST_KEPT:
            oldest = "SELECT id FROM alerts WHERE state = 'done' ORDER BY finished LIMIT ?"
            execute(f"DELETE FROM alerts WHERE id IN ({oldest})", (kept - MOST_KEPT,))  # noqa: S608 - our own words

    def _claimed(self, who: str, claim: str, wanted: Wanted) -> Alert:
        """The alert that `who` has; raises NotClaimedError."""
        query = f"{SELECT} WHERE {WANTED}"
        row = self._execute(query, parameters(replace(wanted, id=number_of(claim)))).fetchone()
        return held(None if row is None else alert_of(row), who, claim)

    def _next_free(self) -> float | None:
        """When the next alert can be claimed that cannot be now."""
        query = (
            "SELECT min(at) FROM (SELECT min(lease_ends) AS at FROM alerts WHERE state = 'claimed' "  # noqa: S608 - our own words
            f"UNION ALL SELECT min(not_before) FROM {LATER})"
        )
        at: float | None = self._execute(query, {"now": self._clock()}).fetchone()[0]
        return at

    def _write(self, alert: Alert) -> Alert:
        fields = fields_of(alert)
        changes = ", ".join(f"{name} = :{name}" for name in fields)
        self._execute(f"UPDATE alerts SET {changes} WHERE id = :id", fields)  # noqa: S608 - our own words
        return alert

    def _ring(self) -> None:
        self._bell.set()
        self._bell = anyio.Event()

    async def _version(self) -> tuple[sqlite3.Connection, int]:
        """Differs after another process has written, and where the file is another."""
        return await self._ask(
            lambda: (self._database.connection, int(self._execute("PRAGMA data_version").fetchone()[0]))
        )

    async def _change(self, change: Callable[[], T]) -> T:
        """In one transaction, which is on the disk when this returns."""

        def changing() -> T:
            self._execute("BEGIN IMMEDIATE")
            try:
                made = change()
                self._execute("COMMIT")
            except BaseException:
                if self._database.connection.in_transaction:
                    self._execute("ROLLBACK")
                raise
            if not self._database.is_there():
                raise InboxError("The file of the inbox was removed while it was written. Try again.", status_code=503)
            return made

        return await self._ask(changing)

    async def _ask(self, question: Callable[[], T]) -> T:
        def asking() -> T:
            self._database.look_after()
            return question()

        try:
            return await anyio.to_thread.run_sync(asking, limiter=self._turn)
        except sqlite3.Error as error:
            raise failure(error) from error

    def _execute(self, statement: str, given: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        return self._database.connection.execute(statement, given)
