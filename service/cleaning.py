"""How a text is made fit for those who run the server: its log, its audit log, its spans."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from service.shown import shown

if TYPE_CHECKING:
    from pydantic import SecretStr

Clean = Callable[[str], str]


def cleaning(token: "SecretStr | None", *, pii: bool, keys: Iterable[str]) -> Clean:
    """Takes out Sentry's `token`, those of callers, what else is secret, and what cannot be seen; `pii` and `keys` as
    views.secrets.redaction has them."""
    from sentry.site import Site
    from views.provenance import visible
    from views.secrets.redaction import Redaction

    site = Site(token=token.get_secret_value() if token else "")
    redaction = Redaction(pii=pii, keys=frozenset(keys))
    return lambda text: visible(redaction.text(shown.without(site.without_token(text))))


def cleaned(value: Any, clean: Clean, most: int = 20_000) -> Any:
    """JSON with each of its texts cleaned, and cut behind so many characters."""
    match value:
        case str():
            text = clean(value)
            return text if len(text) <= most else f"{text[:most]}… ({len(value)} characters)"
        case dict():
            return {cleaned(name, clean, most): cleaned(inner, clean, most) for name, inner in value.items()}
        case list() | tuple():
            return [cleaned(inner, clean, most) for inner in value]
        case None | bool() | int() | float():
            return value
        case _:
            return cleaned(str(value), clean, most)
