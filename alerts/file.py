"""The inbox in a file: SQLite, in the mode (WAL) in which several processes read and write it side by side."""

import json
import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from alerts.alert import Alert, Happening, Kind, Outcome, State, Stored, Wanted
from alerts.inbox import KEPT_FOR, LEASE, MAX_ATTEMPTS, MOST_KEPT, MOST_WAITING, WAITS_FOR, InboxError, NotClaimedError
from alerts.steps import begun, by_now, ended, full, held, number_of, prolonged, released, taken
from sentry.errors import NotFoundError

T = TypeVar("T")

VERSION = 1
LOOK = 1.0
"""Seconds between two looks at whether another process has written."""
PATIENCE = 5.0
"""Seconds that a write waits for another process's."""
AT_ONCE = 200
"""Happenings that are written together: what waits while the disk is busy shares its next turn."""
TIDY = 500
"""Alerts after which what is too old is looked for."""

TABLES = """
CREATE TABLE IF NOT EXISTS alerts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- none is given twice, as AUTOINCREMENT has it
  identity TEXT NOT NULL,
  kind TEXT NOT NULL, organization TEXT NOT NULL, project TEXT NOT NULL, issue TEXT NOT NULL,
  told TEXT NOT NULL,                    -- the rest of the happening, as JSON
  source TEXT NOT NULL, received REAL NOT NULL, happened REAL NOT NULL, times INTEGER NOT NULL,
  state TEXT NOT NULL, attempts INTEGER NOT NULL, claimed_by TEXT NOT NULL,
  lease_ends REAL NOT NULL, not_before REAL NOT NULL,
  finished REAL NOT NULL, outcome TEXT NOT NULL, note TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS looking (
  only INTEGER PRIMARY KEY CHECK (only = 1), leader TEXT NOT NULL, until REAL NOT NULL, looked REAL
);
INSERT OR IGNORE INTO looking VALUES (1, '', 0, NULL);
CREATE INDEX IF NOT EXISTS alerts_by_identity ON alerts (identity, id);
CREATE INDEX IF NOT EXISTS alerts_by_issue ON alerts (issue, id);
CREATE INDEX IF NOT EXISTS alerts_by_state ON alerts (state, id);
CREATE INDEX IF NOT EXISTS alerts_by_end ON alerts (finished) WHERE state = 'done';
CREATE INDEX IF NOT EXISTS alerts_by_place ON alerts (organization, project);
"""
COLUMNS = (
    "id kind organization project issue told source received happened times state attempts claimed_by lease_ends "
    "not_before finished outcome note"
)
_SELECT = f"SELECT {', '.join(COLUMNS.split())} FROM alerts"  # noqa: S608 - our own words
_FREE = "(state = 'new' AND not_before <= :now OR state = 'claimed' AND lease_ends <= :now)"
_WANTED = """
    (:id IS NULL OR id = :id)
    AND (:places IS NULL OR (organization, project) IN
         (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:places)))
    AND (:project IS NULL OR project = :project) AND (:organization IS NULL OR organization = :organization)
    AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
    AND (:since IS NULL OR received >= :since)
    AND (:issue IS NULL OR issue = :issue) AND (NOT :is_open OR state != 'done')
"""


@dataclass(eq=False)
class _Waiting:
    happenings: Sequence[Happening]
    source: str
    outcome: "list[Stored] | InboxError | None" = None


