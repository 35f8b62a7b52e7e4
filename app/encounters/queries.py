"""Every statement on encounters."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from app.db.bulk import Row, insert_all_new
from app.db.engine import WriteSession
from app.db.portability import among
from app.db.table import table_of
from app.encounters.models import Encounter
from app.ingest.revised import Candidate, store_revised


async def store(session: WriteSession, candidates: Sequence[Candidate], now: datetime) -> None:
    """Insert new encounters and correct known ones."""
    await store_revised(session, table_of(Encounter), candidates, now)


async def add_all_new(session: WriteSession, rows: Sequence[Row]) -> bool:
    """Insert encounters and say whether all of them were new."""
    return await insert_all_new(session, table_of(Encounter), rows)


async def present(session: WriteSession, keys: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Return those (organisation, id) that are there."""
    found = await session.execute(
        select(col(Encounter.org_id), col(Encounter.id)).where(
            col(Encounter.org_id).in_({org for org, _ in keys}),
            among(session, col(Encounter.id), {key for _, key in keys}),
        )
    )
    return {(org, key) for org, key in found}


@dataclass(frozen=True, slots=True)
class Stands:
    """What the last revision of an encounter says of the referrals made in it."""

    territory: str
    outside_perimeter: bool
    service_day: date
    link_id: bytes | None
    withdrawn: bool


async def standing(session: WriteSession, keys: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Stands]:
    """Return {(organisation, id): what its last revision says} of encounters that are there."""
    if not keys:
        return {}
    found = await session.execute(
        select(
            col(Encounter.org_id),
            col(Encounter.id),
            col(Encounter.territory),
            col(Encounter.outside_perimeter),
            col(Encounter.service_day),
            col(Encounter.link_id),
            col(Encounter.withdrawn),
        ).where(
            col(Encounter.org_id).in_({org for org, _ in keys}),
            among(session, col(Encounter.id), {key for _, key in keys}),
        )
    )
    return {(row.org_id, row.id): Stands(*row[2:]) for row in found}
