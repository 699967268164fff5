"""Connections of both servers: uvicorn's HTTP/1.1, with bounds on how long a client takes to send and to read.

uvicorn itself bounds only how long a connection idles between two requests: one that sends half a request, or does not
read its answer, would be held for ever.
"""

import asyncio
import http
import sys

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class BoundedConnection(H11Protocol):
    """Answers 408 to a request that does not come to its end, 431 to headers without end."""

    seconds = 30.0
    """In which a request must have come whole, from its first byte on; and in which a client must make room for more of
    an answer that it has stopped reading. An answer itself may take as long as it likes."""
    _request_due: asyncio.TimerHandle | None = None
    _reading_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own narrowing
        super().connection_made(transport)
        self._request_due = self.loop.call_later(self.seconds, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for due in (self._request_due, self._reading_due):
            if due is not None:
                due.cancel()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._give_up_later()
        elif self._request_due is not None:
            self._request_due.cancel()
            self._request_due = None

    def handle_events(self) -> None:
        """Nothing follows a request that says its length twice: where it ends, whoever passed it on may have read
        otherwise (RFC 9112, 6.1)."""
        super().handle_events()
        named = {name for name, _ in self.headers or ()}
        if {b"content-length", b"transfer-encoding"} <= named and vars(self).get("cycle"):  # None until there is one
            self.cycle.keep_alive = False

    def pause_writing(self) -> None:
        super().pause_writing()
        self._abort_later()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._reading_due is not None and not self.transport.is_closing():
            self._reading_due.cancel()
            self._reading_due = None

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._abort_later()
        elif self._has_begun:  # the next request, which came in part with the one that is answered
            self._give_up_later()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._abort_later()

    def send_400_response(self, msg: str) -> None:
        """What uvicorn answers to all that is no HTTP; h11 says more exactly what is wrong."""
        error = sys.exception()
        self._refuse(error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400)

    @property
    def _has_begun(self) -> bool:
        """Whether a part of a request is there, and not the whole."""
        theirs = self.conn.their_state
        return theirs is h11.SEND_BODY or (theirs is h11.IDLE and self.conn.trailing_data[0] != b"")

    def _give_up_later(self) -> None:
        self._request_due = self._request_due or self.loop.call_later(self.seconds, self._give_up)

    def _give_up(self) -> None:
        if self._has_begun and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._refuse(408)
        else:
            self.transport.close()
            self._abort_later()

    def _refuse(self, status: int) -> None:
        words = http.HTTPStatus(status).phrase.encode()
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(words))), ("Connection", "close")]
        for event in (
            h11.Response(status_code=status, headers=headers, reason=words),
            h11.Data(data=words),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        self._abort_later()

    def _abort_later(self) -> None:
        """Unless the client reads: what is closed waits for its last bytes to be read, too."""
        self._reading_due = self._reading_due or self.loop.call_later(self.seconds, self.transport.abort)
