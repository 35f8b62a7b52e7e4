"""What property tests share: the profile, also of those that do not say how many examples they need, and a city."""

from datetime import timedelta

import httpx
import pytest

from app.http.context import Context
from app.settings import Settings
from tests import effort, places
from tests.clock import SetClock
from tests.properties.cities import City

__all__ = ["effort"]


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    """Tokens that outlive every example: renewing them is not what these tests are about."""
    return settings.model_copy(update={"token_lifetime": timedelta(days=3650)})


@pytest.fixture(scope="module")
async def city(client: httpx.AsyncClient, context: Context, clock: SetClock) -> City:
    """A seeded directory: the same for all examples of a module."""
    await places.seeded(context)
    return City(client, context, clock)
