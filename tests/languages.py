"""Errors of each language, as its SDK and Sentry shape them."""

from specimens import Row, chained, of, raised, source

from sentry.models import Event

CART = source(
    28,
    """
def checkout(order: Order) -> Receipt:
    cart = load_cart(order.user)
    try:
        total = price(cart, order.currency)
    except KeyError as error:
        raise PricingError(f"no price in {order.currency}") from error
    return charge(order, total)
""",
)
PRICE = source(
    11, "def price(cart: Cart, currency: str) -> float:\n    rate = RATES[currency]\n    return cart.total * rate"
)
ORDER = "Order(user=102, currency='EUR', lines=3)"


def chained_python() -> Event:
    def checkout(number: int, **local: str) -> Row:
        return {
            "filename": "shop/cart.py",
            "module": "shop.cart",
            "function": "checkout",
            "lineNo": number,
            "inApp": True,
            "context": CART,
            "vars": {"order": ORDER, **local},
        }

    rated = {
        "filename": "shop/rates.py",
        "module": "shop.rates",
        "function": "price",
        "lineNo": 12,
        "inApp": True,
        "context": PRICE,
        "vars": {"currency": "'EUR'", "self": "<shop.rates.Rates object at 0x7f00aa>"},
    }
    return chained(
        "python",
        [
            {"type": "KeyError", "value": "'EUR'", "stacktrace": {"frames": [checkout(31), rated]}},
            {
                "type": "PricingError",
                "value": "no price in EUR",
                "module": "shop.errors",
                "mechanism": {"type": "django", "handled": False, "source": "__cause__"},
                "stacktrace": {"frames": [checkout(33, error="KeyError('EUR')")]},
            },
        ],
    )


def recursion() -> Event:
    walk = {"filename": "shop/tree.py", "module": "shop.tree", "function": "walk", "lineNo": 9, "inApp": True}
    lines = source(8, "for child in node.children:\n    walk(child)")
    calls = [{**walk, "context": lines, "vars": {"node": f"Node(depth={n})"}} for n in range(990)]
    value = "maximum recursion depth exceeded"
    return raised("python", [{**walk, "function": "main", "lineNo": 30}, *calls], "RecursionError", value)


def javascript_minified() -> Event:
    code = "!function(e){" + "var a=1;" * 5_000 + "return t.items.map(n=>n.price)" + ";var b=2" * 5_000
    frame = {
        "filename": "https://cdn.example.test/app.4f2a.min.js",
        "function": "t",
        "lineNo": 1,
        "colNo": code.index("t.items") + 1,
        "inApp": True,
        "context": [[1, code]],
    }
    return raised("javascript", [frame], "TypeError", "Cannot read properties of undefined (reading 'map')")


def javascript_mapped() -> Event:
    library = {
        "filename": "webpack:///./node_modules/react-dom/client.js",
        "function": "dispatch",
        "lineNo": 9,
        "inApp": False,
    }
    ours = {
        "filename": "webpack:///./src/cart.ts",
        "module": "src/cart",
        "function": "total",
        "lineNo": 11,
        "colNo": 23,
        "inApp": True,
        "context": source(10, "export function total(cart) {\n  return cart.items.map((one) => one.price)\n}"),
    }
    cause = {"type": "Error", "value": "items were not loaded", "stacktrace": {"frames": [{**ours, "lineNo": 10}]}}
    error = {
        "type": "TypeError",
        "value": "cart.items is undefined",
        "mechanism": {"type": "onerror", "handled": False, "source": "cause"},
        "stacktrace": {"frames": [library, library, ours]},
    }
    return chained("javascript-react", [cause, error])


