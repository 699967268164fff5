"""What lists share: the cursor of the next page, and fewer rows when a page is larger than the budget."""

from collections.abc import Iterator
from typing import Any, Self

from views.results import Cleaner, Cursor, Result, Step

NO_CURSOR = "There are more rows, but what Sentry gave for the cursor of their page is none: narrow the question."


class Paged(Result):
    """A page of a list."""

    next_cursor: Cursor | None = None

    def cleaned(self, cleaner: Cleaner) -> Self:
        found = super().cleaned(cleaner)
        if self.next_cursor and not found.next_cursor:
            return found.with_changes(omitted=[*found.omitted, NO_CURSOR])
        return found


def next_page(cursor: str | None) -> list[str]:
    return [f'More: cursor="{cursor}"'] if cursor else []


PAGE_ON = "The last rows of this page were left out: ask again with limit={} to page on."


def fewer_rows(field: str, note: str = PAGE_ON) -> Iterator[Step]:
    """A tenth fewer, again and again, until a single row is left; the note says how many are left."""

    def fewer(found: Any) -> Any:
        rows = getattr(found, field)
        if len(rows) < 2:
            return found
        kept = rows[: min(len(rows) - 1, len(rows) * 9 // 10)]
        said = [line for line in found.omitted if line != note.format(len(rows))]
        changes: dict[str, Any] = {field: kept, "omitted": [*said, note.format(len(kept))]}
        if hasattr(found, "next_cursor"):
            changes["next_cursor"] = None  # going on from here would pass over the rows that were left out
        return found.model_copy(update=changes)

    for _ in range(50):
        yield fewer
