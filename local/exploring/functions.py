"""Aggregate functions by Sentry's names, as SQL over the columns of a dataset.

https://docs.sentry.io/concepts/search/query-builder/
"""

import re
from dataclasses import dataclass
from typing import Any

from local.errors import bad_request
from local.exploring.columns import NUMERIC, Column, Dataset

_CALL = re.compile(r"([a-z][a-z0-9_]*)\((.*)\)", re.DOTALL)
_ARGUMENT = re.compile(r"(?:tags?\[[^\]]*\]|\"[^\"]*\"|[^,])+")
_PERCENTILE = re.compile(r"p(50|75|90|95|99|100)")
_RATES = {"epm": 60, "tpm": 60, "spm": 60, "eps": 1, "tps": 1, "sps": 1}
_COMPARISONS = {
    "equals": "=",
    "notEquals": "<>",
    "less": "<",
    "greater": ">",
    "lessOrEquals": "<=",
    "greaterOrEquals": ">=",
}
_FUNCTIONS = {
    *("count", "count_unique", "count_if", "sum", "avg", "min", "max", "any", "percentile", "last_seen", "first_seen"),
    *("failure_rate", "failure_count", *_RATES),
}
_NOT_FAILED = "{0} NOT IN ('ok', 'cancelled', 'unknown')"
_NUMBER = "CASE WHEN typeof({0}) IN ('integer', 'real') THEN {0} END"


@dataclass(frozen=True)
class Function:
    """`sql` has `{0}` where the column stands, and `values` for its question marks, in order."""

    sql: str
    column: Column | None
    values: tuple[Any, ...] = ()
    type: str = "number"
    unit: str | None = None


def is_function(field: str) -> bool:
    return _CALL.fullmatch(field) is not None


def alias_of(field: str) -> str:
    """The other name of a call, by which it may be sorted: `p95_span_duration` of `p95(span.duration)`."""
    found = _CALL.fullmatch(field)
    return re.sub(r"\W+", "_", f"{found[1]}_{found[2]}").rstrip("_") if found else field


def selected(name: str, fields: list[str]) -> str | None:
    """The field that a part of `sort` names: as it was asked for, or by its other name."""
    named = name.removeprefix("-")
    return next((field for field in fields if named in (field, alias_of(field))), None)


def function_of(dataset: Dataset, field: str, seconds: float) -> Function:
    """What a call as `p95(span.duration)` means; `seconds` is the time that rates are of. Raises ApiError (400)."""
    found = _CALL.fullmatch(field)
    name, arguments = (found[1], [part.strip() for part in _ARGUMENT.findall(found[2])]) if found else (field, [])
    if not found or not (name in _FUNCTIONS or _PERCENTILE.fullmatch(name)):
        raise bad_request(f"Unknown function {name[:100]}")
    if name in _RATES:
        unit = "1/minute" if _RATES[name] == 60 else "1/second"
        return Function("COUNT(*) * 1.0 * ? / ?", None, (_RATES[name], max(seconds, 1)), "rate", unit)
    if name == "count" and not arguments:
        return Function("COUNT(*)", None, (), "integer")
    if name in ("last_seen", "first_seen"):
        time = Column(dataset.time, type="date")
        return Function("MAX({0})" if name == "last_seen" else "MIN({0})", time, (), "date")
    if name in ("failure_rate", "failure_count"):
        return _failures(dataset, name)
    if name == "count_if":
        return _count_if(dataset, arguments)
    return _of_column(dataset, name, arguments)


def _failures(dataset: Dataset, name: str) -> Function:
    if "span.status" not in dataset.columns:
        raise bad_request(f"{name}() is not a function of the dataset {dataset.name}")
    status = dataset.columns["span.status"]
    if name == "failure_count":
        return Function(f"COALESCE(SUM({_NOT_FAILED}), 0)", status, (), "integer")
    return Function(f"AVG(COALESCE({_NOT_FAILED}, 0))", status, (), "percentage")


def _count_if(dataset: Dataset, arguments: list[str]) -> Function:
    if len(arguments) != 3 or arguments[1] not in _COMPARISONS:
        raise bad_request(f"count_if: expected a column, one of {', '.join(_COMPARISONS)} and a value")
    column, value = dataset.column(arguments[0]), arguments[2].strip('"')
    comparison = _COMPARISONS[arguments[1]]
    if column.type == "boolean":
        return _counting(column, f"{{0}} {comparison} ?", value in ("1", "true"))
    number = _number(value)
    if number is not None and (column.type in NUMERIC or comparison not in ("=", "<>")):
        return _counting(column, f"CAST({{0}} AS REAL) {comparison} ?", number)
    return _counting(column, f"CAST({{0}} AS TEXT) {comparison} ?", value)


def _counting(column: Column, sql: str, value: Any) -> Function:
    return Function(f"COALESCE(SUM({sql}), 0)", column, (value,), "integer")


def _of_column(dataset: Dataset, name: str, arguments: list[str]) -> Function:
    share = _share(name, arguments)
    expected = 2 if name == "percentile" else 1
    if not arguments and dataset.number and name != "percentile" and name not in ("any", "count_unique"):
        arguments = [dataset.number]
    if len(arguments) != expected:
        raise bad_request(f"{name}: expected {expected} argument(s)")
    column = dataset.column(arguments[0])
    if name == "count":
        return Function("COUNT({0})", column, (), "integer")
    if name == "count_unique":
        return Function("COUNT(DISTINCT {0})", column, (), "integer")
    if name == "any" or (name in ("min", "max") and column.type == "date"):
        return Function("MAX({0})" if name == "max" else "MIN({0})", column, (), column.type, column.unit)
    if column.type not in (*NUMERIC, "any"):
        raise bad_request(f"{name}: column argument invalid: {arguments[0][:100]} is not a numeric column")
    kind = "duration" if column.type == "duration" else "number"
    if share is not None:
        return Function("percentile({0}, ?)", column, (share,), kind, column.unit)
    return Function(f"{name.upper()}({_NUMBER})", column, (), kind, column.unit)


def _share(name: str, arguments: list[str]) -> float | None:
    found = _PERCENTILE.fullmatch(name)
    if found:
        return int(found[1]) / 100
    if name != "percentile":
        return None
    share = _number(arguments[1]) if len(arguments) == 2 else None
    if share is None or not 0 <= share <= 1:
        raise bad_request("percentile: expected a column and a number from 0 to 1")
    return share


def _number(value: str) -> float | None:
    try:
        found = float(value)
    except ValueError:
        return None
    return found if abs(found) < 1e300 else None
