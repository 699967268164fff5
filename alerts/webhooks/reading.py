"""What a body tells that Sentry or GlitchTip has sent. Pure, and it refuses nothing that is signed: what is not known
is kept under its own name."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from alerts.alert import WORK, Happening, Kind
from alerts.texts import text_in
from sentry.identifiers import EVENT_ID, NUMERIC, SHORT_ID, is_slug
from sentry.values import Json, as_list, as_object, objects

ISSUE = re.compile(r"/issues/([0-9]{1,20})(?:/|$)")
API_PROJECT = re.compile(r"/api/0/projects/([^/]+)/([^/]+)/")
PAGE = re.compile(r"^/organizations/([^/]+)/")
OLD_PAGE = re.compile(r"^/([^/]+)/([^/]+)/issues/")
"""Of Sentry up to 9: organization and project; GlitchTip's pages have the organization alone before `issues`."""

ACTIONS = {
    "created": Kind.CREATED,
    "resolved": Kind.RESOLVED,
    "ignored": Kind.ARCHIVED,
    "archived": Kind.ARCHIVED,
    "assigned": Kind.ASSIGNED,
}
BY_SUBSTATUS = {"escalating": Kind.ESCALATING, "regressed": Kind.REGRESSED}


class NotJsonError(ValueError):
    """The body is no JSON object."""


def happenings_in(body: bytes, resource: str | None, received: float) -> list[Happening]:
    """What a webhook tells, of the kind in `Sentry-Hook-Resource`; None is a service hook's. Raises NotJsonError."""
    content = _content(body)
    action, data = text_in(content.get("action")), as_object(content.get("data")) or {}
    if resource is None:
        return [_service_hook(content, received)]
    read = _READ.get(resource)
    try:
        found = read(data, action, content) if read is not None else None
    except Exception:  # noqa: BLE001 - Sentry sends nothing again: what a bug of ours cannot read is kept all the same
        found = None
    if found is None:
        about = f"{text_in(resource)}:{_digest(body)}"
        kind = _KINDS.get(resource, Kind.OTHER)
        issue = _number(as_object(data.get("issue")) or {}, "id") or _number(data, "issue_id", "group_id")
        place = _place(as_object(data.get("issue")) or data)
        found = {"kind": kind, "about": about, "issue": issue, **place}
    return [_happening(found, f"{text_in(resource)} {action}".strip(), received)]


def attachments_in(body: bytes, received: float) -> list[Happening]:
    """What GlitchTip tells, in Slack's form: an attachment of each issue. Raises NotJsonError."""
    content = _content(body)
    found = [_attachment(one, received) for one in objects(content.get("attachments"))[:50]]
    return found or [
        _happening(
            {"kind": Kind.OTHER, "about": f"glitchtip:{_digest(body)}"},
            text_in(content.get("text")),
            received,
        )
    ]


def _content(body: bytes) -> dict[str, Any]:
    try:
        content = as_object(json.loads(body))
    except (ValueError, RecursionError):
        content = None
    if content is None:
        raise NotJsonError("the body is no JSON object")
    return content


def _of_issue(data: dict[str, Any], action: str, content: dict[str, Any]) -> dict[str, Any] | None:
    issue = as_object(data.get("issue")) or {}
    number = _number(issue, "id")
    if not number:
        return None
    kind = ACTIONS.get(action)
    if action == "unresolved":
        is_by_somebody = (as_object(content.get("actor")) or {}).get("type") == "user"
        kind = BY_SUBSTATUS.get(text_in(issue.get("substatus")), Kind.REOPENED if is_by_somebody else Kind.REGRESSED)
    return {
        **_issue(issue, number),
        "kind": kind or Kind.OTHER,
        "rule": "" if kind else action,
        "happened": _moment(issue.get("firstSeen" if kind == Kind.CREATED else "lastSeen")),
    }


