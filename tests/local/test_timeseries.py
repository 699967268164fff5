"""Explore over time: steps, top groups, and what is refused."""

from itertools import pairwise
from typing import Any

import pytest
from sending import Local, ago, failure, log, seconds_ago, span, typed

HOUR = 3_600_000


@pytest.fixture
async def week(local: Local) -> Local:
    """Seven errors in the last hours, of three browsers, and two spans."""
    for browser, hours in (("Chrome", 0), ("Chrome", 1), ("Chrome", 1), ("Chrome", 2), ("Safari", 1), ("Safari", 3)):
        await local.send(failure(tags={"browser": browser}, timestamp=ago(hours=hours)))
    await local.send(failure(tags={"browser": "Opera"}, timestamp=ago(hours=2)))
    start = seconds_ago(hours=1)
    await local.send_items(
        "span",
        *(span(took=took, start_timestamp=start, attributes=typed(sentry__op="db")) for took in (10, 30)),
    )
    return local


async def series(local: Local, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await local.get("events-timeseries/", **query))["timeSeries"]
    return found


def values(one: dict[str, Any]) -> list[float]:
    return [point["value"] for point in one["values"]]


async def test_each_step_has_its_count_and_the_last_is_incomplete(week: Local) -> None:
    body = await week.get("events-timeseries/", dataset="errors", statsPeriod="6h", interval="3600")
    (one,) = body["timeSeries"]
    points = one["values"]
    assert len(points) == 7
    assert sum(values(one)) == 7
    assert values(one)[-1] >= 1
    assert {after["timestamp"] - before["timestamp"] for before, after in pairwise(points)} == {HOUR}
    assert points[0]["timestamp"] % HOUR == 0
    assert [point["incomplete"] for point in points] == [False] * 6 + [True]
    assert points[-1]["incompleteReason"] == "INCOMPLETE_BUCKET"
    assert (one["yAxis"], one["meta"]) == (
        "count()",
        {"interval": HOUR, "valueType": "integer", "valueUnit": None, "dataScanned": "full"},
    )
    assert body["meta"] == {
        "dataset": "errors", "start": points[0]["timestamp"], "end": points[-1]["timestamp"] + HOUR,
    }  # fmt: skip


async def test_axes_are_series_of_their_own(week: Local) -> None:
    p100, rate = await series(
        week,
        dataset="spans",
        statsPeriod="6h",
        interval="3600",
        yAxis=["p100(span.duration)", "epm()"],
        query="span.op:db",
    )
    assert max(values(p100)) == pytest.approx(30, abs=0.01)
    assert sorted(values(p100))[0] == 0
    assert (p100["meta"]["valueType"], p100["meta"]["valueUnit"]) == ("duration", "millisecond")
    assert max(values(rate)) == pytest.approx(2 / 60)


async def test_the_top_groups_are_series_and_the_rest_is_one(week: Local) -> None:
    query = {"dataset": "errors", "statsPeriod": "6h", "interval": "3600", "topEvents": 1}
    chrome, other = await series(week, **query, groupBy=["browser", "level"], sort="-count()")
    assert chrome["groupBy"] == [{"key": "browser", "value": "Chrome"}, {"key": "level", "value": "error"}]
    assert (sum(values(chrome)), sum(values(other))) == (4, 3)
    assert (chrome["meta"]["isOther"], chrome["meta"]["order"]) == (False, 0)
    assert (other["meta"]["isOther"], other["meta"]["order"]) == (True, 1)
    assert len(await series(week, **query, groupBy="browser", sort="-count()", excludeOther="1")) == 1
    assert await series(week, **query, groupBy="browser", sort="browser", query="nothing") == []
    by_alias = await series(week, **query, groupBy="browser", sort="-count")
    assert by_alias[0]["groupBy"] == [{"key": "browser", "value": "Chrome"}]
    by_another = await series(week, **query, groupBy="browser", sort="-count_unique(user)", yAxis="count()")
    assert [one["yAxis"] for one in by_another] == ["count()", "count()"]
    (only, rest) = await series(week, **query, groupBy="browser", sort="-count()", query="count():<3 count():>1")
    assert (only["groupBy"][0]["value"], sum(values(rest))) == ("Safari", 5)


