"""What we count as tokens is what o200k has: beside a library that counts them."""

import base64
import gzip
import os
import zlib
from importlib.resources import files
from pathlib import Path

import pytest
from counting import tokens
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sentry.steps import at_once
from views.tokens import Counter

ROOT = Path(__file__).parents[2]
VOCABULARY = ROOT / "views" / "o200k_base.zlib"
WRITTEN = [
    *(ROOT / "tests" / "views" / "golden").glob("*.md"),
    *(ROOT / "views").rglob("*.py"),
    *(ROOT / "tests" / "recorded").rglob("*.json"),
    *(ROOT / "tests" / "corpus").glob("*.py"),
]
ALPHABETS = (
    "ab AB\n\t\r /'\"s!?.,:;0123456789-_=",
    "éÉßſ\u0301\u0345LL aA'",
    "漢字かなカナ。、\u3000\n",
    "😀👨👩\ufe0f\u200d!a ",
    "\x00\x01\x1c\x85\u2028\u00a0 \n\ra'",
    "Привет, ДА're\nनमस्ते ًا",
)
RUNS = [
    " ",
    "\n",
    "a",
    "A",
    "aA",
    "7",
    "=",
    "-",
    "漢",
    "😀",
    "\u200d",
    " \n",
    "\u00a0",
    "/",
    "'s",
    "\ufffd",
    "\U000e0041",
]


def counted(text: str) -> int:
    return at_once(Counter().count(text, 10**9))


def test_the_vocabulary_is_that_of_o200k() -> None:
    """Made from what bpe-openai ships: `SENTRY_MCP_GOLDEN=write` writes it anew."""
    lines = gzip.decompress((files("bpe_openai") / "data" / "o200k_base.tiktoken.gz").read_bytes()).splitlines()
    ranked = sorted((int(rank), base64.b64decode(token)) for token, rank in map(bytes.split, lines))
    found = [token for _, token in ranked if len(token) > 1]
    if os.environ.get("SENTRY_MCP_GOLDEN") == "write":
        VOCABULARY.write_bytes(zlib.compress(b"\xff".join(found), 9))

    assert zlib.decompress(VOCABULARY.read_bytes()).split(b"\xff") == found


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_what_people_and_programs_write_is_counted_exactly(path: Path) -> None:
    assert counted(path.read_text()) == tokens(path.read_text())


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(ALPHABETS), min_size=1).flatmap(lambda some: st.text("".join(some), max_size=200)))
@example("do 'RE don'\u017f")
@example("a\n  \n /b\n\n  c \n")
@example('{"a":"b","c":1,"d":"x\\n"}')
def test_any_text_is_counted_exactly(text: str) -> None:
    assert counted(text) == tokens(text)


@pytest.mark.parametrize("unit", RUNS)
@pytest.mark.parametrize("times", [3, 100, 700])
def test_a_run_is_counted_exactly_or_as_more(unit: str, times: int) -> None:
    """A piece of more than two thousand bytes counts as so many tokens as it has bytes."""
    text = unit * times

    assert counted(text) == tokens(text) or (len(text.encode()) > 2_000 and counted(text) == len(text.encode()))


@pytest.mark.parametrize("most", [0, 1, 10, 100])
def test_what_fits_is_known_without_counting_it_all(most: int) -> None:
    for text in ("x" * 10_000, "the cart is empty " * 5, "", "word\n" * 9):
        assert at_once(Counter().fits(most, text)) is (tokens(text) <= most), text[:20]


def test_texts_fit_together() -> None:
    assert at_once(Counter().fits(12, "the cart is empty", "no price for it"))
    assert not at_once(Counter().fits(7, "the cart is empty", "no price for it"))


def test_a_beginning_is_whole_chunks_of_a_text() -> None:
    text = "\n".join(f"line {number} of a text" for number in range(100))

    begun = at_once(Counter().beginning(text, 100))

    assert text.startswith(begun)
    assert 90 <= tokens(begun) <= 100
