"""The stack trace of an event: the exception chain or the crashed thread, and how it gives way to the budget."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Self, TypeVar

from sentry.models import CodeMapping, Event
from views.bounds import cut, identifier, line, of_organization, raw, rows, slug
from views.provenance import Markers
from views.results import Evidence, Identifier, Part, Result, Slug, Step
from views.traces.chains import CHAIN, Raised, chain
from views.traces.code import RepositoryVersion, code_words, in_one_repository, linked_once, versions
from views.traces.code_mappings import code_of
from views.traces.folding import MAX_FRAMES, Frames, any_ours, calls_of, folded_in, folded_run, select
from views.traces.frames import AROUND, Frame
from views.traces.languages import NEIGHBOUR, Shown, stack

CAUSE = 15
"""Calls of a cause that are converted: the newest."""
R = TypeVar("R", bound="Traced")
HANDLED = {True: " (handled)", False: " (unhandled)", None: ""}


class Stacktrace(Part):
    frames: list[Frame]  # the oldest call first


class Traced(Result):
    """Whatever shows a stack trace. `exceptions` starts with the one raised last, whose calls are `stacktrace`."""

    SHARE: ClassVar = 0.95
    """Of the answer, for the trace at most."""

    issue_id: Identifier | None
    event_id: Identifier
    organization: Slug | None = None  # where it is not the one that is asked without a name
    platform: Slug | None = None
    title: Evidence = "(no title)"
    thread: Evidence | None = None
    stacktrace: Stacktrace
    exceptions: list[Raised] = []
    code: list[RepositoryVersion] = []  # where the files of the calls are
    _neighbour: int = NEIGHBOUR

    @property
    def more(self) -> str:
        return f'get_stacktrace(event="{self.event_name}", frames="all", max_tokens=20000)'

    @property
    def event_name(self) -> str:
        return of_organization(self.organization, self.event_id)

    def of_which_issue(self) -> str:
        return f" of issue {of_organization(self.organization, self.issue_id)}" if self.issue_id else ""

    def within(self, characters: int) -> Self:
        """The newest calls whole, older ones without locals and source, the oldest folded; causes take what is left."""
        room = characters * self.SHARE * (0.8 if self.exceptions[1:] else 1)
        frames, left = _fading(self.stacktrace.frames, room)
        left = max(left, 0) + characters * self.SHARE * 0.2
        exceptions: list[Raised] = []
        for raised in self.exceptions:
            kept, left = _fading(raised.frames, left)
            exceptions.append(raised.model_copy(update={"frames": kept}))
        found = self.model_copy(update={"stacktrace": Stacktrace(frames=frames), "exceptions": exceptions})
        return found if _whole(self, found) else found.without("source and locals of older calls", self.more)

    def shown(self, scale: float) -> Self:
        changes: dict[str, Any] = {
            "stacktrace": Stacktrace(frames=[frame.shown(scale) for frame in self.stacktrace.frames]),
            "exceptions": [raised.shown(scale) for raised in self.exceptions],
            "code": [one.shown() for one in self.code],
        }
        found = self.model_copy(update=changes).with_texts(line, title=300, thread=100)
        found._neighbour = AROUND if scale > 1 else NEIGHBOUR
        return found

    def with_fewer_lines(self) -> Self:
        """Of calls in the failing one's file, as few as a usual answer has."""
        if self._neighbour == NEIGHBOUR:
            return self
        found = self.model_copy()
        found._neighbour = NEIGHBOUR
        return found

    def trace(self) -> list[str]:
        """Evidence: the chain and its calls, the exception raised last first."""
        frames = self.stacktrace.frames
        every = [*frames, *(frame for raised in self.exceptions for frame in raised.frames)]
        shown_above = Shown(not in_one_repository(every), self._neighbour)
        code = code_words(self.code, every)
        calls = stack(frames, self.platform, shown_above)
        if not self.exceptions:
            return [*code, f"Thread {self.thread}:" if self.thread else "Calls:", *calls] if frames else []
        lines = [*code, f"{self.exceptions[0].line()}{HANDLED[self.exceptions[0].handled]}"]
        lines += [f"Thread {self.thread}:"] if self.thread and frames else []
        lines += calls
        for raised in self.exceptions[1:]:
            lines += [f"{raised.relation}: {raised.line()}", *stack(raised.frames, self.platform, shown_above)]
        return lines

    def steps(self) -> Iterator[Step]:
        yield Traced.with_fewer_lines
        yield from trace_steps()


