"""Texts without the tokens that callers have shown, or could show: known by their digests, never kept themselves."""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable

HIDDEN = "[token]"
MOST = 20_000
"""Digests of what was shown lately; who floods them with guesses pushes out what is no caller's token."""
_RUN = re.compile(r"%[0-9A-Fa-f]{2}|\\.|([A-Za-z0-9._~+/-]{12,}=*)")
"""What a bearer token consists of (RFC 6750, 2.1), of which an escaped character before it is no part; a shorter one is
a word as any other."""
_PIECES = re.compile(r"[/.~+]")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
"""What Sentry's tokens were up to 2023, and what callers' tokens are known by."""


class Shown:
    """`is_callers` says of the SHA-256 of a text, in hexadecimal, whether a caller is known by it."""

    def __init__(self) -> None:
        self._digests: OrderedDict[str, None] = OrderedDict()
        self.is_callers: Callable[[str], bool] = lambda _: False

    def note(self, token: str) -> None:
        """It was shown where a token is to be shown, be it a good one or not. It is known in capitals, too."""
        digest = _digest(token.lower())
        self._digests[digest] = None
        self._digests.move_to_end(digest)
        while len(self._digests) > MOST:
            self._digests.popitem(last=False)

    def without(self, text: str) -> str:
        """The text, in which each such token that stands there by itself is replaced."""
        return _RUN.sub(self._hidden, text)

    def _hidden(self, run: re.Match[str]) -> str:
        whole = run.group()
        if run[1] is None:
            return whole
        for text in (whole, whole.rstrip("="), whole.strip("/.-")):
            if self._is_one(text):
                return whole.replace(text, HIDDEN)
        pieces = {piece for piece in _PIECES.split(whole) if len(piece) >= 12}  # of a path, or at a sentence's end
        for piece in pieces - {whole}:
            if self._is_one(piece):
                whole = whole.replace(piece, HIDDEN)
        return whole

    def _is_one(self, text: str) -> bool:
        if _DIGEST.fullmatch(text):
            return True
        return _digest(text.lower()) in self._digests or self.is_callers(_digest(text))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


shown = Shown()
"""One for the process, as its log is."""
