"""Which spans of a trace are worth reading: the way to what failed, what was slow beside it, what was repeated.

A trace has tens of thousands of spans, in each other or beside each other: nothing here recurses, and each span is
looked at a few times. Spans stand behind the one that they are in (sentry.models.Trace).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from sentry.models import Span, Trace, TraceError
from views.kinds.spans import COMPARED, shape_of

ERRORS = 20
"""Errors, and failed spans, that the ways to are shown of."""
LEVELS = 60
"""Spans of one way that are shown: of a longer one as many from its beginning as from its end, half of these."""
SLOWEST = 3
"""Spans, or several alike, that are shown under each one of a way, beside those on it."""
OFTEN = 5
"""So many spans that do the same under one parent are worth finding, wherever they are."""
REPEATED = 3
"""Of such groups, the longest."""
FEWEST = 2
"""Spans that are folded to one line, where they do the same."""
COMPARED_APART = 1_000
"""Descriptions that are compared by all but their values; where there are more, by all but their digits before."""
SLOW = 0.1
"""Of the whole trace: a span that takes less is not followed to find what was slow."""
NOT_FAILED = frozenset([None, "ok", "unset", "unknown", "cancelled"])
"""https://develop.sentry.dev/sdk/telemetry/traces/span-operations/ has all of a span's status."""
IN_TURN = 1.1
"""How much longer than on the clock spans may take, added up, that were done one after the other."""
_QUERIES = ("db", "http.client", "cache", "rpc", "grpc", "graphql")

# How soon what is shown gives way: the higher, the sooner. An error has its number, from 0, and so has the span that it
# was raised in; what is around that goes before it, the middle of the way first.
OFTEN_DONE, SLOW_WAY, BESIDE = 50, 60, 70
FAR = 9
"""Levels from an end of a way, beyond which all of it gives way as soon."""


class Alike(NamedTuple):
    """Spans that do the same under one parent, by their numbers; `differ` in their values."""

    numbers: list[int]
    total: float
    """Milliseconds."""
    differ: bool = False


@dataclass
class Pruned:
    """What of a trace is to be shown. Everything goes by the numbers of its spans."""

    spans: Sequence[Span]
    children: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    """Of each span that has some, by start; those of -1 are in no other."""
    below: list[int] = field(default_factory=list[int])
    """How many spans are in each."""
    rank: dict[int, int] = field(default_factory=dict[int, int])
    """Of each span that is shown by itself."""
    groups: dict[int, list[tuple[Alike, int]]] = field(default_factory=dict[int, list[tuple[Alike, int]]])
    """Those that are shown as one under each span that is shown, with their rank."""
    errors: dict[int, list[tuple[TraceError, int]]] = field(default_factory=dict[int, list[tuple[TraceError, int]]])
    """Those that are shown, by their span, with their rank."""

    def shown_around(self, number: int) -> tuple[int, int]:
        """The nearest span around this one that is shown, -1 for none, and how many there are in between."""
        between = 0
        parent = self.spans[number].parent
        while parent >= 0 and parent not in self.rank:
            parent, between = self.spans[parent].parent, between + 1
        return parent, between


def prune(trace: Trace, event: str | None = None) -> Pruned:
    """What is shown of a trace: `event` is one of its errors that was asked for, which comes first."""
    found = Pruned(trace.spans)
    _build(found)
    _keep_failed(found, event)
    if not found.rank:
        _keep_slow(found)
    shapes = _Shapes(found)
    _keep_repeated(found, shapes)
    for number in [-1, *found.rank]:
        _keep_beside(found, number, shapes)
    return found


def failed(span: Span) -> bool:
    return bool(span.errors) or span.status not in NOT_FAILED


def is_in_turn(spans: Iterable[Span]) -> bool:
    """Whether these were one after the other, and not beside each other."""
    found = [(span.start, span.duration) for span in spans]
    total = sum(duration or 0 for _, duration in found)
    return total > 0 and total <= IN_TURN * on_the_clock(found)


def is_query(span: Span) -> bool:
    """Whether it asks somebody, as is better done once for all."""
    return (span.op or "").startswith(_QUERIES)


def on_the_clock(intervals: Iterable[tuple[float | None, float | None]]) -> float:
    """For how long at least one of these went on, which are given by start, in seconds, and duration; and that too, as
    what is given back, in milliseconds."""
    total, until = 0.0, float("-inf")
    for start, end in sorted([(start, start + took / 1_000) for start, took in intervals if start and took]):
        if end > until:
            total += end - (until if until > start else start)
            until = end
    return total * 1_000


def self_time(found: Pruned, number: int) -> float | None:
    """Milliseconds of a span in which none of those in it went on."""
    span = found.spans[number]
    within = found.children.get(number)
    if not within or span.duration is None or span.start is None:
        return None
    begin, end = span.start, span.start + span.duration / 1_000
    clipped: list[tuple[float, float]] = []
    for child in within:
        one = found.spans[child]
        if one.start is not None and one.duration:
            first, last = one.start, one.start + one.duration / 1_000
            first, last = (first if first > begin else begin), (last if last < end else end)
            if last > first:
                clipped.append((first, (last - first) * 1_000))
    return max(span.duration - on_the_clock(clipped), 0.0)


def _build(found: Pruned) -> None:
    children = found.children
    for number, span in enumerate(found.spans):
        if (beside := children.get(span.parent)) is None:
            children[span.parent] = [number]
        else:
            beside.append(number)
    below = found.below = [0] * len(found.spans)
    for number in range(len(below) - 1, -1, -1):
        if (parent := found.spans[number].parent) >= 0:
            below[parent] += below[number] + 1


