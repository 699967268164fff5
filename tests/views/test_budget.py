"""However large an event, its answer stays within the budget, and says what was left out and how to get it."""

import itertools
from collections.abc import Callable
from typing import Any

import counting
import pytest
from counting import assert_within
from specimens import large_event, python_event, python_issue, recorded

from sentry.models import Event, Issue
from sentry.models.pages import Page
from views.events import event, event_list
from views.issues import IssueResult, issue, issue_list
from views.reader import Answer, Reader, compact_json
from views.results import Result, left_out
from views.traces.stacktraces import stacktrace

Read = Callable[..., Answer]


def large() -> Event:
    return Event.model_validate(large_event())


def large_issue() -> Result:
    return issue(python_issue(), large())


def thread_event() -> Event:
    """As many words outside of the stack trace as within."""
    words = {f"name_{n}": "word " * 400 for n in range(100)}
    return Event.model_validate(
        {**large_event(), "user": words, "contexts": words, "context": words, "title": "x" * 9_000}
    )


RESULTS: dict[str, Callable[[], Result]] = {
    "issue": large_issue,
    "event": lambda: event(large()),
    "stacktrace": lambda: stacktrace(large()),
    "all frames": lambda: stacktrace(large(), "all"),
    "words": lambda: event(thread_event()),
    "ordinary": lambda: issue(python_issue(), python_event()),
}


@pytest.mark.parametrize("tokens", [500, 1_000, 4_000, 20_000])
@pytest.mark.parametrize("name", RESULTS)
def test_an_answer_stays_within_its_budget(name: str, tokens: int) -> None:
    answer = Reader().read(RESULTS[name](), tokens)

    assert_within(answer, tokens)
    nonce = answer.text.split("«")[1][:9]
    assert f"\n{nonce}»" in answer.text


@pytest.mark.parametrize("name", ["issue", "event", "stacktrace", "all frames"])
def test_the_failing_call_and_the_cause_survive(name: str) -> None:
    for tokens in (500, 4_000):
        answer = Reader().read(RESULTS[name](), tokens)

        assert "PricingError: no price for SKU-7 in EUR" in answer.text
        assert "ConnectionResetError: [Errno 104] Connection reset by peer: stock.example.test" in answer.text
        assert 'File "shop/pricing/module_119.py", line 219, in compute_step_119' in answer.text
        assert ">219 value_219 = compute(" in answer.text
        assert answer.data["stacktrace"]["frames"][-1]["function"] == "compute_step_119"


def test_a_large_event_fills_the_usual_budget_and_no_more() -> None:
    answer = Reader().read(large_issue())

    assert 3_400 < counting.tokens(answer.text) <= 4_000
    assert 3_400 < counting.tokens_of_json(answer.data, answer.meta) <= 4_000


def test_what_fits_is_told_as_it_usually_is(read: Read) -> None:
    for result in (issue(python_issue(), python_event()), event(python_event()), stacktrace(python_event())):
        usual = read(result).text

        assert read(result, max(500, counting.tokens(usual) + 40)).text == usual


def test_all_that_goes_is_named_and_what_is_told_by_a_name_stays_so(read: Read) -> None:
    least, more = (read(issue(python_issue(), python_event()), budget).text for budget in (500, 700))

    assert "request, tags, user, contexts: get_event(" in least
    assert "\nContext: CPython 3.11.7 | Firefox 140.0 | Linux\n" in more


def test_what_was_left_out_is_said_with_the_call_that_gets_it() -> None:
    answer = Reader().read(large_issue())

    identifier = "5c8edffb7e5444b29faa229b8e83d319"
    after = answer.text[answer.text.rindex("»") :]
    assert "breadcrumbs, parts of extra and contexts" in after
    assert f': get_event(event="{identifier}", max_tokens=20000)' in after
    assert f'get_stacktrace(event="{identifier}", frames="all", max_tokens=20000)' in after
    more, whole = answer.data["omitted"]
    assert f'get_stacktrace(event="{identifier}", frames="all", max_tokens=20000)' in more
    assert "breadcrumbs, parts of extra and contexts" in whole
    assert f'get_event(event="{identifier}", max_tokens=20000)' in whole


