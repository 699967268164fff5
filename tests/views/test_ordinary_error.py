"""What a model reads about an everyday Python error, as a real SDK captured it."""

import json
from collections.abc import Callable

from counting import tokens
from specimens import python_event, python_issue

from views.events import event
from views.issues import issue
from views.reader import Answer
from views.traces.stacktraces import stacktrace

Read = Callable[..., Answer]


def test_an_issue_is_told_whole_in_a_thousand_tokens(read: Read, golden: Callable[[str, str], None]) -> None:
    answer = read(issue(python_issue(), python_event()))

    golden("issue", answer.text)
    assert tokens(answer.text) <= 1_000
    for said in (
        "SHOP-BACKEND-1: unresolved",
        "14 events, 4 users",
        "first seen 2026-11-21 23:51Z (2d ago)",
        "last seen 2026-11-24 21:39Z (20m ago)",
        "KeyError: 'SUMMER20' (unhandled)",
        ">46     percent = COUPONS[code]",
        "code = 'SUMMER20'",
        "release shop@1.5.0",
        "production",
        "assigned to Ann Lee",
        "GET https://stock.example.test/v2/levels 200",
        "Request: POST https://shop.example.test/api/checkout?ref=mail",
        "13 library calls: starlette.applications.__call__",
    ):
        assert said in answer.text, said


def test_an_event_is_told_with_what_an_issue_leaves_out(read: Read, golden: Callable[[str, str], None]) -> None:
    answer = read(event(python_event()))

    golden("event", answer.text)
    assert "trace_id" in answer.text
    assert "User-Agent: Mozilla/5.0" in answer.text
    assert "previous 9ae214af45564b9c8535175bca740401" in answer.text


def test_a_stack_trace_folds_library_calls_unless_asked_for_all(read: Read, golden: Callable[[str, str], None]) -> None:
    ours = read(stacktrace(python_event()))
    every = read(stacktrace(python_event(), "all"))

    golden("stacktrace", ours.text)
    golden("stacktrace_all", every.text)
    assert len(ours.data["stacktrace"]["frames"]) == 3
    assert len(every.data["stacktrace"]["frames"]) == 16


def test_what_a_person_sees_and_a_program_reads_hold_no_secret(read: Read) -> None:
    answer = read(issue(python_issue(), python_event()))

    for text in (answer.text, json.dumps(answer.data)):
        assert "bob@example.com" not in text
        assert "10.0.0.14" in text, "an address of ours is no secret"
