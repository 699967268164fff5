"""An app that breaks: what it raises is captured by the real SDK."""

import json


class CheckoutError(Exception):
    """An order failed."""


def discount(coupon: str) -> int:
    return {"WELCOME": 10}[coupon]


def checkout(coupon: str = "SUMMER") -> int:
    try:
        return discount(coupon)
    except KeyError as error:
        raise CheckoutError(f"no such coupon: {coupon}") from error


def divide(by: int = 0) -> float:
    return 1 / by


def recurse(depth: int = 0) -> int:
    return recurse(depth + 1)


def low_stock() -> str:
    return "Stock is low"


def parse(text: str = "{") -> object:
    return json.loads(text)
