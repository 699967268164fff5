"""Whether Sentry answers at all: asked without a token, which costs it next to nothing and counts against nobody."""

import anyio
import httpx

from sentry.connection import Connection
from sentry.errors import DeadlineError, UnavailableError
from sentry.transport.failures import failure

PATH = "/api/0/"
"""Where every kind of Sentry says its version, to anybody."""
SECONDS = 2.0
"""For the answer's first lines; whoever waits for this, such as a balancer, gives up soon after."""


async def reach(http: httpx.AsyncClient, connection: Connection) -> None:
    """Raises SentryError. An answer that refuses is one, too; its body is not read."""
    request = http.build_request("GET", connection.base + PATH)
    del request.headers["Authorization"]
    try:
        with anyio.fail_after(SECONDS):
            response = await http.send(request, stream=True)
            await response.aclose()
    except TimeoutError:
        raise DeadlineError(f"{connection.host} did not answer within {SECONDS:g} s.") from None
    except (httpx.RequestError, httpx.InvalidURL, UnicodeError) as error:
        raise failure(error, connection) from error
    if response.status_code >= 500:
        raise UnavailableError(f"{connection.host} answered with status {response.status_code}.")