class FileInbox:
    """An Inbox. One connection, which a worker thread has at a time."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], float], lease: float) -> None:
        self._connection = connection
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
        """Raises InboxError for a file that cannot be used."""
        connection = await anyio.to_thread.run_sync(connected, path)
        try:
            yield cls(connection, clock, lease)
        finally:
            connection.close()

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
        query = f"{_SELECT} WHERE (:before IS NULL OR id < :before) AND {_WANTED} ORDER BY id DESC LIMIT :limit"

        def rows() -> list[Alert]:
            given = {**_parameters(wanted), "before": before, "limit": limit}
            return [_alert(row) for row in self._connection.execute(query, given)]

        return await self._ask(rows)

    async def newer(self, number: int, limit: int) -> list[Alert]:
        query = f"{_SELECT} WHERE id > ? ORDER BY id LIMIT ?"

        def rows() -> list[Alert]:
            return [_alert(row) for row in self._connection.execute(query, (number, limit))]

        while True:
            stored, version = self._stored, await self._version()
            if found := await self._ask(rows):
                return found
            while not stored.is_set() and await self._version() == version:
                with anyio.move_on_after(LOOK):
                    await stored.wait()

    async def places(self) -> frozenset[tuple[str, str]]:
        query = "SELECT DISTINCT organization, project FROM alerts"
        return await self._ask(lambda: frozenset((row[0], row[1]) for row in self._connection.execute(query)))

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
            return self._connection.execute(statement, {"who": who, "until": now + seconds, "now": now}).rowcount == 1

        return await self._change(lead)

    async def looked(self) -> float | None:
        def look() -> float | None:
            found: float | None = self._connection.execute("SELECT looked FROM looking").fetchone()[0]
            return found

        return await self._ask(look)

    async def note_looked(self, moment: float) -> None:
        await self._change(lambda: self._connection.execute("UPDATE looking SET looked = ?", (moment,)))

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

    async def _changed(self, bell: anyio.Event, version: int, until: float) -> None:
        """Waits until something may be there to be claimed that was not; of what other processes write it hears by
        looking, once a second, at a number that SQLite counts on."""
        free_again = await self._ask(self._next_free)
        until = min(until, free_again) if free_again is not None else until
        while not bell.is_set() and await self._version() == version and (left := until - self._clock()) > 0:
            with anyio.move_on_after(min(LOOK, left)):
                await bell.wait()

    def _is_free(self, wanted: Wanted) -> bool:
        """Whether there is one to claim, or to park: nothing is locked to find out."""
        query = (
            f"SELECT EXISTS(SELECT 1 FROM alerts WHERE {_FREE} AND {_WANTED}) OR EXISTS(SELECT 1 FROM alerts "  # noqa: S608 - our own words
            "WHERE state = 'claimed' AND lease_ends <= :now AND attempts >= :most)"
        )
        given = {**_parameters(wanted), "now": self._clock(), "most": MAX_ATTEMPTS}
        return bool(self._connection.execute(query, given).fetchone()[0])

    def _take(self, who: str, wanted: Wanted) -> Alert | None:
        now = self._clock()
        self._connection.execute(
            "UPDATE alerts SET state = 'parked' WHERE state = 'claimed' AND lease_ends <= ? AND attempts >= ?",
            (now, MAX_ATTEMPTS),
        )
        query = f"{_SELECT} WHERE {_FREE} AND {_WANTED} ORDER BY id LIMIT 1"
        row = self._connection.execute(query, {**_parameters(wanted), "now": now}).fetchone()
        if row is None:
            return None
        return self._write(taken(_alert(row), who, now, self._lease))

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
        query = f"{_SELECT} WHERE identity = ? ORDER BY id DESC LIMIT 1"
        row = self._connection.execute(query, (happening.identity,)).fetchone()
        if row is not None and (same := _alert(row)).is_same(happening):
            return Stored(self._write(same.with_more(happening)), is_new=False)
        if happening.is_work and is_full:
            raise full()
        alert = begun(happening, source, now)
        made = _fields(alert)
        del made["id"]
        names = ", ".join(made)
        places = ", ".join(f":{name}" for name in made)
        statement = f"INSERT INTO alerts ({names}, identity) VALUES ({places}, :identity) RETURNING id"  # noqa: S608 - our own words
        number = self._connection.execute(statement, {**made, "identity": happening.identity}).fetchone()[0]
        return Stored(replace(alert, id=number), is_new=True)

    def _count_waiting(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM alerts WHERE state != 'done'").fetchone()[0])

    def _tidy(self, now: float, stored: int) -> None:
        """Forgets what is too old, and of what is done with all beyond MOST_KEPT."""
        self._since_tidy += stored
        if self._since_tidy < TIDY:
            return
        self._since_tidy = 0
        execute = self._connection.execute
        execute("DELETE FROM alerts WHERE state = 'done' AND finished < ?", (now - KEPT_FOR,))
        execute("DELETE FROM alerts WHERE state != 'done' AND received < ?", (now - WAITS_FOR,))
        (kept,) = execute("SELECT count(*) FROM alerts").fetchone()
        if kept > MOST_KEPT:
            oldest = "SELECT id FROM alerts WHERE state = 'done' ORDER BY finished LIMIT ?"
            execute(f"DELETE FROM alerts WHERE id IN ({oldest})", (kept - MOST_KEPT,))  # noqa: S608 - our own words

    def _claimed(self, who: str, claim: str, wanted: Wanted) -> Alert:
        """The alert that `who` has; raises NotClaimedError."""
        query = f"{_SELECT} WHERE {_WANTED}"
        row = self._connection.execute(query, _parameters(replace(wanted, id=number_of(claim)))).fetchone()
        return held(None if row is None else _alert(row), who, claim)

    def _next_free(self) -> float | None:
        """When the next alert can be claimed that cannot be now."""
        query = (
            "SELECT min(at) FROM (SELECT min(lease_ends) AS at FROM alerts WHERE state = 'claimed' "
            "UNION ALL SELECT min(not_before) FROM alerts WHERE state = 'new' AND not_before > ?)"
        )
        at: float | None = self._connection.execute(query, (self._clock(),)).fetchone()[0]
        return at

    def _write(self, alert: Alert) -> Alert:
        fields = _fields(alert)
        changes = ", ".join(f"{name} = :{name}" for name in fields)
        self._connection.execute(f"UPDATE alerts SET {changes} WHERE id = :id", fields)  # noqa: S608 - our own words
        return alert

    def _ring(self) -> None:
        self._bell.set()
        self._bell = anyio.Event()

    async def _version(self) -> int:
        return await self._ask(lambda: int(self._connection.execute("PRAGMA data_version").fetchone()[0]))

    async def _change(self, change: Callable[[], T]) -> T:
        """In one transaction, which is on the disk when this returns."""

        def changing() -> T:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                made = change()
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            return made

        return await self._ask(changing)

    async def _ask(self, question: Callable[[], T]) -> T:
        try:
            return await anyio.to_thread.run_sync(question, limiter=self._turn)
        except sqlite3.Error as error:
            raise _failure(error) from error


def connected(path: Path) -> sqlite3.Connection:
    """With the tables in it; raises InboxError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # titles of errors are nobody else's
        connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    except OSError as error:
        raise InboxError(f"The file of the inbox cannot be opened ({error.strerror}).", status_code=503) from error
    except sqlite3.Error as error:
        raise _failure(error) from error
    try:
        _set_up(connection)
    except sqlite3.Error as error:
        connection.close()
        raise _failure(error) from error
    except InboxError:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what was answered 2xx is there after a power cut, too
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version != VERSION and (version or tables):
        raise InboxError("The file of the inbox is none, or one of another version.", status_code=503)
    for statement in TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _failure(error: sqlite3.Error) -> InboxError:
    reason = getattr(error, "sqlite_errorname", type(error).__name__).removeprefix("SQLITE_").lower()
    return InboxError(f"The inbox cannot be read or written ({reason}). Try again.", status_code=503)


