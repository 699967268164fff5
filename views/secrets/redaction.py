"""Takes secrets, and where wanted e-mail and IP addresses, out of what an event holds: by name and by form."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, cast

from views.secrets.assignments import Assignments
from views.secrets.fields import names_next, naming
from views.secrets.keywords import hide_issued, is_issued
from views.secrets.names import Secret, looks_like_credential, says_nothing
from views.secrets.patterns import hide_tokens, may_hide
from views.secrets.personal import hide_addresses, hide_clients, hide_numbers, names_address
from views.secrets.replacing import REDACTED, TooMuchWorkError, Work

__all__ = ["REDACTED", "Redaction"]

Json = Any
TOO_DEEP = "[nested too deep]"
TOO_MANY = "[and more]"
_DEPTH = 60
_NODES = 100_000
_PASSES = 4
_BEGINNING, _IN_DOUBT = 800, 300
"""Characters that are looked at of a text that takes too long, if they are no more than half of it; and of those before
the cut, for a value can stand that far before its name."""
_TOO_SHORT = 13
"""Characters: fewer, and but letters and digits, are neither an assignment nor anything with a form of its own."""


@dataclass(frozen=True)
class Redaction:
    """What to take out.

    A secret that spans lines (a private key in source code) is seen only when the lines are joined in one text.
    Cutting is for afterwards: half a secret is no longer recognised.
    """

    pii: bool = True
    """Also e-mail addresses, IP addresses and bank accounts (IBAN)."""
    keys: frozenset[str] = frozenset()
    """Further names whose values are secret, however written: `tax_id` is `customerTaxId` too."""

    @cached_property
    def _assignments(self) -> Assignments:
        return _compiled(self.keys)

    def of_one_answer(self, first: Callable[[str], str] = str) -> "Redaction":
        """The same, looking once at what rows, calls and locals say again and again; after what `first` takes out."""
        return _OfOneAnswer(self.pii, self.keys, first)

    def text(self, value: str) -> str:
        """The text with what is secret replaced; the same object when nothing is. Idempotent."""
        if len(value) < _TOO_SHORT and value.strip("'\"").isalnum():
            return value
        if not may_hide(value) and not self._assignments.may_hide(value):
            return value
        try:
            return self._whole(value, Work(len(value)))
        except TooMuchWorkError:
            return self._beginning(value)

    def _whole(self, text: str, work: Work) -> str:
        """Until nothing more is found, for what goes can show what else is one. Raises TooMuchWorkError."""
        for passes in range(_PASSES):
            if passes > 1:
                work.spend(len(text) // 10)
            before = work.left
            hidden = self._once(text, work)
            if hidden == text:
                Work(len(text)).spend(before - work.left)  # which is what it would cost to look at it again
                return text
            work.spend_on_second_look()
            text = hidden
        raise TooMuchWorkError

    def _beginning(self, text: str) -> str:
        """Of a text that takes too long as a whole: up to where what was cut off could say more about it."""
        cut = max(text.rfind(sign, 0, min(_BEGINNING, len(text) // 2)) for sign in " \n")
        try:
            begun = self._whole(text[: max(cut, 0)], Work(max(cut, 0)))[:-_IN_DOUBT]
            begun = begun[: max(begun.rfind("\n"), begun.rfind(" ")) + 1] + REDACTED
            return begun if self._once(begun, Work(len(begun))) == begun else REDACTED
        except TooMuchWorkError:
            return REDACTED

    def _once(self, text: str, work: Work) -> str:
        text = hide_issued(self._assignments.hide(text, work), work)
        text = hide_numbers(hide_tokens(text, work), self.pii, work)
        return hide_addresses(text, work) if self.pii else text

    def value(self, value: Json, key: str | None = None) -> Json:
        """A copy of any JSON: by the name it stands under, and its texts by `text()`.

        Names within it are kept, so that it still says which header or cookie was sent, and so are nulls and
        empty texts. 60 levels and 100,000 values are looked at; what is beyond is left out.
        """
        return self._value(value, key or "", _DEPTH, iter(range(_NODES)))

    def _value(self, value: Json, key: str, depth: int, room: Iterator[int]) -> Json:
        if next(room, None) is None:
            return TOO_MANY
        secret = self._assignments.secrecy(key) if key else Secret.NO
        if isinstance(value, str):
            return self._string(value, secret, key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._number(value, key, secret)
        if not isinstance(value, dict | list | tuple):
            return value
        if depth <= 0:
            return TOO_DEEP
        under = key if secret is Secret.YES else ""
        if isinstance(value, dict):
            return self._mapping(cast("dict[Any, Json]", cast("object", value)), under, depth - 1, room)
        return self._items(cast("Sequence[Json]", value), under, depth - 1, room)

    def _string(self, value: str, secret: Secret, key: str) -> str:
        if key and is_issued(key, value):
            return REDACTED
        if self.pii and value[:1].isdigit() and names_address(key):
            value = hide_clients(value)
        if secret is Secret.NO or says_nothing(value[:200]):
            return self.text(value)
        if secret is Secret.YES or looks_like_credential(value[:4096]):
            return REDACTED
        return self.text(value)

    def _number(self, value: float, key: str, secret: Secret) -> Json:
        if secret is Secret.YES:
            return value if key.lower().endswith("tokens") else REDACTED  # so many
        whole = isinstance(value, int) and 10**12 <= value < 10**19
        return REDACTED if whole and hide_numbers(str(value), False, Work(0)) == REDACTED else value

    def _mapping(self, value: dict[Any, Json], key: str, depth: int, room: Iterator[int]) -> Json:
        names = naming(value)
        hidden: dict[Any, Json] = {}
        for name, item in value.items():
            shown = self.text(name) if isinstance(name, str) else name
            if names and name == names[0] and isinstance(item, str):
                hidden[shown] = self.text(item)
            else:
                under = self.text(names[2]) if names and name == names[1] else shown
                hidden[shown] = self._value(item, key or (under if isinstance(under, str) else ""), depth, room)
            if hidden[shown] is TOO_MANY:
                break
        return hidden

    def _items(self, value: Sequence[Json], key: str, depth: int, room: Iterator[int]) -> Json:
        hidden: list[Json] = []
        for item, before in zip(value, ("", *value), strict=False):
            pair = cast("Sequence[Json]", item) if isinstance(item, list | tuple) else ()
            if len(pair) == 2 and isinstance(pair[0], str) and depth > 0:
                # A header, cookie or query parameter: ["Authorization", "..."]
                name = self.text(pair[0])
                hidden.append([name, self._value(pair[1], key or name, depth - 1, room)])
            else:
                hidden.append(self._value(item, key or names_next(before, item), depth, room))
            if hidden[-1] is TOO_MANY:
                break
        return hidden


@dataclass(frozen=True)
class _OfOneAnswer(Redaction):
    _first: Callable[[str], str] = str
    _hidden: dict[str, str] = field(default_factory=dict[str, str], repr=False, compare=False)

    def text(self, value: str) -> str:
        if value not in self._hidden:
            self._hidden[value] = super().text(self._first(value))
        hidden = self._hidden[value]
        return value if hidden == value else hidden


@cache
def _compiled(further: frozenset[str]) -> Assignments:
    """Compiled once: it takes longer than to read an answer."""
    return Assignments(further)
