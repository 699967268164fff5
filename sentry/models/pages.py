"""One page of a list."""

from dataclasses import dataclass
from typing import Generic, TypeVar, cast

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows, and the cursor that gets the next ones; None on the last page."""

    items: list[T]
    next_cursor: str | None = None
    total: int | None = None
    notes: tuple[str, ...] = ()  # what this server did not do of what was asked, in sentences


def rows_in(answer: object) -> int:
    """How many objects an answer holds: the rows of a page, or itself."""
    return len(cast("Page[object]", answer).items) if isinstance(answer, Page) else 1
