"""Which headers of a request may explain an error: an issue shows those, an event all of them."""

import re
from typing import Any

from sentry.models import Event
from sentry.values import as_object
from views.secrets.names import words_of

RANKED = ("content-type", "referer", "origin", "accept", "host", "user-agent")
"""Those that are shown first; the others while there is room."""
_TELLING = {"content-type", "referer", "origin", "x-forwarded-for", "authorization"}
_OF_VERSION = re.compile(r"(?!sec-)(?:[\w-]{1,60}-)?version")
_CUSTOM = re.compile(r"x-[\w-]{1,60}")
"""What an application adds begins so; what proxies, clouds, browsers and agents of monitoring add, does too."""
_IN_BETWEEN = re.compile(
    "x-(?:akamai|amz|amzn|appengine|appservice|arr|aws|azure|b3|cdn|datadog|envoy|fastly|fd|fly|forwarded|gfe|goog|"
    "heroku|invoke|middleware|ms|newrelic|nf|nginx|now|ot|railway|sentry|ssl|tls|varnish|vercel|wap)(?:-.*)?"
)
_KNOWN_IN_BETWEEN = frozenset(
    """x-real-ip x-client-ip x-true-client-ip x-cluster-client-ip x-proxyuser-ip x-original-url x-original-uri
    x-original-host x-original-proto x-original-for x-original-forwarded-for x-original-to x-request-start x-queue-start
    x-cloud-trace-context x-client-data x-client-geo-location x-render-origin-server x-edge-location x-edge-request-id
    x-edge-ip x-edge-result-type x-scheme x-url-scheme x-https x-via x-proxy-id x-dns-prefetch-control""".split()
)
_OF_SECRETS_AND_PERSONS = frozenset(
    """key keys ocp refresh ticket cert certs certificate signature sig hmac nonce otp phone mobile msisdn mail email
    user username login""".split()
)
"""Words in the names of headers whose values nothing else may tell from others, and that explain no error."""


def ranked(headers: dict[str, Any], event: Event, *, whole: bool) -> list[str]:
    """The names of the headers to be shown, the most telling first."""
    some = [name for name, value in headers.items() if whole or _is_telling(name, value, event)]
    return sorted(some, key=lambda name: RANKED.index(name.lower()) if name.lower() in RANKED else len(RANKED))


def _is_telling(name: str, value: Any, event: Event) -> bool:
    lower = name.lower()
    if lower == "user-agent":
        # A browser's is told by the context that Sentry makes of it, in a tenth of the words.
        browser = as_object((event.contexts or {}).get("browser")) or {}
        return not (browser.get("name") and str(value).startswith("Mozilla/5.0 ("))
    return bool(lower in _TELLING or _OF_VERSION.fullmatch(lower) or _is_of_application(name))


def _is_of_application(name: str) -> bool:
    lower = name.lower()
    is_in_between = lower in _KNOWN_IN_BETWEEN or _IN_BETWEEN.fullmatch(lower)
    is_custom = _CUSTOM.fullmatch(lower) and not is_in_between
    return bool(is_custom and _OF_SECRETS_AND_PERSONS.isdisjoint([*words_of(name), *lower.split("-")]))
