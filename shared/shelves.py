"""How alerts lie in the store: each as a document, which no script reads, and its number on the shelves of what it is.

A shelf is a sorted set of numbers, so that the oldest and the newest of a kind, a project or an issue are found without
looking at others. An alert lies on shelves of one stage: free to be claimed, held for some time, parked, done.
"""

import json
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from typing import Any, Literal

from alerts.alert import Alert, Happening, State, kind_kept
from alerts.inbox import KEPT_FOR, WAITS_FOR, InboxError
from shared.store import ALERTS, PREFIX, LostError, Store

FREE, HELD, PARKED, DONE = "free:", "held:", "parked:", "done:"
STAGES = (FREE, HELD, PARKED, DONE)
STAGES_OF = {State.NEW: (FREE, HELD), State.CLAIMED: (FREE, HELD), State.PARKED: (PARKED,), State.DONE: (DONE,)}
"""A claimed one is free when its lease has run out, until somebody has it again."""
TOGETHER = 84
"""Shelves that are looked through in one script: those of a name in all stages, so that what moves is not missed."""
ALL = "@"
"""The shelf of all of a stage."""

OLDEST_FIRST, NEWEST_FIRST = "ZRANGEBYSCORE", "ZREVRANGEBYSCORE"
PAGE = """
local base, command, from, till, limit = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local numbers, due = {}, redis.call('ZRANGE', base .. 'held:due', 0, 0, 'WITHSCORES')
for at = 5, #ARGV do
  for _, number in ipairs(redis.call(command, base .. ARGV[at], from, till, 'LIMIT', 0, limit)) do
    numbers[#numbers + 1] = tonumber(number)
  end
end
table.sort(numbers)
local found = {due[2] or ''}
for at = 1, math.min(limit, #numbers) do
  local number = string.format('%d', numbers[command == 'ZRANGEBYSCORE' and at or #numbers + 1 - at])
  local document = redis.call('HGET', base .. 'alerts', number)
  if document then
    found[#found + 1] = number
    found[#found + 1] = document
  end
end
return found
"""
"""When the first that is held is due, then the first of these shelves together: number, document."""

LATEST = """
local base, waiting, found = KEYS[1], 0, {}
for _, stage in ipairs({'free:', 'held:', 'parked:'}) do
  waiting = waiting + redis.call('ZCARD', base .. stage .. '@')
end
for at, identity in ipairs(ARGV) do
  local number = redis.call('HGET', base .. 'identities', identity)
  found[2 * at - 1] = number or ''
  found[2 * at] = number and redis.call('HGET', base .. 'alerts', number) or ''
end
return {waiting, found}
"""
"""How many are not done with; the latest of each of these identities: number, document."""

WRITE = """
local base, how, channel, first, size = KEYS[1], ARGV[1], ARGV[2], 3, 9
local is_heard, is_stored, written = false, false, {}

local function is_as_read(at)
  local number, before, identity = ARGV[at], ARGV[at + 1], ARGV[at + 5]
  if number == '' then
    return (redis.call('HGET', base .. 'identities', identity) or '') == before
  end
  return redis.call('HGET', base .. 'alerts', number) == before
end

local function write(at)
  local number, _, after, stage, due, identity, kind, place, issue = unpack(ARGV, at, at + size - 1)
  if number == '' then  -- where memory is full, this is refused, and nothing is written
    number = string.format('%d', redis.call('INCR', base .. 'last'))
    is_stored = true
    redis.call('HSET', base .. 'identities', identity, number)
    redis.call('HINCRBY', base .. 'places', place, 1)
  end
  if after ~= '' then
    redis.call('HSET', base .. 'alerts', number, after)
  else
    redis.call('HDEL', base .. 'alerts', number)
    if redis.call('HGET', base .. 'identities', identity) == number then
      redis.call('HDEL', base .. 'identities', identity)
    end
    if redis.call('HINCRBY', base .. 'places', place, -1) < 1 then
      redis.call('HDEL', base .. 'places', place)
    end
  end
  for _, other in ipairs({'free:', 'held:', 'parked:', 'done:'}) do
    for _, shelf in ipairs({'@', kind .. '@', '@' .. place, kind .. '@' .. place, '#' .. issue}) do
      if other ~= stage then
        redis.call('ZREM', base .. other .. shelf, number)
      elseif redis.call('ZADD', base .. other .. shelf, number, number) == 1 and other == 'free:' then
        is_heard = true
      end
    end
    if other == stage then
      redis.call('ZADD', base .. other .. 'due', due, number)
    else
      redis.call('ZREM', base .. other .. 'due', number)
    end
  end
  return number
end

if how == 'all' then
  for at = first, #ARGV, size do
    if not is_as_read(at) then return {} end
  end
end
for at = first, #ARGV, size do
  local is_written = how == 'all' or is_as_read(at)
  written[#written + 1] = is_written and write(at) or ''
  if how == 'one' and is_written then break end
end
if is_heard then redis.call('PUBLISH', channel, base) end
if is_stored then redis.call('PUBLISH', channel, base .. 'last') end
return written
"""
"""Writes what is still as it was read, tells of what became free and of what is new, and gives the numbers of what was
written."""

