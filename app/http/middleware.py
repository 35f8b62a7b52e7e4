"""Around every request, in plain ASGI: a request id, one log line, safe headers, and an end when the caller is gone."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import format_datetime
from typing import Any, Final

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.clock import Clock, utc_now
from app.db.engine import departures
from app.http.deprecation import DEPRECATED, Deprecation
from app.http.problems import as_problem, problem_response

_log: Final = logging.getLogger("maraude.request")
_HEADERS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
]


class RequestFrame:
    """The outermost layer of the service.

    The log line holds route template, status, milliseconds, role and request id: no address, token, query or body.
    """

    def __init__(
        self, app: ASGIApp, clock: Clock = utc_now, deprecated: Mapping[str, Deprecation] = DEPRECATED
    ) -> None:
        """Wrap `app`; `clock` gives every answer its `Date`, so the server below must not add one of its own."""
        self._app = app
        self._clock = clock
        self._deprecated = deprecated

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        state: dict[str, Any] = scope.setdefault("state", {})
        request_id = state["request_id"] = secrets.token_hex(8)
        status = 0

        async def send_framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                present = {name.lower() for name, _ in headers}
                headers.extend((name, value) for name, value in _HEADERS if name not in present)
                if b"cache-control" not in present:
                    headers.append((b"cache-control", b"no-store"))
                if b"date" not in present:
                    headers.append((b"date", format_datetime(self._clock().astimezone(UTC), usegmt=True).encode()))
                headers.append((b"x-request-id", request_id.encode()))
                deprecated = self._deprecated.get(getattr(scope.get("route"), "name", ""))
                if deprecated is not None:
                    headers.extend(deprecated.headers())
            await send(message)

        try:
            if scope["method"] in {"GET", "HEAD"}:
                await self._until_departure(scope, receive, send_framed)
            else:
                await self._app(scope, receive, send_framed)
        except Exception as error:  # noqa: BLE001 - the last place that can answer
            problem = as_problem(error)
            if status == 0:
                await problem_response(problem)(scope, receive, send_framed)
        finally:
            self._write_line(scope, status, time.perf_counter() - started)

    async def _until_departure(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, and stop it with its running statement as soon as the caller has gone away."""
        stops: list[Any] = []
        departures.set(stops)
        gone = asyncio.ensure_future(_departure(receive))
        handed = False

        async def receive_again() -> Message:
            nonlocal handed
            if not handed:
                handed = True
                return {"type": "http.request", "body": b"", "more_body": False}
            return await asyncio.shield(gone)

        serving = asyncio.ensure_future(self._app(scope, receive_again, send))
        try:
            await asyncio.wait({serving, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not serving.done():
                for stop in tuple(stops):
                    stop()
                serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving
        finally:
            gone.cancel()
            if not serving.done():
                serving.cancel()

    def _write_line(self, scope: Scope, status: int, elapsed_s: float) -> None:
        route = scope.get("route")
        state = scope["state"]
        line = {
            "route": getattr(route, "path", "unmatched"),
            "method": scope["method"],
            "status": status,
            "ms": round(elapsed_s * 1000, 1),
            "role": state.get("role", "nobody"),
            "request": state["request_id"],
        }
        _log.info(orjson.dumps(line).decode())


async def _departure(receive: Receive) -> Message:
    """Wait for the message that says the caller has gone away; a body sent with a read means nothing."""
    while (message := await receive())["type"] != "http.disconnect":
        pass
    return message
