"""Which number a short ID stands for: asked once where a server takes only numbers."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from sentry.identifiers import NUMERIC, SHORT_ID
from sentry.models import Issue

MAX_REMEMBERED = 5_000


class ShortIds:
    """Learnt from every issue that was seen, for `lifetime` seconds: a project can be deleted and made anew."""

    def __init__(self, lifetime: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._lifetime = lifetime
        self._clock = clock
        self._numbers: OrderedDict[tuple[str, str], tuple[float, str]] = OrderedDict()
        self._short_ids: OrderedDict[str, str] = OrderedDict()
        """By number, those that were learnt last."""

    def learn(self, organization: str, issues: Iterable[Issue]) -> None:
        if not self._lifetime:
            return
        for issue in issues:
            if issue.short_id and NUMERIC.fullmatch(issue.id):
                key = organization, issue.short_id.upper()
                self._numbers.pop(key, None)
                self._numbers[key] = self._clock() + self._lifetime, issue.id
                self._short_ids.pop(issue.id, None)
                self._short_ids[issue.id] = key[1]
        for remembered in (self._numbers, self._short_ids):
            while len(remembered) > MAX_REMEMBERED:
                remembered.popitem(last=False)

    def number(self, organization: str, short_id: str) -> str | None:
        expires, number = self._numbers.get((organization, short_id), (0.0, ""))
        return number if expires > self._clock() else None

    def with_short_ids(self, names: Iterable[str]) -> set[str]:
        """These numbers and short IDs, without what is neither, and the short IDs that the numbers are known by."""
        spelled = {name.upper() for name in names if NUMERIC.fullmatch(name) or SHORT_ID.fullmatch(name)}
        return spelled | {self._short_ids[name] for name in spelled if name in self._short_ids}

    def forget(self, organization: str, short_id: str) -> None:
        self._numbers.pop((organization, short_id), None)
