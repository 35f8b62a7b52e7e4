"""Organisations, teams, devices and accounts for tests, made as the command line makes them."""

import itertools
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx

from app.db.engine import WriteSession
from app.demo.device import Device
from app.http.context import Context
from app.identity import service
from app.identity.vocabulary import OrganisationKind, Reach, Role

_numbers = itertools.count(1)


@dataclass(frozen=True)
class House:
    """An association and its night team."""

    org_id: UUID
    team_id: UUID
    name: str


async def found(context: Context, name: str = "Association", *, night: bool = True) -> House:
    """Found an association with one team; the name gets a number of its own."""
    name = f"{name} {next(_numbers)}"
    kind = OrganisationKind.association
    async with context.database.writing() as session:
        org_id = await service.create_organisation(session, context.keyring, context.clock(), name=name, kind=kind)
        team_id = await service.create_team(
            session, context.keyring, context.clock(), org_id=org_id, name="Maraude", night=night
        )
    return House(org_id, team_id, name)


async def open_code(context: Context, house: House, session: WriteSession | None = None) -> str:
    """Open an enrolment code for a phone of the house's team."""
    if session is None:
        async with context.database.writing() as own:
            return await open_code(context, house, own)
    return await service.open_enrolment(
        session,
        context.keyring,
        context.clock(),
        context.settings.enrolment_lifetime,
        org_id=house.org_id,
        team_id=house.team_id,
        label="téléphone de maraude",
    )


async def enrolled(client: httpx.AsyncClient, context: Context, house: House) -> Device:
    """Enrol a phone of the house's team."""
    device = Device(client, context.settings.public_url, context.clock)
    await device.enrol(await open_code(context, house))
    return device


async def revoke(context: Context, house: House, device: Device) -> None:
    """Shut a device out, as `maraude device revoke` does."""
    device_id = UUID(device.enrolled["device_id"])
    async with context.database.writing() as session:
        await service.revoke_device(session, context.keyring, context.clock(), org_id=house.org_id, device_id=device_id)


async def account_token(
    context: Context,
    house: House,
    role: Role,
    *,
    reach: Reach = Reach.organisation,
    perimeter: str | None = None,
    lifetime: timedelta | None = None,
) -> str:
    """Make an account with this role and return a token of its."""
    now, keyring = context.clock(), context.keyring
    name = f"{role.value} {next(_numbers)}"
    async with context.database.writing() as session:
        account_id = await service.create_account(
            session, keyring, now, org_id=house.org_id, name=name, role=role, reach=reach, perimeter=perimeter
        )
        issued = await service.issue_account_token(
            session,
            keyring,
            now,
            lifetime or context.settings.token_lifetime,
            org_id=house.org_id,
            account_id=account_id,
        )
    return issued.token
