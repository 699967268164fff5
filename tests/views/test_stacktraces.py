"""Stack traces: our calls in full, the rest folded, code and locals once, every language's way of writing a call."""

from typing import Any

import pytest
from reading import told
from specimens import call, chained, raised

from views.reader import Reader
from views.traces.stacktraces import stacktrace

CONTRACT = {"filename", "function", "lineno", "context_line", "pre_context", "post_context"}


@pytest.mark.parametrize(
    ("platform", "frame", "line"),
    [
        (
            "python",
            {"filename": "shop/cart.py", "function": "total", "lineNo": 3},
            'File "shop/cart.py", line 3, in total',
        ),
        ("python-django", {"module": "shop.cart", "function": "total"}, 'File "shop.cart", in total'),
        (
            "javascript",
            {"filename": "webpack:///./src/cart.js", "function": "total", "lineNo": 10, "colNo": 5},
            "at total (./src/cart.js:10:5)",
        ),
        (
            "node",
            {"filename": "https://cdn.test/app.min.js", "function": "t", "lineNo": 1, "colNo": 48213},
            "at t (https://cdn.test/app.min.js:1:48213)",
        ),
        ("javascript", {"absPath": "app:///index.js"}, "at ? (index.js)"),
        (
            "java",
            {"module": "com.acme.Shop", "function": "charge", "filename": "Shop.java", "lineNo": 12},
            "at com.acme.Shop.charge(Shop.java:12)",
        ),
        ("kotlin", {"module": "com.acme.Shop", "function": "charge"}, "at com.acme.Shop.charge(Unknown Source)"),
        (
            "go",
            {"module": "acme/shop", "function": "(*Shop).Charge", "filename": "shop/charge.go", "lineNo": 33},
            "acme/shop.(*Shop).Charge (shop/charge.go:33)",
        ),
        (
            "ruby",
            {"filename": "app/models/cart.rb", "function": "total", "lineNo": 3},
            "app/models/cart.rb:3:in 'total'",
        ),
        (
            "php",
            {"filename": "/src/Cart.php", "module": "App\\Cart", "function": "total", "lineNo": 3},
            "/src/Cart.php(3): App\\Cart::total",
        ),
        ("php", {"function": "array_map"}, "[internal function]: array_map"),
        ("php", {"filename": "/src/Cart.php", "function": "total"}, "/src/Cart.php(?): total"),
        ("go", {"module": "main", "function": "main", "filename": "main.go", "lineNo": 3}, "main.main (main.go:3)"),
        ("csharp", {"module": "Acme.Cart", "function": "Acme.Cart.Total()"}, "at Acme.Cart.Total()"),
        (
            "csharp",
            {"filename": "Cart.cs", "module": "Acme.Cart", "function": "Total", "lineNo": 3},
            "at Acme.Cart.Total in Cart.cs:line 3",
        ),
        ("csharp", {"module": "Acme.Cart", "function": "Total"}, "at Acme.Cart.Total"),
        (
            "native",
            {"package": "C:\\app\\shop.exe", "instructionAddr": "0x401000", "symbol": "render"},
            "0x401000 shop.exe render",
        ),
        (
            "cocoa",
            {
                "package": "/app/Shop",
                "instructionAddr": "0x1",
                "function": "-[Cart total]",
                "filename": "Cart.m",
                "lineNo": 9,
            },
            "0x1 Shop -[Cart total] (Cart.m:9)",
        ),
        ("elixir", {"filename": "cart.ex", "function": "Cart.total/1", "lineNo": 3}, "Cart.total/1 (cart.ex:3)"),
        ("other", {}, "? (?)"),
    ],
)
def test_a_call_is_written_as_its_language_writes_it(platform: str, frame: dict[str, Any], line: str) -> None:
    assert told(stacktrace(raised(platform, [frame]))) == ["Error: boom", line]


