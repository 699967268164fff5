"""Finds values that text assigns to secret names: query strings, headers, JSON, reprs, command lines, source code."""

import re

from views.secrets.names import Secret, joined, looks_like_credential, says_nothing, secrecy, words_of
from views.secrets.patterns import REDACTED

# Where a secret name may begin; secrecy() looks at the whole name afterwards. By first letter, for speed.
NAMES = (
    r"a(?:pi|uth|cc)|b(?:earer)|c(?:ookie|red|srf|v[vc]|ard|onn|c_?n)|j(?:wt|sess)|k(?:ey)|otp|phpsess"
    r"|p(?:ass|wd|w[^a-z]|in)|s(?:ecret|ess|id|ig|sn)|t(?:oken|otp)|xsrf"
)
_AFTER_NAME = (
    r"[\w.-]{0,60}+)(?P<close>\\{0,8}[\"'`]\]?|%2[27]|&quot;|\]|%5d)?+"
    # := => = == != : `: str | None =` %3d
    r"(?P<sep>[ \t]{0,4}(?::=|=>|[=!]?={1,2}"
    r"|:(?:[ \t]?[\w.\[\]]{1,40}(?: ?\| ?[\w.\[\]]{1,40}){0,3} ?=(?=\s?[brf]?[\"'`]))?|%3[ad])\s{0,4}"
    # name="password" value="hunter2" and {"name": "password", "value": "hunter2"}
    r"|(?:[\s,]|\\{1,4}[nrt]){1,24}(?:\\{0,8}[\"'])?(?:value|content)(?:\\{0,8}[\"'])?\s?[:=]\s?(?=\\{0,8}[\"'])"
    r"|[ \t]{1,3}(?=\\{0,8}[\"'])|,[ \t]{0,3}(?=[\"'])|(?:\s[\w:.-]{1,40}=[\"'][^<>]{0,200})?>(?=[^<>\s])"
    r"|(?:(?:\r|\\{1,4}r)?(?:\n|\\{1,4}n)){2})"
)
_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_QUOTE = re.compile(r"[bBrRuUfF]{0,2}(\\{0,8}(?:\"\"\"|'''|[\"'`])|%2[27]|&quot;)")
_QUOTE_OR_END = re.compile(r"(?<!\\)\\*+[\"'`]|\n|%2[27]|&quot;")
# A comma or bracket ends a value unless more of a word follows: `password=a,b` but `f(password=a, b=c)`.
_UNQUOTED = re.compile(
    r"[\[({]?(?:[^\s&;,\"'`<>(){}\[\]|\\]|[)}\]](?=[\w!@#$%^*])|,(?![\w.-]{0,40}[=:])(?=[^\s,\"'<>]))+"
)
_VARIABLE = re.compile(r"\$\{\w{1,80}\}")
_BRACKETED = re.compile(r"[\[({][^\[\](){}\n]{1,4000}[\])}]?")
_SCHEME = re.compile(
    r"(?:(bearer|basic|token|negotiate|ntlm|api-?key|key|jwt)|(?:digest|aws4-hmac-sha256|hawk|oauth|sentry|dsn))\s+",
    re.I,
)
_CREDENTIALS = re.compile(r"[^\s\"'<>,;\\]+")
_NAME = re.compile(r"name=\\{0,4}\"\Z", re.I)
_REST_OF_FIELD = re.compile(r"(?:(?!\\{1,4}[rn])[^\r\n])+")
_REST_OF_LINE = re.compile(r"[^\r\n]+")
_REST_TO_QUOTE = re.compile(r"[^\r\n\"']+")
_TAG = re.compile(r"<(?:[\w-]{1,40}:)?\Z")
_ELEMENT = re.compile(r"[^<]+(?=</)|[^<\s()\"'`]+")
_COOKIE = re.compile(r"[^\s=;,|({\[]+=")
_PATH = re.compile(r"[A-Za-z_$@][\w$]*(?:(?:\??\.|->|::)[A-Za-z_$][\w$]*)*")
_CODE_ROOTS = (
    "self.",
    "this.",
    "cls.",
    "os.",
    "env.",
    "process.",
    "settings.",
    "config.",
    "conf.",
    "request.",
    "req.",
    "args.",
)
_SAYING = frozenset(
    """authentication cannot denied does empty expired failed failure for has have incorrect invalid is mismatch missing
    must not number object or rejected required revoked the too unauthorized undefined unexpected unknown was wrong
    array boolean callable dict list tuple bytestring secretbytes type""".split()
)
_FLAG = re.compile(r"--([A-Za-z][\w-]{0,60}+)[ \t]{1,3}(?![-\[<{(])([^\s\"']+)")
_CURL_USER = re.compile(r"(?<=\s)(-u[ \t]?[\"']?[^\s:\"']{1,128}:)([^\s\"']+)")
_PASSWORDS = ("password", "passwd", "pwd", "passphrase", "pass")


