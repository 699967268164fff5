"""The stack trace of an event: the exception chain, the crashed thread, and how each gives way to the budget."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self

from sentry.models import Event
from views.bounds import cut, line, raw, rows, word
from views.calls import stack
from views.frames import MOST, ROOM, Frame, Frames, any_ours, folded_run, frames_of, select
from views.provenance import Markers
from views.results import Evidence, Known, Part, Result, Step

CHAIN = 12
"""Exceptions of a chain that are read: the last raised."""
RELATION = {
    "__cause__": "Caused by",
    "__context__": "Raised while handling",
    "__suppressed_context__": "Caused by",
}


class Stacktrace(Part):
    frames: list[Frame]  # the oldest call first


class Raised(Part):
    """One exception of the chain."""

    type: Evidence | None = None
    value: Evidence | None = None
    module: Evidence | None = None
    handled: bool | None = None
    mechanism: Evidence | None = None
    relation: str | None = None  # to the one before it in the list
    frames: list[Frame] = []

    def line(self) -> str:
        """`stripe.error.CardError: declined (unhandled)`."""
        name = self.type or self.mechanism or "Error"
        if (
            self.module
            and self.module not in ("builtins", "__main__", "exceptions")
            and not name.startswith(self.module)
        ):
            name = f"{self.module}.{name}"
        return f"{name}: {self.value}" if self.value else name

    def cut(self, scale: float) -> Self:
        short = {n: line(t, 120) for n in ("type", "module", "mechanism") if (t := getattr(self, n))}
        value = {"value": cut(self.value, 1200 * scale)} if self.value else {}
        return self.model_copy(update={**short, **value, "frames": [f.cut(160 * scale, 160, 12) for f in self.frames]})


class Traced(Result):
    """Whatever shows a stack trace. `exceptions` starts with the one raised last, whose calls are `stacktrace`; its causes follow."""

    issue_id: Known | None = None
    event_id: Known = ""
    platform: Known | None = None
    title: Evidence | None = None
    thread: Evidence | None = None
    stacktrace: Stacktrace = Stacktrace(frames=[])
    exceptions: list[Raised] = []

    def shown(self, scale: float) -> Self:
        frames = [frame.cut(160 * scale, 160, 12) for frame in self.stacktrace.frames]
        changes: dict[str, Any] = {
            "stacktrace": Stacktrace(frames=frames),
            "exceptions": [raised.cut(scale) for raised in self.exceptions],
        }
        for name in ("title", "thread"):
            if text := getattr(self, name):
                changes[name] = line(text, 300)
        return self.model_copy(update=changes)

    @property
    def more(self) -> str:
        return f'get_stacktrace(event="{self.event_id}", frames="all", max_tokens=20000)'

    def trace(self) -> str:
        """Evidence: the chain and its calls, the exception raised last first."""
        lines: list[str] = []
        if not self.exceptions:
            lines += [f"Thread {self.thread}:"] if self.thread and self.stacktrace.frames else []
            lines += stack(self.stacktrace.frames, self.platform)
        for position, raised in enumerate(self.exceptions):
            relation = f"{raised.relation}: " if raised.relation and position else ""
            how = {True: " (handled)", False: " (unhandled)", None: ""}[raised.handled] if not position else ""
            lines.append(f"{relation}{raised.line()}{how}")
            lines += stack(raised.frames if position else self.stacktrace.frames, self.platform)
        return "\n".join(lines)

    def steps(self) -> Iterator[Step]:
        yield from trace_steps()


class StacktraceResult(Traced):
    # The contract: these three are always there.
    issue_id: Known | None
    event_id: Known
    stacktrace: Stacktrace

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        head = f"Stack trace of event {self.event_id}" + (f" of issue {self.issue_id}" if self.issue_id else "")
        text = self.trace() or "This event has no stack trace."
        if self.title and not self.exceptions:
            text = f"{self.title}\n{text}"
        return "\n".join([head, marks.announcement, marks.region(text), *self.omitted])


def stacktrace(event: Event, frames: Frames = "app") -> StacktraceResult:
    """The stack trace of an event; `app` folds library calls, `all` shows them."""
    found = traced(event, frames)
    return StacktraceResult(
        issue_id=found.pop("issue_id"),
        event_id=found.pop("event_id"),
        stacktrace=found.pop("stacktrace"),
        **found,
    )


def traced(event: Event, frames: Frames = "app") -> dict[str, Any]:
    """The fields of `Traced`, from an event."""
    values = rows(event.entry("exception").get("values"))[-CHAIN:]
    threads = rows(event.entry("threads").get("values"))
    thread = _crashed(threads)
    stacks = [frames_of(value) for value in values]
    if values and not stacks[-1]:
        stacks[-1] = frames_of(_thread_of(values[-1], threads) or thread or {}) or frames_of(
            {"stacktrace": event.entry("stacktrace")}
        )
    own = frames_of(thread) if thread else []
    own = own or frames_of({"stacktrace": event.entry("stacktrace")})
    marked = any_ours([*stacks, own])
    room = [ROOM]
    last = select(stacks[-1][-2000:] if values else own[-2000:], frames, marked, room)
    exceptions = [
        _raised(
            value,
            position,
            [] if position == len(values) - 1 else select(stacks[position][-2000:], frames, marked, room),
        )
        for position, value in reversed(list(enumerate(values)))
    ]
    for newer, older in zip(exceptions, exceptions[1:], strict=False):
        older.relation = older.relation or "Caused by"
        del newer
    return {
        "issue_id": word(event.group_id),
        "event_id": word(event.id) or "",
        "platform": word(event.platform),
        "title": raw(event.title),
        "thread": _thread_name(thread),
        "stacktrace": Stacktrace(frames=last),
        "exceptions": exceptions,
    }


def _raised(value: dict[str, Any], position: int, frames: list[Frame]) -> Raised:
    mechanism = value.get("mechanism")
    mechanism = mechanism if isinstance(mechanism, dict) else {}
    handled = mechanism.get("handled")
    return Raised(
        type=raw(value.get("type")),
        value=raw(value.get("value")),
        module=raw(value.get("module")),
        handled=handled if isinstance(handled, bool) else None,
        mechanism=raw(mechanism.get("type")),
        relation=RELATION.get(str(mechanism.get("source"))),
        frames=frames,
    )


def _crashed(threads: list[dict[str, Any]]) -> dict[str, Any] | None:
    for flag in ("crashed", "current"):
        for thread in threads:
            if thread.get(flag) is True and frames_of(thread):
                return thread
    return next((thread for thread in threads if frames_of(thread)), None)


def _thread_of(value: dict[str, Any], threads: list[dict[str, Any]]) -> dict[str, Any] | None:
    wanted = value.get("threadId", value.get("thread_id"))
    return next((t for t in threads if wanted is not None and t.get("id") == wanted), None)


def _thread_name(thread: dict[str, Any] | None) -> str | None:
    if not thread:
        return None
    name = raw(thread.get("name")) or raw(thread.get("id")) or "?"
    return f"{name} (crashed)" if thread.get("crashed") is True else name


# What gives way in a stack trace, in this order.


def _frames(result: Traced, change: Any, note: str | None = None) -> Traced:
    """All calls of the chain changed; the same result when none of them changed."""
    stacktrace_ = change(result.stacktrace.frames, True)
    exceptions = [raised.model_copy(update={"frames": change(raised.frames, False)}) for raised in result.exceptions]
    if stacktrace_ == result.stacktrace.frames and exceptions == result.exceptions:
        return result
    return result.without(note, stacktrace=Stacktrace(frames=stacktrace_), exceptions=exceptions)


def fold_library(result: Traced) -> Traced:
    if not any_marked(result):
        return result
    return _frames(result, lambda frames, _: _folded(frames), f"Library calls were folded: {result.more}.")


def any_marked(result: Traced) -> bool:
    stacks = [result.stacktrace.frames, *(raised.frames for raised in result.exceptions)]
    return any(frame.in_app for frames in stacks for frame in frames)


def _folded(frames: list[Frame]) -> list[Frame]:
    kept: list[Frame] = []
    run: list[Frame] = []
    for frame in frames:
        if not frame.in_app and frame is not frames[-1]:
            run.append(frame)
            continue
        kept.append(_after(frame, run))
        run = []
    return kept


def _after(frame: Frame, run: list[Frame]) -> Frame:
    if not run:
        return frame
    notes = [run[0].folded, folded_run(len(run), run[0].name, run[-1].name), frame.folded]
    return frame.model_copy(update={"folded": cut("; ".join(filter(None, notes)), 300)})


def locals_cut(result: Traced, length: float, items: int) -> Traced:
    note = f"Locals were shortened: {result.more}."
    return _frames(result, lambda frames, _: [frame.cut(length, 160, items) for frame in frames], note)


def narrowed(result: Traced, around: int) -> Traced:
    note = f"Source was narrowed to ±{around} lines: {result.more}."
    cleared = result.model_copy(update={"omitted": [o for o in result.omitted if not o.startswith("Source was")]})
    changed = _frames(cleared, lambda frames, _: [frame.narrowed(around) for frame in frames], note)
    return result if changed is cleared else changed


def newest(result: Traced, ours: int, causes: int) -> Traced:
    """Only the newest calls: `ours` of the exception raised last, `causes` of each of its causes."""

    def change(frames: list[Frame], main: bool) -> list[Frame]:
        most = ours if main else causes
        if len(frames) <= most:
            return frames
        dropped, kept = frames[: len(frames) - most], frames[len(frames) - most :]
        note = f"{len(dropped)} earlier calls, {dropped[0].name} … {dropped[-1].name}"
        notes = cut("; ".join(filter(None, [note, kept[0].folded])), 300)
        return [kept[0].model_copy(update={"folded": notes}), *kept[1:]]

    return _frames(result, change, f"Earlier calls were left out: {result.more}.")


def trace_steps() -> Iterator[Step]:
    yield fold_library
    yield lambda result: locals_cut(result, 80, 8)
    yield lambda result: narrowed(result, 2)
    yield lambda result: locals_cut(result, 50, 5)
    yield lambda result: narrowed(result, 0)
    yield lambda result: newest(result, MOST, 1)
    yield lambda result: newest(result, 10, 1)
    yield lambda result: locals_cut(result, 30, 3)
    yield lambda result: newest(result, 3, 1)
    yield lambda result: newest(result, 1, 1)
    yield lambda result: result.without(exceptions=[raised.cut(0.25) for raised in result.exceptions])
