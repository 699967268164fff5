"""An embedded Sentry: takes in what SDKs send, groups it into issues, answers the part of Sentry's Web API we
use.

For a first run, for tests, and for a developer's own machine with no Sentry.
"""

from local.app import create_app
from local.retention import Retention
from local.serving import Embedded, serve
from local.store import ALL_SCOPES, Store
from local.webhooks import Webhook

__all__ = ["ALL_SCOPES", "Embedded", "Retention", "Store", "Webhook", "create_app", "serve"]
