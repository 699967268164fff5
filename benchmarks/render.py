"""How long the largest event takes to render, beside reading and writing the same event as JSON, and what comes out."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from specimens import large_event, python_event, python_issue

from sentry.models import Event
from views.events import event
from views.issues import issue
from views.reader import Answer, Reader, compact_json
from views.results import Result
from views.secrets.redaction import Redaction
from views.traces.stacktraces import stacktrace

RUNS = 60
MOST_MILLISECONDS, MOST_TEXT, MOST_JSON = 20.0, 16_000, 24_000


def milliseconds(work: Callable[[], Any]) -> list[float]:
    """Of the processor, so that what else runs on the machine counts as little as it can."""
    found: list[float] = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        found.append((time.process_time() - start) * 1_000)
    return sorted(found)


def main() -> int:
    whole = large_event()
    large, about, ordinary = Event.model_validate(whole), python_issue(), python_event()
    redaction = Redaction()

    def first(result: Result) -> Answer:
        """As a tool reads it for the first time: with what it costs to remember the answer, and none remembered."""
        return Reader(redaction=redaction).read(result)

    answers: dict[str, Callable[[], Answer]] = {
        "get_issue, large event": lambda: first(issue(about, large)),
        "get_event, large event": lambda: first(event(large)),
        "get_stacktrace, all frames, large event": lambda: first(stacktrace(large, "all")),
        "get_issue, ordinary event": lambda: first(issue(about, ordinary)),
    }
    written = json.dumps(whole)
    control = statistics.median(milliseconds(lambda: json.dumps(json.loads(written))))
    print(f"control: json.loads and json.dumps of the large event, {len(written):,} characters: {control:.1f} ms")
    fits = True
    for name, work in answers.items():
        times, answer = milliseconds(work), work()
        median, text, data = statistics.median(times), len(answer.text), len(compact_json(answer.data))
        print(f"{name}: median {median:.1f} ms, best {times[0]:.1f} ms, text {text:,}, JSON {data:,} characters")
        fits = fits and median <= MOST_MILLISECONDS and text <= MOST_TEXT and data <= MOST_JSON
    print(f"bars: {MOST_MILLISECONDS:.0f} ms, text {MOST_TEXT:,}, JSON {MOST_JSON:,}")
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
