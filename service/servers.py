"""Which kind of Sentry is served: what it can do differs."""

from contextlib import suppress

from sentry.dialects import Dialect, not_taken
from sentry.errors import SentryError
from service.current import current_client


async def kind() -> Dialect | None:
    """None while it does not say."""
    client = current_client()
    found: Dialect | None = None
    with suppress(SentryError):
        found = await client.identify()
        if found is Dialect.SENTRY_10:  # its organizations look like Sentry 9's; an issue tells them apart
            await client.list_issues(query="", limit=1)
            found = await client.identify()
    return found


async def takes(part: str) -> bool:
    """Whether it takes this part of a change, as IssueChange.parts() names it; unless it is known not to."""
    return not not_taken(await kind(), [part])
