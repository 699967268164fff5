"""Which proxy of the environment's stands between us and Sentry: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from sentry.connection import Connection


def proxy_of(connection: Connection) -> str | None:
    """Host and port of the proxy, as far as it can be told; never its user and password. None: there is none, and none
    is asked for what is on this machine."""
    if connection.is_on_this_machine:
        return None
    ours = urlsplit(connection.url)
    named = getproxies()
    proxy = named.get(ours.scheme) or named.get("all")
    if not proxy or proxy_bypass(ours.netloc.rpartition("@")[2]):
        return None
    try:
        parts = urlsplit(proxy if "://" in proxy else f"//{proxy}")
        port = parts.port
    except ValueError:  # told when it is first used
        return None
    return f"{parts.hostname}:{port}" if port else parts.hostname


def warning_of(connection: Connection) -> str | None:
    """What is to be said of the proxy: it reads along, and so does whoever is on the way to it, where no TLS hides what
    passes through it."""
    proxy = proxy_of(connection)
    if proxy is None or urlsplit(connection.url).scheme == "https":
        return None
    return (
        f"The token goes in clear text through the proxy {proxy}, which the environment names (HTTP_PROXY, ALL_PROXY). "
        f"Give sentry_url as https, or name {connection.host} in NO_PROXY."
    )
