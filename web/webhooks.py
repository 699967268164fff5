"""What Sentry and GlitchTip send by themselves: on the disk before it is answered.

An integration of one's own (internal) is never sent again what failed, so that nothing is refused that is signed; a
second's answer is late (https://docs.sentry.io/integrations/integration-platform/webhooks/).
"""

import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.alert import Happening
from alerts.inbox import InboxError
from alerts.webhooks.reading import NotJsonError, attachments_in, happenings_in
from alerts.webhooks.signatures import SIGNATURES, is_signed
from service.calls import note_outcome
from web.rest.bodies import body_of
from web.rest.failures import RefusedError
from web.rest.responses import refused, responded

if TYPE_CHECKING:
    from pydantic import SecretStr

    from alerts.inbox import Inbox

SENTRY, GLITCHTIP = "/webhooks/sentry", "/webhooks/glitchtip/"
_logger = logging.getLogger(__name__)
Answer = Callable[[Request], Awaitable[Response]]
RESOURCE = "sentry-hook-resource"


class Webhooks:
    """`find_inbox` gives the inbox while anything is served; `organization` is whose alerts they are that name none."""

    def __init__(
        self, find_inbox: "Callable[[], Inbox | None]", secrets: "Sequence[SecretStr]", organization: str
    ) -> None:
        self._find_inbox = find_inbox
        self._secrets = [secret.get_secret_value().encode() for secret in secrets]
        self._organization = organization.lower()

    def routes(self) -> list[Route]:
        return [
            Route(SENTRY, self._answering(self._of_sentry), methods=["POST"]),
            Route(f"{GLITCHTIP}{{secret:path}}", self._answering(self._of_glitchtip), methods=["POST"]),
        ]

    async def _of_sentry(self, request: Request) -> list[Happening]:
        body = await _body(request)
        signatures = [shown for name in SIGNATURES for shown in request.headers.getlist(name)]
        if not is_signed(body, signatures, self._secrets):
            raise RefusedError(401, "unauthorized", "The signature is not that of this body by SENTRY_WEBHOOK_SECRET.")
        return happenings_in(body, request.headers.get(RESOURCE), time.time())

    async def _of_glitchtip(self, request: Request) -> list[Happening]:
        """GlitchTip signs nothing: whoever knows the path is believed."""
        shown = request.path_params["secret"].encode("utf-8", "replace")
        matches = [hmac.compare_digest(shown, secret) for secret in self._secrets]  # each is compared
        if not any(matches):
            raise RefusedError(401, "unauthorized", "The path ends with none of SENTRY_WEBHOOK_SECRET.")
        return attachments_in(await _body(request), time.time())

    def _answering(self, read: Callable[[Request], Awaitable[list[Happening]]]) -> Answer:
        async def answer(request: Request) -> Response:
            try:
                return await self._stored(await read(request))
            except NotJsonError as error:
                return _refused(RefusedError(400, "invalid_request", f"What was sent cannot be read: {error}."))
            except InboxError as error:
                _logger.warning("A webhook could not be kept: %s", error.message)
                headers = {"Retry-After": "1"}
                return _refused(RefusedError(503, error.error, f"{error.message} Nothing was kept.", headers=headers))
            except RefusedError as error:
                return _refused(error)

        return answer

    async def _stored(self, happenings: list[Happening]) -> Response:
        inbox = self._find_inbox()
        assert inbox is not None
        placed = [one if one.organization else replace(one, organization=self._organization) for one in happenings]
        stored = await inbox.store(placed, "webhook")
        return responded(200, {"alerts": [one.alert.id for one in stored]}, {})


async def _body(request: Request) -> bytes:
    """What is signed is its bytes."""
    try:
        return await body_of(request)
    except ClientDisconnect:
        raise RefusedError(400, "invalid_request", "The body did not come.") from None


def _refused(error: RefusedError) -> Response:
    note_outcome(str(error.body["error"]))
    return refused(error)