class Assignments:
    """Secret names and `further` ones, compiled once."""

    def __init__(self, further: frozenset[str] = frozenset()) -> None:
        self._further = frozenset(joined(name) for name in further if joined(name))
        more = [r"[_.\- ]?".join(map(re.escape, words_of(name))) for name in sorted(further) if words_of(name)]
        self._pattern = re.compile(f"(?P<name>(?:{'|'.join([*more, NAMES])}){_AFTER_NAME}", re.ASCII)

    def secrecy(self, name: str) -> Secret:
        return secrecy(name[-128:], self._further)

    def hide(self, text: str) -> str:
        lowered = text.lower()
        if len(lowered) != len(text):  # a few letters, such as U+0130, grow: only ASCII matters here
            lowered = text.translate(_TO_LOWER)
        match = self._pattern.search(lowered)
        if match:
            text = self._hide_from(text, lowered, match)
        if "--" in text:
            text = _FLAG.sub(self._flag, text)
        if " -u" in text and "curl" in text:
            text = _CURL_USER.sub(rf"\1{REDACTED}", text)
        return text

    def _hide_from(self, text: str, lowered: str, match: re.Match[str] | None) -> str:
        kept: list[str] = []
        done = position = 0
        while match:
            span = self._value(text, lowered, match, done)
            if span and span[0] >= done:
                kept += (text[done : span[0]], REDACTED)
                done = position = span[1]
            else:
                position = match.end("name")
            match = self._pattern.search(lowered, position)
        return "".join((*kept, text[done:])) if kept else text

    def _value(self, text: str, lowered: str, match: re.Match[str], done: int) -> tuple[int, int] | None:
        """Where the value lies that is to be hidden."""
        if text.startswith(REDACTED, match.end()):
            return None
        begin, end = match.span("name")
        head = text[max(done, begin - 64) : begin]
        before = head.rstrip(_NAME_CHARACTERS)
        name = head[len(before) :] + text[begin:end]
        if before.endswith("\\") and name[0] in "nrt":
            name = name[1:]
        secret = self.secrecy(name)
        if secret is Secret.NO:
            return None
        close, separator, at = match["close"] or "", match["sep"].strip(" \t"), match.end()
        if separator.endswith(("\n", "\\n")) and separator[0] in "\r\n\\":
            return _form_field(text, before, at)
        if separator.endswith(">") and separator != "=>":
            element = _ELEMENT.match(text, at) if _TAG.search(before) and secret is Secret.YES else None
            return element.span() if element and not says_nothing(element.group()) else None
        words = words_of(name)
        if separator in (",", "") and name.startswith("--"):
            separator = "="  # an option, also in a list of arguments: ['--password', 'hunter2']
        if quote := _QUOTE.match(text, at):
            return _quoted(text, quote, before, close, separator, words, secret)
        return _unquoted(text, at, lowered[end:at], before, close, words, secret)

    def _flag(self, match: re.Match[str]) -> str:
        hidden = self.secrecy(match[1]) is Secret.YES and not says_nothing(match[2])
        return match.group()[: match.start(2) - match.start()] + REDACTED if hidden else match.group()


_TO_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _form_field(text: str, before: str, at: int) -> tuple[int, int] | None:
    """A part of multipart/form-data (RFC 7578): `name="password"`, an empty line, the value."""
    value = _REST_OF_FIELD.match(text, at) if _NAME.search(before) else None
    return value.span() if value else None


