"""The inbox of several servers, in the store that they share.

Alerts lie on shelves (sorted sets), not in a stream: a stream's consumer group gives out the next entry, whatever its
project and kind, and can neither hold one back nor make two of the same one. Here, what becomes of an alert is decided
by the same functions as in a file, and written by a script where it is still as it was read; else it is decided anew.
What is answered is in the store's memory; whether it outlives that is for the store's own persistence to say.
"""

import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import anyio

from alerts.alert import Alert, Happening, Outcome, State, Stored, Wanted
from alerts.inbox import LEASE, MOST_KEPT, MOST_WAITING, WAITS_FOR, NotClaimedError
from alerts.steps import (
    BACK_AGAIN,
    begun,
    by_now,
    come_back,
    ended,
    full,
    held,
    is_free,
    number_of,
    prolonged,
    released,
    taken,
)
from sentry.errors import NotFoundError
from shared.shelves import ALL, DONE, FREE, HELD, PARKED, STAGES, STAGES_OF, Change, Kept, Page, Shelves, placed
from shared.store import ALERTS, Store

PAGE = 100
"""Alerts that are read, or written because they are due, at a time."""
TRIED = 20
"""Of the oldest, which one who claims tries to get: others claim at the same time."""
FEW = 20
"""Shelves of a stage; who wants what lies on more finds it mostly among the first of all, and looks there first."""
SKEW = 60.0
"""Seconds by which the servers' clocks may differ."""
SHORT = 0.1
"""Seconds after which is looked again for what should have come back and did not."""
TIDY = 500
"""Alerts after which what is too old is looked for."""
FORGOTTEN = ""


