"""Every hostile event and issue through the one boundary: nothing leaves its marker, no secret passes, all is seen."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from corpus.hidden import hidden_in
from corpus.hostile import CANARIES, HOSTILE_EVENTS, HOSTILE_ISSUES
from corpus.ordinary import ordinary_event, ordinary_issue
from corpus.secrets_table import SECRETS
from counting import assert_within

from sentry.models import Event, Issue
from sentry.models.pages import Page
from sentry.values import as_list, as_object
from views.events import event, event_list
from views.issues import issue, issue_list
from views.provenance import Markers
from views.reader import USUAL, Answer, Reader
from views.results import Result
from views.traces.stacktraces import stacktrace

pytestmark = pytest.mark.no_cover  # traced, what other tests cover takes three times as long here

LARGE = 20_000
"""Tokens: enough for almost every place where a secret is."""
SECRET_OF = {f"secret {name} {where}": secret for name, _, secret in SECRETS for where in ("everywhere", "as names")}


def of_event(found: Event) -> Iterator[Result]:
    yield event(found)
    yield stacktrace(found)
    yield stacktrace(found, "all")
    yield issue(Issue.model_validate(ordinary_issue()), found)
    yield event_list("5", Page([found, found]))


def of_issue(found: Issue) -> Iterator[Result]:
    yield issue(found, None)
    yield issue(found, Event.model_validate(ordinary_event()))
    yield issue_list(Page([found, found]))


def outside(text: str) -> str:
    """What an answer says in words of its own; fails when its fence can be closed from inside (CommonMark 4.5)."""
    opened = re.search(r"«(\d{9})", text)
    if not opened:
        return text
    marks = Markers(opened[1])
    said = text.replace(marks.announcement, "")
    assert said.count(marks.opening) == said.count(marks.closing) == 1, "one pair of markers"
    before, rest = said.split(f"{marks.opening}\n")
    inside, after = rest.split(f"\n{marks.closing}")
    first, *lines = inside.split("\n")
    fence = re.fullmatch(r"(`{3,})\w*", first)
    assert fence
    closes = [bool(re.fullmatch(rf" {{0,3}}`{{{len(fence[1])},}}[ \t]*", line)) for line in lines]
    assert closes.index(True) == len(lines) - 1, "closed from inside"
    assert marks.nonce not in "\n".join(lines)
    return before + after


def strings(value: Any) -> Iterator[str]:
    """Every text of a JSON value, names too."""
    if (fields := as_object(value)) is not None:
        for name, item in fields.items():
            yield name
            yield from strings(item)
    elif (items := as_list(value)) is not None:
        for item in items:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def check(answer: Answer, secret: str | None, budget: int | None) -> None:
    assert_within(answer, budget or USUAL)
    said = outside(answer.text)
    assert not [canary for canary in CANARIES if canary in said], said
    read = [re.sub(r"«\d{9}|\d{9}»", "", answer.text), *strings(answer.data)]
    assert not hidden_in("".join(read))
    json.dumps(answer.data, allow_nan=False, ensure_ascii=False).encode()
    if secret:
        assert not [text for text in read if secret in text]


@pytest.mark.parametrize(("name", "found"), HOSTILE_EVENTS, ids=[name for name, _ in HOSTILE_EVENTS])
def test_a_hostile_event_stays_evidence(name: str, found: dict[str, Any]) -> None:
    for result in of_event(Event.model_validate(found)):
        budget = LARGE if name in SECRET_OF else None
        check(Reader().read(result, budget), SECRET_OF.get(name), budget)


@pytest.mark.parametrize(("name", "found"), HOSTILE_ISSUES, ids=[name for name, _ in HOSTILE_ISSUES])
def test_a_hostile_issue_stays_evidence(name: str, found: dict[str, Any]) -> None:
    for result in of_issue(Issue.model_validate(found)):
        budget = LARGE if name in SECRET_OF else None
        check(Reader().read(result, budget), SECRET_OF.get(name), budget)


def test_the_corpus_is_large() -> None:
    assert len(dict(HOSTILE_EVENTS)) == len(HOSTILE_EVENTS) >= 100
    assert len(dict(HOSTILE_ISSUES)) == len(HOSTILE_ISSUES) >= 100
