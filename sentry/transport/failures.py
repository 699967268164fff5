"""What a broken exchange with Sentry means, in words. Pure, no I/O."""

import ssl

import httpx

from sentry.connection import Connection
from sentry.errors import AGAIN, LATER, DeadlineError, MisconfiguredError, SentryError, UnreachableError


def failure(error: Exception, connection: Connection) -> SentryError:
    """The error to raise for one of httpx's. `details.request_sent` is False when Sentry cannot have acted."""
    host = connection.host
    if certificate := _certificate_error(error):
        return MisconfiguredError(
            f"The certificate of {host} is not trusted ({certificate.verify_message}). If its CA is your own, "
            "name its PEM file in the setting ca_file.",
            request_sent=False,
        )
    match error:
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.ProxyError():
            return UnreachableError(
                f"No connection to {host} ({type(error).__name__}). Check sentry_url, and that Sentry is up "
                "and reachable from here.",
                request_sent=False,
            )
        case httpx.TimeoutException():
            return DeadlineError(
                f"{host} sent nothing for {connection.read_timeout:g} s (setting read_timeout). {AGAIN}",
                deadline=connection.read_timeout,
            )
        case httpx.TransportError():
            return UnreachableError(f"The connection to {host} broke ({type(error).__name__}). {LATER}")
        case _:  # httpx.InvalidURL, or a host that no encoding of names can express
            return MisconfiguredError(
                f"{host} cannot be asked: its address is malformed. Check sentry_url.",
                request_sent=False,
                is_lasting=True,
            )


def _certificate_error(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error
        error = error.__cause__ or error.__context__
    return None
