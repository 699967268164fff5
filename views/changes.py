"""What was done with an issue, in words: a line for each type of entry of its history that tells something."""

from collections.abc import Callable, Iterable
from typing import Any

from sentry.models import Activity, Actor
from sentry.values import as_list, as_object
from views.bounds import number, raw, short_id
from views.wording import counted, joined, until_when

SENTRY = "Sentry"
BY_ANYBODY = ("assigned", "set_ignored", "set_resolved", "set_resolved_in_release", "set_unresolved", "unassigned")
"""Changes that Sentry makes by itself as well as people do: then it is said to have."""
VIA = {
    "projectOwnership": "by an ownership rule",
    "codeowners": "by CODEOWNERS",
    "suspectCommitter": "as author of a suspect commit",
    "slack": "via Slack",
    "msteams": "via Microsoft Teams",
}
"""How an issue came to be assigned (`integration` in the entry)."""

SNOOZE = {
    "count": "ignoreCount",
    "window": "ignoreWindow",
    "user_count": "ignoreUserCount",
    "user_window": "ignoreUserWindow",
    "until": "ignoreUntil",
}
"""The conditions of an issue that was ignored, by the names that an entry on their end has for them."""

Names = dict[tuple[str, str], Actor]
"""Users and teams by their type and ID."""


def change(one: Activity, names: Names) -> str | None:
    """`resolved in release shop@1.5.0`; None where the entry says nothing of what people did, or what became of it."""
    told = CHANGES.get(one.type)
    return told(one, names) if told else None


def by_whom(one: Activity) -> str | None:
    """Who made the change; None where nobody could but Sentry."""
    by_itself = one.type in BY_ANYBODY and not _via(one.data)
    return who(one) or (SENTRY if by_itself else None)


def who(one: Activity) -> str | None:
    """A member, or the integration in whose name one acted."""
    if one.sentry_app and (name := raw(one.sentry_app.name)):
        return f"{name} (integration)"
    return _name(one.user)


def names_in(assigned_to: Actor | None, rows: Iterable[Activity]) -> Names:
    """Those that entries may mean by an ID alone."""
    return {(found.type or "user", found.id): found for found in (assigned_to, *(one.user for one in rows)) if found}


def _name(found: Actor | None) -> str | None:
    return raw(found.name or found.email or f"user {found.id}") if found else None


def _via(data: dict[str, Any]) -> str | None:
    if provider := raw(data.get("provider")):
        return f"via {provider}"
    return VIA.get(str(data.get("integration")))


# What each type of entry tells (Sentry's ActivityType and its pages on an issue's activity).


def _resolved(one: Activity, _: Names) -> str:
    return joined(["resolved", _via(one.data)], " ")


def _resolved_in_release(one: Activity, _: Names) -> str:
    """Sentry writes the version of the next release into the entry once there is one."""
    if version := raw(one.data.get("version")):
        return joined([f"resolved in release {version}", _via(one.data)], " ")
    current = raw(one.data.get("current_release_version"))
    return joined(["resolved in the next release", f"after {current}" if current else None, _via(one.data)], " ")


def _resolved_in_commit(one: Activity, _: Names) -> str:
    return f"resolved in {_commit(one.data)}"


def _named_in_commit(one: Activity, _: Names) -> str:
    return f"named in {_commit(one.data)}"


def _commit(data: dict[str, Any]) -> str:
    """`commit 1f3a5c7d9e1f of acme/shop, in release shop@1.5.0: Price by currency`."""
    found = as_object(data.get("commit")) or {}
    repository = raw((as_object(found.get("repository")) or {}).get("name"))
    releases = [raw(row.get("version")) for row in map(as_object, as_list(found.get("releases")) or []) if row]
    message = raw(str(found.get("message") or "").partition("\n")[0])
    named = joined(
        [
            f"commit {(raw(found.get('id')) or '?')[:12]}" if found else "a commit",
            f"of {repository}" if repository else None,
            f"in release {releases[0]}" if releases and releases[0] else None,
        ],
        " ",
    )
    return f"{named} ({message})" if message else named


