"""Which calls of a stack are worth reading: ours in full, runs of library calls and recursion folded, the last call always."""

import re
from typing import Any, Literal, Self

from sentry.models import Frame as SentryFrame
from sentry.models import Json
from views.bounds import RAW, line, plain, raw, rows, short
from views.results import Details, Evidence, Part

Frames = Literal["app", "all"]
MOST = 40
"""Calls of one stack that are converted: the newest."""
AROUND = 5
"""Lines of source before and after a call."""
ROOM = 60_000
"""Characters of source and locals of all stacks together: more is never shown."""

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_NOISE = ("<module ", "<built-in ", "<class ", "<_frozen", "<frozen ")


class Frame(Part):
    """One call; the first six are Sentry's names and are always there."""

    filename: Evidence | None
    function: Evidence | None
    lineno: int | None
    context_line: Evidence | None
    pre_context: list[Evidence]
    post_context: list[Evidence]
    colno: int | None = None
    module: Evidence | None = None
    in_app: bool | None = None
    vars: Details = {}
    abs_path: Evidence | None = None
    package: Evidence | None = None
    address: Evidence | None = None
    folded: Evidence | None = None  # what was left out before this call

    @property
    def name(self) -> str:
        return call_name(self.module, self.function, self.filename)

    def narrowed(self, around: int) -> Self:
        """With at most that many lines of source on each side."""
        if max(len(self.pre_context), len(self.post_context)) <= around:
            return self
        before = self.pre_context[-around:] if around else []
        return self.model_copy(update={"pre_context": before, "post_context": self.post_context[:around]})

    def cut(self, length: float, code: float, items: int) -> Self:
        """With locals and lines of source cut to these lengths."""
        changes: dict[str, Any] = {
            "pre_context": [line_of_code(text, code) for text in self.pre_context],
            "post_context": [line_of_code(text, code) for text in self.post_context],
        }
        if self.context_line is not None:
            changes["context_line"] = line_of_code(self.context_line, code)
        if self.vars:
            changes["vars"] = short(self.vars, length, items, 3)
        for name in ("filename", "function", "module", "abs_path", "package", "address", "folded"):
            if text := getattr(self, name):
                changes[name] = line(text, 200)
        return self.model_copy(update=changes)


def line_of_code(text: str, length: float) -> str:
    from views.bounds import cut

    return cut(text.rstrip().replace("\n", " ").replace("\r", " "), length)


def call_name(module: Any, function: Any, filename: Any) -> str:
    where = line(module or filename or "", 80)
    what = line(function or "", 80)
    return f"{where}.{what}" if where and what else where or what or "?"


def is_ours(frame: dict[str, Any]) -> bool:
    return frame.get("inApp", frame.get("in_app")) is True


def any_ours(stacks: list[list[dict[str, Any]]]) -> bool:
    """Some servers mark no call at all: then all of them are ours."""
    return any(is_ours(frame) for stack in stacks for frame in stack)


def frames_of(value: Json) -> list[dict[str, Any]]:
    """The calls of something that holds a `stacktrace`, oldest first."""
    found = value.get("stacktrace") if isinstance(value, dict) else None
    return rows(found.get("frames")) if isinstance(found, dict) else []


def select(stack: list[dict[str, Any]], frames: Frames, marked: bool, room: list[int]) -> list[Frame]:
    """The calls worth reading, oldest first, each with a note on what was folded before it."""
    kept: list[tuple[dict[str, Any], str | None]] = []
    library: list[dict[str, Any]] = []
    notes: list[str] = []
    last = len(stack) - 1
    for position, repeats in _recursion(stack):
        frame = stack[position]
        if repeats:
            notes += [_run(library), repeats]
            library = []
        if frames == "app" and marked and not is_ours(frame) and position != last:
            library.append(frame)
            continue
        kept.append((frame, "; ".join(filter(None, [*notes, _run(library)])) or None))
        library, notes = [], []
    if len(kept) > MOST:
        earlier = kept[: len(kept) - MOST]
        kept = kept[-MOST:]
        frame, note = kept[0]
        kept[0] = (frame, "; ".join(filter(None, [_earlier([f for f, _ in earlier]), note])))
    return _converted(kept, marked, room)


