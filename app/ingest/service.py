"""One way in for every kind of item: `Ingest.take` is the body of each posting route."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from fastapi import Request, Response

from app import errors
from app.audit.service import Act, append
from app.db.engine import WriteSession
from app.errors import Fault, Problem
from app.http.context import Context, context_of
from app.http.envelope import Batch, EnvelopeReader, Skew, Verdict, batch_response
from app.http.wire import Received
from app.identity.rules import Principal
from app.ingest.coarse import coarse_id

Item = TypeVar("Item", bound=Received)

OLDEST: Final = timedelta(days=400)
AHEAD: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Posting(Generic[Item]):
    """The readable items of one request, with whose they are and what clock they were written by."""

    context: Context
    principal: Principal
    skew: Skew
    now: datetime
    items: Sequence[Item]


Storing = Callable[[WriteSession, Sequence[Posting[Item]]], Awaitable[Sequence[Sequence[Verdict]]]]
"""Stores several postings in one transaction, in a number of statements that does not depend on their size, and returns
each posting's verdicts in order. The same id twice is attributed to the first."""


class _TrialOverError(Exception):
    """Carries the verdicts of a dry run out of the transaction that is rolled back."""

    def __init__(self, verdicts: Sequence[Verdict]) -> None:
        super().__init__()
        self.verdicts = verdicts


class Ingest(Generic[Item]):
    """Takes batches of one kind of item."""

    def __init__(self, item: type[Item], action: str, storing: Storing[Item]) -> None:
        """Take `item`s; `action` is the name in the audit log."""
        self.reader = EnvelopeReader(item)
        self._action = action
        self._storing = storing

    async def take(self, request: Request, principal: Principal, *, dry_run: bool) -> Response:
        """Read, judge, store, and answer one verdict an item, once everything acknowledged is committed."""
        context = context_of(request)
        now = context.clock()
        batch = await self.reader.read(request, context.settings.body_limit, now)
        items = [item for item in batch.items if item is not None]
        posting = Posting(context, principal, batch.skew, now, items)
        if dry_run:
            judged = await self._try(context, posting)
        elif items:
            judged = await context.writer.store(self._store, posting, len(items))
        else:
            judged = []
        return batch_response(_merged(batch, judged))

    async def _store(self, session: WriteSession, postings: Sequence[Posting[Item]]) -> Sequence[Sequence[Verdict]]:
        judged = await self._storing(session, postings)
        acts = [self._act(posting, verdicts) for posting, verdicts in zip(postings, judged, strict=True)]
        await append(session, postings[0].context.keyring, acts)
        return judged

    async def _try(self, context: Context, posting: Posting[Item]) -> Sequence[Verdict]:
        """Do everything, then undo it: a dry run answers exactly what the real one would."""
        if not posting.items:
            return []
        try:
            async with context.database.writing(careful=True) as session:
                verdicts = (await self._storing(session, [posting]))[0]
                raise _TrialOverError(verdicts)  # noqa: TRY301 - leaving by an exception is what rolls back
        except _TrialOverError as over:
            return over.verdicts

    def _act(self, posting: Posting[Item], verdicts: Sequence[Verdict]) -> Act:
        detail: dict[str, Any] = dict(Counter(verdict.outcome.value for verdict in verdicts))
        detail["skew_s"] = posting.skew.seconds
        keyring = posting.context.keyring
        # The log outlives the records: what it says of an item must not tell the instant that is in the item's id.
        notes = [{**verdict.note, "id": coarse_id(keyring, verdict.note["id"])} for verdict in verdicts if verdict.note]
        if notes:
            detail["notes"] = notes
        principal = posting.principal
        return Act(principal.org_id, principal.subject_id, self._action, posting.now, detail)


def _merged(batch: Batch[Item], judged: Sequence[Verdict]) -> list[Verdict]:
    """Return all verdicts in the order the items were sent."""
    remaining = iter(judged)
    return [batch.refused[index] if item is None else next(remaining) for index, item in enumerate(batch.items)]


def happened(posting: Posting[Any], instant: datetime, pointer: str) -> datetime | Problem:
    """Return when something happened by our clock, or the problem when that is too long ago or still to come."""
    true = posting.skew.true(instant)
    if posting.now - OLDEST <= true <= posting.now + AHEAD:
        return true
    fault = Fault(pointer, "outside_time_window", "must lie within the last 400 days")
    return errors.outside_time_window(faults=[fault])


def to_the_hour(instant: datetime) -> datetime:
    """Return the start of the hour: when a record was received is kept no finer than that."""
    return instant.replace(minute=0, second=0, microsecond=0)
