"""Finds secrets that give themselves away by their form: keys of known issuers, private keys, URLs' passwords.

Every expression is linear in its input: it starts with a literal or a set of characters, looks back at most a few,
and what it cannot bound it consumes.
"""

import base64
import binascii
import re
import string
from collections import defaultdict
from functools import cache

from views.secrets.issuers import ALNUM, MARKS, STARTS
from views.secrets.replacing import REDACTED, Span, Work, replaced

_RAREST_FIRST = "~|%/:_+-.ZQXJKVYWUBGHFPMDNLRCSTOIAE0987654321zqjxkvbpygfwmucldrhsnioate"
# Of what follows these characters, little is a key: the rest of a name in code has no digit or capital so soon.
_SOON = {
    "_": r"(?<=[0-9A-Za-z]_)(?=[a-z_=.-]{0,20}[A-Z0-9]|[a-z]{30})(?=[\w+/=.%-]{8})",
    "-": r"(?<=[0-9A-Za-z]-)(?=[a-z_=.-]{0,20}[A-Z0-9]|[a-z]{30})(?=[\w.=%-]{8})",
    ".": r"(?<=[\w-]\.)(?=[a-z_=.-]{0,20}[A-Z0-9])(?=[\w.=%/-]{8})",
    "/": r"(?=[\w/]{8})",
}


def _anchor(start: str) -> int:
    """Which of its characters is the rarest in text, the last of them."""
    return min(range(len(start)), key=lambda n: (_RAREST_FIRST.find(start[n]) % 99, -n))


_HEADS: dict[str, list[str]] = defaultdict(list)
"""What each start has up to its rarest character, and the rest of it."""
for _row in STARTS:
    for _start in _row.starts.split(" "):
        _HEADS[_start[: _anchor(_start) + 1]].append(_start[_anchor(_start) + 1 :])


def _expressions() -> dict[str, list[str]]:
    """By the rarest character of each start, then by the one before that: expressions for what is around those."""
    starts: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for _, words, alphabet, length in STARTS:
        least = length.rstrip("+")
        if "=" in alphabet or "/" in alphabet:
            alphabet = f"%{alphabet}"  # within a URL these are encoded
        rest = f"[{alphabet}]{{{least},}}+" if "+" in length else f"[{alphabet}]{{{least}}}(?![{ALNUM}])"
        for word in words.split():
            at = _anchor(word)
            starts[word[at], word[max(0, at - 1) : at], re.escape(word[at + 1 :]) + rest].append(word[: at + 1])
    by_two: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (anchor, previous, rest), before in starts.items():
        one_of = (f"(?<={re.escape(word)})" for word in before)
        by_two[anchor, previous].append(f"(?:{'|'.join(one_of)}){rest}")
    found: dict[str, list[str]] = defaultdict(list)
    for (anchor, previous), of in by_two.items():
        found[anchor].append(f"(?<={re.escape(previous + anchor)})(?:{'|'.join(of)})")
    return found


_FURTHER = [
    (  # JWT (RFC 7519), also cut off
        "J",
        r"(?<=eyJ)(?:(?<![A-Za-z0-9_-]eyJ)|(?<=%[0-9A-F]{2}eyJ)|(?<=\\[nrt]eyJ))"
        r"(?P<own0>[\w-]{8,}+\.[\w-]{4,}+(?:\.[\w-]*+){0,3})",
    ),
    ("A", r"(?<=[0-9]{8}:AA)(?P<own1>[\w-]{30,40})(?![\w-])"),  # Telegram
    (".", r"(?<=[\w-]{23}\.)(?P<own2>[\w-]{6}\.[\w-]{27,40})(?![\w-])"),  # Discord
    ("/", r"(?<=api/webhooks/)(?P<own3>[0-9]{5,25}/[\w-]{20,})"),  # Discord's webhooks
    ("/", r"(?<=slack\.com/)(?P<own4>(?:services|workflows|triggers)/[\w+/-]{8,})"),
    ("V", r"(?<=FlyV)(?P<own5>1 [\w+/=,-]{20,})"),  # Fly.io's macaroons
    ("-", r"(?<=sk-)(?:None|admin|ant|lf|live|or|proj|svcacct|test)-[\w-]{16,}+"),  # OpenAI, Anthropic and others
    *(
        (b, rf"(?<![A-Za-z0-9]{b})(?:[Ee][Aa][Rr][Ee][Rr](?:[\s:+]|%20){{1,3}}(?P<bearer{b}>[\w.~+/=-]{{6,}}))")
        for b in "Bb"
    ),
    *(
        (b, rf"(?<![A-Za-z0-9]{b})[Aa][Ss][Ii][Cc](?:[\s+]|%20){{1,3}}(?P<basic{b}>[A-Za-z0-9+/_-]{{6,}}+={{0,2}})")
        for b in "Bb"
    ),
]


