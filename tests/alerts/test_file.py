"""The inbox in a file: what becomes of it where the file, or its disk, is not as it should be."""

import contextlib
import math
import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
from alerting import happening, inbox_in, kept

from alerts.alert import Kind, Wanted
from alerts.file import FileInbox
from alerts.inbox import Inbox, InboxError
from application import build_server
from settings import SettingsError, load_settings

pytestmark = pytest.mark.skipif(os.name != "posix", reason="elsewhere an open file keeps its name")
ANY = Wanted()
MANY = [happening(number, title="x" * 300) for number in range(2, 200)]


@contextmanager
def full_beyond(size: int) -> Generator[None]:
    """As if there were a disk on which no file can grow beyond so many bytes."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def issues(inbox: Inbox) -> set[str]:
    return {found.told.issue for found in await inbox.look(ANY, 1_000)}


def remove(file: Path, *parts: str) -> None:
    for part in parts or ("", "-wal", "-shm"):
        file.with_name(file.name + part).unlink()


async def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "new" / "alerts.db"
    async with inbox_in(file, happening()):
        assert [part.stat().st_mode & 0o077 for part in file.parent.iterdir()] == [0, 0, 0]


async def test_a_file_that_is_none_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_bytes(content := b"not a database, but some text of somebody's\n" * 100)
    with pytest.raises(InboxError):
        async with FileInbox.opened(text):
            pass
    assert text.read_bytes() == content
    empty = tmp_path / "empty.db"
    empty.touch()
    async with FileInbox.opened(empty) as inbox:
        assert await inbox.look(ANY, 1) == []
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE somebodys (id)")
    other.close()
    with pytest.raises(InboxError, match="none, or one of another version"):
        async with FileInbox.opened(tmp_path / "other.db"):
            pass


async def test_a_full_disk_refuses_and_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "alerts.db"
    async with inbox_in(file, happening(1)) as inbox:
        size = (tmp_path / "alerts.db-wal").stat().st_size
        with full_beyond(size + 8_192), pytest.raises(InboxError, match="its disk is full"):
            await inbox.store(MANY, "webhook")
        with full_beyond(size), pytest.raises(InboxError, match="its disk is full"):
            await inbox.touch()
        assert await issues(inbox) == {"1"}
        (stored,) = await inbox.store([happening(999)], "webhook")
        assert stored.is_new
        assert await issues(inbox) == {"1", "999"}


@pytest.mark.parametrize(("room", "is_read"), [(0, False), (32_768, True)])
async def test_a_server_starts_on_a_full_disk_and_takes_alerts_when_there_is_room(
    tmp_path: Path, room: int, is_read: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite reads where it has room for its index of the log, 32 KiB."""
    file = tmp_path / "alerts.db"
    await kept(file, happening(1))
    settings = load_settings(
        environment={"SENTRY_AUTH_TOKEN": "t", "SENTRY_MCP_ALERTS": "true", "SENTRY_MCP_ALERTS_PATH": str(file)}
    )
    with full_beyond(room):
        build_server(settings)
    with full_beyond(room):
        opening = FileInbox.opened(file)
        inbox = await opening.__aenter__()
        assert (tmp_path / "alerts.db-wal").stat().st_size == 0, "it takes no room to open a file that is there"
        with pytest.raises(InboxError, match="its disk is full"):
            await inbox.store(MANY, "webhook")
        if is_read:
            assert await issues(inbox) == {"1"}
    assert ("its disk is full" in caplog.text) is not is_read
    await inbox.store([happening(2)], "webhook")
    assert await issues(inbox) == {"1", "2"}
    await opening.__aexit__(None, None, None)


async def test_a_server_does_not_start_with_a_file_that_will_never_do(tmp_path: Path) -> None:
    (tmp_path / "alerts.db").write_bytes(b"somebody's text\n" * 1_000)
    settings = load_settings(
        environment={
            "SENTRY_AUTH_TOKEN": "t",
            "SENTRY_MCP_ALERTS": "true",
            "SENTRY_MCP_ALERTS_PATH": str(tmp_path / "alerts.db"),
        }
    )
    with pytest.raises(SettingsError, match=r"^alerts_path: '.*': The inbox cannot be read or written \(notadb\)"):
        build_server(settings)


