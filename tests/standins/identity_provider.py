"""An identity provider on loopback: its metadata, its keys, the tokens that it signs; and what a hostile one says."""

import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_curve
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from jwt.algorithms import get_default_algorithms
from standins.sockets import Request, Server, Wire, listening

AUDIENCE = "https://mcp.example.com/mcp"
METADATA = "/realms/shop/.well-known/openid-configuration"
KEYS = "/realms/shop/keys"
PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
Answer = Callable[[Wire], Awaitable[None]]


@cache
def private_key(key_id: str, algorithm: str = "RS256") -> PrivateKey:
    """The same for the same name."""
    match algorithm:
        case "ES256":
            return generate_curve(SECP256R1())
        case "EdDSA":
            return Ed25519PrivateKey.generate()
        case _:
            return generate_rsa(65537, 2048)


def public_row(key_id: str, algorithm: str = "RS256", **more: Any) -> dict[str, Any]:
    """The key as a JSON Web Key Set has it."""
    public: Any = private_key(key_id, algorithm).public_key()
    row: dict[str, Any] = json.loads(get_default_algorithms()[algorithm].to_jwk(public))
    row.pop("key_ops", None)
    return {**row, "kid": key_id, "alg": algorithm, "use": "sig", **more}


class Provider:
    """`rows` are the keys that it gives; `answers` replace what it says at a path."""

    def __init__(self) -> None:
        self.rows: list[Any] = [public_row("first"), public_row("curve", "ES256"), public_row("edwards", "EdDSA")]
        self.answers: dict[str, Answer] = {}
        self.server: Server

    @property
    def issuer(self) -> str:
        return f"{self.server.url}/realms/shop"

    @property
    def looks(self) -> int:
        """How often it was asked for its keys."""
        return sum(line.endswith(f" {KEYS}") for line in self.server.log)

    async def __call__(self, request: Request, wire: Wire) -> None:
        if request.path in self.answers:
            await self.answers[request.path](wire)
        elif request.path == METADATA:
            said = {"issuer": self.issuer, "jwks_uri": f"{self.server.url}{KEYS}"}
            await wire.answer(body=json.dumps(said).encode())
        elif request.path == KEYS:
            await wire.answer(body=json.dumps({"keys": self.rows}).encode())
        else:
            await wire.answer(404)

    def claims(self, **claims: Any) -> dict[str, Any]:
        """What a good token says; a claim that is None is left out."""
        now = int(time.time())
        said = {"iss": self.issuer, "aud": AUDIENCE, "sub": "ann", "exp": now + 600, "iat": now, "scope": "issues:read"}
        return {name: value for name, value in (said | claims).items() if value is not None}

    def token(
        self, *, key_id: str = "first", algorithm: str = "RS256", headers: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        return jwt.encode(
            self.claims(**claims),
            private_key(key_id, algorithm),
            algorithm=algorithm,
            headers={"kid": key_id, "typ": "at+jwt", **(headers or {})},
        )


@asynccontextmanager
async def providing() -> AsyncGenerator[Provider]:
    provider = Provider()
    async with listening(provider) as provider.server:
        yield provider
