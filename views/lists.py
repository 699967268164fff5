"""What lists share: the cursor of the next page, and fewer rows when a page is larger than the budget."""

from collections.abc import Iterator
from typing import Any

from views.results import Step


def next_page(cursor: str | None) -> list[str]:
    return [f'More: cursor="{cursor}"'] if cursor else []


def fewer_rows(field: str) -> Iterator[Step]:
    """A fifth fewer, again and again, until a single row is left."""

    def fewer(found: Any) -> Any:
        rows = getattr(found, field)
        if len(rows) < 2:
            return found
        kept = rows[: min(len(rows) - 1, len(rows) * 4 // 5)]
        notes = [note for note in found.omitted if not note.startswith("The last rows")]
        # Going on from here would pass over the rows that were left out.
        note = f"The last rows of this page were left out: ask again with limit={len(kept)} to page on."
        return found.model_copy(update={field: kept, "omitted": [*notes, note], "next_cursor": None})

    for _ in range(30):
        yield fewer
