"""Where webhooks go, and how they are signed. Pure."""

import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field

from local.values import Json
from local.webhooks.rule import Rule


@dataclass(frozen=True)
class Webhook:
    """`url` takes them, http or https; `secret` is what Sentry calls the integration's Client Secret."""

    url: str
    secret: str = field(repr=False)
    rule: Rule = field(default_factory=Rule)


def signed(secret: str, resource: str, content: dict[str, Json], moment: int) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of one webhook, sent at `moment` (ms). Signed is the body alone.

    https://docs.sentry.io/integrations/integration-platform/webhooks/#request-headers
    """
    body = json.dumps(content, separators=(",", ":")).encode()  # what is not ASCII is escaped, as Sentry does
    return body, {
        "User-Agent": "sentry/local",
        "Request-ID": uuid.uuid4().hex,
        "Content-Type": "application/json",
        "Sentry-Hook-Resource": resource,
        "Sentry-Hook-Timestamp": str(moment // 1000),
        "Sentry-Hook-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }
