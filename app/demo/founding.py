"""Entering the demo city's organisations, teams and facilities, as administrators do, and enrolling its devices."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import httpx

from app.clock import Clock
from app.db.engine import WriteSession
from app.demo.city import FACILITIES, ORGANISATIONS, TEAMS
from app.demo.device import Device
from app.demo.model import DESKS, City
from app.directory.rules import Hours
from app.directory.upkeep import NewFacility, create_facility, plan_hours
from app.http.context import Context
from app.identity import service as identity

_OPENED_BEFORE: Final = timedelta(days=400)
_CODE_LASTS: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class HoursChange:
    """The weekly hours of a facility from a day on."""

    day: date
    facility_id: UUID
    hours: tuple[Hours, ...]


async def found(context: Context, city: City) -> None:
    """Enter organisations, teams and facilities in one transaction, at the city's first instant."""
    async with context.database.writing() as session:
        for name, kind in ORGANISATIONS.items():
            await identity.create_organisation(
                session, context.keyring, city.start, name=name, kind=kind, org_id=city.organisations[name]
            )
        for team in TEAMS:
            await identity.create_team(
                session,
                context.keyring,
                city.start,
                org_id=city.organisations[team.association],
                name=team.name,
                night=team.night,
                team_id=city.teams[team.code],
            )
        await _enter_facilities(session, context, city)


async def _enter_facilities(session: WriteSession, context: Context, city: City) -> None:
    opened_on = city.first - _OPENED_BEFORE
    for plan in FACILITIES:
        place = city.places[plan.kind]
        operator = city.organisations[plan.operator]
        new = NewFacility(operator, plan.kind, plan.name, plan.territory, opened_on, place.id)
        await create_facility(session, context.keyring, city.start, new)
        await plan_hours(session, context.keyring, city.start, place.id, opened_on, place.hours(opened_on))


def hours_changes(city: City) -> Iterator[HoursChange]:
    """Yield how planned hours change while the days go by: facilities suspended by the lockdown, and back again."""
    suspensions = [
        (place, suspension)
        for place in city.places.values()
        if (suspension := city.stories.suspension(place.kind)) is not None
    ]
    for place, suspension in suspensions:
        yield HoursChange(suspension.since, place.id, ())
    for place, suspension in suspensions:
        yield HoursChange(suspension.until, place.id, tuple(place.hours(suspension.until)))


async def change_hours(context: Context, change: HoursChange) -> None:
    """Plan other hours, as an administrator does."""
    async with context.database.writing() as session:
        await plan_hours(session, context.keyring, context.clock(), change.facility_id, change.day, list(change.hours))


async def enrol_devices(context: Context, client: httpx.AsyncClient, city: City) -> dict[str, Device]:
    """Enrol a phone for every team and a tablet for every desk, through the API; return {sender: device}."""
    devices = {}
    for sender, code in (await _open_codes(context, city)).items():
        device = devices[sender] = Device(client, context.settings.public_url, _clock_of(sender, context, city))
        await device.enrol(code)
    return devices


def _clock_of(sender: str, context: Context, city: City) -> Clock:
    return lambda: city.clock_of(sender, context.clock())


async def _open_codes(context: Context, city: City) -> dict[str, str]:
    codes = {}
    async with context.database.writing() as session:
        for team in TEAMS:
            codes[team.code] = await identity.open_enrolment(
                session,
                context.keyring,
                context.clock(),
                _CODE_LASTS,
                org_id=city.organisations[team.association],
                label="téléphone de maraude",
                team_id=city.teams[team.code],
            )
        for kind in sorted(DESKS):
            place = city.places[kind]
            codes[kind] = await identity.open_enrolment(
                session,
                context.keyring,
                context.clock(),
                _CODE_LASTS,
                org_id=city.organisations[place.plan.operator],
                label="tablette d'accueil",
                facility_id=place.id,
            )
    return codes
