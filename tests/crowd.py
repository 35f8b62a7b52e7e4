"""Phones of several associations that all speak at once, each to one of two applications over one database."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from app.demo.device import Device
from app.http.context import Context
from app.main import create_app
from app.settings import Settings
from tests import members
from tests.clock import SetClock


@asynccontextmanager
async def gathered(settings: Settings, context: Context, clock: SetClock) -> AsyncIterator[list[Device]]:
    """Give sixteen phones: two associations, two applications, four phones of each pair."""
    wide = settings.model_copy(update={"write_connections": 8})
    async with AsyncExitStack() as running:
        clients = []
        for _ in range(2):
            app = create_app(wide, clock=clock)
            await running.enter_async_context(app.router.lifespan_context(app))
            caller = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")
            clients.append(await running.enter_async_context(caller))
        houses = [await members.found(context) for _ in range(2)]
        yield [
            await members.enrolled(client, context, house) for house in houses for client in clients for _ in range(4)
        ]
