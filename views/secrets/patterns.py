"""Finds secrets that give themselves away by their form: keys of known issuers, private keys, cards, URLs' passwords.

Every expression is linear in its input: it starts with a literal or a set of characters, looks back at most a few,
and what it cannot bound it consumes. Formats are those the issuers document, as collected in
https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
"""

import base64
import binascii
import re
from functools import cache

REDACTED = "[redacted]"

# What a secret starts with, and what follows. The start stays in the text: it says what kind of secret was there.
_STARTS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    # the last character of the start, what has to surround it, the starts
    "_": (
        r"(?<=[1278a-z]_)(?=[\w+/=-]{8})",
        [
            (r"gh[opsru]", r"[A-Za-z0-9]{20,}"),
            (r"github_pat", r"\w{20,}"),
            (r"dckr_[op]at", r"[\w-]{20,}"),
            (r"do[opr]_v1", r"[0-9a-f]{20,}"),
            (r"figd", r"[\w-]{20,}"),
            (r"glsa", r"\w{20,}"),
            (r"glc", r"[\w+/=]{20,}"),
            (r"gsk|npm|ntn|sbp", r"[A-Za-z0-9]{30,}"),
            (r"hf|r8", r"[A-Za-z0-9]{20,}"),
            (r"lin_api", r"[A-Za-z0-9]{20,}"),
            (r"pscale_pw", r"[\w.-]{20,}"),
            (r"pscale_tkn", r"[\w.-]{20,}"),
            (r"[rs]k_(?:live|test|prod)", r"\w{8,}"),
            (r"shp(?:at|ca|pa|ss)", r"[0-9a-fA-F]{32}"),
            (r"sntry[aisu]", r"[\w+/=-]{10,}"),
            (r"whsec", r"[\w+/=-]{16,}"),
        ],
    ),
    "-": (
        r"(?<=[0-9A-Za-z]-)(?=[\w-]{10})",
        [
            (r"AGE-SECRET-KEY", r"1[A-Z0-9]{20,}"),
            (r"GOCSPX", r"[\w-]{20,}"),
            (r"NRAK|PMAK", r"[\w-]{20,}"),
            (r"gl(?:pat|ptt|cbt|imt|oas)", r"[\w.-]{16,}"),
            (r"gl[dfr]t", r"[\w.-]{16,}"),
            (r"glsoat", r"[\w.-]{16,}"),
            (r"glagent", r"[\w.-]{16,}"),
            (r"key", r"[0-9a-f]{32}(?![A-Za-z0-9])"),
            (r"pul", r"[0-9a-f]{40}"),
            (r"pypi", r"[\w-]{40,}"),
            (r"sk", r"(?:(?:ant|proj|svcacct|admin|or|lf|live|test|None)-[\w-]{16,}|[A-Za-z0-9]{32,})"),
            (r"sq0(?:atp|csp)", r"[\w-]{20,}"),
            (r"tskey", r"[\w-]{20,}"),
            (r"xapp", r"[\w-]{10,}"),
            (r"xox[a-z]", r"[\w-]{10,}"),
        ],
    ),
    ".": (
        r"(?<=[0-9Ga-z]\.)(?=[\w.-]{10})",
        [
            (r"SG", r"[\w-]{16,}+\.[\w-]{16,}"),
            (r"dp\.(?:ct|pt|sa|st)", r"[\w.-]{20,}"),
            (r"hv[brs]", r"[\w-]{20,}"),
            (r"xox[a-z]|ya29", r"[\w.-]{10,}"),
        ],
    ),
    "/": (
        r"(?<=[ms/]/)(?=[0-9a-z])",
        [
            (r"slack\.com", r"(?:services|workflows|triggers)/[\w/-]{8,}"),
            (r"api/webhooks", r"[0-9]{5,25}/[\w-]{20,}"),
            (r"1/", r"0[\w-]{20,}"),
        ],
    ),
    "3": ("", [(r"ATATT", r"[\w=-]{20,}")]),
    "A": ("", [(r"A[KS]I", r"[A-Z0-9]{16}(?![A-Z0-9])"), (r"EA", r"[A-Za-z0-9]{60,}")]),
    "J": ("", [(r"ey", r"(?<![_-]eyJ)[\w-]{8,}+\.[\w-]{4,}+(?:\.[\w-]*+){0,3}")]),
    "K": ("", [(r"S", r"[0-9a-f]{32}(?![A-Za-z0-9])")]),
    "V": ("", [(r"Fly", r"1 [\w+/=,-]{20,}")]),
    "p": ("", [(r"da", r"i[0-9a-f]{32}")]),
    "z": ("", [(r"AI", r"a[\w-]{30,}")]),
}