class SharedInbox:
    """An Inbox."""

    def __init__(self, shelves: Shelves, clock: Callable[[], float], lease: float) -> None:
        self._shelves = shelves
        self._clock = clock
        self._lease = lease
        self._bell = anyio.Event()
        self._stored = anyio.Event()
        self._since_tidy = TIDY

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, store: Store, name: str, clock: Callable[[], float] = time.time, lease: float = LEASE
    ) -> AsyncGenerator["SharedInbox"]:
        """All servers that open one of the same name in the same store have the same alerts."""
        inbox = cls(Shelves(store, name), clock, lease)
        stop = store.listen(ALERTS, inbox._heard)
        try:
            yield inbox
        finally:
            stop()

    async def store(self, happenings: Sequence[Happening], source: str) -> list[Stored]:
        self._since_tidy += len(happenings)
        if self._since_tidy >= TIDY:
            await self._tidy()
            self._since_tidy = 0
        while (stored := await self._store(happenings, source)) is None:
            pass
        return stored

    async def get(self, wanted: Wanted) -> Alert | None:
        found = await self.look(wanted, 1)
        return found[0] if found else None

    async def look(self, wanted: Wanted, limit: int, before: int | None = None) -> list[Alert]:
        if wanted.id is not None:
            kept = await self._find(wanted.id, wanted) if before is None or wanted.id < before else None
            return [kept.alert] if kept else []
        states = set(State if wanted.states is None else wanted.states) - ({State.DONE} if wanted.is_open else set())
        stages = sorted({stage for state in states for stage in STAGES_OF[state]})
        first, all_shelves = await self._shelves_of(wanted, stages)
        found: list[Alert] = []
        shelves, size = first, min(limit, PAGE)
        while shelves and len(found) < limit:
            page = (await self._shelves.before(before, shelves, size)).found
            found += [kept.alert for kept in page if wanted.is_met_by(kept.alert)]
            if len(page) < size or (wanted.since and page[-1].alert.received < wanted.since - SKEW):
                break
            before, shelves, size = page[-1].alert.id, all_shelves, PAGE
        return found[:limit]

    async def newer(self, number: int, limit: int) -> list[Alert]:
        while True:
            stored = self._stored
            if found := (await self._shelves.after(number, [f"{stage}{ALL}" for stage in STAGES], limit)).found:
                return [kept.alert for kept in found]
            if await self._shelves.last() < number:  # the store lost what it held, and counts anew
                number = 0
            else:
                await stored.wait()

    async def places(self) -> frozenset[tuple[str, str]]:
        return await self._shelves.places()

    async def waiting(self) -> int:
        return await self._shelves.count_free(self._clock())

    async def touch(self) -> None:
        await self._shelves.touch()

    async def claim(self, who: str, wanted: Wanted, until: float = 0.0) -> Alert | None:
        """Whatever is held after it looked comes back no sooner than BACK_AGAIN: then it looks anew."""
        while True:
            bell = self._bell
            found: Alert | None = None
            due = 0.0
            with anyio.CancelScope(shield=True):  # what it gets it gives
                found, due = await self._take(who, wanted)
            now = self._clock()
            if found is not None or now >= until:
                return found
            with anyio.move_on_after(min(until - now, max(due - now, SHORT), BACK_AGAIN)):
                await bell.wait()

    async def release(self, who: str, claim: str) -> None:
        with suppress(NotClaimedError, NotFoundError):
            await self._change(who, claim, Wanted(), released)

    async def prolong(self, who: str, claim: str, wanted: Wanted) -> Alert:
        return await self._change(who, claim, wanted, lambda found: prolonged(found, self._clock(), self._lease))

    async def finish(self, who: str, claim: str, wanted: Wanted, outcome: Outcome, note: str) -> Alert:
        return await self._change(who, claim, wanted, lambda found: ended(found, outcome, note, self._clock()))

    async def lead(self, who: str, seconds: float) -> bool:
        now = self._clock()
        return await self._shelves.lead(who, now, now + seconds)

    async def looked(self) -> float | None:
        return await self._shelves.looked()

    async def note_looked(self, moment: float) -> None:
        await self._shelves.note_looked(moment)

    async def _store(self, happenings: Sequence[Happening], source: str) -> list[Stored] | None:
        """None where another server has changed meanwhile what was read."""
        now = self._clock()
        told = [by_now(happening, now) for happening in happenings]
        waiting, latest = await self._shelves.latest(list({happening.identity: None for happening in told}))
        known = {identity: kept.alert for identity, (_, kept) in latest.items() if kept}
        made: dict[str, Alert] = {}
        outcomes: list[Stored] = []
        for happening in told:
            same = made.get(happening.identity) or known.get(happening.identity)
            is_new = same is None or not same.is_same(happening)
            if is_new and happening.is_work and (waiting := waiting + 1) > MOST_WAITING:
                raise full()
            alert = begun(happening, source, now) if same is None or is_new else same.with_more(happening)
            made[happening.identity] = alert
            outcomes.append(Stored(alert, is_new))
        changed = {identity: alert for identity, alert in made.items() if alert != known.get(identity)}
        numbers = await self._shelves.write(
            [self._changed(alert, *latest[identity]) for identity, alert in changed.items()], "all"
        )
        if len(numbers) < len(changed):
            return None
        numbered = dict(zip(changed, numbers, strict=True))
        return [
            replace(one, alert=replace(one.alert, id=one.alert.id or numbered[one.alert.told.identity]))
            for one in outcomes
        ]

    def _changed(self, alert: Alert, number: bytes, kept: Kept | None) -> Change:
        """What was `kept`, or is new and comes after what has that number."""
        stage, due = placed(alert, self._clock())
        return Change(alert=alert, stage=stage, due=due, before=kept.document if kept and alert.id else number)

    async def _take(self, who: str, wanted: Wanted) -> tuple[Alert | None, float]:
        """The oldest that is free; without one, when the first that is held comes back."""
        now = self._clock()
        first, all_shelves = await self._shelves_of(wanted, (FREE,))
        number, shelves, size = 0, first, TRIED
        while True:
            page = await self._free(wanted, number, shelves, size, now)
            found = [kept for kept in page.found if wanted.is_met_by(kept.alert)]
            if found:
                made = [taken(kept.alert, who, now, self._lease) for kept in found]
                changes = [self._changed(alert, b"", kept) for alert, kept in zip(made, found, strict=True)]
                if any(numbers := await self._shelves.write(changes, "one")):
                    return made[len(numbers) - 1], page.due
                number, shelves, size = 0, first, TRIED
            elif len(page.found) < size:
                return None, page.due
            else:
                number, shelves, size = page.found[-1].alert.id, all_shelves, PAGE

    async def _free(self, wanted: Wanted, number: int, shelves: Sequence[str], size: int, now: float) -> Page:
        """Those after that number."""
        page = await self._shelves.after(number, shelves, size)
        if page.due <= now:
            await self._give_back(now)
            page = await self._shelves.after(number, shelves, size)
        if wanted.id is None:
            return page
        found = await self._shelves.numbered([wanted.id])
        return Page(page.due, [kept for kept in found if is_free(kept.alert, now)])

    async def _give_back(self, now: float) -> None:
        """What was held long enough."""
        changes: list[Change] = []
        for kept in await self._shelves.due(HELD, now, PAGE):
            back = come_back(kept.alert)
            stage = PARKED if back.state == State.PARKED else FREE
            changes.append(Change(alert=back, stage=stage, due=back.received + WAITS_FOR, before=kept.document))
        await self._shelves.write(changes, "each")

    async def _change(self, who: str, claim: str, wanted: Wanted, step: Callable[[Alert], Alert]) -> Alert:
        while True:
            number = number_of(claim)
            kept = await self._find(number, replace(wanted, id=number))
            changed = step(held(kept.alert if kept else None, who, claim))
            if any(await self._shelves.write([self._changed(changed, b"", kept)], "all")):
                return changed

    async def _find(self, number: int, wanted: Wanted) -> Kept | None:
        found = await self._shelves.numbered([number])
        return found[0] if found and wanted.is_met_by(found[0].alert) else None

    async def _shelves_of(self, wanted: Wanted, stages: Iterable[str]) -> tuple[list[str], list[str]]:
        """Where to look first, and where all that is wanted lies and as little else as can be; nowhere for one alert,
        which is found by its number."""
        if wanted.id is not None:
            return [], []
        if wanted.issue is not None:
            shelves = [f"{stage}#{wanted.issue}" for stage in stages]
            return shelves, shelves
        kinds = [""] if wanted.kinds is None else sorted(wanted.kinds)
        places = [""]
        if wanted.places is not None or wanted.project is not None:
            organization, project = wanted.place
            known = await self.places() if wanted.places is None else wanted.places
            places = [
                f"{place[0]}/{place[1]}"
                for place in known
                if organization in ("", place[0]) and project in ("", place[1])
            ]
        names = [f"{kind}{ALL}{place}" for place in places for kind in kinds]
        first = names if len(names) <= FEW else [f"{kind}{ALL}" for kind in kinds]
        return [f"{stage}{name}" for name in first for stage in stages], [
            f"{stage}{name}" for name in names for stage in stages
        ]

    async def _tidy(self) -> None:
        """Forgets what is too old, and of what is done with all beyond MOST_KEPT."""
        now = self._clock()
        for stage in (DONE, FREE, PARKED):
            while found := await self._shelves.due(stage, now, PAGE):
                await self._forget(found)
        while (beyond := await self._shelves.count() - MOST_KEPT) > 0:
            if not (found := await self._shelves.first_due(DONE, min(beyond, PAGE))):
                return
            await self._forget(found)

    async def _forget(self, found: Iterable[Kept]) -> None:
        await self._shelves.write(
            [Change(alert=kept.alert, stage=FORGOTTEN, before=kept.document) for kept in found], "each"
        )

    def _heard(self, name: bytes | None) -> None:
        if name is None or name == self._shelves.base.encode():
            self._bell.set()
            self._bell = anyio.Event()
        if name is None or name == f"{self._shelves.base}last".encode():
            self._stored.set()
            self._stored = anyio.Event()
