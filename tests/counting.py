"""Tokens of o200k, counted by a library of its own: what our answers are held to."""

from functools import lru_cache
from typing import Any

from bpe_openai import get_encoding

from views.reader import Answer, compact_json

BUDGETS = (500, 1_000, 2_000, 4_000, 20_000)


@lru_cache
def _encoding() -> Any:
    return get_encoding("o200k_base")


def tokens(text: str) -> int:
    return len(_encoding().encode(text))


def tokens_of_json(*values: Any) -> int:
    return sum(tokens(compact_json(value)) for value in values if value is not None)


def assert_within(answer: Answer, budget: int, what: object = None) -> None:
    """Neither the text nor the JSON, with what is said about it, is more than the budget."""
    assert tokens(answer.text) <= budget, what
    assert tokens_of_json(answer.data, answer.meta) <= budget, what
