"""Calls as each language's own stack traces write them, with source and locals."""

from views.bounds import compact
from views.frames import Frame

JAVASCRIPT = {"javascript", "node"}
JAVA = {"java", "kotlin", "scala", "groovy", "clojure", "android"}
NATIVE = {"native", "c", "cocoa", "objc", "rust", "swift"}


def family(platform: str | None) -> str:
    """`python-django` is `python`, `javascript-react` is `javascript`."""
    return (platform or "").lower().split("-")[0].split(".")[0]


def head(frame: Frame, platform: str) -> str:
    """One call on one line, in the words of its language."""
    where = place(frame)
    name = frame.function or "?"
    if platform == "python":
        number = f", line {frame.lineno}" if frame.lineno is not None else ""
        return f'File "{frame.filename or frame.abs_path or frame.module or "?"}"{number}, in {name}'
    if platform in JAVA:
        return f"at {f'{frame.module}.' if frame.module else ''}{name}({where})"
    if platform in JAVASCRIPT:
        return f"at {name} ({where})"
    if platform == "ruby":
        return f"{where}:in '{name}'"
    if platform == "php":
        file = frame.filename or frame.abs_path or "?"
        return f"{file}({frame.lineno if frame.lineno is not None else '?'}): {_qualified(frame, '::')}"
    if platform == "csharp":
        number = f":line {frame.lineno}" if frame.lineno is not None else ""
        file = frame.filename or frame.abs_path
        return f"at {_qualified(frame, '.')}" + (f" in {file}{number}" if file else "")
    if platform in NATIVE:
        package = (frame.package or "").replace("\\", "/").rsplit("/", 1)[-1]
        parts = (frame.address, package, name, f"({where})" if frame.filename else "")
        return " ".join(part for part in parts if part)
    return f"{_qualified(frame, '.')} ({where})"


def place(frame: Frame) -> str:
    file = frame.filename or frame.abs_path or frame.package or "?"
    numbers = "".join(
        f":{n}" for n in (frame.lineno, frame.colno if frame.lineno is not None else None) if n is not None
    )
    return file + numbers


def _qualified(frame: Frame, joint: str) -> str:
    name = frame.function or "?"
    module = frame.module
    return f"{module}{joint}{name}" if module and not name.startswith(module) else name


def source(frame: Frame) -> list[str]:
    """The lines around the call, numbered, dedented, the call's own marked `>`."""
    lines = [*frame.pre_context, frame.context_line, *frame.post_context]
    here = len(frame.pre_context)
    if frame.context_line is None or not any(text and text.strip() for text in lines):
        return []
    first = next(n for n, text in enumerate(lines) if (text and text.strip()) or n == here)
    last = next(n for n in range(len(lines) - 1, -1, -1) if (lines[n] or "").strip() or n == here)
    texts = [(text or "").expandtabs(4) for text in lines]
    indent = min((len(t) - len(t.lstrip()) for t in texts[first : last + 1] if t.strip()), default=0)
    numbers = [""] * len(lines)
    if frame.lineno is not None:
        width = len(str(frame.lineno - here + last))
        numbers = [f"{frame.lineno - here + n:>{width}} " for n in range(len(lines))]
    return [f"{'>' if n == here else ' '}{numbers[n]}{texts[n][indent:]}".rstrip() for n in range(first, last + 1)]


def call(frame: Frame, platform: str, *, length: float = 160) -> list[str]:
    """A call with what was folded before it, its source and its locals."""
    lines = [f"… {frame.folded}"] if frame.folded else []
    lines.append(head(frame, platform))
    lines += source(frame)
    if frame.vars:
        lines.append("  locals:")
        lines += [f"  {name} = {compact(value, length)}" for name, value in frame.vars.items()]
    return lines


def stack(frames: list[Frame], platform: str | None, *, length: float = 160) -> list[str]:
    language = family(platform)
    return [text for frame in frames for text in call(frame, language, length=length)]
