"""Calls as each language's own stack traces write them, with source and locals."""

from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from views.bounds import compact
from views.traces.folding import folded_in
from views.traces.frames import AROUND, Frame, unbundled

JAVASCRIPT = {"javascript", "node", "bun", "deno"}
JAVA = {"java", "kotlin", "scala", "groovy", "clojure", "android"}
NATIVE = {"native", "c", "cocoa", "objc", "rust", "swift", "apple"}
NEIGHBOUR = 2
"""Lines of source on each side of a call that led to the failing one in the same file, where there is little room."""
Place = tuple[str, str, str]
Line = tuple[str, int, str]


@dataclass
class Call:
    """What is told of a call but for its source."""

    line: str
    folded: str | None
    vars: dict[str, Any]

    def tells(self, other: "Call") -> bool:
        """Whether who has read this one has read the other: the same call, which has no locals of its own."""
        return (self.line, self.folded) == (other.line, other.folded) and (not other.vars or self.vars == other.vars)


@dataclass
class Shown:
    """What earlier calls of the same answer have shown: a cause runs through the calls of what it caused."""

    names_repositories: bool = False
    neighbour: int = NEIGHBOUR
    lines: set[Line] = field(default_factory=set[Line])
    """With their text: files of two packages may have one name."""
    locals: dict[Place, dict[str, str]] = field(default_factory=dict[Place, dict[str, str]])
    stacks: list[list[Call]] = field(default_factory=list[list[Call]])


def family(platform: str | None) -> str:
    """`python-django` is `python`, `javascript-react` is `javascript`."""
    return (platform or "").lower().split("-")[0].split(".")[0]


def head(frame: Frame, language: str) -> str:
    """One call on one line, in the words of its language."""
    name = frame.function or "?"
    file = frame.filename or frame.abs_path
    if language == "python":
        number = f", line {frame.lineno}" if frame.lineno is not None else ""
        return f'File "{file or frame.module or "?"}"{number}, in {name}'
    if language in JAVA:
        return f"at {_qualified(frame, '.')}({_place(frame, 'Unknown Source')})"
    if language in JAVASCRIPT:
        return f"at {name} ({_place(frame)})"
    if language == "ruby":
        return f"{_place(frame)}:in '{name}'"
    if language == "php":
        number = str(frame.lineno) if frame.lineno is not None else "?"
        return f"{f'{file}({number})' if file else '[internal function]'}: {_qualified(frame, '::')}"
    if language == "csharp":
        number = f":line {frame.lineno}" if frame.lineno is not None else ""
        return f"at {_qualified(frame, '.')}" + (f" in {file}{number}" if file else "")
    if language in NATIVE:
        package = (frame.package or "").replace("\\", "/").rsplit("/", 1)[-1]
        parts = (frame.address, package, name, f"({_place(frame)})" if file else "")
        return " ".join(part for part in parts if part)
    return f"{_qualified(frame, '.')} ({_place(frame)})"


def _place(frame: Frame, unknown: str = "?") -> str:
    """`src/cart.js:10:5`."""
    file = frame.filename or frame.abs_path or frame.package or unknown
    numbers = [frame.lineno, frame.colno] if frame.lineno is not None else []
    return ":".join([unbundled(file), *(str(number) for number in numbers if number is not None)])


def _qualified(frame: Frame, joint: str) -> str:
    name = frame.function or "?"
    module = frame.module
    return f"{module}{joint}{name}" if module and not name.startswith(f"{module}{joint}") else name