def test_library_calls_between_ours_become_one_line() -> None:
    frames = [
        call("main"),
        *[call(f"inner_{n}", n, file="lib.py", ours=False, module="lib") for n in range(9)],
        call("handler", 7),
        call("once", file="lib.py", ours=False),
        call("leaf", 9),
    ]

    lines = told(stacktrace(raised("python", frames)))

    assert "… 9 library calls: lib.inner_0 … lib.inner_8" in lines
    assert "… 1 library call: lib.py.once" in lines
    main = {"module": "main", "function": "main", "inApp": False}
    assert "… 1 library call: main.main" in told(stacktrace(raised("go", [main, call("leaf")])))
    assert not any("inner_4" in line for line in lines)


def test_the_failing_call_stays_though_it_is_a_library_one() -> None:
    frames = [call("main"), call("get", ours=False), call("send", 40, file="http.py", ours=False, vars={"url": "'x'"})]

    answer = Reader().read(stacktrace(raised("python", frames)))

    assert 'File "http.py", line 40, in send' in answer.text
    assert ">40 return send(40)" in answer.text
    assert "url = 'x'" in answer.text
    assert [frame["function"] for frame in answer.data["stacktrace"]["frames"]] == ["main", "send"]


def test_all_calls_are_ours_when_the_server_marks_none() -> None:
    frames = [call("main", ours=False), call("middle", 2, ours=False), call("leaf", 3, ours=False)]

    assert len(stacktrace(raised("python", frames)).stacktrace.frames) == 3


@pytest.mark.parametrize(
    ("cycle", "note"),
    [
        (["walk"], "… recursion: this call 98 more times"),
        (["walk", "visit"], "… recursion: these 2 calls 98 more times"),
        (["walk", "visit", "enter"], "… recursion: these 3 calls 98 more times"),
    ],
)
def test_recursion_is_told_once_with_its_count(cycle: list[str], note: str) -> None:
    frames = [call("main"), *[call(name, 10 + n) for _ in range(100) for n, name in enumerate(cycle)], call("leaf", 9)]

    result = stacktrace(raised("python", frames, "RecursionError"))

    assert note in told(result)
    names = [frame.function for frame in result.stacktrace.frames]
    assert names == ["main", *cycle, *cycle, "leaf"]


def test_a_call_that_repeats_twice_is_not_called_recursion() -> None:
    frames = [call("walk"), call("walk"), call("walk"), call("leaf")]

    assert [frame.function for frame in stacktrace(raised("python", frames)).stacktrace.frames] == [
        "walk",
        "walk",
        "walk",
        "leaf",
    ]


def test_the_json_keeps_its_six_names_when_nothing_is_known() -> None:
    answer = Reader().read(stacktrace(raised("python", [{}])))

    assert set(answer.data) >= {"issue_id", "event_id", "stacktrace"}
    assert set(answer.data["stacktrace"]["frames"][0]) >= CONTRACT
    assert answer.data["stacktrace"]["frames"][0]["pre_context"] == []
    assert answer.data["stacktrace"]["frames"][0]["lineno"] is None


def test_code_of_one_endless_line_is_cut() -> None:
    frame = call("t", 1, context=[[1, "!function(e){" + "x" * 500_000]])

    result = Reader().read(stacktrace(raised("javascript", [frame])))

    assert len(result.data["stacktrace"]["frames"][0]["context_line"]) == 160


def test_lines_and_locals_that_were_shown_are_not_shown_again() -> None:
    source = [[n, f"    line_{n}()"] for n in range(1, 12)]
    cart = "Cart(lines=[Line('SKU-001', 19.9)])"
    frames = [
        call("outer", 3, context=source[:8], vars={"cart": cart, "n": "1"}),
        call("inner", 8, context=source[2:], vars={"cart": cart, "n": "2"}),
    ]

    lines = told(stacktrace(raised("python", frames)))

    assert sum("line_5()" in line for line in lines) == 1
    assert "> 8 line_8()" in lines
    assert "  cart: as in the call before" in lines
    assert "  n = 2" in lines


