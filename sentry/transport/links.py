"""What a list's headers say: the cursor of the next page (`Link`, RFC 8288), and how many rows there are in all."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

# GlitchTip wraps the whole header in {'...'}, which this pattern steps over.
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:\"[^\"]*\"|[^\s,;\"]+))*)")
_MOST = 5_000
"""Characters of a cursor that are kept: more than any has. Whether it is one is seen where it would be shown."""
_COUNT = re.compile(r"[0-9]{1,15}")
_PARAMETER = re.compile(r"([\w*-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s,;\"]+))")


def next_cursor(link: str | None) -> str | None:
    """The cursor behind `rel="next"`, if there are more rows.

    Both relations are always there: only `results="true"` says that there is more
    (https://docs.sentry.io/api/pagination/).
    """
    cursor = _next_cursor(link)
    return cursor[:_MOST] if cursor else None


def _next_cursor(link: str | None) -> str | None:
    for url, parameters in _LINK.findall(link or ""):
        found = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(parameters)}
        if found.get("rel") == "next" and found.get("results") == "true":
            return found.get("cursor") or _cursor_in(url)
    return None


def _cursor_in(url: str) -> str | None:
    try:
        cursors = parse_qs(urlsplit(url).query).get("cursor")
    except ValueError:
        return None
    return cursors[0] if cursors else None


def total_rows(headers: Mapping[str, str]) -> int | None:
    """Rows of a list in all, where Sentry counts them; None where it stopped counting, as `X-Hits` does at
    `X-Max-Hits`."""
    hits, most = (headers.get(name, "") for name in ("x-hits", "x-max-hits"))
    if not _COUNT.fullmatch(hits) or (_COUNT.fullmatch(most) and int(hits) >= int(most)):
        return None
    return int(hits)
