"""The Sentry that is asked, and the tokens that open it: which links lead there, and texts without the tokens."""

import base64
import html
import re
import string
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from urllib.parse import SplitResult, unquote, urlsplit

HIDDEN = "[token]"
"""What stands in place of the token."""
LEAST = 16
"""Characters of a token that is looked for: Sentry's own have 64 and more, and a shorter one may be any word."""
_BACKSLASHED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))")
_NO_CHARACTER = re.compile(r"&#[0-9]{20,}")
"""A reference of HTML's to a character by more digits than any has; Python refuses to read one of thousands."""
_OF_WORDS = frozenset(string.ascii_letters + string.digits + "_")
_USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Site:
    """`url` is that of the settings. Without one no link leads there; without a token none is hidden."""

    url: str = ""
    token: str = field(default="", repr=False)
    others: tuple[str, ...] = field(default=(), repr=False)
    """More tokens to hide: those of others who ask the same Sentry."""

    def holds(self, link: str) -> bool:
        """Whether a URL is of this Sentry: its scheme, host, port and path prefix, or a host of sentry.io where that is
        the Sentry."""
        ours = self._parts
        try:
            theirs = urlsplit(link)
            port = _port(theirs)
        except ValueError:
            return False
        if not ours.hostname or theirs.scheme != ours.scheme or "@" in theirs.netloc or ".." in unquote(theirs.path):
            return False
        if _is_sentry_io(ours):
            return _is_sentry_io(theirs) and port == _USUAL_PORTS.get(theirs.scheme)
        prefix = f"{ours.path.rstrip('/')}/"
        return theirs.hostname == ours.hostname and port == _port(ours) and f"{theirs.path}/".startswith(prefix)

    def without_token(self, text: str) -> str:
        """The text with the tokens replaced, in whatever usual form they stand there; the same object without any."""
        if len(text) < LEAST or not self._signs:
            return text
        folded = _unescaped(text).lower()
        for token in dict.fromkeys(token for sign, token in self._signs if sign in folded):
            text = _forms(token).sub(HIDDEN, text)
        return text

    @cached_property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    @cached_property
    def _signs(self) -> tuple[tuple[str, str], ...]:
        """What gives a token away, and the token."""
        tokens = [token for token in (self.token, *self.others) if len(token) >= LEAST]
        signs = ((form[:LEAST].lower(), token) for token in tokens for form in (token, *_in_base64(token)))
        return tuple(dict.fromkeys(signs))


_hidden: dict[int, Site] = {}
"""Of callers who brought a token of their own. Log lines are the process's, not a request's."""


@contextmanager
def hidden_while(site: Site) -> Generator[None]:
    """`without_tokens` hides the site's tokens as long as the block lasts."""
    _hidden[id(site)] = site
    try:
        yield
    finally:
        del _hidden[id(site)]


def without_tokens(text: str) -> str:
    """The text without any token that a caller brought who is served now, or was lately."""
    for site in tuple(_hidden.values()):
        text = site.without_token(text)
    return text


def _unescaped(text: str) -> str:
    """Where it may hold the token: to look for each spelling of it takes a thousand times as long."""
    if "%" in text:
        text = unquote(unquote(text))
    if "&" in text:
        text = html.unescape(_NO_CHARACTER.sub("", text))
    if "\\" in text:
        text = _BACKSLASHED.sub(lambda one: chr(int(one[1] or one[2], 16)) if one[1] or one[2] else one[3], text)
    return text


def _port(url: SplitResult) -> int | None:
    return url.port or _USUAL_PORTS.get(url.scheme)


def _is_sentry_io(url: SplitResult) -> bool:
    return f".{url.hostname}".endswith(".sentry.io")


@lru_cache(maxsize=16)
def _forms(token: str) -> re.Pattern[str]:
    """The token's beginning, in any case, since that of hex digits says nothing, or that of it in base64, behind
    anything as in `Basic` credentials; and what follows. Each character may be escaped as in URLs, JSON or HTML.

    What follows is not spelled out: to compile that takes a tenth of a second.
    """
    start = "".join(_escaped(character, any_case=True) for character in token[:LEAST])
    starts = ("".join(map(_escaped, form[:LEAST])) for form in _in_base64(token))
    in_base64 = f"(?:{'|'.join(starts)}){_rest(set('+/=-'), 4 * len(token))}"
    return re.compile(f"{start}{_rest(set(token), len(token) - LEAST)}|{in_base64}", re.ASCII)


def _rest(signs: set[str], most: int) -> str:
    """So many characters of words, or such signs, as follow."""
    either = re.escape("".join(sorted(signs - _OF_WORDS)))
    return rf"(?:{_coded(sorted(_OF_WORDS | signs))}|\\?[\w{either}]){{0,{most}}}"


def _escaped(character: str, *, any_case: bool = False) -> str:
    spellings = sorted({character.lower(), character.upper()} if any_case else {character})
    named = html.escape(character)
    either = f"{_coded(spellings)}{'|' + named if named != character else ''}"
    return rf"(?:\\?[{re.escape(''.join(spellings))}]|{either})"


def _coded(characters: list[str]) -> str:
    """Any of these as its number: `%2f`, `\\u002f`, `&#x2f;`, `&#47;`."""
    hexadecimal = "|".join(f"{ord(one):x}" for one in characters)
    decimal = "|".join(str(ord(one)) for one in characters)
    return rf"(?:%(?:25)?|\\u00|\\x|&#x)(?i:{hexadecimal});?|&#(?:{decimal});"


def _in_base64(token: str) -> list[str]:
    """What is the same in base64 wherever the token begins in what was encoded (RFC 4648, 4 and 5)."""
    forms: dict[str, None] = {}
    for before in range(3):
        length = before + len(token)
        whole = slice((before * 8 + 5) // 6, length * 8 // 6)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms[encode(b"." * before + token.encode())[whole].decode()] = None
    return list(forms)
