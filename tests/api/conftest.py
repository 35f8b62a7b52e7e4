"""One association on the street: a night team with a phone, a rest room with a tablet at its desk."""

from uuid import UUID

import httpx
import pytest

from app.demo.device import Device
from app.http.context import Context
from tests.members import House, enrolled, found
from tests.places import desk as enrolled_desk
from tests.places import opened, seeded


@pytest.fixture(scope="module")
async def city(context: Context) -> None:
    """The directory that every installation starts with."""
    await seeded(context)


@pytest.fixture
async def house(context: Context, city: None) -> House:  # noqa: ARG001 - teams work in a city
    """An association with a night team, of this test's own."""
    return await found(context)


@pytest.fixture
async def phone(client: httpx.AsyncClient, context: Context, house: House) -> Device:
    """A phone of the night team."""
    return await enrolled(client, context, house)


@pytest.fixture
async def operator(context: Context, city: None) -> House:  # noqa: ARG001 - facilities are in a city
    """Another association, which operates the rest room."""
    return await found(context, "Accueil")


@pytest.fixture
async def rest_room(context: Context, operator: House) -> UUID:
    """A rest room, operated by somebody else than the team's association."""
    return await opened(context, operator)


@pytest.fixture
async def desk(client: httpx.AsyncClient, context: Context, operator: House, rest_room: UUID) -> Device:
    """The tablet at that rest room's desk."""
    return await enrolled_desk(client, context, operator, rest_room)


@pytest.fixture
async def other_phone(client: httpx.AsyncClient, context: Context, city: None) -> Device:  # noqa: ARG001 - the same
    """A phone of another association."""
    return await enrolled(client, context, await found(context))
