"""What makes a model of Sentry's objects tolerant: a field that does not fit counts as absent.

All three servers send nulls, unknown values and fields of the wrong type (see docs of each in
https://docs.sentry.io/api/). A row that is no object is skipped: one odd row never fails a list.
"""

from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from sentry.values import Json, as_list, as_object, objects

MOST = 1_000
"""Items of a list within an object that become objects; a list of frames is looked through by whoever reads it."""

FIRST_YEAR = 2008
"""In which Sentry was first released: an earlier time of a step is none."""


class SentryModel(BaseModel):
    """Every field has a default, and a value that does not fit becomes that default."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        frozen=True,
        coerce_numbers_to_str=True,
        defer_build=True,
    )

    @model_validator(mode="wrap")
    @classmethod
    def _odd_is_absent(cls, value: Json, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Once for a model and not for each field, which would take as long again as reading it."""
        try:
            return handler(value)
        except ValidationError as error:
            fields = as_object(value)
            if fields is None:
                raise
            odd = {str(one["loc"][0]) for one in error.errors(include_url=False, include_input=False) if one["loc"]}
            absent = {key for keys in _keys_of_fields(cls) if not odd.isdisjoint(keys) for key in keys}
            return handler({key: item for key, item in fields.items() if key not in absent})


@cache
def _keys_of_fields(model: type[BaseModel]) -> list[set[str]]:
    """The names under which each field may come."""
    keys: list[set[str]] = []
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias or name]
        keys.append({name, *(choice for choice in choices if isinstance(choice, str))})
    return keys


def first_items(value: Json) -> list[Any]:
    """As many of a list's items as are read."""
    return list(islice(as_list(value) or [], MOST))


def _rows(value: Json) -> list[dict[str, Any]]:
    return objects(first_items(value))


def _strings(value: Json) -> list[str]:
    return [str(item) for item in first_items(value) if isinstance(item, str | int | float)]


def _moment(value: Json) -> Json:
    """Sentry sends ISO 8601, always UTC, sometimes without saying so; SDKs also epoch seconds."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None:
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _counts(value: Json) -> Json:
    """Of `{"24h": [[time, count], ...]}` the counts: lists of pairs take thirty times their memory."""
    periods = as_object(value)
    if periods is None:
        return value
    return {
        period: [pair[1] for row in first_items(rows) if (pair := as_list(row)) and len(pair) > 1]
        for period, rows in islice(periods.items(), MOST)
    }


def _newest(value: Json) -> Json:
    """Of `{"24h": [[time, count], ...]}` when the last step of each period began, where that is a time."""
    found: dict[str, datetime] = {}
    for period, rows in islice((as_object(value) or {}).items(), MOST):
        pairs = [as_list(row) for row in first_items(rows)[-1:]]
        moment = _moment(pairs[0][0]) if pairs and pairs[0] else None
        if isinstance(moment, datetime) and moment.year >= FIRST_YEAR:
            found[period] = moment
    return found


T = TypeVar("T")
Counts = Annotated[dict[str, list[float]], BeforeValidator(_counts)]
Newest = Annotated[dict[str, datetime], BeforeValidator(_newest)]
Rows = Annotated[list[T], BeforeValidator(_rows)]
Strings = Annotated[list[str], BeforeValidator(_strings)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
