"""Showing acts with the names of who did them. Reading the log is itself put on it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app import errors
from app.audit import queries
from app.audit.records import Remembered
from app.audit.service import SERVICE, Act, append
from app.audit.vocabulary import label_of
from app.db.engine import Database, ReadSession
from app.errors import Fault
from app.http.context import Context
from app.http.cursors import read_cursor, write_cursor
from app.identity import service as identity
from app.identity.rules import Principal
from app.keyring import Keyring
from app.oversight.rules import start_of, written
from app.oversight.schemas import ActorKind, ActorSent, AuditEntrySent, AuditPage, DetailSent


@dataclass(frozen=True, slots=True)
class Span:
    """Days in Paris, the first one and the one after the last; None is unbounded."""

    since: date | None
    until: date | None

    def detail(self) -> dict[str, str | None]:
        """Return what the log remembers of it."""
        return {name: day.isoformat() if day else None for name, day in (("from", self.since), ("to", self.until))}


def span_of(since: date | None, until: date | None) -> Span:
    """Return the span of days, or raise `invalid` when it has none."""
    if since is not None and until is not None and since >= until:
        raise errors.invalid(faults=[Fault("?to", "period", "must be after from")])
    return Span(since, until)


async def page(
    context: Context, session: ReadSession, principal: Principal, span: Span, cursor: str | None, size: int
) -> AuditPage:
    """Return acts of the caller's organisation, the last one first, and put this reading on its chain."""
    before = read_cursor(cursor, "cursor")[0] if cursor is not None else None
    since, until = start_of(span.since), start_of(span.until)
    found = await queries.last_between(session, principal.org_id, since, until, before, size + 1)
    actors = await _actors(session, principal.org_id)
    shown = found[:size]
    detail = {**span.detail(), "before": before, "entries": len(shown)}
    act = Act(principal.org_id, principal.subject_id, "audit.read", context.clock(), detail)
    async with context.database.writing() as writing:
        await append(writing, context.keyring, [act])
    return AuditPage(
        items=[_sent(entry, actors) for entry in shown],
        next=write_cursor(shown[-1].number, principal.org_id) if len(found) > size else None,
    )


async def export(
    database: Database, keyring: Keyring, org_id: UUID, span: Span, act: Act
) -> AsyncIterator[AuditEntrySent]:
    """Put the export on the chain, then yield every act of a span of days, the first one first."""
    async with database.writing() as session:
        await append(session, keyring, [act])
    async with database.analysing() as session:
        actors = await _actors(session, org_id)
        async for entry in queries.all_between(session, org_id, start_of(span.since), start_of(span.until)):
            yield _sent(entry, actors)


async def _actors(session: ReadSession, org_id: UUID) -> dict[UUID, ActorSent]:
    """Return everybody who may have acted for an organisation, by the names they have today."""
    accounts = await identity.list_accounts(session, org_id)
    devices = await identity.list_devices(session, org_id)
    known = [ActorSent(id=a.id, kind=ActorKind.account, name=a.name, role=a.role) for a in accounts]
    known += [ActorSent(id=d.id, kind=ActorKind.device, name=d.label, role=None) for d in devices]
    return {actor.id: actor for actor in known} | {
        SERVICE: ActorSent(id=SERVICE, kind=ActorKind.service, name=None, role=None)
    }


def _sent(entry: Remembered, actors: dict[UUID, ActorSent]) -> AuditEntrySent:
    unknown = ActorSent(id=entry.actor, kind=ActorKind.unknown, name=None, role=None)
    label = label_of(entry.action)
    return AuditEntrySent(
        number=entry.number,
        at=entry.at,
        actor=actors.get(entry.actor, unknown),
        action=entry.action,
        label_fr=label.fr,
        label_en=label.en,
        details=[DetailSent(name=name, value=value) for name, value in written(entry.detail).items()],
    )
