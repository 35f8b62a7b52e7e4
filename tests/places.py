"""Facilities and their desks for tests, made as the command line makes them."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx

from app.demo.device import Device
from app.directory import upkeep
from app.directory.service import seed
from app.directory.upkeep import NewFacility
from app.http.context import Context
from app.identity.service import open_enrolment
from tests.make import QUARTER
from tests.members import House

OPENED = date(2024, 1, 1)


async def seeded(context: Context) -> None:
    """Give the database what every installation starts with."""
    async with context.database.writing() as session:
        await seed(session, context.clock())


async def opened(context: Context, house: House, **changes: Any) -> UUID:
    """Enter a facility of the house, a rest room unless told otherwise."""
    facts = {"kind": "rest_room", "name": "Espace de repos", "territory_code": QUARTER, "opened_on": OPENED}
    async with context.database.writing() as session:
        new = NewFacility(org_id=house.org_id, **{**facts, **changes})
        return await upkeep.create_facility(session, context.keyring, context.clock(), new)


async def desk(client: httpx.AsyncClient, context: Context, house: House, facility_id: UUID) -> Device:
    """Enrol a tablet at the facility's desk."""
    async with context.database.writing() as session:
        code = await open_enrolment(
            session,
            context.keyring,
            context.clock(),
            context.settings.enrolment_lifetime,
            org_id=house.org_id,
            facility_id=facility_id,
            label="tablette de l'accueil",
        )
    device = Device(client, context.settings.public_url, context.clock)
    await device.enrol(code)
    return device
