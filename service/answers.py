"""The one boundary: what leaves the server is cleaned and fitted here, and kept as long as what it rests on."""

import sys
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from sentry.errors import SentryError
from sentry.steps import in_turns
from sentry.transport.sources import Sources, noting_sources
from service.calls import note_outcome
from service.current import current_client, current_eyes

if TYPE_CHECKING:
    from service.failures import Failure
    from views.reader import Answer, Reader, Wanted
    from views.results import Result

TIME_TO_LIVE = 10.0
"""Seconds for which a finished answer is used again: ages in it ("2m ago") are still true."""
LEAST_SHOWN_AGE = 3.0
"""Seconds; an answer of what Sentry said longer ago says how long."""
MAX_SIZE = 4_000_000
"""Bytes of memory that all finished answers may take."""


@dataclass(frozen=True, slots=True)
class _Finished:
    answer: "Answer"
    sources: Sources
    size: int
    until: float


class Answers:
    """Answers of one server, as its settings want them.

    A finished answer is found again by what was asked, and used while each of Sentry's answers that it was made
    of is still what a new call would get: nothing is read, built, cleaned or rendered again.
    """

    def __init__(self, make_reader: "Callable[[], Reader]", clock: Callable[[], float] = time.monotonic) -> None:
        self._make_reader = make_reader
        self._clock = clock
        self._finished: OrderedDict[Hashable, _Finished] = OrderedDict()
        self._size = 0

    @cached_property
    def _made_reader(self) -> "Reader":
        """Made for the first answer: a server is ready before it knows how to write one."""
        return self._make_reader()

    @property
    def _reader(self) -> "Reader":
        """Of the Sentry that the current client asks."""
        return replace(self._made_reader, site=current_client().site)

    async def answer(
        self,
        asked: Hashable | None,
        ask: "Callable[[], Awaitable[Result]]",
        tokens: int | None = None,
        *,
        wanted: "Wanted" = "text",
    ) -> "Answer":
        """What `ask` gives, as it may leave; raises what it raises.

        `asked` names the question, all of it; None for what must be done each time. `tokens` is the answer's budget.
        """
        asked = None if asked is None else (current_eyes(), wanted, asked)
        if asked is not None and (finished := self._still_good(asked)) is not None:
            return finished
        with noting_sources() as sources:
            result = await ask()
        answer = await in_turns(self._reader.reading(result, tokens, wanted=wanted))
        if asked is None:
            return answer
        if sources and None not in sources:
            self._keep(asked, answer, sources)
        return _with_age(answer, current_client().age(sources))

    def failure(self, error: SentryError) -> "Failure":
        from service.failures import failure

        note_outcome(error.error)
        return failure(error, self._reader)

    def own_words(self, words: str) -> str:
        """A sentence of ours as it may leave, whatever names stand in it."""
        return self._reader.own_words(words)

    def title(self, words: str, length: int) -> str:
        """What an issue is called, as somebody is to read it between words of ours: cleaned, on one line."""
        return " ".join(self._reader.quote(words, length).split())

    def offered(self, names: Iterable[str | None]) -> list[str]:
        """Those that may be offered to choose from: what cannot be shown as it is, is not."""
        reader = self._reader
        return [name for name in names if name and reader.offers(name)]

    def _still_good(self, asked: Hashable) -> "Answer | None":
        """The answer to what was asked before, if it still holds."""
        found = self._finished.get(asked)
        if found is None:
            return None
        client = current_client()
        if self._clock() >= found.until or not client.are_current(found.sources):
            self._forget(asked)
            return None
        self._finished.move_to_end(asked)
        return _with_age(found.answer, client.age(found.sources))

    def _keep(self, asked: Hashable, answer: "Answer", sources: Sources) -> None:
        self._forget(asked)
        size = 2_000 + sys.getsizeof(answer.text) + 10 * len(answer.json()) + len(repr((asked, sources)))
        self._finished[asked] = _Finished(answer, sources, size, self._clock() + TIME_TO_LIVE)
        self._size += size
        while self._size > MAX_SIZE:
            self._forget(next(iter(self._finished)))

    def _forget(self, asked: Hashable) -> None:
        if (found := self._finished.pop(asked, None)) is not None:
            self._size -= found.size


def _with_age(answer: "Answer", age: float) -> "Answer":
    """With a line that says how old it is, where that is worth saying."""
    if age < LEAST_SHOWN_AGE:
        return answer
    data = {**answer.data, "age_seconds": int(age)} if answer.data else answer.data
    return replace(answer, text=f"{answer.text}\nAs of {int(age)} s ago.", data=data)
