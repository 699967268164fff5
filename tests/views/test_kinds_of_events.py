"""One whole text for each language and kind of event, read as a model would read it; `golden/` holds them."""

from collections.abc import Callable

import pytest
from kinds import EVENTS, csp, message
from languages import ORDER, STACKS, chained_python, javascript_minified
from specimens import of, raised, recorded

from sentry.models import Event, Issue
from sentry.site import Site
from views.events import event
from views.issues import issue
from views.reader import Answer, Reader
from views.traces.stacktraces import stacktrace

Read = Callable[..., Answer]
Golden = Callable[[str, str], None]


@pytest.mark.parametrize("name", [*STACKS, *EVENTS])
def test_an_event_reads_well(read: Read, golden: Golden, name: str) -> None:
    answer = read(stacktrace(STACKS[name]()) if name in STACKS else event(EVENTS[name]()))

    golden(f"kind_{name}", answer.text)
    assert "omitted" not in answer.data


@pytest.mark.parametrize("server", ["sentry-9.1.2", "glitchtip"])
def test_a_recorded_issue_with_its_event_reads_well(read: Read, golden: Golden, server: str) -> None:
    example = "issue_events_latest.json" if server.startswith("sentry") else "issue_event_latest.json"
    about = Issue.model_validate(recorded(f"{server}/issue.json"))
    found = Event.model_validate(recorded(f"{server}/{example}"))

    site = Site("http://127.0.0.1:9999" if server.startswith("sentry") else "http://127.0.0.1:8800")
    golden(f"recorded_{server}", read(issue(about, found), reader=Reader(site=site)).text)
    assert "omitted" not in read(event(found)).data


def test_a_cause_refers_to_what_was_shown_above(read: Read) -> None:
    text = read(stacktrace(chained_python())).text

    assert text.count(ORDER) == 1
    assert text.count("cart = load_cart") == 1
    assert "  order: as in this call above" in text
    assert "\n>31 total = price" in text, "the failing line is always there"
    assert "self" not in text


def test_of_minified_code_the_failing_column_is_shown(read: Read) -> None:
    answer = read(stacktrace(javascript_minified()))

    shown = answer.data["stacktrace"]["frames"][0]["context_line"]
    assert "return t.items.map(n=>n.price)" in shown
    assert len(shown) == 160
    assert shown[0] == shown[-1] == "…"


def test_at_the_end_of_a_line_as_much_is_shown_as_elsewhere(read: Read) -> None:
    code = "a;" * 900 + "fails()"
    frame = {"filename": "a.js", "function": "f", "lineNo": 1, "colNo": len(code) - 7, "context": [[1, code]]}

    shown = read(stacktrace(raised("javascript", [frame]))).data["stacktrace"]["frames"][0]["context_line"]

    assert shown.endswith("a;fails()")
    assert len(shown) == 160


@pytest.mark.parametrize("column", [None, -5, 0, 3, 10**17])
def test_a_column_that_is_no_place_in_the_line_does_no_harm(read: Read, column: int | None) -> None:
    frame = {"filename": "a.js", "function": "f", "lineNo": 1, "colNo": column, "context": [[1, "f(" + "x" * 900]]}

    shown = read(stacktrace(raised("javascript", [frame]))).data["stacktrace"]["frames"][0]["context_line"]

    assert len(shown) <= 160


def test_a_key_whose_start_was_cut_off_is_not_shown(read: Read) -> None:
    """What is looked at before the failing column is longer than a private key."""
    body = "".join(f"{n:04x}aB3d/+" for n in range(300))
    code = 'x="' + "y" * 40_000 + f'-----BEGIN RSA PRIVATE KEY-----{body}-----END RSA PRIVATE KEY-----";f(x)'
    frame = {
        "filename": "a.js",
        "lineNo": 1,
        "colNo": code.index("-----END") - 5,
        "inApp": True,
        "context": [[1, code]],
    }

    answer = read(stacktrace(raised("javascript", [frame])))

    assert "aB3d/+" not in answer.text
    assert "aB3d/+" not in str(answer.data)


def test_a_message_is_told_with_what_it_was_to_be_filled_with_once(read: Read) -> None:
    filled = of({"type": "message", "data": {"message": "%s s", "formatted": "8 s", "params": [8]}}, title="slow")

    assert "params: [acme, 8]" in read(event(message())).text
    assert "params" not in read(event(filled)).text


def test_a_report_is_told_without_its_empty_fields(read: Read) -> None:
    answer = read(event(csp()))

    assert "referrer" not in answer.data["findings"]["facts"]
    assert "other" not in answer.data
    assert "status_code: 200" in answer.text
