"""Whether a body is Sentry's own. Pure.

Signed is the body alone, as it was sent: neither `Sentry-Hook-Timestamp` nor `Request-ID` says anything that can be
relied upon. https://docs.sentry.io/integrations/integration-platform/webhooks/#verifying-the-signature
"""

import hashlib
import hmac
from collections.abc import Iterable

SIGNATURES = ("sentry-hook-signature", "x-servicehook-signature")
"""Headers: of an integration's webhooks, and of the older service hooks."""


def is_signed(body: bytes, signatures: Iterable[str], secrets: Iterable[bytes]) -> bool:
    """Whether one of the signatures is the body's, by one of the secrets: several, while one replaces another."""
    shown = [signature.strip().lower().encode("latin-1", "replace") for signature in signatures]
    made = [hmac.new(secret, body, hashlib.sha256).hexdigest().encode() for secret in secrets]
    matches = [hmac.compare_digest(one, other) for one in shown for other in made]  # each is compared
    return any(matches)
