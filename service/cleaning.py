"""How a text is made fit for those who run the server: its log, its audit log, its spans."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sentry.values import as_list, as_object
from service.shown import shown

if TYPE_CHECKING:
    from pydantic import SecretStr

Clean = Callable[[str], str]


def cleaning(token: "SecretStr | None", *, pii: bool, keys: Iterable[str]) -> Clean:
    """Takes out Sentry's `token`, those of callers, what else is secret, and what cannot be seen; `pii` and `keys` as
    views.secrets.redaction has them."""
    from sentry.site import Site, without_tokens
    from views.provenance import visible
    from views.secrets.redaction import Redaction

    site = Site(token=token.get_secret_value() if token else "")
    redaction = Redaction(pii=pii, keys=frozenset(keys))
    return lambda text: visible(redaction.text(shown.without(without_tokens(site.without_token(text)))))


def cleaned(value: Any, clean: Clean, most: int = 20_000) -> Any:
    """JSON with each of its texts cleaned, and cut behind so many characters."""
    if isinstance(value, str):
        text = clean(value)
        return text if len(text) <= most else f"{text[:most]}… ({len(value)} characters)"
    if (fields := as_object(value)) is not None:
        return {cleaned(name, clean, most): cleaned(inner, clean, most) for name, inner in fields.items()}
    if (items := as_list(value)) is not None:
        return [cleaned(inner, clean, most) for inner in items]
    return value if value is None or isinstance(value, bool | int | float) else cleaned(str(value), clean, most)