def _parameters(wanted: Wanted) -> dict[str, Any]:
    organization, project = wanted.place
    return {
        "id": wanted.id,
        "places": None if wanted.places is None else json.dumps(sorted(wanted.places)),
        "organization": organization or None,
        "project": project or None,
        "kinds": _listed(wanted.kinds),
        "states": _listed(wanted.states),
        "since": wanted.since,
        "issue": wanted.issue,
        "is_open": wanted.is_open,
    }


def _listed(words: Iterable[str] | None) -> str | None:
    return None if words is None else json.dumps(sorted(words))


_OF_TOLD = ("about", "said", "short_id", "event", "level", "rule", "title", "url", "is_work")
_OF_ALERT = ("id", "source", "received", "times", "attempts", "claimed_by", "lease_ends", "not_before", "finished")


def _fields(alert: Alert) -> dict[str, Any]:
    told = alert.told
    return {
        **{name: getattr(alert, name) for name in (*_OF_ALERT, "outcome", "note")},
        "state": str(alert.state),
        "kind": str(told.kind),
        "organization": told.organization,
        "project": told.project,
        "issue": told.issue,
        "happened": told.happened,
        "told": json.dumps({name: getattr(told, name) for name in _OF_TOLD}),
    }


def _alert(row: Sequence[Any]) -> Alert:
    fields: dict[str, Any] = dict(zip(COLUMNS.split(), row, strict=True))
    told = Happening(
        kind=Kind(fields.pop("kind")),
        organization=fields.pop("organization"),
        project=fields.pop("project"),
        issue=fields.pop("issue"),
        happened=fields.pop("happened"),
        **json.loads(fields.pop("told")),
    )
    fields |= {"state": State(fields["state"]), "told": told}
    return Alert(**fields)
