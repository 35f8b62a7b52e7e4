"""Organisations, teams, devices and accounts for tests, made as the command line makes them."""

import itertools
from dataclasses import dataclass
from uuid import UUID

import httpx

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


async def open_code(context: Context, house: House) -> str:
    """Open an enrolment code for a phone of the house's team."""
    async with context.database.writing() as session:
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


async def new_account(context: Context, house: House, role: Role, perimeter: str | None = None) -> UUID:
    """Make an account with this role; with a perimeter, its reach is that perimeter."""
    async with context.database.writing() as session:
        return await service.create_account(
            session,
            context.keyring,
            context.clock(),
            org_id=house.org_id,
            name=f"{role.value} {next(_numbers)}",
            role=role,
            reach=Reach.perimeter if perimeter else Reach.organisation,
            perimeter=perimeter,
        )


async def token_of(context: Context, house: House, account_id: UUID) -> str:
    """Return a token of an account."""
    async with context.database.writing() as session:
        issued = await service.issue_account_token(
            session,
            context.keyring,
            context.clock(),
            context.settings.token_lifetime,
            org_id=house.org_id,
            account_id=account_id,
        )
    return issued.token


async def account_token(context: Context, house: House, role: Role, perimeter: str | None = None) -> str:
    """Make an account with this role and return a token of its."""
    return await token_of(context, house, await new_account(context, house, role, perimeter))