def test_noise_among_locals_is_left_out() -> None:
    local = {
        "__name__": "'shop'",
        "os": "<module 'os' from '/usr/lib/os.py'>",
        "handler": "<function handle at 0x7f0bf40ded10>",
        "bound": "<bound method Shop.pay of <Shop object at 0x7f0bf40ded10>>",
        "self": "<shop.Shop object at 0x7f0bf40ded10>",
        "order": "<shop.Order object at 0x7f0bf40ded10>",
        "code": "'A'",
    }

    lines = told(stacktrace(raised("python", [call("main", vars=local)])))

    assert lines[-3:] == [" locals:", "  order = <shop.Order object>", "  code = 'A'"]
    worth = told(stacktrace(raised("python", [call("main", vars={"self": "Shop(open=True)"})])))
    assert worth[-1] == "  self = Shop(open=True)"


def test_a_private_key_within_source_is_hidden_line_by_line() -> None:
    key = ["-----BEGIN RSA PRIVATE KEY-----", *["MIIEpAIBAAKCAQEA" + "aB3d" * 12] * 3, "-----END RSA PRIVATE KEY-----"]
    source = [[n + 1, line] for n, line in enumerate(["before = 1", *key, "after = 2"])]

    answer = Reader().read(stacktrace(raised("python", [call("main", 7, context=source)])))

    frame = answer.data["stacktrace"]["frames"][0]
    assert frame["pre_context"] == ["[redacted]"] * 5
    assert frame["context_line"] == "after = 2"
    assert "MIIE" not in answer.text


def source(first: int, *lines: str) -> dict[str, Any]:
    return {"context": [[number, text] for number, text in enumerate(lines, first)]}


def test_calls_that_exceptions_share_are_told_once() -> None:
    shared = [call("main", 3), call("handle", 9, file="web.py"), call("pay", 20)]
    cause = {"type": "IOError", "value": "closed", "stacktrace": {"frames": [*shared, call("read", 5, file="io.py")]}}
    last = {"type": "PayError", "value": "none", "stacktrace": {"frames": [*shared, call("charge", 30)]}}

    lines = told(stacktrace(chained("python", [cause, last])))

    assert [line for line in lines if not line.startswith(">")] == [
        "PayError: none",
        'File "shop.py", line 3, in main',
        'File "web.py", line 9, in handle',
        'File "shop.py", line 20, in pay',
        'File "shop.py", line 30, in charge',
        "Caused by: IOError: closed",
        "… 3 calls as above",
        'File "io.py", line 5, in read',
    ]


def test_a_cause_that_was_raised_where_the_exception_was_keeps_its_last_call() -> None:
    frames = [call("main", 3), call("pay", 20)]
    values = [{"type": name, "value": "v", "stacktrace": {"frames": frames}} for name in ("IOError", "PayError")]

    assert told(stacktrace(chained("python", values)))[-5:] == [
        "Caused by: IOError: v",
        'File "shop.py", line 3, in main',
        ">3 return main(3)",
        'File "shop.py", line 20, in pay',
        ">20 return pay(20)",
    ]


def minified(column: int) -> dict[str, Any]:
    return {"filename": "app.min.js", "function": "t", "lineNo": 1, "colNo": column, "inApp": True}


def unsymbolicated(address: str) -> dict[str, Any]:
    return {"package": "/app/shop", "instructionAddr": address, "inApp": True}


def handled_in(package: str) -> dict[str, Any]:
    return call("handle", 20, file="Handler.java", module=f"com.acme.{package}.Handler")


def attempt(shard: str) -> dict[str, Any]:
    return call("attempt", 20, vars={"shard": shard})


