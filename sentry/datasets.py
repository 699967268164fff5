"""What Explore can be asked for, dataset by dataset: columns, functions, what is meant where nothing is said. Pure.

https://docs.sentry.io/api/explore/query-explore-events-in-table-format/ and
https://docs.sentry.io/concepts/search/searchable-properties/. A name that is not here may be a tag or an attribute.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sentry.errors import InvalidRequestError
from sentry.paths import quoted
from sentry.search import OPERATORS, terms
from sentry.search_terms import KEYED

Dataset = Literal["errors", "logs", "spans"]

SEVERITIES = ("trace", "debug", "info", "warn", "error", "fatal")
"""Of logs; errors have levels."""
MOST_FIELDS = 20
"""That one question takes, with the one it is sorted by."""
LONGEST_OF_LOGS = "30d"
"""The longest period of logs that Sentry answers in full."""
EQUATION = "equation|"

_FUNCTION = re.compile(r"([a-z][a-z0-9_]{0,60})\((.*)\)", re.DOTALL)
_OF_GROUPS = re.compile(r"[(!]*(([a-z][a-z0-9_]{0,60})\(.*?\)):.+", re.DOTALL)
_NAME = re.compile(r" *([A-Za-z][A-Za-z0-9_.-]{0,199}) *(?:,.*)?", re.DOTALL)
"""The first argument of a function, where it names a column: the others are values."""
_TAG = re.compile(r"(?:tags|flags)\[.+\]", re.DOTALL)
_OFFERED = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,59}|tags\[[A-Za-z][A-Za-z0-9_.-]{0,59}(?:,[a-z]{1,10})?\]")
"""Names that may stand in words of ours: whoever sends events names tags."""
_PROJECT_KEYS = ("project", "project.name", "project.slug", "project.id")
OF_ISSUES = ("is", "assigned", "assigned_or_suggested", "bookmarks", "firstSeen", "lastSeen", "timesSeen", "age")
"""Keys that are of issues, and of no event."""
_OF_ALL = ("count", "epm", "eps", "failure_rate", "failure_count", "last_seen", "first_seen")
"""Functions that need no column."""
_OF_SOME = ("any", "percentile", "last_seen", "first_seen")
"""Functions that some kinds of Sentry have in all datasets: they are neither doubted nor offered."""
_AGGREGATES = "count count_unique sum avg min max p50 p75 p90 p95 p99 p100".split()


@dataclass(frozen=True)
class Known:
    """`fields` are what rows tell where none are asked for; `category` is how Sentry's statistics call what is taken
    in (https://docs.sentry.io/api/organizations/retrieve-event-counts-for-an-organization-v2/)."""

    fields: tuple[str, ...]
    columns: frozenset[str]
    functions: tuple[str, ...]
    category: str


_ANY = "id title timestamp project project.id project.name trace environment release user user.id user.email".split()
_ERRORS = """issue issue.id message level culprit transaction error.type error.value error.handled error.unhandled
    error.mechanism dist platform platform.name user.username user.ip user.display url http.method http.status_code
    http.url http.referer stack.filename stack.function stack.module stack.lineno stack.abs_path os.name os os.build
    browser browser.name device device.family device.model geo.country_code geo.city geo.region sdk.name sdk.version
    location logger server_name runtime runtime.name event.type type span_id trace.span profile.id replayId""".split()
_LOGS = """sentry.item_id timestamp_precise severity severity_number message message.template span_id
    trace.parent_span_id observed_timestamp payload_size sdk.name sdk.version browser.name origin""".split()
_SPANS = """parent_span span.op span.name span.description span.duration span.self_time span.status span.status_code
    span.category span.action span.domain span.group transaction is_transaction transaction.span_id
    transaction.event_id transaction.method transaction.op replay.id profile.id http.request.method
    http.response.status_code db.system measurements.lcp measurements.cls measurements.inp measurements.fcp
    measurements.ttfb user.username user.ip user.geo.country_code sdk.name sdk.version span.system trace.status
    precise.start_ts precise.finish_ts device.class browser.name os.name cache.hit url gen_ai.request.model
    gen_ai.usage.input_tokens gen_ai.usage.output_tokens gen_ai.usage.total_tokens messaging.destination.name""".split()

KNOWN: dict[Dataset, Known] = {
    "errors": Known(
        ("id", "issue", "title", "timestamp", "project", "release", "environment", "user", "trace"),
        frozenset((*_ANY, *_ERRORS)),
        (*_AGGREGATES[:2], "count_if", "last_seen", "first_seen", "epm", "eps", "any", "min", "max"),
        "error",
    ),
    "logs": Known(
        ("sentry.item_id", "timestamp", "severity", "message", "project", "trace"),
        frozenset((*_ANY, *_LOGS)),
        tuple(_AGGREGATES),
        "log_item",
    ),
    "spans": Known(
        ("id", "timestamp", "span.op", "span.description", "span.duration", "transaction", "project", "trace"),
        frozenset((*_ANY, *_SPANS)),
        (*_AGGREGATES, "count_if", "epm", "eps", "failure_rate", "failure_count"),
        "span",
    ),
}


def is_function(field: str) -> bool:
    """Whether it counts or computes over many events: `count()`, `p95(span.duration)`, `equation|a / b`."""
    return field.startswith(EQUATION) or _FUNCTION.fullmatch(field) is not None


def in_question(fields: Sequence[str], sort: str | None, dataset: Dataset) -> tuple[list[str], str]:
    """The fields to ask for and what to sort by, which Sentry takes of the fields alone: by the first function, the
    most first, else by time, the newest first. Raises InvalidRequestError."""
    given = list(dict.fromkeys(field.strip() for field in fields if field.strip()))
    asked = given or list(KNOWN[dataset].fields)
    functions = [field for field in asked if is_function(field)]
    sortable = next((field for field in functions if not field.startswith(EQUATION)), None)
    chosen = (sort or "").strip() or f"-{sortable or (functions or asked)[0] if functions else 'timestamp'}"
    by = chosen.removeprefix("-")
    if by.startswith(EQUATION):
        raise InvalidRequestError("Sentry does not sort by an equation. Sort by one of the other fields.")
    if by not in asked:
        _refuse_other_groups(by, given, functions)
        asked.append(by)
    if len(asked) > MOST_FIELDS:
        raise InvalidRequestError(
            f"These are {len(asked)} fields{', with the one to sort by' if by not in fields else ''}; "
            f"Sentry takes up to {MOST_FIELDS}. Ask for fewer."
        )
    return asked, chosen


def _refuse_other_groups(by: str, given: list[str], functions: list[str]) -> None:
    """Since what is sorted by is added to the fields: a column would then be counted by, and a function count what was
    to be listed. Raises InvalidRequestError."""
    if functions and not is_function(by):
        sortable = next((field for field in functions if not field.startswith(EQUATION)), given[0])
        raise InvalidRequestError(
            f"sort={quoted(by)} is none of the fields: each of its values would be counted apart. Sort by one of them, "
            f"such as {quoted(f'-{sortable}')}, or put it into fields to count by it."
        )
    if is_function(by) and not given:
        raise InvalidRequestError(f"sort={quoted(by)} counts: give the fields to count by, such as project.")


def scoped(query: str) -> tuple[list[str], str]:
    """The projects that a query names by one `project:` that all of it is bound to, and the query without it.

    Sentry looks only into the projects that are selected, and finds nothing of one that is but named in a query.
    """
    found = list(terms(query))
    if any(term[0] in OPERATORS or term[0][0] in "()" for term in found):
        return [], query
    named = [(term, keyed) for term in found if (keyed := KEYED.fullmatch(term[0])) and keyed[2] in _PROJECT_KEYS]
    if len(named) != 1 or named[0][1][1]:  # several find nothing; a negated one leaves all the others
        return [], query
    term, keyed = named[0]
    listed = keyed[3].strip("[]").split(",") if keyed[3].startswith("[") else [keyed[3]]
    projects = [name for one in listed if (name := one.strip().strip('"'))]
    if not projects or any("*" in name for name in projects):
        return [], query
    return projects, f"{query[: term.start()].rstrip()} {query[term.end() :].lstrip()}".strip()


def keys_of(query: str) -> list[str]:
    """The keys that a query searches by, each once."""
    keyed = (KEYED.fullmatch(term[0].lstrip("(")) for term in terms(query))
    return list(dict.fromkeys(one[2] for one in keyed if one))


def counted_by(query: str, dataset: Dataset) -> str | None:
    """The first function whose results a query asks for, as in `count():>5`, which is of groups of events."""
    found = (_OF_GROUPS.fullmatch(term[0]) for term in terms(query))
    return next((one[1] for one in found if one and one[2] in KNOWN[dataset].functions), None)


def no_severity(query: str) -> bool:
    """Whether it asks for logs of a severity that there is not, such as `warning`."""
    keyed = (KEYED.fullmatch(term[0].lstrip("(")) for term in terms(query))
    asked = [one[3].strip("[]()").split(",") for one in keyed if one and one[2] == "severity" and not one[1]]
    return any(value.strip(' "').lower() not in SEVERITIES for values in asked for value in values if "*" not in value)


def unknown_in(names: Iterable[str], dataset: Dataset) -> list[str]:
    """Of fields, keys and what functions are of those that are no column and no function of Sentry's, each once: they
    may be tags."""
    known = KNOWN[dataset]
    found: dict[str, None] = {}
    for name in names:
        if function := _FUNCTION.fullmatch(name):
            if function[1] not in (*known.functions, *_OF_SOME):
                found[function[1] + "()"] = None
            elif argument := _NAME.fullmatch(function[2]):
                found |= dict.fromkeys(unknown_in([argument[1]], dataset))
        elif not (name in known.columns or name in ("has", "tags") or name.startswith(EQUATION) or _TAG.match(name)):
            found[name] = None
    return list(found)


def nearest(name: str, dataset: Dataset, more: Iterable[str] = ()) -> list[str]:
    """What may have been meant by a name that is not known, the nearest first; `more` are tags and attributes."""
    known = KNOWN[dataset]
    if name.endswith("()"):
        near = difflib.get_close_matches(name[:-2].lower(), known.functions, n=3, cutoff=0.7)
        return [f"{function}()" for function in near]
    low = name.lower()
    called = [f"{low}()" if low in _OF_ALL else f"{low}(FIELD)"] if low in known.functions else []
    called += ["severity"] if (low, dataset) == ("level", "logs") else []
    names = {one.lower(): one for one in (*sorted(known.columns), *filter(_OFFERED.fullmatch, more))}
    ends = [one for full, one in names.items() if full.rpartition(".")[2] == low]
    near = [names[one] for one in difflib.get_close_matches(low, names, n=3, cutoff=0.7)]
    return list(dict.fromkeys((*called, *ends[:2], *near)))[:3]


def did_you_mean(names: Iterable[str], dataset: Dataset, more: Sequence[str] = ()) -> list[str]:
    """A sentence on each name that is not known and not one of `more`; where there are none of these, which a token may
    not read, it may be a tag all the same."""
    sentences: list[str] = []
    for name in names:
        if name in more:
            continue
        near = nearest(name, dataset, more)
        meant = f"Did you mean {' or '.join(near)}?" if near else ""
        if name.endswith("()"):
            meant = meant or f"There are {', '.join(KNOWN[dataset].functions)}."
        elif not more:
            sentences += [f"{quoted(name)} is no field of {dataset}, unless it is a tag. {meant}"] if near else []
            continue
        sentences.append(f"{quoted(name)} is not known in {dataset}. {meant}".rstrip())
    return sentences
