"""The index of texts: which issues have events with some text in them.

It is written for BATCH events at a time, which takes a seventh of what one at a time does. Of the last ones, which are
not in it yet, their issues are looked at, too.
"""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import re
import sqlite3
from collections.abc import Iterable

BATCH = 128
"""Events."""

MOST_HITS = 25_000
"""Events; a text that so many of them have is found sooner by looking at events as they come."""

MERGED_PAGES = 64
"""Of the index, after each deletion."""

MERGED_PARTS = 2
"""Of one size, from which they are merged. With SQLite's 4 the index becomes eight times as large as what is in it,
where as much is forgotten as comes in, with 2 it stays below two and a half times."""

MOST_TRIGRAMS = 40
"""Of one text; the rest of it is looked for in what these find."""

_ISSUE = 1 << 31
"""A row of the index is an issue times this, plus an event: those of an issue stand together."""

_ROW = f"issue_id * {_ISSUE} + id"
_INDEXED = "(SELECT CAST(value AS INTEGER) FROM settings WHERE name = 'texts_indexed')"


def prepare(connection: sqlite3.Connection) -> None:
    """For an index in which there is nothing yet; one that there is stays as it is."""
    is_new = connection.execute("INSERT INTO settings VALUES ('texts_indexed', '0') ON CONFLICT DO NOTHING").rowcount
    if is_new:
        for name in ("automerge", "usermerge"):
            connection.execute("INSERT INTO event_texts (event_texts, rank) VALUES (?, ?)", (name, MERGED_PARTS))


def drop(connection: sqlite3.Connection) -> None:
    """Take the index away, also one that is read no more: in SQLite 3.40 each merging of all parts, as version 2 of the
    tables had it done, adds a level, and one of more than 2,000 is called malformed. Emptied by hand it can be dropped
    (https://www.sqlite.org/fts5.html#fts5_data_structures)."""
    connection.execute("DELETE FROM event_texts_idx")
    connection.execute("DELETE FROM event_texts_data")
    connection.execute("INSERT INTO event_texts_data VALUES (1, x''), (10, x'00000000000000')")
    connection.execute("DROP TABLE event_texts")
    connection.execute("DELETE FROM settings WHERE name = 'texts_indexed'")


def add(connection: sqlite3.Connection, event: int) -> None:
    """Index the events up to that one (its row), when it is the last of a batch."""
    if event % BATCH == 0:
        add_all(connection, event)


def add_all(connection: sqlite3.Connection, last: int) -> None:
    """Index what is not yet, up to that event (its row)."""
    connection.execute(
        f"INSERT INTO event_texts (rowid, message) SELECT {_ROW}, message FROM events"
        f" WHERE id > {_INDEXED} AND id <= ? ORDER BY 1",
        (last,),
    )
    connection.execute("UPDATE settings SET value = ? WHERE name = 'texts_indexed'", (last,))


def remove(connection: sqlite3.Connection, events: list[int]) -> None:
    """Take events (their rows), which are deleted after this, out of the index."""
    connection.execute(
        f"INSERT INTO event_texts (event_texts, rowid, message) SELECT 'delete', {_ROW}, message FROM events"
        f" WHERE id IN ({', '.join('?' * len(events))}) AND id <= {_INDEXED}",
        events,
    )


def put(connection: sqlite3.Connection, events: list[int]) -> None:
    """Index events (their rows) that were taken out, to have another text."""
    connection.execute(
        f"INSERT INTO event_texts (rowid, message) SELECT {_ROW}, message FROM events"
        f" WHERE id IN ({', '.join('?' * len(events))}) AND id <= {_INDEXED} ORDER BY 1",
        events,
    )


def removed(connection: sqlite3.Connection) -> None:
    """After events were deleted: the rows of the last ones are given to new ones, which are not indexed yet.

    What was taken out is at first noted in the index as such: merging its parts gives the room back
    (https://www.sqlite.org/fts5.html#the_merge_command).
    """
    connection.execute("INSERT INTO event_texts (event_texts, rank) VALUES ('merge', ?)", (MERGED_PAGES,))
    connection.execute(
        "UPDATE settings SET value = MIN(CAST(value AS INTEGER), COALESCE((SELECT MAX(id) FROM events), 0))"
        " WHERE name = 'texts_indexed'"
    )


def issues_with(connection: sqlite3.Connection, text: str) -> tuple[str, list[str]] | None:
    """SQL, with its parameters, of issues outside of which no event has that text, whose `*` stands for anything.

    None where the index does not help: for a text without three characters in a row, or one that many events have.
    """
    wanted = _trigrams(text)
    if not wanted:
        return None
    side_by_side = dict.fromkeys([*wanted[::3], wanted[-1]])  # with each character, in less than half of the time
    (hits,) = connection.execute(
        "SELECT COUNT(*) FROM (SELECT 1 FROM event_texts WHERE event_texts MATCH ? LIMIT ?)",
        (_all_of(side_by_side), MOST_HITS),
    ).fetchone()
    if hits == MOST_HITS:
        return None
    return (
        f"SELECT rowid / {_ISSUE} FROM event_texts WHERE event_texts MATCH ?"
        f" UNION ALL SELECT issue_id FROM events WHERE id > {_INDEXED}",
        [_all_of(wanted)],
    )


def _trigrams(text: str) -> list[str]:
    """All groups of three characters."""
    parts = re.split(r"[*\0]", text)  # a NUL would end the expression, and is in no text that is kept
    return list(dict.fromkeys(part[at : at + 3] for part in parts for at in range(len(part) - 2)))[:MOST_TRIGRAMS]


def _all_of(trigrams: Iterable[str]) -> str:
    """Each quoted: nothing of the text is read as FTS5's syntax."""
    return " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams)
