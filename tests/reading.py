"""A stack trace as it is read: line by line, without the markers around it."""

from views.reader import Reader
from views.traces.stacktraces import StacktraceResult


def told(result: StacktraceResult) -> list[str]:
    """The lines between the markers' fences."""
    lines = Reader().read(result).text.split("\n")
    return lines[lines.index("```") + 1 : -2 if lines[-1].endswith("»") else lines.index("```", lines.index("```") + 1)]
