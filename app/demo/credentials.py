"""Ways into the demo city: codes for a phone and a tablet, tokens for three people. Fresh at every call."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app import errors
from app.db.engine import WriteSession
from app.demo.city import COORDINATION, FACILITIES, MISSION, TEAMS
from app.directory import queries as directory
from app.identity import service as identity
from app.identity.vocabulary import Reach, Role
from app.keyring import Keyring
from app.settings import Settings

_TEAM: Final = TEAMS[0]
_PLACE: Final = FACILITIES[0]
_COORDINATOR: Final = "Coordination (démo)"
_MONITOR: Final = "Suivi (démo)"
_SECRETARY: Final = "Secrétariat du plan (démo)"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Shown once; the codes are good for one device each."""

    phone_code: str
    desk_code: str
    codes_until: datetime
    coordinator_token: str
    monitor_token: str
    secretary_token: str
    tokens_until: datetime


async def issue_credentials(session: WriteSession, keyring: Keyring, settings: Settings, now: datetime) -> Credentials:
    """Open codes for a phone of the first team and a tablet of the rest room, and issue three tokens.

    Raises `not_found` where no demo city was loaded.
    """
    organisations = {found.name: found.id for found in await identity.list_organisations(session)}
    facilities = {found.name: found.ref.id for found in await directory.facilities(session)}
    if not {_TEAM.association, COORDINATION, MISSION} <= organisations.keys() or _PLACE.name not in facilities:
        raise errors.not_found("There is no demo city here: run `maraude demo`.")
    association = organisations[_TEAM.association]
    teams = {found.name: found.id for found in await identity.list_teams(session, association)}
    phone, desk = [
        await identity.open_enrolment(
            session, keyring, now, settings.enrolment_lifetime, org_id=org_id, label=label, **bound
        )
        for org_id, label, bound in (
            (association, "téléphone d'essai", {"team_id": teams[_TEAM.name]}),
            (organisations[_PLACE.operator], "tablette d'essai", {"facility_id": facilities[_PLACE.name]}),
        )
    ]
    coordinator, monitor, secretary = [
        await _token(session, keyring, settings, now, organisations[organisation], name, role)
        for organisation, name, role in (
            (COORDINATION, _COORDINATOR, Role.coordinator),
            (MISSION, _MONITOR, Role.monitor),
            (COORDINATION, _SECRETARY, Role.plan_secretary),
        )
    ]
    return Credentials(
        phone, desk, now + settings.enrolment_lifetime, coordinator, monitor, secretary, now + settings.token_lifetime
    )


async def _token(
    session: WriteSession, keyring: Keyring, settings: Settings, now: datetime, org_id: UUID, name: str, role: Role
) -> str:
    """Return a token of the account of that name, made when it is missing; its view is the plan's perimeter."""
    known = {found.name: found.id for found in await identity.list_accounts(session, org_id)}
    account_id = known.get(name) or await identity.create_account(
        session,
        keyring,
        now,
        org_id=org_id,
        name=name,
        role=role,
        reach=Reach.perimeter,
        perimeter=settings.perimeter,
    )
    issued = await identity.issue_account_token(
        session, keyring, now, settings.token_lifetime, org_id=org_id, account_id=account_id
    )
    return issued.token