@pytest.mark.parametrize(
    ("platform", "of_cause", "of_last"),
    [
        ("javascript", [minified(4523), minified(111)], [minified(99_999), minified(88_888)]),
        ("native", [unsymbolicated("0x1001"), unsymbolicated("0x1002")], [unsymbolicated("0x2001")] * 2),
        ("java", [handled_in("billing")] * 2, [handled_in("orders")] * 2),
        ("python", [call("main"), attempt("'eu-3'")], [call("main"), attempt("'us-1'")]),
        ("python", [call("main"), call("pay", 2)], [call("pay", 2), call("main")]),
        ("python", [call("main"), call("go", ours=False), call("pay", 2)], [call("main"), call("pay", 2)]),
    ],
    ids=["columns", "addresses", "packages", "locals", "order", "library calls between"],
)
def test_calls_that_differ_from_those_above_are_told(platform: str, of_cause: list[Any], of_last: list[Any]) -> None:
    cause = {"type": "IOError", "value": "v", "stacktrace": {"frames": [*of_cause, call("read", 5, file="io")]}}
    last = {"type": "PayError", "value": "v", "stacktrace": {"frames": [*of_last, call("charge", 30)]}}
    alone = told(stacktrace(chained(platform, [cause])))

    lines = told(stacktrace(chained(platform, [cause, last])))

    assert "as above" not in "".join(lines)
    caused = lines[lines.index("Caused by: IOError: v") + 1 :]
    assert [line for line in alone[1:] if not line.startswith(">")] == [
        line for line in caused if not line.startswith(">")
    ]


def test_library_calls_that_are_folded_above_too_count_as_above() -> None:
    shared = [call("main"), *[call(f"go_{n}", ours=False) for n in range(3)], attempt("'eu-3'")]
    values = [
        {"type": name, "value": "v", "stacktrace": {"frames": [*shared, call(name, 30)]}} for name in ("read", "charge")
    ]

    assert told(stacktrace(chained("python", values)))[-4:-1] == [
        "Caused by: read: v",
        "… 5 calls as above",
        'File "shop.py", line 30, in read',
    ]


def test_source_of_the_same_line_in_another_file_of_that_name_is_shown() -> None:
    frames = [
        call(
            "handle", 20, file="Handler.java", module="acme.billing.Handler", context=[[19, "if (paid)"], [20, "go();"]]
        ),
        call(
            "handle", 20, file="Handler.java", module="acme.orders.Handler", context=[[19, "if (sold)"], [20, "go();"]]
        ),
    ]

    lines = told(stacktrace(raised("java", frames)))

    assert [line for line in lines if line.startswith(" 19")] == [" 19 if (paid)", " 19 if (sold)"]


def test_calls_that_led_to_the_failing_one_in_its_file_have_two_lines_on_each_side() -> None:
    body = [f"    line_{number}()" for number in range(1, 12)]
    frames = [
        call("other", 6, file="other.py", **source(1, *body)),
        call("outer", 6, **source(1, *body)),
        call("inner", 106, **source(101, *body)),
    ]

    lines = told(stacktrace(raised("python", frames)))

    shown = [int(line.strip("> ").split()[0]) for line in lines if "line_" in line]
    assert shown == [*range(1, 12), *range(4, 9), *range(101, 112)]


def test_where_there_is_room_they_have_as_many_as_other_calls() -> None:
    body = [f"    line_{number}()" for number in range(1, 12)]
    frames = [call("outer", 6, **source(1, *body)), call("inner", 106, **source(101, *body))]
    result = stacktrace(raised("python", frames), "all")

    shown = {
        budget: [
            int(line.strip("> ").split()[0])
            for line in Reader().read(result, budget).text.splitlines()
            if "line_" in line
        ]
        for budget in (4_000, 20_000)
    }
    assert shown == {4_000: [*range(4, 9), *range(101, 112)], 20_000: [*range(1, 12), *range(101, 112)]}


