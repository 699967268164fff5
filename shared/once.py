"""What is to happen once, whichever of several servers is asked for it."""

from collections.abc import Awaitable, Callable

from shared.store import PREFIX, LostError, Store


def first_in(store: Store) -> Callable[[str, float], Awaitable[bool]]:
    """Says of a name, once for so many seconds, that no server of this store had it before. While the store is lost,
    each server answers by itself, and says so of each name."""

    async def is_first(name: str, seconds: float) -> bool:
        try:
            (answer,) = await store.ask(("SET", f"{PREFIX}once:{name}", "", "NX", "EX", int(seconds)))
        except LostError:
            return True
        return answer is not None

    return is_first
