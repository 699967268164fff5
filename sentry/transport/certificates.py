"""Which certificates a Sentry is believed by."""

import ssl
from urllib.parse import urlsplit

import httpx

from sentry.connection import Connection
from sentry.errors import MisconfiguredError


def verification(connection: Connection) -> ssl.SSLContext | bool:
    """Loading a set of CA certificates takes tens of milliseconds: not for http, where it is not used."""
    if urlsplit(connection.url).scheme != "https":
        return False
    try:
        return (
            httpx.create_ssl_context()
            if not connection.ca_file
            else ssl.create_default_context(cafile=connection.ca_file)
        )
    except OSError as error:  # ssl.SSLError is one: the file is no PEM
        raise MisconfiguredError(
            f"The certificates to trust cannot be read ({type(error).__name__}). Check the setting ca_file."
        ) from None
