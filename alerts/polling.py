"""Looking at Sentry for what nobody tells: behind a firewall no webhook comes, and none is sent again that was lost.

A look is one request where nothing happened: the newest issues, until what was seen before.
"""

import logging
import secrets
import time
from collections.abc import Callable
from datetime import datetime

import anyio

from alerts.alert import Happening, Kind, Wanted
from alerts.inbox import Inbox
from alerts.texts import text_in
from sentry.errors import NotFoundError, SentryError, UnsupportedError
from sentry.identifiers import is_slug
from sentry.models import Issue
from sentry.protocol import SentryClientProtocol

SKEW = 3_600.0
"""Seconds by which the clock of an empty Sentry may be behind."""
LATE = 300.0
"""Seconds by which an event may come after others that happened later, and its issue be found."""
PAGE = 100
PAGES = 100
"""Of PAGE issues each, in one look; what is beyond is told in the log."""
HISTORIES = 20
"""Issues whose history is read in one look, at a request each."""
LONGEST = 900.0
"""Seconds between two looks while Sentry fails."""
SPIKE_EVENTS, SPIKE_TIMES = 100, 10
"""An issue spikes with so many events in an hour, and so many times those of its usual hour in the day before."""
KNOWN = 10_000
"""Issues of which is remembered up to when they were looked at."""
ENTRIES = {"set_regression": Kind.REGRESSED, "set_escalating": Kind.ESCALATING}
BY_SUBSTATUS = {"regressed": Kind.REGRESSED, "escalating": Kind.ESCALATING}

_logger = logging.getLogger(__name__)


class Polling:
    """Keeps the inbox up with one organization."""

    def __init__(
        self,
        find_client: Callable[[], SentryClientProtocol],
        inbox: Inbox,
        interval: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._find_client = find_client
        self._inbox = inbox
        self._interval = interval
        self._clock = clock
        self._me = secrets.token_hex(8)
        self._known: dict[str, float] = {}
        """When an issue was seen last, as far as it was looked at."""

    async def run(self) -> None:
        """Until it is cancelled. While Sentry fails it looks less and less often, and says so once."""
        wait, is_failing = self._interval, False
        while True:
            try:
                if await self._inbox.lead(self._me, 3 * wait):
                    await self.look()
                wait, is_failing = self._interval, False
            except SentryError as error:
                if not is_failing:
                    _logger.warning("Sentry could not be looked at for alerts: %s", error.message)
                wait, is_failing = min(2 * wait, LONGEST), True
            except Exception:  # looking goes on, and the server with it
                _logger.exception("A look at Sentry for alerts failed")
                wait = min(2 * wait, LONGEST)
            await anyio.sleep(wait)

    async def look(self) -> list[Happening]:
        """What happened since the last look, which is kept; the first time nothing is old enough to be news."""
        client, before = self._find_client(), await self._inbox.looked()
        organization = await client.usual_organization()
        rows = await self._rows(client, organization, before)
        now = self._clock()
        seen = max((_seconds(row.last_seen) for row in rows), default=0.0) or before or now - SKEW
        newest = max(min(seen, now), before or 0.0)  # an event's own clock may be ahead
        found: list[Happening] = []
        if before is not None:
            dialect = await client.identify()
            since, histories, has_history = before - LATE, HISTORIES, not (dialect and dialect.is_glitchtip)
            for row in rows:
                kinds = self._kinds(row, since)
                is_left = has_history and self._may_have_come_back(row, kinds)
                if is_left and histories:
                    histories, is_left = histories - 1, False
                    kinds |= await self._history(client, row, self._known.get(row.id, since))
                if not is_left:  # else it is looked at the next time
                    self._remember(row)
                found += [_happening(kind, happened, row, organization) for kind, happened in kinds.items()]
            if found:
                await self._inbox.store(found, "polling")
        else:
            for row in rows:
                self._remember(row)
        await self._inbox.note_looked(newest)
        return found

    async def _rows(self, client: SentryClientProtocol, organization: str, before: float | None) -> list[Issue]:
        """The unresolved issues that were seen since, the newest first; without a time before, those of one page."""
        rows: list[Issue] = []
        cursor: str | None = None
        for _ in range(PAGES):
            page = await client.list_issues(organization=organization, sort="date", limit=PAGE, cursor=cursor)
            fresh = [row for row in page.items if before is None or _seconds(row.last_seen) > before - LATE]
            rows += [row for row in fresh if row.id]
            cursor = page.next_cursor
            if before is None or len(fresh) < len(page.items) or not cursor:
                return rows
        _logger.warning("More than %d issues were seen since the last look: the others are not looked at", len(rows))
        return rows

    def _kinds(self, row: Issue, since: float) -> dict[Kind, float]:
        """What a row tells by itself, and when it happened."""
        if row.id not in self._known and (first := _seconds(row.first_seen)) > since:
            return {Kind.CREATED: first}
        hour = _spike(row)
        return {} if hour is None else {Kind.SPIKE: hour}

    def _may_have_come_back(self, row: Issue, kinds: dict[Kind, float]) -> bool:
        """Whether its history may tell more: it was seen again, and is said to have come back, or the server says
        nothing of that."""
        is_seen_again = _seconds(row.last_seen) > self._known.get(row.id, 0.0)
        return is_seen_again and Kind.CREATED not in kinds and (row.substatus is None or row.substatus in BY_SUBSTATUS)

    async def _history(self, client: SentryClientProtocol, row: Issue, since: float) -> dict[Kind, float]:
        """The last regression and escalation in its history, where they are news and do not wait in the inbox."""
        open_already = await self._inbox.look(Wanted(issue=row.id, is_open=True), len(BY_SUBSTATUS))
        if row.substatus is not None and BY_SUBSTATUS[row.substatus] in {one.told.kind for one in open_already}:
            return {}
        try:
            entries = (await client.get_issue(row.id)).activity or (await client.get_activity(row.id)).items
        except (NotFoundError, UnsupportedError):
            return {}
        found: dict[Kind, float] = {}
        for entry in entries:
            kind, happened = ENTRIES.get(entry.type), _seconds(entry.date_created)
            if kind is not None and happened > max(since, found.get(kind, 0.0)):
                found[kind] = happened
        return found

    def _remember(self, row: Issue) -> None:
        self._known.pop(row.id, None)
        self._known[row.id] = _seconds(row.last_seen)
        while len(self._known) > KNOWN:
            del self._known[next(iter(self._known))]


def _spike(row: Issue) -> float | None:
    """When the hour began in which it spikes."""
    counts, newest = row.stats.get("24h") or [], row.stats_newest.get("24h")
    if len(counts) < 12 or newest is None:
        return None
    usual = sum(counts[:-1]) / len(counts[:-1])
    return newest.timestamp() if counts[-1] >= max(SPIKE_EVENTS, SPIKE_TIMES * usual) else None


def _happening(kind: Kind, happened: float, row: Issue, organization: str) -> Happening:
    project = row.project.slug
    return Happening(
        kind=kind,
        about=f"issue:{row.id}",
        happened=happened,
        said=kind,
        organization=organization.lower(),
        project=project.lower() if is_slug(project) else "",
        issue=text_in(row.id, 20),
        short_id=text_in(row.short_id, 120),
        level=text_in(row.level, 20),
        title=text_in(row.title),
        url=text_in(row.permalink, 2_000),
    )


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0