def _of_rule(data: dict[str, Any], action: str, content: dict[str, Any]) -> dict[str, Any] | None:
    if action != "triggered":  # nor is what says of itself that it is something else: its kind is not signed
        return None
    event, issue = as_object(data.get("event")) or {}, as_object(data.get("issue")) or {}
    rule = text_in(data.get("triggered_rule")) or "alert rule"
    if number := _number(issue, "id"):  # an alert upon what became of an issue
        return {**_issue(issue, number), "kind": Kind.RULE, "rule": rule, "happened": _moment(issue.get("lastSeen"))}
    found = _of_event(event)
    return {**found, "kind": Kind.RULE, "rule": rule} if found else None


def _of_error(data: dict[str, Any], action: str, content: dict[str, Any]) -> dict[str, Any] | None:
    found = _of_event(as_object(data.get("error")) or {})
    return {**found, "kind": Kind.ERROR} if found else None


def _of_event(event: dict[str, Any]) -> dict[str, Any] | None:
    """An event as it was taken in: its project is a number, its tags are pairs."""
    links = [text_in(event.get(name), 2_000) for name in ("issue_url", "web_url", "url")]
    number = _number(event, "issue_id") or next((found[1] for link in links if (found := ISSUE.search(link))), "")
    if not number:
        return None
    received = event.get("received")
    return {
        **_place(event),
        "about": f"issue:{number}",
        "issue": number,
        "event": _event_id(event.get("event_id")),
        "level": text_in(event.get("level"), 20),
        "title": text_in(event.get("title")),
        "url": links[1],
        "happened": received if isinstance(received, float | int) else _moment(event.get("datetime")),
    }


def _of_metric(data: dict[str, Any], action: str, content: dict[str, Any]) -> dict[str, Any] | None:
    incident = as_object(data.get("metric_alert")) or {}
    number = _number(incident, "id", "identifier")
    if not number:
        return None
    rule = as_object(incident.get("alert_rule")) or {}
    projects = [name for name in as_list(rule.get("projects")) or [] if isinstance(name, str) and is_slug(name)]
    is_over = action == "resolved"
    moment = incident.get("date_closed") if is_over else incident.get("date_started") or incident.get("date_detected")
    return {
        **_place(data),
        **({"project": projects[0]} if len(projects) == 1 else {}),
        "kind": Kind.RESOLVED if is_over else Kind.METRIC,
        "about": f"metric:{number}",
        "rule": text_in(rule.get("name") or incident.get("title")),
        "level": action,
        "title": text_in(data.get("description_title") or incident.get("title")),
        "url": text_in(data.get("web_url"), 2_000),
        "happened": _moment(moment),
    }


def _of_comment(data: dict[str, Any], action: str, content: dict[str, Any]) -> dict[str, Any] | None:
    number, issue = _number(data, "comment_id"), _number(data, "issue_id")
    if not number:
        return None
    project = data.get("project_slug")
    return {
        "kind": Kind.COMMENT,
        "about": f"comment:{number}",
        "rule": action,
        "issue": issue,
        "project": project if isinstance(project, str) and is_slug(project) else "",
        "title": text_in(data.get("comment")),
        "happened": _moment(data.get("timestamp")),
    }


_READ: dict[str, Callable[[dict[str, Any], str, dict[str, Any]], dict[str, Any] | None]] = {
    "issue": _of_issue,
    "event_alert": _of_rule,
    "activity_alert": _of_rule,
    "metric_alert": _of_metric,
    "error": _of_error,
    "comment": _of_comment,
}
_KINDS = {
    "installation": Kind.INSTALLATION,
    "seer": Kind.SEER,
    "preprod_artifact": Kind.BUILD,
    "size_analysis": Kind.BUILD,
    "comment": Kind.COMMENT,
}