def _converted(kept: list[tuple[dict[str, Any], str | None]], marked: bool, room: list[int]) -> list[Frame]:
    """The newest calls first get their source and locals, while there is room."""
    found: list[Frame] = []
    for position, (row, note) in enumerate(reversed(kept)):
        ours = not marked or is_ours(row) or position == 0
        found.append(_frame(row, note, AROUND if ours else 2, ours and room[0] > 0))
        room[0] -= _size(found[-1])
    return found[::-1]


def _size(frame: Frame) -> int:
    source = sum(map(len, frame.pre_context)) + sum(map(len, frame.post_context)) + len(frame.context_line or "")
    return source + (len(str(frame.vars)) if frame.vars else 0)


def _frame(row: dict[str, Any], note: str | None, around: int, with_vars: bool) -> Frame:
    known = {key: value for key, value in row.items() if key not in ("vars", "context", "pre_context", "post_context")}
    local = row.get("vars")
    read = SentryFrame.model_validate(
        {
            **known,
            "context": [r for r in _list(row.get("context"))[:30]],
            "pre_context": _list(row.get("pre_context"))[-around:],
            "post_context": _list(row.get("post_context"))[:around],
        }
    )
    before, here, after = read.source()
    path = read.abs_path
    return Frame(
        filename=raw(read.filename),
        function=raw(read.function or read.symbol),
        lineno=read.line_no,
        context_line=here[: RAW // 4] if here is not None else None,
        pre_context=[text[: RAW // 4] for text in before[-around:]],
        post_context=[text[: RAW // 4] for text in after[:around]],
        colno=read.col_no,
        module=raw(read.module),
        in_app=read.in_app,
        vars=_locals(local) if with_vars and isinstance(local, dict) else {},
        abs_path=raw(path) if path and not path.endswith(read.filename or "\0") else None,
        package=raw(read.package),
        address=raw(read.instruction_addr),
        folded=note,
    )


def _list(value: Json) -> list[Any]:
    return value if isinstance(value, list) else []


def _locals(found: dict[str, Any]) -> dict[str, Any]:
    """Without modules and dunders; addresses of objects say nothing."""
    kept: dict[str, Any] = {}
    for name, value in list(found.items())[:80]:
        if (name.startswith("__") and name.endswith("__")) or (isinstance(value, str) and value.startswith(_NOISE)):
            continue
        if isinstance(value, str) and value.startswith("<"):
            value = _ADDRESS.sub("", value[:RAW])
        kept[name] = value
    bounded = plain(kept, RAW)
    return bounded if isinstance(bounded, dict) else {}


def _name(frame: dict[str, Any]) -> str:
    return call_name(frame.get("module"), frame.get("function"), frame.get("filename"))


def _run(library: list[dict[str, Any]]) -> str | None:
    if not library:
        return None
    return folded_run(len(library), _name(library[0]), _name(library[-1]))


def folded_run(count: int, first: str, last: str) -> str:
    if count == 1:
        return f"library call {first}"
    return f"{count} library calls, {first} … {last}" if first != last else f"{count} library calls of {first}"


def _earlier(frames: list[dict[str, Any]]) -> str:
    return f"{len(frames)} earlier calls, {_name(frames[0])} … {_name(frames[-1])}"


def _recursion(stack: list[dict[str, Any]]) -> list[tuple[int, str | None]]:
    """Positions to keep: of a cycle of 1 to 3 calls that repeats, the first and the last round."""
    keys = [(f.get("filename") or f.get("module"), f.get("function"), f.get("lineNo", f.get("lineno"))) for f in stack]
    names = [str(key) for key in keys]
    kept: list[tuple[int, str | None]] = []
    at = 0
    while at < len(stack):
        period, rounds = _cycle(names, at)
        folded = rounds - 2
        if folded * period < 2:
            kept.append((at, None))
            at += 1
            continue
        kept += [(at + n, None) for n in range(period)]
        again = at + (rounds - 1) * period
        calls = "this call" if period == 1 else f"these {period} calls"
        kept.append((again, f"recursion: {calls} {folded:,} more times"))
        kept += [(again + n, None) for n in range(1, period)]
        at = again + period
    return kept


def _cycle(names: list[str], at: int) -> tuple[int, int]:
    """The shortest cycle that starts here, and how often it runs."""
    for period in (1, 2, 3):
        rounds, here = 1, at + period
        while names[at : at + period] == names[here : here + period] and here + period <= len(names):
            rounds, here = rounds + 1, here + period
        if rounds > 2:
            return period, rounds
    return 1, 1