def test_a_larger_budget_shows_more() -> None:
    small, usual, wide = (Reader().read(event(large()), tokens) for tokens in (1_000, 4_000, 20_000))

    assert len(small.text) < len(usual.text) < len(wide.text)
    assert len(wide.json()) > len(usual.json()) > len(small.json())
    assert len(wide.data["breadcrumbs"]) > len(usual.data["breadcrumbs"]) >= len(small.data["breadcrumbs"])


def test_sections_give_way_in_their_order() -> None:
    """The smaller the budget, the more is gone; extra goes first, the trace last."""
    answers = [Reader().read(event(large()), tokens).data for tokens in (20_000, 8_000, 4_000, 2_000, 1_000, 500)]
    sections = ("extra", "contexts", "breadcrumbs", "stacktrace")
    sizes = [[len(compact_json(data.get(name, {}))) for name in sections] for data in answers]

    for larger, smaller in itertools.pairwise(sizes):
        assert all(now <= was for was, now in zip(larger, smaller, strict=True))
    assert "extra" not in answers[-1]


def test_an_event_of_everyday_size_loses_nothing() -> None:
    assert "omitted" not in Reader().read(issue(python_issue(), python_event())).data


def test_lists_lose_columns_before_rows_and_say_so() -> None:
    rows = [_row(n) for n in range(100)]

    usual = Reader().read(issue_list(Page(rows, "0:100:0")), 5_000)
    wide = Reader().read(issue_list(Page(rows, "0:100:0")), 10_000)
    small = Reader().read(issue_list(Page(rows, "0:100:0")), 1_000)

    assert usual.text.startswith("100 issues.")
    assert usual.text.endswith('More: cursor="0:100:0"\nLeft out culprits and details of rows: get_issue')
    assert_within(usual, 5_000)
    assert len(wide.data["issues"]) == 100
    assert wide.data["next_cursor"] == "0:100:0"
    assert wide.data["omitted"] == ["Left out culprits and details of rows: get_issue"]
    assert_within(wide, 10_000)
    in_text, in_data = small.text.count("SHOP-BACKEND-"), len(small.data["issues"])
    assert 10 <= in_text < 40
    assert 10 <= in_data < 40
    assert "next_cursor" not in small.data, "the next page would pass over the rows that were left out"
    assert "cursor=" not in small.text
    assert f"ask again with limit={in_text}" in small.text
    assert any(f"ask again with limit={in_data}" in said for said in small.data["omitted"])
    assert_within(small, 1_000)


def test_a_list_of_events_stays_within_its_budget() -> None:
    row = Event.model_validate({"eventID": "a" * 32, "title": "x" * 500, "user": {"id": "y" * 500}})

    answer = Reader().read(event_list("5", Page([row] * 100)), 1_000)

    assert_within(answer, 1_000)


def test_what_was_left_out_is_one_line_for_each_call() -> None:
    lines = left_out(
        left_out(left_out([], "extra", "get_event()"), "locals", "get_stacktrace()"), "body", "get_event()"
    )

    assert lines == ["Left out extra, body: get_event()", "Left out locals: get_stacktrace()"]
    assert left_out(lines, "body", "get_event()") == lines


def test_texts_that_no_step_thought_of_are_cut_at_last() -> None:
    found = issue(python_issue(), None).model_copy(
        update={"missing": {f"section {n}": "why " * 40 for n in range(400)}, "external_issues": ["x" * 150] * 10}
    )
    assert isinstance(found, IssueResult)

    answer = Reader().read(found, 500)

    assert_within(answer, 500)


def _row(number: int) -> Issue:
    fields: dict[str, Any] = {
        "id": str(5_000_000 + number),
        "shortId": f"SHOP-BACKEND-{number}",
        "title": f"PricingError: no price for SKU-{number} in EUR, and none in USD either, so the cart is empty",
        "culprit": f"shop.pricing.module_{number} in compute_step_{number}",
        "assignedTo": {"type": "user", "name": "Ann Lee"},
        "substatus": "ongoing",
    }
    return Issue.model_validate({**recorded("python_issue.json"), **fields})
