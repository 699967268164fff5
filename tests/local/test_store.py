"""The file: kept, shared by processes, and set up by hand."""

import asyncio
import multiprocessing
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sending import connect, failure, frame

from local import Store
from local.clock import now
from local.intake.incoming import read_event
from local.intake.recording import record_event

EVENTS = 300


@pytest.fixture(params=["memory", "file"])
def store_of_either(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Store]:
    with closing(Store.open(None if request.param == "memory" else tmp_path / "store.sqlite3")) as store:
        yield store


def record(path: str, writer: int) -> None:
    """Write as many events of three kinds, each also sent once more; half the ids are the other writer's too."""
    with closing(Store.open(path)) as store:
        for number in range(EVENTS):
            shared = number % 2 == 0
            event = failure(f"Kind{number % 3}", "x", user={"id": number % 7}, release=f"shop@{writer}")
            event["event_id"] = f"{number:031x}{'f' if shared else writer}"
            for _ in range(2):
                record_event(store, 1, read_event(event, now()))


def test_two_processes_that_write_one_file_lose_and_double_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "store.sqlite3")
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=record, args=(path, writer)) for writer in (0, 1)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    expected = EVENTS // 2 + EVENTS
    with closing(Store.open(path)) as store:
        assert store.received() == {"event": expected}
        with store.reading() as connection:
            rows = connection.execute("SELECT times_seen, user_count, short_id FROM issues ORDER BY id").fetchall()
            (tagged,) = connection.execute("SELECT SUM(times_seen) FROM issue_tags WHERE key = 'level'").fetchone()
    assert sum(row["times_seen"] for row in rows) == tagged == expected
    assert [row["user_count"] for row in rows] == [7, 7, 7]
    assert sorted(row["short_id"] for row in rows) == ["APP-1", "APP-2", "APP-3"]


def test_many_threads_may_write_and_read_one_store(tmp_path: Path) -> None:
    for path in (None, tmp_path / "store.sqlite3"):
        with closing(Store.open(path)) as store, ThreadPoolExecutor(8) as threads:
            events = [read_event(failure(frames=[frame(f"f{number % 5}")]), now()) for number in range(200)]
            for event in events:
                threads.submit(record_event, store, 1, event)
                threads.submit(store.received)
            threads.shutdown()
            assert store.received() == {"event": 200}


async def test_a_file_keeps_everything_and_its_keys(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    with closing(Store.open(path)) as store:
        token, key = store.token, store.dsn_key
        record_event(store, 1, read_event(failure(), now()))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(Store.open(str(path))) as store:
        assert (store.token, store.dsn_key) == (token, key)
        async with connect(store) as client:
            rows = (await client.get("/api/0/organizations/local/issues/")).json()
        assert [row["title"] for row in rows] == ["ValueError: bad coupon"]


def test_two_stores_have_different_keys() -> None:
    with closing(Store.open(None)) as one, closing(Store.open(None)) as other:
        assert one.dsn_key != other.dsn_key
        assert one.token != other.token
        assert one.token not in repr(one)


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(ValueError, match="version 99"):
        Store.open(path)


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, but long enough to be taken for one" * 20)
    with pytest.raises(sqlite3.DatabaseError):
        Store.open(path)
    assert path.read_text().startswith("not a database")


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Store.open(tmp_path / "nowhere" / "store.sqlite3")


def test_a_write_that_fails_leaves_nothing_behind() -> None:
    def fail(store: Store) -> None:
        with store.writing() as connection:
            connection.execute("DELETE FROM projects")
            connection.execute("INSERT INTO settings VALUES ('token', 'twice')")

    with closing(Store.open(None)) as store:
        with pytest.raises(sqlite3.IntegrityError):
            fail(store)
        assert store.has_project(1)


def test_what_is_set_up_by_hand_is_checked() -> None:
    with closing(Store.open(None)) as store:
        assert store.create_project("local", "shop", platform="python", name="Shop") == 2
        for slug in ("", "Shop", "a b", "../x", "12", "x" * 51):
            with pytest.raises(ValueError, match="not a slug"):
                store.create_project("local", slug)
        with pytest.raises(ValueError, match="there is a project 'shop' already"):
            store.create_project("local", "shop")
        with pytest.raises(ValueError, match="there is an organization 'local' already"):
            store.create_organization("local")
        with pytest.raises(ValueError, match="not a slug"):
            store.create_organization("No Slug")
        with pytest.raises(ValueError, match="unknown scopes: event:everything"):
            store.create_token("local", ["event:read", "event:everything"])
        with pytest.raises(KeyError):
            store.create_token("nowhere")
        with pytest.raises(KeyError):
            store.create_project("nowhere", "x")


async def test_reading_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "store.sqlite3")) as store, store.writing() as connection:
        connection.execute("DELETE FROM projects")
        counted: Any = await asyncio.wait_for(asyncio.to_thread(store.received), 5)
        assert counted == {"event": 0}


def test_readers_do_not_wait_for_each_other_nor_for_a_writer(store_of_either: Store) -> None:
    store = store_of_either
    with store.reading() as one, store.reading() as other, store.writing() as connection:
        connection.execute("INSERT INTO settings VALUES ('a', 'b')")
        for reader in (one, other):
            assert reader.execute("SELECT COUNT(*) FROM settings WHERE name = 'a'").fetchone()[0] == 0


def test_what_one_reads_does_not_change_half_way(store_of_either: Store) -> None:
    store = store_of_either
    with store.reading() as reader:
        before = reader.execute("SELECT COUNT(*) FROM issues").fetchone()[0]
        record_event(store, 1, read_event(failure(), now()))
        assert reader.execute("SELECT COUNT(*) FROM issues").fetchone()[0] == before == 0
        assert reader.execute("SELECT COUNT(*) FROM events").fetchone()[0] == 0
    with store.reading() as reader:
        assert reader.execute("SELECT COUNT(*) FROM events").fetchone()[0] == 1


def test_more_may_read_at_once_than_there_are_readers(store_of_either: Store) -> None:
    store = store_of_either
    record_event(store, 1, read_event(failure(), now()))
    with ThreadPoolExecutor(40) as threads:
        counted = [threads.submit(store.received) for _ in range(400)]
        assert [each.result() for each in counted] == [{"event": 1}] * 400


def test_memory_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with closing(Store.open(None)) as store:
        assert list(tmp_path.iterdir()) == []
        record_event(store, 1, read_event(failure(), now()))
        assert store.received() == {"event": 1}
        assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.iterdir()) == []


def test_memory_leaves_nothing_behind_when_it_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, signal; from local import Store; store = Store.open(None); os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run([sys.executable, "-c", program], env=environment, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


def test_a_closed_store_says_so_and_may_be_closed_again(store_of_either: Store) -> None:
    store_of_either.close()
    store_of_either.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        store_of_either.received()
