"""Where a principal belongs, by name."""

from dataclasses import dataclass
from uuid import UUID

from app import errors
from app.db.engine import ReadSession, WriteSession
from app.identity import queries
from app.identity.records import Organisation, Team


@dataclass(frozen=True, slots=True)
class Home:
    """An organisation, and the team in it if there is one."""

    organisation: Organisation
    team: Team | None


async def home_of(session: ReadSession | WriteSession, org_id: UUID, team_id: UUID | None) -> Home:
    """Return the organisation and the team; whoever asks was authenticated as theirs."""
    organisation = await queries.organisation(session, org_id)
    if organisation is None:
        raise errors.unauthenticated()
    return Home(organisation, await queries.team(session, org_id, team_id) if team_id else None)
