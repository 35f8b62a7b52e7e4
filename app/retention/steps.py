"""One transaction's worth of purging: some of an organisation's records made coarse, or deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Table

from app.db.bulk import Row
from app.db.engine import WriteSession
from app.db.portability import among
from app.directory.service import Directory
from app.encounters.late import coarse_row
from app.ingest.coarse import coarse_id
from app.keyring import Keyring
from app.metrics.housing.keeping import Holding, keep_met, keep_stays
from app.retention import queries
from app.retention.rules import coarse_events, coarse_referral, settled_events, settled_hold

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Work:
    """What is due of one table, of whom, and with what it is done."""

    keyring: Keyring
    directory: Directory
    table: Table
    condition: ColumnElement[bool]
    most: int
    holding: Holding | None = None
    """Of referrals that become coarse: which of them wait, and which become so together."""

    async def settle(self, session: WriteSession, org_id: UUID) -> Counts:
        """Settle some of an organisation's referrals, and their events; return the rows by table."""
        rows = await queries.some(session, self.table, org_id, self.condition, self.most)
        if not rows:
            return {}
        listed: dict[UUID, list[Row]] = {row["id"]: [] for row in rows}
        for event in await queries.of_referrals(session, queries.EVENT, org_id, listed.keys()):
            listed[event["referral_id"]].append(event)
        settled = [one for events in listed.values() for one in settled_events(self.keyring, events)]
        fine = [event["id"] for events in listed.values() for event in events if event["sequence"] is None]
        await queries.remove(session, queries.EVENT, org_id, fine)
        await queries.replace(session, queries.EVENT, settled)
        made = [row["id"] for row in rows if row["made_at"] is not None]
        await queries.forget_minutes(session, org_id, made)
        held = await queries.of_referrals(session, queries.HOLD, org_id, made)
        await queries.set_holds(session, [settled_hold(row) for row in held])
        done = {"referral": len(made), "referral_event": len(settled), "place_hold": len(held)}
        return {name: count for name, count in done.items() if count}

    async def coarsen(self, session: WriteSession, org_id: UUID) -> Counts:
        """Make some of an organisation's records coarse; return the rows by table, none when none was left."""
        due = self.condition
        if self.holding:
            due &= ~among(session, self.table.c.id, self.holding.waiting)
        rows = await queries.some(session, self.table, org_id, due, self.most)
        if not rows:
            return {}
        if self.table is queries.REFERRAL:
            return await self._coarsen_referrals(session, org_id, rows)
        await keep_met(session, rows)
        places = self.directory.coarse_place
        coarse = [coarse_row(self.keyring, row, places(row["territory"])) for row in rows]
        await queries.replace(session, self.table, coarse)
        await queries.remove(session, self.table, org_id, [row["id"] for row in rows])
        return {str(self.table.name): len(rows)}

    async def _coarsen_referrals(self, session: WriteSession, org_id: UUID, rows: Sequence[Row]) -> Counts:
        if self.holding:
            beside = self.holding.beside(org_id, {row["id"] for row in rows})
            rows = [*rows, *await queries.fine_of(session, org_id, beside)]
            await keep_stays(session, org_id, rows, self.holding)
        ids = {row["id"] for row in rows}
        parents = {row["previous_referral_id"] for row in rows} - {None}
        waiting = await queries.present(session, org_id, parents) - ids
        places = self.directory.coarse_place
        coarse = [coarse_referral(self.keyring, row, places(row["territory"]), waiting) for row in rows]
        listed: dict[UUID, list[Row]] = {}
        for event in await queries.of_referrals(session, queries.EVENT, org_id, ids):
            listed.setdefault(event["referral_id"], []).append(event)
        events = [one for row in rows for one in coarse_events(self.keyring, row, listed.get(row["id"], ()))]
        await queries.replace(session, queries.REFERRAL, coarse)
        # Events that were settled have their keyed ids already: the rows they had go first.
        await queries.remove(session, queries.EVENT, org_id, [e["id"] for some in listed.values() for e in some])
        await queries.replace(session, queries.EVENT, events)
        await queries.remove_what_names(session, queries.HOLD, org_id, ids)
        await queries.forget_trails(session, org_id, ids)
        await queries.rename_previous(session, org_id, {key: coarse_id(self.keyring, key) for key in ids})
        await queries.remove(session, queries.REFERRAL, org_id, ids)
        return {"referral": len(rows), "referral_event": len(events)}

    async def delete(self, session: WriteSession, org_id: UUID) -> Counts:
        """Delete some of an organisation's records, with all that names them; return the rows by table."""
        rows = await queries.some(session, self.table, org_id, self.condition, self.most)
        if not rows:
            return {}
        ids, done = [row["id"] for row in rows], {str(self.table.name): len(rows)}
        if self.table is queries.REFERRAL:
            for table in (queries.EVENT, queries.HOLD):
                done[str(table.name)] = await queries.remove_what_names(session, table, org_id, ids)
            await queries.forget_trails(session, org_id, ids)
        await queries.remove(session, self.table, org_id, ids)
        return done