def _quoted(
    text: str, quote: re.Match[str], before: str, close: str, separator: str, words: list[str], secret: Secret
) -> tuple[int, int] | None:
    begin = quote.end()
    if not close and before[-1:] == quote[0] and separator:
        return None  # the end of a text about it: 'password: '
    end = _closing(text, begin, quote[1])
    value = text[begin:end]
    if says_nothing(value) or (secret is Secret.MAYBE and not looks_like_credential(value)):
        return None
    if words[-1] in ("token", "tokens") and before.lower().endswith(("unexpected ", "illegal ")):
        return None  # a parser's words: unexpected token: 'x'
    if separator == "":  # password 'hunter2'
        plain = not close and words[-1] in _PASSWORDS and words[-1] != "pass"
        return (begin, end) if plain else None
    if separator == ",":  # a pair such as ('password', 'hunter2'), no list of names
        opened = before[-1:] in ("'", '"') and before[-2:-1] in ("(", "[") and text[end + 1 : end + 2] in (")", "]", "")
        clear = looks_like_credential(value) or "=" in value or " " in value
        return (begin, end) if opened and close and not close.endswith("]") and clear else None
    return begin, end


def _closing(text: str, begin: int, quote: str) -> int:
    """Where a quoted value ends: at its quote, escaped as often as the opening one, else at the end of the line."""
    if len(quote.lstrip("\\")) == 3:
        found = text.find(quote, begin)
        return found if found >= 0 else len(text)
    escapes = len(quote) - len(quote.lstrip("\\"))
    for match in _QUOTE_OR_END.finditer(text, begin):
        ended = match.group()
        if ended == "\n":
            return match.start()
        slashes = len(ended) - len(ended.lstrip("\\"))
        if ended[slashes:] == quote[escapes:] and (slashes == escapes or (not escapes and slashes % 2 == 0)):
            return match.end() - len(quote)
    return len(text)


def _unquoted(
    text: str, at: int, between: str, before: str, close: str, words: list[str], secret: Secret
) -> tuple[int, int] | None:
    last = words[-1]
    if last == "authorization" and (scheme := _SCHEME.match(text, at)):
        rest = _CREDENTIALS if scheme[1] else (_REST_TO_QUOTE if before[-1:] in ("'", '"') else _REST_OF_LINE)
        value = rest.match(text, scheme.end())
        return value.span() if value and value.group().lower() not in _SAYING else None
    if last in ("cookie", "cookies") and ":" in between:
        line = (_REST_TO_QUOTE if before[-1:] in ("'", '"') else _REST_OF_LINE).match(text, at)
        if line and _COOKIE.match(line.group()):
            return line.span()
    if close and not close.endswith(("]", "%5d")) and (bracket := _BRACKETED.match(text, at)):
        return bracket.span() if secret is Secret.YES and between.strip("\\\"' \t") != "=" else None
    value = _UNQUOTED.match(text, at)
    if (
        not value
        or _VARIABLE.match(text, at)
        or _is_code(value.group(), text[value.end() : value.end() + 1], between, words)
    ):
        return None
    if says_nothing(value.group()) or (secret is Secret.MAYBE and not looks_like_credential(value.group())):
        return None
    end = value.end()
    while end > at + 1 and text[end - 1] in ".:":
        end -= 1
    return at, end


def _is_code(value: str, after: str, between: str, words: list[str]) -> bool:
    """`password = get_password()`, `token: str`, `password=self.password` name a secret without holding it."""
    spaced = between[-1:] in " \t\n" or between[:1] in " \t"
    digits = any(map(str.isdigit, value))
    if value[0] in "([{":
        return not digits or spaced
    if spaced and ("==" in between or "!=" in between):
        return True
    if digits and value.isdigit() and words[-1] == "tokens":
        return True  # so many
    if value.replace(".", "").isdigit():
        return spaced and len(value) < 3
    if after in ("(", "[") and _PATH.fullmatch(value.rstrip(".")):
        return True
    if not _PATH.fullmatch(value) or (spaced and digits and "." not in value):
        return False
    if value.startswith(_CODE_ROOTS) or value.lower() in _SAYING:
        return True
    named = words_of(value)
    if named == words or named == words[-1:]:
        return True
    if spaced and "=" in between:
        return True
    if spaced and words[-1] not in _PASSWORDS:
        return True
    return len(named) > 1 and not digits and secrecy(value) is Secret.YES
