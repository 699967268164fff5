"""Which headers of a request may explain an error: an issue shows those, an event all of them."""

import re
from typing import Any

from sentry.models import Event
from sentry.values import as_object

RANKED = ("content-type", "referer", "origin", "accept", "host", "user-agent")
"""Those that are shown first; the others while there is room."""
_TELLING = {"content-type", "referer", "origin", "x-forwarded-for", "authorization"}
_OF_VERSION = re.compile(r"(?!sec-)(?:[\w-]{1,60}-)?version")
# What an application adds begins so by custom; what proxies, clouds, browsers and agents of monitoring add, does too.
_OF_APPLICATION = re.compile(
    r"x-(?!forwarded|real-ip|original|request-start|client-ip|cluster|proxy|envoy|b3|amz|amzn|aws|goog|gfe|cloud|"
    r"azure|arr|ms-|appengine|appservice|fd-|vercel|now-|nf-|fly-|heroku|render|railway|varnish|cdn|akamai|fastly|"
    r"edge|nginx|middleware|invoke|scheme|https|ssl|tls|via|country|datadog|newrelic|sentry|ot-|dns|wap|client-data)"
    r"[\w-]{1,60}"
)


def ranked(headers: dict[str, Any], event: Event, *, whole: bool) -> list[str]:
    """The names of the headers to be shown, the most telling first."""
    some = [name for name, value in headers.items() if whole or _is_telling(name.lower(), value, event)]
    return sorted(some, key=lambda name: RANKED.index(name.lower()) if name.lower() in RANKED else len(RANKED))


def _is_telling(name: str, value: Any, event: Event) -> bool:
    if name == "user-agent":
        # A browser's is told by the context that Sentry makes of it, in a tenth of the words.
        browser = as_object((event.contexts or {}).get("browser")) or {}
        return not (browser.get("name") and str(value).startswith("Mozilla/5.0 ("))
    return bool(name in _TELLING or _OF_VERSION.fullmatch(name) or _OF_APPLICATION.fullmatch(name))
