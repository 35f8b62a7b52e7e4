"""Organisations and their teams."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from app import errors
from app.audit.service import SERVICE
from app.clock import uuid7
from app.db.engine import ReadSession, WriteSession
from app.identity import queries
from app.identity.records import Organisation, Team
from app.identity.rules import check_name
from app.identity.service.acts import naming_conflicts, record
from app.identity.vocabulary import OrganisationKind
from app.keyring import Keyring


async def create_organisation(
    session: WriteSession,
    keyring: Keyring,
    now: datetime,
    *,
    name: str,
    kind: OrganisationKind,
    org_id: UUID | None = None,
    actor: UUID = SERVICE,
) -> UUID:
    """Create an organisation and return its id; `conflict` when one of that name is there."""
    check_name(name)
    made = org_id or uuid7(now)
    with naming_conflicts("An organisation of this name is already there."):
        row = {"id": made, "name": name, "kind": kind.value, "created_at": now}
        await queries.add(session, queries.ORGANISATION, row)
    await record(session, keyring, now, made, actor, "organisation.create", kind=kind.value)
    return made


async def list_organisations(session: ReadSession | WriteSession) -> Sequence[Organisation]:
    """Return every organisation, by name."""
    return await queries.organisations(session)


async def organisations_of_teams(
    session: ReadSession | WriteSession, teams: Collection[UUID]
) -> Mapping[UUID, Organisation]:
    """Return whose each of some teams is: {team id: organisation}."""
    return await queries.organisations_of_teams(session, teams)


async def create_team(
    session: WriteSession,
    keyring: Keyring,
    now: datetime,
    *,
    org_id: UUID,
    name: str,
    night: bool,
    team_id: UUID | None = None,
    actor: UUID = SERVICE,
) -> UUID:
    """Create a team and return its id; `night` makes its service day run noon to noon."""
    check_name(name)
    if await queries.organisation(session, org_id) is None:
        raise errors.not_found("There is no such organisation.")
    made = team_id or uuid7(now)
    row = {"org_id": org_id, "id": made, "name": name, "night": night, "created_at": now, "closed_at": None}
    await queries.add(session, queries.TEAM, row)
    await record(session, keyring, now, org_id, actor, "team.create", team=made)
    return made


async def list_teams(session: ReadSession | WriteSession, org_id: UUID) -> Sequence[Team]:
    """Return the teams of an organisation, oldest first, closed ones included."""
    return await queries.teams(session, org_id)


async def close_team(
    session: WriteSession, keyring: Keyring, now: datetime, *, org_id: UUID, team_id: UUID, actor: UUID = SERVICE
) -> None:
    """Stop a team from taking new devices; closing a closed team changes nothing.

    Its devices go on until they are revoked: a phone that still holds last night's records must be able to send them.
    """
    if await queries.team(session, org_id, team_id) is None:
        raise errors.not_found("There is no such team.")
    if await queries.mark(session, queries.TEAM, org_id, team_id, "closed_at", now):
        await record(session, keyring, now, org_id, actor, "team.close", team=team_id)
