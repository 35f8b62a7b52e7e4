"""Reading a request body: bounded while it streams and while it inflates, then strict UTF-8 JSON."""

import asyncio
import zlib
from typing import Any, Final, TypeVar

import jiter
from fastapi import Request
from pydantic import TypeAdapter, ValidationError

from app import errors
from app.http.context import context_of
from app.http.faults import faults_of

_INFLATE_STEP: Final = 65_536
_GZIP_WINDOW: Final = 31
_LONGEST_LENGTH: Final = 15
"""Digits of a Content-Length that are worth reading as a number."""
Body = TypeVar("Body")


async def read_body(request: Request, limit: int, media: str = "application/json") -> bytes:
    """Return the body's bytes, inflated when sent as gzip; only one media type is taken.

    Raises unsupported_media, body_too_large, body_too_slow or malformed_encoding; never holds more than `limit` bytes.
    """
    refused = errors.unsupported_media(f"Only {media}, plain or gzip, is read here.")
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != media:
        raise refused
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip"}:
        raise refused
    inflater = zlib.decompressobj(_GZIP_WINDOW) if encoding == "gzip" else None
    received = bytearray()
    try:
        async with asyncio.timeout(context_of(request).settings.body_timeout_s):
            await _receive(request, inflater, received, limit)
    except TimeoutError as error:
        raise errors.body_too_slow() from error
    if inflater is not None and (not inflater.eof or inflater.unused_data):
        raise errors.malformed_encoding()
    return bytes(received)


async def _receive(request: Request, inflater: "zlib._Decompress | None", received: bytearray, limit: int) -> None:
    """Add what arrives to `received`; an announced length over the limit is refused before a byte is read."""
    too_large = errors.body_too_large(f"At most {limit} bytes are read, inflated.")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and (len(announced) > _LONGEST_LENGTH or int(announced) > limit):
        raise too_large
    arrived = 0  # counted too: gzip may go on for ever without inflating to anything
    async for chunk in request.stream():
        arrived += len(chunk)
        if inflater is None:
            received += chunk
        else:
            _inflate(inflater, chunk, received, limit)
        if len(received) > limit or arrived > limit:
            raise too_large


def _inflate(inflater: "zlib._Decompress", chunk: bytes, received: bytearray, limit: int) -> None:
    try:
        while chunk and len(received) <= limit:
            received += inflater.decompress(chunk, _INFLATE_STEP)
            chunk = inflater.unconsumed_tail
    except zlib.error as error:
        raise errors.malformed_encoding() from error


def strict_json(raw: bytes) -> Any:  # noqa: ANN401 - JSON
    """Return the parsed JSON.

    Duplicate keys, NaN and infinities, lone surrogates, other encodings and nesting beyond 200 levels are refused; what
    is nested less deeply meets closed objects, which are shallow.
    """
    try:
        parsed = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")
    except ValueError as error:
        raise errors.malformed_json() from error
    return parsed


async def read_one(request: Request, limit: int, adapter: TypeAdapter[Body]) -> Body:
    """Return the one object the body holds, or raise `invalid` with a pointer to each fault."""
    raw = await read_body(request, limit)
    strict_json(raw)
    try:
        return adapter.validate_json(raw)
    except ValidationError as error:
        raise errors.invalid(faults=faults_of(error)) from error
