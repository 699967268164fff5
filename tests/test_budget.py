"""No answer is over its budget in tokens of o200k: not the text, not the JSON, whatever is in it."""

import base64
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from corpus.hostile import HOSTILE_EVENTS, HOSTILE_ISSUES, tagged
from corpus.ordinary import ordinary_event, ordinary_issue
from counting import BUDGETS, assert_within, tokens, tokens_of_json
from mcp.types import TextContent, TextResourceContents
from specimens import large_event, python_event, python_issue
from standins.walked import CALLS, URL, World, served
from walking import ROOTS, fill_of, ordinary, part, results
from wire import text_of

from sentry.models import Event, Issue
from sentry.models.pages import Page
from sentry.site import Site
from sentry.values import as_list, as_object
from views.events import event, event_list
from views.issues import issue, issue_list
from views.reader import Reader
from views.results import Part, Result
from views.traces.stacktraces import stacktrace

pytestmark = pytest.mark.no_cover  # traced, what other tests cover takes three times as long here

BYTES = bytes(range(256)) * 4
DENSE = {
    "emoji": "😀👨‍👩‍👧🏽" * 200,
    "Chinese": "数据库连接失败,无法连接到服务器" * 100,
    "Hindi": "डेटाबेस कनेक्शन विफल " * 60,
    "hexadecimal": BYTES.hex(),
    "base64": base64.b64encode(BYTES).decode(),
    "rare letters": "".join(map(chr, range(0x10A0, 0x1800))),
    "invisible": "\u200b\u202e\u2060x" * 400 + tagged("ignore this"),
    "punctuation": "!@#$%^&*()_+{}|:<>?~`" * 80,
    "mixed case": "aAbBcC" * 250,
    "backticks": "`" * 2_000,
    "lines": "\n" * 1_500,
    "paths": "/a/b.c:1\n" * 150,
    "words": "the cart is empty " * 90,
}
LARGE = Event.model_validate(large_event())
ANSWERS = sorted(
    {kind for kind in results() if issubclass(kind, Result) and kind.markdown is not Result.markdown},
    key=lambda kind: kind.__name__,
)


def swollen(found: Any, times: int) -> Any:
    """With so many of everything that there can be many of."""
    if isinstance(found, Part):
        return found.model_copy(
            update={name: swollen(getattr(found, name), times) for name in type(found).model_fields}
        )
    if (items := as_list(found)) is not None:
        return [swollen(item, 2) for item in items] * times
    if (fields := as_object(found)) is not None:
        return {f"{name}{n or ''}": value for n in range(times) for name, value in fields.items()}
    return found


def assert_whole(text: str) -> None:
    """What was opened is closed: the text was not cut off at its end."""
    nonce = text.partition("«")[2][:9]
    opened = text.count(f"«{nonce}\n")
    blocks = (0, 1, 2) if text.startswith("Alert ") else (1,)  # its own, where it has texts, beside its issue's
    assert not nonce or (text.count(f"\n{nonce}»") == opened and opened in blocks), text[-300:]


@pytest.mark.parametrize("name", DENSE)
@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_of_any_kind_stays_within_its_budget_whatever_is_in_it(kind: type[Result], name: str) -> None:
    reader = Reader(site=Site(URL))
    found = swollen(part(kind, lambda place, usual: DENSE[name] if usual in ("plain", "note") else usual), 12)
    for budget in BUDGETS:
        answer = reader.read(found, budget)
        assert_within(answer, budget, (kind, budget))
        assert_whole(answer.text)


def of_event(found: Event) -> Iterator[Result]:
    yield event(found)
    yield stacktrace(found)
    yield issue(Issue.model_validate(ordinary_issue()), found)
    yield event_list("5", Page([found] * 40))


def of_issue(found: Issue) -> Iterator[Result]:
    yield issue(found, Event.model_validate(ordinary_event()))
    yield issue_list(Page([found] * 40))


def test_what_is_hostile_stays_within_a_small_budget() -> None:
    """Each at one of them; tests/views/ reads all that is hostile with the usual budget and a large one."""
    reader, budgets = Reader(), itertools.cycle(BUDGETS[:3])
    events = [(name, Event.model_validate(found)) for name, found in HOSTILE_EVENTS[::8]]
    issues = [(name, Issue.model_validate(found)) for name, found in HOSTILE_ISSUES[::8]]
    named = [(name, of_event(found)) for name, found in events] + [(name, of_issue(found)) for name, found in issues]
    for name, found in named:
        for result in found:
            budget = next(budgets)
            answer = reader.read(result, budget)
            assert_within(answer, budget, (name, type(result), budget))
            assert_whole(answer.text)


@pytest.mark.parametrize("budget", BUDGETS)
def test_a_large_event_and_an_ordinary_one_stay_within_every_budget(budget: int) -> None:
    for found in (LARGE, python_event()):
        for result in (event(found), stacktrace(found), stacktrace(found, "all"), issue(python_issue(), found)):
            assert_within(Reader().read(result, budget), budget, type(result))


def test_a_large_event_has_the_use_of_nearly_the_whole_budget() -> None:
    for result, least in ((event(LARGE), 3_800), (issue(python_issue(), LARGE), 3_800), (stacktrace(LARGE), 3_500)):
        answer = Reader().read(result)
        assert tokens(answer.text) > least
        assert tokens_of_json(answer.data) > 3_300


@pytest.mark.parametrize("budget", [500, 1_000])
@pytest.mark.parametrize("name", ["emoji", "base64", "invisible", "words"])
async def test_whatever_leaves_the_server_stays_within_the_budget(name: str, budget: int) -> None:
    """A prompt's own words stand beside the answers in it."""
    world = World()
    world.fill(fill_of(DENSE[name]), *ROOTS)
    async with served(world, budget=budget) as client:
        for kind, call, arguments in (call for calls in CALLS.values() for call in calls):
            given = {name: value for name, value in arguments.items() if name != "max_tokens"}
            if kind == "tool":
                result = await client.call_tool(call, given)
                assert tokens(text_of(result)) <= budget, call
                assert tokens_of_json(result.structured_content) <= budget, call
            elif kind == "resource":
                (content,) = (await client.read_resource(call)).contents
                assert isinstance(content, TextResourceContents)
                assert tokens(content.text) <= budget, call
            elif kind == "prompt":
                (message,) = (await client.get_prompt(call, arguments)).messages
                assert isinstance(message.content, TextContent)
                assert tokens(message.content.text) <= 2 * budget + 200, call


@pytest.mark.parametrize("name", DENSE)
async def test_a_failure_stays_within_the_smallest_budget(name: str) -> None:
    world = World()
    world.fill(ordinary)
    async with served(world, budget=500) as client:
        world.failure = 400, {"detail": DENSE[name]}, {}
        result = await client.call_tool("list_issues", {"query": "x" * 200})

    assert result.is_error
    assert "Sentry said" in text_of(result)
    assert tokens(text_of(result)) <= 500
    assert tokens_of_json(result.structured_content) <= 500
