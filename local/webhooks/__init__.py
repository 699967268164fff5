"""What the embedded Sentry sends by itself, as Sentry does for an internal integration: signed, and never again where
it was not taken. https://docs.sentry.io/integrations/integration-platform/webhooks/
"""

from local.webhooks.rule import Rule
from local.webhooks.webhook import Webhook

__all__ = ["Rule", "Webhook"]