def _service_hook(content: dict[str, Any], received: float) -> Happening:
    """https://docs.sentry.io/api/projects/ has them as `hooks`: `project`, `group`, `event`."""
    group, event = as_object(content.get("group")) or {}, as_object(content.get("event")) or {}
    number = _number(group, "id") or _number(event, "groupID")
    if not number:
        about = f"hook:{_digest(json.dumps(content, sort_keys=True).encode())}"
        return _happening({"kind": Kind.OTHER, "about": about}, "service hook", received)
    found = {
        **_issue({**group, "project": group.get("project") or content.get("project")}, number),
        "kind": Kind.RULE,
        "rule": "service hook",
        "event": _event_id(event.get("eventID")),
        "happened": _moment(event.get("dateReceived") or event.get("dateCreated") or group.get("lastSeen")),
    }
    return _happening(found, "service hook", received)


def _attachment(one: dict[str, Any], received: float) -> Happening:
    link = text_in(one.get("title_link"), 2_000)
    place = _path(link)
    number = found[1] if (found := ISSUE.search(place)) else ""
    named = {text_in(row.get("title")).lower(): text_in(row.get("value")) for row in objects(one.get("fields"))[:20]}
    organization, project = place.split("/")[1:2], named.get("project", "")
    digest = _digest(json.dumps(one, sort_keys=True).encode())
    told: dict[str, Any] = {
        "kind": Kind.RULE if number else Kind.OTHER,
        "about": f"issue:{number}" if number else f"glitchtip:{digest}",
        "rule": "GlitchTip" if number else "",
        "issue": number,
        "organization": organization[0] if number and organization and is_slug(organization[0]) else "",
        "project": project if is_slug(project) else "",
        "title": text_in(one.get("title")),
        "url": link,
    }
    return _happening(told, "GlitchTip alert", received)


def _issue(issue: dict[str, Any], number: str) -> dict[str, Any]:
    short_id = issue.get("shortId")
    return {
        **_place(issue),
        "about": f"issue:{number}",
        "issue": number,
        "short_id": short_id if isinstance(short_id, str) and SHORT_ID.fullmatch(short_id) else "",
        "level": text_in(issue.get("level"), 20),
        "title": text_in(issue.get("title")),
        "url": text_in(issue.get("web_url") or issue.get("permalink"), 2_000),
    }


def _place(of: dict[str, Any]) -> dict[str, str]:
    """The organization and the project, as far as an issue, an event, or its links say."""
    project = of.get("project")
    slug = (as_object(project) or {}).get("slug", project)
    found = {"project": slug} if isinstance(slug, str) and is_slug(slug) and not NUMERIC.fullmatch(slug) else {}
    for name in ("project_url", "url", "web_url", "issue_url", "permalink"):
        path = f"{_path(text_in(of.get(name), 2_000)).rstrip('/')}/"
        both = API_PROJECT.search(path) or OLD_PAGE.search(path)
        one = PAGE.search(path)
        if both and is_slug(both[1]) and is_slug(both[2]) and both[1] != "organizations":
            found = {"organization": both[1], "project": both[2], **found}
        elif one and is_slug(one[1]):
            found = {"organization": one[1], **found}
    return found


def _digest(content: bytes) -> str:
    """What says nothing of what it is about is known again by what it is."""
    return hashlib.sha256(content).hexdigest()[:32]


def _path(link: str) -> str:
    """Of a web page's address; empty for what is none."""
    try:
        return urlsplit(link).path if link.startswith(("https://", "http://")) else ""
    except ValueError:  # such as http://[x
        return ""


def _happening(found: dict[str, Any], said: str, received: float) -> Happening:
    happened = found.pop("happened", None)
    is_known = isinstance(happened, float | int) and 0 < happened < received
    is_work = found["kind"] in WORK
    return Happening(**found, said=said, happened=float(happened) if is_known else received, is_work=is_work)


def _number(of: dict[str, Any], *names: str) -> str:
    """The first of these that is an ID."""
    for name in names:
        value = of.get(name)
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if isinstance(text, str) and NUMERIC.fullmatch(text):
            return text
    return ""


def _event_id(value: Json) -> str:
    return value.replace("-", "").lower() if isinstance(value, str) and EVENT_ID.fullmatch(value) else ""


def _moment(value: Json) -> float | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError):
        return None