@cache
def _tokens() -> re.Pattern[str]:
    """One alternation of single characters, rare in text, so that `re` skips all others without a closer look.

    Compiled when it is first needed: that takes longer than anything else of ours at the server's start.
    """
    kinds = _expressions()
    for anchor, expression in _FURTHER:
        kinds[anchor].append(expression)
    for number, (_, expression) in enumerate(MARKS):
        anchor, rest = (expression[1], expression[2:]) if expression[0] == "\\" else (expression[0], expression[1:])
        kinds[anchor].append(f"(?P<word{number}>){rest}")
    return re.compile(
        "|".join(f"{re.escape(anchor)}{_SOON.get(anchor, '')}(?:{'|'.join(of)})" for anchor, of in kinds.items()),
        re.ASCII,
    )


_OUTSIDE = re.compile(r"(?:%[0-9A-Fa-f]{2}|\\[nrt])\Z")
_OF_A_WORD = string.ascii_letters + string.digits + "_.~|%-"
_SHOWN = 6
"""Characters at most of a start that goes on after its rarest character."""
_SECRET_ACCESS_KEY = re.compile(rf"(?<![{ALNUM}+/=])[{ALNUM}+/]{{40}}(?![{ALNUM}+/=])")
_TWO_CASES = re.compile(r"[a-z0-9+/]*[A-Z][A-Z0-9+/]*[a-z]")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN[A-Z0-9 _%+-]{0,60}?PRIVATE(?:[ +]|%20)KEY[A-Z %+0-9]{0,20}-----"
    r"(?:.*?-----END[A-Z0-9 _%+-]{0,60}?PRIVATE(?:[ +]|%20)KEY[A-Z %+0-9]{0,20}-----|.*)",
    re.DOTALL,
)
_KEY_LINE = re.compile(
    r"\A(\s{0,80}[\"']?)(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])(?=[A-Za-z+/]*[0-9])[A-Za-z0-9+/]{64}"
    r"([\"'\\n+,;]{0,6}\s{0,4})\Z"
)
_USER = re.compile(r"://[^\s/?#@:\"'<>\\]{0,256}+:(?!\*+@|\[redacted\]@)")
_PORT = re.compile(r"[0-9]{1,5}[/?#]")
_WEB_PASSWORD = re.compile(r"[^\s/\"'<>\\]{1,256}@(?=[\w\[.%$-])")
_PASSWORD = re.compile(r"[^\s\"<>\\]{1,256}@(?=[\w\[.%$-])")
_URL_TOKEN = re.compile(r"://(?=[a-z.-]*[0-9A-Z_])[\w.~-]{20,512}+@(?=[\w\[.])")
_TCP_PASSWORD = re.compile(r":[^\s:@\"']{1,256}@(?=(?:tcp|unix)\()")
_IDENTIFIED = re.compile(r"([Ii](?i:dentified\s{1,3}by\s{1,3}(?:password\s{1,3})?))'(?>(?:[^'\\\n]|\\.|''){1,256})'?")