def _keep_failed(found: Pruned, event: str | None) -> None:
    """The ways to errors, the one that was asked for first, and to spans that failed without one, the innermost first:
    what is around one that failed has often failed for that."""
    raised = [(number, error) for number, span in enumerate(found.spans) if span.errors for error in span.errors]
    raised.sort(key=lambda one: (one[1].event_id != event, one[1].is_occurrence, one[1].level in ("info", "warning")))
    for rank, (number, error) in enumerate(raised[:ERRORS]):
        _keep_way(found, number, rank)
        found.errors.setdefault(number, []).append((error, rank))
    failures = [number for number, span in enumerate(found.spans) if span.status not in NOT_FAILED]
    others = (number for number in reversed(failures) if number not in found.rank)
    for rank, number in enumerate(islice(others, ERRORS), min(len(raised), ERRORS)):
        _keep_way(found, number, rank)


def _keep_way(found: Pruned, number: int, rank: int) -> None:
    """All that is around a span, and itself; of very many the first and the last."""
    way: list[int] = []
    while number >= 0 and number not in found.rank:
        way.append(number)
        number = found.spans[number].parent
    if len(way) > LEVELS:
        del way[LEVELS // 2 : -LEVELS // 2]
    last = len(way)
    found.rank |= {way[place]: rank + min(place, last - place, FAR) for place in range(last - 1, -1, -1)}


def _keep_slow(found: Pruned) -> None:
    """Where nothing failed: from the longest span on the one in it that takes longest, again and again."""
    spans, way, number = found.spans, list[int](), -1
    least = SLOW * max((spans[root].duration or 0 for root in found.children.get(-1, [])), default=0)
    while within := found.children.get(number):
        number = max(within, key=lambda one: spans[one].duration or 0)
        if way and (spans[number].duration or 0) < least:
            break
        way.append(number)
    if way:
        _keep_way(found, way[-1], SLOW_WAY)


def _keep_repeated(found: Pruned, shapes: "_Shapes") -> None:
    """What is done most often in one place, and takes long, wherever that is."""
    crowded = [number for number, within in found.children.items() if len(within) >= OFTEN]
    groups = [(one, number) for number in crowded for one in shapes.alike(number) if len(one.numbers) >= OFTEN]
    groups.sort(key=lambda one: (not is_query(found.spans[one[0].numbers[0]]), -one[0].total))
    for one, number in groups[:REPEATED]:
        if number >= 0:
            _keep_way(found, number, OFTEN_DONE)
        if left := _left(found, one, set()):
            found.groups.setdefault(number, []).append((left, OFTEN_DONE))


def _keep_beside(found: Pruned, number: int, shapes: "_Shapes") -> None:
    """Under a span that is shown, the slowest of those that are not."""
    if number not in found.children:
        return
    already = {one for group, _ in found.groups.get(number, []) for one in group.numbers}
    groups = [left for one in shapes.alike(number) if (left := _left(found, one, already))]
    for place, one in enumerate(sorted(groups, key=lambda one: -one.total)[:SLOWEST]):
        if len(one.numbers) >= FEWEST:
            found.groups.setdefault(number, []).append((one, BESIDE + place))
        else:
            found.rank[one.numbers[0]] = BESIDE + place


def _left(found: Pruned, group: Alike, already: set[int]) -> Alike | None:
    """The spans of a group that are not shown by themselves, or with others."""
    left = [number for number in group.numbers if number not in found.rank and number not in already]
    if len(left) == len(group.numbers):
        return group
    return group._replace(numbers=left, total=_total(found, left)) if left else None


def _total(found: Pruned, numbers: Iterable[int]) -> float:
    spans = found.spans
    return sum(spans[number].duration or 0 for number in numbers)


class _Shapes:
    """Tells which spans do the same: their op and description are, or differ but in values."""

    def __init__(self, found: Pruned) -> None:
        self._of = found
        self._known: dict[str, str] = {}
        self._alike: dict[int, list[Alike]] = {}

    def alike(self, number: int) -> list[Alike]:
        """The spans in this one, those that do the same together."""
        if (groups := self._alike.get(number)) is None:
            groups = self._alike[number] = self._grouped(self._of.children[number])
        return groups

    def _grouped(self, within: Sequence[int]) -> list[Alike]:
        spans = self._of.spans
        exact: dict[tuple[str | None, str | None], list[int]] = {}
        for child in within:
            span = spans[child]
            key = span.op, span.description
            if (same := exact.get(key)) is None:
                exact[key] = [child]
            else:
                same.append(child)
        merged: dict[tuple[str | None, str], list[list[int]]] = {}
        for (op, description), numbers in exact.items():
            merged.setdefault((op, self._shape(description or "", len(exact))), []).append(numbers)
        groups: list[Alike] = []
        for several in merged.values():
            numbers = several[0] if len(several) == 1 else sorted(one for part in several for one in part)
            groups.append(Alike(numbers, _total(self._of, numbers), differ=len(several) > 1))
        return groups

    def _shape(self, description: str, several: int) -> str:
        if several == 1:
            return description
        known = self._known
        if several > COMPARED_APART:
            # A tenth of the time that a text's own translate takes.
            shown = description.encode(errors="surrogatepass").translate(None, b"0123456789")
            description = shown.decode(errors="surrogatepass")
        if (shaped := known.get(description)) is None:
            if len(known) >= COMPARED_APART:
                return description
            shaped = known[description] = shape_of(description, COMPARED // COMPARED_APART)
        return shaped
