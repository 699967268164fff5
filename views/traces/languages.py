"""Calls as each language's own stack traces write them, with source and locals."""

from dataclasses import dataclass, field

from views.bounds import compact
from views.traces.frames import Frame, unbundled

JAVASCRIPT = {"javascript", "node", "bun", "deno"}
JAVA = {"java", "kotlin", "scala", "groovy", "clojure", "android"}
NATIVE = {"native", "c", "cocoa", "objc", "rust", "swift", "apple"}
Place = tuple[str, str]


@dataclass
class Shown:
    """What earlier calls of the same answer have shown: a cause runs through the calls of what it caused."""

    lines: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    locals: dict[Place, dict[str, str]] = field(default_factory=dict[Place, dict[str, str]])
    names_repositories: bool = False


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


def source(frame: Frame, shown_above: Shown) -> list[str]:
    """The lines around the call, numbered, dedented, the call's own marked `>`.

    Blank lines and lines that an earlier call has shown are left out at both ends.
    """
    if frame.context_line is None:
        return []
    texts = [text.expandtabs(4).rstrip() for text in (*frame.pre_context, frame.context_line, *frame.post_context)]
    here = len(frame.pre_context)
    file, offset = frame.filename or frame.abs_path or "", (frame.lineno or 0) - here
    numbered = frame.lineno is not None

    def needed(position: int) -> bool:
        return bool(texts[position]) and not (numbered and (file, offset + position) in shown_above.lines)

    first = next((n for n in range(here) if needed(n)), here)
    last = next((n for n in range(len(texts) - 1, here, -1) if needed(n)), here)
    shown = range(first, last + 1)
    if not any(texts[n] for n in shown):
        return []
    if numbered:
        shown_above.lines.update((file, offset + n) for n in shown)
    indent = min(len(texts[n]) - len(texts[n].lstrip()) for n in shown if texts[n])
    width = len(str(offset + last))
    marks = [">" if n == here else " " for n in range(len(texts))]
    numbers = [f"{offset + n:>{width}} " if numbered else "" for n in range(len(texts))]
    return [f"{marks[n]}{numbers[n]}{texts[n][indent:]}".rstrip() for n in shown]


def local_lines(frame: Frame, before: dict[str, str], shown_above: Shown, length: float) -> list[str]:
    """Each local on a line; by name those that the call before had too, or this call in an exception above."""
    found = {name: compact(value, length) for name, value in frame.vars.items()}
    place = (frame.filename or frame.module or "", frame.function or "")
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
    """The calls, the oldest first, each with what was folded before it."""
    language = family(platform)
    before: dict[str, str] = {}
    lines: list[str] = []
    for frame in frames:
        if frame.folded:
            lines.append(f"… {frame.folded}")
        repository = f" [{frame.repository}]" if frame.repository and shown_above.names_repositories else ""
        lines.append(f"{head(frame.in_repository(), language)}{repository}")
        lines += [*source(frame, shown_above), *local_lines(frame, before, shown_above, length)]
    return lines