def test_they_have_fewer_before_a_library_call_gives_way() -> None:
    body = [f"    line_{number}([{{1:2}}],[{{3:4}}],x=5,y=6)" for number in range(1, 12)]
    frames = [call(f"step_{n}", 100 * n + 6, **source(100 * n + 1, *body)) for n in range(18)]
    event = raised("python", [*frames[:9], call("send", file="http.py", ours=False), *frames[9:]])

    text = Reader().read(stacktrace(event, "all"), 5_000).text

    assert 'File "http.py", line 1, in send' in text
    assert "Left out" not in text
    assert " 304 line_4(" in text
    assert " 303 " not in text


def test_source_ends_with_the_function() -> None:
    lines = ("def pay():", "    charge()", "    return 1", "", "", "def other():", "    pass")

    found = told(stacktrace(raised("python", [call("pay", 2, **source(1, *lines))])))

    assert found[-3:] == [" 1 def pay():", ">2     charge()", " 3     return 1"]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("environ", {"wsgi.version": [1, 0], "PATH_INFO": "/pay", "HTTP_HOST": "shop"}, "environ = the WSGI request"),
        ("scope", {"type": "http", "asgi": {"version": "3.0"}, "path": "/pay"}, "scope = the ASGI request"),
        ("scope", {"type": "'websocket'", "asgi": {"version": "'3.0'"}}, "scope = the ASGI websocket"),
        (
            "environ",
            {"wsgi.version": [1, 0], "REQUEST_METHOD": "GET", "PATH_INFO": "/pay", "shop.tenant": "acme"},
            "environ = the WSGI request, shop.tenant=acme",
        ),
        (
            "scope",
            {"type": "http", "asgi": {}, "user": "anna", "session": {"cart": 5}, "state": {}},
            "scope = the ASGI request, user=anna, session={cart: 5}",
        ),
        (
            "scope",
            {"type": "http", "asgi": {}, **{f"shop.{n}": n for n in range(9)}},
            "scope = the ASGI request, shop.0=0, shop.1=1, shop.2=2, shop.3=3, shop.4=4, shop.5=5, … 3 more",
        ),
        (
            "environ",
            {"wsgi.version": [1, 0], "wsgi.input": "<In>", "PATH_INFO": "/", "shop": {"api_token": "abcdefgh"}},
            "environ = the WSGI request, shop={api_token: [redacted]}",
        ),
        ("scope", {"type": "lifespan", "asgi": {"version": "3"}}, "scope = {type: lifespan, asgi: {version: 3}}"),
        ("settings", {"asgi": "shop.asgi:app", "type": "http"}, "settings = {asgi: shop.asgi:app, type: http}"),
        ("extras", {"wsgi.version": "2", "broken": True}, "extras = {wsgi.version: 2, broken: True}"),
        ("start_response", "<werkzeug.serving.StartResponse object at 0x7f>", None),
        ("args", "()", None),
        ("kwargs", {}, None),
        ("args", ["7"], "args = [7]"),
        ("self", "<shop.Cart object at 0x7f>", None),
        ("cart", "<shop.Cart object at 0x7f>", "cart = <shop.Cart object>"),
        ("json", "<module 'json' from '/usr/lib/json.py'>", None),
        ("environ", {"stage": "live"}, "environ = {stage: live}"),
    ],
)
def test_locals_that_say_nothing_go(name: str, value: Any, shown: str | None) -> None:
    lines = told(stacktrace(raised("python", [call("pay", vars={name: value, "total": 5})])))

    found = [line.strip() for line in lines[lines.index(" locals:") + 1 :]]
    assert found == [*([shown] if shown else []), "total = 5"]


def test_a_long_chain_says_how_much_of_it_is_read() -> None:
    answer = Reader().read(
        stacktrace(chained("python", [{"type": f"E{number}", "value": "v"} for number in range(15)]))
    )

    assert answer.text.endswith("Of 15 exceptions, the last 12 are read.")