async def test_a_group_without_a_value_is_one_too(week: Local) -> None:
    (one,) = await series(
        week, dataset="errors", statsPeriod="6h", topEvents=2, groupBy="nothing", sort="-count()", excludeOther="1"
    )
    assert one["groupBy"] == [{"key": "nothing", "value": None}]
    assert sum(values(one)) == 7


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ({"statsPeriod": "1h"}, 300),
        ({"statsPeriod": "24h"}, 900),
        ({"statsPeriod": "7d"}, 3600),
        ({"statsPeriod": "40d"}, 14_400),
        ({}, 86_400),
        ({"statsPeriod": "1h", "interval": "bogus"}, 300),
        ({"statsPeriod": "1h", "interval": "7200"}, 300),
        ({"statsPeriod": "1h", "interval": "0"}, 300),
        ({"statsPeriod": "1h", "interval": "60"}, 60),
        ({"statsPeriod": "1h", "interval": "5m"}, 300),
    ],
)
async def test_a_step_that_is_none_is_chosen_by_the_time_asked_for(
    local: Local, query: dict[str, str], seconds: int
) -> None:
    (one,) = await series(local, dataset="logs", **query)
    assert one["meta"]["interval"] == seconds * 1000


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"statsPeriod": "90d", "interval": "10"}, "too many results"),
        (
            {"statsPeriod": "7d", "interval": "60", "topEvents": "10", "groupBy": "x", "sort": "-count()"},
            "too many results",
        ),
        ({"yAxis": "title"}, "yAxis must be a function"),
        ({"yAxis": "last_seen()"}, "yAxis is no number"),
        ({"yAxis": "bogus()"}, "Unknown function bogus"),
        ({"yAxis": [f"count_unique(a{number})" for number in range(11)]}, "You can only plot 10 axes"),
        ({"topEvents": "11", "groupBy": "x", "sort": "-count()"}, "topEvents must be between 1 and 10"),
        ({"topEvents": "x", "groupBy": "x", "sort": "-count()"}, "topEvents must be between 1 and 10"),
        ({"topEvents": "2", "sort": "-count()"}, "groupBy and sort are required"),
        ({"topEvents": "2", "groupBy": "x"}, "groupBy and sort are required"),
        ({"topEvents": "2", "groupBy": "count()", "sort": "-count()"}, "groupBy cannot be a function"),
        ({"query": "count():>1"}, "Aggregate conditions are disabled"),
        ({"dataset": "bogus"}, "dataset must be one of"),
    ],
)
async def test_what_cannot_be_drawn_is_refused_in_words(local: Local, query: dict[str, Any], words: str) -> None:
    status, body = await local.refusal("events-timeseries/", **{"dataset": "errors", **query})
    assert status == 400
    assert words in body["detail"]


async def test_older_clients_get_the_same_as_pairs(week: Local) -> None:
    body = await week.get("events-stats/", statsPeriod="6h", interval="1h")
    assert len(body["data"]) == 7
    assert sum(cell["count"] for _, (cell,) in body["data"]) == 7
    assert body["data"][0][0] == body["start"]
    several = await week.get("events-stats/", statsPeriod="6h", yAxis=["count()", "count_unique(user)"])
    assert list(several) == ["count()", "count_unique(user)"]
    assert several["count_unique(user)"]["order"] == 1
    status, refused = await week.refusal("events-stats/", topEvents="5")
    assert (status, refused) == (400, {"detail": "topEvents is answered by events-timeseries/ alone"})


async def test_logs_are_counted_over_time_by_their_severity(local: Local) -> None:
    await local.send_items("log", log("a", "warn"), log("b", "error"), log("c", "error"))
    error, warn = await series(
        local, dataset="logs", statsPeriod="1h", topEvents=2, groupBy="severity", sort="-count()", excludeOther="1"
    )
    assert (error["groupBy"][0]["value"], sum(values(error))) == ("error", 2)
    assert (warn["groupBy"][0]["value"], sum(values(warn))) == ("warn", 1)