class StacktraceResult(Traced):
    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        head = f"Stack trace of event {self.event_name}{self.of_which_issue()}"
        lines = self.trace()
        if not self.exceptions:
            lines = [self.title, *(lines or ["This event has no stack trace: see get_event."])]
        return "\n".join([head, marks.announcement, marks.block("\n".join(lines)), *self.omitted])


def stacktrace(
    event: Event, frames: Frames = "app", organization: str | None = None, mappings: Sequence[CodeMapping] = ()
) -> StacktraceResult:
    """The stack trace of an event; `app` folds library calls, `all` shows them. `organization` is one that is not
    the usual one."""
    return StacktraceResult(**traced(event, frames, mappings), organization=slug(organization))


def traced(event: Event, frames: Frames = "app", mappings: Sequence[CodeMapping] = ()) -> dict[str, Any]:
    """The fields of `Traced`, from an event and its project's code mappings."""
    every = rows(event.entry("exception").get("values"))
    values = every[-CHAIN:]
    threads = rows(event.entry("threads").get("values"))
    thread = _thread_of(values[-1] if values else {}, threads)
    stacks = [calls_of(value) for value in values]
    last = (stacks[-1] if stacks else []) or calls_of(thread) or calls_of({"stacktrace": event.entry("stacktrace")})
    marked = any_ours([*stacks, last])
    code = code_of(event, mappings)
    causes = [select(calls, frames, marked, CAUSE, code) for calls in stacks[:-1]]
    *causes, calls = linked_once([*causes, select(last, frames, marked, code=code)])
    return {
        "issue_id": identifier(event.group_id),
        "event_id": identifier(event.id) or "",
        "platform": slug(event.platform),
        "title": raw(event.title) or raw(event.message) or "(no title)",
        "thread": _thread_name(thread) if len(threads) > 1 or not values else None,
        "stacktrace": Stacktrace(frames=calls),
        "exceptions": chain(values, [*causes, []] if values else []),
        "code": versions(code, [*causes, calls]) if code else [],
        "omitted": [f"Of {len(every)} exceptions, the last {CHAIN} are read."] if len(every) > CHAIN else [],
    }


