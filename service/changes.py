"""What changes, by an alert or by whoever updates an issue, and who is told of it."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sentry.errors import SentryError
from service.current import current_client

if TYPE_CHECKING:
    from alerts.alert import Alert
    from sentry.models import Issue


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


class Changes(Protocol):
    """What becomes of changes."""

    async def publish(self, changed: Changed) -> None:
        """This server has changed it: whoever listens is told."""
        ...

    async def forget(self, changed: Changed) -> None:
        """It changed elsewhere: what is remembered of its issue is asked of Sentry anew."""
        ...


_changes: ContextVar[Changes | None] = ContextVar("changes", default=None)


@contextmanager
def changing(changes: Changes | None) -> Generator[None]:
    """What is changed in this block is told there; None: to nobody."""
    token = _changes.set(changes)
    try:
        yield
    finally:
        _changes.reset(token)


async def forget_issue(number: str, short_id: str) -> None:
    """Something happened in it, as an alert tells."""
    changes = _changes.get()
    if changes is not None:
        await changes.forget(Changed(issue=number, short_id=short_id))


async def tell_of_alert(alert: "Alert") -> None:
    """It was claimed, or finished."""
    changes = _changes.get()
    if changes is not None:
        told = alert.told
        await changes.publish(Changed(organization=told.organization, project=told.project, alert=str(alert.id)))


async def tell_of_update(named: str, issue: "Issue") -> None:
    """An issue was changed, perhaps, which was `named` so."""
    changes = _changes.get()
    if changes is None:
        return
    client = current_client()
    try:
        organization = client.other_organization(named) or await client.usual_organization()
    except SentryError:  # those hear of it who may see all
        organization = ""
    project = (issue.project.slug or "").lower()
    await changes.publish(
        Changed(organization=organization.lower(), project=project, issue=issue.id, short_id=issue.short_id or "")
    )
