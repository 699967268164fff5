"""Which kind of Sentry is served: what it can do differs."""

from sentry.dialects import Dialect, not_taken
from sentry.errors import SentryError
from service.current import current_client


async def kind() -> Dialect | None:
    """None while it does not say."""
    try:
        return await current_client().identify()
    except SentryError:
        return None


async def takes(part: str) -> bool:
    """Whether it takes this part of a change, as IssueChange.parts() names it; unless it is known not to."""
    return not not_taken(await kind(), [part])
