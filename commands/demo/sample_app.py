"""A small shop that breaks in several ways, and is slow in one; its errors, spans and logs are sent by the real
sentry-sdk, as any app's are.

Run by the demo as `python sample_app.py DSN RELEASE`, once for each release.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import BytesIO
from typing import Any

import sentry_sdk
from sentry_sdk import logger
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware

PRICES = {"tea": 4.5, "cup": 12.0}
COUPONS = {"WELCOME": 10}
USERS = ["ada", "grace", "linus", "margaret"]


class CheckoutError(Exception):
    """An order could not be completed."""


def discount(total: float, coupon: str) -> float:
    percent = COUPONS[coupon]
    return total * percent / 100


def total_of(cart: list[str]) -> float:
    return sum(PRICES[item] for item in cart)


def checkout(user: str, cart: list[str], coupon: str) -> float:
    card_number = "4111 1111 1111 1111"
    sentry_sdk.add_breadcrumb(category="payment", message=f"charging {card_number[:4]}...", level="info")
    try:
        total = total_of(cart)
        return total - discount(total, coupon)
    except KeyError as error:
        raise CheckoutError(f"order of {user} failed for {len(cart)} items") from error


def categories(tree: dict[str, Any], name: str) -> int:
    """How deep a category is; one that is its own parent never ends."""
    parent = tree[name]
    return 1 + categories(tree, parent)


def average_rating(ratings: list[int]) -> float:
    return sum(ratings) / len(ratings)


def orders(user: str) -> list[list[str]]:
    """All orders of a user with their lines, which a cache would have had at once."""
    with sentry_sdk.start_span(op="db", name="SELECT id FROM orders WHERE customer = %s"):
        time.sleep(0.004)
    logger.warning("The cache of order lines does not answer: each order is read by itself")
    return [lines_of(order) for order in range(24)]


def lines_of(order: int) -> list[str]:
    with sentry_sdk.start_span(op="db", name="SELECT sku FROM order_lines WHERE order_id = %s"):
        time.sleep(0.01)
    return [*PRICES][: 1 + order % 2]


def shop(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI app: POST /checkout and /orders."""
    sentry_sdk.get_current_scope().set_transaction_name(environ["PATH_INFO"], source="route")
    order = json.loads(environ["wsgi.input"].read() or b"{}")
    if environ["PATH_INFO"] == "/orders":
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(orders(order["user"])).encode()]
    sentry_sdk.add_breadcrumb(category="auth", message=f"{order['user']} logged in")
    sentry_sdk.add_breadcrumb(category="query", message="SELECT sku, price FROM cart", data={"rows": 2})
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(checkout(order["user"], order["cart"], order["coupon"])).encode()]


def post(path: str, body: dict[str, Any]) -> None:
    """One request through the app as a WSGI server would make it."""
    content = json.dumps(body).encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": f"coupon={body['coupon']}",
        "SERVER_NAME": "shop.example.com",
        "SERVER_PORT": "443",
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(content),
        "CONTENT_LENGTH": str(len(content)),
        "CONTENT_TYPE": "application/json",
        "HTTP_USER_AGENT": "Mozilla/5.0",
        "HTTP_AUTHORIZATION": "Bearer not-for-your-eyes",
    }
    app = SentryWsgiMiddleware(shop)
    with suppress(CheckoutError):  # as a WSGI server does: the middleware has captured it
        list(app(environ, lambda *_: None))


def charge(total: float) -> None:
    raise ConnectionResetError(f"payments.example.com: connection reset while {total} was charged")


def ship(order: dict[str, Any]) -> str:
    return f"{order['user']}, {order['address']['street']}"


def deliver() -> None:
    try:
        charge(16.5)
    except ConnectionError as error:
        sentry_sdk.capture_exception(error)  # the bank's doing, and tried again
    try:
        ship({"user": "ada", "address": None})
    except TypeError as error:
        sentry_sdk.capture_exception(error)


def browse(release: str) -> None:
    for number, user in enumerate(USERS):
        sentry_sdk.set_user({"id": str(number), "username": user, "email": f"{user}@example.com"})
        sentry_sdk.set_tag("plan", "pro" if number % 2 else "free")
        post("/checkout", {"user": user, "cart": ["tea", "cup"], "coupon": "SUMMER"})
    if release.endswith("1.4.0"):
        return
    try:
        categories({"tea": "drinks", "drinks": "tea"}, "tea")
    except RecursionError as error:
        sentry_sdk.capture_exception(error)
    try:
        average_rating([])
    except ZeroDivisionError as error:
        sentry_sdk.capture_exception(error)  # handled: the page shows no rating
    sentry_sdk.capture_message("Stock of tea is low: 3 left", level="warning")


def main(dsn: str, release: str) -> None:
    sentry_sdk.init(
        dsn,
        release=release,
        environment="production",
        send_default_pii=True,
        in_app_include=["__main__"],
        traces_sample_rate=1,
        enable_logs=True,
    )
    if release.endswith("1.6.0"):
        deliver()
    elif release.endswith("1.5.1"):
        post("/orders", {"user": "ada", "coupon": ""})
    else:
        browse(release)
    sentry_sdk.flush(10)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
