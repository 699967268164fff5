"""Texts are found as they are, whatever is in them, and whether they are in the index yet or not."""

import pytest
from sending import Local, failure, frame

from local.clock import now
from local.intake.incoming import read_event
from local.intake.recording import record_event

TEXTS = (
    'he said "no" to it',
    "a NEAR b, c NOT d",
    "x*y - z^2 (in brackets)",
    "50% of under_score",
    "back\\slash and 'quotes'",
    "größe überschritten",
    "データベース 接続",
    "emoji 🎉🎉🎉 party",
    "column:value {set} col : val",
    "100500",
)


@pytest.fixture(params=["indexed", "not yet indexed"])
async def texts(local: Local, request: pytest.FixtureRequest) -> Local:
    """An issue for each of the texts; where they are indexed, with more events than wait for the index."""
    events = [failure(f"Kind{number}", text, [frame(f"f{number}")]) for number, text in enumerate(TEXTS)]
    if request.param == "indexed":
        events += [failure("Other", "something else", [frame("other")])] * 260
    for event in events:
        record_event(local.store, 1, read_event({**event, "event_id": None}, now()))
    return local


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('"\\"no\\" to"', []),
        ("said", [0]),
        ('"NEAR b"', [1]),
        ('"c NOT d"', [1]),
        ("near", [1]),
        ("x*y", [2]),
        ('"- z^2"', [2]),
        ('"(in brackets)"', [2]),
        ('"50% of"', [3]),
        ("under_score", [3]),
        ("underXscore", []),
        ("50%of", []),
        ("back\\slash", [4]),
        ("'quotes'", [4]),
        ("größe", [5]),
        ("GRöSSE", []),
        ("ÜBER", []),
        ("über", [5]),
        ("データ", [6]),
        ("ベース", [6]),
        ("接続", [6]),
        ("🎉🎉🎉", [7]),
        ("🎉", [7]),
        ('"{set}"', [8]),
        ('"col : val"', [8]),
        ("100500", [9]),
        ("05", [9]),
        ("Kind*größe", [5]),
        ("Kind*nowhere", []),
        ("*", list(range(10))),
        ("message:party", [7]),
        ("!message:Kind", []),
        ("message:[größe,party]", [5, 7]),
        ("message:[größe,50]", [3, 5, 9]),
    ],
)
async def test_a_text_stands_for_itself(texts: Local, query: str, found: list[int]) -> None:
    kinds = [title.split(":")[0] for title in await texts.titles(query)]
    assert sorted(kind for kind in kinds if kind != "Other") == [f"Kind{number}" for number in found]


@pytest.mark.parametrize(
    "query", ['"', '"" OR ""', "a\x00bc", "AND AND", "{{{", "^^^^", "***", '"""', "event_texts:x" * 20]
)
async def test_no_text_breaks_the_index(texts: Local, query: str) -> None:
    response = await texts.call("GET", "issues/", query=query)
    assert response.status_code in (200, 400)


async def test_a_long_text_is_found(local: Local) -> None:
    text = "".join(f"part-{number}-" for number in range(60))
    await local.send(failure("Long", text))
    assert await local.titles(text) == [f"Long: {text}"[:247] + "..."]
    assert await local.titles(text + "and more") == []