async def test_what_is_stored_after_the_file_was_removed_is_in_the_one_that_has_its_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "alerts.db"
    async with inbox_in(file, happening(1)) as inbox:
        remove(file)
        await inbox.store([happening(2)], "webhook")
        await inbox.store([happening(3)], "webhook")
        async with inbox_in(file) as other:
            assert await issues(other) == {"2", "3"}
        assert await issues(inbox) == {"2", "3"}
    assert caplog.text.count("was removed or replaced") == 1


async def test_what_is_written_while_the_file_is_removed_is_not_said_to_be_stored(tmp_path: Path) -> None:
    file, is_removed = tmp_path / "alerts.db", False

    def clock() -> float:
        """Asked within the transaction."""
        nonlocal is_removed
        if not is_removed:
            is_removed = True
            remove(file)
        return 1_800_000_000.0

    async with FileInbox.opened(file, clock) as inbox:
        with pytest.raises(InboxError, match="removed while it was written"):
            await inbox.store([happening(1)], "webhook")
        await inbox.store([happening(2)], "webhook")
        assert await issues(inbox) == {"2"}


async def test_another_file_that_took_its_place_is_read_and_written(tmp_path: Path) -> None:
    file, other = tmp_path / "alerts.db", tmp_path / "other.db"
    await kept(other, happening(7))
    async with inbox_in(file, happening(1)) as inbox:
        remove(file, "-wal", "-shm")
        other.rename(file)
        assert await issues(inbox) == {"7"}
        await inbox.store([happening(8)], "webhook")
    async with inbox_in(file) as inbox:
        assert await issues(inbox) == {"7", "8"}


async def test_where_its_log_alone_was_removed_nothing_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "alerts.db"
    async with inbox_in(file, happening(1)) as inbox:
        remove(file, "-wal")
        await inbox.store([happening(2)], "webhook")
        async with inbox_in(file) as other:
            assert await issues(other) == {"1", "2"}


async def test_while_there_can_be_no_file_nothing_is_taken_and_then_all_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    async with inbox_in(folder / "alerts.db", happening(1)) as inbox:
        folder.rename(tmp_path / "elsewhere")
        folder.write_text("in the way")
        for refused in (inbox.store([happening(2)], "webhook"), inbox.touch(), inbox.look(ANY, 1), inbox.waiting()):
            with pytest.raises(InboxError, match="cannot be opened") as caught:
                await refused
            assert caught.value.status_code == 503
        folder.unlink()
        await inbox.store([happening(3)], "webhook")
        folder.rename(tmp_path / "new")
        (tmp_path / "elsewhere").rename(folder)
        assert await issues(inbox) == {"1"}


async def test_a_claim_that_waits_hears_of_what_another_stores_in_the_new_file(tmp_path: Path) -> None:
    file = tmp_path / "alerts.db"
    async with inbox_in(file) as inbox:
        got: list[str] = []

        async def wait() -> None:
            found = await inbox.claim("engine", ANY, math.inf)
            assert found
            got.append(found.told.issue)

        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(wait)
                await anyio.sleep(0.2)
                remove(file)
                await kept(file, happening(2))
        assert got == ["2"]


async def test_what_comes_into_a_file_in_the_place_of_another_is_told(tmp_path: Path) -> None:
    file = tmp_path / "alerts.db"
    async with inbox_in(file, *(happening(number) for number in range(1, 6))) as inbox:
        told: list[str] = []
        async with anyio.create_task_group() as tasks:

            async def wait_for_newer() -> None:
                told.extend(alert.told.issue for alert in await inbox.newer(5, 10))

            tasks.start_soon(wait_for_newer)
            await anyio.wait_all_tasks_blocked()
            remove(file)
            await inbox.look(ANY, 1)  # the file is there again, with nothing in it
            await inbox.store([happening(7)], "webhook")
        assert told == ["7"]


async def test_a_kind_that_a_later_version_stored_is_some_other(tmp_path: Path) -> None:
    file = tmp_path / "alerts.db"
    await kept(file, happening(1), happening(2))
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alerts SET kind = 'novel' WHERE issue = '1'")
    async with FileInbox.opened(file) as inbox:
        found = [(alert.told.kind, alert.told.issue) for alert in await inbox.newer(0, 10)]
    assert found == [(Kind.OTHER, "1"), (Kind.CREATED, "2")]
