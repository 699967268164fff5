"""Whether what follows a secret name is code that only names it."""

import re

from views.secrets.names import PASSWORDS, Secret, secrecy, words_of

PATH = re.compile(r"[A-Za-z_$@][\w$]*(?:(?:\??\.|->|::)[A-Za-z_$][\w$]*)*")
_CODE_ROOTS = tuple(
    "self. this. cls. os. env. process. settings. config. conf. request. req. args. params. options. ctx.".split()
)
_MANY = frozenset("cookies credentials keys passwords secrets".split())
SAYING = frozenset(
    """authentication cannot denied does empty expired failed failure for has have incorrect invalid is mismatch missing
    must not number object or rejected required revoked the too unauthorized undefined unexpected unknown was wrong
    array boolean callable dict list tuple bytestring secretbytes type public private protected virtual""".split()
)


def is_code(value: str, after: str, between: str, words: list[str]) -> bool:
    """`password = get_password()`, `token: str`, `password=self.password` name a secret without holding it."""
    spaced = between[-1:] in " \t\n" or between[:1] in " \t"
    digits = any(map(str.isdigit, value))
    if value[0] in "([{":
        return not digits or spaced
    if spaced and ("==" in between or "!=" in between):
        return True
    if value.isdigit() and (words[-1] == "tokens" or (words[-1] in _MANY and len(value) < 5)):
        return True  # so many
    if value.replace(".", "").isdigit():
        return spaced and len(value) < 3
    if after and PATH.fullmatch(value.rstrip(".")):
        return True
    if not PATH.fullmatch(value) or (spaced and digits and "." not in value):
        return False
    if value.startswith(_CODE_ROOTS) or value.lower() in SAYING:
        return True
    named = words_of(value)
    if (named == words or named == words[-1:]) and not digits:
        return True
    if spaced and "=" in between:
        return True
    if spaced and words[-1] not in PASSWORDS:
        return True
    return len(named) > 1 and not digits and secrecy(value) is Secret.YES
