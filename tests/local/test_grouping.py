"""Which events are one issue."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sending import failure, frame

from local.intake.grouping import fingerprint, grouping_hash, without_values

# The first text drawn on a machine builds Hypothesis's table of Unicode, which takes seconds.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

words = st.text("abcdefghij_", min_size=1, max_size=12)
stacks = st.lists(st.tuples(words, words, st.booleans()), min_size=1, max_size=8)
numbers = st.integers(0, 10**12)


def of(stack: list[tuple[str, str, bool]], **more: Any) -> dict[str, Any]:
    return failure(frames=[frame(function, module, in_app=ours) for module, function, ours in stack], **more)


@unhurried
@given(stacks, st.integers(1, 60), st.integers(1, 60))
def test_how_deep_a_recursion_went_does_not_matter(stack: list[tuple[str, str, bool]], one: int, other: int) -> None:
    loop = [("app", "visit", True), ("app", "child", True)]
    assert grouping_hash(of(stack + loop * one)) == grouping_hash(of(stack + loop * other))


@unhurried
@given(stacks, numbers, numbers, st.uuids())
def test_values_in_a_message_do_not_matter(stack: list[Any], one: int, other: int, identifier: Any) -> None:
    assert grouping_hash(of(stack, value=f"order {one}")) == grouping_hash(of(stack, value=f"order {other}"))
    for template in ("order {} is gone", "{} of {}", "id={}, retry in {}ms", "at 0x{:x}", "{}: {}"):
        hashes = {grouping_hash({"message": template.format(n, n)}) for n in (one, other)}
        assert len(hashes) == 1, template
    assert without_values(f"user {identifier} left") == "user <uuid> left"


UNRELATED: dict[str, Any] = {
    "environment": "a",
    "release": "b",
    "tags": {"a": "b"},
    "user": {"id": 1},
    "extra": {},
    "timestamp": 5,
    "level": "x",
}


@unhurried
@given(stacks, st.permutations(list(UNRELATED)))
def test_what_does_not_identify_an_error_does_not_split_it(stack: list[Any], order: list[str]) -> None:
    more = {name: UNRELATED[name] for name in order[:4]}
    assert grouping_hash(of(stack, **more)) == grouping_hash(of(stack))


@unhurried
@given(stacks)
def test_another_type_is_another_issue(stack: list[Any]) -> None:
    assert grouping_hash(of(stack, kind="KeyError")) != grouping_hash(of(stack, kind="TypeError"))


@unhurried
@given(stacks)
def test_another_function_of_ours_is_another_issue(stack: list[Any]) -> None:
    one, other = [*stack, ("shop", "charge", True)], [*stack, ("shop", "refund", True)]
    assert grouping_hash(of(one)) != grouping_hash(of(other))


@unhurried
@given(stacks, stacks)
def test_only_our_own_frames_count_when_there_are_some(one: list[Any], other: list[Any]) -> None:
    ours = ("shop", "charge", True)
    library = [[(module, function, False) for module, function, _ in stack] for stack in (one, other)]
    assert grouping_hash(of([*library[0], ours])) == grouping_hash(of([*library[1], ours]))


def test_line_numbers_builds_and_hosts_do_not_split_an_issue() -> None:
    def script(name: str, line: int) -> dict[str, Any]:
        return failure(frames=[{"filename": name, "function": "pay", "lineno": line, "in_app": True}])

    hashes = {
        grouping_hash(script("https://a.example.com/static/app.4f3a2b1c.js?v=1", 1)),
        grouping_hash(script("https://b.example.com/static/app.99e0d1aa.js", 77)),
        grouping_hash(script("/static/app.00000001.js", 3)),
    }
    assert len(hashes) == 1
    assert grouping_hash(script("/static/cart.00000001.js", 3)) not in hashes


def test_a_nameless_function_is_told_by_its_source() -> None:
    def nameless(source: str) -> dict[str, Any]:
        return failure(frames=[{"filename": "a.js", "function": "?", "context_line": source, "in_app": True}])

    assert grouping_hash(nameless("  pay()")) == grouping_hash(nameless("pay()  "))
    assert grouping_hash(nameless("pay()")) != grouping_hash(nameless("ship()"))


@pytest.mark.parametrize("default", ["{{ default }}", "{{default}}", "  {{   default }} "])
def test_default_in_a_fingerprint_stands_for_the_rest(default: str) -> None:
    event = failure()
    assert grouping_hash({**event, "fingerprint": [default]}) == grouping_hash(event)
    assert fingerprint({**event, "fingerprint": ["db-1", default]}) == ["db-1", *fingerprint(event)]
    assert grouping_hash({**event, "fingerprint": ["db-1", default]}) != grouping_hash(event)


@unhurried
@given(stacks, stacks, st.lists(words, min_size=1))
def test_a_fingerprint_alone_decides(one: list[Any], other: list[Any], sent: list[str]) -> None:
    assert grouping_hash(of(one, fingerprint=sent)) == grouping_hash(of(other, kind="Other", fingerprint=sent))


def test_numbers_in_a_fingerprint_count() -> None:
    assert grouping_hash({"fingerprint": ["a", 1]}) != grouping_hash({"fingerprint": ["a", 2]})
    assert fingerprint({"fingerprint": [], "message": "x"}) == fingerprint({"fingerprint": [" ", None], "message": "x"})


def test_the_whole_chain_counts_but_not_how_often_it_was_tried() -> None:
    def chain(*kinds: str) -> dict[str, Any]:
        return {"exception": {"values": [{"type": kind, "stacktrace": {"frames": [frame("f")]}} for kind in kinds]}}

    assert grouping_hash(chain("A", "B")) != grouping_hash(chain("B"))
    assert grouping_hash(chain("A", "A", "A", "B")) == grouping_hash(chain("A", "B"))


def test_exceptions_without_frames_are_told_by_type_and_message() -> None:
    def bare(kind: str | None, value: str | None) -> str:
        return grouping_hash({"exception": [{"type": kind, "value": value}]})

    assert bare("E", "no order 5") == bare("E", "no order 6")
    assert len({bare("E", "no order 5"), bare("F", "no order 5"), bare("E", "no card"), bare(None, "x")}) == 4
    assert fingerprint({"exception": [{}], "message": "hello"}) == ["hello"]
    named = {"exception": [{"type": "E", "stacktrace": {"frames": [{"lineno": 1}]}}]}
    assert fingerprint(named) == ["E"]


def test_a_thread_that_crashed_or_an_attached_stack_comes_before_the_message() -> None:
    stack = {"frames": [frame("work", "shop.jobs")]}
    other = {"frames": [frame("wait", "shop.jobs")]}
    crashed = {"threads": {"values": [{"stacktrace": other}, {"crashed": True, "stacktrace": stack}]}}
    current = {"threads": {"values": [{"stacktrace": other}, {"current": True, "stacktrace": stack}]}}
    alone = {"threads": {"values": [{"stacktrace": stack}]}}
    for event in (crashed, current, alone, {"stacktrace": stack}):
        assert fingerprint({**event, "message": "x"}) == ["shop.jobs:work"]
    unclear = {"threads": {"values": [{"stacktrace": stack}, {"stacktrace": other}]}, "message": "x"}
    assert fingerprint(unclear) == ["x"]


def test_a_template_is_kept_and_a_finished_message_loses_its_values() -> None:
    template = {"logentry": {"message": "answered 500 to %s", "params": ["a"], "formatted": "answered 500 to a"}}
    assert fingerprint(template) == ["answered 500 to %s"]
    assert fingerprint({"message": "answered 500 to 7"}) == ["answered <number> to <number>"]
    assert fingerprint({"logentry": {"formatted": "took 12ms, 3.5kb"}}) == ["took <number>ms, <number>kb"]
    assert without_values("v2 of http2 at 10.0.0.1:80 on 2026-01-31") == "v2 of http2 at <number> on <number>"
    assert without_values("object at 0x7f3a, commit 4f3a2b1c99") == "object at <number>, commit <number>"


def test_an_event_with_nothing_in_it_has_a_place() -> None:
    assert grouping_hash({}) == grouping_hash({"extra": {"a": 1}})
    assert grouping_hash({"transaction": "/a"}) != grouping_hash({"transaction": "/b"})