def java() -> Event:
    thread = {"module": "java.lang.Thread", "function": "run", "filename": "Thread.java", "lineNo": 833, "inApp": False}
    charge = {
        "module": "com.acme.Shop",
        "function": "charge",
        "filename": "Shop.java",
        "lineNo": 12,
        "inApp": True,
    }
    read = {
        "module": "java.net.SocketInputStream",
        "function": "socketRead0",
        "filename": "SocketInputStream.java",
        "inApp": False,
    }
    level = {**charge, "module": "com.acme.Stock", "function": "level", "filename": "Stock.java", "lineNo": 51}
    return chained(
        "java",
        [
            {
                "type": "SocketTimeoutException",
                "module": "java.net",
                "value": "Read timed out",
                "stacktrace": {"frames": [level, read]},
            },
            {
                "type": "StockException",
                "module": "com.acme",
                "value": "no level of SKU-7",
                "stacktrace": {"frames": [level]},
            },
            {
                "type": "IllegalStateException",
                "module": "java.lang",
                "value": "order 4711 cannot be charged",
                "mechanism": {"type": "UncaughtExceptionHandler", "handled": False},
                "stacktrace": {"frames": [thread, thread, charge]},
            },
        ],
    )


def go() -> Event:
    charge = {
        "module": "acme/shop",
        "function": "(*Shop).Charge",
        "filename": "shop/charge.go",
        "lineNo": 33,
        "inApp": True,
        "context": source(32, '\tif order.Card == nil {\n\t\treturn fmt.Errorf("no card")\n\t}'),
    }
    main = {"module": "main", "function": "main", "filename": "main.go", "lineNo": 12, "inApp": True}
    return raised("go", [main, charge], "*errors.errorString", "no card")


def ruby() -> Event:
    rack = {"filename": "rack/builder.rb", "function": "call", "lineNo": 3, "inApp": False}
    total = {
        "filename": "app/models/cart.rb",
        "function": "total",
        "lineNo": 8,
        "inApp": True,
        "context": source(7, "def total\n  lines.sum(&:price)\nend"),
    }
    return raised("ruby", [rack, total], "NoMethodError", "undefined method 'sum' for nil")


def php() -> Event:
    total = {
        "filename": "/src/Cart.php",
        "module": "App\\Cart",
        "function": "total",
        "lineNo": 21,
        "inApp": True,
        "vars": {"currency": "EUR", "this": "<App\\Cart object>"},
    }
    return raised("php", [{"function": "array_map", "inApp": True}, total], "TypeError", "must be of type array")


def csharp() -> Event:
    total = {"module": "Acme.Cart", "function": "Total", "filename": "Cart.cs", "lineNo": 40, "inApp": True}
    invoke = {"module": "System.Threading.Tasks.Task", "function": "InnerInvoke", "inApp": False}
    return raised("csharp", [invoke, total], "NullReferenceException", "Object reference not set to an instance")


def native() -> Event:
    start = {"package": "/lib/libc.so.6", "instructionAddr": "0x7f33a0", "symbol": "__libc_start_main", "inApp": False}
    render = {
        "package": "C:\\shop\\shop.exe",
        "instructionAddr": "0x401000",
        "function": "Cart::render(int)",
        "filename": "cart.cpp",
        "lineNo": 9,
        "inApp": True,
    }
    stripped = {"package": "/lib/libshop.so", "instructionAddr": "0x401fff", "inApp": True}
    threads = [
        {"id": 1, "name": "main", "stacktrace": {"frames": [start]}},
        {"id": 2, "name": "render", "crashed": True, "stacktrace": {"frames": [start, render, stripped]}},
    ]
    return of(
        {"type": "exception", "data": {"values": [{"type": "SIGSEGV", "value": "Segfault", "threadId": 2}]}},
        {"type": "threads", "data": {"values": threads}},
        platform="native",
        title="SIGSEGV: Segfault",
    )


STACKS = {
    "chained": chained_python,
    "recursion": recursion,
    "javascript_minified": javascript_minified,
    "javascript_mapped": javascript_mapped,
    "java": java,
    "go": go,
    "ruby": ruby,
    "php": php,
    "csharp": csharp,
    "native": native,
}
