"""Whose calls a stack trace shows: those of an exception and its causes, those of a thread, or none."""

from reading import told
from specimens import call, chained

from sentry.models import Event
from views.reader import Reader
from views.traces.stacktraces import stacktrace


def test_causes_follow_with_how_they_led_to_it() -> None:
    event = chained(
        "python",
        [
            {"type": "OSError", "value": "reset", "module": "builtins", "stacktrace": {"frames": [call("read")]}},
            {"type": "StockError", "value": "no answer", "module": "shop.stock", "mechanism": {"source": "__cause__"}},
            {
                "type": "PriceError",
                "value": "no price",
                "stacktrace": {"frames": [call("price", 5)]},
                "mechanism": {"type": "chained", "handled": False},
            },
        ],
    )

    result = stacktrace(event)

    assert told(result) == [
        "PriceError: no price (unhandled)",
        'File "shop.py", line 5, in price',
        ">5 return price(5)",
        "Caused by: shop.stock.StockError: no answer",
        "Caused by: OSError: reset",
        'File "shop.py", line 1, in read',
        ">1 return read(1)",
    ]
    assert [frame.function for frame in result.stacktrace.frames] == ["price"]
    assert [len(one.frames) for one in result.exceptions] == [0, 0, 1]


def test_an_exception_raised_while_another_was_handled_and_a_group_are_told_apart() -> None:
    event = chained(
        "python",
        [
            {"type": "KeyError", "value": "a", "mechanism": {"exception_id": 2, "parent_id": 1}},
            {
                "type": "ValueError",
                "value": "b",
                "mechanism": {"source": "__context__", "exception_id": 3, "parent_id": 0},
            },
            {"type": "ExceptionGroup", "value": "two", "mechanism": {"exception_id": 1, "is_exception_group": True}},
        ],
    )

    assert told(stacktrace(event)) == [
        "ExceptionGroup: two",
        "Raised while handling: ValueError: b",
        "In the group: KeyError: a",
    ]


def test_an_event_without_an_exception_shows_its_crashed_thread() -> None:
    threads = [
        {"id": 1, "name": "pool", "stacktrace": {"frames": [call("wait")]}},
        {"id": 2, "name": "main", "crashed": True, "stacktrace": {"frames": [call("loop")]}},
    ]
    event = Event.model_validate({"title": "SIGABRT", "entries": [{"type": "threads", "data": {"values": threads}}]})

    assert told(stacktrace(event))[:3] == ["SIGABRT", "Thread main (crashed):", "loop (shop.py:1)"]


def test_an_exception_without_calls_takes_those_of_its_thread() -> None:
    threads = [
        {"id": 1, "name": "main", "current": True, "stacktrace": {"frames": [call("loop")]}},
        {"id": "9", "stacktrace": {"frames": [call("work")]}},
    ]
    event = chained("native", [{"type": "SIGSEGV", "value": "", "threadId": 9}])
    event = event.model_copy(
        update={
            "entries": [
                *event.entries,
                *Event.model_validate({"entries": [{"type": "threads", "data": {"values": threads}}]}).entries,
            ]
        }
    )

    assert told(stacktrace(event)) == ["SIGSEGV", "Thread 9:", "work (shop.py:1)", ">1 return work(1)"]


def test_a_bare_stack_trace_is_read_too() -> None:
    event = Event.model_validate(
        {"title": "slow", "entries": [{"type": "stacktrace", "data": {"frames": [call("loop")]}}], "platform": "python"}
    )

    assert told(stacktrace(event)) == ["slow", "Calls:", 'File "shop.py", line 1, in loop', ">1 return loop(1)"]


def test_an_event_without_any_call_says_so() -> None:
    assert "no stack trace" in Reader().read(stacktrace(Event.model_validate({"title": "hello"}))).text
