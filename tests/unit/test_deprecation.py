"""A deprecated route says so on every answer."""

from datetime import UTC, datetime

import httpx
from fastapi import FastAPI

from app.http.deprecation import Deprecation
from app.http.middleware import RequestFrame

_OLD = Deprecation(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), "/v1/new")


async def test_a_deprecated_route_announces_since_when_until_when_and_what_instead() -> None:
    app = FastAPI()

    @app.get("/old")
    async def read_old() -> str:
        return "still here"

    @app.get("/new")
    async def read_new() -> str:
        return "here"

    app.add_middleware(RequestFrame, deprecated={"read_old": _OLD})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        old, new = await client.get("/old"), await client.get("/new")
    assert old.headers["deprecation"] == "@1767225600"
    assert old.headers["sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    assert old.headers["link"] == '</v1/new>; rel="deprecation"'
    assert "deprecation" not in new.headers
