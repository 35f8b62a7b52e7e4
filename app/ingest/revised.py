"""Storing records that may be corrected: patrols and encounters share how revisions are decided and written."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Table, select

from app.db.bulk import Row, insert_new, update_rows
from app.db.engine import WriteSession
from app.db.portability import FOLDING, among, hold
from app.http.envelope import Verdict
from app.ingest.rules import Decision, Stored, decide
from app.ingest.service import to_the_hour
from app.ingest.verdicts import noting_unlinked, verdict_on
from app.marks.queries import mark_days

CORRECTABLE_FOR: Final = timedelta(hours=72)
_KEPT: Final = ("first_received_at",)
"""Columns a correction leaves as they were."""


@dataclass(slots=True)
class Candidate:
    """A row that wants to be stored, and what becomes of it."""

    row: Row
    revision: int
    decision: Decision = Decision.create
    stored: Stored | None = field(default=None)
    unlinked: bool = False
    """Whether it came with a code of a closed period, and is stored without: its digest cannot be compared."""

    @property
    def key(self) -> tuple[UUID, UUID]:
        """The primary key."""
        return self.row["org_id"], self.row["id"]

    def verdict(self) -> Verdict:
        """Return what to tell the sender; a correction's older digest goes to the log."""
        verdict = verdict_on(self.decision, self.row["id"], self.row["digest"], self.stored)
        if self.decision is Decision.correct and self.stored is not None:
            note = {"id": self.row["id"], "revision": self.stored.revision, "replaced": self.stored.digest.hex()}
            return Verdict(verdict.id, verdict.outcome, verdict.problem, note)
        return noting_unlinked(verdict, unlinked=self.unlinked)


async def store_revised(session: WriteSession, table: Table, candidates: Sequence[Candidate], now: datetime) -> None:
    """Insert the new, correct what may be corrected, and mark each candidate with its decision.

    `table` has org_id, id, team_id, service_day, revision, digest and first_received_at. The days of what is stored and
    of what it replaces are marked. The number of statements does not depend on
    the number of candidates. Where one id comes several times, each is decided against the one before it.
    """
    first: dict[tuple[UUID, UUID], Candidate] = {}
    for candidate in candidates:
        first.setdefault(candidate.key, candidate)
    inserted = await insert_new(session, table, [candidate.row for candidate in first.values()])
    known = {key: _as_stored(candidate) for key, candidate in first.items() if key in inserted}
    rest = [
        candidate for candidate in candidates if not (candidate.key in inserted and candidate is first[candidate.key])
    ]
    if rest:
        await _hold_for_corrections(session, rest)
        known |= await _stored(session, table, [key for key in first if key not in inserted], now)
    corrected: dict[tuple[UUID, UUID], Candidate] = {}
    days = {(first[key].row["org_id"], first[key].row["service_day"]) for key in inserted}
    for candidate in rest:
        candidate.stored = known[candidate.key].seen_by(candidate.row["team_id"])
        candidate.decision = decide(
            candidate.stored, candidate.row["digest"], candidate.revision, comparable=not candidate.unlinked
        )
        if candidate.decision is Decision.correct:
            days |= {(candidate.key[0], day) for day in (known[candidate.key].day, candidate.row["service_day"])}
            known[candidate.key] = _as_stored(candidate)
            corrected[candidate.key] = candidate
    await update_rows(session, table, [_without(c.row, _KEPT) for c in corrected.values()])
    await mark_days(session, days)


@dataclass(frozen=True, slots=True)
class _Known:
    digest: bytes
    revision: int
    team_id: UUID
    day: date
    correctable: bool

    def seen_by(self, team_id: UUID) -> Stored:
        return Stored(self.digest, self.revision, own=self.team_id == team_id, correctable=self.correctable)


def _as_stored(candidate: Candidate) -> _Known:
    row = candidate.row
    return _Known(row["digest"], candidate.revision, row["team_id"], row["service_day"], correctable=True)


async def _hold_for_corrections(session: WriteSession, candidates: Sequence[Candidate]) -> None:
    """Let one worker at a time correct an organisation's records: the last revision wins, not the last commit."""
    owners = {candidate.row["org_id"] for candidate in candidates if candidate.revision > 1}
    if owners:
        await hold(await session.connection(), FOLDING, owners)


async def _stored(
    session: WriteSession, table: Table, keys: Collection[tuple[UUID, UUID]], now: datetime
) -> dict[tuple[UUID, UUID], _Known]:
    if not keys:
        return {}
    found = await session.execute(
        select(
            table.c.org_id,
            table.c.id,
            table.c.digest,
            table.c.revision,
            table.c.team_id,
            table.c.service_day,
            table.c.first_received_at,
        ).where(table.c.org_id.in_({org for org, _ in keys}), among(session, table.c.id, {key for _, key in keys}))
    )
    # Receptions are known by the hour, and nobody is given less than was promised; what is coarse has none left.
    hour = to_the_hour(now)
    return {
        (org, key): _Known(digest, revision, team, day, received is not None and hour - received <= CORRECTABLE_FOR)
        for org, key, digest, revision, team, day, received in found
    }


def _without(row: Row, names: Collection[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}
