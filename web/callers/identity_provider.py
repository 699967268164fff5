"""Callers whom an identity provider knows: each shows a JWT that it signed for this server.

https://www.rfc-editor.org/rfc/rfc9068 says what such a token holds, https://www.rfc-editor.org/rfc/rfc8725 how it must
be looked at.
"""

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast

import jwt
from pydantic import ValidationError

from service.access.callers import NAME, OF_PROVIDER, Caller, ExpiringCaller, Scope
from settings import Settings, SettingsError
from web.callers.known import CannotTellError
from web.callers.signing_keys import AGAIN, ASYMMETRIC, KeysUnavailableError, SigningKeys, is_safe

LEEWAY = 30
"""Seconds by which the provider's clock and ours may differ."""
TYPES = frozenset(("at+jwt", "application/at+jwt", "jwt", ""))
"""What `typ` may say, in any case; the tokens of a logout or of DPoP, signed with the same keys, say something else."""
MAX_REMEMBERED = 2_000
"""Tokens whose caller is remembered until they expire, or the keys change."""
LATEST = 2**40
"""Seconds since 1970 beyond which an `exp` is one: a number of JSON may have any length."""
SHOWN = 40
"""Characters of a name that stay when it cannot be shown as it is."""


class _Remembered(NamedTuple):
    caller: ExpiringCaller
    generation: int | None


class IdentityProvider:
    """Finds callers as `FindsCallers` says."""

    def __init__(self, settings: Settings, keys: SigningKeys) -> None:
        self._settings = settings
        self._keys = keys
        self._algorithms = frozenset(settings.identity_provider_algorithms)
        self._remembered: OrderedDict[bytes, _Remembered] = OrderedDict()

    @property
    def problem(self) -> str | None:
        """Why it cannot be asked for its keys; None where it can."""
        return self._keys.problem

    @asynccontextmanager
    async def watching(self) -> AsyncGenerator[None]:
        async with self._keys.watching():
            yield

    async def caller_of(self, token: str) -> Caller | None:
        """The caller as the token describes them; raises CannotTellError where the provider's keys cannot be had."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        if (found := self._remembered.get(digest)) is not None:  # to verify one takes half a millisecond
            if found.generation == self._keys.generation() and time.time() < found.caller.expires:
                self._remembered.move_to_end(digest)
                return found.caller
            del self._remembered[digest]
        try:
            claims = await self._claims(token)
        except (jwt.PyJWTError, UnicodeEncodeError):
            return None
        caller = _caller(claims, self._settings) if claims is not None else None
        if caller is not None:
            self._remembered[digest] = _Remembered(caller, self._keys.generation())
            if len(self._remembered) > MAX_REMEMBERED:
                self._remembered.popitem(last=False)
        return caller

    async def _claims(self, token: str) -> dict[str, Any] | None:
        """What a token says that is the provider's, for this server, and of now; raises PyJWTError for others."""
        header = jwt.get_unverified_header(token)
        algorithm, of_type = header.get("alg"), header.get("typ", "")
        if not isinstance(algorithm, str) or not isinstance(of_type, str):  # JSON of anybody's, not verified yet
            return None
        if algorithm not in self._algorithms or of_type.lower() not in TYPES:
            return None
        try:
            key = await self._keys.key(header.get("kid"), algorithm)
        except KeysUnavailableError as error:
            raise CannotTellError(str(error), AGAIN) from None
        if key is None:
            return None
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=self._settings.identity_provider_issuer,
            audience=self._settings.identity_provider_audience,
            leeway=LEEWAY,
            options={"require": ["exp", "iss", "aud"], "enforce_minimum_key_length": True},
        )


def provider_of(settings: Settings) -> IdentityProvider:
    """The provider that the settings name; raises SettingsError for one by which nobody could be known."""
    issuer, jwks_url = settings.identity_provider_issuer, settings.identity_provider_jwks_url
    for name, url in (("issuer", issuer), ("jwks_url", jwks_url)):
        if url and not is_safe(url):
            raise SettingsError(f"identity_provider_{name} must be an https address, or http on this machine")
    if not settings.identity_provider_audience:
        raise SettingsError(
            "identity_provider_audience is missing: what stands in `aud` of the tokens that are meant for this server; "
            "without it, one that was given to any other would open this one, too"
        )
    if not settings.identity_provider_name_claim:
        raise SettingsError("identity_provider_name_claim must be the name of a claim, such as sub")
    algorithms = settings.identity_provider_algorithms
    if not algorithms or not ASYMMETRIC.issuperset(algorithms):
        raise SettingsError(f"identity_provider_algorithms must be some of {', '.join(sorted(ASYMMETRIC))}")
    return IdentityProvider(settings, SigningKeys(issuer, jwks_url, algorithms))


def _caller(claims: dict[str, Any], settings: Settings) -> ExpiringCaller | None:
    """None for claims that name nobody."""
    name = claims.get(settings.identity_provider_name_claim)
    if not isinstance(name, str) or not name.strip():
        return None
    organizations = _set(claims, settings.identity_provider_organizations_claim)
    projects = _set(claims, settings.identity_provider_projects_claim)
    granted = _set(claims, settings.identity_provider_scope_claim)
    bounds: dict[str, Any] = {"organizations": organizations, "projects": projects}
    described = {
        "name": _name(name),
        "scopes": frozenset(Scope) if granted is None else granted & frozenset(Scope),
        "expires": min(int(claims["exp"]), LATEST) + LEEWAY,
    }
    try:
        return ExpiringCaller.model_validate(described | bounds)
    except ValidationError:  # a slug that is none: who wrote it meant something that is not known
        return ExpiringCaller.model_validate(described | dict.fromkeys(bounds, frozenset[str]()))


def _set(claims: dict[str, Any], name: str) -> frozenset[str] | None:
    """The texts of a claim, be it a list of them or one text with blanks between; none where it is anything else. None
    where no claim is named, which bounds nothing."""
    if not name:
        return None
    found = claims.get(name)
    texts = found.split() if isinstance(found, str) else found
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in cast("list[object]", texts)):
        return frozenset()
    return frozenset(cast("list[str]", texts))


def _name(said: str) -> str:
    """As it was said, where it may stand in a log line; else as much of it as may, and a digest that tells it from all
    others of which that much is the same."""
    if NAME.fullmatch(said):
        return f"{OF_PROVIDER}{said}"
    shown = re.sub(r"[^A-Za-z0-9_.@-]", "_", said[:SHOWN]).lstrip("_.@-") or "unnamed"
    return f"{OF_PROVIDER}{shown}~{hashlib.sha256(said.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"