def _pull_request(words: str) -> "Callable[[Activity, Names], str]":
    def told(one: Activity, _: Names) -> str:
        found = as_object(one.data.get("pullRequest")) or {}
        repository = raw((as_object(found.get("repository")) or {}).get("name"))
        identifier, title = raw(found.get("id")), raw(found.get("title"))
        named = f"pull request {repository or ''}#{identifier}" if identifier else "a pull request"
        return f"{words} {named} ({title})" if title else f"{words} {named}"

    return told


def _unresolved(one: Activity, _: Names) -> str:
    return joined(["marked as unresolved", _via(one.data)], " ")


def _regressed(one: Activity, _: Names) -> str:
    release, resolved = raw(one.data.get("version")), raw(one.data.get("resolved_in_version"))
    was = f"(resolved in {resolved})" if resolved else None
    return joined(["regressed", f"in release {release}" if release else None, was], " ")


def _escalated(one: Activity, _: Names) -> str:
    if forecast := number(one.data.get("forecast")):
        return f"escalated: more than {counted(forecast, 'event')} in an hour"
    snooze = as_object(one.data.get("expired_snooze")) or {}
    until = until_when({condition: snooze.get(name) for name, condition in SNOOZE.items()})
    return f"escalated: it was ignored {until}" if until else "escalated"


def _ignored(one: Activity, _: Names) -> str:
    escalating = "until it escalates" if one.data.get("ignoreUntilEscalating") else "for ever"
    return f"ignored {until_when(one.data) or escalating}"


def _assigned(one: Activity, names: Names) -> str:
    data = one.data
    kind, identifier = str(data.get("assigneeType") or "user"), str(data.get("assignee"))
    if one.user and kind == "user" and one.user.id == identifier:
        whom = "themselves"
    else:
        told = raw(data.get("assigneeName")) or _name(names.get((kind, identifier))) or raw(data.get("assigneeEmail"))
        whom = joined(["team" if kind == "team" else None, told or f"{raw(data.get('assignee')) or '?'}"], " ")
    return joined([f"assigned to {whom}", _via(data)], " ")


def _ranked(one: Activity, _: Names) -> str | None:
    """By a person: Sentry itself ranks each issue as it comes."""
    priority = raw(one.data.get("priority"))
    return f"priority set to {priority}" if priority and one.user else None


def _merged(one: Activity, _: Names) -> str | None:
    issues = as_list(one.data.get("issues"))
    return f"{counted(len(issues), 'issue')} merged into it" if issues else None


def _split(words: str, end: str) -> "Callable[[Activity, Names], str]":
    """Which issue stands at one end of the entry, which at the other: `source`, `destination`."""

    def told(one: Activity, _: Names) -> str:
        other = as_object(one.data.get(end)) or {}
        return f"{words} {short_id(other.get('shortId')) or 'another issue'}"

    return told


def _linked(one: Activity, _: Names) -> str:
    data = one.data
    where = joined([raw(data.get("title")), raw(data.get("location"))], " ")
    return joined(
        ["linked to an issue", f"of {provider}" if (provider := raw(data.get("provider"))) else None], " "
    ) + (f": {where}" if where else "")


CHANGES: "dict[str, Callable[[Activity, Names], str | None]]" = {
    "set_resolved": _resolved,
    "set_resolved_by_age": lambda one, names: "resolved by Sentry, as it was not seen for long",
    "set_resolved_in_release": _resolved_in_release,
    "set_resolved_in_commit": _resolved_in_commit,
    "set_resolved_in_pull_request": _pull_request("to be resolved by"),
    "pull_request_merged": _pull_request("merged"),
    "pull_request_closed": _pull_request("closed unmerged:"),
    "referenced_in_commit": _named_in_commit,
    "set_unresolved": _unresolved,
    "set_regression": _regressed,
    "set_escalating": _escalated,
    "set_ignored": _ignored,
    "assigned": _assigned,
    "unassigned": lambda one, names: "unassigned",
    "set_priority": _ranked,
    "merge": _merged,
    "unmerge_source": _split("events moved to", "destination"),
    "unmerge_destination": _split("events moved here from", "source"),
    "create_issue": _linked,
}
