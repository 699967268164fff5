"""Finds numbers and addresses that belong to a person: payment cards, bank accounts, e-mail and IP addresses."""

import ipaddress
import re

from views.secrets.patterns import REDACTED

# A card number in one piece or in its printed groups, or an IPv4 address, neither within a word or a decimal
# fraction; or what follows the two letters of an IBAN.
_DIGITS = re.compile(
    r"[0-9](?:(?<![A-Za-z0-9.][0-9])(?:(?P<card>[0-9]{12,18}|[0-9]{3}([ -])[0-9]{4}\2[0-9]{4}\2[0-9]{1,7}"
    r"|[0-9]{3}([ -])[0-9]{6}\3[0-9]{4,5})|(?P<address>[0-9]{0,2}(?:\.[0-9]{1,3}){3}))(?!\.?[A-Za-z0-9_])"
    r"|(?<=[A-Z][A-Z][0-9])(?<![A-Za-z0-9][A-Z][A-Z][0-9])"
    r"(?P<account>[0-9](?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?)(?![A-Za-z0-9]))"
)
_BEFORE_VERSION = re.compile(r"(?:[v@_-]|[=~<>]=|\w/|(?:version|release|build|section)\w{0,8}\W{0,6})$", re.IGNORECASE)
_AT_DOMAIN = re.compile(r"(?:@|%40)(?=[^\W_])(?:[\w-]{1,63}\.){1,8}(?P<top>[^\W\d_]{2,24})(?![\w-])")
_NO_DOMAIN = frozenset(
    """avif cjs css dll exe gif gz htm html ico jar jpeg jpg js json jsx lock mjs pdf png svg tgz ts tsx webp whl
    zip""".split()
)
_LOCAL_PART = "!#$%+-.^_~"
# What every IPv6 address has: two colons in a row, or six of them among its groups.
_COLONS = re.compile(r":(?::(?<![G-Zg-z_]::)|(?:[0-9A-Fa-f]{1,4}:){5})")
_IPV6 = re.compile(
    r"[0-9A-Fa-f:](?<![\w:.][0-9A-Fa-f:])[0-9A-Fa-f:]{2,38}(?:(?<=:)[0-9]{1,3}(?:\.[0-9]{1,3}){3})?(?![\w:]|\.\w)"
)


def _is_card(digits: str) -> bool:
    """ISO/IEC 7812: an issuer's prefix, its lengths, and the Luhn check digit."""
    length, two, three, four = len(digits), int(digits[:2]), int(digits[:3]), int(digits[:4])
    known = (
        (digits[0] == "4" and length in (13, 16, 19))
        or ((51 <= two <= 55 or 2221 <= four <= 2720) and length == 16)
        or (two in (34, 37) and length == 15)
        or ((four == 6011 or 644 <= three <= 649 or two == 65 or 3528 <= four <= 3589 or two == 62) and length >= 16)
        or ((300 <= three <= 305 or four == 3095 or two in (36, 38, 39)) and length in (14, 16))
        or four in (5018, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763)
    )
    if not known or len(set(digits)) == 1:
        return False
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(map(int, digits[-1::-2]))) % 10 == 0


def _is_account(text: str) -> bool:
    """ISO 13616: moved to the end and with letters as numbers, the first four leave 1 of 97."""
    plain = text.replace(" ", "")
    return 15 <= len(plain) <= 34 and int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _is_person(address: str) -> bool:
    """Loopback and unspecified addresses say nothing of anyone."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (found.is_loopback or found.is_unspecified or address == "255.255.255.255")


def hide_numbers(text: str, pii: bool) -> str:
    """Card numbers; with `pii` IPv4 addresses and IBANs too. A version such as `v1.2.3.4`, `lib==1.2.3.4` stays."""
    if not _DIGITS.search(text):
        return text
    return _DIGITS.sub(_hide_any if pii else _hide_card, text)


def _hide_card(match: re.Match[str]) -> str:
    found = match.group()
    return REDACTED if match["card"] and _is_card(found.replace(" ", "").replace("-", "")) else found


def _hide_any(match: re.Match[str]) -> str:
    found, begin = match.group(), match.start()
    if match["card"]:
        return _hide_card(match)
    if match["account"]:
        return REDACTED if _is_account(match.string[begin - 2 : begin] + found) else found
    before = match.string[max(0, begin - 24) : begin]
    return REDACTED if not _BEFORE_VERSION.search(before) and _is_person(found) else found


def hide_addresses(text: str) -> str:
    """E-mail addresses (also with `%40`) and IPv6 addresses."""
    if "@" in text or "%40" in text:
        text = _hide_mail(text)
    return _IPV6.sub(_hide_ipv6, text) if _COLONS.search(text) else text


def _hide_ipv6(match: re.Match[str]) -> str:
    found = match.group()
    address = found.rstrip(":") if not found.endswith("::") else found
    if "::" not in found and found.count(":") < 6:
        return found  # a time of day
    sliced = address.find(":") < 3 and not address.lower().startswith("::ffff:")  # items[2::2]
    if sliced or not any(map(str.isdigit, found)) or not _is_person(address):
        return found
    return REDACTED + found[len(address) :]


def _hide_mail(text: str) -> str:
    """From each `@` backwards to where the local part begins: a search from the front would look at every word."""
    kept: list[str] = []
    done = 0
    for match in _AT_DOMAIN.finditer(text):
        begin = match.start()
        while begin > max(done, match.start() - 64) and (text[begin - 1].isalnum() or text[begin - 1] in _LOCAL_PART):
            begin -= 1
        local = text[begin : match.start()]
        if (
            not local
            or local == "git"
            or match["top"].lower() in _NO_DOMAIN
            or text[max(0, begin - 3) : begin] == "://"
        ):
            continue
        kept += (text[done:begin], REDACTED)
        done = match.end()
    return "".join((*kept, text[done:])) if kept else text
