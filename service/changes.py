"""What changes, by an alert or by whoever updates an issue, and who is told of it."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sentry.errors import SentryError
from sentry.models import Issue
from service.current import current_client


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An issue, an alert, or an issue by what an alert tells. `organization` and `project` are slugs, as all the others
    empty where nobody knows."""

    organization: str = ""
    project: str = ""
    issue: str = ""
    """Its number."""
    short_id: str = ""
    alert: str = ""
    """Its number."""


Tell = Callable[[Changed], Awaitable[None]]
_tell: ContextVar[Tell | None] = ContextVar("tell", default=None)


@contextmanager
def telling(tell: Tell | None) -> Generator[None]:
    """What is changed in this block is told so; None: to nobody."""
    token = _tell.set(tell)
    try:
        yield
    finally:
        _tell.reset(token)


async def tell_of_update(named: str, issue: Issue) -> None:
    """An issue was changed, perhaps, which was `named` so."""
    tell = _tell.get()
    if tell is None:
        return
    client = current_client()
    try:
        organization = client.other_organization(named) or await client.usual_organization()
    except SentryError:  # those hear of it who may see all
        organization = ""
    project = (issue.project.slug or "").lower()
    await tell(
        Changed(organization=organization.lower(), project=project, issue=issue.id, short_id=issue.short_id or "")
    )
