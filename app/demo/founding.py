"""Entering the demo city's organisations, teams and facilities, as administrators do, and enrolling its devices."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import httpx

from app.clock import Clock
from app.db.engine import WriteSession
from app.demo.city import BORN, FACILITIES, ORGANISATIONS, TEAMS
from app.demo.device import Device
from app.demo.model import City
from app.demo.stories import Period
from app.directory import upkeep
from app.directory.upkeep import NewFacility
from app.http.context import Context
from app.identity import service as identity

_OPENED: Final = timedelta(days=400)


async def found(context: Context, city: City) -> None:
    """Enter everything, in one transaction, at the city's first instant."""
    async with context.database.writing() as session:
        for name, kind in ORGANISATIONS.items():
            await identity.create_organisation(
                session, context.keyring, context.clock(), name=name, kind=kind, org_id=city.organisations[name]
            )
        for team in TEAMS:
            await identity.create_team(
                session,
                context.keyring,
                context.clock(),
                org_id=city.organisations[team.association],
                name=team.name,
                night=team.night,
                team_id=city.teams[team.code],
            )
        await _facilities(session, context, city)
