"""Finds numbers and addresses that belong to a person: payment cards, bank accounts, e-mail and IP addresses."""

import ipaddress
import re
from functools import partial

from views.secrets.names import words_of
from views.secrets.replacing import REDACTED, Span, Work, replaced

# A card number in one piece or in its printed groups, or an IPv4 address, neither within a word or a decimal
# fraction; or what follows the two letters of an IBAN.
_DIGITS = re.compile(
    r"[0-9](?:(?<![A-Za-z0-9.][0-9])(?:(?P<card>[0-9]{12,18}|[0-9]{3}([ -])[0-9]{4}\2[0-9]{4}\2[0-9]{1,7}"
    r"|[0-9]{3}([ -])[0-9]{6}\3[0-9]{4,5})|(?P<address>[0-9]{0,2}(?:\.[0-9]{1,3}){3}))(?!\.?[A-Za-z0-9_])"
    r"|(?<=[A-Z][A-Z][0-9])(?<![A-Za-z0-9][A-Z][A-Z][0-9])"
    r"(?P<account>[0-9](?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?)(?![A-Za-z0-9]))"
)
# An IPv4 address looks as a version, an OID or a section's number does: what is said before it decides.
_BEFORE_VERSION = re.compile(r"(?:[vV_-]|[=~<>]=|[\^~§]|(?<!/)\w/|(?<!/)\w@)$")
_IN_LOG = re.compile(r"(?: - \S{1,64} \[| - - | \[[0-9]|(?: \"|,? )(?:GET|POST|PUT|HEAD|PATCH|DELETE|OPTIONS) )")
_PORT = re.compile(r":[0-9]{2,5}(?![\w.:])|/[0-9]{1,2}(?![\w.])")
_OF_ADDRESS = frozenset("ip ips ipv cidr via src dst proxy dns ping whois subnet xff nat ssh".split())
_OF_ADDRESS_STARTS = tuple(
    """addr attack attempt ban banned blacklist block caller client connect crawler denied deny firewall forward geoip
    host ipaddr listen login logged logon network origin peer proxied remote request resolv session signed signin
    source spam throttl trusted upstream user visit""".split()
)
_OF_VERSION = frozenset(
    """agent article bump bumped chapter chrome clause dll driver edge edition figure firefox firmware gem jar kernel
    lib library nuget oid os package paragraph patch plugin product releases rev rfc sdk see snmp step table tag
    ver""".split()
)
_OF_VERSION_STARTS = tuple(
    "assembl build compat depend downgrad install migrat releas requir revis sect upgrad updat version".split()
)
_NUMBERED = frozenset(
    """id ids invoice item job message msg nanos offset order parcel ref reference seq sequence shipment ticket
    timestamp tracking ts uid""".split()
)
_OF_CARDS = frozenset("card cards cc pan payment".split())
_AT_DOMAIN = re.compile(r"(?:@|%40)(?=[^\W_])(?:[\w-]{1,63}\.){1,8}(?P<top>[^\W\d_]{2,24})(?![\w-])")
_NO_DOMAIN = frozenset(
    """avif cjs css dll exe gif gz htm html ico jar jpeg jpg js json jsx lock mjs pdf png svg tgz ts tsx webp whl
    zip""".split()
)
_NOT_LOCAL_PART = re.compile(r"[^\w!#$%+.^~-]")
# What every IPv6 address has: two colons in a row, or six of them among its groups.
_COLONS = re.compile(r":(?::(?<![G-Zg-z_]::)|(?:[0-9A-Fa-f]{1,4}:){5})")
_IPV6 = re.compile(
    r"[0-9A-Fa-f:](?<![\w:.][0-9A-Fa-f:])[0-9A-Fa-f:]{2,38}(?:(?<=:)[0-9]{1,3}(?:\.[0-9]{1,3}){3})?(?![\w:]|\.\w)"
)


