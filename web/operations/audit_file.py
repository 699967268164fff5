"""The audit log as a file: one JSON object a line, each on the disk before anything else happens."""

import errno
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from service.cleaning import Clean, cleaned

MODE = 0o600
MOST = 2_000
"""Characters of one text, such as a comment."""


class AuditFile:
    """Only appended to, also by several servers; opened anew when it was moved or removed, as logrotate does."""

    def __init__(self, path: str, clean: Clean) -> None:
        """Opens the file; raises OSError."""
        self._path = Path(path).expanduser()
        self._clean = clean
        self._lock = anyio.Lock()
        self._is_broken = False
        """Whether a line may lack its end."""
        self._descriptor = self._open()

    async def write(self, entry: dict[str, Any]) -> None:
        """Raises OSError."""
        line = json.dumps(cleaned(entry, self._clean, MOST), ensure_ascii=False).encode(errors="replace") + b"\n"
        async with self._lock:
            await anyio.to_thread.run_sync(self._append, line)

    async def problem(self) -> str | None:
        """A check: after a failure whether lines can be written again."""
        async with self._lock:
            try:
                await anyio.to_thread.run_sync(self._append, b"" if not self._is_broken else b"\n")
            except OSError:
                return "cannot be written"
        return None

    def close(self) -> None:
        os.close(self._descriptor)

    def _append(self, line: bytes) -> None:
        self._open_anew_where_moved()
        if not line:
            return
        left = b"\n" + line if self._is_broken and line != b"\n" else line
        self._is_broken = True
        while left:
            left = left[os.write(self._descriptor, left) :]
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            if error.errno != errno.EINVAL:  # a pipe or a terminal, which has no disk
                raise
        self._is_broken = False

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(self._path, flags, MODE)
        with suppress(OSError, AttributeError):  # what cannot be looked at has no last line either
            size = os.fstat(descriptor).st_size
            self._is_broken = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"  # the end of a crash
        _keep_name(self._path.parent)
        return descriptor

    def _open_anew_where_moved(self) -> None:
        try:
            now, ours = self._path.stat(), os.fstat(self._descriptor)
            if (now.st_dev, now.st_ino) == (ours.st_dev, ours.st_ino):
                return
        except FileNotFoundError:
            pass
        descriptor = self._open()
        os.close(self._descriptor)
        self._descriptor = descriptor


def _keep_name(folder: Path) -> None:
    """A new file's name is on the disk only when its folder is."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
