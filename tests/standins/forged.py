"""Tokens that open nothing: whatever an attacker makes of what a provider says in public."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from standins.identity_provider import Provider, private_key, public_row


def _part(said: bytes | dict[str, Any]) -> str:
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _signed_with_public_key(provider: Provider, secret: bytes) -> str:
    """HS256, with as secret what everybody knows (CVE-2015-9235)."""
    signed = f"{_part({'alg': 'HS256', 'kid': 'first', 'typ': 'JWT'})}.{_part(provider.claims())}"
    return f"{signed}.{_part(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def forged(provider: Provider) -> dict[str, str]:
    """One of each kind, by its name."""
    now, good = int(time.time()), provider.token()
    head, body, signature = good.split(".")
    public = private_key("first").public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    other = public_row("attacker")
    endless = json.dumps(provider.claims()).replace(str(now + 600), "1e999").encode()
    unsigned = f"{_part({'alg': 'none', 'kid': 'first', 'typ': 'JWT'})}.{body}."
    return {
        "algorithm none": unsigned,
        "algorithm None": unsigned.replace(_part({"alg": "none"})[:8], _part({"alg": "None"})[:8]),
        "no signature": f"{head}.{body}.",
        "half a signature": good[: -len(signature) // 2],
        "another's body": f"{head}.{_part(provider.claims(sub='root'))}.{signature}",
        "another's signature": f"{head}.{body}.{provider.token(sub='bob').split('.')[2]}",
        "the public key as a secret": _signed_with_public_key(provider, pem),
        "the row of the key as a secret": _signed_with_public_key(provider, json.dumps(public_row("first")).encode()),
        "nothing as a secret": _signed_with_public_key(provider, b""),
        "a key of the attacker's": jwt.encode(
            provider.claims(), private_key("attacker"), "RS256", headers={"kid": "first"}
        ),
        "a key that nobody has": provider.token(key_id="attacker"),
        "a key that it brings": provider.token(key_id="attacker", headers={"jwk": other}),
        "a key that it names": provider.token(key_id="attacker", headers={"jku": "https://evil.example/keys"}),
        "the name of a path": provider.token(headers={"kid": "../../../../dev/null"}),
        "an empty name of a key": provider.token(headers={"kid": ""}),
        "an algorithm that is not the key's": provider.token(headers={"kid": "curve"}),
        "something critical": provider.token(headers={"crit": ["exp"], "exp": now + 600}),
        "a body that is elsewhere": provider.token(headers={"b64": False, "crit": ["b64"]}),
        "a token of a logout": provider.token(headers={"typ": "logout+jwt"}),
        "expired": provider.token(exp=now - 60, iat=now - 660),
        "expired long ago": provider.token(exp=1),
        "no end": provider.token(exp=None),
        "an end that is no number": provider.token(exp="tomorrow"),
        "an end that is a list": provider.token(exp=[now + 600]),
        "an end beyond all numbers": f"{head}.{_part(endless)}.{signature}",
        "not yet valid": provider.token(nbf=now + 600),
        "issued tomorrow": provider.token(iat=now + 86_400),
        "another audience": provider.token(aud="https://other.example.com/mcp"),
        "audiences of others": provider.token(aud=["a", "b"]),
        "an audience that begins alike": provider.token(aud="https://mcp.example.com/mcp.evil.example"),
        "no audience": provider.token(aud=None),
        "an audience that is an object": provider.token(aud={"https://mcp.example.com/mcp": True}),
        "another issuer": provider.token(iss="https://evil.example"),
        "an issuer that begins alike": provider.token(iss=f"{provider.issuer}.evil.example"),
        "no issuer": provider.token(iss=None),
        "nobody": provider.token(sub=None),
        "a nobody of blanks": provider.token(sub=" "),
        "no object": f"{head}.{_part(b'[1]')}.{signature}",
        "no JSON": f"{_part(b'{')}.{_part(b'}')}.{signature}",
        "a deep header": f"{_part(b'[' * 3_000)}.{body}.{signature}",
        "a deep body": f"{head}.{_part(b'[' * 3_000)}.{signature}",
        "a long number": f"{head}.{_part(b'1' * 5_000)}.{signature}",
        "algorithms in a list": f"{_part({'alg': ['RS256'], 'kid': 'first'})}.{body}.{signature}",
        "an algorithm that is an object": f"{_part({'alg': {'RS256': 1}, 'kid': 'first'})}.{body}.{signature}",
        "no letters": "....",
        "three dots and a letter": "a.b.c.d",
        "encrypted": f"{_part({'alg': 'RSA-OAEP', 'enc': 'A256GCM', 'kid': 'first'})}.a.b.c.d",
        "no base64": f"{head}.{body}.!!!!",
        "more than is looked at": f"{head}.{_part(b'{' + b' ' * 8_192)}.{signature}",
        "a word": "password",
        "one of ours that nobody has": "smcp_" + "A" * 43,
    }
