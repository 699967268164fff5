"""Endpoints and functions that became slower: from what to what, and since when."""

from datetime import UTC, datetime

from views.kinds.reading import Facts, Kind, Occurred, figure, milliseconds, text
from views.wording import joined, read, when

FUNCTIONS = (2010, 2011)
"""The numbers of the kinds whose durations are in nanoseconds, not milliseconds."""


def _facts(occurred: Occurred) -> Facts | None:
    data = occurred.data
    before, after = figure(data.get("aggregate_range_1")), figure(data.get("aggregate_range_2"))
    if before is None or after is None:
        return None
    of_function = "function" in data or (occurred.occurrence and occurred.occurrence.type in FUNCTIONS)
    size = 1_000_000 if of_function else 1
    change = f" ({(after - before) / before:+,.0%})" if before > 0 else ""
    return {
        "Change": f"p95 {milliseconds(before / size)} to {milliseconds(after / size)}{change}",
        "Since": _moment(data.get("breakpoint")),
        "Transaction": text(data.get("transaction")),
        "Function": text(data.get("function")),
        "Source": joined([text(data.get("package") or data.get("module")), text(data.get("file"))], ", "),
    }


def _moment(value: object) -> str | None:
    """Sentry's estimate of when it began, in epoch seconds."""
    found = figure(value)
    return read(when(datetime.fromtimestamp(found, UTC))) if found is not None and 0 < found < 2**33 else None


KIND = Kind(
    _facts,
    display=frozenset({"Regression", "Transaction"}),
    data=frozenset(
        """aggregate_range_1 aggregate_range_2 breakpoint transaction function package module file change
        absolute_percentage_change trend_difference trend_percentage data_start data_end request_start request_end
        project unweighted_p_value unweighted_t_value fingerprint project_id organization_id""".split()
    ),
)
