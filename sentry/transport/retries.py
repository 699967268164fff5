"""When a failed request is repeated, and after how long a wait."""

import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception
from tenacity.wait import wait_random_exponential

from sentry.errors import (
    LATER,
    MisconfiguredError,
    RateLimitedError,
    SentryError,
    UnavailableError,
    UnreachableError,
)
from sentry.transport.answers import may_have_acted
from sentry.transport.progress import on_progress

T = TypeVar("T")

ATTEMPTS = 4
RESERVE = 0.05
"""Seconds before the deadline in which no read is tried any more."""
REPEATABLE = (502, 503, 504)
_JITTER = wait_random_exponential(multiplier=0.25, max=5)


async def repeating(attempt: Callable[[], Awaitable[T]], *, is_write: bool) -> T:
    """Run `attempt` until it succeeds, fails for good, or the next wait would pass the deadline around us.

    A read is repeated on 429, 502, 503, 504 and broken connections; a write only when Sentry surely did
    not act on it. Waits are random and grow, and are never shorter than what Sentry asks for.
    """
    trouble: SentryError | None = None
    before = sys.exception()

    async def once() -> T:
        nonlocal trouble
        try:
            if trouble is None or is_write:
                return await attempt()
            with anyio.CancelScope(deadline=anyio.current_effective_deadline() - RESERVE):
                return await attempt()
            raise trouble  # says more than that time was up while it was tried once more
        except SentryError as error:
            trouble = error
            raise

    retrying = AsyncRetrying(
        retry=retry_if_exception(_is_worth_repeating_write if is_write else _is_worth_repeating),
        wait=_wait,
        stop=_stop,
        before_sleep=_tell,
        retry_error_callback=_give_up,
        sleep=anyio.sleep,
    )
    try:
        return await retrying(once)
    except BaseException as error:
        _let_go(error, before)
        raise
    finally:
        trouble = None  # which leads back to these frames


def _let_go(error: BaseException | None, before: BaseException | None) -> None:
    """Frees the answer that is in the frames of what failed: in circles with their error, they and it would wait for
    the garbage collector, a hundred megabytes of them. What had failed `before` is the caller's."""
    seen = [before]
    while error is not None and error not in seen:  # an error can be its cause's context
        seen.append(error)
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _is_worth_repeating(error: BaseException) -> bool:
    if isinstance(error, UnavailableError):
        return error.status_code in REPEATABLE
    return isinstance(error, RateLimitedError | UnreachableError) and not isinstance(error, MisconfiguredError)


def _is_worth_repeating_write(error: BaseException) -> bool:
    return isinstance(error, SentryError) and _is_worth_repeating(error) and not may_have_acted(error)


def _wait(retry_state: RetryCallState) -> float:
    """What Sentry asks for, and full jitter on top
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)."""
    asked = _error_of(retry_state).details.get("retry_after")
    return (asked or 0.0) + _JITTER(retry_state)


def _stop(retry_state: RetryCallState) -> bool:
    """After the last attempt, or when the wait would pass the deadline: better to say so at once."""
    return retry_state.attempt_number >= ATTEMPTS or _would_pass_deadline(retry_state)


def _would_pass_deadline(retry_state: RetryCallState) -> bool:
    return anyio.current_time() + retry_state.upcoming_sleep >= anyio.current_effective_deadline() - RESERVE


async def _tell(retry_state: RetryCallState) -> None:
    if (tell := on_progress.get()) is not None:
        error, wait = _error_of(retry_state), retry_state.upcoming_sleep
        await tell(f"{error.message.removesuffix(LATER).rstrip()} Waiting {wait:.1f} s, then trying again.")


def _give_up(retry_state: RetryCallState) -> None:
    error, attempts = _error_of(retry_state), retry_state.attempt_number
    if attempts > 1:
        advice = f" {LATER}" * error.message.endswith(LATER)
        error.message = f"{error.message.removesuffix(advice)} It was asked {attempts} times.{advice}"
    raise error


def _error_of(retry_state: RetryCallState) -> SentryError:
    error = retry_state.outcome.exception() if retry_state.outcome else None
    if not isinstance(error, SentryError):
        raise TypeError("Only a SentryError is worth repeating")
    return error
