"""Sentry's objects and our answers by their models' own fields, so that a new field is walked by itself."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from importlib import import_module
from pkgutil import walk_packages
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from standins.activities import TELLING
from standins.traces import TRACE_ID

import views
from sentry import models
from sentry.values import as_object
from views.results import Form, Part

Json = Any
Fill = Callable[[str, str], Json]
"""Gives a text its value: by its place, and what would stand there ordinarily."""
# What an ordinary object has in fields of these names, so that others of its fields are shown.
ORDINARY = {
    "id": "5", "short_id": "SHOP-1", "slug": "shop", "status": "resolved", "substatus": "regressed", "level": "error",
    "priority": "high", "platform": "python", "version": "shop@1", "group_id": "5", "key": "release", "type": "user",
    "permalink": "http://sentry.test/organizations/acme/issues/5/", "previous_event_id": "b" * 32,
    "next_event_id": "c" * 32, "project_id": "5", "matching_event_id": "d" * 32, "repo_name": "acme/shop",
    "external_url": "https://git.acme.test/acme/shop/pull/12", "issue_type": "metric_issue",
}  # fmt: skip
SPAN = "5a" * 8


class Found(models.SentryModel):
    """A row of a search of events, in which anything may stand: two of its types and units, and the name of a tag."""

    id: str = ""
    issue: str = ""
    title: str = ""
    timestamp: str = ""
    project: str = ""
    release: str = ""
    environment: str = ""
    user: str = ""
    trace: str = ""
    type: str = ""
    unit: str = ""
    tag: str = ""
    several: list[Any] = []
    more: dict[str, Any] = {}


# What the views read of what the models leave untyped.
UNTYPED: dict[str, Json] = {
    "status_details": {"inRelease": "shop@2", "ignoreUntil": "2026-11-24T21:39:17Z"},
    "metadata": {"type": "KeyError", "value": "code"},
    "teams": {"id": "301", "slug": "payments", "name": "Payments"},
    "organization": {"slug": "acme"},
    "projects": {"slug": "shop", "name": "Shop", "healthData": {"crashFreeSessions": 99.5, "totalSessions": 3}},
    "user": {"id": "7", "username": "ann", "email": "ann", "ip_address": "home"},
    "contexts": {
        "runtime": {"name": "CPython", "version": "3.11", "type": "x"},
        "trace": {"trace_id": TRACE_ID},
        "flags": {"values": [{"flag": "new-prices", "result": True}]},
        "monitor": {"name": "import", "slug": "import-1", "config": {"schedule": "0 2 * * *", "timezone": "UTC"}},
        "uptime": {"url": "x", "method": "GET", "region": "us", "check_status_reason": "timeout"},
        "feedback": {"message": "it broke", "name": "ann", "contact_email": "ann", "replay_id": "1"},
    },
    "evidence_data": {
        "transactionName": "GET /cart",
        "parentSpan": "view",
        "repeatingSpansCompact": "SELECT 1",
        "selector": "body",
        "function": "price",
        "file": "cart.py",
        "node": {"textContent": "Pay", "attributes": {"class": "pay"}},
        "aggregateRange1": 1,
        "aggregateRange2": 2,
        "alertId": "42",
        "offenderSpanIds": [SPAN],
    },
    "sdk": {"name": "sentry.python", "version": "2.1"},
    "errors": {"type": "js_no_source", "message": "no source", "data": {"url": "x"}},
    "annotations": {"displayName": "JIRA-1", "url": "x"},
    "plugin_issues": {"issue": {"label": "JIRA-2", "url": "x"}},
    "links": {},
    "provider": {"key": "github"},
    "distribution": {"outliers": {"true": 2}, "baseline": {"true": 2, "false": 7}},
    "numbered": None,
}
ROOTS: tuple[type[BaseModel], ...] = (
    models.Issue, models.Event, models.Project, models.Organization, models.Release, models.Commit, models.Deploy,
    models.TagValues, models.CodeMapping, models.SuspectFlag, Found,
)  # fmt: skip
ENTRIES: dict[str, type[BaseModel] | None] = {
    "exception": models.ExceptionValue, "threads": models.Thread, "breadcrumbs": models.Breadcrumb,
    "request": models.Request, "message": models.Message, "csp": None,
}  # fmt: skip


def sample(model: type[BaseModel], fill: Fill, place: str = "") -> dict[str, Json]:
    """An object as Sentry sends it, with every field of its model."""
    found: dict[str, Json] = {}
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        wire = alias.choices[0] if isinstance(alias, AliasChoices) else alias or name
        found[str(wire)] = _value(field.annotation, f"{place}.{name}", name, fill)
    return found


def _value(annotation: Any, place: str, name: str, fill: Fill) -> Json:
    if get_origin(annotation) is Annotated:
        return _value(get_args(annotation)[0], place, name, fill)
    if get_origin(annotation) in (Union, UnionType):
        (kind,) = (choice for choice in get_args(annotation) if choice is not NoneType)
        return _value(kind, place, name, fill)
    if annotation is models.Entry:
        raise TypeError("entries are made by _entries")
    if get_origin(annotation) is list:
        if get_args(annotation)[0] is models.Entry:
            return _entries(fill, place)
        if get_args(annotation)[0] is models.Activity:
            return [_texts({**row, "type": ""}, f"{place}[]", fill) | {"type": row["type"]} for row, _ in TELLING]
        if name == "numbered":
            return [[7, fill(f"{place}[]", "total = price(cart)")]]
        return [_value(get_args(annotation)[0], f"{place}[]", name, fill)]
    if name in ("stats", "stats_newest"):
        return {"24h": [[1, 3]], fill(f"{place}.key", "14d"): [[1, 2]]}
    if get_origin(annotation) is dict or annotation is Any:
        more = _texts(UNTYPED.get(name, {}), place, fill)
        return {fill(f"{place}.key", "note"): fill(f"{place}.value", "plain"), **more}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return sample(annotation, fill, place)
    if annotation is str:
        return fill(place, ORDINARY.get(name, "plain"))
    if annotation is datetime:
        return fill(place, "2026-11-24T21:39:17Z")
    return {int: 7, float: 1.0, bool: True}[annotation]


def _texts(value: Json, place: str, fill: Fill) -> Json:
    if (fields := as_object(value)) is not None:
        return {name: _texts(item, f"{place}.{name}", fill) for name, item in fields.items()}
    return fill(place, value) if isinstance(value, str) else value


def _entries(fill: Fill, place: str) -> list[Json]:
    """Of each type that has a model, and two of none."""
    found: list[Json] = []
    for kind, model in ENTRIES.items():
        here = f"{place}.{kind}"
        data = sample(model, fill, here) if model else {fill(f"{here}.key", "note"): fill(f"{here}.value", "plain")}
        is_one = kind in ("request", "message", "csp")
        found.append({"type": kind, "data": data if is_one else {"values": [data]}})
    span = {"op": "db", "description": "SELECT 2", "data": {"code.filepath": "cart.py", "code.function": "price"}}
    found.append({"type": "spans", "data": [{**_texts(span, f"{place}.spans", fill), "span_id": SPAN}]})
    return [*found, {"type": fill(f"{place}.type", "unheard-of"), "data": fill(f"{place}.data", "plain")}]


def places(kind: type[BaseModel]) -> list[str]:
    """Of every text in an object of Sentry's, or in a part of an answer."""
    found: dict[str, None] = {}

    def note(place: str, ordinary: str) -> str:
        found[place] = None
        return ordinary

    if issubclass(kind, Part):
        part(kind, note)
    else:
        sample(kind, note)
    return list(found)


