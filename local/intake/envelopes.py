"""Reads what SDKs send: envelopes, their compression and their authentication. Pure, no I/O.

https://develop.sentry.dev/sdk/data-model/envelopes/
"""

import importlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from local.intake.cleaning import storable
from local.intake.limits import Room
from local.values import Json, mapping, parse, text, whole

MOST_COMPRESSED = 20 * 1024 * 1024
"""Bytes of a request's body as sent, as Sentry's own limit for an envelope."""

MOST_INFLATED = 100 * 1024 * 1024
"""Bytes of a request's body once decompressed, as Sentry's own limit for an envelope."""


class RejectedError(Exception):
    """Not taken in: the status and the words the SDK gets."""

    def __init__(self, status: int, detail: str, cause: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.cause = cause


@dataclass(frozen=True)
class Item:
    """`content_type` says which of a type's forms the payload has."""

    type: str
    payload: bytes
    content_type: str | None = None


@dataclass(frozen=True)
class Envelope:
    header: dict[str, Json]
    items: list[Item]


_WRITTEN = re.compile(rb"\S")


def parse_envelope(raw: bytes) -> Envelope:
    """An envelope: one line of JSON, then items. Raises RejectedError: 400 for anything else,
    413 when there is more in it than Sentry takes."""
    line, at = _line(raw, 0)
    envelope, room = Envelope(_header(line, "envelope"), []), Room()
    while written := _WRITTEN.search(raw, at):  # however many empty lines there are before it
        line, at = _line(raw, max(raw.rfind(b"\n", at, written.start()) + 1, at))
        header = _header(line, "item")
        length = header.get("length")
        if length is None:
            payload, at = _line(raw, at)
        else:
            size = whole(length)
            if size is None or size < 0:
                raise _malformed("invalid item header")
            if at + size > len(raw):
                raise _malformed("unexpected end of file")
            payload = raw[at : at + size]
            at += size
            if at < len(raw) and raw[at : at + 1] != b"\n":
                raise _malformed("missing newline after header or payload")
            at += 1
        kind = storable(text(header.get("type")) or "unknown")
        if not room.take(kind, len(payload)):
            raise too_large(kind)
        envelope.items.append(Item(kind, payload, text(header.get("content_type"))))
    return envelope


def _line(raw: bytes, start: int) -> tuple[bytes, int]:
    """The bytes up to the next newline, and where the next line begins."""
    end = raw.find(b"\n", start)
    end = len(raw) if end < 0 else end
    return raw[start:end], end + 1


def _header(line: bytes, kind: str) -> dict[str, Json]:
    try:
        header = parse(line)
    except ValueError:
        raise _malformed(f"invalid {kind} header") from None
    if not isinstance(header, dict):
        raise _malformed(f"invalid {kind} header")
    return mapping(header)


def _malformed(cause: str) -> RejectedError:
    return RejectedError(400, "invalid event envelope", cause)


def decompress(raw: bytes, encoding: str, most: int = MOST_INFLATED) -> bytes:
    """The body without its Content-Encoding. Raises RejectedError: 413 when it grows past `most` bytes, 415
    for an encoding we cannot read, 400 when it is broken."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return raw
    if encoding in ("gzip", "deflate"):
        return _inflate(raw, most)
    if encoding == "br":
        return _brotli(raw, most)
    raise RejectedError(415, f"unsupported content encoding: {encoding[:50]}")


def _inflate(raw: bytes, most: int) -> bytes:
    # +32: a gzip or a zlib header, whichever comes; -MAX_WBITS: none, as some send for "deflate".
    for bits in (zlib.MAX_WBITS + 32, -zlib.MAX_WBITS):
        inflater = zlib.decompressobj(bits)
        try:
            inflated = inflater.decompress(raw, most + 1)
        except zlib.error:
            continue
        if len(inflated) > most:
            raise too_large()
        if inflater.eof:
            return inflated
    raise RejectedError(400, "failed to decode the compressed body")


def _brotli(raw: bytes, most: int) -> bytes:
    try:
        brotli: Any = importlib.import_module("brotli")
    except ModuleNotFoundError:
        raise RejectedError(415, "unsupported content encoding: br needs the Python package brotli") from None
    inflater = brotli.Decompressor()
    inflated = bytearray()
    try:
        for start in range(0, len(raw), 1024):  # in small steps: one step grows a few thousandfold at most
            inflated += inflater.process(raw[start : start + 1024])
            if len(inflated) > most:
                raise too_large()
    except brotli.error:
        raise RejectedError(400, "failed to decode the compressed body") from None
    if not inflater.is_finished():
        raise RejectedError(400, "failed to decode the compressed body")
    return bytes(inflated)


def too_large(kind: str | None = None) -> RejectedError:
    """`kind` is the type of the item that is too much."""
    named = kind and (kind if _TYPE.fullmatch(kind) else "unknown")
    return RejectedError(413, "envelope exceeded size limits" + (f" for type '{named}'" if named else ""))


_TYPE = re.compile(r"[a-z_]{1,40}")


_PAIR = re.compile(r"([a-z_]+)\s*=\s*([^,\s]*)")


def public_key(header: str | None, query: Mapping[str, str], envelope: Mapping[str, Json] | None) -> str:
    """The DSN's public key, from `X-Sentry-Auth`, the query string or the envelope's own header.

    Raises RejectedError (401) when there is none.
    """
    if header:
        scheme, _, rest = header.strip().partition(" ")
        found = dict(_PAIR.findall(rest)) if scheme.lower() == "sentry" else {}
        if not found.get("sentry_key"):
            raise RejectedError(401, "bad x-sentry-auth header")
        return str(found["sentry_key"])
    key = query.get("sentry_key") or _key_of_dsn(text((envelope or {}).get("dsn")))
    if not key:
        raise RejectedError(401, "missing authorization information")
    return key


def _key_of_dsn(dsn: str | None) -> str | None:
    try:
        return urlsplit(dsn or "").username
    except ValueError:
        return None
