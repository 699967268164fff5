"""Clicks that did nothing (rage and dead clicks) and other finds of replays: on what, on which page."""

import re

from sentry.values import as_object
from views.kinds.reading import Facts, Kind, Occurred, fields, text

TELLING = ("id", "class", "role", "aria-label", "title", "type", "name", "href", "data-testid", "testId", "alt")
"""Attributes that help to find an element in the source."""

OF_PASSWORD = ("id", "class", "type", "name")
"""The same of a field for a password: pages write hints and what was typed into the others."""


def _facts(occurred: Occurred) -> Facts | None:
    replay = occurred.context("replay").get("replay_id")
    selector = occurred.data.get("selector")
    if not (replay or selector) or occurred.context("feedback"):
        return None
    node = fields(occurred.data.get("node"))
    attributes = as_object(node.get("attributes")) or {}
    secret = str(attributes.get("type")).strip().lower() == "password"
    telling = OF_PASSWORD if secret else TELLING
    return {
        "Selector Path": text(selector),
        "Element": text({name: attributes[name] for name in telling if attributes.get(name)}),
        "Text": text(node.get("text_content")) if not secret else None,
        "URL": text(occurred.event.tag("url")),
        "Replay": text(replay),
    }


KIND = Kind(
    _facts,
    data=frozenset("selector node replay_id".split()),
    contexts={"replay": frozenset({"replay_id"})},
    tags=re.compile("replayId|url"),
)