LEAD = """
local key, who, now, till = KEYS[1] .. 'looking', ARGV[1], ARGV[2], ARGV[3]
local leader = redis.call('HMGET', key, 'leader', 'until')
if leader[1] and leader[1] ~= who and tonumber(leader[2]) > tonumber(now) then return 0 end
redis.call('HSET', key, 'leader', who, 'until', till)
return 1
"""

_OF_TOLD = tuple(field.name for field in fields(Happening))
_OF_ALERT = tuple(field.name for field in fields(Alert) if field.name not in ("id", "told"))


@dataclass(frozen=True, slots=True)
class Kept:
    """An alert, and the document of it that was read."""

    alert: Alert
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """To be made where the alert is as it was read; of a new one: where its identity's latest is that number."""

    alert: Alert
    stage: str
    """None of STAGES for one that is to be forgotten."""
    due: float = 0.0
    """When there is something to be done about it."""
    before: bytes


@dataclass(frozen=True, slots=True)
class Page:
    due: float
    """When the first of all that are held comes back."""
    found: list[Kept]


class Shelves:
    """One inbox's, in this store. All methods raise InboxError where it is lost."""

    def __init__(self, store: Store, name: str) -> None:
        """`name` says whose alerts they are."""
        self.base = f"{PREFIX}{{alerts:{name}}}:"  # in braces what a cluster keeps together
        self._store = store
        self._page, self._latest, self._write, self._lead = map(store.script, (PAGE, LATEST, WRITE, LEAD))

    async def after(self, number: int, shelves: Sequence[str], limit: int) -> Page:
        return await self._found(OLDEST_FIRST, f"({number}", "+inf", shelves, limit)

    async def before(self, number: int | None, shelves: Sequence[str], limit: int) -> Page:
        start = "+inf" if number is None else f"({number}"
        return await self._found(NEWEST_FIRST, start, "-inf", shelves, limit)

    async def numbered(self, numbers: Sequence[int]) -> list[Kept]:
        """Those of them that are there."""
        if not numbers:
            return []
        (documents,) = await self._ask(("HMGET", f"{self.base}alerts", *numbers))
        pairs = zip(numbers, documents or (), strict=True)
        return [_kept(number, document) for number, document in pairs if document is not None]

    async def latest(self, identities: Sequence[str]) -> tuple[int, dict[str, tuple[bytes, Kept | None]]]:
        """How many alerts are not done with; the latest of each identity and its number."""
        async with _reaching():
            waiting, found = await self._latest(self.base, *map(_encoded, identities))
        pairs = zip(identities, found[::2], found[1::2], strict=True)
        return int(waiting), {
            identity: (number, _kept(int(number), document) if document else None)
            for identity, number, document in pairs
        }

    async def due(self, stage: str, now: float, limit: int) -> list[Kept]:
        """The first of a stage of which something is to be done."""
        name = f"{self.base}{stage}due"
        (numbers,) = await self._ask(("ZRANGEBYSCORE", name, "-inf", repr(now), "LIMIT", 0, limit))
        return await self.numbered([int(number) for number in numbers or ()])

    async def first_due(self, stage: str, count: int) -> list[Kept]:
        (numbers,) = await self._ask(("ZRANGE", f"{self.base}{stage}due", 0, count - 1))
        return await self.numbered([int(number) for number in numbers or ()])

    async def count(self) -> int:
        (count,) = await self._ask(("HLEN", f"{self.base}alerts"))
        return int(count or 0)

    async def last(self) -> int:
        """The number of the newest that there ever was."""
        (number,) = await self._ask(("GET", f"{self.base}last"))
        return int(number or 0)

    async def count_free(self, now: float) -> int:
        """Those whose time has come and that nobody has put there yet are free, too."""
        free, due = await self._ask(
            ("ZCARD", f"{self.base}{FREE}{ALL}"), ("ZCOUNT", f"{self.base}{HELD}due", "-inf", repr(now))
        )
        return int(free or 0) + int(due or 0)

    async def touch(self) -> None:
        await self._ask(("HINCRBY", f"{self.base}looking", "touched", 0))

    async def places(self) -> frozenset[tuple[str, str]]:
        (names,) = await self._ask(("HKEYS", f"{self.base}places"))
        parts = (name.decode("utf-8", "surrogatepass").partition("/") for name in names or ())
        return frozenset((organization, project) for organization, _, project in parts)

    async def write(self, changes: Iterable[Change], how: Literal["all", "one", "each"]) -> list[int]:
        """Makes all of them or none, or the first that can be made, or each that can be; gives the number of each that
        was tried, 0 where it was not made, and none where not all could be."""
        arguments = [argument for change in changes for argument in self._arguments(change)]
        if not arguments:
            return []
        async with _reaching():
            written = await self._write(self.base, how, ALERTS, *arguments)
        return [int(number or 0) for number in written]

    async def lead(self, who: str, now: float, until: float) -> bool:
        async with _reaching():
            return bool(await self._lead(self.base, _encoded(who), repr(now), repr(until)))

    async def looked(self) -> float | None:
        (moment,) = await self._ask(("HGET", f"{self.base}looking", "looked"))
        return None if moment is None else float(moment)

    async def note_looked(self, moment: float) -> None:
        await self._ask(("HSET", f"{self.base}looking", "looked", repr(moment)))

    async def _found(self, command: str, start: str, end: str, shelves: Sequence[str], limit: int) -> Page:
        due, found = float("inf"), list[Kept]()
        for place in range(0, max(len(shelves), 1), TOGETHER):
            group = map(_encoded, shelves[place : place + TOGETHER])
            async with _reaching():
                ends, *rows = await self._page(self.base, command, start, end, limit, *group)
            due = min(due, float(ends or "inf"))
            found += [_kept(int(number), document) for number, document in zip(rows[::2], rows[1::2], strict=True)]
        found.sort(key=lambda kept: kept.alert.id, reverse=command == NEWEST_FIRST)
        return Page(due, found[:limit])

    async def _ask(self, *commands: tuple[str | bytes | int, ...]) -> list[Any]:
        async with _reaching():
            return await self._store.ask(*commands)

    def _arguments(self, change: Change) -> tuple[str | bytes | int, ...]:
        alert, told = change.alert, change.alert.told
        return (
            alert.id or "",
            change.before,
            _document(alert) if change.stage in STAGES else b"",
            change.stage,
            repr(change.due),
            _encoded(told.identity),
            str(told.kind),
            _encoded(f"{told.organization}/{told.project}"),
            _encoded(told.issue),
        )