def _thread_of(value: dict[str, Any], threads: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The thread that raised it, else the one that crashed, else the current one."""
    wanted = value.get("threadId", value.get("thread_id"))
    for thread in threads:
        if wanted is not None and str(thread.get("id")) == str(wanted):
            return thread
    for flag in ("crashed", "current"):
        for thread in threads:
            if thread.get(flag) is True:
                return thread
    return next((thread for thread in threads if calls_of(thread)), None)


def _thread_name(thread: dict[str, Any] | None) -> str | None:
    if not thread:
        return None
    name = raw(thread.get("name")) or raw(thread.get("id")) or "?"
    return f"{name} (crashed)" if thread.get("crashed") is True else name


# What gives way in a stack trace, in this order.


def trace_steps() -> Iterator[Step]:
    yield fold_library
    yield partial(_locals, length=60, items=8)
    yield partial(_source, around=2)
    yield partial(_locals, length=40, items=5)
    yield partial(_newest, most=MAX_FRAMES, causes=3)
    yield partial(_source, around=0)
    yield partial(_newest, most=25, causes=1)
    yield partial(_newest, most=10, causes=1)
    yield partial(_locals, length=30, items=3)
    yield partial(_newest, most=3, causes=1)
    yield partial(_newest, most=1, causes=1)
    yield _brief_causes
    yield _causes_without_calls


def _locals(result: Traced, length: int, items: int) -> Traced:
    return _each_frame(result, "parts of locals", lambda frame: frame.with_locals(length, items))


def _source(result: Traced, around: int) -> Traced:
    return _each_frame(result, "lines of source", lambda frame: frame.narrowed(around))


def fold_library(result: Traced) -> Traced:
    stacks = [result.stacktrace.frames, *(raised.frames for raised in result.exceptions)]
    if not any(frame.in_app for frames in stacks for frame in frames):
        return result
    return _each_stack(result, "library calls", _folded)


def _folded(frames: list[Frame]) -> list[Frame]:
    kept: list[Frame] = []
    run: list[Frame] = []
    for frame in frames:
        if not frame.in_app and frame is not frames[-1]:
            run.append(frame)
            continue
        kept.append(_after(frame, run, "library call"))
        run = []
    return kept


def _after(frame: Frame, run: list[Frame], kind: str) -> Frame:
    if not run:
        return frame
    count = sum(1 + folded_in(call.folded) for call in run)
    notes = [folded_run(count, kind, run[0].name, run[-1].name), frame.folded]
    return frame.model_copy(update={"folded": cut("; ".join(filter(None, notes)), 300)})


def _newest(result: Traced, most: int, causes: int) -> Traced:
    """Only the newest calls: `most` of the exception raised last, `causes` of each of its causes."""

    def newest(frames: list[Frame], most: int) -> list[Frame]:
        earlier, kept = frames[:-most], frames[-most:]
        return [_after(kept[0], earlier, "earlier call"), *kept[1:]] if earlier else frames

    frames = newest(result.stacktrace.frames, most)
    exceptions = [raised.model_copy(update={"frames": newest(raised.frames, causes)}) for raised in result.exceptions]
    return _with_frames(result, "earlier calls", frames, exceptions)


def _brief_causes(result: Traced) -> Traced:
    return result.model_copy(update={"exceptions": [raised.in_brief() for raised in result.exceptions]})


def _causes_without_calls(result: Traced) -> Traced:
    exceptions = [raised.model_copy(update={"frames": []}) for raised in result.exceptions]
    return _with_frames(result, "calls of causes", result.stacktrace.frames, exceptions)


def _whole(was: Traced, now: Traced) -> bool:
    """Whether every call is there with its source and its locals."""
    before = [was.stacktrace.frames, *(raised.frames for raised in was.exceptions)]
    after = [now.stacktrace.frames, *(raised.frames for raised in now.exceptions)]
    return [[(len(f.vars) > 0, len(f.pre_context)) for f in frames] for frames in before] == [
        [(len(f.vars) > 0, len(f.pre_context)) for f in frames] for frames in after
    ]


def _fading(frames: list[Frame], room: float) -> tuple[list[Frame], float]:
    """Two thirds of the room for whole calls, the rest for lines; and the room that is left."""
    kept: list[Frame] = []
    whole = True
    least = room / 3
    for frame in reversed(frames):
        whole = not kept or (whole and room - frame.size >= least)
        shown = frame.bounded() if whole else frame.faded()
        size = shown.size
        if kept and size > room:
            break
        kept.append(shown)
        room -= size
    kept.reverse()
    earlier = frames[: len(frames) - len(kept)]
    return ([_after(kept[0], earlier, "earlier call"), *kept[1:]] if earlier else kept), room


def _each_frame(result: Traced, what: str, change: Callable[[Frame], Frame]) -> Traced:
    return _each_stack(result, what, lambda frames: [change(frame) for frame in frames])


def _each_stack(result: Traced, what: str, change: Callable[[list[Frame]], list[Frame]]) -> Traced:
    exceptions = [raised.model_copy(update={"frames": change(raised.frames)}) for raised in result.exceptions]
    return _with_frames(result, what, change(result.stacktrace.frames), exceptions)


def _with_frames(result: R, what: str, frames: list[Frame], exceptions: list[Raised]) -> R:
    """The same result when nothing changed."""
    if frames == result.stacktrace.frames and exceptions == result.exceptions:
        return result
    return result.without(what, result.more, stacktrace=Stacktrace(frames=frames), exceptions=exceptions)
