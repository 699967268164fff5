"""Violations of a page's content security policy: which directive blocked what, from which file and line."""

import re
from collections.abc import Iterator

from sentry.values import Json
from views.kinds.reading import Facts, Kind, Occurred, fields, figure, text
from views.wording import joined

TOLD = """effective_directive violated_directive blocked_uri document_uri source_file line_number column_number
disposition original_policy script_sample""".split()
DEFAULTS = {
    "script-src-elem": "script-src", "script-src-attr": "script-src", "style-src-elem": "style-src",
    "style-src-attr": "style-src", "worker-src": "child-src", "frame-src": "child-src", "child-src": "script-src",
}  # fmt: skip
"""What a browser goes by where a policy lacks a directive; at last default-src. https://www.w3.org/TR/CSP3/"""


def _facts(occurred: Occurred) -> Facts | None:
    report = fields(occurred.event.entry("csp"))
    report = fields(report.get("csp_report")) or report  # as the browser wrote it
    directive = (text(report.get("effective_directive")) or text(report.get("violated_directive")) or "").split(" ")[0]
    if not directive and not report.get("blocked_uri"):
        return None
    place = [text(report.get("source_file"))]
    place += [f"{at:.0f}" for name in ("line_number", "column_number") if (at := figure(report.get(name))) is not None]
    only_told = " (report only: nothing was blocked)" if report.get("disposition") == "report" else ""
    matching, others = _policy(text(report.get("original_policy")) or "", directive)
    return {
        "Directive": f"{directive}{only_told}",
        "Blocked": text(report.get("blocked_uri")),
        "From": joined(place, ":") if place[0] else None,
        "Page": text(report.get("document_uri")),
        "Sample": text(report.get("script_sample")),
        "Policy": matching,
        "Rest of the policy": others,
        **{name: value for name, value in report.items() if name not in TOLD and _is_told(value)},
    }


def _policy(policy: str, directive: str) -> tuple[str, str]:
    """The directive that was violated, as the policy has it, and the others."""
    directives = [stripped for one in policy.split(";") if (stripped := one.strip())]
    for name in _fallbacks(directive):
        matching = [one for one in directives if one.partition(" ")[0].lower() == name.lower()]
        if matching:
            return matching[0], "; ".join(one for one in directives if one is not matching[0])
    return "", "; ".join(directives)


def _fallbacks(directive: str) -> Iterator[str]:
    name: str | None = directive
    while name:
        yield name
        name = DEFAULTS.get(name)
    yield "default-src"


def _is_told(value: Json) -> bool:
    return value not in (None, "", [], {})


KIND = Kind(_facts, entry="csp", tags=re.compile(r"(effective|violated)-directive|blocked-uri|logger|url"))