def _token(match: re.Match[str], done: int) -> Span | None:
    begin, end = match.start() + 1, match.end()
    if match.lastgroup is None:
        found = _after_start(match.string, begin, end)
        if found and match[0][:1] in "KS" and (key := _SECRET_ACCESS_KEY.search(match.string, end, end + 102)):
            return (found[0], key.end()) if _TWO_CASES.match(key[0]) else found  # Amazon's identifier with its key
        return found
    if match.lastgroup.startswith("word"):
        return done + len(match.string[done:begin].rstrip(_OF_A_WORD)), end
    credentials = match[match.lastgroup]
    if match.lastgroup.startswith("own"):
        return begin, end
    if match.lastgroup.startswith("basic"):
        secret = _is_basic(credentials)
    else:
        secret = len(credentials) >= 20 or any(map(str.isdigit, credentials))
    return match.span(match.lastgroup) if secret else None


def _after_start(text: str, begin: int, end: int) -> Span | None:
    """From the end of the start on, if that is no part of a longer word; `%3D` and an escaped `\\n` are none of it."""
    for length in range(31, 0, -1):
        rests = _HEADS.get(text[begin - length : begin])
        if rests and (rest := max((r for r in rests if text.startswith(r, begin)), key=len, default=None)) is not None:
            before = text[max(0, begin - length - 3) : begin - length]
            whole = not before[-1:].isalnum() or not before.isascii() or _OUTSIDE.search(before)
            return (begin + min(len(rest), max(_SHOWN - length, 0)), end) if whole else None
    return None


def _url_password(match: re.Match[str], _done: int) -> Span | None:
    """Up to the last `@` before a host; in a web page's address, whose path can have one, up to its first slash."""
    text, begin = match.string, match.end()
    web = text[max(0, match.start() - 5) : match.start()].lower().endswith(("http", "https"))
    if not web and _PORT.match(text, begin):
        return None
    given = (_WEB_PASSWORD if web else _PASSWORD).match(text, begin)
    return (begin, given.end() - 1) if given else None


def _is_basic(credentials: str) -> bool:
    """RFC 7617: the base64 of `user:password`; text such as `Basic authentication` is not."""
    try:
        plain = base64.b64decode(credentials[:400].rstrip("=") + "===", altchars=b"-_" if "-" in credentials else None)
    except (binascii.Error, ValueError):
        return False
    return b":" in plain


# Whatever has a form of its own has a number or a sign within a word, but for a few words.
_FORM = re.compile(
    r"[0-9.:_/%~|@=A-Zb-](?:(?<=[.:_/%~|@=-])(?=\S)|(?<=[0-9])(?=[\w.:%/+=-]{3})|(?=earer|asic)|(?<=[A-Z])(?=[A-Z]{11}))"
)


def may_hide(text: str) -> bool:
    """Whether something in a text may have a form of its own; cheap, for most texts have not."""
    return _FORM.search(text) is not None or "dentified " in text or "IDENTIFIED" in text


def holds_token(text: str, begin: int, end: int) -> bool:
    """Whether a key of a known issuer, told by its form alone, is there."""
    return _tokens().search(text, begin, end) is not None


def hide_tokens(text: str, work: Work) -> str:
    """The keys of known issuers, bearer and basic credentials, private keys, passwords in URLs."""
    text = replaced(text, _tokens(), work, _token)
    if "-----BEGIN" in text:
        text = _PRIVATE_KEY.sub(REDACTED, text)
    if "@" in text:
        text = replaced(text, _USER, work, _url_password)
        text = _URL_TOKEN.sub(f"://{REDACTED}@", text)
        text = _TCP_PASSWORD.sub(f":{REDACTED}@", text)
    if "dentified " in text or "IDENTIFIED" in text:
        text = _IDENTIFIED.sub(rf"\1'{REDACTED}'", text)
    if 64 <= len(text) <= 160 and (line := _KEY_LINE.fullmatch(text)):
        return f"{line[1]}{REDACTED}{line[2]}"
    return text
