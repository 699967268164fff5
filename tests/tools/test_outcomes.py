"""What became of a change, step by step and issue by issue: what was made, what was not, what nobody knows."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from mcp.client.client import Client
from standins.sockets import Request, Wire, listening
from wire import connected_to, data_of, error_of, text_of

PAGE = "<!doctype html><title>Bad gateway</title>"
LIMITED = (400, {"detail": "You have already posted that comment."})


@dataclass
class Tracker:
    """A Sentry of today with issues 1 to 3, that answers a write to an issue as `answers` says: None breaks off."""

    answers: dict[str, tuple[int, Any] | None] = field(default_factory=dict[str, tuple[int, Any] | None])
    statuses: dict[str, str] = field(default_factory=dict[str, str])
    writes: list[str] = field(default_factory=list[str])

    async def answer(self, request: Request, wire: Wire) -> None:
        number = request.path.split("/")[6].upper().removeprefix("SHOP-")
        if request.method != "GET":
            self.writes.append(f"{request.method} {number}")
        if f"{request.method} {number}" in self.answers:
            answer = self.answers[f"{request.method} {number}"]
            if answer is None:
                return wire.reset()
            code, body = answer
            page = isinstance(body, str)
            raw = body.encode() if page else json.dumps(body).encode()
            return await wire.answer(code, raw, "text/html" if page else "application/json")
        if request.method == "POST":
            return await wire.answer(201, b'{"id": "9"}')
        if number not in ("1", "2", "3"):
            return await wire.answer(404, b'{"detail": "The requested resource does not exist"}')
        if request.method == "PUT":
            self.statuses[number] = json.loads(request.body).get("status", "unresolved")
        status = self.statuses.get(number, "unresolved")
        issue = {"id": number, "shortId": f"SHOP-{number}", "title": "Broken", "status": status}
        return await wire.answer(body=json.dumps(issue).encode())


@asynccontextmanager
async def tracking(**answers: tuple[int, Any] | None) -> AsyncGenerator[tuple[Client, Tracker]]:
    tracker = Tracker({name.replace("_", " "): answer for name, answer in answers.items()})
    async with listening(tracker.answer) as server, connected_to(server.url) as client:
        yield client, tracker


async def test_a_change_whose_comment_is_refused_is_told_as_made_and_not_commented() -> None:
    async with tracking(POST_1=LIMITED) as (client, _):
        change = {"issue": "SHOP-1", "status": "resolved", "comment": "Fixed."}
        result = await client.call_tool("update_issue", change)

    assert not result.is_error
    assert text_of(result).startswith("Incomplete.")
    assert "SHOP-1: unresolved -> resolved; not commented: " in text_of(result)
    assert "You have already posted that comment." in text_of(result)
    assert data_of(result)["changed"] == ["status"]
    assert "comment" not in data_of(result)


async def test_of_many_issues_each_step_is_told() -> None:
    answers = {"POST_1": LIMITED, "PUT_2": (403, {"detail": "No."}), "PUT_3": (504, PAGE)}
    async with tracking(**answers) as (client, tracker):
        change = {"issue": "SHOP-1, 2, 3, 4", "status": "resolved", "comment": "Fixed."}
        result = await client.call_tool("update_issue", change)

    assert not result.is_error
    rows = {row["issue"]: row for row in data_of(result)["issues"]}
    assert {issue: row["result"] for issue, row in rows.items()} == {
        "SHOP-1": "incomplete",
        "2": "failed",
        "3": "unknown",
        "4": "failed",
    }
    assert "unresolved -> resolved; not commented: " in rows["SHOP-1"]["outcome"]
    assert rows["2"]["outcome"].startswith("2: not changed. ")
    assert rows["3"]["outcome"].startswith("3: perhaps changed. ")
    assert "The comment was not posted." in rows["3"]["outcome"]
    assert rows["4"]["outcome"].startswith("4: not changed. ")
    assert text_of(result).startswith("4 issues: 1 incomplete, 1 unknown, 2 failed.")
    assert sorted(tracker.writes) == ["POST 1", "PUT 1", "PUT 2", "PUT 3"]


async def test_a_change_that_failed_leaves_the_comment_out_and_says_so() -> None:
    async with tracking(PUT_1=(403, {"detail": "No."})) as (client, tracker):
        change = {"issue": "1", "status": "resolved", "comment": "Fixed."}
        error = error_of(await client.call_tool("update_issue", change))

    assert error["error"] == "forbidden"
    assert error["message"].endswith("The comment was not posted.")
    assert tracker.writes == ["PUT 1"]


@pytest.mark.parametrize(
    "answer", [None, (502, PAGE), (200, PAGE), (200, []), (204, {}), (500, {"detail": "Internal Error"})], ids=str
)
async def test_a_change_that_may_have_been_made_is_told_as_such_and_not_sent_again(
    answer: tuple[int, Any] | None,
) -> None:
    async with tracking(PUT_1=answer) as (client, tracker):
        error = error_of(await client.call_tool("update_issue", {"issue": "1", "status": "resolved"}))

    assert "Whether Sentry made the change is not known" in error["message"]
    assert "Try again later" not in error["message"], "one thing to do, not two"
    assert error["details"]["outcome"] == "unknown"
    assert tracker.writes == ["PUT 1"]


async def test_a_comment_that_may_have_been_posted_is_told_as_such() -> None:
    async with tracking(POST_1=None) as (client, _):
        change = {"issue": "1", "status": "resolved", "comment": "Fixed."}
        result = await client.call_tool("update_issue", change)

    assert "SHOP-1: unresolved -> resolved; perhaps not commented: " in text_of(result)


async def test_one_issue_under_several_names_is_changed_once() -> None:
    async with tracking() as (client, tracker):
        names = "1, SHOP-1, shop-1, #1"
        one = await client.call_tool("update_issue", {"issue": names, "comment": "Seen."})
        both = await client.call_tool("update_issue", {"issue": f"{names} 2", "status": "resolved"})

    assert text_of(one).startswith("Commented.")
    assert text_of(both).startswith("2 issues: 2 updated.")
    assert tracker.writes == ["POST 1", "PUT 1", "PUT 2"]


async def test_when_nothing_was_changed_every_reason_is_told() -> None:
    async with tracking(PUT_1=(403, {"detail": "No."}), PUT_2=None) as (client, _):
        error = error_of(await client.call_tool("update_issue", {"issue": "1 2 7", "status": "resolved"}))

    assert error["error"] == "unreachable", "that of which nobody knows"
    assert "Issue 7 was not found" in error["message"]
    assert "(issue 1)" in error["message"]
    assert "is not known" in error["message"]