def placed(alert: Alert, now: float) -> tuple[str, float]:
    """In which stage it is, and until when; one whose lease has run out is held until it is looked at."""
    if alert.state == State.DONE:
        return DONE, alert.finished + KEPT_FOR
    if alert.state == State.CLAIMED:
        return HELD, alert.lease_ends
    if alert.state == State.NEW and alert.not_before > now:
        return HELD, alert.not_before
    return PARKED if alert.state == State.PARKED else FREE, alert.received + WAITS_FOR


@asynccontextmanager
async def _reaching() -> AsyncGenerator[None]:
    try:
        yield
    except LostError:
        message = "The inbox cannot be read or written (the store that servers share cannot be used). Try again."
        raise InboxError(message, status_code=503) from None


def _document(alert: Alert) -> bytes:
    of_told = {name: getattr(alert.told, name) for name in _OF_TOLD}
    return json.dumps({**of_told, **{name: getattr(alert, name) for name in _OF_ALERT}}).encode()


def _kept(number: int, document: bytes) -> Kept:
    found = json.loads(document)
    told: dict[str, Any] = {name: found[name] for name in _OF_TOLD}
    told["kind"] = kind_kept(found["kind"])
    alert: dict[str, Any] = {name: found[name] for name in _OF_ALERT}
    alert |= {"state": State(found["state"]), "told": Happening(**told)}
    return Kept(Alert(id=number, **alert), document)


def _encoded(text: str) -> bytes:
    """A text of an outsider's may be none that can be written."""
    return text.encode("utf-8", "surrogatepass")
