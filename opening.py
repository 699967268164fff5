"""How Sentry's client is made of the settings: when it is first asked, for it takes longer to load than a server to
start."""

import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio
from pydantic import SecretStr

from sentry.connection import Connection
from service.current import FindClient
from settings import Settings, SettingsError

if TYPE_CHECKING:
    from alerts.inbox import Inbox
    from sentry.client import SentryClient
    from sentry.clients import Clients
    from sentry.transport.shared import SharesAnswers
    from shared.store import Store

INBOX = "alerts-{host}-{digest}.db"
SHARE = 16
"""The part of the memory of the server's client that one with a caller's token may take for what it remembers."""
OpenClient = Callable[[], "AbstractAsyncContextManager[SentryClient]"]


class OpenedClient:
    """Gives a client, which `make` makes when it is first asked; what issues it is to forget is no such occasion.
    With `is_shared` other servers share what they read with its token."""

    def __init__(self, make: "Callable[[], SentryClient]", *, is_shared: bool = False) -> None:
        self._make, self._is_shared = make, is_shared
        self.made: SentryClient | None = None

    def __call__(self) -> "SentryClient":
        if self.made is None:
            self.made = self._make()
        return self.made

    def forget(self, *names: str) -> None:
        """As `SentryClient.forget`."""
        if self.made is not None:
            self.made.forget(*names)

    async def forget_everywhere(self, *names: str) -> None:
        """As `SentryClient.forget_everywhere`, for which it is made where others share: their answers are known by its
        token alone."""
        if self.made is not None or self._is_shared:
            await self().forget_everywhere(*names)


def connection(settings: Settings, brought: SecretStr | None = None) -> Connection:
    """What the client needs of the settings; a token must be there, or one that a caller `brought`."""
    token = brought or settings.token
    if token is None:
        raise ValueError("The settings hold no token")
    return Connection(
        url=settings.sentry_url,
        token=token,
        organization=settings.sentry_org or None,
        ca_file=settings.ca_file or None,
        timeout=settings.timeout,
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        max_concurrent_requests=settings.max_concurrent_requests,
        max_answer_size=settings.max_answer_size,
        cache_ttl=settings.cache_ttl,
        cache_size=settings.cache_size // SHARE if brought else settings.cache_size,
        other_tokens=(settings.token,) if brought and settings.token else (),
    )


@asynccontextmanager
async def opened_late(settings: Settings, store: "Store | None") -> AsyncGenerator[OpenedClient]:
    """The client of the settings: opened now, made when it is first asked."""
    stack = AsyncExitStack()
    tasks = await stack.enter_async_context(anyio.create_task_group())

    def make() -> "SentryClient":
        from sentry.client import SentryClient

        return SentryClient(connection(settings), tasks=tasks, shared=_shared_answers(store))

    opened = OpenedClient(make, is_shared=store is not None and settings.token is not None)
    try:
        yield opened
    finally:  # an error of the block stays what it is: the task group does not get to see it
        tasks.cancel_scope.cancel()
        if opened.made is not None:
            await opened.made.close()
        await stack.aclose()


def inbox_file(settings: Settings) -> Path:
    """Where alerts are kept: each Sentry's, and each organization's, by themselves."""
    if settings.alerts_path:
        return Path(settings.alerts_path).expanduser()
    from platformdirs import user_state_path

    host = urlsplit(settings.sentry_url).hostname or ""
    return user_state_path("sentry-mcp", appauthor=False) / INBOX.format(host=host, digest=whose(settings))


def store_of(settings: Settings) -> "Store":
    """Not opened yet. Raises SettingsError."""
    try:
        from shared.store import Store

        return Store(settings.shared_url.get_secret_value())
    except ImportError:
        raise SettingsError("shared.url: needs what `pip install 'sentry-mcp-server[shared]'` installs") from None
    except ValueError as error:
        raise SettingsError(f"shared.url: is {error} (its text is not shown)") from None


@asynccontextmanager
async def opened_inbox(
    settings: Settings, store: "Store | None", find_client: FindClient, *, has_token: bool
) -> AsyncGenerator["Inbox"]:
    """The inbox, which is kept up by looking for as long as the block lasts, where there is a token of the server's to
    look with. `store` is the one that is open already."""
    from alerts.polling import Polling

    async with _kept_inbox(settings, store) as inbox, anyio.create_task_group() as tasks:
        if settings.alerts_interval and has_token:
            tasks.start_soon(Polling(find_client, inbox, settings.alerts_interval).run)
        try:
            yield inbox
        finally:
            tasks.cancel_scope.cancel()


@asynccontextmanager
async def _kept_inbox(settings: Settings, store: "Store | None") -> AsyncGenerator["Inbox"]:
    """In the store, where there is to be one, else in a file."""
    if not settings.is_shared:
        from alerts.file import FileInbox

        async with FileInbox.opened(inbox_file(settings), lease=settings.alerts_lease) as inbox:
            yield inbox
        return
    from shared.inbox import SharedInbox

    async with AsyncExitStack() as stack:
        if store is None:  # over stdio nothing else is shared
            store = store_of(settings)
            await stack.enter_async_context(store.opened())
        yield await stack.enter_async_context(SharedInbox.opened(store, whose(settings), lease=settings.alerts_lease))


def whose(settings: Settings) -> str:
    """Names the Sentry, and the organization, that several servers are of, or are not."""
    return hashlib.sha256(f"{settings.sentry_url}\n{settings.sentry_org}".encode()).hexdigest()[:8]


def clients_of_callers(settings: Settings) -> "Clients":
    """With tokens of callers' own."""
    from sentry.clients import Clients

    return Clients(lambda token: connection(settings, token))


def opened_by(open_client: OpenClient) -> Callable[[], AbstractAsyncContextManager[OpenedClient]]:
    @asynccontextmanager
    async def opened() -> AsyncGenerator[OpenedClient]:
        async with open_client() as client:
            yield OpenedClient(lambda: client)

    return opened


def _shared_answers(store: "Store | None") -> "SharesAnswers | None":
    if store is None:
        return None
    from shared.answers import Answers

    return Answers(store)