def _start(start: str, last: str, rest: str) -> str:
    """Not within a word; `%3D` and an escaped `\\n` before it are no part of it."""
    whole = f"(?:{start}){last}"
    outside = rf"(?:(?<![A-Za-z0-9]{whole})|(?<=%[0-9A-Fa-f][0-9A-Fa-f]{whole})|(?<=\\[nrt]{whole}))"
    return f"(?<={whole}){outside}{rest}"


@cache
def _tokens() -> re.Pattern[str]:
    """One alternation of single characters, rare in text, so that `re` skips all others without a closer look.

    Compiled when it is first needed: that takes longer than anything else of ours at the server's start.
    """
    kinds: list[str] = []
    for last, (around, starts) in _STARTS.items():
        one = "|".join(_start(start, re.escape(last), rest) for start, rest in starts)
        kinds.append(f"{re.escape(last)}{around}(?:{one})")
    return re.compile(
        "|".join(kinds)
        + r"|A(?<=[0-9]{8}:AA)[\w-]{30,40}(?![\w-])"  # Telegram
        + r"|\.(?<=[\w-]{23}\.)[\w-]{6}\.[\w-]{27,40}(?![\w-])"  # Discord
        + "".join(
            rf"|{b}(?<![A-Za-z0-9]{b})(?:[Ee][Aa][Rr][Ee][Rr](?:[\s:+]|%20){{1,3}}(?P<bearer{b}>[\w.~+/=-]{{6,}})"
            rf"|[Aa][Ss][Ii][Cc](?:[\s+]|%20){{1,3}}(?P<basic{b}>[A-Za-z0-9+/_-]{{6,}}+={{0,2}}))"
            for b in "Bb"
        )
    )


_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,10}-----"
    r"(?:.*?-----END [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,10}-----|.*)",
    re.DOTALL,
)
_KEY_LINE = re.compile(
    r"\A(\s{0,80}[\"']?)(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])(?=[A-Za-z+/]*[0-9])[A-Za-z0-9+/]{64}"
    r"([\"'\\n+,;]{0,6}\s{0,4})\Z"
)
_AFTER_ACCESS_KEY = re.compile(
    r"(?<=\[redacted\])([^\n]{0,60}?)(?<![A-Za-z0-9+/=])(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])"
)
_URL_PASSWORD = re.compile(
    r"://([^\s/?#@:\"'<>\\]{0,256}+:)(?!\*+@|\[redacted\]@)([^\s/\"'<>\\]{1,512})@(?=[\w\[.%$-])"
)
_URL_TOKEN = re.compile(r"://(?=[a-z.-]*[0-9A-Z_])[\w.~-]{20,512}+@(?=[\w\[.])")
_TCP_PASSWORD = re.compile(r":[^\s:@\"']{1,256}@(?=(?:tcp|unix)\()")
_IDENTIFIED = re.compile(r"([Ii](?i:dentified\s{1,3}by\s{1,3}))'[^'\n]{1,256}'?")


def _token(match: re.Match[str]) -> str:
    if not match.lastgroup:
        return match.group()[0] + REDACTED
    credentials = match[match.lastgroup]
    if match.lastgroup.startswith("basic"):
        secret = _is_basic(credentials)
    else:
        secret = len(credentials) >= 20 or any(map(str.isdigit, credentials))
    return match.group()[: -len(credentials)] + REDACTED if secret else match.group()


def _is_basic(credentials: str) -> bool:
    """RFC 7617: the base64 of `user:password`; text such as `Basic authentication` is not."""
    try:
        plain = base64.b64decode(credentials[:400].rstrip("=") + "===", altchars=b"-_" if "-" in credentials else None)
    except (binascii.Error, ValueError):
        return False
    return b":" in plain


def hide_tokens(text: str) -> str:
    """The keys of known issuers, bearer and basic credentials, private keys, passwords in URLs."""
    if _tokens().search(text):
        text = _tokens().sub(_token, text)
        text = _AFTER_ACCESS_KEY.sub(rf"\1{REDACTED}", text)
    if "-----BEGIN" in text:
        text = _PRIVATE_KEY.sub(REDACTED, text)
    if "@" in text:
        text = _URL_PASSWORD.sub(rf"://\1{REDACTED}@", text)
        text = _URL_TOKEN.sub(f"://{REDACTED}@", text)
        text = _TCP_PASSWORD.sub(f":{REDACTED}@", text)
    if "dentified " in text or "IDENTIFIED" in text:
        text = _IDENTIFIED.sub(rf"\1'{REDACTED}'", text)
    if 64 <= len(text) <= 160 and (line := _KEY_LINE.fullmatch(text)):
        return f"{line[1]}{REDACTED}{line[2]}"
    return text
