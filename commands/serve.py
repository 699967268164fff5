"""Serving: over stdio or streamable HTTP, over a real Sentry or the embedded one."""

import argparse
import gc
import sys

from application import Application
from commands.stdio import serve_stdio
from opening import OpenClient
from settings import Settings

GARBAGE = 20_000, 20, 50
"""Containers that are made between two looks for garbage (gc.set_threshold). Sentry's answers are trees, which go as
soon as nobody refers to them: to look through them for cycles took longer than to read them."""

SWITCH = 0.0002
"""Seconds for which one thread may keep the others waiting (sys.setswitchinterval). The one that hears a host waits for
its turn several times a line: with Python's 5 ms a ping took a tenth of a second longer while an answer was read."""


def serve(options: argparse.Namespace, settings: Settings) -> int:
    """Until the host goes or a signal comes; the exit code. Raises SettingsError when it cannot be started."""
    gc.disable()
    channel = None
    if options.channel:
        from commands.channel import Channel

        channel = Channel()
    application = Application(settings, _embedded(options, settings) if options.local else None, channel)
    gc.freeze()  # all that was made so far stays: no collection need look at it again
    gc.set_threshold(*GARBAGE)
    gc.enable()
    sys.setswitchinterval(SWITCH)
    if options.http:
        port = settings.http_port if options.port is None else options.port
        from commands.over_http import serve_http

        return serve_http(
            application,
            options.host or settings.http_host,
            port,
            reachable=settings.knows_callers,
            is_of_anybody=not settings.knows_callers and not options.local,
            trusted_proxies=settings.trusted_proxies,
        )
    return serve_stdio(application.server.run_stdio_async)


def _embedded(options: argparse.Namespace, settings: Settings) -> OpenClient:
    from commands.embedded import embedded
    from local import Retention, Webhook

    default = Retention()
    retention = Retention(
        options.keep_days or default.days, options.keep_events or default.events_of_issue, options.keep_mb
    )
    webhook = None
    if options.webhook:
        webhook = Webhook(options.webhook, settings.webhook_secrets[0].get_secret_value())  # the newest, with several
    return embedded(
        options.data, settings.ingest_port, show_token=options.show_token, webhook=webhook, retention=retention
    )
