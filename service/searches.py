"""Searches of events: errors, logs and spans, as rows, as aggregates, or over time."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypedDict

from sentry import datasets
from sentry.datasets import LONGEST_OF_LOGS, Dataset, is_function
from sentry.endpoints.event_query import MOST_GROUPS, top_groups
from sentry.endpoints.issue_query import read_period
from sentry.errors import InvalidRequestError
from sentry.models import EventSeries, Outcomes
from sentry.paths import quoted
from sentry.search import diagnose
from sentry.values import Json
from service.current import current_client
from service.side_by_side import all_of, briefly, together
from views.search_trends import EventTrend, event_trend
from views.searches import EventSearch, event_search

ALL = "*"
MOST_STEPS = 200
MOST_EXPLAINED = 3
WORTH_SAYING = 0.01
"""The share of dropped events from which on it is said."""
CAPPED = f"Only the last {LONGEST_OF_LOGS} were searched: of logs from before Sentry gives a part alone."
PARTIAL = (
    "Sentry looked at a part of the data alone: counts are estimates, rows may be missing. A shorter period or a "
    "narrower query is looked at whole."
)
SEVERITY = f"severity is one of {', '.join(datasets.SEVERITIES)}."
MORE_GROUPS = f"These are the first groups alone; limit={MOST_GROUPS} has more."


class _Where(TypedDict):
    organization: str | None
    project: str | None
    projects: list[str] | None
    period: str


async def search_events(
    *,
    organization: str | None = None,
    project: str | None = None,
    dataset: Dataset = "errors",
    query: str | None = None,
    fields: Sequence[str] = (),
    sort: str | None = None,
    period: str = "24h",
    interval: str | None = None,
    environment: str | None = None,
    limit: int = 25,
    cursor: str | None = None,
) -> EventSearch | EventTrend:
    """Rows of events, the newest first; with functions among the `fields` aggregates, the most first; with an
    `interval` those functions over time. What is wrong with a search, or hardly meant so, is said."""
    where, text = await _placed(organization, project, query)
    notes: list[str] = []
    where["period"], length = read_period(period.lower())
    if dataset == "logs" and length > read_period(LONGEST_OF_LOGS)[1]:
        where["period"], notes = LONGEST_OF_LOGS, [CAPPED]
    if interval is not None:
        if cursor is not None:
            raise InvalidRequestError("What is counted over time has no pages. Leave cursor out.")
        return await _over_time(where, dataset, text, fields, sort, interval, environment, limit, notes)
    client = current_client()
    asked, by = datasets.in_question(fields, sort, dataset)
    is_counted = any(map(is_function, asked))
    if not is_counted and (function := datasets.counted_by(text, dataset)):
        raise InvalidRequestError(
            f"The query asks for {quoted(function)}, and no field counts: put it into fields, with what to count by."
        )
    found, sent = await together(
        client.search_events(
            **where,
            dataset=dataset,
            fields=asked,
            query=text,
            sort=by,
            environment=environment,
            limit=limit,
            cursor=cursor,
        ),
        briefly(client.get_outcomes(dataset, **where)) if is_counted else _none(),
    )
    try:
        page = found.result()
    except InvalidRequestError as error:
        raise await _explained(error, where, dataset, [*asked, *datasets.keys_of(text)], text) from error
    empty = [name for name in page.fields if all(_is_nothing(name, row.get(name)) for row in page.items)]
    counts = [name for name in page.fields if is_function(name) or not is_counted]
    is_nothing = cursor is None and all(name in empty for name in counts)
    notes += [*([PARTIAL] if page.is_partial else []), *_dropped(sent.value, dataset, where["period"])]
    notes += _of_issues(text) if is_nothing else []
    notes += [SEVERITY] if is_nothing and dataset == "logs" and datasets.no_severity(text) else []
    doubtful = [*(empty if page.items else []), *(datasets.keys_of(text) if is_nothing else [])]
    notes += await _meant(where, dataset, doubtful)
    other = client.other_organization(project, organization=organization)
    return event_search(
        page, dataset, where["period"], by, notes=notes, organization=other, is_later=cursor is not None
    )


async def _over_time(
    where: _Where,
    dataset: Dataset,
    query: str,
    fields: Sequence[str],
    sort: str | None,
    interval: str,
    environment: str | None,
    limit: int,
    notes: list[str],
) -> EventTrend:
    step, length = read_period(interval.lower(), "interval")
    steps = read_period(where["period"])[1] / length if length else 0
    if not 1 < steps <= MOST_STEPS:
        raise InvalidRequestError(
            f"interval={step} is {f'{steps:,.0f} steps' if steps > 1 else 'no step'} of period={where['period']}: "
            f"there may be 2 to {MOST_STEPS}."
        )
    by = (sort or "").strip().removeprefix("-")
    if by and not is_function(by):
        raise InvalidRequestError("What is counted over time is sorted by a function, such as -count().")
    given = list(fields) if any(map(is_function, fields)) else [*fields, "count()"]
    asked, by = datasets.in_question(given, sort, dataset)
    groups = [name for name in asked if not is_function(name)]
    client = current_client()
    found, sent = await together(
        client.get_event_series(
            **where,
            dataset=dataset,
            functions=[name for name in asked if is_function(name)],
            groups=groups,
            query=query,
            sort=by,
            interval=step,
            environment=environment,
            limit=limit,
        ),
        briefly(client.get_outcomes(dataset, **where)),
    )
    try:
        series = found.result()
    except InvalidRequestError as error:
        raise await _explained(error, where, dataset, [*asked, *datasets.keys_of(query)], query) from error
    notes += [*([PARTIAL] if series.is_partial else []), *_dropped(sent.value, dataset, where["period"])]
    notes += [MORE_GROUPS] if groups and _may_have_more(series, top_groups(limit)) else []
    is_nothing = not any(value for one in series.items for _, value in one.points)
    notes += _of_issues(query) if is_nothing else []
    doubtful = datasets.keys_of(query) if is_nothing else _empty_in(series, groups)
    notes += await _meant(where, dataset, doubtful)
    return event_trend(series, dataset, where["period"], step, int(length.total_seconds()), notes=notes)


def _is_nothing(field: str, value: Json) -> bool:
    """A function of what there is not is 0, or of no value."""
    return value is None or (is_function(field) and value == 0)


def _empty_in(found: EventSeries, groups: Iterable[str]) -> list[str]:
    """The functions that are nothing all the time, and of the groups those of which none has a value."""
    counted = {one.function for one in found.items if any(value for _, value in one.points)}
    named = {name for one in found.items for name, value in one.group.items() if value is not None}
    told = {name for one in found.items for name in one.group}
    return [
        *(one.function for one in found.items if one.function not in counted),
        *(name for name in groups if name in told - named),
    ]


def _may_have_more(found: EventSeries, most: int) -> bool:
    """Whether there may be groups that a higher limit tells; what all others count is not always given."""
    others = [value for one in found.items if one.is_other for _, value in one.points]
    told = max(Counter(one.function for one in found.items if not one.is_other).values(), default=0)
    return most < MOST_GROUPS and told >= most and (not others or any(others))


async def _placed(organization: str | None, project: str | None, query: str | None) -> tuple[_Where, str]:
    """Where to search, and by what: Sentry finds nothing in a project that is but named in a query."""
    text = (query or "").strip()
    text = "" if text == ALL else text
    named, rest = datasets.scoped(text)
    where = _Where(organization=organization, project=project, projects=None, period="")
    if project is not None:
        return where, rest if named == [project.rpartition("/")[2]] else text
    if len(named) > 1:
        for outcome in await all_of(current_client().get_project(name, organization) for name in named):
            outcome.result()  # of which none is left out in silence
        where["projects"] = named
    elif named:
        where["project"] = named[0]
    return where, rest


async def _explained(
    error: InvalidRequestError, where: _Where, dataset: Dataset, names: Iterable[str], query: str
) -> InvalidRequestError:
    """With the nearest names that there are for those that there are not, and what is wrong with the query."""
    said = error.sentry or ""
    if not said:  # refused by us, who say all
        return error
    unknown = datasets.unknown_in(names, dataset)
    told = [name for name in unknown if name.removesuffix("()") in said] or unknown
    wrong = diagnose(query, refused=True) if "query" in said.lower() and query else None
    more = [*await _meant(where, dataset, told), *_of_issues(query), *([str(wrong)] if wrong else [])]
    return InvalidRequestError(" ".join([error.message, *more]), status_code=error.status_code, sentry=error.sentry)


async def _meant(where: _Where, dataset: Dataset, names: Iterable[str]) -> list[str]:
    """A sentence on each of these fields and keys that there is not. Sentry takes each for the name of a tag."""
    unknown = datasets.unknown_in(names, dataset)
    unknown = [name for name in unknown if name not in datasets.OF_ISSUES][:MOST_EXPLAINED]
    if not unknown:
        return []
    tags = await briefly(current_client().get_attributes(dataset, **where)) or []
    return datasets.did_you_mean(unknown, dataset, tags)


def _of_issues(query: str) -> list[str]:
    return [
        f"{key}: is of issues, and of no event: list_issues searches by it."
        for key in datasets.keys_of(query)
        if key in datasets.OF_ISSUES
    ]


def _dropped(sent: Outcomes | None, dataset: Dataset, period: str) -> list[str]:
    if sent is None or sent.share_dropped < WORTH_SAYING:
        return []
    return [
        f"{sent.share_dropped:.0%} of all {dataset} that were sent in {period} were dropped, for want of quota or by a "
        "limit: counts are of the rest."
    ]


async def _none() -> None:
    """What was not asked for."""
