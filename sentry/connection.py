"""Which Sentry, with which token, within which limits: what the client is opened with."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from loopback import is_loopback

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Connection:
    """Durations are in seconds, sizes in bytes."""

    url: str
    token: SecretStr
    organization: str | None = None
    ca_file: str | None = None
    timeout: float = 30.0
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    max_concurrent_requests: int = 16
    max_answer_size: int = 32 * MEGABYTE
    cache_ttl: float = 10.0
    cache_size: int = 32 * MEGABYTE
    other_tokens: tuple[SecretStr, ...] = ()
    """Not used, only hidden: those by which the same Sentry is asked for others."""

    @property
    def host(self) -> str:
        """Host and port, for messages: never the URL, which may hold more."""
        parts = urlsplit(self.url)
        return parts.netloc.rpartition("@")[2]

    @property
    def base(self) -> str:
        return self.url.rstrip("/")

    @property
    def is_on_this_machine(self) -> bool:
        host = (urlsplit(self.url).hostname or "").rstrip(".")
        return is_loopback(host) or host.endswith(".localhost")  # RFC 6761, 6.3

    @property
    def is_sentry_io(self) -> bool:
        host = urlsplit(self.url).hostname or ""
        return host == "sentry.io" or host.endswith(".sentry.io")
