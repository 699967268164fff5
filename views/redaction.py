"""Takes secrets, and where wanted e-mail and IP addresses, out of what an event holds: by name and by form."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from views.personal import hide_addresses, hide_numbers
from views.secret_assignments import Assignments
from views.secret_names import Secret, looks_like_credential, says_nothing
from views.secret_patterns import REDACTED, hide_tokens

__all__ = ["REDACTED", "Redaction"]

Json = Any
TOO_DEEP = "[nested too deep]"
TOO_MANY = "[and more]"
_DEPTH = 60
_NODES = 100_000
_PASSES = 6


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
        return Assignments(self.keys)

    def text(self, value: str) -> str:
        """The text with what is secret replaced; the same object when nothing is. Idempotent."""
        for _ in range(_PASSES):
            hidden = self._once(value)
            if hidden is value or hidden == value:
                return value
            value = hidden
        return REDACTED  # only a text made to that end goes on changing

    def _once(self, text: str) -> str:
        text = hide_tokens(self._assignments.hide(text))
        text = hide_numbers(text, self.pii)
        return hide_addresses(text) if self.pii else text

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
            return self._string(value, secret)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return self._number(value, key, secret)
        if depth <= 0:
            return TOO_DEEP
        if isinstance(value, dict):
            return self._mapping(value, key if secret is Secret.YES else "", depth - 1, room)
        if isinstance(value, list | tuple):
            return self._items(value, key if secret is Secret.YES else "", depth - 1, room)
        return value

    def _string(self, value: str, secret: Secret) -> str:
        if secret is Secret.NO or says_nothing(value[:200]):
            return self.text(value)
        if secret is Secret.YES or looks_like_credential(value[:4096]):
            return REDACTED
        return self.text(value)

    def _number(self, value: float, key: str, secret: Secret) -> Json:
        if secret is Secret.YES:
            return value if key.endswith("s") else REDACTED  # "tokens": 512 counts them
        whole = isinstance(value, int) and 10**12 <= value < 10**19
        return REDACTED if whole and hide_numbers(str(value), False) == REDACTED else value

    def _mapping(self, value: dict[Any, Json], key: str, depth: int, room: Iterator[int]) -> Json:
        # A tag or a header: {"key": "session_id", "value": "..."}
        named = next((value[n] for n in ("key", "name") if isinstance(value.get(n), str) and "value" in value), "")
        hidden: dict[Any, Json] = {}
        for name, item in value.items():
            under = named if name == "value" and named else name
            shown = self.text(name) if isinstance(name, str) else name
            inner = key if key and not isinstance(item, bool) else (under if isinstance(under, str) else "")
            if name in ("key", "name") and named:
                inner = ""
            hidden[shown] = self._value(item, inner, depth, room)
            if hidden[shown] is TOO_MANY:
                break
        return hidden

    def _items(self, value: list[Json] | tuple[Json, ...], key: str, depth: int, room: Iterator[int]) -> Json:
        hidden: list[Json] = []
        for item in value:
            if isinstance(item, list | tuple) and len(item) == 2 and isinstance(item[0], str) and depth > 0:
                # A header, cookie or query parameter: ["Authorization", "..."]
                hidden.append([self.text(item[0]), self._value(item[1], key or item[0], depth - 1, room)])
            else:
                hidden.append(self._value(item, key, depth, room))
            if hidden[-1] is TOO_MANY:
                break
        return hidden