def ordinary(_: str, value: str) -> str:
    return value


def everywhere(text: str, _: str, __: str) -> str:
    return text


def at(place: str, text: str) -> Fill:
    return lambda here, value: text if here == place else value


def fill_of(text: str, place: str | None = None) -> Fill:
    return partial(everywhere, text) if place is None else at(place, text)


# The same of our own answers, whose words of Sentry's have a form.

EXAMPLES = {
    "period": "24h", "bars": "▁█",
    "identifier": "5", "short ID": "SHOP-1", "slug": "shop", "word": "resolved", "moment": "2026-11-24T21:39:17Z",
    "issue type": "metric_issue", "issue": "SHOP-1", "alert": "17.1", "cursor": "0:100:0", "link": "http://sentry.test/organizations/acme/issues/5/",
}  # fmt: skip


def results(part: type[Part] = Part) -> Iterator[type[Part]]:
    """Every kind of part that there is."""
    for module in walk_packages(views.__path__, "views."):
        import_module(module.name)
    for kind in part.__subclasses__():
        yield kind
        yield from results(kind)


def part(kind: type[Part], fill: Fill, place: str = "") -> Part:
    """With every field."""
    fields = {
        name: _field(
            Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation, name, fill, place
        )
        for name, field in kind.model_fields.items()
        if name != "omitted"
    }
    return kind(**fields)


def _field(annotation: Any, name: str, fill: Fill, place: str) -> Any:
    here = f"{place}.{name}"
    for form in getattr(annotation, "__metadata__", ()):
        if isinstance(form, Form):
            return fill(here, EXAMPLES[form.name])
    if get_origin(annotation) is Annotated:
        return _field(get_args(annotation)[0], name, fill, place)
    if get_origin(annotation) in (Union, UnionType):
        return _field(next(choice for choice in get_args(annotation) if choice is not NoneType), name, fill, place)
    if get_origin(annotation) is Literal:
        return get_args(annotation)[0]
    if get_origin(annotation) is list:
        return [_field(get_args(annotation)[0], f"{name}[]", fill, place)]
    if name == "tag_values":
        return {fill(f"{here}.key", "note"): [(fill(f"{here}.value", "plain"), "50%")]}
    if name == "by_result":
        return {}
    if get_origin(annotation) is dict or annotation is Any:
        return {fill(f"{here}.key", "note"): fill(f"{here}.value", "plain")}
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return part(annotation, fill, here)
    return fill(here, "plain") if annotation is str else {int: 7, float: 1.0, bool: True}[annotation]
