"""Answers as they are read: whole texts kept in `golden/`, written anew with `SENTRY_MCP_GOLDEN=write`."""

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sentry.site import Site
from views.reader import Answer, Reader
from views.results import Result

GOLDEN = Path(__file__).parent / "golden"
SITE = Site("https://sentry.example.test")
NOW = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
Read = Callable[..., Answer]


@pytest.fixture
def read() -> Read:
    """An answer as a model gets it, at a fixed moment and with a fixed nonce."""

    def answer(result: Result, budget: int | None = None, reader: Reader | None = None) -> Answer:
        found = (reader or Reader(site=SITE)).read(result, budget, NOW)
        return Answer(re.sub(r"«(\d{9})\b", "«123456789", _closing(found.text)), found.data, found.meta)

    return answer


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with the one a person has read and found good."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / f"{name}.md"
        if os.environ.get("SENTRY_MCP_GOLDEN") == "write":
            path.write_text(text + "\n")
        assert text + "\n" == path.read_text()

    return compare


def _closing(text: str) -> str:
    return re.sub(r"\b(\d{9})»", "123456789»", text)
