"""The content of an answer as it comes in: decoded, and never more of it than a limit."""

import zlib
from collections.abc import Mapping
from typing import NamedTuple

from sentry.errors import BadResponseError
from sentry.steps import Steps

MAX_ERROR_BODY = 100_000
"""Bytes read of an error's answer: enough for its words, whatever else is sent along."""

_GZIP = 16 + zlib.MAX_WBITS
_PIECE = 262_144
"""Bytes that are unpacked in one go."""
_MEMBERS = 1_000
"""Of one answer; servers send one. Each takes a few microseconds, however little is in it."""


class Sent(NamedTuple):
    """An answer as it came: the headers that say something of its content, and its content."""

    headers: Mapping[str, str]
    content: bytes


class Body:
    """Takes an answer's raw pieces; both what came and what it decodes to stay within `limit` bytes.

    Decoded here and not by httpx, which unpacks each piece whole: 64 kB of gzip can be 64 MB, and gzip in
    gzip far more. Raises BadResponseError.
    """

    def __init__(self, encoding: str, limit: int, too_large: BadResponseError) -> None:
        encoding = encoding.strip().lower()
        if encoding not in ("", "identity", "gzip"):
            raise BadResponseError("Sentry's answer is encoded in a way that was not asked for (not gzip).")
        self._is_gzip = encoding == "gzip"
        self._member = zlib.decompressobj(_GZIP)
        self._members = 1
        self._limit = limit
        self._too_large = too_large
        self.came = 0
        self._content = bytearray()

    def feed(self, raw: bytes) -> Steps[None]:
        self.came += len(raw)
        if self.came > self._limit:
            raise self._too_large
        if not self._is_gzip:
            self._content += raw
            return
        piece = b""
        while raw or len(piece) == _PIECE:  # of a full piece there may be more inside of zlib
            if self._member.eof:  # gzip may consist of several members (RFC 1952, 2.2)
                self._member = zlib.decompressobj(_GZIP)
                self._members += 1
                if self._members > _MEMBERS:
                    raise self._too_large
            try:
                piece = self._member.decompress(raw, _PIECE)
            except zlib.error:
                raise BadResponseError("Sentry's answer is not the gzip that it says it is.") from None
            self._content += piece
            if len(self._content) > self._limit:
                raise self._too_large
            raw = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            if self._member.eof and not raw:
                return
            yield

    def __len__(self) -> int:
        return len(self._content)

    def content(self, *, whole: bool) -> bytearray:
        """What has come; when it should be the `whole` of it, checks that nothing is missing."""
        if whole and self._is_gzip and self.came and not self._member.eof:
            raise BadResponseError("Sentry's answer ended before its end (gzip).")
        return self._content
