"""The SQL function `percentile(value, share)`, which SQLite does not bring."""

import math
from array import array
from typing import Any


class Percentile:
    """An aggregate function for `sqlite3.Connection.create_aggregate`: linear between the two nearest values, as
    ClickHouse's `quantile`. What is no number is left out; of nothing it is NULL."""

    def __init__(self) -> None:
        self._values = array("d")
        self._share = 0.0

    def step(self, *arguments: Any) -> None:
        value, share = arguments
        if isinstance(value, int | float):
            self._values.append(value)
            self._share = share

    def finalize(self) -> Any:
        if not self._values:
            return None
        ordered = sorted(self._values)
        position = (len(ordered) - 1) * self._share
        below = math.floor(position)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