def source(frame: Frame, shown_above: Shown, around: int = AROUND) -> list[str]:
    """The lines around the call, numbered, dedented, the call's own marked `>`.

    At most `around` on each side; blank lines, lines that an earlier call has shown and those of the next function are
    left out at both ends.
    """
    if frame.context_line is None:
        return []
    texts = [text.expandtabs(4).rstrip() for text in (*frame.pre_context, frame.context_line, *frame.post_context)]
    here = len(frame.pre_context)
    file, offset = frame.filename or frame.abs_path or "", (frame.lineno or 0) - here
    numbered = frame.lineno is not None

    def needed(position: int) -> bool:
        return bool(texts[position]) and not (
            numbered and (file, offset + position, texts[position]) in shown_above.lines
        )

    first = next((n for n in range(max(0, here - around), here) if needed(n)), here)
    last = next((n for n in range(min(_end(texts, here), here + around), here, -1) if needed(n)), here)
    shown = range(first, last + 1)
    if not any(texts[n] for n in shown):
        return []
    if numbered:
        shown_above.lines.update((file, offset + n, texts[n]) for n in shown)
    indent = min(_indent(texts[n]) for n in shown if texts[n])
    width = len(str(offset + last))
    marks = [">" if n == here else " " for n in range(len(texts))]
    numbers = [f"{offset + n:>{width}} " if numbered else "" for n in range(len(texts))]
    return [f"{marks[n]}{numbers[n]}{texts[n][indent:]}".rstrip() for n in shown]


def _end(texts: list[str], here: int) -> int:
    """The last line that may belong to the same function: after a blank line, one that is indented less does not."""
    for n in range(here + 2, len(texts)):
        if texts[n] and not texts[n - 1] and _indent(texts[n]) < _indent(texts[here]):
            return n - 1
    return len(texts) - 1


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def local_lines(frame: Frame, before: dict[str, str], shown_above: Shown, length: float) -> list[str]:
    """Each local on a line; by name those that the call before had too, or this call in an exception above."""
    found = {name: compact(value, length) for name, value in frame.vars.items()}
    place = (frame.filename or "", frame.module or "", frame.function or "")
    above = shown_above.locals.get(place, {})
    long = [name for name, text in found.items() if len(text) > 20]
    same = [name for name in long if before.get(name) == found[name]]
    again = [name for name in long if name not in same and above.get(name) == found[name]]
    lines = [f"  {name} = {text}" for name, text in found.items() if name not in (*same, *again)]
    lines += [f"  {', '.join(same)}: as in the call before"] if same else []
    lines += [f"  {', '.join(again)}: as in this call above"] if again else []
    before.clear()
    before.update(found)
    shown_above.locals[place] = found
    return [" locals:", *lines] if lines else []


def stack(frames: list[Frame], platform: str | None, shown_above: Shown, length: float = 1_000) -> list[str]:
    """The calls, the oldest first, each with what was folded before it; those that stand above are but counted."""
    language = family(platform)
    calls = [_call(frame, language, shown_above.names_repositories) for frame in frames]
    same = _as_above(calls, shown_above)
    before: dict[str, str] = {}
    lines = [f"… {_count(calls[:same]):,} calls as above"] if same else []
    for frame, call in zip(frames[same:], calls[same:], strict=True):
        if frame.folded:
            lines.append(f"… {frame.folded}")
        is_neighbour = frame is not frames[-1] and frame.filename == frames[-1].filename
        code = source(frame, shown_above, shown_above.neighbour if is_neighbour else AROUND)
        lines += [call.line, *code, *local_lines(frame, before, shown_above, length)]
    shown_above.stacks.append(calls)
    return lines


def _call(frame: Frame, language: str, names_repository: bool) -> Call:
    repository = f" [{frame.repository}]" if frame.repository and names_repository else ""
    return Call(f"{head(frame.in_repository(), language)}{repository}", frame.folded, frame.vars)


def _as_above(calls: list[Call], shown_above: Shown) -> int:
    """How many calls at the start another stack of the answer has begun with, as those of a cause raised in them do.

    The last one is always told, and a single call too: a line would stand for a line.
    """
    same = max((_common(above, calls[:-1]) for above in shown_above.stacks), default=0)
    return same if _count(calls[:same]) > 1 else 0


def _common(above: list[Call], calls: list[Call]) -> int:
    pairs = zip(above, calls, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].tells(pair[1]), pairs))


def _count(calls: list[Call]) -> int:
    """With those that are folded."""
    return sum(1 + folded_in(call.folded) for call in calls)
