"""The server's side of a connection, with the bounds that uvicorn's httptools protocol leaves to others.

h11 bounds an unfinished event; httptools holds a request's head however long it is, waits for it for ever, and reads
what follows an early answer to the end.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

LONGEST_HEAD: Final = 32_768
"""Bytes of a request line with all its headers; what is ours has less than 8,192."""
MOST_DISCARDED: Final = 8_000_000
"""Bytes of a body that are read after the answer was given, so that the caller gets to read the answer."""
HEAD_TIMEOUT_S: Final = 10.0
"""From the first byte of a head, or from the connection, to its last."""


class BoundedProtocol(HttpToolsProtocol):
    """Refuses a head that is too long (431) or too slow (408), drops trailers, hangs up on a body nobody reads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as the server passes them
        """Start with nothing received."""
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._unread = 0
        """Bytes since the last that ended a head or belonged to a body: part of a head, blank lines, trailers."""
        self._discarded = 0
        self._refused = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the server has it
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrives, and refuse what goes on without becoming a request."""
        if self._refused:
            return
        if self._in_head and self._deadline is None:
            self._wait_for_head()
        self._unread += len(data)
        super().data_received(data)
        if self._unread > LONGEST_HEAD:
            self._refuse(431, b"The head of the request is too long.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; what follows a body is none."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Serve a request whose head is whole, unless it came too long in one piece."""
        self._stop_waiting()
        self._in_head = False
        self._unread = self._discarded = 0
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > LONGEST_HEAD:
            self._refuse(431, b"The head of the request is too long.")
        if not self._refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand on a piece of a body; after the answer, count it and hang up in the end."""
        self._unread = 0
        if self._refused:
            return
        if self.cycle.response_complete:
            self._discarded += len(body)
            if self._discarded > MOST_DISCARDED:
                self.transport.close()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request: what follows is the head of the next."""
        self._in_head = True
        self._unread = 0
        if not self._refused:
            super().on_message_complete()

    def _wait_for_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_TIMEOUT_S, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if self._answering():
            self._wait_for_head()  # an answer is under way; what comes after it may wait as long
        else:
            self._refuse(408, b"The head of the request took too long.")

    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request
        return cycle is not None and not cycle.response_complete

    def _refuse(self, status: int, sentence: bytes) -> None:
        """Answer in the server's own words, as no application has seen the request, and hang up."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._stop_waiting()
        if not self._answering():
            length = str(len(sentence)).encode()
            head = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: " + length
            self.transport.write(STATUS_LINE[status] + head + b"\r\n\r\n" + sentence)
        self.transport.close()
