"""Checks that failed: scheduled jobs (crons) and addresses that are watched (uptime)."""

import re

from sentry.values import Json, as_list
from views.kinds.reading import (
    OF_DETECTOR,
    Facts,
    Kind,
    Occurred,
    fields,
    figure,
    first_rows,
    milliseconds,
    number_words,
    seconds,
    text,
)
from views.wording import joined

SCHEDULE_TYPES = {"1": "crontab", "2": "interval"}
"""Of a monitor's configuration: getsentry/sentry, src/sentry/monitors/models.py, ScheduleType."""
_REASONS = ("check_status_reason", "status_reason", "reason", "check_status", "status")


def _cron(occurred: Occurred) -> Facts | None:
    monitor = occurred.context("monitor")
    config = fields(monitor.get("config"))
    if not monitor:
        return None
    margin, longest = (figure(config.get(name)) for name in ("checkin_margin", "max_runtime"))
    allowed = [
        f"may be {margin:g} min late" if margin else None,
        f"may run {longest:g} min" if longest else None,
        f"fails after {threshold:g} in a row" if (threshold := figure(config.get("failure_issue_threshold"))) else None,
    ]
    return {
        "Monitor": text(monitor.get("name") or monitor.get("slug")),
        "Slug": text(monitor.get("slug")) if monitor.get("name") else None,
        "Schedule": joined([_schedule(config), *allowed], "; "),
    }


def _schedule(config: dict[str, Json]) -> str:
    if every := _interval(as_list(config.get("schedule")) or []):
        return every
    said = text(config.get("schedule"))
    kind = text(config.get("schedule_type")) or ""
    return joined([SCHEDULE_TYPES.get(kind, kind) if said else None, said, text(config.get("timezone"))], " ")


def _interval(schedule: list[Json]) -> str | None:
    """Of `[6, "hour"]`."""
    many, unit = (figure(schedule[0]), schedule[1]) if len(schedule) == 2 else (None, None)
    if not many or many < 0 or not isinstance(unit, str) or not unit:
        return None
    return f"every {number_words(many)} {text(unit)}{'' if many == 1 else 's'}"


def _uptime(occurred: Occurred) -> Facts | None:
    context = occurred.context("uptime")
    watched = [fields(source.get("query_obj")) for source in first_rows(occurred.data.get("data_sources"))]
    urls = [one for one in watched if "url" in one]
    found = {**(urls[0] if urls else {}), **context}
    if "url" not in found and not context:
        return None
    reason = fields(context.get("status_reason"))
    took, code = figure(found.get("duration_ms")), found.get("http_status_code") or found.get("status_code")
    return {
        "Failure reason": joined([text(reason.get("type")), text(reason.get("description"))], " - ")
        or next((said for name in _REASONS if (said := text(context.get(name)))), None),
        "URL": text(found.get("url")),
        "Method": text(found.get("method")),
        "Status Code": text(code),
        "Region": text(found.get("region_name") or found.get("region")),
        "Duration": milliseconds(took) if took is not None else None,
        "Checked": f"every {every}" if (every := seconds(found.get("interval_seconds"))) else None,
    }


CRON = Kind(
    _cron,
    display=frozenset({"Environment"}),  # which is that of the event
    data=OF_DETECTOR,
    contexts={"monitor": frozenset("name slug status config id type".split())},
    tags=re.compile(r"monitor\.(slug|id|incident)"),
)
UPTIME = Kind(
    _uptime,
    data=OF_DETECTOR,
    contexts={
        "uptime": frozenset(
            """status_reason check_status_reason reason url method check_status status http_status_code status_code
            region_name region duration_ms interval_seconds""".split()
        )
    },
    tags=re.compile("uptime_rule"),
)
