"""Which calls of a stack are worth reading: ours, and the last; library calls and recursion are folded."""

import re
from typing import Any, Literal

from sentry.values import Json, as_object
from views.bounds import rows
from views.traces.code_mappings import Code
from views.traces.frames import AROUND, Frame, call_name, frame

Frames = Literal["app", "all"]
MAX_FRAMES = 40
"""Calls of one stack that are converted: the newest."""
LONGEST = 2_000
"""Calls of one stack that are looked at: the newest."""
_COUNTS = re.compile(r"(?:^|; )(\d{1,6}) (?:library|earlier) calls?:")
Row = dict[str, Any]


def calls_of(value: Json) -> list[Row]:
    """The calls of something that holds a `stacktrace`, oldest first."""
    holder = as_object(value) or {}
    for name in ("stacktrace", "rawStacktrace"):
        if found := rows((as_object(holder.get(name)) or {}).get("frames")):
            return found[-LONGEST:]
    return []


def is_ours(call: Row) -> bool:
    return call.get("inApp", call.get("in_app")) is True


def any_ours(stacks: list[list[Row]]) -> bool:
    """Some servers mark no call at all: then all of them are ours."""
    return any(is_ours(call) for stack in stacks for call in stack)


def select(
    stack: list[Row], frames: Frames, marked: bool, most: int = MAX_FRAMES, code: Code | None = None
) -> list[Frame]:
    """The calls worth reading, oldest first, each with a note on what was folded before it."""
    kept: list[tuple[Row, list[str]]] = []
    library: list[Row] = []
    notes: list[str] = []
    for position, repeats in _recursion(stack):
        call = stack[position]
        if repeats:
            notes, library = [*notes, *_run(library), repeats], []
        if frames == "app" and marked and not is_ours(call) and position != len(stack) - 1:
            library.append(call)
            continue
        kept.append((call, [*notes, *_run(library)]))
        library, notes = [], []
    if earlier := kept[:-most]:
        kept = kept[-most:]
        kept[0][1].insert(0, folded_run(len(earlier), "earlier call", _name(earlier[0][0]), _name(earlier[-1][0])))
    return [_frame(call, "; ".join(notes) or None, marked, call is stack[-1], code) for call, notes in kept]


def folded_in(note: str | None) -> int:
    """How many calls a note of ours stands for."""
    return sum(int(count) for count in _COUNTS.findall(note or ""))


def folded_run(count: int, kind: str, first: str, last: str) -> str:
    """`9 library calls: django.core.a … django.views.b`."""
    ends = first if count == 1 or first == last else f"{first} … {last}"
    return f"{count} {kind}{'s' if count > 1 else ''}: {ends}"


def _frame(call: Row, note: str | None, marked: bool, crashed: bool, code: Code | None) -> Frame:
    ours = not marked or is_ours(call) or crashed
    return frame(call, note, AROUND if ours else 2, ours, code if not marked or is_ours(call) else None)


def _name(call: Row) -> str:
    return call_name(call.get("module"), call.get("function") or call.get("symbol"), call.get("filename"))


def _run(library: list[Row]) -> list[str]:
    return [folded_run(len(library), "library call", _name(library[0]), _name(library[-1]))] if library else []


def _recursion(stack: list[Row]) -> list[tuple[int, str | None]]:
    """Positions to keep: of a cycle of 1 to 3 calls that repeats, the first and the last round."""
    names = [_place(call) for call in stack]
    kept: list[tuple[int, str | None]] = []
    at = 0
    while at < len(stack):
        period, rounds = _cycle(names, at)
        folded = rounds - 2
        if folded * period < 2:
            kept.append((at, None))
            at += 1
            continue
        again = at + (rounds - 1) * period
        calls = "this call" if period == 1 else f"these {period} calls"
        kept += [(at + n, None) for n in range(period)]
        kept.append((again, f"recursion: {calls} {folded:,} more times"))
        kept += [(again + n, None) for n in range(1, period)]
        at = again + period
    return kept


def _place(call: Row) -> str:
    where = call.get("filename") or call.get("module") or call.get("instructionAddr")
    return f"{where}\0{call.get('function')}\0{call.get('lineNo', call.get('lineno'))}"[:500]


def _cycle(names: list[str], at: int) -> tuple[int, int]:
    """The shortest cycle that starts here, and how often it runs."""
    for period in (1, 2, 3):
        here = at + period
        while here < len(names) and names[here] == names[here - period]:
            here += 1
        rounds = (here - at) // period
        if rounds > 2:
            return period, rounds
    return 1, 1
