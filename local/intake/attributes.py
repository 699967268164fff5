"""The attributes of spans and logs: bounded, clean, without secrets, by the names that they are searched by."""

import json
import re

from local.intake.cleaning import LONGEST_TEXT, clean_values, storable
from local.values import Json, mapping, text

Attribute = str | int | float
Attributes = dict[str, Attribute]

MOST_ATTRIBUTES = 200
"""Of one span or log."""

LONGEST_NAME = 200
"""Characters of an operation, a release, an environment, a user."""

# By what name of Sentry's an SDK's attribute is searched (https://getsentry.github.io/sentry-conventions/).
_NAMES = {
    "sentry.op": "span.op",
    "sentry.origin": "origin",
    "sentry.platform": "platform",
    "sentry.sdk.name": "sdk.name",
    "sentry.sdk.version": "sdk.version",
    "sentry.message.template": "message.template",
    "sentry.category": "span.category",
    "sentry.replay_id": "replay.id",
    "sentry.profile_id": "profile.id",
    "sentry.profiler_id": "profiler.id",
}
# How the SDK is set up, or what it says a second time.
_OMITTED = frozenset(
    {
        "sentry.sdk.integrations",
        "sentry.trace_lifecycle",
        "sentry.segment.name.source",
        "sentry.span.source",
        "sentry.source",
        "sentry.is_localhost",
        "sentry.severity_text",
        "sentry.severity_number",
    }
)
_PARAMETER = "sentry.message.parameter."

_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
_SPAN_ID = re.compile(r"(?!0{16})[0-9a-f]{16}")


def read_attributes(sent: Json) -> Attributes:
    """`{name: value}` or `{name: {"value", "type"}}` as text and numbers: truth becomes `true` or `false`, what is
    nested its JSON."""
    if not sent:
        return {}
    values = {_name(key): _value(value) for key, value in list(mapping(sent).items())[:MOST_ATTRIBUTES]}
    cleaned = clean_values(values)
    return {name: value for name, found in cleaned.items() if name and (value := _scalar(found)) is not None}


def take(attributes: Attributes, *names: str) -> str | None:
    """The first of these attributes that there is, as text; all of them are taken out."""
    found = [shown for name in names if (shown := text(attributes.pop(name, None)))]
    return found[0] if found else None


def short_text(value: Json, most: int = LONGEST_NAME) -> str | None:
    """Text that can be kept; None for what is empty or no text."""
    found = text(value)
    return storable(found[:most]) if found else None


def trace_id_of(value: Json) -> str | None:
    """32 hexadecimal digits, None for anything else."""
    found = value.replace("-", "").lower() if isinstance(value, str) else ""
    return found if _TRACE_ID.fullmatch(found) else None


def span_id_of(value: Json) -> str | None:
    """16 hexadecimal digits, None for anything else."""
    found = value.lower() if isinstance(value, str) else ""
    return found if _SPAN_ID.fullmatch(found) else None


def user_of(attributes: Attributes) -> str | None:
    """Who it is, by the first thing known of them, as in the tag `user` of an event."""
    for name, kind in (
        ("user.id", "id"),
        ("user.name", "username"),
        ("user.email", "email"),
        ("user.ip_address", "ip"),
    ):
        found = text(attributes.get(name))
        if found:
            return f"{kind}:{found}"[:LONGEST_NAME]
    return None


def _name(key: str) -> str:
    if key in _OMITTED:
        return ""
    if key.startswith(_PARAMETER):
        return key.removeprefix("sentry.")
    return _NAMES.get(key, key)


def _value(value: Json) -> Json:
    return mapping(value).get("value", value)  # pyright: ignore[reportUnknownVariableType]  # the untyped edge


def _scalar(value: Json) -> Attribute | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)[:LONGEST_TEXT] if value else None
    return None if value is None or value == "" else value
