"""Whether Sentry answers, and knows the token: asked where every kind of Sentry says who asks, which costs it next to
nothing."""

from collections.abc import Awaitable, Callable

import anyio
import httpx

from sentry.connection import Connection
from sentry.errors import DeadlineError, SentryError, UnauthorizedError, UnavailableError
from sentry.transport.answers import Reply
from sentry.transport.failures import failure
from sentry.values import as_object

PATH = "/api/0/"
SECONDS = 2.0
"""For the answer; whoever waits for this, such as a balancer, gives up soon after."""


async def reach(
    http: httpx.AsyncClient, connection: Connection, read: Callable[[httpx.Response, str], Awaitable[Reply]]
) -> bool | None:
    """Whether the token is accepted; None where the answer does not tell, as it does not of a server that says the same
    to anybody. Raises SentryError where there is none; one that refuses is an answer, too."""
    try:
        with anyio.fail_after(SECONDS):
            response = await http.send(http.build_request("GET", connection.base + PATH), stream=True)
            try:
                if response.status_code < 500:
                    return _knows_who_asks(await read(response, "who asks"))
            finally:
                await response.aclose()
    except UnauthorizedError:
        return False
    except SentryError:  # such as a page in between: something answers
        return None
    except TimeoutError:
        raise DeadlineError(f"{connection.host} did not answer within {SECONDS:g} s.") from None
    except (httpx.RequestError, httpx.InvalidURL, UnicodeError) as error:
        raise failure(error, connection) from error
    raise UnavailableError(f"{connection.host} answered with status {response.status_code}.")


def _knows_who_asks(reply: Reply) -> bool | None:
    """GlitchTip gives the token itself in `auth`: nothing of the answer is kept."""
    said = as_object(reply.body) or {}
    return True if as_object(said.get("auth")) or as_object(said.get("user")) else None