def _is_card(digits: str) -> bool:
    """ISO/IEC 7812: an issuer's prefix, its lengths, and the Luhn check digit."""
    length, two, three, four = len(digits), int(digits[:2]), int(digits[:3]), int(digits[:4])
    known = (
        (digits[0] == "4" and length == 16)
        or ((51 <= two <= 55 or 2221 <= four <= 2720) and length == 16)
        or (two in (34, 37) and length == 15)
        or ((four == 6011 or 644 <= three <= 649 or two == 65 or 3528 <= four <= 3589) and length == 16)
        or (two == 62 and length in (16, 19))
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


def _is_public(address: str) -> bool:
    """Whether it is the address of a machine that anyone can reach, and so may be a person's."""
    octets = address.split(".")
    if len(octets) != 4 or ":" in address:
        return _is_public_ipv6(address)
    if any(int(octet) > 255 or (octet[0] == "0" and len(octet) > 1) for octet in octets):
        return False
    return not _is_inside(address)


def _is_inside(address: str) -> bool:
    """Loopback, private, link-local and unspecified IPv4 addresses are infrastructure, and say nothing of anyone
    (RFC 1918, 3927, 6598)."""
    first, second, *_ = map(int, address.split("."))
    return (
        first in (0, 10, 127)
        or (first, second) in ((192, 168), (169, 254))
        or (first == 172 and 16 <= second <= 31)
        or (first == 100 and 64 <= second <= 127)
        or first >= 224
    )


def _is_public_ipv6(address: str) -> bool:
    try:
        found = ipaddress.IPv6Address(address)
    except ValueError:
        return False
    if found.ipv4_mapped:
        return _is_public(str(found.ipv4_mapped))
    inside = found.is_loopback or found.is_unspecified or found.is_link_local or found.is_multicast
    return not inside and (int(found) >> 121) != 0xFC >> 1


def hide_numbers(text: str, pii: bool, work: Work) -> str:
    """Card numbers; with `pii` IPv4 addresses and IBANs too. A version such as `v1.2.3.4`, `lib==1.2.3.4` stays."""
    if not _DIGITS.search(text):
        return text
    return replaced(text, _DIGITS, work, partial(_any, work) if pii else _card)


def _card(match: re.Match[str], _done: int) -> Span | None:
    found = match["card"] and match.group().replace(" ", "").replace("-", "")
    if not found or not _is_card(found):
        return None
    before = words_of(match.string[max(0, match.start() - 24) : match.start()])[-2:]
    return None if before and before[-1] in _NUMBERED and not _OF_CARDS.intersection(before) else match.span()


def _any(work: Work, match: re.Match[str], _done: int) -> Span | None:
    if match["card"]:
        return _card(match, 0)
    found, text, begin = match.group(), match.string, match.start()
    if match["account"]:
        return match.span() if _is_account(text[begin - 2 : begin] + found) else None
    work.spend(2)
    return match.span() if _is_public(found) and _is_address(found, text, match.span()) else None


def _is_address(found: str, text: str, span: Span) -> bool:
    before = text[max(0, span[0] - 48) : span[0]].rpartition("\n")[2]
    after = text[span[1] : span[1] + 80]
    if "://" in before and before.rstrip("@")[-1:] in ("/", "@", "]"):
        return True  # the host in a URL
    if _BEFORE_VERSION.search(before):
        return False
    for word in reversed(words_of(before)):
        if word in _OF_VERSION or word.startswith(_OF_VERSION_STARTS):
            return False
        if word in _OF_ADDRESS or word.startswith(_OF_ADDRESS_STARTS):
            return True
    if _PORT.match(after) or (not before.strip() and _IN_LOG.match(after)):
        return True
    octets = [int(octet) for octet in found.split(".")]
    return octets[0] >= 32 and sum(octet >= 64 for octet in octets) >= 2  # few versions are like that


def names_address(name: str) -> bool:
    """Whether what stands under this name is the address of somebody's machine."""
    words = words_of(name)
    return "ip" in words[-2:] or any(word.startswith(("addr", "ipaddr", "remote", "forward")) for word in words)


def hide_clients(value: str) -> str:
    """All IPv4 addresses of what stands under such a name, but those of infrastructure: a private one is what a proxy
    or a load balancer leaves of a client, which is worth knowing."""
    return _ADDRESS.sub(lambda match: match[0] if _is_inside(match[0]) else REDACTED, value)


_ADDRESS = re.compile(r"(?<![\w.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w.])")


def hide_addresses(text: str, work: Work) -> str:
    """E-mail addresses (also with `%40`) and IPv6 addresses."""
    if "@" in text or "%40" in text:
        text = replaced(text, _AT_DOMAIN, work, _mail)
    return replaced(text, _IPV6, work, _ipv6) if _COLONS.search(text) else text


def _ipv6(match: re.Match[str], _done: int) -> Span | None:
    found = match.group()
    address = found.rstrip(":") if not found.endswith("::") else found
    if "::" not in found and found.count(":") < 6:
        return None  # a time of day
    sliced = address.find(":") < 3 and not address.lower().startswith("::ffff:")  # items[2::2]
    if sliced or not any(map(str.isdigit, found)) or not _is_public_ipv6(address):
        return None
    return match.start(), match.start() + len(address)


def _mail(match: re.Match[str], done: int) -> Span | None:
    """From each `@` backwards to where the local part begins: a search from the front would look at every word."""
    text, at = match.string, match.start()
    begin = at - len(_NOT_LOCAL_PART.split(text[max(done, at - 64) : at])[-1])
    local = text[begin:at]
    ordinary = not local or local == "git" or match["top"].lower() in _NO_DOMAIN
    return None if ordinary or text[max(0, begin - 3) : begin] == "://" else (begin, match.end())
